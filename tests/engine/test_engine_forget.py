"""`forget` and `restore`: nothing is deleted."""

import pytest

from vault_engine import Memory
from vault_engine.errors import NoteAmbiguous, NoteExists, NoteMissing


def keep(engine, text, key="berths"):
    return engine.remember(Memory(text, category="facts", key=key))


def test_a_forgotten_note_is_in_the_archive_byte_for_byte(engine, vault):
    """It is gone from the vault and from every answer, and waits under its own path in the archive."""
    made = keep(engine, "Forty.")
    data = (vault / made.path).read_bytes()

    forgotten = engine.forget("facts/berths")

    assert ("facts/berths.md", "facts/berths.md", made.id, made.sha256) == (
        forgotten.path, forgotten.archived, forgotten.id, forgotten.sha256,
    )  # fmt: skip
    assert data == (vault / ".memwell/archive/facts/berths.md").read_bytes()
    assert (0, 1) == (engine.list().total, engine.list(archived=True).total)
    assert () == engine.recall("Forty").hits
    with pytest.raises(NoteMissing):
        engine.read("facts/berths")


@pytest.mark.parametrize("ref", ["facts/berths.md", "facts/berths", "berths", "id", "[[berths]]", "Facts/Berths"])
def test_a_note_is_forgotten_by_any_of_its_names(engine, ref):
    """Path, category and key, name, id, link; case does not matter."""
    made = keep(engine, "Forty.")

    assert "facts/berths.md" == engine.forget(made.id if ref == "id" else ref).path


def test_two_notes_of_one_name_are_not_guessed_between(engine):
    """The paths are given to choose from."""
    engine.remember(Memory("x", category="a", key="same"))
    engine.remember(Memory("y", category="b", key="same"))

    with pytest.raises(NoteAmbiguous) as raised:
        engine.forget("same")

    assert ("a/same.md", "b/same.md") == raised.value.paths
    assert 2 == engine.list().total


def test_the_same_path_is_forgotten_twice_and_the_last_is_restored_first(engine, vault):
    """Neither replaces the other in the archive."""
    keep(engine, "First.")
    engine.forget("facts/berths")
    keep(engine, "Second.")
    assert "facts/berths (2).md" == engine.forget("facts/berths").archived
    assert ["facts/berths.md"] * 2 == [line.path for line in engine.list(archived=True).notes]

    assert "facts/berths.md" == engine.restore("facts/berths").path
    assert "Second." in engine.read("facts/berths").text

    (vault / "facts/berths.md").rename(vault / "facts/aside.md")
    engine.restore("facts/berths")
    assert "First." in engine.read("facts/berths.md").text


@pytest.mark.parametrize("ref", ["facts/berths.md", "facts/berths", "berths", "id"])
def test_a_note_is_restored_byte_for_byte_by_any_of_its_names(engine, vault, ref):
    """Path, path without its ending, name or id."""
    made = keep(engine, "Forty.")
    data = (vault / made.path).read_bytes()
    engine.forget("facts/berths")

    restored = engine.restore(made.id if ref == "id" else ref)

    assert (made.id, made.path, made.sha256) == (restored.id, restored.path, restored.sha256)
    assert data == (vault / made.path).read_bytes()
    assert ["facts/berths.md"] == [hit.path for hit in engine.recall("forty").hits]
    assert (0, 3, ()) == (
        engine.list(archived=True).total, engine.status().journal_entries, engine.status().journal_problems,
    )  # fmt: skip


def test_restoring_does_not_replace_the_note_that_is_there_now(engine):
    """Both stay where they are."""
    keep(engine, "First.")
    engine.forget("facts/berths")
    keep(engine, "Second.")

    with pytest.raises(NoteExists):
        engine.restore("facts/berths")

    assert "Second." in engine.read("facts/berths").text
    assert 1 == engine.list(archived=True).total


def test_a_note_that_was_moved_is_forgotten_and_restored_where_it_was_last(engine, vault):
    """The archive knows the path it had when it was forgotten, even if its folder is gone meanwhile."""
    made = keep(engine, "Forty.")
    (vault / "Harbour").mkdir()
    (vault / made.path).rename(vault / "Harbour/Berths.md")
    engine.forget(made.id)
    (vault / "Harbour").rmdir()

    assert "Harbour/Berths.md" == engine.restore(made.id).path
    assert (vault / "Harbour/Berths.md").exists()


@pytest.mark.parametrize("name", ["Readme.md", "Readme.MD", "x (2).md", "ünï ✓.md"])
def test_a_persons_note_comes_back_whatever_its_name(engine, write_note, name):
    """What was forgotten is listed in the archive and can be restored."""
    file = write_note(f"theirs/{name}", "Lantern.\n")
    engine.forget(f"theirs/{name}")
    assert [f"theirs/{name}"] == [line.path for line in engine.list(archived=True).notes]

    engine.restore(f"theirs/{name}")

    assert b"Lantern.\n" == file.read_bytes()


def test_what_was_never_forgotten_can_not_be_restored(engine):
    """The archive is looked through, and similar names in it are given."""
    keep(engine, "Forty.")
    engine.forget("berths")

    with pytest.raises(NoteMissing, match="archive") as raised:
        engine.restore("facts/birth")

    assert ("facts/berths.md",) == raised.value.near
