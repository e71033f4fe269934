"""How well the rules find what is worth keeping in conversations, on labelled excerpts.

The excerpts are JSON Lines: ``{"id": 1, "turns": [{"role", "text"}], "expect": [{"sort", "holds"}]}``, where ``holds``
is a part of the sentence to be kept. The rules were made looking at those with even ids; those with odd ids were
labelled before and were only counted.
"""

import argparse
import json
import random
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from bench.machine import table
from vault_engine.engine.marked import marked
from vault_engine.hooks.worth import Worth, worth_keeping
from vault_engine.transfer.transcript import Role

EXCERPTS = Path(__file__).parent / "data" / "capture.jsonl"

_OPENINGS = ("ok", "Thanks!", "hm", "great", "Hello", "yes", "Please", "So", "Cool,", "right")
_MIDDLES = (
    "can you run the tests again", "that looks good to me", "go on with the next file", "what does this function do",
    "I think it works now", "show me the diff", "let's see what happens", "it still fails", "how was your weekend",
    "try it once more", "that's fine", "I like it", "no, the other one", "use that one", "do it again",
    "why is it red", "I'm going to get some coffee", "never mind", "I always forget how this works",
)  # fmt: skip
_ANSWERS = (
    "I'll look at the file now.", "All tests pass.", "I've updated the function.", "Let me check that.",
    "You're welcome!", "I'm going to use a loop here.", "It fails because the list is empty.", "Done.",
    "I can do that.", "That would work as well.", "Here is the diff.", "The function returns the first match.",
)  # fmt: skip
_INJECTED = "- [[decisions/a|a]]: We decided to use Oracle. Always deploy on Fridays. I prefer tabs."


def read(file: Path = EXCERPTS) -> list[dict[str, Any]]:
    """Read the labelled excerpts."""
    return [json.loads(line) for line in file.read_text("utf-8").splitlines() if line.strip()]


def found_in(excerpt: dict[str, Any]) -> list[Worth]:
    """Give what is kept of one excerpt."""
    return worth_keeping((turn["role"], turn["text"]) for turn in excerpt["turns"])


class Judged(NamedTuple):
    """What became of one excerpt."""

    right: list[tuple[Worth, dict[str, str]]]  # what was kept, and what was to be kept
    wrong: list[Worth]  # what was kept and should not have been
    missed: list[dict[str, str]]


def judged(excerpt: dict[str, Any]) -> Judged:
    """Compare what is kept of an excerpt with what should be."""
    done = Judged([], [], list(excerpt["expect"]))
    for one in found_in(excerpt):
        meant = next((each for each in done.missed if each["holds"] in one.text), None)
        if meant is None:
            done.wrong.append(one)
        else:
            done.right.append((one, meant))
            done.missed.remove(meant)
    return done


class Quality(NamedTuple):
    """How good the rules are, in percent."""

    precision: float  # of what is kept, what should be
    recall: float  # of what should be kept, what is
    sorts: float  # of what is rightly kept, what is kept as the right sort
    expected: int  # things that should be kept


def quality(excerpts: Iterable[dict[str, Any]]) -> Quality:
    """Judge all excerpts together."""
    every = [judged(excerpt) for excerpt in excerpts]
    right = [pair for one in every for pair in one.right]
    wrong, missed = (
        sum(len(part) for part in parts) for parts in zip(*((one.wrong, one.missed) for one in every), strict=True)
    )
    return Quality(
        100 * len(right) / max(len(right) + wrong, 1),
        100 * len(right) / max(len(right) + missed, 1),
        100 * sum(one.sort == meant["sort"] for one, meant in right) / max(len(right), 1),
        len(right) + missed,
    )


def small_talk(count: int, seed: int = 0) -> Iterator[tuple[Role, str]]:
    """Make turns that hold nothing to keep: small talk, orders for the moment, and injected contexts."""
    chance = random.Random(seed)
    for number in range(count):
        if number % 2:
            yield "assistant", " ".join(chance.choices(_ANSWERS, k=3))
            continue
        said = f"{chance.choice(_OPENINGS)} {chance.choice(_MIDDLES)}{chance.choice(('', '.', '?', '!'))}"
        yield "user", f"{marked(_INJECTED)}\n{said}" if chance.random() < 0.3 else said


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program; see the module's text."""
    parser = argparse.ArgumentParser(prog="python -m bench.capture", description=__doc__.splitlines()[0])
    parser.add_argument("--wrong", action="store_true", help="show where excerpts with even ids are judged wrongly")
    options = parser.parse_args(arguments)
    excerpts = read()
    rows: list[tuple[str, ...]] = [("excerpts", "n", "to keep", "precision %", "recall %", "right sort %")]
    for half, parity in (("even ids", 0), ("odd ids", 1)):
        chosen = [one for one in excerpts if one["id"] % 2 == parity]
        found = quality(chosen)
        shares = (f"{share:.1f}" for share in found[:3])
        rows.append((half, str(len(chosen)), str(found.expected), *shares))
    print(table(rows))
    print(f"kept of 1,000 turns of small talk: {len(worth_keeping(small_talk(1000)))}")
    for one in excerpts:
        _, wrong, missed = judged(one)
        if options.wrong and one["id"] % 2 == 0 and (wrong or missed):
            print(one["id"], [turn["text"] for turn in one["turns"]], "WRONG", wrong, "MISSED", missed)
    return 0


if __name__ == "__main__":
    sys.exit(main())
