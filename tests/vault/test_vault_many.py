"""Many notes written with one sync."""

import errno
import os

import pytest

from vault_engine.errors import NotConfirmed, NoteChanged, StorageFailed
from vault_engine.vault import many as many_module
from vault_engine.vault import place
from vault_engine.vault.files import sha256_hex
from vault_engine.vault.store import Vault

OLD, NEW = b"old text\n", b"new text\n"
BEFORE = sha256_hex(OLD)


@pytest.fixture
def vault(tmp_path):
    """A vault with the note ``notes/a.md``."""
    for folder in (".memwell", "notes"):
        (tmp_path / "v" / folder).mkdir(parents=True)
    (tmp_path / "v" / "notes" / "a.md").write_bytes(OLD)
    return Vault(tmp_path / "v", tmp_path / "v" / ".memwell")


def content(vault: Vault) -> dict[str, bytes]:
    """Gives every file of the vault, temporary ones too."""
    return {
        file.relative_to(vault.root).as_posix(): file.read_bytes() for file in vault.root.rglob("*") if file.is_file()
    }


def no_space(*_: object) -> None:
    """Stands in for a write to a full disk."""
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_all_get_their_places(vault):
    """New ones and old ones, in more folders than are held open at once; nothing is left over."""
    paths = [f"f{number}/n.md" for number in range(many_module._FOLDERS_HELD + 20)]
    with vault.many() as many:
        for path in paths:
            many.stage(path, path.encode(), sha256_hex(path.encode()), is_new=True)
        many.stage("notes/a.md", NEW, sha256_hex(NEW), is_new=False)
        many.sync()
        for path in paths:
            many.put(path, "", lambda _: None)
        many.put("notes/a.md", BEFORE, lambda _: None)
        many.confirm()

    assert {path: path.encode() for path in paths} | {"notes/a.md": NEW} == content(vault)


def test_a_conflict_leaves_the_others_alone(vault):
    """The one is refused, its temporary file is taken away, the others go on."""
    with vault.many() as many:
        for path in ("b.md", "c.md", "d.md"):
            many.stage(path, path.encode(), sha256_hex(path.encode()), is_new=True)
        many.sync()
        (vault.root / "c.md").write_bytes(OLD)
        many.put("b.md", "", lambda _: None)
        with pytest.raises(NoteChanged):
            many.put("c.md", "", lambda _: None)
        many.put("d.md", "", lambda _: None)
        many.confirm()

    assert {"notes/a.md": OLD, "b.md": b"b.md", "c.md": OLD, "d.md": b"d.md"} == content(vault)


def test_a_full_disk_leaves_nothing(vault, monkeypatch):
    """Of what was staged before, too."""
    with pytest.raises(StorageFailed), vault.many() as many, monkeypatch.context() as patched:  # noqa: PT012
        many.stage("b.md", NEW, sha256_hex(NEW), is_new=True)
        patched.setattr(os, "write", no_space)
        many.stage("c.md", NEW, sha256_hex(NEW), is_new=True)

    assert {"notes/a.md": OLD} == content(vault)


@pytest.mark.parametrize("held", [1, 10])
def test_one_folder_that_is_not_confirmed_is_not_forgotten(vault, monkeypatch, held):
    """Whether it was still held at the end or let go before."""
    monkeypatch.setattr(many_module, "_FOLDERS_HELD", held)
    synced, real = [], place.sync_folder

    def sync_folder(where: place.Place) -> None:
        synced.append(where)
        if len(synced) == 1:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        real(where)

    monkeypatch.setattr("vault_engine.vault.swap.sync_folder", sync_folder)
    for folder in "xyz":
        (vault.root / folder).mkdir()
    with vault.many() as many:
        for path in ("x/b.md", "y/c.md", "z/d.md"):
            many.stage(path, NEW, sha256_hex(NEW), is_new=True)
            many.put(path, "", lambda _: None)
        with pytest.raises(NotConfirmed):
            many.confirm()

    assert (3, {"x/b.md": NEW, "y/c.md": NEW, "z/d.md": NEW, "notes/a.md": OLD}) == (len(synced), content(vault))
