"""Several processes write to one vault at once, and nothing is lost."""

import json

from vault_engine import Memory
from vault_engine.journal.revisions import Revisions

WRITERS = 6


def finish(processes):
    """Wait for all; give their exit codes with the object that each printed."""
    answers = []
    for process in processes:
        out, err = process.communicate(timeout=120)
        answers.append((process.returncode, json.loads(out or err)))
    return answers


def entries(vault):
    return [json.loads(line) for file in (vault / ".memwell/journal").rglob("*.jsonl") for line in file.open("rb")]


def test_writers_of_different_notes_do_not_meet(memwell, vault, engine):
    """Each note is there, whole; the journal has one unbroken chain of them all."""
    answers = finish([memwell("remember", f"Text {n}.", "--key", f"key-{n}", "--json") for n in range(WRITERS)])

    assert [(0, "created")] * WRITERS == [(code, answer["action"]) for code, answer in answers]
    assert {f"notes/key-{n}.md" for n in range(WRITERS)} == {line.path for line in engine.list().notes}
    assert (WRITERS, ()) == (engine.status().journal_entries, engine.status().journal_problems)
    assert list(range(1, WRITERS + 1)) == [entry["seq"] for entry in entries(vault)]


def test_writers_of_one_note_come_one_after_the_other(memwell, vault, engine):
    """One makes it, the others update it; each text that was replaced is among the revisions."""
    answers = finish(
        [memwell("remember", f"Text {n}.", "--key", "same", "--json") for n in range(WRITERS)]
    )  # fmt: skip

    assert ["created", *["updated"] * (WRITERS - 1)] == sorted(answer["action"] for _, answer in answers)
    assert [0] * WRITERS == [code for code, _ in answers]
    revisions = Revisions(vault / ".memwell/revisions", lambda: "desk", vault / ".memwell/local")
    texts = {revisions.get(answer["sha256"]).decode().splitlines()[-1] for _, answer in answers}
    assert {f"Text {n}." for n in range(WRITERS)} == texts
    told = entries(vault)
    assert [entry["after"] for entry in told[:-1]] == [entry["before"] for entry in told[1:]]
    assert engine.read("notes/same").sha256 == told[-1]["after"]
    assert () == engine.status().journal_problems


def test_of_writers_that_expect_no_note_one_wins(memwell, engine):
    """The others are told with the exit code for a conflict, and what is there now."""
    answers = finish(
        [memwell("remember", f"Text {n}.", "--key", "same", "--expect", "", "--json") for n in range(WRITERS)]
    )

    assert [0, *[11] * (WRITERS - 1)] == sorted(code for code, _ in answers)
    (winner,) = [answer for code, answer in answers if code == 0]
    assert winner["sha256"] == engine.read("notes/same").sha256
    assert {winner["sha256"]} == {answer["error"]["facts"]["found"] for code, answer in answers if code}


def test_writers_without_a_key_get_a_note_each(memwell, engine):
    """Texts of one title never meet in one note."""
    answers = finish([memwell("remember", f"# Same\n\nText {n}.", "--json") for n in range(WRITERS)])

    assert WRITERS == len({answer["path"] for _, answer in answers}) == engine.list().total


def test_an_open_engine_sees_what_another_process_wrote(memwell, engine):
    """At the next question, without being told."""
    assert () == engine.recall("lantern").hits
    finish([memwell("remember", "The lantern is lit.", "--key", "light", "--json")])
    assert ["notes/light.md"] == [hit.path for hit in engine.recall("lantern").hits]

    finish([memwell("remember", "An anchor is out.", "--key", "light", "--json")])
    assert () == engine.recall("lantern").hits


def test_two_engines_take_turns(open_engine):
    """Each sees the other's last word, and may go on from it."""
    one, other = open_engine(), open_engine()
    for number in range(6):
        writer, reader = (one, other) if number % 2 else (other, one)
        made = writer.remember(Memory(f"lantern{number}", key="turn"))
        assert made.sha256 == reader.read("notes/turn").sha256
        assert ["notes/turn.md"] == [hit.path for hit in reader.recall(f"lantern{number}").hits]

    assert (6, ()) == (one.status().journal_entries, one.status().journal_problems)
