"""What a vault and a folder held when they last held the same. Kept on this machine, written after the notes.

If it is lost or does not fit, every note counts as new on both sides: what is the same is taken as it is, and what
differs is kept twice. No note's text is in it: that is among the vault's revisions.
"""

import hashlib
import json
from collections.abc import Container, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from vault_engine.sync.plan import Held
from vault_engine.sync.shown import either
from vault_engine.vault.files import explained, sha256_hex, write_atomic
from vault_engine.vault.walk import Signature

FORMAT = 1

_FILE = "base.json"
_KEY_DIGITS = 16


class Synced(NamedTuple):
    """One note that both held, by the path that both had it under."""

    held: Held
    shown: str  # SHA-256 of the whole file in the folder
    added: tuple[str, ...] = ()  # marks of the lines that were added to it there, or of what its page showed
    seen: Signature | None = None  # of that file, where it could be trusted
    before: str = ""  # SHA-256 of the note that the file showed before it was written here last; "" if that is past
    written_ns: int = 0  # when it was, by the wall clock


class State:
    """What is remembered of one folder."""

    def __init__(self, local_dir: Path, target: Path, form: str) -> None:
        """Remember a folder, by its whole path with links resolved and the form of its notes.

        Args:
            local_dir: of the vault.
            target: the folder.
            form: what its notes are written for: a folder in one form tells nothing of another one.
        """
        key = hashlib.sha256(f"{form} {target}".encode("utf-8", "surrogateescape")).hexdigest()[:_KEY_DIGITS]
        self._file = local_dir / "sync" / key / _FILE
        self._renaming = self._file.with_name("renaming")
        self._temporary_dir = local_dir / "tmp"
        self._announced = self._file.with_name("announced.json")
        self._saved = b""
        self.names = ""  # tells the names of the vault's notes from others, where links to them are written anew
        self.daily: str | None = None  # the folder of the vault whose notes are journals, once that has been decided
        self.merged: frozenset[str] = frozenset()  # SHA-256 of files that were last replaced by what was merged of them

    def announced(self) -> dict[str, tuple[str, ...]]:
        """Give what was announced and may have been written since, by path; nothing where that can't be read."""
        try:
            stored = json.loads(self._announced.read_bytes())
            return {str(path): tuple(map(str, marks)) for path, marks in stored.items()}
        except (OSError, AttributeError, TypeError, ValueError, RecursionError):
            return {}

    def marks(self, notes: Mapping[str, Synced]) -> dict[str, tuple[str, ...]]:
        """Give what each file may be known by: what has been announced since it was remembered, else that."""
        return {path: one.added for path, one in notes.items()} | self.announced()

    def announce(self, new: Mapping[str, tuple[str, ...]], known: Mapping[str, tuple[str, ...]]) -> None:
        """Remember what files are to be known by that are about to be written, until `save`.

        Args:
            new: by path, what they will be known by.
            known: by path, what they are known by now.

        Raises:
            VaultDenied, StorageFailed: that can't be remembered.
        """
        before = self.announced()
        both = {path: ((*known.get(path, ()), *before.get(path, ())), marks) for path, marks in new.items()}
        self._announce(before | {path: either(*one) for path, one in both.items() if any(one)})

    @property
    def is_kept(self) -> bool:
        """Whether anything is remembered of the folder, readable or not."""
        return self._file.exists()

    @property
    def is_renaming(self) -> bool:
        """Whether notes of the vault were to get other paths, and it is not known that all of that was done."""
        return self._renaming.exists()

    def begin_renames(self) -> None:
        """Remember that notes of the vault are about to get other paths, until `end_renames`.

        Raises:
            VaultDenied, StorageFailed: that can't be remembered.
        """
        write_atomic(self._renaming, b"", self._temporary_dir)

    def end_renames(self) -> None:
        """Forget that. Raises as `begin_renames`."""
        with explained(self._renaming):
            self._renaming.unlink(missing_ok=True)

    def load(self) -> dict[str, Synced]:
        """Give what both held, by path; nothing where that is not known.

        Raises:
            VaultDenied, StorageFailed: it is there and can't be read.
        """
        with explained(self._file):
            try:
                data = self._file.read_bytes()
            except FileNotFoundError:
                return {}
        sha256, _, body = data.partition(b"\n")
        if sha256 != sha256_hex(body).encode():
            return {}
        self._saved = body
        try:
            stored = json.loads(body)
            if stored["format"] != FORMAT:
                return {}
            notes = {path: _synced(one) for path, one in stored["notes"].items()}
            self.merged = frozenset(map(str, stored["merged"]))
            self.names = str(stored.get("names", ""))
            self.daily = stored.get("daily")
        except (AttributeError, KeyError, TypeError, ValueError):
            return {}
        return notes

    def save(
        self,
        notes: Mapping[str, Synced],
        unsure: Container[str] = (),
        found: Mapping[str, tuple[str, ...]] = MappingProxyType({}),
    ) -> None:
        """Remember what both hold now, if that is anything new.

        Args:
            notes: what both hold, by path.
            unsure: the paths for which what was announced still counts.
            found: by path, what the other files of the folder are known by.

        Raises:
            VaultDenied, StorageFailed: it is not remembered.
        """
        announced = self.announced()
        left = {path: marks for path, marks in found.items() if marks and marks != _added(notes.get(path))}
        if left:
            self._announce(left | announced)  # before what those were known by so far is forgotten
        left |= {path: marks for path, marks in announced.items() if path in unsure}
        facts: dict[str, Any] = {"format": FORMAT, "merged": sorted(self.merged), "notes": dict(sorted(notes.items()))}
        if self.names:
            facts |= {"names": self.names, "daily": self.daily}
        body = json.dumps(facts).encode()
        if body != self._saved:
            write_atomic(self._file, sha256_hex(body).encode() + b"\n" + body, self._temporary_dir)
            self._saved = body
        self._announce(left)

    def _announce(self, marks: Mapping[str, tuple[str, ...]]) -> None:
        if not marks:
            with explained(self._announced):
                self._announced.unlink(missing_ok=True)
        elif marks != self.announced():
            write_atomic(self._announced, json.dumps(marks).encode(), self._temporary_dir)


def _added(note: Synced | None) -> tuple[str, ...]:
    return note.added if note else ()


def _synced(stored: Any) -> Synced:
    (sha256, id, size), shown, added, seen, *more = stored
    before, written_ns = more or ("", 0)
    held, signature = Held(str(sha256), id, int(size)), seen and Signature(*seen)
    return Synced(held, str(shown), tuple(map(str, added)), signature, str(before), int(written_ns))
