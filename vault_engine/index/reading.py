"""Reading notes for the index: what was saved is taken in, the first half of it never is."""

from dataclasses import dataclass

from vault_engine.errors import MemwellError, NoteMissing
from vault_engine.index.record import Described, Record, describe
from vault_engine.journal.known import Known
from vault_engine.note import Rules
from vault_engine.vault.files import sha256_hex
from vault_engine.vault.store import Vault
from vault_engine.vault.walk import Signature, signature_of

_SETTLED_NS = 50_000_000  # a file changed this recently may be half written, or change within one tick of its mtime
_SHRUNK_NS = 300_000_000  # the same for one that has become empty or half as long: editors empty a file to write it


@dataclass(frozen=True, slots=True)
class Fresh:
    """A note that the index does not have so."""

    described: Described
    signature: Signature | None  # None: the file may change within one tick of its clock, look again


@dataclass(frozen=True, slots=True)
class Same:
    """A note that holds what the index has."""

    signature: Signature | None


class Reader:
    """Reads notes, and remembers which it could not."""

    def __init__(self, vault: Vault, known: Known, rules: Rules) -> None:
        """Read from ``vault``; what the journals say of a note is ``known``: what they name is whole."""
        self._vault = vault
        self._known = known
        self._known_as_of = 0
        self._rules = rules
        self.unread: dict[str, str] = {}  # notes that may not be read, and why
        self.unsettled: dict[str, int] = {}  # files that may be half written, and when they can be trusted

    def read(self, path: str, indexed: Record | None, now_ns: int) -> Fresh | Same | None:
        """Read one note; None when it is gone, may not be read, or is still being saved.

        Args:
            path: the note.
            indexed: what the index has of it.
            now_ns: the wall clock, in nanoseconds since 1970.
        """
        try:
            before = signature_of(self._vault.root / path)
            data = self._vault.read(path)
            settled = before == signature_of(self._vault.root / path)
        except (FileNotFoundError, NoteMissing):
            return None
        except (OSError, MemwellError) as error:
            self.unread[path] = str(error)
            return None
        self.unread.pop(path, None)
        sha256 = sha256_hex(data)
        signature = before if settled and now_ns - before.mtime_ns > _SETTLED_NS else None
        if indexed and indexed.sha256 == sha256:
            return Same(signature)
        if not self._is_whole(path, indexed, before, sha256, now_ns, settled=settled):
            return None
        return Fresh(describe(path, data, self._rules), signature)

    def _is_whole(
        self, path: str, indexed: Record | None, found: Signature, sha256: str, now_ns: int, *, settled: bool
    ) -> bool:
        """Say whether what was read of a note is what somebody saved, and not the first half of it."""
        has_shrunk = indexed is not None and (found.size == 0 or 2 * found.size < indexed.size)
        whole_at = found.mtime_ns + (_SHRUNK_NS if has_shrunk else _SETTLED_NS)
        if settled and (now_ns >= whole_at or found.mtime_ns > now_ns + _SHRUNK_NS):  # the latter: an odd clock
            return True
        if self._known_as_of != now_ns:  # once a look
            self._known.catch_up()
            self._known_as_of = now_ns
        head = self._known.get(path)
        if head is not None and head.sha256 == sha256:
            return True
        self.unsettled[path] = max(whole_at, now_ns + _SETTLED_NS if not settled else 0)
        return False
