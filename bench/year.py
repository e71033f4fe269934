"""A year of a vault: notes come, are used and edited, fade, move between tiers and are swept, every day.

The clock is given, so that a year takes minutes. What is pinned or verified must be there at the end, and whatever went
into the archive must come back to the byte. Uses are Zipf-like: most notes are used never or once, a few every week.
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
from vault_engine.engine import DecayFilter, SetProperty, SweepFilter
from vault_engine.engine.session import Session
from vault_engine.engine.stats import counted
from vault_engine.engine.survey import Survey

_FIRST_DAY = datetime(2026, 1, 1, 8, tzinfo=UTC)
_TYPES = ("decision", "preference", "observation", "project", "handoff", "note", "note", "note")
_TIERS = ("working", "working", "episodic", "episodic", "semantic", "")
_FADED = SweepFilter(below=0.05)
_EXPIRED = SweepFilter()


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
    text = f"What happened as number {number} was looked at: it weighs {chance.randrange(1000)} g."
    shown = "\n".join(["---", *head, "---", text]) if head else text
    kind = chance.choice(_TYPES)
    return Memory(shown, category=f"{kind}s", key=f"n-{number}", type=kind)


def live(engine: Engine, session: Dated, days: int, notes: int, chance: random.Random) -> dict[str, Any]:
    """Let so many days pass; say what was swept and moved."""
    swept = moved = made = 0
    entries: list[str] = []
    to_stay = 0
    for day in range(days):
        session.moment = _FIRST_DAY + timedelta(days=day)
        count = notes * (day + 1) // days - made
        memories = [memory(number, chance) for number in range(made, made + count)]
        engine.remember_many(memories)
        to_stay += sum("pinned: true" in one.text or "verified: true" in one.text for one in memories)
        made += count
        session.refresh()
        paths = sorted(session.index.records)
        used = {paths[min(int(chance.paretovariate(0.6)) - 1, len(paths) - 1)] for _ in range(60)}
        used |= set(chance.sample(paths, min(len(paths), 60)))
        session.count_uses(*(session.index.records[path] for path in used))
        for path in chance.sample(paths, min(len(paths), 2)):
            engine.edit(path, SetProperty("updated", session.moment.strftime("%Y-%m-%dT%H:%M:%S")))
        for wanted in (_EXPIRED, _FADED):
            done = engine.sweep(wanted, dry_run=False)
            swept += len(done.archived)
            entries += [done.entry] if done.entry else []
        moved += len(engine.promote(dry_run=False).changes)
    return {"made": made, "swept": swept, "moved": moved, "to_stay": to_stay, "entries": entries}


def run(folder: Path, days: int, notes: int) -> dict[str, Any]:
    """Live a year and look at what is left of it."""
    vault = folder / "vault"
    Engine.create(vault)
    session = Dated(load_config(vault, isolated_env(folder / "cache", "none")))
    chance = random.Random(9)
    with Engine(session) as engine:
        lived, spent = timed(live, engine, session, days, notes, chance)
        alive = engine.decay(DecayFilter()).notes
        strengths = np.array([one.decay for one in alive])
        kept = sum(one.pinned or one.verified for one in alive)
        size = sum(file.stat().st_size for file in vault.rglob("*") if file.is_file())
        back = 0
        for entry in reversed(lived["entries"]):
            undone = engine.undo_together(entry)
            assert not undone.left, undone.left[:3]
            back += len(undone.files)
        figures = {
            "days": days,
            "notes made": lived["made"],
            "swept": lived["swept"],
            "share archived": round(lived["swept"] / lived["made"], 3),
            "tiers changed": lived["moved"],
            "pinned or verified, there of": [kept, lived["to_stay"]],
            "strength, quartiles": np.percentile(strengths, [0, 25, 50, 75, 100]).round(3).tolist(),
            "brought back": back,
            "notes in the end": engine.stats().notes,
            "seconds": round(spent.wall_ms / 1000, 1),
            "megabytes": round(size / 1e6, 1),
        }
    assert kept == lived["to_stay"], figures
    assert figures["notes in the end"] == lived["made"], figures
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
