"""One vault's notes on disk: what a change keeps, what it refuses, and what is left when it fails."""

import errno
import os
import stat
from contextlib import contextmanager
from pathlib import Path

import pytest
from engine.stops import Fail, Killed, Operations, Stop, watched

from vault_engine.errors import (
    BadName,
    MemwellError,
    NameTaken,
    NotConfirmed,
    NoteChanged,
    NoteDamaged,
    NoteExists,
    NoteMissing,
    NoteOpen,
    StorageFailed,
    VaultDenied,
)
from vault_engine.vault import place, store
from vault_engine.vault.files import sha256_hex
from vault_engine.vault.store import Vault

OLD, NEW = b"old text\n", b"new text\n"
BEFORE = sha256_hex(OLD)


@pytest.fixture
def vault(tmp_path):
    """A vault with the note ``notes/a.md``."""
    (tmp_path / "v" / ".memwell").mkdir(parents=True)
    (tmp_path / "v" / "notes").mkdir()
    (tmp_path / "v" / "notes" / "a.md").write_bytes(OLD)
    return Vault(tmp_path / "v", tmp_path / "v" / ".memwell")


@pytest.fixture
def note(vault):
    """The note's file."""
    return vault.root / "notes" / "a.md"


def put(vault: Vault, path: str = "notes/a.md", before: str = BEFORE, data: bytes = NEW) -> None:
    with vault.staged(path, data) as staged:
        vault.put(staged, path, before, lambda _: pytest.fail("nobody saved anything"))


def content(vault: Vault) -> dict[str, bytes]:
    """Gives every file of the vault, the archive and temporary ones too."""
    return {
        file.relative_to(vault.root).as_posix(): file.read_bytes() for file in vault.root.rglob("*") if file.is_file()
    }


def unavailable(number: int):
    """Stands in for a system call that is refused."""

    def call(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    return call


@contextmanager
def as_somebody(folder: Path):
    """Drops what an administrator may do, where the tests run as one."""
    if os.geteuid():
        yield
        return
    for each in (folder, *folder.rglob("*")):
        os.chown(each, 65534, -1)
    for each in folder.parents[:-2]:
        each.chmod(each.stat().st_mode | 0o011)
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


class TestReading:
    """What is there, and what is not."""

    def test_a_note_is_read_as_it_is(self, vault):
        """Its bytes, and the revision they are."""
        assert (OLD, BEFORE, True) == (
            vault.read("notes/a.md"),
            vault.revision_of("notes/a.md"),
            vault.has("notes/a.md"),
        )

    @pytest.mark.parametrize("path", ["notes/b.md", "none/a.md", "notes/a.md/b.md", "notes/folder.md"])
    def test_what_is_not_there_is_missing(self, vault, path):
        """A folder of that name is no note, and a note holds no notes."""
        (vault.root / "notes" / "folder.md").mkdir()
        with pytest.raises(NoteMissing):
            vault.read(path)
        assert "" == vault.revision_of(path)
        assert (path == "notes/folder.md") is vault.has(path)

    @pytest.mark.parametrize("path", ["../x.md", "/x.md", ".memwell/x.md", "notes/../../x.md", "x.txt", "", "a\0.md"])
    def test_a_path_that_no_note_may_have_is_refused_everywhere(self, vault, path):
        """By every verb, before the disk is met."""
        for verb in (vault.read, vault.has, vault.revision_of, vault.read_archived, vault.erase_archived):
            with pytest.raises(BadName):
                verb(path)
        for verb in (vault.move, vault.restore, vault.check_free):
            with pytest.raises(BadName):
                verb("notes/a.md", path)
        with pytest.raises(BadName):
            put(vault, path, "")
        with pytest.raises(BadName), vault.many() as many:
            many.stage(path, NEW, sha256_hex(NEW), is_new=True)
        with pytest.raises(BadName):
            vault.archive("notes/a.md", path, BEFORE)
        assert {"notes/a.md": OLD} == content(vault)


@pytest.mark.parametrize("position", ["note", "folder", "folder above"])
def test_no_link_is_followed(vault, tmp_path, position):
    """Wherever it stands in the path; what it leads to is not touched."""
    outside = tmp_path / "outside" / "inner"
    outside.mkdir(parents=True)
    (outside / "x.md").write_bytes(OLD)
    path, link, to = {
        "note": ("notes/x.md", "notes/x.md", outside / "x.md"),
        "folder": ("link/x.md", "link", outside),
        "folder above": ("link/inner/x.md", "link", outside.parent),
    }[position]
    (vault.root / link).symlink_to(to)

    for attempt in (
        lambda: vault.read(path),
        lambda: put(vault, path),
        lambda: put(vault, path, ""),
        lambda: vault.move("notes/a.md", path),
        lambda: vault.archive(path, "x.md", BEFORE),
    ):
        with pytest.raises((BadName, NoteExists)):
            attempt()

    assert OLD == (outside / "x.md").read_bytes()
    assert OLD == (vault.root / "notes" / "a.md").read_bytes()
    assert (vault.root / link).is_symlink()


class TestPutting:
    """A new text in the place of the old one."""

    @pytest.mark.parametrize("mode", [0o600, 0o640, 0o664, 0o755])
    def test_a_note_keeps_its_mode_and_its_attributes(self, vault, note, mode):
        """What it has beside its text is not ours to change."""
        note.chmod(mode)
        if hasattr(os, "setxattr"):
            os.setxattr(note, "user.colour", b"red")

        put(vault)

        assert (NEW, mode) == (note.read_bytes(), stat.S_IMODE(note.stat().st_mode))
        if hasattr(os, "getxattr"):
            assert b"red" == os.getxattr(note, "user.colour")

    def test_a_new_note_has_the_mode_that_any_program_would_give_it(self, vault):
        """Its folders are made."""
        before = os.umask(0o027)
        try:
            put(vault, "x/y/b.md", "")
        finally:
            os.umask(before)

        assert (NEW, 0o640) == (vault.read("x/y/b.md"), stat.S_IMODE((vault.root / "x/y/b.md").stat().st_mode))

    def test_nothing_is_left_beside_the_note(self, vault):
        """Neither the temporary file nor the old one."""
        put(vault)

        assert {"notes/a.md": NEW} == content(vault)

    def test_a_read_only_note_is_not_replaced(self, vault, note):
        """Though the folder would permit it: its owner has said that it shall stay."""
        note.chmod(0o444)
        with as_somebody(vault.root), pytest.raises(VaultDenied, match="read-only"):
            put(vault)

        assert {"notes/a.md": OLD} == content(vault)

    def test_a_note_with_a_second_name_is_not_replaced(self, vault, note, tmp_path):
        """The other name would go on meaning the old text."""
        (tmp_path / "other.md").hardlink_to(note)

        with pytest.raises(NoteDamaged, match="another name"):
            put(vault)

        assert {"notes/a.md": OLD} == content(vault)

    @pytest.mark.parametrize("before", ["", BEFORE])
    def test_a_folder_in_the_way_is_left_alone(self, vault, before):
        """It has the name."""
        (vault.root / "folder.md").mkdir()

        with pytest.raises(NameTaken):
            put(vault, "folder.md", before)
        with pytest.raises((NameTaken, MemwellError)):
            put(vault, "notes/a.md/b.md", "")

        assert {"notes/a.md": OLD} == content(vault)

    def test_a_staged_file_that_is_not_put_leaves_nothing(self, vault):
        """However its block ends."""
        with pytest.raises(RuntimeError), vault.staged("notes/a.md", NEW):
            raise RuntimeError

        assert {"notes/a.md": OLD} == content(vault)

    @pytest.mark.parametrize("call", ["write", "fsync", "fchmod"])
    def test_a_full_disk_leaves_nothing(self, vault, monkeypatch, call):
        """Half a temporary file is taken away."""
        with monkeypatch.context() as patched:
            patched.setattr(os, call, unavailable(errno.ENOSPC))
            with pytest.raises(StorageFailed, match="No space"):
                put(vault)

        assert {"notes/a.md": OLD} == content(vault)


class TestMoving:
    """Another path for a note."""

    def test_a_note_gets_another_path(self, vault):
        """In a folder that is made for it."""
        vault.move("notes/a.md", "x/b.md")

        assert {"x/b.md": OLD} == content(vault)

    def test_a_name_that_is_taken_is_not_replaced(self, vault):
        """By a file, by a folder, or by a file that a cloud keeps elsewhere."""
        (vault.root / "b.md").write_bytes(NEW)
        (vault.root / "c.md").mkdir()
        (vault.root / ".d.md.icloud").touch()

        for taken in ("b.md", "c.md", "d.md"):
            with pytest.raises(NameTaken):
                vault.move("notes/a.md", taken)
        with pytest.raises(NoteMissing):
            vault.move("notes/none.md", "e.md")

        assert {"notes/a.md": OLD, "b.md": NEW, ".d.md.icloud": b""} == content(vault)

    def test_another_spelling_of_its_own_name_is_free(self, vault, monkeypatch):
        """On a disk that does not tell them apart, the rename goes over a name in between."""
        monkeypatch.setattr(store, "_is_one_entry", lambda *_: True)
        real = os.path.lexists
        monkeypatch.setattr(os.path, "lexists", lambda path: real(str(path).replace("A.md", "a.md")))

        vault.move("notes/a.md", "notes/A.md")

        assert {"notes/A.md": OLD} == content(vault)

    def test_a_file_that_appears_in_that_moment_is_not_replaced(self, vault, monkeypatch):
        """The note has its old name again."""
        monkeypatch.setattr(store, "_is_one_entry", lambda *_: True)
        (vault.root / "notes" / "A.md").write_bytes(NEW)

        with pytest.raises(NameTaken):
            vault.move("notes/a.md", "notes/A.md")

        assert {"notes/a.md": OLD, "notes/A.md": NEW} == content(vault)

    @pytest.mark.parametrize("verb", ["move", "archive", "restore", "put"])
    def test_what_the_disk_does_not_confirm_was_done(self, vault, monkeypatch, verb):
        """And is said to be so."""
        if verb == "restore":
            vault.archive("notes/a.md", "a.md", BEFORE)
        (vault.archive_dir).mkdir(exist_ok=True)
        call = {
            "move": lambda: vault.move("notes/a.md", "notes/b.md"),
            "archive": lambda: vault.archive("notes/a.md", "a.md", BEFORE),
            "restore": lambda: vault.restore("a.md", "notes/a.md"),
            "put": lambda: put(vault),
        }[verb]
        monkeypatch.setattr("vault_engine.vault.swap.sync_folder", unavailable(errno.EIO))

        with pytest.raises(NotConfirmed):
            call()

        expected = {
            "move": {"notes/b.md": OLD},
            "archive": {".memwell/archive/a.md": OLD},
            "restore": {"notes/a.md": OLD},
            "put": {"notes/a.md": NEW},
        }
        assert expected[verb] == content(vault)


class TestArchive:
    """Out of the vault and back."""

    def test_there_and_back(self, vault):
        """The same bytes; a second one of the same name has a number."""
        vault.archive("notes/a.md", vault.free_archive_name("notes/a.md"), BEFORE)
        put(vault, before="")
        vault.archive("notes/a.md", vault.free_archive_name("notes/a.md"), sha256_hex(NEW))

        assert ["notes/a (2).md", "notes/a.md"] == vault.archived()
        assert (OLD, NEW) == (vault.read_archived("notes/a.md"), vault.read_archived("notes/a (2).md"))
        vault.restore("notes/a.md", "notes/a.md")
        with pytest.raises(NoteExists):
            vault.restore("notes/a (2).md", "notes/a.md")
        assert OLD == vault.read("notes/a.md")
        vault.erase_archived("notes/a (2).md")
        vault.erase_archived("notes/a (2).md")
        vault.erase_archived("never/there.md")
        assert [] == vault.archived()
        for missing in ("notes/a (2).md", "never/there.md"):
            with pytest.raises(NoteMissing, match="archive"):
                vault.read_archived(missing)
            with pytest.raises(NoteMissing, match="archive"):
                vault.restore(missing, "notes/b.md")

    def test_only_what_was_read_is_archived(self, vault):
        """A text that somebody saved since stays where it is."""
        with pytest.raises(NoteChanged):
            vault.archive("notes/a.md", "a.md", sha256_hex(NEW))
        with pytest.raises(NoteMissing):
            vault.archive("notes/none.md", "none.md", BEFORE)

        assert {"notes/a.md": OLD} == content(vault)

    def test_a_note_that_is_open_for_writing_is_not_archived(self, vault, note, monkeypatch):
        """What its editor writes later is in the note."""
        monkeypatch.setattr("vault_engine.vault.swap._WRITER_WAIT_S", 0.02)
        with note.open("r+b") as file, vault.place("notes/a.md") as where:
            if not place.has_writer(where):
                pytest.skip("no leases here")
            with pytest.raises(NoteOpen):
                vault.archive("notes/a.md", "a.md", BEFORE)
            file.write(NEW)

        assert {"notes/a.md": NEW} == content(vault)

    def test_a_text_saved_in_that_moment_is_in_the_note(self, vault, note, monkeypatch):
        """The editor saved by renaming while the note was on its way to the archive."""
        real = store._rename

        def rename(*arguments: object) -> None:
            note.write_bytes(b"saved before")
            real(*arguments)
            note.write_bytes(NEW)

        monkeypatch.setattr(store, "_rename", rename)
        with pytest.raises(NoteChanged):
            vault.archive("notes/a.md", "a.md", BEFORE)

        assert {"notes/a.md": NEW, ".memwell/archive/a.md": b"saved before"} == content(vault)

    def test_a_note_that_can_not_be_read_comes_back(self, vault, monkeypatch):
        """The disk fails half-way."""
        monkeypatch.setattr(store, "read", unavailable(errno.EIO))

        with pytest.raises(StorageFailed):
            vault.archive("notes/a.md", "a.md", BEFORE)

        assert {"notes/a.md": OLD} == content(vault)

    def test_a_name_too_long_for_the_disk_is_explained(self, vault):
        """Not with the system's own error."""
        with pytest.raises(StorageFailed, match="too long"):
            vault.archive("notes/a.md", vault.free_archive_name("a" * 300 + ".md"), BEFORE)


VERBS = {
    "put": (lambda vault: put(vault), {"notes/a.md": NEW}),
    "create": (lambda vault: put(vault, "x/b.md", ""), {"notes/a.md": OLD, "x/b.md": NEW}),
    "move": (lambda vault: vault.move("notes/a.md", "x/b.md"), {"x/b.md": OLD}),
    "archive": (lambda vault: vault.archive("notes/a.md", "x/a.md", BEFORE), {".memwell/archive/x/a.md": OLD}),
}


def outcome(vault: Vault) -> dict[str, bytes]:
    return {path: data for path, data in content(vault).items() if not path.startswith(".memwell/local/")}


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("stop", [True, False], ids=["power cut", "refusal"])
def test_at_every_operation_the_vault_is_as_before_or_as_wanted(tmp_path, monkeypatch, verb, stop):
    """Cut or refused there: never something in between; what is left over is known as left over."""
    call, after = VERBS[verb]
    wrong, number = [], 0
    while True:
        number += 1
        root = tmp_path / str(number)
        (root / ".memwell").mkdir(parents=True)
        (root / "notes").mkdir()
        (root / "notes" / "a.md").write_bytes(OLD)
        vault = Vault(root, root / ".memwell")
        operations: Operations = Stop(number, tmp_path) if stop else Fail(number, tmp_path, errno.EIO)
        refused = None
        with watched(operations, monkeypatch):
            try:
                call(vault)
            except (Killed, MemwellError) as error:
                refused = error
        if len(operations.seen) < number:
            break
        found = outcome(vault)
        is_done = found == after
        if not (is_done or found == {"notes/a.md": OLD}):
            wrong.append((operations.seen[-1], found))
        if not stop and is_done != (refused is None or isinstance(refused, NotConfirmed)):
            wrong.append((operations.seen[-1], refused))
        left = list((vault.local_dir / "tmp").glob("*"))
        is_known = vault.temporaries() == left and (stop or "unlink" in operations.seen[-1])
        if left and not is_known:
            wrong.append((operations.seen[-1], left))

    assert [] == wrong
    assert number > 5


def test_the_temporaries_of_the_living_are_let_be(vault):
    """Those of processes that are no more are left over, and those of this one while it holds the lock."""
    tmp = vault.local_dir / "tmp"
    assert [] == vault.temporaries()
    tmp.mkdir(parents=True)
    dead, own, parent = f"{2**22 + 1}-x-y.note", f"{os.getpid()}-x-y.note", f"{os.getppid()}-x-y.note"
    for name in (dead, own, parent, "no-number"):
        (tmp / name).touch()

    assert sorted([tmp / dead, tmp / own]) == vault.temporaries()


def test_the_exchange_is_tried_also_in_a_new_vault(vault):
    """The folder for it is made; nothing is left in it."""
    expected = vault.exchanges()
    assert [] == list((vault.local_dir / "tmp").iterdir())
    assert place.can_exchange(vault.root) is expected
