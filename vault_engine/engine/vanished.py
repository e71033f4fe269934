"""Notes that are gone: whether somebody deleted them, renamed them, or is only about to write them again."""

import time
from collections import defaultdict
from collections.abc import Mapping

import vault_engine.note as notes
from vault_engine.engine.session import Session

GRACE_NS = 2_000_000_000  # editors and sync tools delete a note and write it again; this long they may take
_IDS_READ = 100  # notes; of more that are gone at once only the texts are compared


class Vanished:
    """The notes that are gone, by what may be found of them under another name."""

    def __init__(self, session: Session, gone: dict[str, str]) -> None:
        """Get ready.

        Args:
            session: the open vault.
            gone: the paths, and the SHA-256 of what each held. What is found again is taken out of it.
        """
        self._session, self._gone = session, gone
        self._by_text: dict[str, list[str]] = defaultdict(list)
        for path, sha256 in reversed(gone.items()):
            self._by_text[sha256].append(path)
        self._by_id: Mapping[str, str] | None = None

    def take(self, sha256: str, data: bytes) -> str | None:
        """Give the name that a new note had before: one of the same text is gone, or else of the same id."""
        if not data or not self._gone:
            return None
        old = self._by_text[sha256].pop() if self._by_text[sha256] else self._of_same_id(data)
        if old is not None:
            held = self._by_text[self._gone.pop(old)]
            if old in held:
                held.remove(old)
        return old

    def _of_same_id(self, data: bytes) -> str | None:
        if len(self._gone) > _IDS_READ or not (wanted := _id_in(data)):
            return None
        if self._by_id is None:
            self._by_id = {found: path for path, sha256 in self._gone.items() if (found := self._id_of(sha256))}
        old = self._by_id.get(wanted)
        return old if old in self._gone else None

    def _id_of(self, sha256: str) -> str:
        try:
            return _id_in(self._session.revisions.get(sha256))
        except KeyError:  # erased, or not kept here
            return ""


def is_recent(session: Session, path: str) -> bool:
    """Say whether what is gone was there a moment ago: the folder that held it has just changed."""
    folder = (session.vault.root / path).parent
    while not folder.is_dir() and folder != session.vault.root:
        folder = folder.parent
    try:
        age_ns = time.time_ns() - folder.stat().st_mtime_ns
    except OSError:
        return False
    return abs(age_ns) < GRACE_NS  # of a folder from the future nothing can be said


def _id_in(data: bytes) -> str:
    found = notes.parse(data.decode("utf-8", "replace")).properties.get("id")
    return found if isinstance(found, str) else ""
