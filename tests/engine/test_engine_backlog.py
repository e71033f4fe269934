"""Many changes that no journal knows are entered in portions: nobody waits for them, and none is lost or doubled."""

import pytest

from vault_engine import Memory, MemwellError
from vault_engine.engine import external
from vault_engine.engine.changing import writing
from vault_engine.engine.external import enter_backlog
from vault_engine.journal.entry import Op

NOTES = 30


@pytest.fixture(autouse=True)
def _small_portions(monkeypatch):
    """More than five changes become a backlog; of that one note is entered at a time."""
    monkeypatch.setattr(external, "_AT_ONCE", 5)
    monkeypatch.setattr(external, "_PORTION_S", 0.0)


@pytest.fixture
def large(write_note, vault):
    """A vault with more notes than are entered at once, and no journal."""
    for number in range(NOTES):
        write_note(f"folder/{number}.md", f"note {number}")
    return vault


@pytest.fixture
def adopted(large, engine):
    """The same, all of it in the journal."""
    look(engine)
    enter_all(engine)
    return engine


def look(engine, *, exact=True):
    """Hold the vault as a change does, and change nothing."""
    with writing(engine._session, None, exact=exact):
        pass


def enter_all(engine):
    while enter_backlog(engine._session):
        pass


def entered(engine):
    """Give what was entered: path, where it went, the text before and after."""
    session = engine._session

    def text(sha256):
        return session.revisions.get(sha256).decode() if sha256 else ""

    changes = [entry.change for entry in session.journal.entries() if entry.change.op is Op.EXTERNAL]
    return [(one.path, one.to or "", text(one.before), text(one.after)) for one in changes]


def test_a_change_does_not_wait_for_the_notes_of_a_large_vault(large, engine):
    """It is made before any of them is entered."""
    engine.remember(Memory("text", category="facts", key="k"))

    assert [("create", "facts/k.md")] == [(one.op, one.path) for one in engine.last_entries().entries]


def test_all_of_them_are_entered_in_the_end_each_once(large, engine):
    """With what they hold."""
    look(engine)
    enter_all(engine)

    assert sorted((f"folder/{n}.md", "", "", f"note {n}") for n in range(NOTES)) == sorted(entered(engine))
    assert [] == engine._session.journal.verify()
    assert not enter_backlog(engine._session)


def test_between_two_portions_others_change_notes(large, engine, open_engine):
    """Another process finds the vault free; nothing is entered twice by the two of them."""
    other = open_engine()
    look(engine)
    for number in range(NOTES):
        enter_backlog(engine._session)
        other.remember(Memory(f"text {number}", category="facts", key=f"k{number}"))
        enter_backlog(other._session)
    enter_all(engine)
    enter_all(other)

    assert sorted(f"folder/{number}.md" for number in range(NOTES)) == sorted(path for path, *_ in entered(engine))
    assert [] == engine._session.journal.verify()


def test_what_a_person_saves_meanwhile_goes_first(large, engine, write_note):
    """The backlog waits for it."""
    look(engine)
    enter_backlog(engine._session)
    write_note("folder/7.md", "saved by hand")
    write_note("new.md", "new")
    engine._session.look_at("folder/7.md", "new.md")
    enter_backlog(engine._session)

    assert [("folder/7.md", "", "", "saved by hand"), ("new.md", "", "", "new")] == entered(engine)[1:3]


def test_what_is_edited_through_memwell_meanwhile_is_kept_first(large, engine):
    """The text it had is in the history, and is not entered again."""
    look(engine)
    sha256 = engine.read("folder/3.md").sha256
    engine.forget("folder/3.md")
    enter_all(engine)

    assert [("folder/3.md", "", "", "note 3")] == [one for one in entered(engine) if one[0] == "folder/3.md"]
    assert engine._session.revisions.get(sha256) == b"note 3"


def test_what_is_left_when_the_process_ends_the_next_one_goes_on_with(large, open_engine):
    """It finds it by looking."""
    first = open_engine()
    look(first)
    for _ in range(10):
        enter_backlog(first._session)
    second = open_engine()
    look(second)
    enter_all(second)

    assert sorted(f"folder/{number}.md" for number in range(NOTES)) == sorted(path for path, *_ in entered(second))


def test_closing_enters_some_more(large, open_engine, engine):
    """A vault that is only used by commands is adopted bit by bit."""
    with open_engine() as first:
        first.remember(Memory("text", category="facts", key="k"))

    assert entered(engine)


def test_a_server_adopts_a_vault_by_itself(large, open_engine, engine, until):
    """In the background, though nobody asks for anything."""
    open_engine().watch()

    until(lambda: len(entered(engine)) == NOTES)


@pytest.mark.parametrize("exact", [True, False])
def test_many_edits_by_hand_have_the_text_before(adopted, write_note, exact):
    """Whether they are entered at once, as for an undo, or bit by bit."""
    for number in range(NOTES):
        write_note(f"folder/{number}.md", f"edited {number}")
    adopted._session.refresh()
    look(adopted, exact=exact)
    assert exact == (len(entered(adopted)) == 2 * NOTES)
    enter_all(adopted)

    expected = sorted((f"folder/{n}.md", "", f"note {n}", f"edited {n}") for n in range(NOTES))
    assert expected == sorted(entered(adopted)[NOTES:])


@pytest.mark.parametrize("exact", [True, False])
def test_a_renamed_folder_is_a_rename_of_each_note(adopted, vault, exact):
    """However many there are."""
    (vault / "folder").rename(vault / "elsewhere")
    adopted._session.refresh()
    look(adopted, exact=exact)
    enter_all(adopted)

    expected = sorted((f"folder/{n}.md", f"elsewhere/{n}.md", f"note {n}", f"note {n}") for n in range(NOTES))
    assert expected == sorted(entered(adopted)[NOTES:])


def test_a_deleted_folder_is_gone_note_by_note(adopted, vault, monkeypatch):
    """What they held stays among the revisions. They are few beside the others, let us say."""
    monkeypatch.setattr(external, "_MUCH_GONE", NOTES + 1)
    for file in (vault / "folder").iterdir():
        file.unlink()
    adopted._session.refresh()
    look(adopted, exact=False)
    enter_all(adopted)

    expected = sorted((f"folder/{number}.md", "", f"note {number}", "") for number in range(NOTES))
    assert expected == sorted(entered(adopted)[NOTES:])


def test_what_could_not_be_entered_is_met_again(large, engine, monkeypatch):
    """A full disk stops the background, not for good."""
    look(engine)
    enter_backlog(engine._session)
    with monkeypatch.context() as patched:
        full = MemwellError("the disk is full")
        patched.setattr(engine._session.revisions, "sync", lambda: (_ for _ in ()).throw(full))
        assert not enter_backlog(engine._session)
    look(engine)
    enter_all(engine)

    assert sorted(f"folder/{number}.md" for number in range(NOTES)) == sorted(path for path, *_ in entered(engine))


def test_a_server_goes_on_where_another_one_was_stopped(large, open_engine, engine, until):
    """Though nothing has changed since the index was made."""
    with open_engine() as first:
        first.build_index()
        first.remember(Memory("text", category="facts", key="k"))
    open_engine().watch()

    until(lambda: len(entered(engine)) == NOTES)


def test_what_a_person_saves_is_in_the_history_soon(adopted, open_engine, write_note, until):
    """Of a vault that a server follows; no agent needs to write."""
    server = open_engine()
    server.watch()
    server._following.wait_for_first_look()
    write_note("folder/3.md", "edited by hand", fresh=True)

    until(lambda: entered(adopted)[-1] == ("folder/3.md", "", "note 3", "edited by hand"))
