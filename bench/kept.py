"""What a vault keeps: notes, archive, journal, revisions. The files are read here without the engine's help.

So a proof does not rest on the code that it is about. Only revisions are read by the engine's own store.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from vault_engine import Actor
from vault_engine.config import load_config
from vault_engine.engine.session import Session

OWN = ".memwell"
ARCHIVE = f"{OWN}/archive/"


class Line(NamedTuple):
    """One line of a journal, as far as the proofs ask."""

    seq: int
    id: str
    op: str
    path: str
    to: str | None
    before: str
    after: str
    actor: str
    ref: str | None


def sha256(data: bytes) -> str:
    """Give the SHA-256 of some bytes, 64 hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def sha256_at(file: Path) -> str:
    """Give the SHA-256 of a file; "" if it is not there."""
    try:
        return sha256(file.read_bytes())
    except FileNotFoundError:
        return ""


def notes(vault: Path) -> dict[str, bytes]:
    """Read every Markdown file of a vault that is not in a hidden folder, by its path."""
    return {
        path: file.read_bytes()
        for file in sorted(vault.rglob("*.md"))
        if not (path := file.relative_to(vault).as_posix()).startswith(".") and "/." not in path
    }


def archived(vault: Path) -> dict[str, bytes]:
    """Read every archived note, by its path below the vault."""
    return {file.relative_to(vault).as_posix(): file.read_bytes() for file in sorted(vault.glob(f"{ARCHIVE}**/*.md"))}


def leftovers(vault: Path) -> list[str]:
    """List temporary files that nobody has removed."""
    return sorted(file.name for file in (vault / OWN / "local" / "tmp").glob("*"))


def journal(vault: Path) -> list[Line]:
    """Read the lines of the journals that can be read, in the order of their numbers."""
    return read_lines(sorted(vault.glob(f"{OWN}/journal/*/*.jsonl")))


def read_lines(files: Iterable[Path]) -> list[Line]:
    """Read the lines of some journal files that are whole JSON, in the order of their numbers."""
    found = []
    for file in filter(Path.is_file, files):
        for line in file.read_bytes().split(b"\n")[:-1]:
            with suppress(ValueError, KeyError, TypeError):
                found.append(_line(json.loads(line)))
    return sorted(found, key=lambda line: line.seq)


def happened(lines: Iterable[Line]) -> list[Line]:
    """Leave out what was announced and, as the journal says, did not happen."""
    lines = list(lines)
    aborted = {line.ref for line in lines if line.op == "abort"}
    return [line for line in lines if line.op != "abort" and line.id not in aborted]


class Revisions:
    """The bytes that notes had."""

    def __init__(self, vault: Path, env: Mapping[str, str]) -> None:
        self._kept = Session(load_config(vault, env), Actor("system", "proof")).revisions

    def get(self, name: str) -> bytes | None:
        """Give the bytes of that SHA-256, or None if they are not kept whole."""
        try:
            return self._kept.get(name)
        except KeyError:
            return None

    def all_of(self, lines: Iterable[Line]) -> dict[str, bytes]:
        """Give every revision that a journal names, as far as it is kept."""
        names = {name for line in lines for name in (line.before, line.after) if name}
        return {name: data for name in sorted(names) if (data := self.get(name)) is not None}


def _line(fields: Mapping[str, object]) -> Line:
    actor = fields["actor"]
    if not isinstance(actor, dict):
        raise TypeError("actor")
    texts = {name: str(fields[name]) for name in ("id", "op", "path", "before", "after")}
    to, ref = (None if fields.get(name) is None else str(fields[name]) for name in ("to", "ref"))
    return Line(seq=int(str(fields["seq"])), to=to, ref=ref, actor=str(actor["name"]), **texts)
