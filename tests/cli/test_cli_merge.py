"""What happens when somebody else edits the same note: ``--merge``, the advice, and links that a move left."""

import hashlib

import pytest

from memwell_cli.exits import advice
from vault_engine import errors
from vault_engine.vault.store import Vault

TEXT = "# T\n\none\n\ntwo\n\nthree\n"


@pytest.fixture
def read(cli, home):
    """A note that an agent has read; gives its path and the revision."""
    cli("remember", TEXT, "--key", "n", "--category", "facts")
    file = home / "facts/n.md"
    return file, hashlib.sha256(file.read_bytes()).hexdigest()


def save(file, old, new):
    """Save the note from an editor."""
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))
    return hashlib.sha256(file.read_bytes()).hexdigest()


class TestEdits:
    """The commands of ``note`` that take ``--expect``."""

    def test_both_changes_are_kept(self, cli, read):
        """In other lines."""
        file, revision = read
        save(file, "one", "ONE")

        done = cli("note", "replace", "n", "three", "THREE", "--expect", revision[:8], "--merge")

        assert (0, "updated facts/n.md\n", "") == done
        assert file.read_text().endswith("# T\n\nONE\n\ntwo\n\nTHREE\n")

    def test_a_dry_run_shows_it_and_writes_nothing(self, cli, read):
        """Only what the caller would change."""
        file, revision = read
        save(file, "one", "ONE")
        before = file.read_bytes()

        done = cli("note", "replace", "n", "three", "THREE", "--expect", revision, "--merge", "--dry-run")

        assert (0, ["-three", "+THREE"]) == (done.code, done.out.splitlines()[1:])
        assert before == file.read_bytes()

    def test_the_same_lines_are_a_conflict(self, cli, read):
        """Exit code 11; the advice shows both texts and what to name next."""
        file, revision = read
        now = save(file, "one", "ONE")
        before = file.read_bytes()

        refused = cli("note", "replace", "n", "one", "eins", "--expect", revision, "--merge")

        assert (11, "", before) == (refused.code, refused.out, file.read_bytes())
        assert "in the same place as your change (line " in refused.err
        assert f"`memwell note diff facts/n.md --from {revision[:8]} --to now`" in refused.err
        assert f"`--expect {now[:8]}`" in refused.err

    def test_the_advice_can_be_followed(self, cli, read):
        """To its end."""
        file, revision = read
        now = save(file, "one", "ONE")
        cli("note", "replace", "n", "one", "eins", "--expect", revision, "--merge")

        shown = cli("note", "diff", "facts/n.md", "--from", revision[:8], "--to", "now")

        assert (0, True) == (shown.code, {"-one", "+ONE"} <= set(shown.out.splitlines()))
        assert 0 == cli("note", "replace", "n", "ONE", "eins", "--expect", now[:8]).code

    def test_as_json_the_text_and_the_lines_are_among_the_facts(self, cli, read):
        """So that no second call is needed."""
        file, revision = read
        now = save(file, "one", "ONE")

        error = cli("note", "replace", "n", "one", "1", "--expect", revision, "--merge", "--json").error

        assert ("conflict", revision, now, file.read_text()) == (
            error["kind"],
            error["facts"]["expected"],
            error["facts"]["found"],
            error["facts"]["text"],
        )
        assert [TEXT.splitlines().index("one") + 1 + file.read_text().splitlines().index("# T")] == error["facts"][
            "lines"
        ]

    @pytest.mark.parametrize("expect", [[], ["--expect", ""]])
    def test_it_needs_the_revision_that_was_read(self, cli, read, expect):
        """Exit code 2."""
        refused = cli("note", "append", "n", "x", "--merge", *expect)

        assert (2, True) == (refused.code, "a merge needs the revision that was read" in refused.err)

    def test_without_it_the_change_of_another_is_a_conflict(self, cli, read):
        """The advice names it; the facts have the text."""
        file, revision = read
        save(file, "one", "ONE")

        refused = cli("note", "append", "n", "x", "--expect", revision)

        assert (11, True, True) == (refused.code, "--merge" in refused.err, "--expect" in refused.err)
        error = cli("note", "append", "n", "x", "--expect", revision, "--json").error
        assert file.read_text() == error["facts"]["text"]

    def test_a_revision_that_nobody_kept_can_not_be_merged(self, cli, read):
        """Exit code 11."""
        assert 11 == cli("note", "append", "n", "x", "--expect", "0" * 64, "--merge").code


class TestRemember:
    """``memwell remember --merge``."""

    def test_both_changes_are_kept(self, cli, read):
        """The person's line, and the agent's."""
        file, revision = read
        save(file, "one", "ONE")
        text = TEXT.replace("three", "THREE")

        done = cli("remember", text, "--key", "n", "--category", "facts", "--expect", revision, "--merge")

        assert (0, "updated facts/n.md\n") == (done.code, done.out)
        assert file.read_text().endswith("# T\n\nONE\n\ntwo\n\nTHREE\n")

    def test_the_same_lines_are_a_conflict(self, cli, read):
        """And stay the person's."""
        file, revision = read
        save(file, "one", "ONE")
        text = TEXT.replace("one", "eins")

        refused = cli("remember", text, "--key", "n", "--category", "facts", "--expect", revision, "--merge", "--json")

        assert (11, "") == (refused.code, refused.out)
        assert refused.error["facts"]["lines"]
        assert file.read_text() == refused.error["facts"]["text"]

    def test_it_needs_the_revision_that_was_read(self, cli, read):
        """Exit code 2."""
        assert 2 == cli("remember", TEXT, "--key", "n", "--category", "facts", "--merge").code


class TestMove:
    """Links that a move leaves as they are, because somebody saves their note at that moment."""

    @pytest.fixture
    def disturbed(self, put, monkeypatch):
        """A note is saved in an editor just after the file was renamed."""
        put("n.md", "x")
        for name in ("a", "b"):
            put(f"{name}.md", "[[n]]\n")
        moving = Vault.move

        def move(vault, old, new):
            moving(vault, old, new)
            put("a.md", "[[n]] and more\n")

        monkeypatch.setattr(Vault, "move", move)

    def test_they_are_named_and_the_move_is_partly_done(self, cli, home, disturbed):
        """Exit code 3; the other links follow, and the person's text stays."""
        done = cli("note", "move", "n", "m")

        assert (3, True) == (done.code, done.out.startswith("moved n.md -> m.md"))
        assert done.err.startswith("left as it is: a.md: ")
        assert ("[[n]] and more\n", "[[m]]\n") == tuple((home / f"{name}.md").read_text() for name in "ab")

    def test_as_json_they_are_in_the_object(self, cli, disturbed):
        """And nothing is on stderr."""
        done = cli("note", "move", "n", "m", "--json")

        assert (3, "", ["a.md"]) == (done.code, done.err, [one["path"] for one in done.json["left"]])


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (errors.NoteOpen("n.md"), "Close it there, or try again when it has been saved."),
        (errors.NoteChanged("n.md", "a" * 64, ""), "leave --expect out"),
        (errors.NoteChanged("n.md", "", "b" * 64), "write over it with `--expect bbbbbbbb`."),
        (errors.NeedsYes("a b.md", 3), "`memwell note purge 'a b.md' --dry-run`, then say --yes."),
    ],
    ids=lambda value: type(value).__name__,
)
def test_the_advice(error, words):
    """Ends with what to do next."""
    assert words in advice(error)


def test_a_version_that_is_not_there_is_advised_to_be_looked_for(cli, read):
    """With the command that lists what there is."""
    refused = cli("note", "diff", "n", "--from", "#99")

    assert (10, True) == (refused.code, "`memwell note history facts/n.md` lists the versions." in refused.err)
