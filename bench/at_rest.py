"""A server that follows a vault in which nothing happens: how much of a processor core it takes.

Once with the looks at everything as good as turned off, once with them often: what they add is given apart, for one
look and as a share where there is one a minute, as the settings have it. Ends with 1 when more than a hundredth of a
core is taken without them.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from bench.machine import facts_line, isolated_env, table
from bench.peers.pipe import Pipe
from bench.vault_maker import write_vault
from vault_engine import Engine
from vault_engine.config import DEFAULT_LOOK_SECONDS

_NEVER_S = 1_000_000
_ALLOWED = 0.01  # of a core
_QUIET = 0.02  # of a core: what the start leaves to do in the background is done
_STEP_S = 5.0
_PATIENCE_S = 600.0


def share_of_core(vault: Path, env: dict[str, str], *, look_s: int, seconds: float) -> float:
    """Start a server, wait until it has nothing left to do, and say what share of a core it takes then.

    Args:
        vault: the vault; its setting ``look_seconds`` is changed.
        env: the server's environment.
        look_s: how often it looks at everything, in seconds.
        seconds: how long it is watched.
    """
    (vault / ".memwell" / "config.toml").write_text(f"look_seconds = {_NEVER_S}\n", "utf-8")
    _settle(vault, env)
    (vault / ".memwell" / "config.toml").write_text(f"look_seconds = {look_s}\n", "utf-8")
    with Pipe([sys.executable, "-m", "memwell_cli", "serve", "--vault", str(vault)], env, vault) as pipe:
        pipe.call("status", {})
        time.sleep(_STEP_S)
        return _share(pipe, seconds)


def _settle(vault: Path, env: dict[str, str]) -> None:
    """Let a server take in the whole vault."""
    with Pipe([sys.executable, "-m", "memwell_cli", "serve", "--vault", str(vault)], env, vault) as pipe:
        pipe.call("status", {})
        until = time.monotonic() + _PATIENCE_S
        while _share(pipe, _STEP_S) > _QUIET and time.monotonic() < until:
            pass


def _share(pipe: Pipe, seconds: float) -> float:
    began, cpu_s = time.monotonic(), pipe.cpu_s()
    time.sleep(seconds)
    return (pipe.cpu_s() - cpu_s) / (time.monotonic() - began)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program; see the module's text."""
    parser = argparse.ArgumentParser(prog="python -m bench.at_rest", description=__doc__.splitlines()[0])
    parser.add_argument("--notes", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument(
        "--look", type=int, default=10, metavar="SECONDS", help="between two looks, where there are any"
    )
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="memwell-rest-") as scratch:
        vault, env = Path(scratch) / "vault", isolated_env(Path(scratch) / "cache", "none")
        Engine.create(vault)
        write_vault(vault, options.notes)
        with Engine.open(vault, env=env) as engine:
            engine.build_index()
        rest = share_of_core(vault, env, look_s=_NEVER_S, seconds=options.seconds)
        looking = share_of_core(vault, env, look_s=options.look, seconds=options.seconds)
    look_s = (looking - rest) * options.look
    rows = [
        ("of a core at rest", "CPU of one look", f"of a core with a look every {DEFAULT_LOOK_SECONDS} s"),
        (f"{rest:.2%}", f"{look_s:.2f} s", f"{rest + look_s / DEFAULT_LOOK_SECONDS:.2%}"),
    ]
    print(table(rows))
    print(f"{options.notes} notes; {facts_line()}")
    return 1 if rest > _ALLOWED else 0


if __name__ == "__main__":
    sys.exit(main())
