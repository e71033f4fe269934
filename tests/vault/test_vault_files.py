"""Bytes to the disk and back."""

import errno
import os
import stat
import subprocess
import sys
import threading

import pytest

from vault_engine.errors import StorageFailed, VaultBusy, VaultDenied
from vault_engine.vault.files import explained, fsync_folder, make_folder, sha256_hex, write_atomic
from vault_engine.vault.lock import Lock

HOLD_THE_LOCK = """
import sys
from pathlib import Path
from vault_engine.vault.lock import Lock
with Lock(Path(sys.argv[1])).held():
    print("held", flush=True)
    sys.stdin.readline()
"""


def test_a_new_file_has_its_folders_and_the_umasks_mode(tmp_path):
    """A file that was not there is made with its folders, with the mode any program would give it."""
    before = os.umask(0o027)
    try:
        write_atomic(tmp_path / "a" / "b" / "c.md", b"new", tmp_path / "tmp")
    finally:
        os.umask(before)

    assert b"new" == (tmp_path / "a" / "b" / "c.md").read_bytes()
    assert 0o640 == stat.S_IMODE((tmp_path / "a" / "b" / "c.md").stat().st_mode)


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664, 0o444, 0o755])
def test_a_replaced_file_keeps_its_mode(tmp_path, mode):
    """Whoever could read a note before can do so after, and nobody else."""
    target = tmp_path / "note.md"
    target.write_bytes(b"old")
    target.chmod(mode)

    write_atomic(target, b"new", tmp_path / "tmp")

    assert (b"new", mode) == (target.read_bytes(), stat.S_IMODE(target.stat().st_mode))


@pytest.mark.parametrize("call", ["fsync", "replace", "open", "chmod"])
def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch, call):
    """Whichever operation is refused."""
    target = tmp_path / "file"
    target.write_bytes(b"old")
    (tmp_path / "tmp").mkdir()
    real = getattr(os, call)

    def refuse(*arguments: object, **options: object) -> object:
        if call == "open" and not arguments[1] & os.O_CREAT:
            return real(*arguments, **options)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(os, call, refuse)
        with pytest.raises(StorageFailed, match="No space left"):
            write_atomic(target, b"new", tmp_path / "tmp")

    assert {"file", "tmp"} == {each.relative_to(tmp_path).as_posix() for each in tmp_path.rglob("*")}
    assert b"old" == target.read_bytes()


def test_folders_are_made_with_those_above_each_made_durable(tmp_path, monkeypatch):
    """The name of a new folder is in the one above it; what is there costs nothing."""
    synced = []
    monkeypatch.setattr("vault_engine.vault.files.fsync_folder", synced.append)

    make_folder(tmp_path / "a" / "b")
    make_folder(tmp_path / "a" / "b")

    assert [tmp_path, tmp_path / "a"] == synced
    (tmp_path / "file").touch()
    for path in ("file", "file/x"):
        with pytest.raises(FileExistsError):
            make_folder(tmp_path / path)


@pytest.mark.parametrize(("number", "is_refused"), [(errno.EINVAL, False), (errno.ENOTSUP, False), (errno.EIO, True)])
def test_a_file_system_that_syncs_no_folders_is_left_at_that(tmp_path, monkeypatch, number, is_refused):
    """A disk that fails is an error."""

    def refuse(_: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", refuse)
    if is_refused:
        with pytest.raises(OSError, match=os.strerror(number)):
            fsync_folder(tmp_path)
    else:
        fsync_folder(tmp_path)


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (errno.EACCES, VaultDenied),
        (errno.EPERM, VaultDenied),
        (errno.EROFS, VaultDenied),
        (errno.ENOSPC, StorageFailed),
        (errno.EDQUOT, StorageFailed),
        (errno.EIO, StorageFailed),
        (errno.ENAMETOOLONG, StorageFailed),
    ],
    ids=lambda value: errno.errorcode[value] if isinstance(value, int) else value.__name__,
)
def test_the_systems_refusals_are_explained(number, kind):
    """An OSError becomes an error that says where it happened and why, in words."""
    with pytest.raises(kind) as raised, explained("notes/a.md"):
        raise OSError(number, "")

    assert "notes/a.md" in str(raised.value)
    assert os.strerror(number) in str(raised.value)


def test_a_revision_is_named_by_its_sha256():
    """The name is the one that ``sha256sum`` gives."""
    assert "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" == sha256_hex(b"")


def test_the_lock_excludes_another_process_and_dies_with_it(tmp_path):
    """Who does not get the lock in time is told so; a killed holder leaves nothing to clean up."""
    lock = Lock(tmp_path / "lock")
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD_THE_LOCK, str(tmp_path / "lock")],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    with holder:
        assert "held\n" == holder.stdout.readline()
        with pytest.raises(VaultBusy), lock.held(wait_s=0.05):
            pass
        holder.kill()
    with lock.held(wait_s=5):
        pass


def test_the_lock_excludes_another_thread_and_lets_its_own_in_again(tmp_path):
    """Re-entrant within a thread, exclusive between threads."""
    lock = Lock(tmp_path / "lock")
    seen: list[str] = []

    def try_it() -> None:
        try:
            with lock.held(wait_s=0.05):
                seen.append("in")
        except VaultBusy:
            seen.append("busy")

    with lock.held(), lock.held():
        other = threading.Thread(target=try_it)
        other.start()
        other.join()

    assert ["busy"] == seen
