"""A bucket as the place where machines meet.

Nobody's state is ever replaced. A push leaves a commit and a head that names it, and then removes the heads of the
commits that its own comes from; so at any moment every commit comes before some head, whoever pushes at the same time,
and whatever a server knows of conditions. Who pulls brings in all heads; one state comes from them then.
"""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from vault_engine.config import CONFIG_FILE
from vault_engine.engine import git, remote_ground
from vault_engine.engine.bucket_history import History
from vault_engine.engine.bucket_state import State, load_state, save_state, state_file
from vault_engine.engine.changing import writing
from vault_engine.engine.git import LeftToYou
from vault_engine.engine.maintain import Progress
from vault_engine.engine.remote_files import AnyFiles
from vault_engine.engine.remote_ground import Ground, Refused, Sent
from vault_engine.engine.remote_here import read_whole, take_up
from vault_engine.engine.remote_incoming import OWN, Incoming, Three, check_kinds, find_changes, forget_begun
from vault_engine.engine.remote_spool import Spool
from vault_engine.engine.remote_target import Target
from vault_engine.engine.session import Session
from vault_engine.errors import BucketDamaged, BucketUnusable, SyncBlocked
from vault_engine.sync.bucket import Bucket, in_parallel
from vault_engine.sync.bucket_format import (
    HEADS,
    OBJECTS,
    PAST,
    Commit,
    Entry,
    Related,
    is_name,
    name_of,
    parts_of,
    write_lists,
)
from vault_engine.sync.remote_plan import PLAIN_MODE, PROGRAM_MODE, Known
from vault_engine.vault.copies import conflict_base
from vault_engine.vault.paths import is_ignored

_OWN_NAMES = (CONFIG_FILE, ".gitignore", "journal", "revisions", "archive", "local")  # the last is passed over
_ATTEMPTS = 3  # while files are being changed
_EMPTIED = (
    "there is nothing of this vault any more, though both were in step;"
    " if it was emptied on purpose, `memwell sync --unrelated` begins anew"
)
_FOREIGN = "holds a vault that this one was never in step with: --unrelated brings them together"


class BucketGround(Ground):
    """One place in a bucket, and what this machine remembers of it."""

    branch = ""

    def __init__(self, session: Session, target: Target, progress: Progress | None = None) -> None:
        """Make ready; the server is not asked yet."""
        self.name = str(target.address)
        self._session, self._progress = session, progress
        self._bucket = Bucket(target.address, target.endpoint_url)
        self._files = AnyFiles(session.config.root, session.config.memwell_dir)
        self._history = History(self._bucket, session.config.cache_dir / "bucket", progress)
        self._file = state_file(session, target)
        self._state: State = load_state(session, self._file)
        self._spool = Spool(session, self._bucket, self._file.with_suffix(".objects"), progress)

    @property
    def head(self) -> str:
        """The commits that the vault has, in one word."""
        return " ".join(self._state.parents)

    @property
    def begun_file(self) -> Path:
        """Where a pull remembers what it has begun."""
        return self._file.with_suffix(".begun")

    @property
    def standing(self) -> tuple[int, int]:
        """How many commits wait to be sent, and how many files have changed since."""
        now = take_up(self._session, self._state.tree, self._state.seen).tree
        changed = sum(now.get(path) != self._state.tree.get(path) for path in now.keys() | self._state.tree.keys())
        return int(bool(self._state.parents) and not self._state.lists), changed

    def check_gone(self) -> None:
        """Compare what is here with what was here the last time."""
        remote_ground.check_gone(self._session, list(self._state.tree))

    def commit_here(self, tip: str = "") -> tuple[int, list[LeftToYou]]:  # noqa: ARG002 - all files are taken up
        """Take up what the vault holds."""
        found = take_up(self._session, self._state.tree, self._state.seen)
        made = int(found.tree != self._state.tree)
        self._state.tree, self._state.seen = found.tree, found.seen
        return made, found.left

    # ---- what comes

    def fetch(self, *, unrelated: bool) -> list[str]:
        """Find the commits that are new, and fetch what they bring."""
        state = self._state
        heads = self._heads()
        if not heads and state.parents:
            if not unrelated:
                raise BucketUnusable(self.name, _EMPTIED)
            state.forget()
        state.behind &= heads
        tips = sorted(heads - {*state.parents} - state.behind)
        if tips and not state.parents:  # what is here already need not be fetched
            with self._session.guard:
                self._session.refresh()
                self.commit_here()
        for tip in tips:
            self._prefetch(tip, unrelated=unrelated)
        return tips

    def find(self, tip: str, *, unrelated: bool, committed: bool) -> Incoming | None:
        """Compare the commit ``tip`` with the vault and what both come from."""
        if not tip or tip in self._state.parents:
            return None
        related = self._relate(tip, unrelated=unrelated)
        if related.base == tip:
            self._state.behind.add(tip)
            return None
        if not committed:
            self.commit_here()
        if not unrelated and self._is_foreign(related):
            raise SyncBlocked(f"{self.name} {_FOREIGN}")
        paths = self._differing(related.base, tip)
        if odd := [path for path in check_kinds(paths) if not _may_come(path)]:
            raise SyncBlocked("the other machine has sent files that no vault sends", odd)
        self._spool.learn_here({entry.sha256: path for path, entry in self._state.tree.items()}, self._read_here)
        date = self._history.commit(tip).at[:10]
        return find_changes(self._session, paths, self._spool, date, committed=committed, begun_file=self.begun_file)

    def record(self, incoming: Incoming, tip: str) -> str:
        """Remember that the commit ``tip`` is in the vault."""
        state, coming = self._state, self._history.commit(tip)
        for path, known in incoming.tree.items():
            if known is None:
                state.tree.pop(path, None)
            else:
                entry = self._spool.entry(known.oid)
                state.tree[path] = entry._replace(is_executable=known.mode == PROGRAM_MODE)
        self._session.refresh(wait=False)
        self.commit_here()
        superseded = self._relate(tip, unrelated=True).superseded
        state.behind |= superseded
        state.parents = tuple(sorted({*state.parents, tip} - superseded))
        state.lists = coming.lists if state.parents == (tip,) else ()
        held = {entry.sha256 for entry in state.tree.values()}
        state.there = (state.there | {entry.sha256 for entry in self._tree(tip).values()}) & held
        save_state(self._session, self._file, state)
        forget_begun(self.begun_file)
        self._spool.clear()
        return self.head

    def _prefetch(self, tip: str, *, unrelated: bool) -> None:
        """Have at hand what bringing in ``tip`` needs, before anybody waits for the vault."""
        related = self._relate(tip, unrelated=unrelated)
        if related.base == tip or (not unrelated and self._is_foreign(related)):
            return
        base, there, here = self._tree(related.base), self._tree(tip), self._state.tree
        self._spool.learn((*base.values(), *there.values(), *here.values()))
        names = {entry.sha256 for path, entry in there.items() if entry not in (base.get(path), here.get(path))}
        changed = (path for path, entry in base.items() if there.get(path) != entry != here.get(path))
        self._spool.learn_here({entry.sha256: path for path, entry in here.items()}, self._read_here)
        self._spool.fetch(names | {base[path].sha256 for path in changed})

    def _relate(self, tip: str, *, unrelated: bool) -> Related:
        try:
            return self._history.relate(self._state.parents, tip)
        except BucketDamaged:
            if not unrelated:
                raise
            self._state.forget()  # others have begun anew
            return Related("", frozenset())

    def _is_foreign(self, related: Related) -> bool:
        """Say whether what comes and what is here have nothing in common, though each has something."""
        return not related.base and any(not path.startswith(OWN) for path in self._state.tree)

    def _tree(self, commit: str) -> dict[str, Entry]:
        return self._history.tree(commit) if commit else {}

    def _differing(self, base: str, tip: str) -> dict[str, Three]:
        """Give the paths that are not the same in all three states."""
        trees = (self._tree(base), self._state.tree, self._tree(tip))
        found: dict[str, Three] = {}
        for path in sorted(set().union(*trees)):
            three = Three(*map(_known, (tree.get(path) for tree in trees)))
            if not three.base == three.here == three.there:
                found[path] = three
        self._spool.learn(entry for tree in trees for entry in tree.values())
        return found

    def _read_here(self, path: str) -> bytes | None:
        return read_whole(self._files, path)

    # ---- what goes

    def push(self) -> Sent | Refused:
        """Send a commit of what the vault has, if that is not there yet."""
        heads = self._heads()
        state = self._state
        if not heads and state.parents:
            raise BucketUnusable(self.name, _EMPTIED)
        if heads - {*state.parents} - state.behind:
            return Refused("other machines send all the time")
        sent = self._upload_files()
        lists = write_lists(state.tree)
        names = tuple(map(name_of, lists))
        if names == state.lists and len(state.parents) == 1:
            self._remove_heads(heads & state.behind)  # of a push that was cut short
            return Sent(0)
        known = {name for parent in state.parents for name in self._history.commit(parent).lists}
        new = {name: data for name, data in zip(names, lists, strict=True) if name not in known}
        sent += self._upload(new.items())
        name = self._history.put(self._commit(names), new)
        self._bucket.put(self._bucket.address.key(HEADS, name), b"")
        self._remove_heads(heads & ({*state.parents} | state.behind))
        state.parents, state.lists, state.behind = (name,), names, state.behind | {*state.parents}
        state.there = {entry.sha256 for entry in state.tree.values()}
        save_state(self._session, self._file, state)
        return Sent(1, len(sent), sum(sent))

    def _remove_heads(self, heads: set[str]) -> None:
        for head in sorted(heads):
            with suppress(BucketUnusable):  # a head too many is looked at, and passed over
                self._bucket.remove(self._bucket.address.key(HEADS, head))

    def _upload_files(self) -> list[int]:
        """Send what the vault has and the bucket has not; give how many bytes each object has that was sent."""
        sent: list[int] = []
        for _ in range(_ATTEMPTS):
            changed: list[str] = []
            sent += self._upload(self._outgoing(changed))
            if not changed:
                return sent
            with writing(self._session, None):  # somebody has saved them meanwhile: take that
                self._session.refresh()
                self.commit_here()
        raise SyncBlocked("files are being changed again and again", changed)

    def _outgoing(self, changed: list[str]) -> Iterator[tuple[str, bytes]]:
        """Give the objects of files that are not there yet; ``changed`` gets those that are not as they were."""
        state = self._state
        waiting = {entry.sha256: path for path, entry in state.tree.items() if entry.sha256 not in state.there}
        for done, (sha256, path) in enumerate(waiting.items(), 1):
            entry = state.tree[path]
            data = (self._read_here(path) or b"")[: entry.size]  # a journal may have grown since
            if name_of(data) == sha256:
                yield from zip(entry.objects, parts_of(data), strict=True)
            else:
                changed.append(path)
            if self._progress:
                self._progress("sending", done, len(waiting))

    def _upload(self, objects: Iterable[tuple[str, bytes]]) -> list[int]:
        """Send objects that are not there; give how many bytes each has that was sent."""
        address = self._bucket.address
        listed = None if self._state.parents else dict(self._bucket.keys(address.key(OBJECTS)))

        def send(item: tuple[str, bytes]) -> int:
            name, data = item
            key = address.key(OBJECTS, name)
            if (self._bucket.size(key) if listed is None else listed.get(key)) == len(data):
                return -1
            self._bucket.put(key, data)
            return len(data)

        return [size for size in in_parallel(send, objects) if size >= 0]

    def _commit(self, lists: tuple[str, ...]) -> Commit:
        """Describe what is sent; what brings the same states together is the same commit, whoever makes it."""
        parents = {name: self._history.commit(name) for name in self._state.parents}
        before = [name for parent in parents.values() for name in parent.parents]
        before += [name for parent in parents.values() for name in parent.past]
        is_merge = len(parents) > 1
        now = self._session.now().isoformat(timespec="microseconds").replace("+00:00", "Z")
        return Commit(
            parents=tuple(sorted(parents)),
            depth=1 + max((parent.depth for parent in parents.values()), default=0),
            lists=lists,
            device="" if is_merge else git.device_of(self._session),
            at=max(parent.at for parent in parents.values()) if is_merge else now,
            past=tuple(dict.fromkeys(before))[:PAST],
        )

    def _heads(self) -> set[str]:
        """List the heads that are there; what is no name of a commit is nobody's of ours."""
        folder = self._bucket.address.key(HEADS)
        names = {key.removeprefix(folder) for key, _ in self._bucket.keys(folder)}
        return {name for name in names if is_name(name)}


def _known(entry: Entry | None) -> Known | None:
    return Known(PROGRAM_MODE if entry.is_executable else PLAIN_MODE, entry.sha256) if entry else None


def _may_come(path: str) -> bool:
    """Say whether a vault sends files of such a path."""
    if path.startswith(OWN):
        return path.split("/")[1] in _OWN_NAMES or conflict_base(path) == f"{OWN}{CONFIG_FILE}"
    return not any(is_ignored(part) for part in path.split("/"))
