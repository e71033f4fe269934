"""Putting a file in a note's place while an editor that knows nothing of us saves."""

import errno
import os
import subprocess
import sys
import threading
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vault_engine.errors import BadName, MemwellError, NameTaken, NoteChanged, NoteOpen, StorageFailed, VaultDenied
from vault_engine.vault import place, swap
from vault_engine.vault.files import sha256_hex
from vault_engine.vault.store import Vault

OLD, OURS = b"old text\n", b"our text\n"
BEFORE = sha256_hex(OLD)

HOLDS_IT_OPEN = """
import sys
with open(sys.argv[1], "r+b") as note:
    print("open", flush=True)
    sys.stdin.readline()
    note.write(b"written late")
    note.truncate()
"""


class Desk:
    """A vault with one note, and an editor that has it on its screen."""

    def __init__(self, root: Path) -> None:
        self.vault = Vault(root, root / ".memwell")
        (root / ".memwell").mkdir()
        self.note = root / "a.md"
        self.note.write_bytes(OLD)
        self.kept: list[bytes] = []
        self.saved: list[bytes] = []

    def put(self, before: str = BEFORE) -> MemwellError | None:
        """Puts our text in the note's place; gives the refusal, if it is refused."""
        try:
            with self.vault.staged("a.md", OURS, sync=False) as staged:
                staged.sync("a.md")
                self.vault.put(staged, "a.md", before, self.kept.append)
        except MemwellError as error:
            return error
        return None

    def act(self, action: str) -> None:
        """Lets the editor do something to the note."""
        text = b"text %d of a person\n" % len(self.saved)
        if action in ("rename", "twice"):
            self._rename(text)
        elif action == "in place":
            self.note.write_bytes(text)
        elif action in ("delete", "create anew"):
            self.note.unlink(missing_ok=True)
        if action == "create anew":
            self.note.write_bytes(text)
        if action not in ("delete", "nothing"):
            self.saved.append(text)
        if action == "twice":
            self.act("rename")

    def _rename(self, text: bytes) -> None:
        temporary = self.note.with_suffix(".saving")
        temporary.write_bytes(text)
        temporary.replace(self.note)

    def texts(self) -> set[bytes]:
        """Gives what any file of the vault holds, and what was given to be kept."""
        return {file.read_bytes() for file in self.vault.root.rglob("*") if file.is_file()} | set(self.kept)

    def left(self) -> list[bytes]:
        return [file.read_bytes() for file in (self.vault.local_dir / "tmp").iterdir()]


@pytest.fixture
def desk(tmp_path):
    """A vault with one note."""
    return Desk(tmp_path)


def interrupted(real, desk: Desk, actions: list[str]):
    """Lets the editor act before and after each call."""
    coming = iter(actions)

    def call(*arguments):
        desk.act(next(coming, "nothing"))
        try:
            return real(*arguments)
        finally:
            desk.act(next(coming, "nothing"))

    return call


def unavailable(number: int):
    """Stands in for a system call that is refused."""

    def call(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    return call


ACTIONS = st.sampled_from(["nothing", "rename", "twice", "in place", "delete", "create anew"])


@pytest.mark.parametrize("knows_writers", [True, False])
def test_whatever_an_editor_does_meanwhile_its_last_text_is_not_lost(knows_writers):
    """It is in a file, or it was given to be kept; the note is whole; nothing unknown is removed."""

    @settings(max_examples=200, deadline=None)
    @given(st.lists(ACTIONS, max_size=9))
    def law(actions):
        with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patched:
            desk = Desk(Path(folder))
            patched.setattr(swap, "exchange", interrupted(place.exchange, desk, actions))
            patched.setattr(os, "fsync", lambda _: None)
            if not knows_writers:
                patched.setattr(swap, "has_writer", lambda _: None)

            refused = desk.put()

            done = actions[: actions.index("delete")] if "delete" in actions else actions
            if desk.saved and done == actions:
                assert desk.saved[-1] in desk.texts()
            if desk.note.exists():
                assert desk.note.read_bytes() in {OLD, OURS, *desk.saved}
            if refused:
                assert isinstance(refused, NoteChanged)
            elif not desk.saved and "delete" not in actions:
                assert OURS == desk.note.read_bytes()
            assert [] == desk.left()

    law()


@pytest.mark.parametrize("first", ["rename", "in place", "create anew", "twice"])
def test_a_text_saved_before_is_not_replaced(desk, monkeypatch, first):
    """The person's text stays in the note, ours is nowhere, and the caller is told what is there."""
    monkeypatch.setattr(swap, "exchange", interrupted(place.exchange, desk, [first]))

    refused = desk.put()

    assert (BEFORE, sha256_hex(desk.saved[-1])) == (refused.expected, refused.found)
    assert {desk.saved[-1]} == desk.texts()


@pytest.mark.parametrize("second", ["rename", "in place", "create anew"])
def test_of_two_texts_saved_in_that_moment_the_newer_is_in_the_note(desk, monkeypatch, second):
    """The older one, which was in the note for a moment, is given to be kept."""
    monkeypatch.setattr(swap, "exchange", interrupted(place.exchange, desk, ["rename", second]))

    assert isinstance(desk.put(), NoteChanged)

    older, newer = desk.saved
    assert ([older], newer) == (desk.kept, desk.note.read_bytes())


def test_a_note_that_was_taken_away_is_not_made_anew(desk):
    """And a new one does not take a name that is there."""
    desk.note.unlink()
    assert (BEFORE, "") == ((refused := desk.put()).expected, refused.found)
    assert not desk.note.exists()

    desk.note.write_bytes(b"somebody was faster")
    assert ("", sha256_hex(b"somebody was faster")) == ((refused := desk.put("")).expected, refused.found)
    desk.note.unlink()
    assert desk.put("") is None
    assert {OURS} == desk.texts()


@pytest.mark.parametrize("kind", ["link", "folder", "pipe"])
def test_what_is_no_note_any_more_is_put_back(desk, monkeypatch, kind):
    """Something else got the note's name just before the exchange."""

    def exchange(*places: place.Place) -> bool:
        if OLD in desk.texts():
            desk.note.unlink()
            make = {"link": lambda: desk.note.symlink_to("b.md"), "folder": desk.note.mkdir}
            make.get(kind, lambda: os.mkfifo(desk.note))()
        return place.exchange(*places)

    monkeypatch.setattr(swap, "exchange", exchange)

    assert isinstance(desk.put(), BadName | StorageFailed)

    is_there = {"link": desk.note.is_symlink, "folder": desk.note.is_dir, "pipe": desk.note.is_fifo}
    assert is_there[kind]()
    assert [] == desk.left()


def test_a_new_note_does_not_replace_a_folder(desk):
    """It is no note that could be shown instead."""
    desk.note.unlink()
    desk.note.mkdir()

    assert isinstance(desk.put(""), NameTaken)


@pytest.fixture
def leases(desk):
    """Skips where the system does not tell who writes."""
    with desk.note.open("r+b"), place.place_of(desk.vault.root, "a.md") as note:
        if not place.has_writer(note):
            pytest.skip("no leases here")


def test_a_program_that_has_the_note_open_is_waited_for_and_then_respected(desk, leases):
    """What it writes later is in the note."""
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDS_IT_OPEN, desk.note], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with holder:
        assert "open\n" == holder.stdout.readline()
        assert isinstance(desk.put(), NoteOpen)
        assert OLD == desk.note.read_bytes()
        holder.communicate("\n")

    assert {b"written late"} == desk.texts()
    assert isinstance(desk.put(), NoteChanged)


def test_a_program_that_opened_it_in_between_and_changed_nothing_is_no_reason(desk, leases, monkeypatch):
    """The exchange is tried again."""
    opened = []

    def exchange(*places: place.Place) -> bool:
        if not opened:
            opened.append(desk.note.open("r+b"))
        elif not opened[0].closed:
            threading.Timer(0.01, opened[0].close).start()
        return place.exchange(*places)

    monkeypatch.setattr(swap, "exchange", exchange)

    assert desk.put() is None
    assert {OURS} == desk.texts()


def test_a_program_that_opened_it_in_between_and_writes_later_is_respected(desk, leases, monkeypatch):
    """It came after the look and before the exchange: what it writes is in the note."""
    opened = []

    def exchange(*places: place.Place) -> bool:
        if not opened:
            opened.append(desk.note.open("r+b"))
            threading.Timer(0.05, lambda: (opened[0].write(b"LATE"), opened[0].close())).start()
        return place.exchange(*places)

    monkeypatch.setattr(swap, "exchange", exchange)

    assert isinstance(desk.put(), NoteChanged)
    assert {b"LATEtext\n"} == desk.texts()


def test_who_opened_our_text_in_its_moment_in_the_note_is_waited_for(desk, leases, monkeypatch):
    """The exchange had to be undone, and an editor had begun to write to what was in the note then."""
    opened = []

    def exchange(*places: place.Place) -> bool:
        if opened:
            return place.exchange(*places)
        desk.act("rename")
        place.exchange(*places)
        opened.append(desk.note.open("wb"))
        threading.Timer(0.05, lambda: (opened[0].write(b"written through"), opened[0].close())).start()
        return True

    monkeypatch.setattr(swap, "exchange", exchange)

    assert isinstance(desk.put(), NoteChanged)

    assert b"written through" == desk.note.read_bytes()
    assert desk.saved == desk.kept


def test_an_editor_that_goes_on_writing_to_our_text_keeps_its_file(desk, leases, monkeypatch):
    """It does not end within the time: what it writes to is not removed."""
    opened = []

    def exchange(*places: place.Place) -> bool:
        if not opened:
            desk.act("rename")
            place.exchange(*places)
            opened.append(desk.note.open("wb"))
            return True
        return place.exchange(*places)

    monkeypatch.setattr(swap, "exchange", exchange)
    monkeypatch.setattr(swap, "_WRITER_WAIT_S", 0.02)

    assert isinstance(desk.put(), NoteOpen)
    opened[0].write(b"at last")
    opened[0].close()

    assert desk.saved[-1] == desk.note.read_bytes()
    assert [b"at last"] == desk.left()


def test_a_disk_that_can_not_read_what_came_out_has_it_put_back(desk, monkeypatch):
    """The note is what it was, and the caller is told."""
    monkeypatch.setattr(swap, "has_writer", lambda _: False)
    reads = iter([unavailable(errno.EIO)])
    monkeypatch.setattr(swap, "read", lambda where: next(reads, place.read)(where))

    assert isinstance(desk.put(), StorageFailed)
    assert {OLD} == desk.texts()


def test_what_can_not_be_put_back_is_kept(desk, monkeypatch):
    """The disk fails between the two exchanges: the person's text is given to be kept, and its file stays."""
    calls = iter([lambda *places: (desk.act("rename"), place.exchange(*places))[1]])
    monkeypatch.setattr(swap, "exchange", lambda *places: next(calls, unavailable(errno.EROFS))(*places))

    assert isinstance(desk.put(), VaultDenied)

    assert desk.saved == desk.kept == desk.left()


def test_where_nobody_tells_who_writes_the_old_file_is_set_aside(desk, monkeypatch):
    """An editor that had it open goes on writing into it; its name says what it held."""
    monkeypatch.setattr(swap, "has_writer", lambda _: None)
    with desk.note.open("r+b", buffering=0) as editor:
        assert desk.put() is None
        editor.write(b"OLD")

    (spare,) = desk.vault.spare_dir.iterdir()
    assert (BEFORE, b"OLD text\n") == (spare.name.partition("-")[0], spare.read_bytes())
    assert (OURS, []) == (desk.note.read_bytes(), desk.left())


class TestWithoutExchange:
    """Where two files can't change places."""

    @pytest.fixture(autouse=True)
    def no_exchange(self, monkeypatch):
        """The look and the rename remain."""
        monkeypatch.setattr(swap, "exchange", lambda *_: False)

    def test_a_note_is_replaced_if_it_is_what_was_read(self, desk):
        """And nothing is left over where the system tells that nobody writes."""
        assert isinstance(desk.put("0" * 64), NoteChanged)
        assert (1, OLD) == (desk.note.stat().st_nlink, desk.note.read_bytes())
        assert desk.put() is None
        assert (1, OURS) == (desk.note.stat().st_nlink, desk.note.read_bytes())

    @pytest.mark.parametrize("has_writer", [place.has_writer, lambda _: None])
    def test_what_is_written_to_the_old_file_is_not_lost(self, desk, monkeypatch, has_writer):
        """It waits under a name that says what it held before."""
        monkeypatch.setattr(swap, "has_writer", has_writer)
        monkeypatch.setattr(swap, "replace", interrupted(place.replace, desk, ["in place"]))

        assert desk.put() is None

        (spare,) = desk.vault.spare_dir.iterdir()
        assert (BEFORE, desk.saved) == (spare.name.partition("-")[0], [spare.read_bytes()])
        assert OURS == desk.note.read_bytes()

    def test_a_refused_rename_leaves_one_name(self, desk, monkeypatch):
        """Else the note could not be changed any more, as one with two names."""
        monkeypatch.setattr(swap, "replace", unavailable(errno.EACCES))

        assert isinstance(desk.put(), VaultDenied)
        assert (1, {OLD}) == (desk.note.stat().st_nlink, desk.texts())

    def test_a_disk_without_hard_links_does_without(self, desk, monkeypatch):
        """The note is replaced all the same."""
        monkeypatch.setattr(os, "link", unavailable(errno.EPERM))
        monkeypatch.setattr(swap, "has_writer", lambda _: None)

        assert desk.put() is None
        assert {OURS} == desk.texts()
