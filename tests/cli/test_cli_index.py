"""``memwell index`` and ``memwell status``: how far the index is, how the vault is."""

import shutil
from dataclasses import replace

import pytest

from vault_engine.index.generation import Generation, entry_of, new_file, read_current, write_current
from vault_engine.index.keyword.columns import make_columns
from vault_engine.index.segment import open_segment


@pytest.fixture(autouse=True)
def _notes(put):
    put("a.md", "[[b]] [[nowhere]]\n")
    put("b.md", "text\n")


def test_build_says_what_changed(cli, put, home):
    """Added, edited, gone; then nothing."""
    assert cli("index", "build").out.startswith(
        "index up to date: 2 added, 0 edited, 0 gone; 0 parts embedded\n2 notes"
    )
    put("a.md", "other\n")
    put("c.md", "new\n")
    (home / "b.md").unlink()

    built = cli("index", "build", "--json").json
    assert (1, 1, 1, 1, 2) == (built["format"], built["added"], built["edited"], built["gone"], built["index"]["notes"])
    assert cli("index", "build").out.startswith("index up to date: 0 added, 0 edited, 0 gone; 0 parts embedded\n")


def test_build_fresh_starts_from_nothing(cli):
    """And finds the same."""
    cli("index", "build")

    assert 2 == cli("index", "build", "--fresh", "--json").json["added"]


def test_rebuild_is_a_fresh_build(cli):
    """By a name of its own."""
    cli("index", "build")

    assert 2 == cli("index", "rebuild", "--json").json["added"]


def test_progress_is_shown_where_it_is_asked_for(cli):
    """Though stderr is no terminal."""
    assert "reading notes" in cli("index", "rebuild", "--progress").err


def test_check_finds_an_index_right_that_followed_its_notes(cli, put, home):
    """After edits, posting for posting."""
    cli("index", "build")
    put("a.md", "other\n")
    (home / "b.md").unlink()

    checked = cli("index", "check", "--json")

    assert (0, 1, [], []) == (checked.code, checked.json["notes"], checked.json["damaged"], checked.json["differing"])
    assert "the index is what the notes say (1 notes)\n" == cli("index", "check").out


def test_check_finds_and_repairs_what_is_not_in_the_notes(cli, tmp_path):
    """An index whose filters are empty, and whose checksums are right."""
    cli("index", "build")
    (current,) = (tmp_path / "cache").rglob("CURRENT")
    generation = read_current(current.parent)
    segment = open_segment(current.parent / generation.segments[0].name, verify=True)
    wrong = replace(segment, columns=make_columns([{}] * len(segment)))
    file = new_file(current.parent)
    wrong.write(file)
    write_current(current.parent, Generation(generation.settings, (entry_of(file),)))

    checked = cli("index", "check")
    assert (14, True) == (checked.code, "not as in the notes: columns." in checked.out)
    assert 0 == cli("index", "check", "--repair").code
    assert 0 == cli("index", "check").code


def test_build_draws_no_bar_where_nobody_sees_it(cli):
    """stderr is no terminal here."""
    assert "" == cli("index", "build").err


def test_status_of_the_index(cli, tmp_path):
    """Plain and as JSON; it says where the index is kept."""
    state = cli("index", "status", "--json").json

    assert (1, 2, 2, 0, 1, 1, None) == tuple(
        state[name] for name in ("format", "notes", "chunks", "chunks_waiting", "links", "unresolved_links", "embedder")
    )
    assert state["cache_dir"].startswith(str(tmp_path / "cache"))
    assert "no vectors: keyword search only" in cli("index", "status").out


def test_the_index_can_be_deleted(cli, tmp_path):
    """It is derived: nothing is lost."""
    before = cli("recall", "text", "--json").out
    shutil.rmtree(tmp_path / "cache")

    assert before == cli("recall", "text", "--json").out


def test_an_index_full_of_rubbish_is_built_again(cli, tmp_path):
    """Nothing in it is trusted, whatever happened to it."""
    before = cli("recall", "text", "--json").out
    for file in (tmp_path / "cache").rglob("*"):
        if file.is_file():
            file.write_bytes(b"rubbish")

    done = cli("recall", "text", "--json")
    assert (0, before, "") == done


def test_status_counts_what_there_is(cli, put, home):
    """Notes, archive and journal."""
    put("photo.png", b"\x89PNG")
    cli("remember", "x", "--key", "k")
    cli("note", "forget", "k")

    status = cli("status", "--json").json
    assert {
        "format": 1,
        "vault": str(home),
        "notes": 2,
        "other_files": 1,
        "archived": 1,
        "journal_entries": 4,
        "journal_problems": [],
        "problems": [],
        "conflict_copies": [],
        "writable": True,
    }.items() <= status.items()
    assert status["index"]["notes"] == 2


def test_status_names_every_problem(cli, put, home):
    """Damaged notes, conflict copies, a journal that was tampered with; the exit code stays 0."""
    put("broken.md", "---\na: [\n---\n")
    put("latin.md", b"caf\xe9")
    put("a.sync-conflict-20261121-120000-ABCDEFG.md", "copy")
    cli("remember", "x", "--key", "k")
    journal = next((home / ".memwell" / "journal").rglob("*.jsonl"))
    journal.write_bytes(journal.read_bytes().replace(b'"create"', b'"write"'))

    done = cli("status")
    assert 0 == done.code
    listed = [line for line in done.out.splitlines() if line.startswith("! ")]
    assert 4 <= len(listed)
    for part in ("broken.md: ", "latin.md: not UTF-8", "sync-conflict-20261121", ".jsonl:5: "):
        assert any(part in line for line in listed)
    status = cli("status", "--json").json
    assert ["broken.md", "latin.md"] == [problem["path"] for problem in status["problems"]]
    assert (1, True) == (len(status["conflict_copies"]), bool(status["journal_problems"]))


def test_a_flood_of_problems_is_cut_and_says_so(cli, put):
    """Twenty are shown, all are in the JSON."""
    for number in range(30):
        put(f"latin-{number}.md", b"caf\xe9")

    assert "! and 10 more (--json lists all)" in cli("status").out
    assert 30 == len(cli("status", "--json").json["problems"])


def test_status_shows_the_embedder_that_fails(cli, monkeypatch):
    """With the setting that is wrong."""
    monkeypatch.setenv("MEMWELL_EMBEDDER", "packged")

    assert "problem: embedder 'packged'" in cli("status").out
