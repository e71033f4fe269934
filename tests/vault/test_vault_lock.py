"""One writer at a time."""

import subprocess
import sys
import threading

import pytest

from vault_engine.config import MEMWELL_DIR
from vault_engine.errors import StorageFailed, VaultBusy, VaultMissing
from vault_engine.vault.lock import Lock

HOLD = """
import sys
from pathlib import Path
from vault_engine.vault.lock import Lock
with Lock(Path(sys.argv[1])).held():
    print("held", flush=True)
    input()
"""


@pytest.fixture
def path(tmp_path):
    """Where the lock lies; its folder is yet to be made."""
    return tmp_path / "local" / "lock"


def holder(path) -> "subprocess.Popen[bytes]":
    """Give a process that holds the lock until it gets a line."""
    process = subprocess.Popen([sys.executable, "-c", HOLD, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert b"held\n" == process.stdout.readline()
    return process


def test_another_process_waits_its_turn(path):
    """While one holds it, the other gives up after its time; when the first lets go, it is free."""
    other = holder(path)
    with pytest.raises(VaultBusy, match=r"for more than 0\.05 s"), Lock(path).held(wait_s=0.05):
        pass
    other.communicate(b"\n", timeout=30)

    with Lock(path).held(wait_s=0):
        pass


def test_the_lock_dies_with_its_process(path):
    """Killed outright, it leaves nothing that keeps others out."""
    other = holder(path)
    other.kill()
    other.wait(timeout=30)

    with Lock(path).held(wait_s=0):
        pass


def test_a_thread_takes_it_as_often_as_it_likes(path):
    """It is let go with the outermost block."""
    lock = Lock(path)
    with lock.held():
        with lock.held(wait_s=0):
            pass
        with pytest.raises(VaultBusy), Lock(path).held(wait_s=0):
            pass
    with Lock(path).held(wait_s=0):
        pass


def test_another_thread_is_kept_out(path):
    """Of the same process, with the same lock."""
    lock, seen = Lock(path), []

    def take() -> None:
        try:
            with lock.held(wait_s=0):
                seen.append("held")
        except VaultBusy:
            seen.append("busy")

    with lock.held():
        thread = threading.Thread(target=take)
        thread.start()
        thread.join()
    take()

    assert ["busy", "held"] == seen


def test_a_lock_file_that_was_deleted_keeps_nobody_out(path):
    """Nor does who holds the deleted one keep others from the new one; the next to come agree on one file."""
    with Lock(path).held():
        path.unlink()
        with Lock(path).held(wait_s=0), pytest.raises(VaultBusy), Lock(path).held(wait_s=0):
            pass


def test_a_block_that_fails_lets_go(path):
    """Whatever it raises."""
    lock = Lock(path)
    with pytest.raises(KeyError), lock.held():
        raise KeyError
    with Lock(path).held(wait_s=0):
        pass


def test_a_link_in_its_place_is_not_followed(path, tmp_path):
    """Somebody else's file is not opened for writing."""
    path.parent.mkdir()
    path.symlink_to(tmp_path / "elsewhere")

    with pytest.raises(StorageFailed), Lock(path).held():
        pass
    assert not (tmp_path / "elsewhere").exists()


def test_it_makes_no_vault_anew_that_is_gone(tmp_path):
    """A drive that is not there shall not seem to be there and empty."""
    folder = tmp_path / "vault" / MEMWELL_DIR / "local"

    with pytest.raises(VaultMissing, match=r"is not there any more"), Lock(folder / "lock").held():
        pass

    assert not (tmp_path / "vault").exists()
