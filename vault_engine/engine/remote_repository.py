"""A git remote as the place where machines meet."""

from collections.abc import Iterable
from pathlib import Path

from vault_engine.engine import git, remote_ground
from vault_engine.engine.git import LeftToYou
from vault_engine.engine.remote_commit import changes_here, commit_here, own_changes, vault_tree
from vault_engine.engine.remote_ground import Ground, Refused, Sent
from vault_engine.engine.remote_incoming import OWN, Incoming, Three, check_kinds, find_changes, forget_begun
from vault_engine.engine.session import Session
from vault_engine.errors import GitUnusable, SyncBlocked
from vault_engine.sync.git import FILTERED, NOT_A_FILE, OVERLOOKED, STAGED, Made, Repository
from vault_engine.sync.remote_git import (
    Remote,
    blob_name,
    contents_of,
    count_between,
    date_of,
    fetch,
    find_remote,
    index_lines,
    merge_base,
    push,
    tracked,
    tree_of,
    write_merge,
)
from vault_engine.sync.remote_plan import PLAIN_MODE, Known
from vault_engine.vault.files import sha256_hex

_ATTRIBUTES = ".gitattributes"
_IN_THE_WAY = (FILTERED, NOT_A_FILE, OVERLOOKED, STAGED)


class RepositoryGround(Ground):
    """The repository around the vault, and one of its remotes."""

    def __init__(self, session: Session, remote: str | None) -> None:
        """Find the remote.

        Raises:
            GitUnusable: there is none, or its address is none that Memwell may use.
        """
        self._session = session
        self.repository = Repository(session.config.root)
        self.remote: Remote = find_remote(self.repository, remote)
        self.name, self.branch = self.remote.name, self.remote.branch
        self._head_was = ""  # when it was last found what comes
        self._index_was: bytes | None = None

    def make_ready(self) -> None:
        """Finish what a crash left, and check that git is in the middle of nothing.

        Raises:
            GitUnusable: it is.
        """
        self.repository.mend()
        if reason := self.repository.busy():
            raise GitUnusable(reason)

    @property
    def head(self) -> str:
        """The commit that the branch is at."""
        return self.repository.head()

    @property
    def begun_file(self) -> Path:
        """Where a pull remembers what it has begun."""
        return self._session.vault.local_dir / "sync.json"

    @property
    def standing(self) -> tuple[int, int, int]:
        """How many commits wait to be sent and to be brought in, and how many files to be committed."""
        repository, there, here = self.repository, tracked(self.repository, self.remote), self.head
        ahead, behind = count_between(repository, here, there), count_between(repository, there, here)
        return ahead, behind, len(changes_here(self._session, repository).files)

    def check_gone(self) -> None:
        """Compare what is here with the branch."""
        remote_ground.check_gone(self._session, list(self._vault_tree(self.head)))

    def fetch(self, *, unrelated: bool) -> list[str]:  # noqa: ARG002 - what is joined is checked when it is looked at
        """Bring in what the branch has there."""
        tip = fetch(self.repository, self.remote)
        return [tip] if tip else []

    def commit_here(self, tip: str = "") -> tuple[int, list[LeftToYou]]:
        """Commit what the vault holds."""
        return commit_here(self._session, self.repository, self._touched_there(tip))

    def find(self, tip: str, *, unrelated: bool, committed: bool) -> Incoming | None:
        """Compare the commit ``tip`` with the branch and what both come from."""
        repository, head = self.repository, self.head
        base = merge_base(repository, head, tip) if head and tip else ""
        if not tip or base == tip:
            return None
        if head and not base and not unrelated:
            where = f"{self.name}/{self.branch}"
            raise SyncBlocked(f"{where} and the branch here have no commit in common: --unrelated brings them together")
        self._head_was, self._index_was = head, repository.index_bytes()
        paths = self._differing(base, head, tip)
        if rules := [path for path in check_kinds(paths) if path.rpartition("/")[2] == _ATTRIBUTES]:
            raise SyncBlocked("the other machine has changed what git does with files", rules)
        objects = GitObjects(repository, like=tip)
        date = date_of(repository, tip)
        incoming = find_changes(self._session, paths, objects, date, committed=committed, begun_file=self.begun_file)
        self._check_free([change.path for change in incoming.changes])
        return incoming

    def record(self, incoming: Incoming, tip: str) -> str:
        """Make the merge commit, and move the branch."""
        repository, head = self.repository, self._head_was
        wanted: dict[str, Known | None] = dict(incoming.tree)
        own = own_changes(self._session, repository)
        texts = {name: incoming.objects.read(name) for name in incoming.new}
        names = repository.write_blobs(texts | own.contents)
        wanted |= {path: Known(known.mode, names.get(known.oid, known.oid)) for path, known in wanted.items() if known}
        wanted |= {path: Known(PLAIN_MODE, names[sha256]) if sha256 else None for path, sha256 in own.files.items()}
        message = f"memwell: merge {self.name}/{self.branch}\n\nMemwell-Actor: system:memwell\n"
        parents = [*([head] if head else []), tip]
        commit = write_merge(repository, head, wanted, parents, message, git.scratch_of(self._session))
        made = Made(commit, message.partition("\n")[0], tuple(wanted))
        repository.publish([made], head, index_lines(repository, wanted), self._index_was)
        forget_begun(self.begun_file)
        return commit

    def push(self) -> Sent | Refused:
        """Move the branch there, if that loses nothing."""
        head, before = self.head, tracked(self.repository, self.remote)
        if not head:
            raise GitUnusable("there is nothing to push yet: the branch has no commit")
        refused = "" if head == before else push(self.repository, self.remote, head)
        return Refused(refused) if refused else Sent(count_between(self.repository, head, before))

    def _vault_tree(self, commit: str) -> dict[str, Known]:
        return vault_tree(self.repository, tree_of(self.repository, commit))

    def _touched_there(self, tip: str) -> list[str]:
        """List the vault's files that are not as they were when the branch parted from ``tip``."""
        head = self.head
        base = merge_base(self.repository, head, tip) if head and tip else ""
        if not tip or base == tip:
            return []
        before, after = self._vault_tree(base), self._vault_tree(tip)
        paths = (path for path in before.keys() | after.keys() if before.get(path) != after.get(path))
        return sorted(path for path in paths if not path.startswith(OWN))

    def _differing(self, base: str, head: str, tip: str) -> dict[str, Three]:
        """Give the paths of the vault that are not the same in all three commits.

        Raises:
            SyncBlocked: files outside of the vault would have to change.
        """
        trees = [tree_of(self.repository, commit) for commit in (base, head, tip)]
        found: dict[str, Three] = {}
        outside: list[str] = []
        for path in sorted(set().union(*trees)):
            three = Three(*(tree.get(path) for tree in trees))
            if three.base == three.here == three.there:
                continue
            if path.startswith(self.repository.prefix):
                found[path[len(self.repository.prefix) :]] = three
            elif three.there not in (three.base, three.here):
                outside.append(path)
        if outside:
            raise SyncBlocked("the other machine has changed files outside of the vault", outside)
        return found

    def _check_free(self, changed: list[str]) -> None:
        """Check that git leaves each file that is to be changed as it is.

        Raises:
            SyncBlocked: one it does not.
        """
        tree = self.repository.read_tree(self.head, git.scratch_of(self._session))
        found = self.repository.obstacles(changed, tree)
        for reason in _IN_THE_WAY:
            if paths := [path for path, left in found.items() if left.reason == reason]:
                raise SyncBlocked(reason, paths)


class GitObjects:
    """Contents by the names that git has for them."""

    def __init__(self, repository: Repository, like: str) -> None:
        """Hold nothing yet; names are of the kind of ``like``, a commit's."""
        self._repository, self._like = repository, like
        self._held: dict[str, bytes] = {}
        self.empty = blob_name(b"", like)

    def name(self, data: bytes) -> str:
        """Hold ``data`` and give its name."""
        name = blob_name(data, self._like)
        self._held[name] = data
        return name

    def fetch(self, names: Iterable[str]) -> None:
        """Have these at hand.

        Raises:
            GitUnusable: the repository does not have them.
        """
        self._held |= contents_of(self._repository, sorted({*names} - self._held.keys()))

    def read(self, name: str) -> bytes:
        """Give what a name stands for."""
        return self._held[name]

    def sha256(self, name: str) -> str:
        """Give the SHA-256 of what a name stands for."""
        return sha256_hex(self._held[name])
