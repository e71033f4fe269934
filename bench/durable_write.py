"""What a durable change costs beside the bare file operations that make it durable, on the same disk, in turn.

The bare sequence is what a write that keeps history can't do without: the new text appended to a file of revisions,
a line appended to a journal, a temporary file, each with an fsync, a rename, an fsync of the folder. The shorter one
leaves the revision out. Nothing is read, checked, hashed or locked in either.
"""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from bench.machine import facts, facts_line, isolated_env, median, p95, table
from bench.timing import timed
from bench.vault_maker import write_vault
from vault_engine import Engine, Memory
from vault_engine.note.change import Append

TEXT = "# Decision {0}\n\n" + "The staging server stays where it is, for latency and for price. " * 5 + "\n\n#ops\n"


class Bare:
    """The file operations alone."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self._folder = folder
        self._handle = os.open(folder, os.O_RDONLY)
        self._revisions = os.open(folder / "revisions", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self._journal = os.open(folder / "journal", os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def write(self, name: str, data: bytes, *, with_revision: bool) -> None:
        """Put ``data`` durably into the file ``name``."""
        if with_revision:
            os.write(self._revisions, data)
            os.fsync(self._revisions)
        os.write(self._journal, b"x" * 520 + b"\n")
        os.fsync(self._journal)
        temporary = os.open(self._folder / "temporary", os.O_WRONLY | os.O_CREAT | os.O_EXCL)
        os.write(temporary, data)
        os.fsync(temporary)
        os.close(temporary)
        (self._folder / "temporary").rename(self._folder / name)
        os.fsync(self._handle)


def measure(notes: int, writes: int, folder: Path) -> dict[str, Any]:
    """Measure in a vault of so many notes; times in ms."""
    vault = folder / f"vault-{notes}"
    Engine.create(vault)
    write_vault(vault, notes)
    bare = Bare(vault / ".bare")  # in the same place: what making a file costs depends on what lies around it
    took: dict[str, list[float]] = {}

    def one(name: str, call: Callable[..., Any], *arguments: Any, **named: Any) -> None:
        took.setdefault(name, []).append(timed(call, *arguments, **named)[1].wall_ms)

    with Engine.open(vault, env=isolated_env(folder / f"index-{notes}", "none")) as engine:
        engine.build_index()
        engine.remember(Memory("The first one enters what was there.", key="first"))
        for number in range(writes):
            data = TEXT.format(number).encode() + b"x" * 200  # about what the note becomes
            one("bare", bare.write, f"{number}.md", data, with_revision=True)
            one("bare, no revision", bare.write, f"{number}-short.md", data, with_revision=False)
            one("remember, new", engine.remember, Memory(TEXT.format(number), category="bench", key=f"m{number}"))
        engine.recall("staging", mode="keyword")  # takes the notes in
        for number in range(writes):
            data = TEXT.format(number).encode() + b"x" * 200
            one("bare, over", bare.write, f"{number}.md", data, with_revision=True)
            longer = TEXT.format(number) + "One line more.\n"
            one("remember, again", engine.remember, Memory(longer, category="bench", key=f"m{number}"))
        for number in range(min(writes, 30)):
            one("append", engine.edit, f"bench/m{number}.md", Append("One line more."))
    return {
        "notes": notes,
        "p50_ms": {name: round(median(times), 2) for name, times in took.items()},
        "p95_ms": {name: round(p95(times), 2) for name, times in took.items()},
        "ratio": {name: round(median(times) / median(took["bare"]), 2) for name, times in took.items()},
        "ratio_to_shorter": {
            name: round(median(times) / median(took["bare, no revision"]), 2) for name, times in took.items()
        },
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program; see the module's text."""
    parser = argparse.ArgumentParser(prog="python -m bench.durable_write", description=__doc__.splitlines()[0])
    parser.add_argument("--notes", default="100,1000,10000", help="sizes of the vault, separated by commas")
    parser.add_argument("--writes", type=int, default=300, help="of each kind")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here as well")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="memwell-write-") as scratch:
        results = [measure(int(size), options.writes, Path(scratch)) for size in options.notes.split(",")]
    for result in results:
        rows = [("", "p50 ms", "p95 ms", "/ bare", "/ bare, no revision")]
        rows += [
            (name, *(str(result[column][name]) for column in ("p50_ms", "p95_ms", "ratio", "ratio_to_shorter")))
            for name in result["p50_ms"]
        ]
        print(f"{result['notes']:,} notes\n{table(rows)}\n")
    print(facts_line())
    if options.json:
        options.json.write_text(json.dumps({"format": 1, "machine": facts(), "sizes": results}, indent=1), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
