"""How long an agent waits for its first answer from a server that has just been started: spawn, initialize, recall.

The index is warm: it was built before. The model too is the one that is packaged, unless ``--embedder`` says another.
The floor is a server made with the protocol's library alone, whose one tool does nothing. Python keeps what it has
compiled, as it does where Memwell is installed, and the first run of each is not counted. They are started in turns, so
that what else the machine does concerns all of them.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.machine import facts_line, isolated_env, median, p95, table
from bench.peers.pipe import Pipe
from bench.vault_maker import rare_word, write_vault
from vault_engine import Engine

_COMMAND = [sys.executable, "-m", "memwell_cli", "serve", "--vault"]
_FLOOR = """
import gc; gc.disable()
from mcp.server import MCPServer
server = MCPServer("floor")
@server.tool()
def recall(query: str, mode: str) -> dict[str, str]:
    return {}
server.run()
"""


def prepare(vault: Path, notes: int, env: Mapping[str, str]) -> None:
    """Make a vault of so many notes, and its index."""
    Engine.create(vault)
    write_vault(vault, notes)
    with Engine.open(vault, env=env) as engine:
        engine.build_index()


def first_answer_ms(
    command: Sequence[str], vault: Path, env: Mapping[str, str], word: str, mode: str
) -> tuple[float, float]:
    """Start a server and ask it once; give when it was ready, and when the answer was there, in ms from the start.

    Raises:
        NotRun: the server stopped, or answered with an error.
    """
    began = time.perf_counter()
    with Pipe(command, env, vault) as server:
        ready = time.perf_counter()
        server.call("recall", {"query": word, "mode": mode})
        answered = time.perf_counter()
    return (ready - began) * 1000, (answered - began) * 1000


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program; see the module's text."""
    parser = argparse.ArgumentParser(prog="python -m bench.mcp_start", description=__doc__.splitlines()[0])
    parser.add_argument("--notes", type=int, default=10_000)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--embedder", help="as MEMWELL_EMBEDDER; embedding 10,000 notes first takes minutes")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="memwell-start-") as scratch:
        vault, env = Path(scratch) / "vault", isolated_env(Path(scratch) / "cache", options.embedder)
        env.pop("PYTHONDONTWRITEBYTECODE", None)
        prepare(vault, options.notes, env)
        ours, floor = [*_COMMAND, str(vault)], [sys.executable, "-c", _FLOOR]
        servers = {"floor": (floor, "keyword"), "keyword": (ours, "keyword"), "hybrid": (ours, "hybrid")}
        found: dict[str, list[tuple[float, float]]] = {name: [] for name in servers}
        for word in map(rare_word, range(options.runs + 1)):
            for name, (command, mode) in servers.items():
                found[name].append(first_answer_ms(command, vault, env, word, mode))
    rows: list[tuple[str, ...]] = [("mode", "initialized p50 ms", "p95", "answered p50 ms", "p95")]
    for name, (_, *runs) in found.items():
        rows.append((name, *(f"{of(each):.0f}" for each in zip(*runs, strict=True) for of in (median, p95))))
    print(table(rows))
    print(facts_line())
    return 0


if __name__ == "__main__":
    sys.exit(main())
