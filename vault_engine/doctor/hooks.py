"""Whether a client runs our hooks, and how long it waits for them: the very command of its file is run, as it would."""

import json
import os
import shlex
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from vault_engine.clients import Client, Desk, hooks_of, is_vault
from vault_engine.clients.groups import is_ours
from vault_engine.doctor.health import Ail, Health, HooksHealth
from vault_engine.errors import MemwellError
from vault_engine.hooks.asking import is_answered, leave
from vault_engine.hooks.events import ASKING
from vault_engine.hooks.log import last_outcomes
from vault_engine.hooks.place import socket_path
from vault_engine.hooks.standing_in import EVENT as STANDING_IN

_RUNS = 5  # after the first
_CLIENT_WAITS_S = 10.0
_COMING_S = 5.0  # for the process that the first one may have started
_LOOK_S = 0.05
_MANY = 1_000_000
_PROMPT = "What does memwell doctor ask at this prompt?"


class _Run(NamedTuple):
    """One run of a hook."""

    ms: float
    code: int | None  # None: it did not end in time
    out: bytes


def examine_hooks(desk: Desk, client: Client, env: Mapping[str, str]) -> HooksHealth | None:
    """Look whether a client runs us at its events, and run the command for a prompt, or for the start of a session.

    A process that a hook has started to answer the next ones, and that was not there before, is ended again.

    Args:
        desk: this machine.
        client: that one; for one that has no hooks there is nothing to say.
        env: the variables that the command is run with.
    """
    if client.hooks is None:
        return None
    row = HooksHealth(str(desk.file_at(client.hooks.location)), Health.WELL)
    is_told = any(one.client == client.name and one.spot == client.hooks.spot for one in desk.record().changes)
    try:
        found = hooks_of(desk, client)
    except MemwellError as error:
        return _ailing(row, Ail.FILE, str(error), is_meant=not is_told)
    if not found:
        if is_told:
            return _ailing(row, Ail.ENTRY, "no hooks of memwell are in it")
        return replace(row, health=Health.UNTOLD, ail=Ail.ENTRY)
    row = replace(row, events=tuple(found))
    asked = next((theirs for event in ASKING for theirs, ours in client.events.items() if ours == event), None)
    command = next(_commands(found.get(asked or "", ())), None)
    return _checked(row, client, asked, command, env) if asked and command else row


def _commands(items: Sequence[Any]) -> Iterator[str]:
    for item in items:
        for one in item.get("hooks", [item]):
            if is_ours(one):
                yield one["command"]


def _checked(row: HooksHealth, client: Client, event: str, command: str, env: Mapping[str, str]) -> HooksHealth:
    """See whether what a command names is there, then run it."""
    try:
        words = shlex.split(command, posix=os.name == "posix")
    except ValueError as error:
        return _ailing(row, Ail.MEANING, f"no shell understands the command: {error}")
    program = words[0].strip('"')
    if Path(program).is_absolute() and shutil.which(program) is None:
        return _ailing(row, Ail.PROGRAM, f"{program} is not there, or is no program")
    given = next((after.strip('"') for word, after in pairwise(words) if word == "--vault"), None)
    if given is None or "$" in given:
        return row  # that of the folder which the client is in, or that only its shell knows
    vault = Path(given).expanduser()
    if not is_vault(vault):
        return _ailing(row, Ail.VAULT, f"{vault} is no vault")
    return _run(replace(row, vault=str(vault)), event, client.events[event], command, env)


def _run(row: HooksHealth, event: str, ours: str, command: str, env: Mapping[str, str]) -> HooksHealth:
    root = os.path.realpath(row.vault or "")
    socket = socket_path(root, env)
    was_answered = is_answered(socket)
    with tempfile.TemporaryDirectory(prefix="memwell-doctor-") as folder:
        said = json.dumps(_said(event, folder)).encode()
        runs = [_timed(command, said, folder, env)]
        if runs[0].code == 0:
            if last_outcomes(root, ours, 1) == ["late"]:
                _wait_for(socket)
            runs += [_timed(command, said, folder, env) for _ in range(_RUNS)]
    outcomes = last_outcomes(root, ours, len(runs) - 1)
    if not was_answered:
        _end(root, socket)
    return _judged(row, runs, outcomes)


def _said(event: str, folder: str) -> dict[str, str]:
    """Give what a client says of an event, as its documentation has it."""
    return {
        "session_id": "memwell-doctor",
        "transcript_path": str(Path(folder) / "none.jsonl"),
        "cwd": folder,
        "permission_mode": "default",
        "hook_event_name": event,
        "prompt": _PROMPT,
        "source": "startup",
    }


def _wait_for(socket: str | None) -> None:
    """Wait for the process that a hook may have started, which takes a moment to come up."""
    if socket:
        _wait(lambda: is_answered(socket))


def _end(root: str, socket: str | None) -> None:
    """Have the process go that a hook may have started, and wait until it has written its last."""
    before = len(last_outcomes(root, STANDING_IN, _MANY))
    if leave(socket):
        _wait(lambda: len(last_outcomes(root, STANDING_IN, _MANY)) != before)


def _wait(is_so: Callable[[], bool]) -> None:
    """Wait until it is so, or has taken too long."""
    until = time.monotonic() + _COMING_S
    while not is_so() and time.monotonic() < until:
        time.sleep(_LOOK_S)


def _timed(command: str, said: bytes, folder: str, env: Mapping[str, str]) -> _Run:
    """Run a command through the shell, as clients do, and take the time until its end."""
    began = time.perf_counter()
    try:
        done = subprocess.run(  # noqa: S602 - it is what the client's file says
            command,
            shell=True,
            input=said,
            env=dict(env),
            cwd=folder,
            capture_output=True,
            timeout=_CLIENT_WAITS_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return _Run(_CLIENT_WAITS_S * 1000, None, b"")
    return _Run((time.perf_counter() - began) * 1000, done.returncode, done.stdout)


def _judged(row: HooksHealth, runs: Sequence[_Run], outcomes: Sequence[str]) -> HooksHealth:
    first, later = runs[0], runs[1:]
    row = replace(row, first_ms=round(first.ms, 1), ms=round(median(one.ms for one in later), 1) if later else None)
    for run in runs:
        if run.code is None:
            return _ailing(row, Ail.LATE, f"it did not end within {_CLIENT_WAITS_S:.0f} seconds")
        if run.code != 0:
            return _ailing(row, Ail.START, f"it ended with exit code {run.code}, which a client may take for a refusal")
        if not _is_answer(run.out):
            return _ailing(row, Ail.ANSWER, "it printed what is no answer")
    failed = next((one for one in outcomes if one[:1].isupper() or one == "died"), None)
    if failed:
        return _ailing(row, Ail.ANSWER, f"it failed and told nothing: {failed}")
    if outcomes.count("late") * 2 > len(outcomes):
        return _ailing(row, Ail.LATE, "it can't answer in time, and tells nothing", is_meant=True)
    return row


def _is_answer(out: bytes) -> bool:
    """Say whether a client could read it: nothing, or one object."""
    try:
        return not out.strip() or isinstance(json.loads(out), dict)
    except ValueError:
        return False


def _ailing(row: HooksHealth, ail: Ail, problem: str, *, is_meant: bool = False) -> HooksHealth:
    return replace(row, health=Health.WARNING if is_meant else Health.BROKEN, ail=ail, problem=problem)
