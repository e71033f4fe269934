"""How long it takes from nothing to an agent that remembers: a fresh environment, the wheel, setup, doctor, a session.

All of it in a temporary home folder with a file of Claude Code's as people have it, which `memwell uninstall` has to
restore byte by byte. Packages come from pip's cache where it has them.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import anyio
from mcp import Client, StdioServerParameters

from bench.machine import facts_line, table
from bench.peers.job import NotRun

_PROJECT = Path(__file__).parents[1]
_DEADLINE_S = 600
_ANSWERED_S = 20
_FOLDERS = ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "CLAUDE_CONFIG_DIR")
_MEMORY = "We deploy on Tuesdays, never on Fridays."
_QUESTION = "on which day do we deploy?"
_CLAUDE_JSON = b"""{
  "numStartups": 412,
  "autoUpdates": true,
  "projects": {
    "/home/ada/work/api": {"allowedTools": ["Bash(git status)"],   "history": [{"display": "fix \\u00e4 test"}]}
  },
\t"mcpServers": { "git": {"command": "uvx", "args": ["mcp-server-git"], "env": {}} },
  "oauthAccount": {"emailAddress": "ada@example.org"}
}"""

_SETTINGS_JSON = b"""{
  "model": "opus",
  "hooks": {"UserPromptSubmit": [ {"hooks": [{"type": "command", "command": "true"}]} ]}
}
"""


class Step(NamedTuple):
    """One part of the way."""

    name: str
    seconds: float


def build_wheel(folder: Path) -> Path:
    """Build the wheel of this project into a folder.

    Raises:
        NotRun: it can't be built.
    """
    _run([sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", str(folder), str(_PROJECT)], os.environ)
    return next(folder.glob("*.whl"))


def from_nothing(wheel: Path, folder: Path) -> list[Step]:
    """Install a wheel in an empty folder, set it up there, use it, and take it back. Gives how long each part took.

    Raises:
        NotRun: something is not as it should be.
    """
    home, program = folder / "home", folder / "env" / ("Scripts" if os.name == "nt" else "bin") / "memwell"
    home.mkdir()
    file = home / ".claude.json"
    file.write_bytes(_CLAUDE_JSON)
    hooks_file = home / ".claude" / "settings.json"
    hooks_file.parent.mkdir()
    hooks_file.write_bytes(_SETTINGS_JSON)
    env = env_of_newcomer(home)
    steps: list[Step] = []

    def step(name: str, action: Callable[[], object]) -> None:
        began = time.perf_counter()
        action()
        steps.append(Step(name, time.perf_counter() - began))

    step("make an environment", lambda: venv.create(folder / "env", with_pip=True))
    step("install the wheel", lambda: _run([str(program.with_name("python")), "-m", "pip", "install", str(wheel)], env))
    step("memwell setup --yes claude-code", lambda: _run([str(program), "setup", "--yes", "claude-code"], env))
    step("memwell doctor", lambda: _run([str(program), "doctor"], env))
    entry = json.loads(file.read_bytes())["mcpServers"]["memwell"]
    step("a session remembers", lambda: _session(entry, home, "remember", {"text": _MEMORY, "category": "decisions"}))
    step("the next one recalls", lambda: _check_recalled(_session(entry, home, "recall", {"query": _QUESTION})))
    step("a prompt is answered", lambda: _check_hooked(hooks_file, home))
    step("memwell uninstall", lambda: _run([str(program), "uninstall", "--yes"], env))
    for each, before in ((file, _CLAUDE_JSON), (hooks_file, _SETTINGS_JSON)):
        if each.read_bytes() != before:
            raise NotRun(f"{each} is not as it was")
    return steps


def env_of_newcomer(home: Path) -> dict[str, str]:
    """Give the environment of somebody who has only this home folder, and pip's cache of the machine."""
    env = {
        name: value
        for name, value in os.environ.items()
        if name not in _FOLDERS and not name.startswith(("MEMWELL_", "PYTHON"))
    }
    cache = subprocess.run([sys.executable, "-m", "pip", "cache", "dir"], capture_output=True, text=True, check=False)
    ours = {"HOME": str(home), "USERPROFILE": str(home), "PIP_CACHE_DIR": cache.stdout.strip()}
    return env | ours


def _run(command: Sequence[str], env: Mapping[str, str]) -> None:
    done = subprocess.run(
        command, env=env, cwd=env.get("HOME"), capture_output=True, text=True, timeout=_DEADLINE_S, check=False
    )
    if done.returncode:
        raise NotRun(f"{' '.join(command)} gave {done.returncode}: {(done.stderr or done.stdout)[-2000:]}")


def _session(entry: Mapping[str, Any], home: Path, tool: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
    """Start the server as a client's file says, call one tool, and end it."""
    launch = StdioServerParameters(
        command=entry["command"], args=entry["args"], env={"HOME": str(home), "USERPROFILE": str(home)}
    )

    async def use() -> Mapping[str, Any]:
        with anyio.fail_after(_DEADLINE_S):
            async with Client(launch) as client:
                answer = await client.call_tool(tool, dict(arguments))
        if answer.is_error or answer.structured_content is None:
            raise NotRun(f"{tool}: {answer.content}")
        found: Mapping[str, Any] = answer.structured_content
        return found

    return anyio.run(use)


def _check_recalled(found: Mapping[str, Any]) -> None:
    if not any("Tuesdays" in hit["excerpt"] for hit in found["hits"]):
        raise NotRun(f"it was not recalled: {found}")


def _check_hooked(file: Path, home: Path) -> None:
    """Send a prompt to the hook of a client's file until it is answered; the first one may only wake what answers."""
    groups = json.loads(file.read_bytes())["hooks"]["UserPromptSubmit"]
    command = groups[-1]["hooks"][0]["command"]
    said = json.dumps(
        {
            "session_id": "minute",
            "transcript_path": str(home / "minute.jsonl"),
            "cwd": str(home),
            "permission_mode": "default",
            "hook_event_name": "UserPromptSubmit",
            "prompt": _QUESTION,
        }
    )
    env, until = {"HOME": str(home), "PATH": os.environ["PATH"]}, time.monotonic() + _ANSWERED_S
    while time.monotonic() < until:
        done = subprocess.run(command, shell=True, input=said, env=env, capture_output=True, text=True, check=True)  # noqa: S602
        if done.stdout and "Tuesdays" in json.loads(done.stdout)["hookSpecificOutput"]["additionalContext"]:
            return
    raise NotRun("the hook did not tell of the memory")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program; see the module's text."""
    parser = argparse.ArgumentParser(prog="python -m bench.minute", description=__doc__.splitlines()[0])
    parser.add_argument("--wheel", type=Path, help="without it, that of this project is built first, untimed")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="memwell-minute-") as scratch:
        folder = Path(scratch)
        steps = from_nothing(options.wheel.resolve() if options.wheel else build_wheel(folder), folder)
    steps.append(Step("all", sum(step.seconds for step in steps)))
    print(table([("step", "seconds"), *((step.name, f"{step.seconds:.1f}") for step in steps)]))
    print(facts_line())
    return 0


if __name__ == "__main__":
    sys.exit(main())
