"""What people and agents wait while a server adopts a large vault: enters every note there is in the journal.

The vault is generated and its index made before. Then a server is started, and until the journal has every note, notes
are saved by hand and the server is asked until it finds each; something is remembered through the server, and by
another process.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.machine import facts, isolated_env, median, p95, table
from bench.peers.job import found_after_ms
from bench.peers.pipe import Pipe
from bench.timing import timed
from bench.vault_maker import path_of, write_vault
from vault_engine import Engine, Memory

_COMMAND = [sys.executable, "-m", "memwell_cli", "serve", "--vault"]
_WAIT_S = 120.0
_ASKED_AT_LEAST = 3


def measure(vault: Path, env: dict[str, str], notes: int, rest_s: float) -> tuple[dict[str, list[float]], float]:
    """Give the milliseconds of everything by what was done, and in how many seconds the vault was adopted."""
    took: dict[str, list[float]] = {"save → found": [], "recall": [], "remember": [], "… another process": []}
    began = time.monotonic()
    with Pipe([*_COMMAND, str(vault)], env, vault) as server, Engine.open(vault, env=env) as other:
        other.recall("the index is open now", mode="keyword")
        number, adopted_s = 0, 0.0
        while not adopted_s or number < _ASKED_AT_LEAST:
            number += 1
            took["save → found"].append(_saved(server, vault, number))
            for name, call in _calls(server, other, number).items():
                took[name].append(timed(call)[1].wall_ms)
            if not adopted_s and _entered(vault) >= notes:
                adopted_s = time.monotonic() - began
            time.sleep(rest_s)
    return took, adopted_s


def _saved(server: Pipe, vault: Path, number: int) -> float:
    """Save a note by hand; give the milliseconds until the server finds it."""
    file, word = vault / path_of(number), f"newword{number}q"
    text = f"{file.read_text('utf-8')}\n{word}\n"

    def found() -> list[str]:
        answer = server.call("recall", {"query": word, "mode": "keyword"})
        return [hit["path"] for hit in answer["hits"]]

    return found_after_ms(lambda: file.write_text(text, "utf-8"), found, path_of(number), _WAIT_S)


def _calls(server: Pipe, other: Engine, number: int) -> dict[str, Any]:
    return {
        "recall": lambda: server.call("recall", {"query": "newword1q", "mode": "keyword"}),
        "remember": lambda: server.call("remember", {"text": "by the server", "category": "m", "key": f"s{number}"}),
        "… another process": lambda: other.remember(Memory("by another", category="m", key=f"o{number}")),
    }


def _entered(vault: Path) -> int:
    """Count the lines of the journal."""
    return sum(file.read_bytes().count(b"\n") for file in (vault / ".memwell" / "journal").rglob("*.jsonl"))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program; see the module's text."""
    parser = argparse.ArgumentParser(prog="python -m bench.adoption", description=__doc__.splitlines()[0])
    parser.add_argument("--notes", type=int, default=20_000)
    parser.add_argument("--rest-ms", type=float, default=100.0, help="between two rounds of questions")
    parser.add_argument("--folder", type=Path, help="where the vault is made; a temporary folder is made there")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="memwell-adoption-", dir=options.folder) as scratch:
        vault, env = Path(scratch) / "vault", isolated_env(Path(scratch) / "cache", "none")
        write_vault(vault, options.notes)
        Engine.create(vault)
        with Engine.open(vault, env=env) as engine:
            engine.build_index()
        took, adopted_s = measure(vault, env, options.notes, options.rest_ms / 1000)
    print(f"{options.notes:,} notes, adopted in {adopted_s:.1f} s")
    rows: list[tuple[str, ...]] = [("", "times", "p50 ms", "p95 ms", "longest ms")]
    rows += [
        (name, str(len(all_ms)), *(f"{figure:.1f}" for figure in (median(all_ms), p95(all_ms), max(all_ms))))
        for name, all_ms in took.items()
    ]
    print(table(rows))
    print(", ".join(f"{name} {value}" for name, value in facts().items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
