"""A large vault that is watched is not looked at as a whole for each answer; the answers are right all the same."""

import pytest

from vault_engine import Memory
from vault_engine.engine import session
from vault_engine.note.change import Append


@pytest.fixture
def watched(open_engine, monkeypatch):
    """The vault in a process that follows it, as if it were large."""
    monkeypatch.setattr(session, "_QUICKLY_SEEN", 0)
    engine = open_engine()
    engine.watch()
    engine._following.wait_for_first_look()
    return engine


def found(engine, words):
    return [hit.path for hit in engine.recall(words, mode="keyword").hits]


def test_what_another_process_writes_is_found_at_once(watched, open_engine):
    """And what it forgets no longer is: the journal tells."""
    other = open_engine()
    for number in range(20):
        other.remember(Memory(f"lantern{number}", category="facts", key=f"n{number}"))
        assert [f"facts/n{number}.md"] == found(watched, f"lantern{number}")
        other.edit(f"facts/n{number}.md", Append(f"anchor{number}"))
        assert [f"facts/n{number}.md"] == found(watched, f"anchor{number}")
    other.forget("facts/n3.md")
    other.move("facts/n4.md", "facts/moved.md")

    assert [] == found(watched, "lantern3")
    assert ["facts/moved.md"] == found(watched, "lantern4")


def test_what_it_writes_itself_is_found_at_once(watched):
    """Without a look at the folder."""
    watched.remember(Memory("lantern", category="facts", key="n"))

    assert ["facts/n.md"] == found(watched, "lantern")
    assert "lantern" in watched.read("n").text


def test_what_a_person_saves_is_found_soon(watched, write_note, until):
    """The watcher tells of it: of an edit, a move of a folder, a deletion."""
    note = write_note("folder/a.md", "lantern", fresh=True)
    until(lambda: found(watched, "lantern") == ["folder/a.md"])
    note.write_text("anchor")
    until(lambda: found(watched, "anchor") == ["folder/a.md"] and found(watched, "lantern") == [])
    note.parent.rename(note.parent.with_name("elsewhere"))
    until(lambda: found(watched, "anchor") == ["elsewhere/a.md"])
    (note.parent.with_name("elsewhere") / "a.md").unlink()
    until(lambda: found(watched, "anchor") == [])


def test_what_was_read_is_entered_in_the_journal_all_the_same(watched, open_engine, write_note, until):
    """A writer enters what others have done, whoever has looked at it before."""
    write_note("a.md", "lantern", fresh=True)
    until(lambda: found(watched, "lantern") == ["a.md"])
    other = open_engine()
    other.remember(Memory("anchor", category="facts", key="n"))
    found(watched, "anchor")
    watched.remember(Memory("buoy", category="facts", key="m"))

    assert ["created"] == [version.what for version in watched.history("facts/n.md").versions]
    assert 1 == len(watched.history("a.md").versions)
    assert watched.verify(read_data=True).is_whole
