"""Two servers, a command line and a person at work on one vault: how old an answer can be, and whether anything fails.

Each change puts a word into a note that no other has. Then everybody is asked for it until he finds it. What counts is
how long after the change was answered, or the file saved, somebody asked and still got an answer without it; 0 where
the first answer was right. Ends with 1 if anything failed or that was longer than a second after a change that Memwell
made.
"""

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from bench.machine import facts_line, isolated_env, median, p95, table
from bench.peers.pipe import Pipe
from bench.vault_maker import write_vault
from vault_engine import Engine

_COMMAND = [sys.executable, "-m", "memwell_cli"]
_LIMIT_S = 30.0  # after which a word is given up
_ALLOWED_MS = 1000.0

Recall = Callable[[str], list[str]]
Change = Callable[[str, str], str]
"""Puts a word into the note of a key, and gives its path."""


class Crowd:
    """Everybody who works on the vault."""

    def __init__(self, vault: Path, env: dict[str, str], stack: ExitStack) -> None:
        self._vault, self._env = vault, env
        servers = [stack.enter_context(Pipe([*_COMMAND, "serve", "--vault", str(vault)], env, vault)) for _ in "12"]
        self.changes: dict[str, Change] = {f"server {n}": _remember(one) for n, one in enumerate(servers, 1)}
        self.changes |= {"command line": self._remember, "a person": self._save}
        self.recalls: dict[str, Recall] = {f"server {n}": _recall(one) for n, one in enumerate(servers, 1)}
        self.recalls["command line"] = lambda word: _paths(self._run("recall", word, "--mode", "keyword", "--json"))

    def _remember(self, key: str, word: str) -> str:
        return str(self._run("remember", f"The word is {word}.", "--category", "words", "--key", key, "--json")["path"])

    def _save(self, key: str, word: str) -> str:
        file = self._vault / "by hand" / f"{key}.md"
        file.parent.mkdir(exist_ok=True)
        file.write_text(f"The word is {word}.\n", "utf-8")
        return f"by hand/{key}.md"

    def _run(self, *arguments: str) -> Any:
        done = subprocess.run(
            [*_COMMAND, *arguments, "--vault", str(self._vault)], env=self._env, capture_output=True, check=True
        )
        return json.loads(done.stdout)


def _remember(server: Pipe) -> Change:
    def remember(key: str, word: str) -> str:
        arguments = {"text": f"The word is {word}.", "category": "words", "key": key}
        return str(server.call("remember", arguments)["path"])

    return remember


def _recall(server: Pipe) -> Recall:
    return lambda word: _paths(server.call("recall", {"query": word, "mode": "keyword"}))


def _paths(answer: Any) -> list[str]:
    return [hit["path"] for hit in answer["hits"]]


def measure(crowd: Crowd, seconds: float) -> tuple[dict[str, list[float]], list[str]]:
    """Change and ask for so long; give the ages by who changed and who was asked, in ms, and what went wrong."""
    chance = random.Random(1)
    ages: dict[str, list[float]] = {}
    problems: list[str] = []
    until, number = time.monotonic() + seconds, 0
    while time.monotonic() < until:
        number += 1
        who = chance.choice(sorted(crowd.changes))
        word, key = f"zq{number}w", f"{who.replace(' ', '-')}-{chance.randrange(20)}"
        try:
            path = crowd.changes[who](key, word)
            changed = time.monotonic()
            for asked in sorted(crowd.recalls, key=lambda _: chance.random()):
                age_ms = _stale_ms(crowd.recalls[asked], word, path, changed)
                ages.setdefault(f"{who} → {asked}", []).append(age_ms)
                if who != "a person" and age_ms > _ALLOWED_MS:
                    problems.append(f"{asked} did not find what {who} had written {age_ms:.0f} ms before")
        except Exception as error:  # noqa: BLE001 - whatever it is, it is what this program looks for
            problems.append(f"{who}: {error!r}")
    return ages, problems


def _stale_ms(recall: Recall, word: str, path: str, changed: float) -> float:
    """Ask until the answer is right; say how long after the change the last wrong one was asked for."""
    stale_ms = 0.0
    while True:
        asked = time.monotonic()
        if path in recall(word):
            return stale_ms
        stale_ms = (asked - changed) * 1000
        if asked - changed > _LIMIT_S:
            return stale_ms


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program; see the module's text."""
    parser = argparse.ArgumentParser(prog="python -m bench.together", description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--notes", type=int, default=2_000, help="that are in the vault before")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="memwell-together-") as scratch, ExitStack() as stack:
        vault, env = Path(scratch) / "vault", isolated_env(Path(scratch) / "cache", "none")
        Engine.create(vault)
        write_vault(vault, options.notes)
        with Engine.open(vault, env=env) as engine:
            engine.build_index()
        ages, problems = measure(Crowd(vault, env, stack), options.seconds)
    rows = [("who changed → who was asked", "asked", "stale p50 ms", "p95", "most")]
    for name, each in sorted(ages.items()):
        rows.append((name, str(len(each)), f"{median(each):.0f}", f"{p95(each):.0f}", f"{max(each):.0f}"))
    print(table(rows))
    print(facts_line())
    print("\n".join(problems) or "nothing failed, and nobody was told what was older than a second")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
