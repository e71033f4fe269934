"""Folders opened beneath another one: no link on the way, and no spelling, leads elsewhere."""

import errno
import os
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from vault_engine.errors import BadName
from vault_engine.vault import beneath
from vault_engine.vault.paths import check_path
from vault_engine.vault.place import can_exchange, place_of, read, write_new

SECRET = b"what is outside the vault"
OWN = b"what is in the vault"

SWAP_A_FOLDER_FOR_A_LINK = """
import sys
from pathlib import Path
from vault_engine.vault.place import exchange, place_of
with place_of(Path(sys.argv[1]), "d") as folder, place_of(Path(sys.argv[1]), "link") as link:
    print("swapping", flush=True)
    while exchange(folder, link):
        pass
"""

LINKS = {
    "link.md": "{outside}/secret.md", "hop.md": "link.md", "up.md": "../outside/secret.md",
    "notes/link.md": "../../outside/secret.md", "dangling.md": "{outside}/new.md", "inner.md": "notes/a.md",
    "linkdir": "{outside}", "hopdir": "linkdir", "notes/linkdir": "../../outside", "upper": "..", "rootdir": "/",
    "self": "/proc/self/root", "cwd": "/proc/self/cwd", "handles": "/proc/self/fd", "loop": "loop",
    "dangling": "{outside}/new", "inner": "notes",
}  # fmt: skip

HOSTILE = [
    "link.md", "hop.md", "up.md", "notes/link.md", "dangling.md", "inner.md", "linkdir/secret.md", "hopdir/secret.md",
    "notes/linkdir/secret.md", "linkdir/deep/secret.md", "notes/linkdir/deep/secret.md", "upper/outside/secret.md",
    "rootdir{outside}/secret.md", "self{outside}/secret.md", "cwd/secret.md", "handles/0.md", "loop/secret.md",
    "dangling/secret.md", "inner/a.md", "inner/link.md", "fifo.md", "socket.md", "folder.md", "fifo.md/secret.md",
    "notes/a.md/secret.md", "missing/../../outside/secret.md", "../outside/secret.md", "../vault/notes/a.md",
    "notes/../../outside/secret.md", "notes/../linkdir/secret.md", "linkdir/../outside/secret.md", "./link.md",
    "notes/./link.md", "{outside}/secret.md", "/{outside}/secret.md", "/proc/self/root{outside}/secret.md",
    "/proc/self/cwd/secret.md", "notes//../../outside/secret.md", "notes//link.md", "linkdir//secret.md",
    "linkdir/secret.md/", "notes/a.md/", "linkdir\0/secret.md", "notes/a.md\0/../../../outside/secret.md",
    "..\\outside\\secret.md", "notes\\..\\..\\outside\\secret.md", "~/secret.md", "file://{outside}/secret.md",
    "%2e%2e/outside/secret.md", "\uff0e\uff0e/outside/secret.md", "..;/outside/secret.md", "", ".", "..", "notes/..",
]  # fmt: skip


def unavailable(number):
    """Give a system call that fails with this error."""

    def call(*_, **__):
        raise OSError(number, os.strerror(number))

    return call


@pytest.fixture(params=["openat2", "walk", "path"])
def way(request, monkeypatch, tmp_path):
    """The ways to open a folder: in one system call, step by step, or not at all (then the path is checked)."""
    if request.param == "openat2":
        root = os.open(tmp_path, os.O_RDONLY)
        try:
            os.close(beneath._openat2(root, "."))
        except OSError as error:
            pytest.skip(f"no openat2 here: {error}")
        finally:
            os.close(root)
    if request.param == "walk":
        monkeypatch.setattr(beneath, "_openat2", unavailable(errno.ENOSYS))
    if request.param == "path":
        monkeypatch.setattr(beneath, "_HAS_HANDLES", False)
    return request.param


@pytest.fixture
def planted(tmp_path, monkeypatch):
    """A vault from which links lead to a secret outside, which is also the current folder."""
    vault, outside = tmp_path / "vault", tmp_path / "outside"
    (outside / "deep").mkdir(parents=True)
    (vault / "notes").mkdir(parents=True)
    (vault / "folder.md").mkdir()
    for secret in (outside / "secret.md", outside / "deep" / "secret.md"):
        secret.write_bytes(SECRET)
    (vault / "notes" / "a.md").write_bytes(OWN)
    for name, target in LINKS.items():
        (vault / name).symlink_to(target.format(outside=outside))
    os.mkfifo(vault / "fifo.md")
    with socket.socket(socket.AF_UNIX) as one:
        monkeypatch.chdir(vault)  # a socket's path may have only a hundred characters
        one.bind("socket.md")
    monkeypatch.chdir(outside)
    return vault


def content(folder):
    """Give the names below a folder, with what the files hold."""
    return {
        file.relative_to(folder).as_posix(): file.read_bytes() if file.is_file() else None for file in folder.rglob("*")
    }


@pytest.mark.parametrize("spelling", HOSTILE, ids=ascii)
def test_no_spelling_leads_out_of_the_vault(planted, way, spelling):
    """However a path is spelled, and even if nobody checked it before, no bytes come from outside."""
    path = spelling.format(outside=planted.parent / "outside")

    with pytest.raises((BadName, OSError)), place_of(planted, path) as found:
        read(found)
    with pytest.raises((BadName, OSError)), place_of(planted, check_path(path)) as found:
        read(found)


@pytest.mark.parametrize("spelling", HOSTILE, ids=ascii)
def test_no_spelling_writes_outside_of_the_vault(planted, way, spelling):
    """No path that folders are made for, or a file, changes anything beside the vault."""
    outside = planted.parent / "outside"
    before = content(outside), sorted(planted.parent.iterdir())

    with suppress(BadName, OSError), place_of(planted, spelling.format(outside=outside), create=True) as found:
        write_new(found, b"from inside", mode=0o644)

    assert before == (content(outside), sorted(planted.parent.iterdir()))


@pytest.mark.parametrize("path", ["linkdir/secret.md", "notes/linkdir/deep/secret.md", "inner/a.md"])
def test_a_link_on_the_way_is_named_as_the_reason(planted, way, path):
    """Who put a link there finds it in the message, which names the path as it was asked for."""
    with pytest.raises(BadName, match="a symbolic link leads") as raised, place_of(planted, path):
        pass

    assert path == raised.value.name


@pytest.mark.parametrize("path", ["a.md", "notes/a.md", "notes/deep/a.md", "..a/b..md", "Re: a\\b?.md"])
def test_a_place_beneath_is_read_as_it_was_written(tmp_path, way, path):
    """A root may be reached through a link; beneath it, missing folders are made if that is asked."""
    (tmp_path / "real").mkdir()
    (tmp_path / "vault").symlink_to("real")

    with place_of(tmp_path / "vault", path, create=True) as written:
        write_new(written, OWN, mode=0o644)

    with place_of(tmp_path / "vault", path) as found:
        assert OWN == read(found)
    assert OWN == (tmp_path / "real" / path).read_bytes()


@pytest.mark.parametrize(("path", "reason"), [("missing/a.md", FileNotFoundError), ("a.md/b.md", NotADirectoryError)])
def test_no_folder_is_the_systems_error(tmp_path, way, path, reason):
    """A folder that is not there, or is a file, is told as the system tells it."""
    (tmp_path / "a.md").write_bytes(OWN)

    with pytest.raises(reason), place_of(tmp_path, path):
        pass


@pytest.mark.parametrize("create", [False, True])
@pytest.mark.parametrize("way", ["openat2", "walk"], indirect=True)
def test_a_folder_that_becomes_a_link_meanwhile_leads_nowhere_else(tmp_path, way, create):
    """While another process swaps the folder for a link without end, each open finds the folder or nothing."""
    vault, outside = tmp_path / "vault", tmp_path / "outside"
    for base, data in ((vault / "d", OWN), (outside, SECRET)):
        (base / "e").mkdir(parents=True)
        (base / "e" / "n.md").write_bytes(data)
    (vault / "link").symlink_to(outside)
    if not can_exchange(vault):
        pytest.skip("this file system can't exchange names")
    seen = {OWN: 0, SECRET: 0, "refused": 0}
    swapping = [sys.executable, "-c", SWAP_A_FOLDER_FOR_A_LINK, vault]
    with subprocess.Popen(swapping, stdout=subprocess.PIPE) as swapper:
        swapper.stdout.readline()
        try:
            for number in range(100_000):
                seen[_tried(vault, create)] += 1
                if number > 3000 and seen[OWN] and seen["refused"]:
                    break
        finally:
            swapper.kill()

    assert 0 == seen[SECRET]
    assert seen[OWN]
    assert seen["refused"]
    assert {"e": None, "e/n.md": SECRET} == content(outside)


def _tried(vault, create):
    try:
        with place_of(vault, "d/new/n.md" if create else "d/e/n.md", create=create) as found:
            if create:
                with suppress(FileExistsError):
                    write_new(found, OWN, mode=0o600, sync=False)
            return read(found)
    except (BadName, NotADirectoryError):  # the reason is looked for when the link may be gone again
        return "refused"


@pytest.mark.parametrize("way", ["openat2", "walk"], indirect=True)
def test_what_has_the_folders_path_later_is_not_meant(planted, way):
    """A folder that is moved while it is held open is still the one that is read and written."""
    with place_of(planted, "notes/a.md") as own, place_of(planted, "notes/b.md") as new:
        (planted / "notes").rename(planted / "moved")
        (planted / "notes").symlink_to(planted.parent / "outside")
        write_new(new, b"new", mode=0o644)

        assert OWN == read(own)

    assert b"new" == (planted / "moved" / "b.md").read_bytes()
    assert not (planted.parent / "outside" / "b.md").exists()


def test_many_may_make_the_same_folders_at_once(tmp_path, way):
    """It does not matter who was faster: everybody gets the folder."""

    def make(number):
        with place_of(tmp_path, f"{number // 4}/x/y/{number}.md", create=True) as made:
            write_new(made, b"", mode=0o600, sync=False)
        return number

    with ThreadPoolExecutor(4) as pool:
        assert list(range(100)) == list(pool.map(make, range(100)))
    assert 100 == len(list(tmp_path.rglob("*.md")))


@pytest.mark.parametrize("way", ["openat2", "walk"], indirect=True)
def test_each_folder_with_a_new_folder_in_it_is_made_durable(tmp_path, way, monkeypatch):
    """A folder is synced as soon as another is made in it; one that was there already is not."""
    synced, fsync = [], os.fsync
    monkeypatch.setattr(os, "fsync", lambda handle: synced.append(os.fstat(handle).st_ino) or fsync(handle))
    (tmp_path / "a").mkdir()

    with place_of(tmp_path, "a/b/c/n.md", create=True):
        assert [(tmp_path / name).stat().st_ino for name in ("a", "a/b")] == synced
    with place_of(tmp_path, "a/b/c/n.md", create=True):
        assert 2 == len(synced)


def test_no_handle_stays_open(planted, way):
    """Neither a refusal nor an answer costs a handle."""
    before = len(list(Path("/dev/fd").iterdir()))
    for path in (*HOSTILE, "notes/a.md"):
        with suppress(BadName, OSError), place_of(planted, path) as found:
            read(found)

    assert before == len(list(Path("/dev/fd").iterdir()))
