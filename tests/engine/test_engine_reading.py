"""Reading never changes a byte."""

import shutil
from pathlib import Path

import pytest

from vault_engine import Engine

PROJECT = Path(__file__).parents[2]
SAMPLE_VAULT = PROJECT / "sample_vault"
SHARED_VAULTS = PROJECT.parent / "shared" / "vaults"


def real_vaults():
    """Give the sample vault and each real vault; skipped visibly where they are not beside the project."""
    found = sorted(folder for folder in SHARED_VAULTS.glob("*") if folder.is_dir())
    absent = [pytest.param(None, id="absent", marks=pytest.mark.skip(reason="shared/ is not beside the project"))]
    return [pytest.param(folder, id=folder.name) for folder in (SAMPLE_VAULT, *found)] + ([] if found else absent)


def state_of(root: Path) -> dict[str, tuple[bytes, int, int, int]]:
    """Give bytes, times and mode of everything but what is Memwell's own."""
    files = {path.relative_to(root): path for path in root.rglob("*")}
    return {
        name.as_posix(): (
            path.read_bytes() if path.is_file() else b"",
            path.stat().st_mtime_ns,
            path.stat().st_mode,
            path.stat().st_ino,
        )
        for name, path in files.items()
        if name.parts[0] != ".memwell"
    }


@pytest.mark.parametrize("source", real_vaults())
def test_no_note_of_a_real_vault_is_touched(source, tmp_path, env):
    """Adopted, indexed, searched, read, listed, summed up: every file keeps its bytes, its time and its mode."""
    root = tmp_path / "copy"
    shutil.copytree(source, root)
    before = state_of(root)

    assert len(list(root.rglob("*.md"))) >= Engine.create(root).notes > 0
    for _ in range(2):
        with Engine.open(root, env=env) as engine:
            engine.build_index()
            hits = engine.recall("how to link notes", limit=20).hits
            engine.recall("template", mode="semantic", category="notes", tags=("x",))
            views = [engine.read(line.path) for line in engine.list().notes]
            engine.list(archived=True)
            engine.context()
            engine.context("how to link notes")
            status = engine.status()

    assert before == state_of(root)
    assert (len(views), 0, ()) == (status.notes, status.journal_entries, status.journal_problems)
    assert all(0 <= hit.score <= 1 for hit in hits)


def test_each_text_is_read_as_it_stands(harbour):
    """`read` gives the whole note, byte for byte."""
    for line in harbour.list().notes:
        assert (SAMPLE_VAULT / line.path).read_bytes() == harbour.read(line.path).text.encode()


def test_making_a_vault_twice_changes_nothing(vault):
    """Settings that somebody has written stay."""
    (vault / ".memwell/config.toml").write_text('language = "de"\n', "utf-8")

    assert "unchanged" == Engine.create(vault).action
    assert 'language = "de"\n' == (vault / ".memwell/config.toml").read_text("utf-8")


@pytest.mark.parametrize(
    ("files", "kind"),
    [((), "plain"), ((".obsidian/app.json",), "obsidian"), (("logseq/config.edn",), "logseq")],
)
def test_it_is_told_whose_vault_was_adopted(tmp_path, files, kind):
    """Obsidian's and Logseq's vaults are known by their settings."""
    for path in files:
        (tmp_path / path).parent.mkdir()
        (tmp_path / path).write_text("{}", "utf-8")

    assert ("created", kind) == (Engine.create(tmp_path).action, Engine.create(tmp_path).kind)


def test_a_context_begins_with_what_is_pinned_and_keeps_to_its_budget(harbour):
    """Pinned notes first, then what answers; never more than was asked for."""
    whole = harbour.context("double booking", budget_tokens=2000)
    small = harbour.context("double booking", budget_tokens=100)

    pinned = [line.path for line in harbour.list().notes if harbour.read(line.path).properties.get("pinned") is True]
    assert sorted(pinned) == list(whole.notes[: len(pinned)])
    assert 0 < len(pinned) < len(whole.notes)
    assert len(small.markdown) <= 400
    assert whole.notes[: len(small.notes)] == small.notes


def test_the_language_may_be_that_of_the_notes(vault, write_note, open_engine):
    """Most of them decide when the index is made; later notes do not change it until it is made anew."""
    (vault / ".memwell/config.toml").write_text('language = "auto"\n', "utf-8")
    for number in range(4):
        write_note(f"{number}.md", "Die Buchungen sind in den Häfen, und sie werden nicht von uns gemacht.")
    with open_engine() as engine:
        assert 4 == len(engine.recall("buchung", mode="keyword").hits)
    for number in range(20):
        write_note(f"english-{number}.md", "The bookings are in the harbours, and they are not made by us.")

    with open_engine() as engine:
        assert 4 == len(engine.recall("buchung", mode="keyword").hits)
        engine.build_index(fresh=True)
        assert () == engine.recall("buchung", mode="keyword").hits
        assert 20 == len(engine.recall("booking", limit=50, mode="keyword").hits)
    assert 20 == len(open_engine().recall("booking", limit=50, mode="keyword").hits)


def test_a_word_counts_for_as_much_as_the_settings_say(vault, write_note, open_engine):
    """By where it stands."""
    write_note("a.md", "---\naliases: [lantern]\n---\nnothing else here\n")
    write_note("b.md", "nothing else but a lantern here\n")
    assert "a.md" == open_engine().recall("lantern", mode="keyword").hits[0].path

    (vault / ".memwell/config.toml").write_text("boosts = { aliases = 0.1, body = 9 }\n", "utf-8")

    assert "b.md" == open_engine().recall("lantern", mode="keyword").hits[0].path
