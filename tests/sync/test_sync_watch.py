"""The vault is followed in the background."""

import threading

import pytest


@pytest.fixture
def watched(open_engine, endpoint, write_note, until):
    """A vault that is followed, with the endpoint that embeds its notes."""
    write_note("first.md", "the first note")
    engine = open_engine(MEMWELL_EMBEDDER=endpoint.setting)
    engine.watch()
    until(lambda: any("first" in text for text in endpoint.texts))
    return engine


def embedded(endpoint, word):
    return lambda: any(word in text for text in list(endpoint.texts))


def watchers():
    return [thread for thread in threading.enumerate() if thread.name == "memwell-watch" and thread.is_alive()]


def test_an_edit_is_taken_in_without_being_asked(watched, endpoint, write_note, vault, until):
    """New, edited and moved notes are indexed and embedded before anybody asks for them."""
    write_note("folder/new.md", "a lantern", fresh=True)
    until(embedded(endpoint, "lantern"))
    write_note("first.md", "an anchor", fresh=True)
    until(embedded(endpoint, "anchor"))
    (vault / "folder").rename(vault / "elsewhere")
    write_note("elsewhere/more.md", "a buoy", fresh=True)
    until(embedded(endpoint, "buoy"))

    assert "elsewhere/new.md" == watched.recall("lantern").hits[0].path
    assert 0 == watched.index_state().chunks_waiting


def test_what_is_not_a_note_gives_no_work(watched, endpoint, write_note, until):
    """Neither hidden files nor our own folder are taken in."""
    write_note(".obsidian/plugin.md", "a lantern", fresh=True)
    write_note("last.md", "an anchor", fresh=True)
    until(embedded(endpoint, "anchor"))

    assert not embedded(endpoint, "lantern")()


def test_closing_stops_following(watched, endpoint, write_note):
    """The thread ends, and what changes afterwards is nobody's business."""
    assert 1 == len(watchers())
    watched.close()
    assert [] == watchers()

    write_note("late.md", "a lantern", fresh=True)
    assert not embedded(endpoint, "lantern")()
    watched.close()


def test_watching_twice_is_watching_once(watched):
    """One thread, however often it is asked for."""
    watched.watch()

    assert 1 == len(watchers())


def test_questions_are_answered_while_it_follows(watched, write_note):
    """Many edits and many questions at once: each question sees every note that was there before it."""
    for number in range(30):
        write_note(f"{number}.md", f"lantern{number}", fresh=True)
        assert f"{number}.md" == watched.recall(f"lantern{number}", mode="keyword").hits[0].path
