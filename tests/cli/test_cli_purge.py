"""``memwell note purge``: a note and all it ever held, erased for good."""

import pytest

from vault_engine.engine import Engine
from vault_engine.engine.purge import Purged


@pytest.fixture
def secret(cli, home):
    """A note of two versions, the first of which says too much."""
    cli("remember", "The word is Zaubernuss.", "--key", "n")
    cli("note", "replace", "n", "Zaubernuss", "gone")
    return home / "notes/n.md"


def kept(cli):
    """Say of each version of the note, the newest first, whether its text can be had."""
    return [version["kept"] for version in cli("note", "history", "notes/n.md", "--json").json["versions"]]


def test_nothing_is_purged_without_a_yes(cli, home, secret, tree):
    """Exit code 2; the advice shows how to look first."""
    before = tree(home)

    refused = cli("note", "purge", "n")

    assert (2, "", before) == (refused.code, refused.out, tree(home))
    assert "purging notes/n.md erases it and 2 revisions for good" in refused.err
    assert "`memwell note purge notes/n.md --dry-run`, then say --yes." in refused.err
    error = cli("note", "purge", "n", "--json").error
    assert ("usage", {"path": "notes/n.md", "revisions": 2}) == (error["kind"], error["facts"])


def test_a_dry_run_says_what_would_go(cli, home, secret, tree):
    """And erases nothing, whether or not --yes is said."""
    before = tree(home)

    for more in ([], ["--yes"]):
        assert (0, "would purge notes/n.md: revisions 2\n", "") == cli("note", "purge", "n", "--dry-run", *more)

    assert (before, [True, True]) == (tree(home), kept(cli))


def test_a_purge_erases_the_file_and_every_revision(cli, home, secret):
    """The journal keeps that there was a note, and why it went."""
    assert [True, True] == kept(cli)

    done = cli("note", "purge", "n", "--yes", "--reason", "a slip")

    assert (0, "") == (done.code, done.err)
    assert "purged notes/n.md: revisions 2\nfrom the archive too: notes/n.md\n" == done.out
    assert ([False] * 3, False) == (kept(cli), secret.exists())
    assert (10, 14) == (cli("note", "show", "n").code, cli("note", "diff", "n", "--from", "#1", "--to", "#2").code)
    assert "a slip" in cli("journal", "tail").out
    assert 0 == cli("journal", "verify", "--read-data").code


def test_a_forgotten_note_is_purged_from_the_archive(cli, home, secret):
    """By the path it had."""
    cli("note", "forget", "n")

    assert "from the archive too: notes/n.md" in cli("note", "purge", "notes/n.md", "--yes").out
    assert [] == [file for file in (home / ".memwell/archive").rglob("*") if file.is_file()]


def test_what_another_note_holds_too_is_kept(cli, home, put, secret):
    """And said."""
    put("twin.md", secret.read_bytes())
    cli("journal", "repair")

    done = cli("note", "purge", "notes/n.md", "--yes")

    assert "kept, as another note has or had the same: 1" in done.out
    assert 0 == cli("journal", "verify", "--read-data").code


def test_what_other_devices_keep_is_said(cli, secret, monkeypatch):
    """They erase it themselves."""
    purged = Purged("n.md", 2, 0, (), {"a" * 64: 1, "b" * 64: 2})
    monkeypatch.setattr(Engine, "purge", lambda *_, **__: purged)

    done = cli("note", "purge", "n", "--yes")

    assert "left to other devices, which erase it when they next open the vault: 3" in done.out


def test_as_json_it_is_one_object(cli, secret):
    """The same for a dry run."""
    for more in (["--dry-run"], ["--yes"]):
        done = cli("note", "purge", "n", *more, "--json")

        assert {"format", "path", "revisions", "shared", "archived", "elsewhere"} == set(done.json)
        assert ("notes/n.md", 2) == (done.json["path"], done.json["revisions"])


def test_a_note_that_never_was(cli, home):
    """Exit code 10."""
    assert 10 == cli("note", "purge", "nope", "--yes").code
