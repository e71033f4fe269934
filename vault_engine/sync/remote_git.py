"""Talking to another machine's git, and looking at what it has.

What a repository's settings say of transports, helpers and other programs would be obeyed where git talks for it. So
it talks from an empty repository of our own, made for one command and removed after it, which borrows the objects of
the real one; all that is taken from the real one's settings is an address, which is checked. The person's own settings
count: their ssh, proxies and credential helpers are needed. Nobody is ever asked for a password.
"""

import os
import re
import shlex
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from hashlib import sha1, sha256
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from vault_engine.errors import GitUnusable
from vault_engine.sync.git import Repository
from vault_engine.sync.git_command import find_git, run_git
from vault_engine.sync.remote_plan import Known

_SCHEMES = ("file", "git", "http", "https", "ssh", "git+ssh", "ssh+git")
_HELPER = re.compile(r"[A-Za-z0-9+.-]*::")
_BRANCHES = "refs/heads/"
_ABSOLUTE = ("--path-format=absolute", "--git-path")
_CONFIG = "[core]\n\trepositoryFormatVersion = 1\n\tbare = true\n[extensions]\n\tobjectFormat = {}\n"
# A remote on this machine runs beside us: what its settings and hooks name is not run either.
_FOR_NEIGHBOURS = {
    "core.hooksPath": "/dev/null",
    "core.fsmonitor": "false",
    "core.alternateRefsCommand": "false",
    "receive.autogc": "false",
    "receive.denyCurrentBranch": "refuse",
    "safe.bareRepository": "all",
}


class Remote(NamedTuple):
    """Where to, by the name that the person gave it."""

    name: str
    branch: str  # there
    fetch_url: str
    push_url: str

    @property
    def tracking(self) -> str:
        """The name under which git remembers where the branch was."""
        return f"refs/remotes/{self.name}/{self.branch}"


def find_remote(repository: Repository, name: str | None = None) -> Remote:
    """Say where the branch that is checked out goes: to what it follows, else to ``origin`` or the only remote.

    Raises:
        GitUnusable: there is no such remote, or its address is none that Memwell may use.
    """
    branch = repository.call("symbolic-ref", "-q", "HEAD", codes=(0, 1)).decode().strip().removeprefix(_BRANCHES)
    if not branch:
        raise GitUnusable("no branch is checked out (detached HEAD)")
    followed = _settings(repository, f"branch.{branch}.remote")
    name = name or (followed[-1] if followed else None) or _only_remote(repository)
    fetch_urls = _settings(repository, f"remote.{name}.url")
    if not fetch_urls:
        raise GitUnusable(f"there is no remote {name!r}: add it with `git remote add {name} ADDRESS`")
    push_urls = _settings(repository, f"remote.{name}.pushurl") or fetch_urls
    merged = _settings(repository, f"branch.{branch}.merge") if followed and followed[-1] == name else []
    there = merged[-1].removeprefix(_BRANCHES) if merged and merged[-1].startswith(_BRANCHES) else branch
    remote = Remote(name, there, *(_checked(repository, urls[0]) for urls in (fetch_urls, push_urls)))
    repository.call("check-ref-format", remote.tracking)
    repository.call("check-ref-format", f"{_BRANCHES}{there}")
    return remote


def fetch(repository: Repository, remote: Remote) -> str:
    """Bring in what the branch has there; give its commit, "" where there is no such branch yet.

    Raises:
        GitUnusable: the remote can't be reached, or says no.
    """
    with _talker(repository) as talk:
        options = ["--no-tags", "--no-write-fetch-head", "--no-recurse-submodules", "--no-auto-maintenance", "--quiet"]
        options += _program_option("--upload-pack", "upload-pack", remote.fetch_url)
        try:
            talk("fetch", *options, "--", remote.fetch_url, f"+{_BRANCHES}{remote.branch}:refs/memwell/there")
        except GitUnusable as error:
            if error.reason.startswith("couldn't find remote ref"):
                return ""
            raise
        tip = talk("rev-parse", "--verify", "refs/memwell/there^{commit}").strip()
    remember(repository, remote, tip)
    return tip


def push(repository: Repository, remote: Remote, commit: str) -> str:
    """Move the branch there to ``commit``, if that loses nothing; give why it was refused, "" if it was not.

    Raises:
        GitUnusable: the remote can't be reached.
    """
    with _talker(repository) as talk:
        options = ["--porcelain", "--no-verify", "--no-signed", "--quiet"]
        options += _program_option("--receive-pack", "receive-pack", remote.push_url)
        said = talk("push", *options, "--", remote.push_url, f"{commit}:{_BRANCHES}{remote.branch}", codes=(0, 1))
    refused = [line for line in said.splitlines() if line.startswith("!")]
    if refused:
        return _printable(refused[0].rpartition("\t")[2])
    remember(repository, remote, commit)
    return ""


def remember(repository: Repository, remote: Remote, commit: str) -> None:
    """Let git know where the branch is there."""
    if commit != tracked(repository, remote):
        repository.call("update-ref", "-m", "memwell: sync", remote.tracking, commit)


def tracked(repository: Repository, remote: Remote) -> str:
    """Give the commit that the branch had there when it was looked at last, "" if it never was."""
    return _commit(repository, remote.tracking)


# ---- commits


def merge_base(repository: Repository, one: str, other: str) -> str:
    """Give a commit that both come from, "" if there is none."""
    return repository.call("merge-base", one, other, codes=(0, 1)).decode().partition("\n")[0].strip()


def count_between(repository: Repository, commit: str, before: str) -> int:
    """Count the commits that ``commit`` comes from and ``before`` does not; "" stands for nothing."""
    if not commit:
        return 0
    without = [f"^{before}"] if before else []
    return int(repository.call("rev-list", "--count", commit, *without))


def tree_of(repository: Repository, commit: str) -> dict[str, Known]:
    """Say what a commit, "" for none, holds, by the path from the repository's top folder."""
    found: dict[str, Known] = {}
    if commit:
        for line in repository.call("ls-tree", "-r", "-z", "--full-tree", commit).split(b"\0")[:-1]:
            about, _, path = line.partition(b"\t")
            mode, _, oid = about.decode().split(" ")
            found[path.decode("utf-8", "surrogateescape")] = Known(mode, oid)
    return found


def contents_of(repository: Repository, oids: Sequence[str]) -> dict[str, bytes]:
    """Give what each object holds."""
    found: dict[str, bytes] = {}
    wanted = list(dict.fromkeys(oids))
    if not wanted:
        return found
    answer = repository.call("cat-file", "--batch", stdin="".join(f"{oid}\n" for oid in wanted).encode())
    start = 0
    for oid in wanted:
        end = answer.index(b"\n", start)
        about = answer[start:end].split(b" ")
        if len(about) != 3:
            raise GitUnusable(f"the object {oid} is missing or damaged")
        start = end + 1 + int(about[2]) + 1
        found[oid] = answer[end + 1 : start - 1]
    return found


def blob_name(data: bytes, object_name: str) -> str:
    """Give the name that git has for a file's bytes, as long as ``object_name`` is: by SHA-1 or by SHA-256."""
    hashed = sha256 if len(object_name) == 64 else sha1
    return hashed(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def date_of(repository: Repository, commit: str) -> str:
    """Give the day on which a commit was made, ``2026-11-21``, in UTC."""
    said = repository.call("show", "-s", "--no-show-signature", "--date=format:%Y-%m-%d", "--format=%cd", commit)
    return said.decode().strip()[:10]


def write_merge(
    repository: Repository,
    base: str,
    files: Mapping[str, Known | None],
    parents: Sequence[str],
    message: str,
    index: Path,
) -> str:
    """Make a commit of what ``base`` holds with some files changed; give its name, or that of an equal last parent.

    Args:
        repository: where.
        base: a commit; "" for nothing.
        files: by vault-relative path; None where one goes.
        parents: what it comes from. If all the others are behind the last and that holds the same, nothing is made.
        message: what it says.
        index: a file of ours that may be overwritten.
    """
    repository.read_tree(base, index)
    repository.call("update-index", "-z", "--index-info", stdin=index_lines(repository, files), index=index)
    tree = repository.call("write-tree", index=index).decode().strip()
    newest = parents[-1]
    is_behind = all(not one or merge_base(repository, one, newest) == one for one in parents[:-1])
    if is_behind and tree == repository.call("rev-parse", f"{newest}^{{tree}}").decode().strip():
        return newest
    named = [word for one in ([newest] if is_behind else parents) for word in ("-p", one)]
    author = {key.replace("COMMITTER", "AUTHOR"): value for key, value in repository.committer.items()}
    said = message.encode("utf-8", "replace")
    made = repository.call("commit-tree", tree, *named, "--no-gpg-sign", "-F", "-", stdin=said, environment=author)
    return made.decode().strip()


def index_lines(repository: Repository, files: Mapping[str, Known | None]) -> bytes:
    """Write what ``update-index --index-info`` shall do; what goes comes first, as a folder may take its place."""
    nothing = repository.no_object
    lines = sorted((known is not None, path, known) for path, known in files.items())
    return b"".join(
        (f"{known.mode} {known.oid}\t" if known else f"0 {nothing}\t").encode()
        + f"{repository.prefix}{path}".encode("utf-8", "surrogateescape")
        + b"\0"
        for _, path, known in lines
    )


# ---- the parts


def _settings(repository: Repository, name: str) -> list[str]:
    said = repository.call("config", "-z", "--get-all", name, codes=(0, 1)).split(b"\0")[:-1]
    return [value.decode("utf-8", "replace") for value in said]


def _only_remote(repository: Repository) -> str:
    said = repository.call("config", "-z", "--name-only", "--get-regexp", r"^remote\..*\.url$", codes=(0, 1))
    names = list(dict.fromkeys(key.decode("utf-8", "replace")[7:-4] for key in said.split(b"\0")[:-1]))
    if not names:
        raise GitUnusable("there is no remote: add one with `git remote add origin ADDRESS`")
    return names[0] if len(names) == 1 else "origin"


def _checked(repository: Repository, url: str) -> str:
    """Check an address that a repository's settings name; a folder is given by its whole path.

    Raises:
        GitUnusable: it is none that Memwell may use.
    """
    if not url or url.startswith("-") or not url.isprintable() or _HELPER.match(url):
        raise GitUnusable(f"the remote's address {url[:200]!r} is none that Memwell may use")
    if "://" in url and urlsplit(url).scheme.lower() not in _SCHEMES:
        raise GitUnusable(f"the remote's address {url[:200]!r} is of a kind that Memwell may not use")
    if not _is_folder(url):
        return url
    folder = Path(os.path.realpath(Path(repository.toplevel) / url.removeprefix("file://")))
    if folder.is_relative_to(os.path.realpath(repository.toplevel)):
        raise GitUnusable(f"the remote {url[:200]!r} lies inside the repository, so it is no other place")
    return str(folder)


def _is_folder(url: str) -> bool:
    """Say whether an address names a folder of this machine rather than ``host:path``, as git tells them apart."""
    if url.startswith("file://"):
        return True
    colon, slash = url.find(":"), url.find("/")
    is_drive = os.name == "nt" and colon == 1
    return "://" not in url and (colon < 0 or 0 <= slash < colon or is_drive)


def _program_option(option: str, command: str, url: str) -> list[str]:
    if not _is_folder(url):
        return []
    settings = [word for name, value in _FOR_NEIGHBOURS.items() for word in ("-c", f"{name}={value}")]
    return [f"{option}={shlex.join([find_git(), *settings, command])}"]


def _commit(repository: Repository, name: str) -> str:
    said = repository.call("rev-parse", "-q", "--verify", f"{name}^{{commit}}", codes=(0, 1))
    return said.decode().strip()


def _printable(text: str) -> str:
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)


class _Talk:
    """Runs git in a repository of our own."""

    def __init__(self, program: str, folder: Path, objects: str) -> None:
        self._program, self._folder = program, folder
        self._environment = {"GIT_DIR": str(folder), "GIT_OBJECT_DIRECTORY": objects}

    def __call__(self, *arguments: str, codes: Sequence[int] = (0,)) -> str:
        """Run one command and give what it prints. Raises as `run_git` does."""
        environment = self._environment
        try:
            done = run_git(self._program, self._folder, arguments, environment=environment, codes=codes, talks=True)
        except GitUnusable as error:  # in the words of another machine, perhaps
            raise GitUnusable(_printable(error.reason)) from error
        return done.stdout.decode("utf-8", "replace")


@contextmanager
def _talker(repository: Repository) -> Iterator[_Talk]:
    """Make a repository that knows the objects of the real one, and its newest commits, and nothing else."""
    objects = repository.call("rev-parse", *_ABSOLUTE, "objects")
    with tempfile.TemporaryDirectory(prefix="memwell-") as name:
        folder = Path(name)
        for inside in ("objects", "refs/memwell"):
            (folder / inside).mkdir(parents=True)
        kind = repository.call("rev-parse", "--show-object-format").decode().strip()
        (folder / "config").write_text(_CONFIG.format(kind), "utf-8")
        shallow = Path(os.fsdecode(repository.call("rev-parse", *_ABSOLUTE, "shallow")).removesuffix("\n"))
        if shallow.is_file():  # a clone without all of the history
            (folder / "shallow").write_bytes(shallow.read_bytes())
        (folder / "HEAD").write_text("ref: refs/memwell/none\n", "utf-8")
        if head := repository.head():
            (folder / "refs" / "memwell" / "here").write_text(f"{head}\n", "utf-8")
        for number, ref in enumerate(_remote_commits(repository)):
            (folder / "refs" / "memwell" / f"known-{number}").write_text(f"{ref}\n", "utf-8")
        yield _Talk(find_git(), folder, os.fsdecode(objects).removesuffix("\n"))


def _remote_commits(repository: Repository) -> list[str]:
    said = repository.call("for-each-ref", "--count=50", "--format=%(objectname)", "refs/remotes/")
    return list(dict.fromkeys(said.decode().split()))
