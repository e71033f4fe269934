"""``memwell note history``, ``diff`` and ``undo``, and ``memwell vault at``."""

import re

import pytest

from memwell_cli.commands.note_history import print_note_at
from vault_engine import Engine
from vault_engine.vault.lock import Lock

SHA = r"[0-9a-f]{8}"
TIME = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"


@pytest.fixture(autouse=True)
def ann(monkeypatch):
    monkeypatch.setenv("MEMWELL_ACTOR", "human:ann")


@pytest.fixture
def edited(cli, home):
    """A note that was made, edited and moved."""
    cli("remember", "One.", "--key", "n", "--category", "facts")
    cli("note", "append", "facts/n", "Two.")
    cli("note", "move", "facts/n", "m.md")
    return home / "m.md"


class TestHistory:
    """``memwell note history``."""

    def test_a_version_is_a_line(self, cli, edited):
        """Which, when, by whom, what was done, how large it is; the newest one first."""
        done = cli("note", "history", "m")

        assert (0, "") == (done.code, done.err)
        size = f"{edited.stat().st_size} bytes"
        for line, what in zip(done.out.splitlines(), ("moved from facts/n.md", "updated", "created"), strict=True):
            assert re.fullmatch(rf"{SHA}  {TIME}  ann via cli  {what} +\d+ bytes", line)
        assert done.out.splitlines()[0].endswith(size)

    def test_a_reason_stands_at_the_end_and_no_version_where_it_is_gone(self, cli, edited):
        """A forgotten note is found by the name it had."""
        cli("note", "forget", "m", "--reason", "old news")

        first = cli("note", "history", "m.md").out.splitlines()[0]

        assert re.fullmatch(rf"-  +{TIME}  ann via cli  archived +-  +old news", first)

    def test_what_was_left_out_is_said(self, cli, edited):
        """On stderr, as what is not in the journal yet."""
        edited.write_bytes(b"mine")

        done = cli("note", "history", "m", "--limit", "1")

        assert 1 == len(done.out.splitlines())
        assert re.fullmatch(
            rf"1 of \d versions; --limit shows more\nm\.md is now {SHA}, which the journal does not know of yet\n",
            done.err,
        )

    def test_a_note_without_a_history(self, cli, put):
        """An empty answer and a word."""
        put("a.md", "x")

        assert (0, "", "no change of a.md is known\n") == cli("note", "history", "a")

    def test_as_json(self, cli, edited):
        """Every fact has its name."""
        printed = cli("note", "history", "m", "--json").json

        assert (1, "m.md", 3, None) == tuple(printed[name] for name in ("format", "path", "total", "unrecorded"))
        first = printed["versions"][0]
        assert {
            "entry", "seq", "at", "actor", "what", "reason", "sha256", "size", "path", "came_from", "kept", "current"
        } == set(first)  # fmt: skip
        assert {"kind": "human", "name": "ann", "client": "cli"}.items() <= first["actor"].items()

    def test_lost_revisions_are_marked(self, cli, home, edited):
        """The line says that the bytes can't be had."""
        for file in (home / ".memwell/revisions").rglob("*"):
            if file.is_file():
                file.unlink()

        lines = cli("note", "history", "m").out.splitlines()

        assert [False, False, True] == [line.endswith("(not kept)") for line in lines]

    def test_a_note_that_never_was(self, cli, home):
        """Exit code 10."""
        assert 10 == cli("note", "history", "nope").code
        assert "not_found" == cli("note", "history", "nope", "--json").error["kind"]


class TestDiff:
    """``memwell note diff``."""

    def test_the_last_change_is_shown_as_diff_does(self, cli, put, edited):
        """Ready for `patch`."""
        done = cli("note", "diff", "m", "--from", "#1", "--to", "#2")

        assert re.match(rf"--- facts/n\.md@{SHA}\n\+\+\+ facts/n\.md@{SHA}\n@@ ", done.out)
        assert "+Two." in done.out.splitlines()

    def test_where_nothing_differs_it_is_said(self, cli, edited):
        """On stderr."""
        assert (0, "", "no difference\n") == cli("note", "diff", "m", "--from", "now")

    def test_as_json(self, cli, edited):
        """One object."""
        printed = cli("note", "diff", "m", "--json").json

        assert {"format", "path", "old", "new", "diff"} == set(printed)

    @pytest.mark.parametrize(("version", "code"), [("#99", 10), ("2001-01-01", 10), ("soon", 2)])
    def test_a_version_that_is_none(self, cli, edited, version, code):
        """Missing, or no name of one."""
        assert code == cli("note", "diff", "m", "--from", version).code


class TestUndo:
    """``memwell note undo``."""

    def test_the_last_edit_is_taken_back(self, cli, put, home):
        """And again, which takes that back."""
        cli("remember", "One.", "--key", "n")
        before = (home / "notes/n.md").read_bytes()
        cli("note", "append", "n", "Two.")
        after = (home / "notes/n.md").read_bytes()

        done = cli("note", "undo", "n")

        assert (0, "") == (done.code, done.err)
        assert re.fullmatch(r"updated notes/n\.md \(undo of [0-9A-Z]{26}\)\n", done.out)
        assert before == (home / "notes/n.md").read_bytes()
        cli("note", "undo", "n")
        assert after == (home / "notes/n.md").read_bytes()

    def test_a_dry_run_prints_the_difference(self, cli, home, tree):
        """And writes nothing."""
        cli("remember", "One.", "--key", "n")
        cli("note", "append", "n", "Two.")
        before = tree(home)

        done = cli("note", "undo", "n", "--dry-run")

        assert "-Two." in done.out.splitlines()
        assert before == tree(home)

    def test_an_earlier_change_may_be_named(self, cli, home, put):
        """By its number; later ones stay."""
        cli("remember", "# T\n\none\n\ntwo\n\nthree\n", "--key", "n")
        cli("note", "replace", "n", "one", "ONE")
        cli("note", "replace", "n", "three", "THREE")

        done = cli("note", "undo", "n", "--entry", "#2")

        assert "later changes kept" in done.out
        assert "# T\n\none\n\ntwo\n\nTHREE\n" in (home / "notes/n.md").read_text()

    def test_a_note_that_changed_is_left_alone(self, cli, edited):
        """Exit code 11."""
        before = edited.read_bytes()

        assert 11 == cli("note", "undo", "m", "--expect", "0" * 8).code
        assert before == edited.read_bytes()

    def test_as_json(self, cli, edited):
        """One object."""
        printed = cli("note", "undo", "m", "--json").json

        assert ("moved", "facts/n.md", False) == (printed["action"], printed["path"], printed["merged"])


class TestVaultAt:
    """``memwell vault at``."""

    def test_the_notes_are_written_into_a_folder(self, cli, edited, tmp_path):
        """How many and as of when is printed."""
        done = cli("vault", "at", "now", "--to", str(tmp_path / "then"))

        assert (0, "") == (done.code, done.err)
        assert re.fullmatch(rf"1 notes as of {TIME} in {re.escape(str(tmp_path / 'then'))}\n", done.out)
        assert edited.read_bytes() == (tmp_path / "then/m.md").read_bytes()

    def test_what_is_missing_is_named_and_exit_code_3(self, cli, edited, put, home, tmp_path):
        """On stderr, or in the object."""
        put("old.md", "x")
        with Lock(home / ".memwell/local/lock").held():  # so that nobody can enter it
            done = cli("vault", "at", "now", "--to", str(tmp_path / "then"))
            again = cli("vault", "at", "now", "--to", str(tmp_path / "again"), "--json")

        assert (3, "missing: old.md: nothing is known of it but what it is now\n") == (done.code, done.err)
        assert (3, ["old.md"]) == (again.code, [one["path"] for one in again.json["missing"]])

    def test_the_vault_is_no_place_for_it(self, cli, home):
        """Exit code 2."""
        assert 2 == cli("vault", "at", "now", "--to", str(home / "then")).code


class TestShowAt:
    """What ``memwell note show --at`` prints."""

    def test_the_bytes_are_printed(self, cli, edited, home, capsys):
        """As they were; with --json as text beside the facts."""
        with Engine.open(home) as engine:
            print_note_at(engine, "m", "#1", as_json=False)
            shown = capsys.readouterr().out
            print_note_at(engine, "m", "#1", as_json=True)

        assert ("One.", False) == (shown.splitlines()[-1], "Two." in shown)
        assert shown.splitlines()[-1] in capsys.readouterr().out


class TestListAt:
    """`note list --as-of` and `--valid-at`."""

    def test_what_was_known_and_what_was_true(self, cli, home):
        """Two questions about the past, together or apart."""
        old = "---\nvalid_from: 2024-01-01\nvalid_to: 2025-01-01\n---\nPort 8080."
        cli("remember", "--key", "old-port", "--", old)
        cli("remember", "--key", "new-port", "--", "---\nvalid_from: 2025-01-01\n---\nPort 9090.")

        assert "notes/old-port.md" in cli("note", "list", "--valid-at", "2024-06-01").out
        assert "notes/new-port.md" not in cli("note", "list", "--valid-at", "2024-06-01").out
        assert [] == cli("note", "list", "--as-of", "2020-01-01", "--json").json["notes"]
        both = cli("note", "list", "--as-of", "now", "--valid-at", "2026-01-01", "--category", "notes", "--json")
        assert ["notes/new-port.md"] == [line["path"] for line in both.json["notes"]]

    def test_the_archive_has_no_past(self, cli, home):
        """It is a usage error to ask for both."""
        assert 2 == cli("note", "list", "--archived", "--as-of", "now").code
