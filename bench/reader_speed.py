"""How fast notes are read, beside markdown-it-py on the same notes, and whether hostile texts are any slower.

Both readers take each note in turn, twice each time, ours by the rules of the note's vault; the best run counts, in
this process's processor time. The figures are for 2 KiB: over the notes of 1 to 4 KiB, each scaled by its size, and
for all notes by their bytes altogether.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from markdown_it import MarkdownIt

from bench.machine import facts, median, p95, table
from vault_engine.note import Profile, parse
from vault_engine.vault.habits import read_rules

RUNS = 5
HOSTILE_RUNS = 3
_UNIT = 2048  # bytes that a figure is for
_TYPICAL = range(1024, 4096 + 1)
_SAMPLE_VAULT = Path(__file__).parents[1] / "sample_vault"


class Times(NamedTuple):
    """What one note took."""

    size: int  # bytes
    ours_ns: int
    theirs_ns: int


def best_ns(readers: Sequence[Callable[[str], object]], text: str, runs: int) -> list[int]:
    """Let the readers read a text by turns; nanoseconds of processor time of the best run of each."""
    best = [sys.maxsize] * len(readers)
    for _ in range(runs):
        for index, reader in enumerate(readers):
            for _ in range(2):  # the first of the two finds the other reader's code in the processor's caches
                began = time.process_time_ns()
                reader(text)
                best[index] = min(best[index], time.process_time_ns() - began)
    return best


def measure(texts: Sequence[str], profile: Profile) -> list[Times]:
    """Time both readers on each text."""
    readers = (partial(parse, profile=profile), MarkdownIt("commonmark").parse)
    return [Times(len(text.encode()), *best_ns(readers, text, RUNS)) for text in texts if text]


def figures(times: Sequence[Times]) -> dict[str, Any]:
    """Sum up: microseconds for 2 KiB of both readers, and how ours compare to theirs."""
    typical = [each for each in times if each.size in _TYPICAL]
    size = sum(each.size for each in times)
    summed: dict[str, Any] = {"notes": len(times), "bytes": size, "typical_notes": len(typical)}
    ours, theirs = ([_us(each[which], each.size) for each in typical] for which in (1, 2))
    if typical:
        summed |= {"median_us": median(ours), "p95_us": p95(ours)}
        summed |= {"markdown_it_median_us": median(theirs), "markdown_it_p95_us": p95(theirs)}
        summed["median_ratio"] = median(ours) / median(theirs)
    if size:
        all_ours, all_theirs = sum(each.ours_ns for each in times), sum(each.theirs_ns for each in times)
        summed |= {"all_us": _us(all_ours, size), "markdown_it_all_us": _us(all_theirs, size)}
        summed["all_ratio"] = all_ours / all_theirs
    return {name: round(value, 3) if isinstance(value, float) else value for name, value in summed.items()}


def _us(nanoseconds: int, size: int) -> float:
    return nanoseconds / 1000 * _UNIT / size


def hostile_texts() -> Iterator[tuple[str, str]]:
    """Give name and text of what a reader may be slow on."""
    yield "![[ over 1 MB", "![[" * 333_333
    yield "![[ over 1 MB, closed at its end", "![[" * 333_333 + "]]"
    yield "60,000 brackets, open", "[" * 60_000
    yield "60,000 brackets, open then closed", "[" * 30_000 + "]" * 30_000
    yield "60,000 brackets with destinations", "[" * 30_000 + "](a)" * 30_000
    yield "quotes nested 60,000 deep on a line", "> " * 60_000 + "a\n"
    yield "600 lines in 50 quotes", ("> " * 50 + "a\n") * 600
    yield "lists nested 60,000 deep on a line", "- " * 60_000 + "a\n"
    yield "lists nested 600 deep, a line each", "".join(f"{'  ' * depth}- a\n" for depth in range(600))
    yield "a table of 30,000 columns", "|[[a]]" * 30_000 + "\n" + "|-" * 30_000 + "\n"
    yield "300 KB of backticks and dollars", "` `` $a " * 37_500 + "[[x]](y)"
    yield "300 KB of unclosed tags and comments", "<a x='<!-- " * 27_000 + "[[x]](y)"
    yield "a line of 5 MB", "words that go on and on " * 208_333 + "[[x]](y)"
    yield "a line of 5 MB of links", "see [[Some note|text]] and [t](other.md) " * 122_000


def hostile_figures(prose: str) -> list[dict[str, Any]]:
    """Compare each hostile text to prose of its size."""
    rows = []
    for name, text in hostile_texts():
        plain = (prose * (len(text) // len(prose) + 1))[: len(text)]
        took, usual = (best_ns([parse], each, HOSTILE_RUNS)[0] for each in (text, plain))
        row = {"text": name, "characters": len(text), "ms": took / 1e6, "prose_ms": usual / 1e6, "ratio": took / usual}
        rows.append({key: round(value, 2) if isinstance(value, float) else value for key, value in row.items()})
    return rows


def prose_of(texts: Sequence[str]) -> str:
    """Take the lines of the bodies that begin with a letter, as paragraphs."""
    lines = (line for text in texts for line in parse(text).body.splitlines() if line[:1].isalpha())
    return "\n\n".join([*lines, "Words."]) + "\n\n"


def _print_tables(notes: dict[str, dict[str, Any]], hostile: Sequence[dict[str, Any]]) -> None:
    columns = ("notes", "median_us", "p95_us", "markdown_it_median_us", "median_ratio", "all_us", "all_ratio")
    rows = [(name, *(str(row.get(column, "-")) for column in columns)) for name, row in notes.items()]
    print(table([("microseconds for 2 KiB", *columns), *rows]), end="\n\n")
    print(table([tuple(hostile[0]), *(tuple(str(value) for value in row.values()) for row in hostile)]))


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure the folders named."""
    parser = argparse.ArgumentParser(prog="python -m bench.reader_speed", description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="*", type=Path, default=[_SAMPLE_VAULT], metavar="FOLDER")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    asked = parser.parse_args(arguments)
    texts = {
        folder: [file.read_bytes().decode("utf-8", "replace") for file in sorted(folder.rglob("*.md"))]
        for folder in asked.folders
    }
    times = {folder.name: measure(each, read_rules(folder).profile) for folder, each in texts.items()}
    notes = {name: figures(each) for name, each in times.items()}
    notes["all"] = figures([each for folder in times.values() for each in folder])
    hostile = hostile_figures(prose_of([text for folder in texts.values() for text in folder]))
    if asked.json:
        print(json.dumps({"format": 1, "machine": facts(), "notes": notes, "hostile": hostile}, indent=2))
    else:
        _print_tables(notes, hostile)
    return 0


if __name__ == "__main__":
    sys.exit(main())
