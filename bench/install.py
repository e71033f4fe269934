"""What installing costs: the packages as they are published, then each way of installing them as a program of its own.

Wheel and sdist are built, the wheel is installed by ``pipx`` and by ``uv tool`` into folders of their own, and what
comes out is used: the command, ``python -m memwell_cli``, the documentation, the completion of a shell, a hook. It
fails if one of these does not work. ``build``, ``pipx`` and ``uv`` are fetched into an environment of their own.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from bench.machine import facts_line, median, size_of, table
from bench.minute import env_of_newcomer
from bench.peers.job import NotRun

_PROJECT = Path(__file__).parents[1]
_DEADLINE_S = 600
_MB = 1_000_000


class Installed(NamedTuple):
    """One way of installing, and what came of it."""

    way: str
    seconds: float
    megabytes: float
    packages: int
    version_ms: float  # of `memwell --version`
    import_ms: float  # of `import vault_engine` with its engine, in a process of its own
    hook_ms: float  # of a hook that has nothing to say


def build(folder: Path, python: Path) -> tuple[Path, Path]:
    """Build wheel and sdist of this project into a folder.

    Raises:
        NotRun: they can't be built.
    """
    _run([str(python), "-m", "build", "--outdir", str(folder), str(_PROJECT)], dict(os.environ))
    return next(folder.glob("*.whl")), next(folder.glob("*.tar.gz"))


def by_pipx(wheel: Path, folder: Path, tools: Path, env: Mapping[str, str]) -> Installed:
    """Install a wheel by pipx.

    Raises:
        NotRun: it could not be installed, or does not work.
    """
    homes = {
        "PIPX_HOME": str(folder / "pipx"),
        "PIPX_BIN_DIR": str(folder / "bin"),
        "PIPX_MAN_DIR": str(folder / "man"),
    }
    seconds = _seconds(lambda: _run([str(tools / "pipx"), "install", str(wheel)], {**env, **homes}))
    return _used("pipx", seconds, folder / "bin_dir" / "memwell", folder / "home" / "venvs" / "memwell", env)


def by_uv(wheel: Path, folder: Path, tools: Path, env: Mapping[str, str]) -> Installed:
    """Install a wheel by uv.

    Raises:
        NotRun: it could not be installed, or does not work.
    """
    homes = {"UV_TOOL_DIR": str(folder / "tools"), "UV_TOOL_BIN_DIR": str(folder / "bin")}
    command = [str(tools / "uv"), "tool", "install", "--python", sys.executable, str(wheel)]
    seconds = _seconds(lambda: _run(command, {**env, **homes}))
    return _used("uv tool", seconds, folder / "bin" / "memwell", folder / "tools" / "memwell", env)


def _used(way: str, seconds: float, program: Path, home: Path, env: Mapping[str, str]) -> Installed:
    """Use what was installed, and see what it takes."""
    python = home / "bin" / "python"
    _expect("memwell", [str(program), "--version"], env)
    _expect("memwell", [str(python), "-m", "memwell_cli", "--version"], env)
    _expect("# Hooks", [str(program), "help", "hooks"], env)
    _expect("complete", [str(program)], {**env, "_MEMWELL_COMPLETE": "bash_source"})
    hook = [str(program), "hook", "prompt", "--vault", str(home / "none")]
    return Installed(
        way,
        seconds,
        size_of(home) / _MB,
        len(list(home.glob("lib/python*/site-packages/*.dist-info"))),
        _middle_ms(lambda: _run([str(program), "--version"], env)),
        _middle_ms(lambda: _run([str(python), "-c", "from vault_engine import Engine"], env)),
        _middle_ms(lambda: _run(hook, env)),
    )


def _expect(part: str, command: Sequence[str], env: Mapping[str, str]) -> None:
    if part not in (out := _run(command, env)):
        raise NotRun(f"{' '.join(command)} does not say {part!r}: {out[:500]}")


def _run(command: Sequence[str], env: Mapping[str, str]) -> str:
    done = subprocess.run(
        command,
        env=dict(env),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_DEADLINE_S,
        check=False,
    )
    if done.returncode:
        raise NotRun(f"{' '.join(command)} gave {done.returncode}: {(done.stderr or done.stdout)[-2000:]}")
    return done.stdout


def _seconds(action: Callable[[], object]) -> float:
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def _middle_ms(action: Callable[[], object]) -> float:
    return median([_seconds(action) * 1000 for _ in range(5)])


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program; see the module's text."""
    argparse.ArgumentParser(prog="python -m bench.install", description=__doc__.splitlines()[0]).parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="memwell-install-") as scratch:
        folder = Path(scratch)
        venv.create(folder / "tools", with_pip=True)
        tools = folder / "tools" / "bin"
        _run([str(tools / "python"), "-m", "pip", "install", "--quiet", "build", "pipx", "uv"], os.environ)
        wheel, sdist = build(folder / "dist", tools / "python")
        print(table([("package", "MB"), *((one.name, f"{one.stat().st_size / _MB:.1f}") for one in (wheel, sdist))]))
        rows: list[tuple[str, ...]] = [("way", "seconds", "MB", "packages", "--version ms", "import ms", "hook ms")]
        for install in (by_pipx, by_uv):
            home = folder / install.__name__
            home.mkdir()
            way, *figures = install(wheel, home, tools, env_of_newcomer(home))
            rows.append((way, *(f"{one:.0f}" for one in figures)))
        print(table(rows))
    print(facts_line())
    return 0


if __name__ == "__main__":
    sys.exit(main())
