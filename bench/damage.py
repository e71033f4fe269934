"""Damage the journal and the revisions of a small vault in many ways; does Memwell live with it, and say so?

A *torn tail* is what a power failure leaves of the journal's end: cut off anywhere, or read as NUL bytes. A *flip* is
one bit changed anywhere in a journal or among the revisions. After each:

- opening, reading, searching and asking for the status work, and no note has changed;
- what the damage did not touch is still there: the journal's other lines, the other revisions;
- no revision gives other bytes than it was made of, and every flip is reported by `Engine.verify`, but for the few
  bits that fill up the last byte of a compressed revision: they stand for nothing;
- the next write works, and is in the journal when the vault is opened again.

Ends with 1 when one of these did not hold.
"""

import argparse
import json
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from bench.kept import OWN, Revisions, journal, notes
from bench.machine import facts, facts_line, isolated_env, table
from vault_engine import Actor, Engine, Memory
from vault_engine.engine import Append

KINDS = ("torn", "flip")
_NOTES = 6
_EDITS = 18
_TAIL_BYTES = 1500  # three lines of the journal or so
_NEXT = Memory("What came next.\n", category="after", key="next")
_NEXT_NOTE = "after/next.md"
_FINDINGS_SHOWN = 10


class Damage(NamedTuple):
    """One way to damage one file."""

    kind: str
    file: Path  # below the vault
    data: bytes  # what it holds then
    note: str  # the damage in words

    @property
    def is_of_journal(self) -> bool:
        """Whether a journal is damaged; else it is a file of revisions."""
        return self.file.suffix == ".jsonl"


class Tried(NamedTuple):
    """What came of one damage."""

    kind: str
    reported: bool
    findings: tuple[str, ...]


class Pattern:
    """A small vault with a history, copied for every trial."""

    def __init__(self, folder: Path) -> None:
        self.vault, self._trial = folder / "pattern", folder / "trial"
        self._env = isolated_env(folder / "cache", "none")
        Engine.create(self.vault)
        with Engine.open(self.vault, actor=Actor("agent", "maker"), env=self._env) as engine:
            for number in range(_NOTES):
                engine.remember(Memory(f"# Note {number}\n\nThe harbour has {number} berths.\n", key=f"n{number}"))
            for number in range(_EDITS):
                engine.edit(f"notes/n{number % _NOTES}.md", Append(f"Line {number}."))
            engine.forget("notes/n5.md")
        self._notes = notes(self.vault)
        self._lines = journal(self.vault)
        self._revisions = Revisions(self.vault, self._env).all_of(self._lines)
        self._journals = sorted(self.vault.glob(f"{OWN}/journal/*/*.jsonl"))
        kept = sorted(file for file in (self.vault / OWN / "revisions").rglob("*") if file.is_file())
        self._files = [*self._journals, *kept]

    @property
    def last_journal(self) -> Path:
        """The journal that is being written, below the vault."""
        return self._journals[-1].relative_to(self.vault)

    @property
    def largest_of_revisions(self) -> Path:
        """The largest file that keeps revisions, below the vault."""
        kept = [file for file in self._files if file not in self._journals]
        return max(kept, key=lambda file: file.stat().st_size).relative_to(self.vault)

    def torn(self, random_source: random.Random) -> Damage:
        """Cut the journal's end off somewhere, or let it read as NUL bytes, or let some follow."""
        file = self.last_journal
        data = (self.vault / file).read_bytes()
        size = random_source.randint(1, min(_TAIL_BYTES, len(data)))
        holds, note = random_source.choice(
            [
                (data[:-size], f"the last {size} bytes cut off"),
                (data[:-size] + bytes(size), f"the last {size} bytes NUL"),
                (data[:-size] + bytes(random_source.randint(1, 4096)), f"the last {size} bytes replaced by NUL"),
                (data + bytes(size), f"{size} NUL bytes more"),
            ]
        )
        return Damage("torn", file, holds, note)

    def flipped(self, random_source: random.Random) -> Damage:
        """Change one bit of a journal or of what keeps the revisions, each byte as likely as any other."""
        file = random_source.choices(self._files, [file.stat().st_size for file in self._files])[0]
        data = bytearray(file.read_bytes())
        place, bit = random_source.randrange(len(data)), random_source.randrange(8)
        data[place] ^= 1 << bit
        return Damage("flip", file.relative_to(self.vault), bytes(data), f"bit {bit} of byte {place} changed")

    def tried(self, damage: Damage) -> Tried:
        """Copy the vault, damage it, live with it."""
        shutil.rmtree(self._trial, ignore_errors=True)
        shutil.copytree(self.vault, self._trial)
        (self._trial / damage.file).write_bytes(damage.data)
        try:
            reported = self._live_with_it()
            findings = tuple(self._findings(damage, reported=reported))
        except Exception as error:  # noqa: BLE001 - any at all is a finding
            reported, findings = False, (f"raised {error!r}",)
        return Tried(damage.kind, reported, tuple(f"{damage.file}, {damage.note}: {one}" for one in findings))

    def _live_with_it(self) -> bool:
        """Open, read, search, write; say whether the damage was reported."""
        with Engine.open(self._trial, env=self._env) as engine:
            for path in self._notes:
                engine.read(path)
            engine.recall("harbour", mode="keyword")
            reported = not engine.verify(read_data=True).is_whole
            engine.remember(_NEXT)
        with Engine.open(self._trial, env=self._env) as engine:
            reported |= not engine.verify(read_data=True).is_whole
        mended = any(line.op == "recovered" for line in journal(self._trial))
        return reported or mended or any((self._trial / OWN / "local" / "quarantine").glob("*"))

    def _findings(self, damage: Damage, *, reported: bool) -> Iterator[str]:
        found = notes(self._trial)
        if found.pop(_NEXT_NOTE, b"") == b"" or found != self._notes:
            yield "the notes are not what they were, with the next one"
        lines = journal(self._trial)
        if not any(line.path == _NEXT_NOTE for line in lines):
            yield "the next write is not in the journal"
        yield from self._lost_lines(damage, {line.id for line in lines})
        kept = Revisions(self._trial, self._env)
        got = {name: kept.get(name) for name in self._revisions}
        yield from self._lost_revisions(damage, got)
        is_harmless = not damage.is_of_journal and got == self._revisions
        if damage.kind == "flip" and not reported and not is_harmless:
            yield "not reported"

    def _lost_lines(self, damage: Damage, found: set[str]) -> Iterator[str]:
        """Name the lines which are not there any more although the damage has not touched them."""
        whole = set(damage.data.splitlines(keepends=True)) if damage.is_of_journal else set()
        old = (self.vault / damage.file).read_bytes().splitlines(keepends=True) if damage.is_of_journal else []
        touched = {json.loads(line)["id"] for line in old if line not in whole}
        yield from (f"the journal lost line {one.seq}" for one in self._lines if one.id not in found | touched)

    def _lost_revisions(self, damage: Damage, got: Mapping[str, bytes | None]) -> Iterator[str]:
        """Name the revisions that give wrong bytes; where more are lost than damaged, those too."""
        yield from (
            f"revision {name[:8]} has other bytes"
            for name, data in got.items()
            if data not in (None, self._revisions[name])
        )
        missing = [name[:8] for name, data in got.items() if data is None]
        if len(missing) > (0 if damage.is_of_journal else 1):
            yield f"revisions lost: {', '.join(missing)}"


def damage_all(torn: int, flips: int, folder: Path, *, seed: int = 1) -> list[Tried]:
    """Try so many damages of either kind on a vault in ``folder``."""
    random_source, pattern = random.Random(seed), Pattern(folder)
    return [
        *(pattern.tried(pattern.torn(random_source)) for _ in range(torn)),
        *(pattern.tried(pattern.flipped(random_source)) for _ in range(flips)),
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program; see the module's text."""
    parser = argparse.ArgumentParser(prog="python -m bench.damage", description=__doc__.splitlines()[0])
    parser.add_argument("--torn", type=int, default=1500, metavar="N", help="tails of the journal to tear")
    parser.add_argument("--flips", type=int, default=1000, metavar="N", help="bits to change")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, help="where to put the vaults; without it, a temporary folder")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all findings here as well")
    options = parser.parse_args(arguments)
    began = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="memwell-damage-", dir=options.folder) as folder:
        tried = damage_all(options.torn, options.flips, Path(folder), seed=options.seed)
    rows = [(kind, *_counts([one for one in tried if one.kind == kind])) for kind in KINDS]
    print(table([("damage", "tried", "reported", "failing"), *rows]))
    findings = [finding for one in tried for finding in one.findings]
    print("\n".join(findings[:_FINDINGS_SHOWN]) or "lived with all of it")
    seconds = round(time.perf_counter() - began, 1)
    print(f"{seconds} s, {facts_line()}")
    if options.json:
        report = {"format": 1, "machine": facts(), "seconds": seconds, "rows": rows, "findings": findings}
        options.json.write_text(json.dumps(report, indent=1), "utf-8")
    return 1 if findings else 0


def _counts(tried: Sequence[Tried]) -> tuple[str, str, str]:
    reported, failing = (sum(bool(one[field]) for one in tried) for field in (1, 2))
    return str(len(tried)), str(reported), str(failing)


if __name__ == "__main__":
    sys.exit(main())
