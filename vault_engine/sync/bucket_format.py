"""What a bucket holds: its addresses, commits, and lists of files, as bytes and as values. Pure.

    objects/ab/cdef…    bytes by their SHA-256: parts of files, and lists of files
    commits/<sha256>    one state of the vault: the states it comes from, and its lists of files
    heads/<sha256>      empty; names a commit that no other one comes from, as far as who wrote it knew

Nothing but the heads is ever written twice or removed. What comes from a bucket is checked here: whatever it holds,
the answer is a value that keeps every limit, or `Unfit`.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from heapq import heappop, heappush
from typing import Any, NamedTuple

FORMAT = 1
PART_BYTES = 1 << 20  # a file that only grows is sent again from its last whole part
MAX_FILE_BYTES = 256 << 20
MAX_COMMIT_BYTES = 1 << 20
MAX_LIST_BYTES = 64 << 20
PAST = 64  # ancestors that a commit names, so that they can be asked for at once

_MAX_LISTS = 4096
_FILES_IN_LIST = 1000  # about; there are 1, 16, 256 or 4096 lists
_MAX_PARENTS = 256
_MAX_FILES = 2_000_000
_MAX_DEPTH = 1 << 40
_MAX_PATH_CHARS = 1000
_NAME = re.compile(r"[0-9a-f]{64}")
_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,61}[A-Za-z0-9]")
_PREFIX = re.compile(r"[^\x00-\x20\x7f\\?#]{0,500}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z")


class Unfit(ValueError):
    """What was read is nothing that Memwell writes; the text says why."""


class Address(NamedTuple):
    """A bucket, and where in it."""

    bucket: str
    prefix: str  # "" or without a slash at either end

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.prefix}".rstrip("/")

    def key(self, kind: str, name: str = "") -> str:
        """Give the key of an object, a commit or a head; of their folder without a name."""
        inside = f"{name[:2]}/{name[2:]}" if kind == OBJECTS and name else name
        return f"{self.prefix}/{kind}/{inside}" if self.prefix else f"{kind}/{inside}"


OBJECTS, COMMITS, HEADS = "objects", "commits", "heads"


class Entry(NamedTuple):
    """What a state holds under one path."""

    sha256: str
    size: int  # bytes
    is_executable: bool = False
    parts: tuple[str, ...] = ()  # of a file of more than one part: the names of these

    @property
    def objects(self) -> tuple[str, ...]:
        """The names of the objects that hold it, in order."""
        return self.parts or (self.sha256,)


Tree = Mapping[str, Entry]


@dataclass(frozen=True, slots=True)
class Commit:
    """One state of a vault."""

    parents: tuple[str, ...]  # the states it comes from, sorted
    depth: int  # one more than that of the deepest parent
    lists: tuple[str, ...]  # the objects that list its files, see `write_lists`
    device: str = ""  # whose it is; "" for what brings several states together
    at: str = ""  # ISO 8601, UTC
    past: tuple[str, ...] = ()  # states before its parents, nearest first: to be asked for early, for nothing else


def parse_address(text: str) -> Address:
    """Read ``s3://bucket/prefix``.

    Raises:
        Unfit: it is none.
    """
    scheme, _, rest = text.partition("://")
    bucket, _, prefix = rest.partition("/")
    prefix = prefix.strip("/")
    parts = prefix.split("/") if prefix else []
    if scheme.lower() != "s3" or not _BUCKET.fullmatch(bucket):
        raise Unfit(f"{text[:200]!r} is no address of a bucket, such as s3://bucket/notes")
    if not _PREFIX.fullmatch(prefix) or not prefix.isprintable() or any(part in ("", ".", "..") for part in parts):
        raise Unfit(f"{text[:200]!r} has a prefix that may mean something else to a server")
    return Address(bucket, prefix)


def name_of(data: bytes) -> str:
    """Name an object: the SHA-256 of its bytes."""
    return sha256(data).hexdigest()


def is_name(text: str) -> bool:
    """Say whether a text can name an object."""
    return _NAME.fullmatch(text) is not None


def entry_of(data: bytes, *, is_executable: bool = False) -> Entry:
    """Describe a file."""
    parts = tuple(map(name_of, parts_of(data))) if len(data) > PART_BYTES else ()
    return Entry(name_of(data), len(data), is_executable, parts)


def parts_of(data: bytes) -> Iterator[bytes]:
    """Cut a file into what its objects hold; one that is empty has one empty part."""
    view = memoryview(data)
    for start in range(0, max(len(data), 1), PART_BYTES):
        yield bytes(view[start : start + PART_BYTES])


# ---- commits


def write_commit(commit: Commit) -> bytes:
    """Write a commit, which is named by these bytes."""
    facts = {
        "format": FORMAT,
        "parents": commit.parents,
        "depth": commit.depth,
        "device": commit.device,
        "at": commit.at,
        "past": commit.past,
        "lists": commit.lists,
    }
    return _json(facts)


def read_commit(data: bytes) -> Commit:
    """Read what `write_commit` wrote.

    Raises:
        Unfit: it is something else, or of a newer format.
    """
    facts = _facts(data)
    commit = Commit(
        parents=_names(facts, "parents", _MAX_PARENTS),
        depth=_number(facts.get("depth"), _MAX_DEPTH),
        lists=_names(facts, "lists", _MAX_LISTS),
        device=_text(facts, "device"),
        at=_text(facts, "at"),
        past=_names(facts, "past", PAST),
    )
    if len(commit.lists) not in (1, 16, 256, _MAX_LISTS):
        raise Unfit("has another number of lists than there may be")
    if not _TIME.fullmatch(commit.at):
        raise Unfit("has no time")
    return commit


# ---- lists of files


def write_lists(tree: Tree) -> list[bytes]:
    """Write down a state's files, in so many lists that a change of a few files changes little.

    Which list a file is in is told by the first digits of the SHA-256 of its path.
    """
    digits = next(digits for digits in range(4) if digits == 3 or len(tree) <= _FILES_IN_LIST << (4 * digits))
    lists: list[dict[str, Entry]] = [{} for _ in range(1 << (4 * digits))]
    for path in sorted(tree):
        lists[int(name_of(path.encode())[:digits] or "0", 16)][path] = tree[path]
    return [_json({"format": FORMAT, "files": write_files(files)}) for files in lists]


def read_lists(lists: Iterable[bytes]) -> dict[str, Entry]:
    """Read what `write_lists` wrote.

    Raises:
        Unfit: it is something else, or of a newer format.
    """
    tree: dict[str, Entry] = {}
    for data in lists:
        files = read_files(_facts(data).get("files"))
        if files.keys() & tree.keys():
            raise Unfit("lists a file twice")
        tree |= files
        if len(tree) > _MAX_FILES:
            raise Unfit(f"lists more than {_MAX_FILES:,} files")
    return tree


def write_files(tree: Tree) -> list[Any]:
    """Write down files as JSON has them."""
    return [[path, *entry[:2], int(entry.is_executable), entry.parts] for path, entry in tree.items()]


def read_files(lines: Any) -> dict[str, Entry]:
    """Read what `write_files` wrote.

    Raises:
        Unfit: it is something else.
    """
    if not isinstance(lines, list):
        raise Unfit("lists no files")
    tree = dict(map(_line, lines))
    if len(tree) != len(lines):
        raise Unfit("lists a file twice")
    return tree


def _line(line: Any) -> tuple[str, Entry]:
    if not isinstance(line, list) or len(line) != 5:
        raise Unfit("lists something else than files")
    path, sha256, size, executable, parts = line
    if not isinstance(path, str) or not 0 < len(path) <= _MAX_PATH_CHARS or not _is_utf8(path):
        raise Unfit("lists a file without a path")
    if executable not in (0, 1) or not isinstance(parts, list):
        raise Unfit("does not say what a file is")
    entry = Entry(_name(sha256), _number(size, MAX_FILE_BYTES), bool(executable), tuple(map(_name, parts)))
    if len(parts) != (-(-entry.size // PART_BYTES) if entry.size > PART_BYTES else 0):
        raise Unfit("lists a file with another number of parts than it has")
    return path, entry


# ---- what comes from what


class Related(NamedTuple):
    """How a state stands to those that a vault has."""

    base: str  # the nearest one that both come from, "" if there is none
    superseded: frozenset[str]  # those of the vault's that it comes from, as far as was looked


def relate(ours: Iterable[str], theirs: str, load: Callable[[str], Commit]) -> Related:
    """Find where a state and those that the vault has come from; of several, all machines find the same.

    Args:
        ours: the states that the vault has.
        theirs: another one.
        load: gives a commit; raises what it raises.

    Raises:
        Unfit: a commit does not stand below those it comes from.
    """
    ours = frozenset(ours)
    sides: dict[str, int] = {}  # by commit: 1 if ours come from it, 2 if theirs does
    waiting: list[tuple[int, str]] = []
    depths: dict[str, int] = {}

    def meet(name: str, side: int, below: int) -> None:
        if name not in sides:
            depths[name] = load(name).depth
            heappush(waiting, (-depths[name], name))
        if depths[name] >= below:
            raise Unfit("does not stand below what it comes from")
        sides[name] = sides.get(name, 0) | side

    for name in sorted(ours):
        meet(name, 1, _MAX_DEPTH + 1)
    meet(theirs, 2, _MAX_DEPTH + 1)
    while waiting:
        _, name = heappop(waiting)
        if sides[name] == 3:
            return Related(name, frozenset(one for one in ours if sides[one] == 3))
        for parent in load(name).parents:
            meet(parent, sides[name], depths[name])
    return Related("", frozenset())


# ---- the parts


def _json(facts: Mapping[str, Any]) -> bytes:
    return json.dumps(facts, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def _facts(data: bytes) -> dict[str, Any]:
    try:
        facts = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise Unfit("is no JSON") from error
    if not isinstance(facts, dict):
        raise Unfit("is no JSON object")
    found = facts.get("format")
    if isinstance(found, int) and not isinstance(found, bool) and found > FORMAT:
        raise Unfit(f"is of format {found}, which a newer Memwell wrote; this one reads format {FORMAT}")
    if found != FORMAT:
        raise Unfit("does not say its format")
    return facts


def _names(facts: Mapping[str, Any], key: str, most: int) -> tuple[str, ...]:
    found = facts.get(key)
    if not isinstance(found, list) or len(found) > most:
        raise Unfit(f"has no list of {key}, or one that is too long")
    return tuple(map(_name, found))


def _name(value: Any) -> str:
    if not isinstance(value, str) or not is_name(value):
        raise Unfit("names something that is no SHA-256")
    return value


def _number(value: Any, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        raise Unfit("has a number that is too large, or none")
    return value


def _text(facts: Mapping[str, Any], key: str) -> str:
    found = facts.get(key)
    if not isinstance(found, str) or len(found) > 100 or not _is_utf8(found):
        raise Unfit(f"has no {key}")
    return found


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
