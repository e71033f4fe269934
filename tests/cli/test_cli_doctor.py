"""``memwell doctor``, and what ``memwell status`` says of the disk."""

import pytest

from vault_engine.vault.store import Vault

NO_EXCHANGE = (
    "Two files can't change places on this disk: an edit saved in the same instant as a write by an agent may be lost."
)


@pytest.fixture
def written(cli, home):
    """A note that Memwell made and changed."""
    cli("remember", "One.", "--key", "a")
    cli("note", "append", "a", "Two.")


@pytest.fixture(params=[True, False], ids=["exchanges", "does-not"])
def exchanges(request, monkeypatch):
    """A disk on which two files can change places, and one on which they can't."""
    monkeypatch.setattr(Vault, "exchanges", lambda _: request.param)
    return request.param


def lose_revisions(home):
    for file in (home / ".memwell/revisions").rglob("*"):
        if file.is_file():
            file.unlink()


def test_a_vault_that_is_well(cli, written, monkeypatch):
    """A line for each part of it."""
    monkeypatch.setattr(Vault, "exchanges", lambda _: True)

    assert (0, "journal: ok\nrevisions: ok\nfiles: ok\ndisk: ok\n", "") == cli("doctor", "--fsck")


def test_without_fsck_it_says_what_it_has_not_looked_at(cli, home, written, monkeypatch):
    """Lost revisions then go unseen."""
    monkeypatch.setattr(Vault, "exchanges", lambda _: True)
    lose_revisions(home)

    assert (
        0,
        "journal: ok\n"
        "revisions: not read; --fsck reads them\n"
        "files: ok, and not held against the journal; --fsck does\n"
        "disk: ok\n",
        "",
    ) == cli("doctor")


def test_lost_revisions(cli, home, written):
    """Exit code 14, each by the note that had it, and the command that helps."""
    lose_revisions(home)

    done = cli("doctor", "--fsck")

    assert (14, "") == (done.code, done.err)
    lines = done.out.splitlines()
    assert "revisions: problems 2" in lines
    assert 2 == sum(line.startswith("  notes/a.md: its revision ") for line in lines)
    assert lines[-1].startswith("next: `memwell journal repair` mends what can be mended")


@pytest.mark.parametrize("more", [[], ["--fsck"]])
def test_a_damaged_journal(cli, home, written, more):
    """Exit code 14 even for a quick look."""
    file = next((home / ".memwell/journal").rglob("*.jsonl"))
    file.write_bytes(file.read_bytes().replace(b'"op":"create"', b'"op":"delete"'))

    done = cli("doctor", *more)

    assert (14, True) == (done.code, "journal: problems " in done.out)
    assert "next: `memwell journal repair`" in done.out


def test_a_damaged_revision(cli, home, written):
    """Exit code 14; it is no matter of the journal's."""
    pack = next(file for file in (home / ".memwell/revisions").rglob("*.pack"))
    data = pack.read_bytes()
    pack.write_bytes(data[:-3] + bytes([data[-3] ^ 1]) + data[-2:])

    done = cli("doctor", "--fsck", "--json")

    assert (14, []) == (done.code, done.json["journal"])
    assert any(problem["path"].startswith("revisions/") for problem in done.json["revisions"])


def test_a_note_that_waits_to_be_entered(cli, put, written):
    """Exit code 3; it may be left to itself."""
    put("mine.md", "x")

    assert 0 == cli("doctor").code
    done = cli("doctor", "--fsck")
    assert (3, True) == (done.code, "  mine.md: was changed and is not in the journal yet\n" in done.out)
    assert done.out.endswith("next: `memwell journal repair`, or nothing: the next write through Memwell settles it\n")


def test_notes_that_can_not_be_edited_are_among_the_files(cli, put, written):
    """They are no fault of the journal's, so that the exit code stays 0."""
    for number in range(30):
        put(f"latin-{number}.md", b"caf\xe9")

    done = cli("doctor")

    assert (0, True) == (done.code, "files: problems 30\n" in done.out)
    assert "  and 10 more (--json lists all)\n" in done.out
    assert 30 == len(cli("doctor", "--json").json["files"])


def test_as_json_it_is_one_object(cli, home, written, exchanges):
    """The same names whether all was read or not."""
    for more in ([], ["--fsck"]):
        done = cli("doctor", *more, "--json")

        assert (0, "") == (done.code, done.err)
        assert {
            "format": 1,
            "data_was_read": bool(more),
            "journal": [],
            "revisions": [],
            "files": [],
            "writable": True,
            "exchanges": exchanges,
            "next": None,
        } == done.json


def test_a_disk_on_which_files_can_not_change_places_is_told_of(cli, home, written, exchanges):
    """By the doctor and in the status."""
    assert exchanges == ("disk: ok" in cli("doctor").out.splitlines())
    assert exchanges != (f"disk: {NO_EXCHANGE}" in cli("doctor").out.splitlines())
    assert exchanges != (f"! {NO_EXCHANGE}" in cli("status").out.splitlines())
    assert exchanges == cli("status", "--json").json["exchanges"]


def test_a_vault_that_is_read_only_is_called_so(cli, written, monkeypatch):
    """Whether files could change places there can't be tried."""
    monkeypatch.setattr("os.access", lambda *_, **__: False)
    monkeypatch.setattr(Vault, "exchanges", lambda _: False)

    assert "disk: read-only" in cli("doctor").out.splitlines()
    assert NO_EXCHANGE not in cli("doctor").out + cli("status").out


def test_it_changes_nothing(cli, home, put, tree, written):
    """However much it finds."""
    put("mine.md", "x")
    before = tree(home)

    cli("doctor", "--fsck")

    assert (before, 2) == (tree(home), len(cli("journal", "tail").out.splitlines()))


def test_no_vault(cli):
    """Exit code 10."""
    assert 10 == cli("doctor").code
