"""How long a client waits for a hook: from starting the process to its end, with a server of the vault and without.

The index is warm. ``--embedder none`` leaves the model out; with the packaged one embedding the notes first takes
minutes. Without a server words alone are searched, and the deadline is lifted to show how long it would take.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from bench.machine import facts_line, isolated_env, median, p95, table
from bench.mcp_start import prepare
from bench.peers.pipe import Pipe
from bench.vault_maker import rare_word

_SERVER = [sys.executable, "-m", "memwell_cli", "serve", "--vault"]
_HOOK = [sys.executable, "-m", "memwell_cli", "hook"]


def hook_ms(vault: Path, env: Mapping[str, str], event: str, prompt: str, *options: str) -> tuple[float, bool]:
    """Run a hook once; give how long it took in ms, and whether it had something to tell."""
    said = json.dumps({"session_id": "s", "transcript_path": str(vault / "none.jsonl"), "prompt": prompt}).encode()
    began = time.perf_counter()
    command = [*_HOOK, event, "--vault", str(vault), *options]
    done = subprocess.run(command, input=said, env=dict(env), capture_output=True, check=True)
    return (time.perf_counter() - began) * 1000, bool(done.stdout)


def measured(vault: Path, env: Mapping[str, str], runs: int, event: str, *options: str) -> tuple[str, str, str]:
    """Run a hook again and again with other prompts; give p50 and p95 in ms, and the share that were answered."""
    hook_ms(vault, env, event, "what is known about this", *options)
    prompts = [f"what do we know about {rare_word(number)}" for number in range(runs)]
    done = [hook_ms(vault, env, event, prompt, *options) for prompt in prompts]
    times = [took for took, _ in done]
    return f"{median(times):.0f}", f"{p95(times):.0f}", f"{100 * sum(told for _, told in done) / runs:.0f} %"


def bare_ms(runs: int) -> tuple[str, str, str]:
    """Measure a Python that does nothing: what no hook in Python can be faster than."""
    times = []
    for _ in range(runs):
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", "pass"], check=True)
        times.append((time.perf_counter() - began) * 1000)
    return f"{median(times):.0f}", f"{p95(times):.0f}", ""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program; see the module's text."""
    parser = argparse.ArgumentParser(prog="python -m bench.hook", description=__doc__.splitlines()[0])
    parser.add_argument("--notes", type=int, default=10_000)
    parser.add_argument("--runs", type=int, default=40)
    parser.add_argument("--embedder", default="none", help="as MEMWELL_EMBEDDER")
    options = parser.parse_args(arguments)
    rows: list[tuple[str, ...]] = [("hook", "server", "p50 ms", "p95 ms", "answered")]
    rows.append(("(python -c pass)", "", *bare_ms(options.runs)))
    with tempfile.TemporaryDirectory(prefix="memwell-hook-") as scratch, ExitStack() as running:
        vault = Path(scratch) / "vault"
        env = isolated_env(Path(scratch) / "cache", options.embedder)
        env["MEMWELL_RUNTIME_DIR"] = f"{scratch}/run"
        prepare(vault, options.notes, env)
        for deadline in ("300", "60000"):
            found = measured(vault, env, options.runs, "prompt", "--deadline", deadline)
            rows.append((f"prompt, deadline {deadline} ms", "no", *found))
        server = running.enter_context(Pipe([*_SERVER, str(vault)], env, vault))
        server.call("recall", {"query": rare_word(0)})
        while not list((Path(scratch) / "run").glob("*.sock")):
            time.sleep(0.05)
        for event in ("prompt", "session-start"):
            rows.append((event, "yes", *measured(vault, env, options.runs, event)))
    print(table(rows))
    print(facts_line())
    return 0


if __name__ == "__main__":
    sys.exit(main())
