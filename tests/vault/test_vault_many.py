"""Many notes written with one sync."""

import errno
import os
import stat
from pathlib import Path

import pytest

from vault_engine.errors import BadName, NotConfirmed, NoteChanged, StorageFailed
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


def no_space(*_: object, **__: object) -> None:
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


# ---- folders that the vault does not have


def stage_three(many: many_module.Many) -> None:
    """Stages ``new/b.md``, ``new/c.md`` and ``new/d.md``."""
    for path in ("new/b.md", "new/c.md", "new/d.md"):
        many.stage(path, NEW, sha256_hex(NEW), is_new=True)
    many.sync()


def put_three(many: many_module.Many) -> list[str]:
    """Puts them; gives those that were refused."""
    refused = []
    for path in ("new/b.md", "new/c.md", "new/d.md"):
        try:
            many.put(path, "", lambda _: None)
        except NoteChanged as error:
            refused.append(error.path)
    many.confirm()
    return refused


def visible(vault: Vault) -> dict[str, bytes]:
    """Gives what somebody sees who looks into the vault."""
    return {path: data for path, data in content(vault).items() if not path.startswith(".memwell/")}


def test_a_new_folder_comes_with_all_its_notes_in_one_step(vault):
    """Nothing of it is there before, all of it after the first note is put; it is a folder like any other."""
    with vault.many() as many:
        stage_three(many)
        assert {"notes/a.md": OLD} == visible(vault)
        many.put("new/c.md", "", lambda _: None)
        assert {"notes/a.md": OLD, "new/b.md": NEW, "new/c.md": NEW, "new/d.md": NEW} == content(vault)
        assert [] == put_three(many)

    assert {"notes/a.md": OLD, "new/b.md": NEW, "new/c.md": NEW, "new/d.md": NEW} == content(vault)
    assert (vault.root / "new").stat().st_mode == (vault.root / "notes").stat().st_mode
    assert (vault.root / "new/b.md").stat().st_mode == (vault.root / "notes/a.md").stat().st_mode


def test_a_folder_below_a_new_one_is_made_too(vault):
    """In whichever order they come."""
    with vault.many() as many:
        for path in ("x/y/b.md", "x/c.md", "x/y/z/d.md"):
            many.stage(path, NEW, sha256_hex(NEW), is_new=True)
        many.sync()
        for path in ("x/y/b.md", "x/c.md", "x/y/z/d.md"):
            many.put(path, "", lambda _: None)
        many.confirm()

    assert {"notes/a.md": OLD, "x/y/b.md": NEW, "x/c.md": NEW, "x/y/z/d.md": NEW} == content(vault)


def test_a_folder_that_somebody_makes_meanwhile_stays(vault):
    """The notes go into it one by one, and what has their names there is not touched."""
    with vault.many() as many:
        stage_three(many)
        (vault.root / "new").mkdir()
        (vault.root / "new" / "c.md").write_bytes(OLD)
        assert ["new/c.md"] == put_three(many)

    assert {"notes/a.md": OLD, "new/b.md": NEW, "new/c.md": OLD, "new/d.md": NEW} == content(vault)


def test_what_is_left_of_a_note_that_could_not_be_written_does_not_come_along(vault, monkeypatch):
    """Even where the disk does not let it be removed."""
    with vault.many() as many:
        with monkeypatch.context() as patched:
            patched.setattr(os, "write", no_space)
            patched.setattr(os, "unlink", no_space)
            with pytest.raises(StorageFailed):
                many.stage("new/torn.md", NEW, sha256_hex(NEW), is_new=True)
        stage_three(many)
        assert [] == put_three(many)

    assert {"notes/a.md": OLD, "new/b.md": NEW, "new/c.md": NEW, "new/d.md": NEW} == content(vault)


@pytest.mark.skipif(os.name == "nt", reason="folders there have no such bit")
def test_what_the_folder_above_hands_down_is_kept(vault):
    """A folder that gives its group to what is made in it gives it to a new folder too."""
    vault.root.chmod(0o2755)
    if not vault.root.stat().st_mode & stat.S_ISGID:
        pytest.skip("the file system keeps no such bit")
    with vault.many() as many:
        stage_three(many)
        assert [] == put_three(many)

    assert (vault.root / "new").stat().st_mode & stat.S_ISGID
    assert {"notes/a.md": OLD, "new/b.md": NEW, "new/c.md": NEW, "new/d.md": NEW} == content(vault)


def test_a_link_in_the_place_of_a_new_folder_is_not_followed(vault, tmp_path):
    """Wherever it leads."""
    (tmp_path / "elsewhere").mkdir()
    with vault.many() as many:
        stage_three(many)
        Path(vault.root / "new").symlink_to(tmp_path / "elsewhere")
        with pytest.raises(BadName):
            many.put("new/b.md", "", lambda _: None)

    assert [] == list((tmp_path / "elsewhere").iterdir())
