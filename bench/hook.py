"""How long a client waits for a hook: from starting the process to its end, with a server of the vault and without.

The index is warm. ``--embedder none`` leaves the model out; with the packaged one embedding the notes first takes
minutes. Without a server words alone are searched: *cold* by a process that each hook has to start first, *warm* by the
one that is there from the second hook on, *alone* by the hook itself. Where the deadline is lifted it is to show how
long it would take. At a stop there is a transcript of 5 MB.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from bench.machine import facts_line, isolated_env, median, p95, table
from bench.mcp_start import prepare
from bench.peers.pipe import Pipe
from bench.vault_maker import rare_word

_SERVER = [sys.executable, "-m", "memwell_cli", "serve", "--vault"]
_PATIENCE_S = 30.0
_ENDING_S = 0.5  # in which what was started sees that its folder is gone
_HOOK = [sys.executable, "-m", "memwell_cli", "hook"]


def hook_ms(vault: Path, env: Mapping[str, str], event: str, prompt: str, *options: str) -> tuple[float, bool]:
    """Run a hook once; give how long it took in ms, and whether it had something to tell."""
    said = json.dumps(
        {
            "session_id": "s",
            "transcript_path": str(vault.parent / "transcript.jsonl"),
            "cwd": str(vault),
            "permission_mode": "default",
            "hook_event_name": event,
            "prompt": prompt,
        }
    ).encode()
    began = time.perf_counter()
    command = [*_HOOK, event, "--vault", str(vault), *options]
    done = subprocess.run(command, input=said, env=dict(env), capture_output=True, check=True)
    return (time.perf_counter() - began) * 1000, bool(done.stdout)


def measured(vault: Path, env: Mapping[str, str], runs: int, event: str, *options: str) -> tuple[str, str, str]:
    """Run a hook again and again with other prompts; give p50 and p95 in ms, and the share that were answered."""
    hook_ms(vault, env, event, "what is known about this", *options)
    return _figures([hook_ms(vault, env, event, _prompt(number), *options) for number in range(runs)])


def _prompt(number: int) -> str:
    return f"what do we know about {rare_word(number)}"


def _figures(done: Sequence[tuple[float, bool]]) -> tuple[str, str, str]:
    times = [took for took, _ in done]
    return f"{median(times):.0f}", f"{p95(times):.0f}", f"{100 * sum(told for _, told in done) / len(done):.0f} %"


def _wait(is_so: Callable[[], bool]) -> None:
    until = time.monotonic() + _PATIENCE_S
    while not is_so() and time.monotonic() < until:
        time.sleep(0.05)


def cold(vault: Path, env: Mapping[str, str], runs: int, event: str, *options: str) -> tuple[str, str, str]:
    """Run a hook again and again, each time with an empty folder for sockets: nobody answers yet."""
    done = []
    for number in range(runs):
        with tempfile.TemporaryDirectory(prefix="memwell-run-") as folder:  # which goes, and with it what was started
            own = {**env, "MEMWELL_RUNTIME_DIR": folder}
            done.append(hook_ms(vault, own, event, _prompt(number), *options))
            _wait(lambda: bool(list(Path(folder).glob("*.sock"))))
        time.sleep(_ENDING_S)
    return _figures(done)


def make_transcript(file: Path) -> None:
    """Write a conversation of 5 MB in Claude Code's form."""
    said = {"type": "user", "sessionId": "s", "uuid": "u", "message": {"role": "user", "content": "x" * 5_000}}
    file.write_text("".join(json.dumps(said | {"uuid": f"u{number}"}) + "\n" for number in range(1_050)))


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
        make_transcript(Path(scratch) / "transcript.jsonl")
        rows.append(("prompt", "no: cold", *cold(vault, env, options.runs, "prompt")))
        lifted = ("--deadline", "60000")
        rows.append(("prompt, deadline lifted", "no: cold", *cold(vault, env, options.runs, "prompt", *lifted)))
        rows.append(("session-start", "no: cold", *cold(vault, env, options.runs, "session-start")))
        alone = ("--linger", "0", *lifted)
        rows.append(("prompt, deadline lifted", "no: alone", *measured(vault, env, options.runs, "prompt", *alone)))
        hook_ms(vault, env, "prompt", _prompt(0), *lifted)
        for event in ("prompt", "session-start", "stop"):
            rows.append((event, "no: warm", *measured(vault, env, options.runs, event)))
        server = running.enter_context(Pipe([*_SERVER, str(vault)], env, vault))
        server.call("recall", {"query": rare_word(0)})
        log = vault / ".memwell" / "local" / "hook.log"
        _wait(lambda: "gave-way" in log.read_text())
        _wait(lambda: bool(list((Path(scratch) / "run").glob("*.sock"))))
        for event in ("prompt", "session-start", "stop"):
            rows.append((event, "yes", *measured(vault, env, options.runs, event)))
    print(table(rows))
    print(facts_line())
    return 0


if __name__ == "__main__":
    sys.exit(main())
