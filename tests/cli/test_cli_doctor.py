"""``memwell doctor``, and what ``memwell status`` says of the disk."""

import os
import shlex
import subprocess

import pytest

from vault_engine.vault.lock import Lock
from vault_engine.vault.store import Vault

pytestmark = pytest.mark.usefixtures("bare_home")

REST = "index: ok\nlock: ok\npermissions: ok\nmodel: not tried\n"
NO_EXCHANGE = (
    "Two files can't change places on this disk: an edit saved in the same instant as a write by an agent may be lost."
)


@pytest.fixture
def bare_home(person):
    """Somebody's home folder without any client."""
    for folder in (".claude", ".cursor"):
        (person / folder).rmdir()


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

    assert (0, "journal: ok\nrevisions: ok\nfiles: ok\ndisk: ok\n" + REST, "") == cli("doctor", "--fsck")


def test_without_fsck_it_says_what_it_has_not_looked_at(cli, home, written, monkeypatch):
    """Lost revisions then go unseen."""
    monkeypatch.setattr(Vault, "exchanges", lambda _: True)
    lose_revisions(home)

    assert (
        0,
        "journal: ok\n"
        "revisions: not read; --fsck reads them\n"
        "files: ok, and not held against the journal; --fsck does\n"
        "disk: ok\n" + REST,
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
            "vault": str(home),
            "data_was_read": bool(more),
            "journal": [],
            "revisions": [],
            "files": [],
            "writable": True,
            "exchanges": exchanges,
            "index": None,
            "lock": None,
            "permissions": [],
            "model": None,
            "model_ms": None,
            "next": None,
            "clients": [],
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


def test_a_model_that_does_not_load(cli, written, monkeypatch):
    """Exit code 1, and the setting to correct."""
    monkeypatch.setenv("MEMWELL_EMBEDDER", "fastembed:no/such-model")

    done = cli("doctor", "--offline")

    assert (1, True) == (done.code, "\nmodel: " in done.out)
    assert "mend: correct `embedder` in config.toml" in done.out


def test_the_packaged_model_embeds_a_line(cli, written, monkeypatch):
    """Without any network."""
    monkeypatch.setenv("MEMWELL_EMBEDDER", "packaged")

    done = cli("doctor", "--offline", "--json")

    assert (None, True) == (done.json["model"], done.json["model_ms"] > 0)


def test_offline_no_endpoint_is_asked(cli, written, endpoint, monkeypatch):
    """Otherwise it is."""
    monkeypatch.setenv("MEMWELL_EMBEDDER", endpoint.setting)

    assert "model: not tried\n" in cli("doctor", "--offline").out
    assert [] == endpoint.texts
    assert "model: ok\n" in cli("doctor").out
    assert 1 == len(endpoint.texts)


def test_notes_without_a_vector_are_told_of(cli, written, endpoint, monkeypatch):
    """Exit code 3: they are found by their words meanwhile."""
    monkeypatch.setenv("MEMWELL_EMBEDDER", endpoint.setting)

    done = cli("doctor")

    assert (3, True) == (
        done.code,
        "index: chunks without a vector so far: 1\n  mend: `memwell index build`\n" in done.out,
    )
    cli("index", "build")
    assert (0, True) == (cli("doctor").code, "index: ok\n" in cli("doctor").out)


def test_a_lock_that_another_process_keeps(cli, home, written):
    """Exit code 3: it may be at work."""
    with Lock(home / ".memwell/local/lock").held():
        done = cli("doctor")

    assert (3, True) == (done.code, "lock: another process" in done.out)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_permissions(cli, home, written):
    """Each file by its name, and the command that mends them all."""
    (home / ".memwell/local").chmod(0o777)

    done = cli("doctor")

    assert 3 == done.code
    assert "permissions: problems 1\n  .memwell/local: anybody on this machine may change it\n" in done.out
    mend = done.out.partition("mend: `")[2].partition("`")[0]
    subprocess.run(shlex.split(mend), check=True)
    assert "permissions: ok\n" in cli("doctor").out


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="nothing is forbidden to the superuser")
def test_what_its_owner_can_not_use(cli, home, written):
    """Exit code 1: nothing could be written there."""
    (home / ".memwell/archive").mkdir(mode=0o500)

    done = cli("doctor")

    assert (1, True) == (done.code, "  .memwell/archive: nothing can be written in it\n" in done.out)


def test_no_vault(cli):
    """Exit code 10."""
    assert 10 == cli("doctor").code
