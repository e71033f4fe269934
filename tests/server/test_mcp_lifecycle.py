"""The tools for what fades, goes and stays, through a session."""

import pytest


@pytest.fixture
def notes(folder):
    """One that has faded, one that has expired."""
    (folder / "old.md").write_text("---\ncreated: 2001-01-01\n---\nOld\n")
    (folder / "over.md").write_text("---\nexpires: 2001-01-01\n---\nOver\n")
    return folder


def test_what_has_faded_is_told_swept_and_taken_back(in_memory, mode, run, answer, notes):
    """A sweep is a dry run unless told otherwise."""

    async def sweep():
        async with in_memory(mode, "lifecycle,undo_together") as client:
            assert "old.md" == (await answer(client, "decay", limit=1))["notes"][0]["path"]
            shown = await answer(client, "sweep", max_share=1)
            assert (["over.md"], True) == ([one["path"] for one in shown["archived"]], (notes / "over.md").is_file())
            done = await answer(client, "sweep", below=0.1, max_share=1, dry_run=False)
            assert (["old.md"], False) == ([one["path"] for one in done["archived"]], (notes / "old.md").exists())
            assert ["old.md"] == (await answer(client, "undo_together", entry=done["entry"]))["files"]
            assert (notes / "old.md").is_file()
            assert [] == (await answer(client, "promote"))["changes"]
            assert [] == (await answer(client, "cohere", dry_run=False))["links"]
            assert "old.md" in (await answer(client, "maintenance"))["orphans"]

    run(sweep())


def test_a_vault_is_counted_tried_and_marked(in_memory, mode, run, answer, notes):
    """By one call each."""

    async def mark():
        async with in_memory(mode, "lifecycle") as client:
            counted = (await answer(client, "stats"))["notes"]
            assert counted >= 2
            assert (await answer(client, "health"))["is_healthy"]
            assert counted == (await answer(client, "stats"))["notes"]
            await answer(client, "pin", note="old")
            await answer(client, "verify_note", note="old")
            await answer(client, "score", note="old", importance=1)
            assert "pinned: true\nverified: true\nimportance: 1" in (notes / "old.md").read_text()
            await answer(client, "pin", note="old", pinned=False)
            assert "pinned" not in (notes / "old.md").read_text()

    run(mark())
