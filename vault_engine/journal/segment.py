"""The files of the journal: listing them, reading a device's end, telling what a crash cut short from what is damaged.

What a crash leaves behind the last line that was made durable is cut off and kept in quarantine. A line that was
durable and reads wrong is damage: it is never cut, and the journal goes on in a new file.
"""

import os
import re
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from vault_engine.journal.entry import NO_PREVIOUS, Entry, Op, decode
from vault_engine.vault.files import fsync_folder, make_folder, sha256_hex

MAX_BYTES = 64 << 20  # a longer file is left as it is, and the next one begun

_TAILS = (1 << 14, 1 << 20, None)  # bytes; the first is enough for what one process leaves unsettled, nearly always
_NAME = re.compile(r"([0-9]{4}-[0-9]{2})(?:-([0-9]{1,18}))?\.jsonl")
_MARK_LINE = re.compile(rb"(([0-9]{20}) ([0-9a-f]{64}) ([0-9TZ:.-]{0,40})) ([0-9a-f]{16}) *\n")
_MARK_BYTES = 160
_MARK = os.O_WRONLY | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
_APPEND = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)


class Listed(NamedTuple):
    """One file of one device's journal, and what tells that it is as it was."""

    path: str
    device: str
    name: str
    size: int  # bytes
    mtime_ns: int
    inode: int

    @property
    def file(self) -> Path:
        """Where it is."""
        return Path(self.path)


class Line(NamedTuple):
    """One line as found."""

    start: int  # offset in the file, in bytes
    data: bytes  # without its newline
    ended: bool  # whether it has one
    entry: Entry | None  # None: it can't be read
    problem: str = ""

    @property
    def is_cut_short(self) -> bool:
        """Whether a crash explains why it can't be read."""
        # A block that was never written reads as NUL; JSON has none.
        return self.entry is None and (not self.ended or b"\0" in self.data)


class Mark(NamedTuple):
    """What this machine remembers of the last settled entry of one device."""

    seq: int = 0  # 0: nothing
    h: str = NO_PREVIOUS
    ts: str = ""


class End(NamedTuple):
    """The end of one device's journal."""

    entries: tuple[Entry, ...]  # the last readable ones, of its last file that has any
    size: int  # bytes of the last file as far as it is to be kept
    torn: bytes  # what a crash left behind that
    damaged: Line | None  # the last line that is kept, if it can't be read


def list_device(folder: str | Path) -> list[Listed]:
    """List the files of one device's journal in the order they were written; none if there is no such folder.

    Other names are no journal's (a sync tool's conflict copy, say), and links may lead anywhere: both are left out.
    """
    try:
        with os.scandir(folder) as found:
            names = [entry.name for entry in found if _NAME.fullmatch(entry.name)]
    except (FileNotFoundError, NotADirectoryError):
        return []
    listed = []
    device = os.path.basename(folder)  # noqa: PTH119 - of a text, and it is done often
    for name in sorted(names, key=_order):
        path = f"{folder}{os.sep}{name}"
        with suppress(FileNotFoundError):
            seen = os.stat(path, follow_symlinks=False)  # noqa: PTH116 - of a text
            if stat.S_ISREG(seen.st_mode):
                listed.append(Listed(path, device, name, seen.st_size, seen.st_mtime_ns, seen.st_ino))
    return listed


def list_all(folder: Path) -> list[Listed]:
    """List the files of every device, each device's in the order they were written."""
    try:
        with os.scandir(folder) as found:
            devices = sorted(entry.path for entry in found if entry.is_dir(follow_symlinks=False))
    except (FileNotFoundError, NotADirectoryError):
        return []
    return [listed for device in devices for listed in list_device(device)]


def strangers(folder: Path) -> list[str]:
    """Name what lies among the files of all devices, looks like one and is not read, as ``device/name``."""
    known = {Path(listed.path) for listed in list_all(folder)}
    return sorted(file.relative_to(folder).as_posix() for file in folder.glob("*/*.jsonl") if file not in known)


def month_of(name: str) -> str:
    """Give the month in the name of a file."""
    return _order(name)[0]


def name_of(month: str, first_seq: int | None) -> str:
    """Name a new file: by its month, and by its first entry where that month has a file already, here or elsewhere."""
    return f"{month}.jsonl" if first_seq is None else f"{month}-{first_seq}.jsonl"


def only(data: bytes, text: str) -> bytes:
    """Give the lines of a file that hold a text, all of them for none."""
    wanted = text.encode()
    return b"".join(b"%b\n" % line for line in data.split(b"\n") if wanted in line) if wanted else data


def lines(data: bytes, offset: int = 0) -> Iterator[Line]:
    """Read the lines of ``data``, which begin at ``offset`` of their file."""
    start = 0
    while start < len(data):
        newline = data.find(b"\n", start)
        end = newline if newline >= 0 else len(data)
        text, ended = data[start:end], newline >= 0
        try:
            yield Line(offset + start, text, ended, decode(text) if ended else None, "" if ended else "has no end")
        except ValueError as error:
            yield Line(offset + start, text, ended, None, str(error))
        start = end + 1


def read_end(files: Sequence[Path], settled_seq: int) -> End:
    """Read the end of one device's journal.

    Args:
        files: all of its files, in order; at least one.
        settled_seq: the number of the last entry that is known to be durable. The entries after it are read, unless
            a newer file has some.
    """
    *earlier, last = files
    data, offset, found = _read_since(last, settled_seq)
    before: tuple[Entry, ...] = ()
    if not offset and not (found and found[0].entry):  # what the first line was can only be told by the file before
        before = _last_entries(earlier, settled_seq)
    torn = _first_torn(found, settled_seq, before)
    kept = [line for line in found if torn is None or line.start < torn.start]
    size = torn.start if torn else offset + len(data)
    return End(
        entries=tuple(line.entry for line in kept if line.entry) or before or _last_entries(earlier, settled_seq),
        size=size,
        torn=data[size - offset :],
        damaged=kept[-1] if kept and kept[-1].entry is None else None,
    )


def append(file: str, data: bytes, *, sync: bool, first: Callable[[], None] | None = None) -> os.stat_result:
    """Append whole lines; take back what a failure left of them. Say what the file is then.

    Args:
        file: made if it is not there.
        data: what to append.
        sync: whether the lines must survive a power failure once this returns.
        first: called when the file is open and nothing is left to do but to write.
    """
    handle = os.open(file, _APPEND, 0o600)
    try:
        size = os.fstat(handle).st_size
        if first:
            first()
        try:
            _write_all(handle, data)
            if sync:
                os.fsync(handle)
        except BaseException:
            with suppress(OSError):
                os.ftruncate(handle, size)
            raise
        if size == 0:
            fsync_folder(Path(file).parent)
            fsync_folder(Path(file).parent.parent)
        return os.fstat(handle)
    finally:
        os.close(handle)


def sync(file: Path) -> None:
    """Make durable what was appended without that."""
    handle = os.open(file, os.O_RDWR | getattr(os, "O_NOFOLLOW", 0))
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def cut(file: Path, size: int) -> None:
    """Cut off what is behind ``size`` bytes, durably."""
    with file.open("r+b") as handle:
        handle.truncate(size)
        os.fsync(handle.fileno())


def read_mark(file: Path | str) -> Mark:
    """Read which entry was the last to be settled."""
    try:
        with open(file, "rb") as opened:  # noqa: PTH123 - it is done often
            found = _MARK_LINE.finditer(opened.read(2 * _MARK_BYTES))
    except OSError:
        return Mark()
    whole = (one for one in found if one[5].decode() == sha256_hex(one[1])[:16])
    return max((Mark(int(one[2]), one[3].decode(), one[4].decode()) for one in whole), default=Mark())


def write_mark(file: str, mark: Mark) -> None:
    """Write a line over the last but one: if it is torn, the last still counts."""
    line = b"%020d %s %s" % (mark.seq, mark.h.encode(), mark.ts.encode())
    line = (line + b" " + sha256_hex(line)[:16].encode()).ljust(_MARK_BYTES - 1) + b"\n"
    try:
        handle = os.open(file, _MARK, 0o600)
    except FileNotFoundError:
        make_folder(Path(file).parent)
        handle = os.open(file, _MARK, 0o600)
    try:
        os.lseek(handle, mark.seq % 2 * _MARK_BYTES, os.SEEK_SET)
        os.write(handle, line)
    finally:
        os.close(handle)


def _order(name: str) -> tuple[str, int]:
    """Sort the files of one device: by month, then by the number of the entry that they begin with."""
    found = _NAME.fullmatch(name)
    return (found[1], int(found[2] or 0)) if found else (name, 0)


def _first_torn(found: Sequence[Line], settled_seq: int, before: Sequence[Entry]) -> Line | None:
    """Give the first line that a crash cut short; no line behind it, nor itself, can have been durable.

    A line that can't be read counts one on from the line before, so one that was settled is not taken for torn.
    """
    durable = max(settled_seq, _durable_seq(found))
    seq = before[-1].seq if before else 0
    torn: Line | None = None
    for line in found:
        seq = line.entry.seq if line.entry else seq + 1
        if seq <= durable:
            torn = None
        elif torn is None and line.is_cut_short:
            torn = line
    return torn


def _durable_seq(found: Sequence[Line]) -> int:
    """Give the number of the last entry that must be durable, even if the mark of what is settled was lost.

    What was announced at one time is made durable before anything is announced at a later one.
    """
    synced = [line.entry for line in found if line.entry and line.entry.change.op is not Op.EXTERNAL]
    return max((entry.seq for entry in synced if entry.ts < synced[-1].ts), default=0)


def _read_since(file: Path, settled_seq: int) -> tuple[bytes, int, list[Line]]:
    """Read the end of a file from entry ``settled_seq`` on, or all of it; give where that begins, and its lines."""
    for count in _TAILS:
        data, offset = _read_tail(file, count)
        found = list(lines(data, offset))
        first = next((line.entry for line in found if line.entry), None)
        if not offset or (first and first.seq <= settled_seq):
            break
    return data, offset, found


def _last_entries(files: Sequence[Path], settled_seq: int) -> tuple[Entry, ...]:
    """Give the last entries of the last file that has any."""
    for file in reversed(files):
        if entries := tuple(line.entry for line in _read_since(file, settled_seq)[2] if line.entry):
            return entries
    return ()


def _read_tail(file: Path, count: int | None) -> tuple[bytes, int]:
    """Read the last ``count`` bytes, from the first whole line on; everything for None."""
    with file.open("rb") as handle:
        size = handle.seek(0, os.SEEK_END)
        start = max(0, size - count) if count is not None else 0
        handle.seek(start)
        data = handle.read()
    if not start:
        return data, 0
    _, _, whole = data.partition(b"\n")
    return whole, start + len(data) - len(whole)


def _write_all(handle: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(handle, view) :]
