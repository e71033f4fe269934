"""Which notes are a conversation, and in what order."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault_engine import Engine
from vault_engine.index.turns import Turns

TALK = [f"{'Ann' if number % 2 else 'Ben'}: words of turn {number}" for number in range(1, 13)]


@pytest.fixture
def talk(write_note):
    """Twelve turns, one a note; the tenth is behind the ninth though its name sorts before."""
    for number, text in enumerate(TALK, 1):
        write_note(f"talk/t{number}.md", text)


def turns_of(engine: Engine) -> list[str]:
    """Give the paths of all turns in order."""
    with engine._session.guard:
        engine._session.refresh()
        view = engine._session.index.view
        return [] if view.turns is None else [view.owner(row).path for row in view.turns.rows.tolist()]


def test_the_notes_of_a_conversation_are_in_order(talk, engine):
    """As a person counts."""
    assert [f"talk/t{number}.md" for number in range(1, 13)] == turns_of(engine)


def test_the_order_does_not_depend_on_when_notes_were_taken_in(talk, engine, write_note, vault):
    """A turn that is changed, added or gone later is where it belongs; an index made anew agrees."""
    turns_of(engine)
    write_note("talk/t5.md", "Ann: other words")
    write_note("talk/t13.md", "Ben: the last words")
    (vault / "talk/t2.md").unlink()

    expected = [f"talk/t{number}.md" for number in range(1, 14) if number != 2]
    assert expected == turns_of(engine)
    engine.build_index(fresh=True)
    assert expected == turns_of(engine)


def test_notes_with_a_label_here_and_there_are_no_conversation(engine, write_note):
    """A handbook with ``Note:`` and ``Tip:``, a list of one author's books, two words of two people."""
    for number in range(15):
        write_note(f"handbook/{number}.md", f"{('Note: ', 'Tip: ', '', '', '')[number % 5]}words {number}")
        write_note(f"books/{number}.md", f"Author: somebody {number}")
    write_note("short/1.md", "Ann: one")
    write_note("short/2.md", "Ben: two")

    assert [] == turns_of(engine)


def test_a_transcript_is_a_conversation_of_its_own(engine, write_note):
    """Each part of a note that begins with who speaks is a turn, whatever else is in the folder."""
    parts = "".join(f"## Part {n}\n\n{'word ' * 60}\n\n" for n in range(2))
    spoken = "\n\n".join(f"{'Ann' if n % 2 else 'Ben'}: {'word ' * 175}" for n in range(6))
    write_note("mixed/talk.md", spoken)
    write_note("mixed/other.md", parts)

    assert {"mixed/talk.md"} == set(turns_of(engine))


@given(st.lists(st.tuples(st.integers(0, 3), st.floats(0, 1, width=32)), max_size=20), st.integers(-3, 3))
def test_a_value_is_shifted_within_its_conversation_only(turns, steps):
    """What stands so many turns before, 0 where that is in another conversation or nowhere."""
    turns = sorted(turns, key=lambda turn: turn[0])
    of, values = [turn[0] for turn in turns], [turn[1] for turn in turns]
    empty = np.zeros(0, np.int64)
    made = Turns(np.arange(len(of)), empty, np.array(of, np.int32), (), np.zeros(0, np.int32), np.zeros(0, np.uint8))

    shifted = made.shifted(np.array(values, np.float32), steps).tolist()

    places = [at - steps for at in range(len(of))]
    there = [0 <= place < len(of) and of[place] == of[at] for at, place in enumerate(places)]
    assert [values[place] if ok else 0 for place, ok in zip(places, there, strict=True)] == shifted
