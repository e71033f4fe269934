"""Commits of what Memwell changed, into the git repository that the vault lies in.

A repository that came from elsewhere may name programs to run: hooks, filters, a file system monitor, transports. So
only plumbing is used that runs none of them, with every such setting overridden, and a private index. What could need
a filter is left to the person. The person's own index is replaced under git's own lock, in the paths committed.
"""

import os
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from vault_engine.errors import GitUnusable
from vault_engine.sync.commits import Chosen, Left, PlannedCommit, PlannedFile, author_of, message_of, verdict
from vault_engine.sync.git_command import find_git, run_git

IGNORED = "git ignores it"
FILTERED = "git passes it through a filter, such as git-crypt or LFS"
STAGED = "you have staged it"
OVERLOOKED = "git was told to overlook it, or it has a conflict"
NOT_A_FILE = "git knows a link, a submodule or a file in its place"
CONVERTED = "git would change its line ends or keywords"
NOT_KEPT = "what it held is not kept any more"

_UNDER_WAY = {
    "MERGE_HEAD": "a merge",
    "CHERRY_PICK_HEAD": "a cherry-pick",
    "REVERT_HEAD": "a revert",
    "BISECT_LOG": "a bisection",
    "rebase-merge": "a rebase",
    "rebase-apply": "a rebase",
    "sequencer": "a cherry-pick or revert",
}
_ATTRIBUTES = ("filter", "working-tree-encoding", "text", "eol", "crlf", "ident")
_ABSENT = ("unspecified", "unset")
_PLAIN_FILES = ("100644", "100755")


class _Staged(NamedTuple):
    """What an index says of one path."""

    tag: str  # H: nothing special
    mode: str
    oid: str


class Made(NamedTuple):
    """One commit that was made."""

    id: str
    subject: str
    paths: tuple[str, ...]


class Settled(NamedTuple):
    """What became of the commits planned."""

    commits: tuple[Made, ...]
    left: tuple[Left, ...]


class Repository:
    """The repository around a vault, through the program ``git``."""

    def __init__(self, folder: Path) -> None:
        """Find the repository that ``folder`` lies in.

        Raises:
            GitUnusable: there is none, or git is missing or refuses to use it.
        """
        self.folder = folder
        self._program = find_git()
        self._committer: dict[str, str] = {}
        self.toplevel, git_dir, self._prefix, object_format = self._places()
        self.git_dir = Path(git_dir)
        self.no_object = "0" * (64 if object_format == "sha256" else 40)
        self._index = self.git_dir / "index"
        self._new_index = self.git_dir / "index.memwell"
        self._lock = self.git_dir / "index.lock"
        settings = self._person_settings()
        self._converts = settings.get("core.autocrlf", "false").lower() in ("true", "input", "1", "yes", "on", "")
        name = settings.get("committer.name") or settings.get("user.name") or ""
        email = settings.get("committer.email") or settings.get("user.email") or ""
        self._committer = {
            "GIT_COMMITTER_NAME": name or "Memwell",
            "GIT_COMMITTER_EMAIL": email or "memwell@memwell.invalid",
        }

    # ---- looking

    def busy(self) -> str | None:
        """Say why nothing can be committed now, None if it can."""
        for name, what in _UNDER_WAY.items():
            if os.path.lexists(self.git_dir / name):
                return f"{what} is under way"
        if os.path.lexists(self._lock):
            return f"another git command is at work, or was cut short ({self._lock} is there)"
        if self._run("symbolic-ref", "-q", "HEAD", codes=(0, 1)).returncode:
            return "no branch is checked out (detached HEAD)"
        return None

    def head(self) -> str:
        """Give the commit that is checked out, "" before the first one."""
        return os.fsdecode(self._run("rev-parse", "-q", "--verify", "HEAD^{commit}", codes=(0, 1)).stdout).strip()

    def hidden(self, paths: Sequence[str]) -> dict[str, str]:
        """Say which paths git ignores or filters, and so their owner may not want to be seen in it, and why."""
        found = dict.fromkeys(self._ignored(paths), IGNORED)
        for path, attributes in self._attributes(paths).items():
            if attributes["filter"] not in _ABSENT:
                found[path] = FILTERED
        return found

    def listed(self, index: Path | None = None) -> dict[str, _Staged]:
        """Give what an index, else the person's, holds in the vault."""
        found: dict[str, _Staged] = {}
        for line in self._run("ls-files", "-s", "-v", "-z", index=index).stdout.split(b"\0")[:-1]:
            about, _, path = line.partition(b"\t")
            tag, mode, oid, stage = about.decode().split(" ")
            found[_text(path)] = _Staged("M" if stage != "0" else tag, mode, oid)
        return found

    def sha256_of(self, oids: Sequence[str]) -> dict[str, str]:
        """Give the SHA-256 of what each object holds."""
        found: dict[str, str] = {}
        if not oids:
            return found
        answer = self._run("cat-file", "--batch", stdin="".join(f"{oid}\n" for oid in oids).encode()).stdout
        start = 0
        for oid in oids:
            end = answer.index(b"\n", start)
            about = answer[start:end].split(b" ")
            if len(about) != 3:
                raise GitUnusable(f"the object {oid} is missing or damaged")
            start = end + 1 + int(about[2])
            found[oid] = sha256(answer[end + 1 : start]).hexdigest()
            start += 1
        return found

    def obstacles(self, paths: Sequence[str], tree: Mapping[str, _Staged]) -> dict[str, Left]:
        """Say which paths are left to the person whatever they hold, and why."""
        staged = self.listed()
        found: dict[str, Left] = {}
        for path in paths:
            known = tree.get(path)
            is_other = known is not None and known.mode not in _PLAIN_FILES
            if is_other or _is_below(path, tree) or _is_below(path, staged) or self.is_elsewhere(path):
                found[path] = Left(path, NOT_A_FILE)
            elif path in staged and staged[path].tag != "H":
                found[path] = Left(path, OVERLOOKED, again=True)
            elif staged.get(path) != known:
                found[path] = Left(path, STAGED, again=True)
        rest = [path for path in paths if path not in found]
        return found | {path: Left(path, reason) for path, reason in self.hidden(rest).items()}

    def convertible(self, paths: Sequence[str]) -> Callable[[str, bytes], bool]:
        """Give a function that says whether git would store other bytes for a path than those of the file."""
        attributes = self._attributes(paths)

        def is_converted(path: str, data: bytes) -> bool:
            said = attributes[path]
            is_text = any(said[name] not in _ABSENT for name in ("text", "eol", "crlf"))
            is_left = self._converts and said["text"] == "unspecified"
            return (
                said["working-tree-encoding"] not in _ABSENT
                or (said["ident"] not in _ABSENT and b"$Id" in data)
                or (b"\r\n" in data and (is_text or is_left))
            )

        return is_converted

    def call(
        self,
        *arguments: str,
        stdin: bytes = b"",
        index: Path | None = None,
        environment: Mapping[str, str] | None = None,
        codes: tuple[int, ...] = (0,),
    ) -> bytes:
        """Run one command of git's plumbing here and give what it prints. Raises as `run_git` does."""
        return self._run(*arguments, stdin=stdin, index=index, environment=environment, codes=codes).stdout

    @property
    def committer(self) -> dict[str, str]:
        """Who commits, as git's environment names it."""
        return dict(self._committer)

    @property
    def prefix(self) -> str:
        """The way from the repository's top folder to the vault, with ``/`` at its end; "" where they are one."""
        return self._prefix

    # ---- writing objects: nothing that anybody sees

    def read_tree(self, commit: str, index: Path) -> dict[str, _Staged]:
        """Make ``index`` hold what a commit holds, "" for nothing, and list it."""
        index.unlink(missing_ok=True)
        self._run("read-tree", commit or "--empty", index=index)
        return self.listed(index)

    def write_blobs(self, contents: Mapping[str, bytes]) -> dict[str, str]:
        """Store contents as they are and give the object of each, by the same names."""
        stream = bytearray()
        for number, data in enumerate(contents.values(), 1):
            stream += b"blob\nmark :%d\ndata %d\n%b\n" % (number, len(data), data)
        for number in range(1, len(contents) + 1):
            stream += b"get-mark :%d\n" % number
        if not stream:
            return {}
        oids = self._run("fast-import", "--quiet", stdin=bytes(stream)).stdout.decode().split()
        return dict(zip(contents, oids, strict=True))

    def write_commit(self, chosen: Chosen, lines: bytes, parent: str, index: Path) -> str:
        """Make a commit of ``index`` with ``lines`` applied; give its name. No branch holds it yet."""
        self._run("update-index", "-z", "--index-info", stdin=lines, index=index)
        tree = self._run("write-tree", index=index).stdout.decode().strip()
        parents = ["-p", parent] if parent else []
        message = message_of(chosen).encode("utf-8", "replace")
        author = author_of(chosen.planned) or {
            key.replace("COMMITTER", "AUTHOR"): value for key, value in self._committer.items()
        }
        made = self._run("commit-tree", tree, *parents, "--no-gpg-sign", "-F", "-", stdin=message, environment=author)
        return made.stdout.decode().strip()

    def index_line(self, path: str, known: _Staged | None, oid: str | None) -> bytes:
        """Write what ``update-index --index-info`` shall do; without an object, the path goes."""
        name = f"{self._prefix}{path}".encode("utf-8", "surrogateescape")
        mode = known.mode if known else _PLAIN_FILES[0]
        return (f"{mode} {oid}\t" if oid else f"0 {self.no_object}\t").encode() + name + b"\0"

    # ---- moving the branch

    def publish(self, commits: Sequence[Made], parent: str, lines: bytes, index_was: bytes | None) -> None:
        """Move the branch, and the person's index with it in the paths committed.

        Args:
            commits: what was made, the newest last.
            parent: where the branch has to be still.
            lines: the same changes, for the person's index.
            index_was: the person's index as it was looked at; None if there was none.

        Raises:
            GitUnusable: something has changed meanwhile. Nothing was done.
        """
        newest = commits[-1]
        try:
            self._new_index.unlink(missing_ok=True)
            if index_was is not None:
                with self._new_index.open("xb") as copy:  # never through a link that was put there
                    copy.write(index_was)
            self._run("update-index", "-z", "--index-info", stdin=lines, index=self._new_index)
            with self._index_locked(newest.id):
                if self.index_bytes() != index_was:
                    raise GitUnusable("the index has changed meanwhile")
                try:
                    self._run("update-ref", "-m", newest.subject, "HEAD", newest.id, parent)
                finally:  # also where it was interrupted after it had done its work
                    if self.head() == newest.id:
                        self._new_index.replace(self._index)
        except OSError as error:
            raise GitUnusable(f"{self.git_dir} can't be written: {error.strerror}") from error
        finally:
            with suppress(OSError):
                self._new_index.unlink(missing_ok=True)

    def mend(self) -> None:
        """Finish what a crash of ours cut short. Only for who makes sure that no other process of ours is at it."""
        try:
            said = self._lock.read_bytes() if self._lock.is_file() and not self._lock.is_symlink() else b""
            mark, _, commit = said.rstrip(b"\n").rpartition(b"\n")
            if mark != self._mark():
                return
            # The lock has kept everybody from the index, so the new one is right if the branch was moved.
            if self.head() == commit.decode("ascii", "replace") and self._new_index.is_file():
                self._new_index.replace(self._index)
            self._lock.unlink()
        except OSError as error:
            raise GitUnusable(f"{self._lock} was left by a crash and can't be removed: {error.strerror}") from error

    def index_bytes(self) -> bytes | None:
        """Give the person's index, None if there is none."""
        try:
            return self._index.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise GitUnusable(f"{self._index} can't be read: {error.strerror}") from error

    # ---- the parts

    @contextmanager
    def _index_locked(self, commit: str) -> Iterator[None]:
        """Keep other git commands from the index, as they keep each other; say in the lock what is being done."""
        try:
            handle = os.open(self._lock, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        except FileExistsError:
            raise GitUnusable("another git command is at work") from None
        try:
            os.write(handle, b"%b\n%b\n" % (self._mark(), commit.encode()))
            os.close(handle)
            yield
        finally:
            self._lock.unlink(missing_ok=True)

    def _mark(self) -> bytes:
        return b"memwell " + os.fsencode(self.folder).replace(b"\n", b" ")

    def is_elsewhere(self, path: str) -> bool:
        """Say whether a folder on the way is a symbolic link, or a repository of its own."""
        folders = [self.folder / parent for parent in _parents(path)]
        return any(folder.is_symlink() or os.path.lexists(folder / ".git") for folder in folders)

    def _ignored(self, paths: Sequence[str]) -> list[str]:
        if not paths:
            return []
        # This command alone does not know literal names; after "./" none means anything else.
        answer = self._run(
            "check-ignore",
            "--no-index",
            "-z",
            "--stdin",
            stdin=_names([f"./{path}" for path in paths]),
            environment={"GIT_LITERAL_PATHSPECS": "0"},
            codes=(0, 1),
        )
        return [_text(path).removeprefix("./") for path in answer.stdout.split(b"\0")[:-1]]

    def _attributes(self, paths: Sequence[str]) -> dict[str, dict[str, str]]:
        found: dict[str, dict[str, str]] = {path: dict.fromkeys(_ATTRIBUTES, "unspecified") for path in paths}
        if paths:
            answer = self._run("check-attr", "-z", "--stdin", *_ATTRIBUTES, stdin=_names(paths)).stdout.split(b"\0")
            for path, name, value in zip(answer[0::3], answer[1::3], answer[2::3], strict=False):
                found[_text(path)][name.decode()] = value.decode("utf-8", "replace")
        return found

    def _person_settings(self) -> dict[str, str]:
        names = r"^(core\.autocrlf|(user|committer)\.(name|email))$"
        answer = self._run("config", "-z", "--get-regexp", names, codes=(0, 1)).stdout.split(b"\0")[:-1]
        return {
            name.decode(): value.decode("utf-8", "replace")
            for name, _, value in (setting.partition(b"\n") for setting in answer)
        }

    def _places(self) -> tuple[str, str, str, str]:
        """Give the top folder, git's own, the way from the top to the vault, and how objects are named."""
        # A folder's name may hold line breaks, so the lines in between are known ones.
        asked = ("--show-object-format", "--show-toplevel", "--show-object-format", "--absolute-git-dir")
        answer = self._run("rev-parse", *asked, "--show-object-format", "--show-prefix").stdout.replace(b"\r\n", b"\n")
        object_format = answer.partition(b"\n")[0]
        places = (b"\n" + answer).split(b"\n%b\n" % object_format)
        if len(places) != 4:
            raise GitUnusable("the names of its folders can't be understood")
        toplevel, git_dir, prefix = (os.fsdecode(place) for place in places[1:])
        return toplevel, git_dir, prefix.removesuffix("\n"), object_format.decode()

    def _run(
        self,
        *arguments: str,
        stdin: bytes = b"",
        index: Path | None = None,
        environment: Mapping[str, str] | None = None,
        codes: tuple[int, ...] = (0,),
    ) -> "subprocess.CompletedProcess[bytes]":
        """Run one command in the vault's folder; raises as `run_git` does."""
        extra = {**self._committer, **(environment or {})} | ({"GIT_INDEX_FILE": str(index)} if index else {})
        return run_git(self._program, self.folder, arguments, stdin=stdin, environment=extra, codes=codes)


def commit_settled(
    repository: Repository,
    planned: Sequence[PlannedCommit],
    now: Mapping[str, str],
    contents: Callable[[str], bytes],
    scratch: Path,
) -> Settled:
    """Make the commits planned, as far as they can be made without touching anything of the person's.

    Args:
        repository: where to.
        planned: what for; oldest first.
        now: the SHA-256 of what each path holds now, "" for nothing; a path that could not be read is not in it.
        contents: gives the bytes of a revision by its SHA-256, or raises `KeyError`.
        scratch: a file of ours that may be overwritten: the private index.

    Raises:
        GitUnusable: nothing can be committed now. Nothing was changed.
    """
    if reason := repository.busy():
        raise GitUnusable(reason)
    index_was, parent = repository.index_bytes(), repository.head()
    tree = repository.read_tree(parent, scratch)
    paths = sorted({file.path for commit in planned for file in commit.files})
    left = repository.obstacles(paths, tree)
    rest = [path for path in paths if path not in left]
    held = repository.sha256_of([tree[path].oid for path in rest if path in tree])
    heads = {path: held[tree[path].oid] if path in tree else "" for path in rest}
    chosen, bodies = _choose(planned, heads, now, contents, repository.convertible(rest), left)
    if not chosen:
        return Settled((), tuple(left.values()))
    oids = repository.write_blobs(bodies)

    def lines(files: Sequence[PlannedFile]) -> bytes:
        return b"".join(repository.index_line(file.path, tree.get(file.path), oids.get(file.target)) for file in files)

    made: list[Made] = []
    newest = parent
    for one in chosen:
        newest = repository.write_commit(one, lines(one.files), newest, scratch)
        made.append(Made(newest, message_of(one).partition("\n")[0], tuple(file.path for file in one.files)))
    last = {file.path: file for one in chosen for file in one.files}
    repository.publish(made, parent, lines(list(last.values())), index_was)
    return Settled(tuple(made), tuple(left.values()))


def _choose(
    planned: Sequence[PlannedCommit],
    heads: dict[str, str],
    now: Mapping[str, str],
    contents: Callable[[str], bytes],
    is_converted: Callable[[str, bytes], bool],
    left: dict[str, Left],
) -> tuple[list[Chosen], dict[str, bytes]]:
    """Say what is committed, with the bytes of it; what is not goes into ``left``. ``heads`` follows the commits."""
    chosen: list[Chosen] = []
    bodies: dict[str, bytes] = {}
    for commit in planned:
        files: list[PlannedFile] = []
        for file in commit.files:
            if file.path not in heads:
                continue
            decided = verdict(file, heads[file.path], now.get(file.path))
            if decided is True and file.target:
                decided = _fetch(file, contents, is_converted, bodies)
            if isinstance(decided, Left):
                left[file.path] = decided
            elif decided:
                heads[file.path] = file.target
                files.append(file)
        if files:
            chosen.append(Chosen(commit, tuple(files)))
    return chosen, bodies


def _fetch(
    file: PlannedFile,
    contents: Callable[[str], bytes],
    is_converted: Callable[[str, bytes], bool],
    bodies: dict[str, bytes],
) -> Left | bool:
    try:
        data = contents(file.target)
    except KeyError:
        return Left(file.path, NOT_KEPT)
    if is_converted(file.path, data):
        return Left(file.path, CONVERTED)
    bodies[file.target] = data
    return True


# ---- paths


def _parents(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:count]) for count in range(1, len(parts))]


def _is_below(path: str, listed: Mapping[str, _Staged]) -> bool:
    """Say whether an index has an entry of its own, such as a submodule, for a folder on the way."""
    return any(parent in listed for parent in _parents(path))


def _names(paths: Sequence[str]) -> bytes:
    return b"".join(path.encode("utf-8", "surrogateescape") + b"\0" for path in paths)


def _text(path: bytes) -> str:
    return path.decode("utf-8", "surrogateescape")
