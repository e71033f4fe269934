"""Writing the vault for Notion: one way, and over nothing that a person did there."""

import pytest
from mirroring import files, pair_of

from vault_engine.engine import Format
from vault_engine.errors import BadInput, NotesVanished

NOTION = {"format": Format.NOTION}


@pytest.fixture
def pair(engine, vault, tmp_path):
    """A vault with two notes, and a folder that does not exist yet."""
    return pair_of(engine, vault, tmp_path)


def test_notes_are_written_as_plain_markdown_and_again_only_when_they_change(pair):
    """A link follows the note that it leads to."""
    before = files(pair.vault)

    assert ["folder: created a.md", "folder: created x/b.md"] == pair.sync(dry_run=True, **NOTION)
    assert not pair.target.exists()
    assert ["folder: created a.md", "folder: created x/b.md"] == pair.sync(**NOTION)
    assert "# b\n\nid: bee\n\nB [a](../a.md)\n" == (pair.target / "x/b.md").read_text()
    state = files(pair.target)
    assert [] == pair.sync(**NOTION)
    assert (before, state) == (files(pair.vault), files(pair.target))

    pair.engine.move("a.md", "y/c.md")
    assert ["folder: created y/c.md", "folder: updated x/b.md", "folder: deleted a.md"] == sorted(
        pair.sync(**NOTION), key=lambda line: ["created", "updated", "deleted"].index(line.split()[1])
    )
    assert "B [c](../y/c.md)\n" == (pair.target / "x/b.md").read_text().splitlines(keepends=True)[-1]


def test_what_a_person_did_there_is_left(pair):
    """Edited, deleted, or a note of their own."""
    pair.sync(**NOTION)
    pair.put("folder", "own.md", "mine\n")
    pair.put("folder", "a.md", "edited\n")
    (pair.target / "x/b.md").unlink()
    pair.put("vault", "a.md", "changed\n")

    assert ["both: left a.md", "both: left x/b.md"] == pair.sync(**NOTION)

    assert {"a.md": b"edited\n", "own.md": b"mine\n"} == {path: one[0] for path, one in files(pair.target).items()}
    assert not (pair.vault / "own.md").exists()


def test_much_that_is_gone_is_asked_about(pair):
    """As in every sync."""
    pair.sync(**NOTION)
    for path in ("a.md", "x/b.md"):
        pair.engine.forget(path)

    with pytest.raises(NotesVanished):
        pair.sync(**NOTION)
    assert ["folder: deleted a.md", "folder: deleted x/b.md"] == pair.sync(yes=True, **NOTION)


def test_the_vault_itself_is_not_written_so(pair):
    """Its notes are Obsidian's."""
    pair.target = pair.vault

    with pytest.raises(BadInput):
        pair.sync(**NOTION)
