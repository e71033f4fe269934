"""``memwell obsidian-sync``: keeping the vault and a folder in step."""

import json
import os
import signal

import pytest


@pytest.fixture
def target(home, put, tmp_path):
    """A folder beside a vault with two notes."""
    put("a.md", "one\n\ntwo\n")
    put("x/b.md", "---\ntags: [k]\n---\nB\n")
    return tmp_path / "target"


def test_it_says_what_it_does_and_then_nothing(cli, target):
    """Once both are in step there is nothing to say."""
    assert (0, "folder: created a.md\nfolder: created x/b.md\n", "") == cli("obsidian-sync", str(target))
    assert (0, "", "") == cli("obsidian-sync", str(target))


def test_each_change_is_a_line(cli, target, home):
    """Where it was made, what it was, and where the rest of it is."""
    cli("obsidian-sync", str(target))
    (target / "a.md").write_text("eins\n\ntwo\n")
    (home / "a.md").write_text("un\n\ntwo\n")
    (target / "x/b.md").rename(target / "b.md")

    code, out, err = cli("obsidian-sync", str(target))

    lines = out.splitlines()
    assert (0, "") == (code, err)
    assert "vault: renamed x/b.md to b.md" == lines[0]
    assert lines[1].startswith("both: conflict a.md -> a (Memwell's conflicted copy ")
    assert lines[1].endswith(").md (the vault's text is in the copy beside it)")


def test_a_dry_run_writes_nothing(cli, target):
    """Not even the folder."""
    assert "folder: created a.md\nfolder: created x/b.md\n" == cli("obsidian-sync", str(target), "--dry-run").out
    assert not target.exists()


def test_json_has_every_change(cli, target):
    """As one object."""
    shown = cli("obsidian-sync", str(target), "--select", "tag:k", "--json").json

    created = {"what": "created", "where": "folder", "path": "x/b.md", "to": None, "why": ""}
    assert {
        "format": 1,
        "target": str(target),
        "dry_run": False,
        "notes": 1,
        "changes": [created],
        "problems": [],
    } == shown


def test_much_that_has_vanished_needs_a_yes(cli, target):
    """The message says what to do."""
    cli("obsidian-sync", str(target))
    for file in target.rglob("*.md"):
        file.unlink()

    code, out, err = cli("obsidian-sync", str(target))

    assert (2, "") == (code, out)
    assert f"error: 2 of 2 notes are gone from {target} since both held the same" in err
    assert "say --yes" in err
    assert "vault: deleted a.md\nvault: deleted x/b.md\n" == cli("obsidian-sync", str(target), "--yes").out


def test_what_fails_is_named_and_the_rest_is_done(cli, target, tmp_path):
    """The exit code says partly."""
    target.mkdir()
    (tmp_path / "outside").mkdir()
    (target / "x").symlink_to(tmp_path / "outside")

    code, out, err = cli("obsidian-sync", str(target))

    assert (3, "folder: created a.md\n") == (code, out)
    assert err.startswith("x/b.md: ")
    assert [] == list((tmp_path / "outside").iterdir())


@pytest.mark.parametrize(
    "arguments",
    [(".memwell",), ("x",), ("..",), ("t", "--select", "colour:red"), ("t", "--interval", "0"), ("t", "--format", "x")],
)
def test_what_can_not_be_done_is_a_usage_error(cli, target, home, arguments):
    """The folder in the vault, around it, a selection of no kind."""
    assert (
        2
        == cli("obsidian-sync", *(str(home / one) if number == 0 else one for number, one in enumerate(arguments))).code
    )


def test_a_dry_run_can_not_be_watched(cli, target):
    """It would say the same again and again."""
    assert 2 == cli("obsidian-sync", str(target), "--watch", "--dry-run").code


def test_a_logseq_graph_gets_pages_and_gives_notes(cli, target, home):
    """Also as JSON, and only what is selected."""
    options = ("obsidian-sync", str(target), "--format", "logseq")
    assert "folder: created x/b.md\n" == cli(*options, "--select", "tag:k").out
    assert "tags:: k\n\n- B\n" == (target / "pages" / "x___b.md").read_text()
    (target / "pages" / "own.md").write_text("- mine\n\t- [[x/b]]\n-")

    assert [("created", "vault", "own.md")] == [
        (one["what"], one["where"], one["path"]) for one in cli(*options, "--select", "tag:k", "--json").json["changes"]
    ]
    assert "- mine\n\t- [[b]]\n" == (home / "own.md").read_text()
    assert (0, "", "") == cli(*options, "--select", "tag:k")


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_watching_a_graph_carries_over_what_either_side_changes(memwell, vault, write_note, tmp_path, until):
    """A page that was changed a moment ago as well, once it rests."""
    write_note("a.md", "one\n")
    (vault / ".memwell" / "config.toml").write_text("rest_seconds = 1\n")
    target = tmp_path / "graph"
    process = memwell("obsidian-sync", str(target), "--format", "logseq", "--watch", "--interval", "0.1")
    page = target / "pages" / "a.md"
    until(page.exists)

    page.write_text("- one\n- typed")
    until(lambda: "one\n\ntyped\n" == (vault / "a.md").read_text())
    (vault / "a.md").write_text("uno\n\ntyped\n")
    until(lambda: "- uno\n- typed" == page.read_text())
    process.send_signal(signal.SIGTERM)

    out, _ = process.communicate(timeout=30)
    done = [line for line in out.splitlines() if not line.startswith("both: left")]  # what was being saved waits
    assert ["folder: created a.md", "vault: updated a.md", "folder: updated a.md"] == done
    assert 0 == process.returncode


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_watching_carries_over_what_either_side_changes(memwell, vault, write_note, tmp_path, until):
    """Until it is told to stop; then it has finished what it was doing."""
    write_note("a.md", "one\n")
    target = tmp_path / "target"
    process = memwell("obsidian-sync", str(target), "--watch", "--interval", "0.1", "--json")
    until(lambda: (target / "a.md").exists())

    (target / "new.md").write_text("from there\n")
    until(lambda: (vault / "new.md").exists())
    (vault / "a.md").write_text("two\n")
    until(lambda: "two\n" == (target / "a.md").read_text())
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=30)

    changes = [one for line in out.splitlines() for one in json.loads(line)["changes"]]
    assert (0, "") == (process.returncode, err)
    assert [("created", "folder"), ("created", "vault"), ("updated", "folder")] == [
        (one["what"], one["where"]) for one in changes
    ]
