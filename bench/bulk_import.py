"""What remembering many notes at once costs, beside merely creating as many files with one sync, in turn.

Everything goes through the public interface, on generated notes in a temporary folder. Ends with 1 when a note is
not in its place.
"""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.machine import facts, facts_line, isolated_env, median, table
from bench.timing import Took, timed
from bench.vault_maker import make_notes
from vault_engine import Engine, Memory
from vault_engine.vault.place import place_of, sync_all


def measure(count: int, rounds: int, folder: Path) -> dict[str, Any]:
    """Import ``count`` notes and create as many files, ``rounds`` times each; ``wrong`` lists what is not there.

    Nothing is deleted in between: ext4 is many times slower at creating files while it passes over the inodes of those
    that were deleted a moment ago.
    """
    texts = [text for _, text in make_notes(count)]
    floor: list[Took] = []
    ours: list[Took] = []
    wrong: list[str] = []
    for number in range(rounds):
        for is_ours in (False, True) if number % 2 else (True, False):  # neither always comes first
            if is_ours:
                took, missing = _import(folder / f"ours-{number}", texts)
                ours.append(took)
                wrong += missing
            else:
                floor.append(timed(_create_files, folder / f"floor-{number}", texts)[1])
    return {
        "notes": count,
        "floor_wall_s": round(median([took.wall_s for took in floor]), 2),
        "ours_wall_s": round(median([took.wall_s for took in ours]), 2),
        "wall_ratio": round(median([one.wall_s / two.wall_s for one, two in zip(ours, floor, strict=True)]), 2),
        "floor_cpu_s": round(median([took.cpu_s for took in floor]), 2),
        "ours_cpu_s": round(median([took.cpu_s for took in ours]), 2),
        "cpu_ratio": round(median([one.cpu_s / two.cpu_s for one, two in zip(ours, floor, strict=True)]), 2),
        "ours_cpu_us_a_note": round(median([took.cpu_s for took in ours]) / count * 1e6),
        "wrong": wrong,
    }


def _create_files(folder: Path, texts: Sequence[str]) -> None:
    """Create files under their last names, and make them durable with the one call that the import makes too."""
    folder.mkdir()
    for number, text in enumerate(texts):
        handle = os.open(folder / f"note-{number}.md", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        os.write(handle, text.encode())
        os.close(handle)
    with place_of(folder, "-") as place:  # not os.sync, which waits for every other disk and program as well
        sync_all(place)


def _import(vault: Path, texts: Sequence[str]) -> tuple[Took, list[str]]:
    Engine.create(vault)
    memories = [Memory(text, "imported", f"note-{number}") for number, text in enumerate(texts)]
    with Engine.open(vault, env=isolated_env(vault.with_suffix(".index"), "none")) as engine:
        before = os.times()
        done, took = timed(engine.remember_many, memories)
        after = os.times()
    helped = sum(after[2:4]) - sum(before[2:4])  # user and system time of processes that were started and have ended
    there = sum((vault / "imported" / f"note-{number}.md").is_file() for number in range(len(texts)))
    problems = [f"{len(texts) - there} notes are missing"] if there < len(texts) else []
    return Took(took.wall_s, took.cpu_s + helped), problems + [str(one.error) for one in done.failed]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program; see the module's text."""
    parser = argparse.ArgumentParser(prog="python -m bench.bulk_import", description=__doc__.splitlines()[0])
    parser.add_argument("--notes", default="20000", help="sizes, separated by commas")
    parser.add_argument("--rounds", type=int, default=5, help="how often each is done")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here as well")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="memwell-bulk-") as scratch:
        results = [measure(int(size), options.rounds, Path(scratch)) for size in options.notes.split(",")]
    names = [name for name in results[0] if name != "wrong"]
    print(table([("figure", *("" for _ in results)), *((n, *(str(r[n]) for r in results)) for n in names)]))
    print(facts_line())
    wrong = [problem for result in results for problem in result["wrong"]]
    print("\n".join(wrong) or "every note is in its place")
    if options.json:
        options.json.write_text(json.dumps({"format": 1, "machine": facts(), "sizes": results}, indent=1), "utf-8")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
