"""A small store of revisions that the tests of its files share."""

from pathlib import Path

from vault_engine.journal.pack import Record, walk
from vault_engine.journal.revisions import Revisions
from vault_engine.vault.files import sha256_hex

NOTES = [b"a short note", b"words that are said again, " * 8, bytes(range(120))]
NAMES = [sha256_hex(note) for note in NOTES]


class Store:
    """A folder of revisions, opened as often as wanted, each time as another process would."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.local = folder / "revisions", folder / "local"

    def open(self, device: str = "desk") -> Revisions:
        return Revisions(self.folder, lambda: device, self.local)

    def pack(self, device: str = "desk", number: int = 1) -> Path:
        return self.folder / device / f"{number:06}.pack"

    def packs(self) -> list[str]:
        return sorted(str(file.relative_to(self.folder)) for file in self.folder.rglob("*.pack"))

    def set_aside(self) -> list[bytes]:
        folder = self.local / "quarantine"
        return [file.read_bytes() for file in folder.iterdir()] if folder.exists() else []


def keep_notes(store: Store) -> bytes:
    """Keep the three notes, each durably, and give the bytes of their pack."""
    revisions = store.open()
    assert NAMES == [revisions.put(note) for note in NOTES]
    revisions.close()
    return store.pack().read_bytes()


def readable(revisions: Revisions, names=NAMES) -> list[bytes | None]:
    """What is given out for each name."""
    return [revisions.get(name) if name in revisions else None for name in names]


def records(data: bytes) -> list[Record]:
    return [part for part in walk(data) if isinstance(part, Record)]
