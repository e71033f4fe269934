"""What is being written becomes durable on the way; only the last sync says so."""

import errno
import sys
from pathlib import Path
from threading import Event

import pytest

from vault_engine.errors import StorageFailed
from vault_engine.vault import ahead, place
from vault_engine.vault.ahead import BYTES_BETWEEN, SyncAhead
from vault_engine.vault.files import sha256_hex
from vault_engine.vault.place import place_of
from vault_engine.vault.store import Vault

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere each file is synced as it is written")


@pytest.fixture
def folder(tmp_path):
    with place_of(tmp_path, "-") as held:
        yield held


@pytest.fixture
def synced(monkeypatch):
    """The handles by which a file system was synced."""
    handles, syncfs = [], place._syncfs
    monkeypatch.setattr(place, "_syncfs", lambda handle: (handles.append(handle), syncfs(handle)))
    return handles


def test_it_syncs_once_so_much_is_written(folder, synced):
    """By a handle of its own: what is told to that one is still told to the folder's."""
    under_way = SyncAhead(folder)
    under_way.wrote(BYTES_BETWEEN - 1)
    assert [] == synced
    under_way.wrote(1)
    under_way.close()

    assert 1 == len(synced)
    assert folder.handle not in synced


def test_no_other_begins_while_one_is_under_way(folder, monkeypatch):
    """On a slow disk they do not queue up; who writes goes on meanwhile."""
    begun, may_end, count = Event(), Event(), []
    monkeypatch.setattr(ahead, "sync_all", lambda _: (count.append(1), begun.set(), may_end.wait()))
    under_way = SyncAhead(folder)
    for _ in range(5):
        under_way.wrote(BYTES_BETWEEN)
        begun.wait()
    may_end.set()
    under_way.close()

    assert 1 == len(count)


def test_no_handle_is_left_open(folder):
    """Whatever was synced."""
    before = list(Path("/proc/self/fd").iterdir())
    under_way = SyncAhead(folder)
    under_way.wrote(BYTES_BETWEEN)
    under_way.close()

    assert len(before) == len(list(Path("/proc/self/fd").iterdir()))


@pytest.mark.parametrize("fails_at_last", [False, True])
def test_the_last_sync_tells_of_a_failure(tmp_path, monkeypatch, fails_at_last):
    """One on the way says nothing; what the system has not told the folder's handle, it tells then."""
    (tmp_path / ".memwell").mkdir()
    vault = Vault(tmp_path, tmp_path / ".memwell")
    handles = []

    def broken(handle: int) -> None:
        if handle != handles[0] or fails_at_last:
            raise OSError(errno.EIO, "broken")

    monkeypatch.setattr(ahead, "BYTES_BETWEEN", 1)
    with vault.many() as many:
        handles.append(many._temporaries.handle)
        monkeypatch.setattr(place, "_syncfs", broken)
        many.stage("new/a.md", b"a", sha256_hex(b"a"), is_new=True)
        assert {} == many.finish()
        if fails_at_last:
            with pytest.raises(StorageFailed):
                many.sync()
        else:
            many.sync()
            many.put("new/a.md", "", lambda _: None)
            many.confirm()

    assert (not fails_at_last) == (tmp_path / "new" / "a.md").is_file()
