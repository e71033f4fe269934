"""A year of a vault: notes come, are used and edited, fade, and are groomed every day: tiers, links, the archive.

The clock is given, so that a year takes minutes. What is pinned or verified must be there at the end, and whatever went
into the archive is brought back and compared with what it held. Uses are Zipf-like: most notes are used never or once,
a few every week.
"""

import argparse
import json
import random
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from bench.machine import facts, facts_line, isolated_env, median, p95, table
from bench.timing import timed
from bench.vault_maker import write_vault
from vault_engine import Actor, Engine, Memory
from vault_engine.config import Config, load_config
from vault_engine.engine import DecayFilter, Remembered, SetProperty, SweepFilter
from vault_engine.engine.changing import writing
from vault_engine.engine.session import Session
from vault_engine.engine.stats import counted
from vault_engine.engine.survey import Survey
from vault_engine.engine.together import Restoral, carry_together
from vault_engine.vault.files import sha256_hex

_FIRST_DAY = datetime(2026, 1, 1, 8, tzinfo=UTC)
_TYPES = ("decision", "preference", "fact", "insight", "observation", "project", "handoff", "note", "note", "note")
_TIERS = ("working", "working", "episodic", "episodic", "semantic", "")
_THINGS = ("pump", "gate", "mast", "winch", "crane", "dinghy", "buoy", "ledger", "boiler", "radio", "cabin", "anchor")
_PARTS = (
    "seal",
    "shaft",
    "cable",
    "motor",
    "valve",
    "hinge",
    "switch",
    "sensor",
    "casing",
    "filter",
    "spring",
    "gauge",
)
_SAID = (
    "The {part} of the {thing} was looked at in round {number}.",
    "The {part} of the {thing} {number} needs oil twice a year.",
    "Anna ordered the {part} for the {thing} {number} from the yard.",
    "Whoever repairs the {thing} {number} takes the {part} off first.",
)
_AT_ONCE = 1000  # notes that are brought back together


class Dated(Session):
    """A vault on a day that is given."""

    def __init__(self, config: Config) -> None:
        super().__init__(config, Actor("agent", "year", "bench"))
        self.moment = _FIRST_DAY

    def now(self) -> datetime:
        """Give the moment."""
        return self.moment


def memory(number: int, chance: random.Random) -> Memory:
    """Make up one memory; a few are pinned or verified."""
    tier, word = chance.choice(_TIERS), chance.random()
    head = [f"tier: {tier}"] if tier else []
    head += ["pinned: true"] if word < 0.01 else ["verified: true"] if word < 0.03 else []
    about = {"part": chance.choice(_PARTS), "thing": chance.choice(_THINGS), "number": number}
    text = chance.choice(_SAID).format(**about)
    shown = "\n".join(["---", *head, "---", text]) if head else text
    kind = chance.choice(_TYPES)
    return Memory(shown, category=f"{kind}s", key=f"n-{number}", type=kind)


class Year:
    """What happens in a vault, day by day, and what its notes must hold."""

    def __init__(self, engine: Engine, session: Dated, days: int, notes: int) -> None:
        self.engine, self.session, self.days, self.notes = engine, session, days, notes
        self.chance = random.Random(9)
        self.holds: dict[str, str] = {}  # by path: the SHA-256 of what it holds, or held when it went
        self.counts = {"made": 0, "to stay": 0, "archived": 0, "tiers": 0, "links": 0, "waiting": 0}

    def live(self) -> None:
        """Let all days pass."""
        for day in range(self.days):
            self.session.moment = _FIRST_DAY + timedelta(days=day)
            self._make(self.notes * (day + 1) // self.days - self.counts["made"])
            self._use()
            self._groom()

    def _make(self, count: int) -> None:
        first = self.counts["made"]
        memories = [memory(number, self.chance) for number in range(first, first + count)]
        for one in self.engine.remember_many(memories).notes:
            assert isinstance(one, Remembered), one
            self.holds[one.path] = one.sha256
        self.counts["made"] += count
        self.counts["to stay"] += sum("pinned: true" in one.text or "verified: true" in one.text for one in memories)

    def _use(self) -> None:
        session, chance = self.session, self.chance
        session.refresh()
        paths = sorted(session.index.records)
        used = {paths[min(int(chance.paretovariate(0.6)) - 1, len(paths) - 1)] for _ in range(60)}
        used |= set(chance.sample(paths, min(len(paths), 60)))
        session.count_uses(*(session.index.records[path] for path in sorted(used)))
        for path in chance.sample(paths, min(len(paths), 2)):
            moment = session.moment.strftime("%Y-%m-%dT%H:%M:%S")
            self.holds[path] = self.engine.edit(path, SetProperty("updated", moment)).sha256

    def _groom(self) -> None:
        done = self.engine.cohere(dry_run=False)
        assert not done.left, done.left[:3]
        for path in {*(one.path for one in done.moved), *(one.path for one in done.links)}:
            self.holds[path] = sha256_hex((self.engine.root / path).read_bytes())
        self.counts["archived"] += len(done.archived)
        self.counts["tiers"] += len(done.moved)
        self.counts["links"] += len(done.links)
        self.counts["waiting"] = done.waiting

    def bring_back(self) -> int:
        """Bring back all that is in the archive; say how many notes hold something else than they must."""
        archived = self.engine.list(archived=True, limit=self.counts["made"]).notes
        for first in range(0, len(archived), _AT_ONCE):
            some = archived[first : first + _AT_ONCE]
            with writing(self.session, None) as author:
                back = [Restoral(one.path, self.holds[one.path], one.archived or "") for one in some]
                done = carry_together(self.session, author, back, {})
                assert not done.left, done.left[:3]
        files = {path: self.engine.root / path for path in self.holds}
        return sum(sha256_hex(files[path].read_bytes()) != sha256 for path, sha256 in self.holds.items())


def run(folder: Path, days: int, notes: int) -> dict[str, Any]:
    """Live a year and look at what is left of it."""
    vault = folder / "vault"
    Engine.create(vault)
    session = Dated(load_config(vault, isolated_env(folder / "cache", "none")))
    with Engine(session) as engine:
        year = Year(engine, session, days, notes)
        _, spent = timed(year.live)
        alive = engine.decay(DecayFilter()).notes
        kept = sum(one.pinned or one.verified for one in alive)
        size = sum(file.stat().st_size for file in vault.rglob("*") if file.is_file())
        there = len(alive)
        differing, back = timed(year.bring_back)
        verified, checked = timed(engine.verify, read_data=True)
        made = year.counts["made"]
        figures = {
            "days": days,
            "notes made": made,
            "in the archive at the end": made - there,
            "share archived": round((made - there) / made, 3),
            "tiers changed": year.counts["tiers"],
            "links made": year.counts["links"],
            "waiting for another run at the end": year.counts["waiting"],
            "pinned or verified, there of": [kept, year.counts["to stay"]],
            "strength: least, 10, 25, 50, 75, 90 %, most": np.percentile(
                [one.decay for one in alive], [0, 10, 25, 50, 75, 90, 100]
            )
            .round(3)
            .tolist(),
            "brought back, holding something else": [made - there, differing],
            "notes in the end": engine.stats().notes,
            "entries of the journal, whole": [verified.entries, verified.is_whole],
            "seconds: the year, a day": [round(spent.wall_ms / 1000, 1), round(spent.wall_ms / 1000 / days, 2)],
            "seconds: bringing back, verifying": [round(one.wall_ms / 1000, 1) for one in (back, checked)],
            "megabytes": round(size / 1e6, 1),
        }
    assert (kept, differing, True) == (year.counts["to stay"], 0, verified.is_whole), figures
    assert figures["notes in the end"] == made, figures
    return figures


def many(folder: Path, notes: int) -> dict[str, list[float]]:
    """Time what looks at all notes, in ms."""
    vault = folder / "many"
    Engine.create(vault)
    write_vault(vault, notes)
    took: dict[str, list[float]] = {"stats": [], "sweep, chosen": [], "sweep, dry run": []}
    with Engine.open(vault, env=isolated_env(folder / "many-cache", "none")) as engine:
        engine.build_index()
        engine.watch()
        session = engine._session
        session.count_uses(*(session.index.records[path] for path in list(session.index.records)[: notes // 5]))
        for _ in range(7):
            took["stats"].append(timed(lambda: counted(Survey(session)))[1].wall_ms)
            took["sweep, chosen"].append(timed(lambda: Survey(session).aged)[1].wall_ms)
            took["sweep, dry run"].append(timed(engine.sweep, SweepFilter(below=0.5))[1].wall_ms)
    return took


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program; see the module's text."""
    parser = argparse.ArgumentParser(prog="python -m bench.year", description=__doc__.splitlines()[0])
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--notes", type=int, default=2500, help="that come in these days; 0: leave the year out")
    parser.add_argument("--many", type=int, default=0, help="notes of a vault in which counting and sweeping are timed")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here as well")
    options = parser.parse_args(arguments)
    figures: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="memwell-year-") as scratch:
        if options.notes:
            figures |= run(Path(scratch), options.days, options.notes)
        if options.many:
            for name, times in many(Path(scratch), options.many).items():
                shown = f"{name}, {options.many:,} notes, p50 / p95 ms"
                figures[shown] = [round(median(times), 2), round(p95(times), 2)]
    print(f"{table([(name, str(value)) for name, value in figures.items()])}\n\n{facts_line()}")
    if options.json:
        options.json.write_text(json.dumps({"format": 1, "machine": facts(), "figures": figures}, indent=1), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
