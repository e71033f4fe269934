"""The commits of a bucket and their lists of files, each checked against its name and asked for once."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from vault_engine.engine.maintain import Progress
from vault_engine.errors import BucketDamaged, BucketUnusable, MemwellError
from vault_engine.sync.bucket import Bucket, in_parallel
from vault_engine.sync.bucket_format import (
    COMMITS,
    MAX_COMMIT_BYTES,
    MAX_LIST_BYTES,
    OBJECTS,
    Commit,
    Entry,
    Related,
    Unfit,
    name_of,
    read_commit,
    read_lists,
    relate,
    write_commit,
)
from vault_engine.vault.files import write_atomic

_ONE_BY_ONE = 3  # commits; who needs more of them gets many at once
_MAX_TREES = 3


class History:
    """What led to the states that a bucket holds. Lists of files are kept in the cache, where nothing is trusted."""

    def __init__(self, bucket: Bucket, cache: Path, progress: Progress | None) -> None:
        self._bucket, self._cache, self._progress = bucket, cache, progress
        self._commits: dict[str, Commit] = {}
        self._trees: dict[str, dict[str, Entry]] = {}  # by commit, the newest last

    def commit(self, name: str) -> Commit:
        """Give a commit.

        Raises:
            BucketDamaged: it is missing, or not what its name says.
            BucketUnusable: it can't be had, or is of a newer format.
        """
        if name not in self._commits:
            self._commits[name] = self._fetched(name)
        return self._commits[name]

    def relate(self, ours: Iterable[str], theirs: str) -> Related:
        """Find where a state and those that the vault has come from. Raises as `commit` does."""
        asked: list[str] = []

        def load(name: str) -> Commit:
            if name not in self._commits and asked and len(asked) % _ONE_BY_ONE == 0:
                self._fetch_early(asked[-1])
            if name not in self._commits:
                asked.append(name)
            return self.commit(name)

        try:
            return relate(ours, theirs, load)
        except Unfit as error:
            raise BucketDamaged(self._address, self._bucket.address.key(COMMITS, theirs), str(error)) from error

    def tree(self, name: str) -> dict[str, Entry]:
        """Give the files of a commit. Raises as `commit` does."""
        if name not in self._trees:
            lists = self.commit(name).lists
            try:
                self._trees[name] = read_lists(self._lists(lists))
            except Unfit as error:
                raise self._unreadable(self._bucket.address.key(COMMITS, name), error) from error
            while len(self._trees) > _MAX_TREES:
                self._trees.pop(next(iter(self._trees)))
            self._forget_lists({list for known in self._trees for list in self.commit(known).lists})
        return self._trees[name]

    def put(self, commit: Commit, lists: Mapping[str, bytes]) -> str:
        """Write a commit whose lists are there; give its name.

        Raises:
            BucketUnusable: it may not be there.
        """
        data = write_commit(commit)
        name = name_of(data)
        self._bucket.put(self._bucket.address.key(COMMITS, name), data)
        self._commits[name] = commit
        for list, list_data in lists.items():
            self._remember(list, list_data)
        return name

    # ---- the parts

    @property
    def _address(self) -> str:
        return str(self._bucket.address)

    def _fetched(self, name: str) -> Commit:
        key = self._bucket.address.key(COMMITS, name)
        data = self._checked(key, name, self._bucket.get(key, MAX_COMMIT_BYTES))
        try:
            return read_commit(data)
        except Unfit as error:
            raise self._unreadable(key, error) from error

    def _fetch_early(self, name: str) -> None:
        """Fetch what comes before a commit all at once; what that names wrongly is found out later."""

        def fetch(name: str) -> tuple[str, Commit] | None:
            with suppress(BucketDamaged, BucketUnusable):
                return name, self._fetched(name)
            return None

        before = [one for one in self._commits[name].past if one not in self._commits]
        self._commits |= dict(filter(None, in_parallel(fetch, before)))

    def _lists(self, names: tuple[str, ...]) -> Iterator[bytes]:
        def fetch(name: str) -> bytes:
            with suppress(OSError):
                data = (self._cache / name).read_bytes()
                if name_of(data) == name:
                    return data
            key = self._bucket.address.key(OBJECTS, name)
            data = self._checked(key, name, self._bucket.get(key, MAX_LIST_BYTES))
            self._remember(name, data)
            return data

        for done, data in enumerate(in_parallel(fetch, names), 1):
            if self._progress and len(names) > 1:
                self._progress("comparing", done, len(names))
            yield data

    def _checked(self, key: str, name: str, data: bytes | None) -> bytes:
        if data is None or name_of(data) != name:
            problem = "is missing" if data is None else "does not hold what its name says"
            raise BucketDamaged(self._address, key, problem)
        return data

    def _unreadable(self, key: str, error: Unfit) -> MemwellError:
        if "newer Memwell" in str(error):
            return BucketUnusable(self._address, f"the object {key} {error}; nothing was changed: update Memwell here")
        return BucketDamaged(self._address, key, str(error))

    def _remember(self, name: str, data: bytes) -> None:
        with suppress(MemwellError):
            write_atomic(self._cache / name, data, self._cache)

    def _forget_lists(self, wanted: set[str]) -> None:
        with suppress(OSError):
            for file in self._cache.iterdir():
                if file.name not in wanted:
                    file.unlink(missing_ok=True)
