"""One name in a folder that is held open: nothing is replaced unasked, nothing is written half."""

import errno
import fcntl
import mmap
import os
import socket
import stat
import struct
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from vault_engine.errors import BadName
from vault_engine.vault import beneath, place
from vault_engine.vault.place import (
    can_exchange,
    exchange,
    has_writer,
    look,
    place_of,
    read,
    remove,
    rename_new,
    replace,
    sync_all,
    sync_folder,
    write_new,
)

OWN = b"what a person wrote"

WATCH_FOR_WRITERS = """
import sys
from pathlib import Path
from vault_engine.vault.place import has_writer, place_of
with place_of(Path(sys.argv[1]), "a.md") as place:
    for _ in range(3000):
        has_writer(place)
print("alive")
"""


def unavailable(number):
    """Give a system call that fails with this error."""

    def call(*_, **__):
        raise OSError(number, os.strerror(number))

    return call


@pytest.fixture(params=["handles", "paths"])
def way(request, monkeypatch):
    """Names in open folders, and whole paths as on a platform that can't open folders."""
    monkeypatch.setattr(beneath, "_HAS_HANDLES", request.param == "handles")
    return request.param


@pytest.fixture
def folder(tmp_path):
    """A folder with one note, ``a.md``."""
    (tmp_path / "a.md").write_bytes(OWN)
    return tmp_path


@pytest.fixture
def pair(folder):
    """The places of ``a.md`` and of ``b.md``, which is not there."""
    with place_of(folder, "a.md") as one, place_of(folder, "b.md") as other:
        yield one, other


def content(folder):
    """Give the names below a folder, with what the files hold."""
    return {
        file.relative_to(folder).as_posix(): file.read_bytes() if file.is_file() else None for file in folder.rglob("*")
    }


def test_only_a_regular_file_is_read(folder, way, monkeypatch):
    """A link, a pipe (which is not waited for), a socket or a device is no note, nor is a folder."""
    monkeypatch.chdir(folder)  # a socket's path may have only a hundred characters
    os.mkfifo("pipe.md")
    (folder / "link.md").symlink_to("a.md")
    (folder / "folder.md").mkdir()
    with socket.socket(socket.AF_UNIX) as one:
        one.bind("socket.md")

    for root, name, problem in (
        (folder, "link.md", "a symbolic link"),
        (folder, "pipe.md", "no regular file"),
        (folder, "socket.md", "no regular file"),
        (Path("/dev"), "null", "no regular file"),
    ):
        with pytest.raises(BadName, match=problem), place_of(root, name) as found:
            read(found)
    with pytest.raises(IsADirectoryError), place_of(folder, "folder.md") as found:
        read(found)


def test_a_hard_link_is_read_and_can_be_told(pair, folder):
    """A file with two names is a file; a caller who minds sees how many it has."""
    (folder / "b.md").hardlink_to(folder / "a.md")

    assert (OWN, 2) == (read(pair[1]), look(pair[1]).st_nlink)


def test_a_look_tells_the_link_itself(pair, folder):
    """Not what it leads to; nothing there is no error."""
    assert (len(OWN), None) == (look(pair[0]).st_size, look(pair[1]))

    (folder / "b.md").symlink_to("a.md")

    assert stat.S_ISLNK(look(pair[1]).st_mode)


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664, 0o444, 0o777])
def test_a_new_file_has_exactly_the_mode_asked_for(tmp_path, way, mode):
    """Whatever the umask."""
    before = os.umask(0o077)
    try:
        with place_of(tmp_path, "a.md") as new:
            write_new(new, OWN, mode=mode)
    finally:
        os.umask(before)

    assert (OWN, mode) == ((tmp_path / "a.md").read_bytes(), stat.S_IMODE((tmp_path / "a.md").stat().st_mode))


def test_a_new_file_replaces_nothing(pair, folder):
    """Neither a file nor a link that leads nowhere yet."""
    (folder / "b.md").symlink_to("c.md")
    before = content(folder)

    for taken in pair:
        with pytest.raises(FileExistsError):
            write_new(taken, b"new", mode=0o644)

    assert before == content(folder)


def test_short_writes_are_gone_on_with(pair, monkeypatch):
    """The system may take less than it was given."""
    write = os.write
    monkeypatch.setattr(os, "write", lambda handle, data: write(handle, data[:3]))

    write_new(pair[1], b"0123456789", mode=0o644)

    assert b"0123456789" == read(pair[1])


@pytest.mark.parametrize("step", ["write", "fchmod", "fsync"])
def test_of_a_failed_write_nothing_is_left(pair, folder, monkeypatch, step):
    """A full disk does not leave a part of a file behind."""
    monkeypatch.setattr(os, step, unavailable(errno.ENOSPC))

    with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)):
        write_new(pair[1], b"new", mode=0o644)

    assert {"a.md": OWN} == content(folder)


def set_attribute(file, name, value):
    """Set an extended attribute; the test is skipped where there are none."""
    try:
        os.setxattr(file, name, value)
    except (AttributeError, OSError) as error:
        pytest.skip(f"no {name} here: {error}")


def access_list(*entries):
    """Encode a POSIX access list as Linux keeps it; an entry is tag, permissions, user."""
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)


NOBODY = 0xFFFFFFFF
FOR_ONE_MORE = access_list((1, 6, NOBODY), (2, 4, 12345), (4, 4, NOBODY), (0x10, 4, NOBODY), (0x20, 0, NOBODY))


@pytest.mark.parametrize(
    ("name", "value"), [("user.tags", b"red\0blue"), ("user.empty", b""), ("system.posix_acl_access", FOR_ONE_MORE)]
)
def test_extended_attributes_and_access_lists_are_kept(pair, folder, name, value):
    """What a person or a program has attached to a note is on the file that takes its place."""
    set_attribute(folder / "a.md", name, value)

    write_new(pair[1], b"new", mode=0o640, like=pair[0])

    assert value == os.getxattr(folder / "b.md", name)
    assert 0o640 == stat.S_IMODE(look(pair[1]).st_mode)


def test_an_access_list_that_the_note_has_not_is_not_got_from_the_folder(pair, folder):
    """Nobody may read the new file who could not read the old one."""
    set_attribute(folder, "system.posix_acl_default", FOR_ONE_MORE)

    write_new(pair[1], b"new", mode=0o640, like=pair[0])

    assert "system.posix_acl_access" not in os.listxattr(folder / "b.md")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")
def test_owner_and_group_are_kept(pair, folder):
    """Where the system permits it."""
    os.chown(folder / "a.md", 12345, 23456)

    write_new(pair[1], b"new", mode=0o640, like=pair[0])

    assert (12345, 23456) == (look(pair[1]).st_uid, look(pair[1]).st_gid)


@pytest.mark.parametrize("call", ["fchown", "setxattr", "getxattr", "listxattr"])
def test_attributes_that_may_not_be_set_do_not_stop_a_write(pair, folder, monkeypatch, call):
    """The text is worth more than its attributes."""
    set_attribute(folder / "a.md", "user.tags", b"red")
    if os.geteuid() == 0:
        os.chown(folder / "a.md", 12345, 23456)
    monkeypatch.setattr(os, call, unavailable(errno.EPERM))

    write_new(pair[1], b"new", mode=0o644, like=pair[0])

    assert b"new" == read(pair[1])


@pytest.fixture(params=["flags", "links", "look"])
def rename_way(request, monkeypatch):
    """The ways to rename without replacing: one system call, a hard link, or a look before."""
    if request.param != "flags":
        monkeypatch.setattr(place, "_renameat2", unavailable(errno.EINVAL))
    if request.param == "look":
        monkeypatch.setattr(os, "link", unavailable(errno.EPERM))
    return request.param


def test_a_file_gets_a_free_name(pair, folder, rename_way):
    """Whichever way the platform and the disk know."""
    rename_new(*pair)

    assert {"b.md": OWN} == content(folder)


@pytest.mark.parametrize("target", ["file", "folder", "dangling link"])
def test_a_name_that_is_taken_is_not_replaced(pair, folder, rename_way, target):
    """Whatever has it; the file keeps the name it had."""
    {"file": Path.touch, "folder": Path.mkdir, "dangling link": lambda b: b.symlink_to("c")}[target](folder / "b.md")
    before = content(folder)

    with pytest.raises(FileExistsError):
        rename_new(*pair)

    assert before == content(folder)
    assert 1 == look(pair[0]).st_nlink


@pytest.mark.parametrize("rename_way", ["flags", "links"], indirect=True)
def test_of_two_that_rename_at_once_one_has_the_name(tmp_path, rename_way):
    """The other is told so, and its file is still there."""
    start = threading.Barrier(2)

    def rename(name, number):
        with place_of(tmp_path, f"{name}{number}.md") as source, place_of(tmp_path, f"{number}.md") as target:
            write_new(source, name.encode(), mode=0o600, sync=False)
            start.wait()
            with suppress(FileExistsError):
                rename_new(source, target)
                return name
        return None

    with ThreadPoolExecutor(2) as pool:
        for number in range(200):
            (winner,) = filter(None, pool.map(rename, "ab", [number] * 2))
            loser = {"a": "b", "b": "a"}[winner]
            assert winner == (tmp_path / f"{number}.md").read_text()
            assert [loser] == [name for name in "ab" if (tmp_path / f"{name}{number}.md").exists()]


def test_a_rename_that_can_not_be_ended_is_taken_back(pair, folder, monkeypatch):
    """With hard links it has two steps; where the second is refused, the first is undone."""
    unlink = os.unlink
    monkeypatch.setattr(place, "_renameat2", unavailable(errno.EINVAL))
    monkeypatch.setattr(
        os, "unlink", lambda name, **at: unavailable(errno.EACCES)() if name == "a.md" else unlink(name, **at)
    )

    with pytest.raises(PermissionError):
        rename_new(*pair)

    assert {"a.md": OWN} == content(folder)


@pytest.mark.parametrize("by", ["name", "number"])
def test_two_files_exchange_their_names(pair, folder, monkeypatch, by):
    """Neither name is ever missing; a C library may have no name for the system call."""
    if by == "number":
        if os.uname().machine not in place._RENAMEAT2 or sys.platform != "linux":
            pytest.skip("the system call's number is not known here")
        monkeypatch.setattr(place.ctypes, "CFUNCTYPE", lambda *_, **__: unavailable_symbol)
        monkeypatch.setattr(place, "_rename_call", place._rename_call.__wrapped__)
    if not can_exchange(folder):
        pytest.skip("this file system can't exchange names")
    write_new(pair[1], b"new", mode=0o644)

    assert exchange(*pair)

    assert {"a.md": b"new", "b.md": OWN} == content(folder)


def unavailable_symbol(_):
    """Stand in for a C library that lacks a function."""
    raise AttributeError


@pytest.mark.parametrize("number", [errno.EINVAL, errno.ENOSYS, errno.ENOTSUP])
def test_an_exchange_that_is_not_possible_does_nothing(pair, folder, monkeypatch, number):
    """It is no error; any other reason is one."""
    write_new(pair[1], b"new", mode=0o644)
    monkeypatch.setattr(place, "_renameat2", unavailable(number))

    assert not exchange(*pair)
    assert not can_exchange(folder)

    monkeypatch.setattr(place, "_renameat2", unavailable(errno.EIO))
    with pytest.raises(OSError, match=os.strerror(errno.EIO)):
        exchange(*pair)
    assert {"a.md": OWN, "b.md": b"new"} == content(folder)


def test_nothing_is_exchanged_with_a_file_that_is_not_there(pair, folder):
    """From neither side."""
    for order in (pair, pair[::-1]):
        with pytest.raises(FileNotFoundError):
            exchange(*order)

    assert {"a.md": OWN} == content(folder)


def test_trying_the_exchange_leaves_nothing(folder):
    """A folder that is not there can't do it."""
    can_exchange(folder)

    assert {"a.md": OWN} == content(folder)
    assert not can_exchange(folder / "missing")


def test_a_file_is_replaced_and_removed(tmp_path, way):
    """Whatever was at the target is gone; that nothing is there to remove is fine."""
    with place_of(tmp_path, "x/a.md", create=True) as one, place_of(tmp_path, "y/b.md", create=True) as other:
        write_new(one, b"new", mode=0o644)
        write_new(other, b"old", mode=0o644)
        replace(one, other)
        sync_folder(other)
        assert {"x": None, "y": None, "y/b.md": b"new"} == content(tmp_path)
        remove(other)
        remove(other)

    assert {"x": None, "y": None} == content(tmp_path)


def test_a_folder_that_can_not_be_synced_is_left_at_that(pair, monkeypatch):
    """Some file systems have no such thing; a disk that fails is an error."""
    monkeypatch.setattr(os, "fsync", unavailable(errno.EINVAL))
    sync_folder(pair[0])
    monkeypatch.setattr(os, "fsync", unavailable(errno.EIO))
    with pytest.raises(OSError, match=os.strerror(errno.EIO)):
        sync_folder(pair[0])


def test_a_file_system_is_synced_as_a_whole(pair, monkeypatch):
    """Where the system can, and what it refuses is an error."""
    sync_all(pair[0])
    if not place.CAN_SYNC_ALL:
        pytest.skip("no syncfs here")
    with pytest.raises(OSError, match=os.strerror(errno.EBADF)):
        sync_all(place.Place(pair[0].folder, "a.md", 10**6))


@pytest.fixture
def leases(pair):
    """Skips the test where the file system does not tell who writes."""
    with pair[0].file.open("r+b"):
        if not has_writer(pair[0]):
            pytest.skip("no leases here")


def test_who_writes_is_noticed_and_who_reads_is_not(pair, folder, leases):
    """A writer has the file open for writing, or has kept a writable view of it."""
    with (folder / "a.md").open("rb"):
        assert False is has_writer(pair[0])
    with (folder / "a.md").open("ab"):
        assert has_writer(pair[0])
    with (folder / "a.md").open("r+b") as file:
        view = mmap.mmap(file.fileno(), 0)
    assert has_writer(pair[0])
    view.close()
    assert False is has_writer(pair[0])


def test_a_writer_who_comes_while_it_is_looked_does_no_harm(folder, leases):
    """The kernel's signal that somebody wants to write does not end the process that looks."""
    looking = [sys.executable, "-c", WATCH_FOR_WRITERS, folder]
    with subprocess.Popen(looking, stdout=subprocess.PIPE, text=True) as watcher:
        while watcher.poll() is None:
            (folder / "a.md").write_bytes(OWN)
        said = watcher.stdout.read()

    assert (0, "alive\n") == (watcher.returncode, said)


@pytest.mark.parametrize("number", [errno.EINVAL, errno.EACCES, errno.ENOLCK])
def test_where_nobody_knows_who_writes_that_is_said(pair, folder, monkeypatch, number):
    """A file system without leases, or another's file."""
    monkeypatch.setattr(fcntl, "fcntl", unavailable(number))

    with (folder / "a.md").open("ab"):
        assert has_writer(pair[0]) is None
