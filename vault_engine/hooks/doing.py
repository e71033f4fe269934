"""What is done at an event, in the process that may be ended at any moment.

It asks the server of the vault, which has everything at hand. Without one it starts a process that stands in for a
while, and asks that as soon as it answers; where there can be none it opens the vault itself. Both search by words
alone, which loads no model. What was said is kept by a process of its own.
"""

import json
import os
import sys
import time
from typing import TYPE_CHECKING, Any

from vault_engine.hooks.asking import ask
from vault_engine.hooks.events import (
    ASKING,
    MAX_CONTEXT_CHARS,
    MAX_PROMPT_CHARS,
    answer_for,
    is_question,
    prompt_of,
    text_of,
)
from vault_engine.hooks.place import OTHERS, made_private, socket_path

if TYPE_CHECKING:
    from vault_engine.hooks.entry import Asked

_MAX_STDIN_BYTES = 8 << 20
_LOOK_S = 0.02


def do(asked: "Asked") -> tuple[str, str]:
    """Deal with an event; say what became of it, and what to tell the client."""
    said = _read_stdin()
    if said is None:
        return "unreadable", ""
    if asked.event in ASKING:
        return _context(asked, said)
    return _keep(asked, said), ""


def _read_stdin() -> dict[str, Any] | None:
    """Read what the client says of the event; None if it is no object, or more than any prompt."""
    data = sys.stdin.buffer.read(_MAX_STDIN_BYTES + 1)
    if len(data) > _MAX_STDIN_BYTES:
        return None
    try:
        said = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return said if isinstance(said, dict) else None


def _context(asked: "Asked", said: dict[str, Any]) -> tuple[str, str]:
    prompt = prompt_of(said) if asked.event == "prompt" else ""
    if asked.event == "prompt" and not is_question(prompt):
        return "small-talk", ""
    assert asked.root is not None
    request = {"event": asked.event, "prompt": prompt[:MAX_PROMPT_CHARS], "budget": asked.budget_tokens}
    context, way = ask(asked.root, request, os.environ), "served"
    if context is None and asked.linger_min:
        context, way = _from_stand_in(asked.root, request, asked.linger_min), "roused"
    if context is None:
        context, way = _without_server(asked.root, request), "alone"
    if not context or len(context) > MAX_CONTEXT_CHARS:
        return f"{way}-nothing", ""
    return f"{way}-answered", answer_for(asked.client, asked.event, context)


def _from_stand_in(root: str, request: dict[str, Any], minutes: int) -> str | None:
    """Start a process that answers this hook and the next ones, and ask it; None if it can't be there.

    Whoever waits here is ended when the time is over, and the process is there for the next one.
    """
    path = socket_path(root, os.environ)
    if path is None or not made_private(os.path.dirname(path)):  # noqa: PTH120
        return None
    child = _start([sys.executable, "-P", "-m", "vault_engine.hooks.standing_in", root, str(minutes)])
    while (context := ask(root, request, os.environ)) is None:
        time.sleep(_LOOK_S)
        if child and (code := _exit_code(child)) is not None:
            if code != OTHERS:
                return None
            child = 0  # another one is there, or about to be
    return context


def _exit_code(child: int) -> int | None:
    """Give how a process that was started ended, None if it has not."""
    ended, status = os.waitpid(child, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if ended else None


def _without_server(root: str, request: dict[str, Any]) -> str:
    from vault_engine.engine import Actor, Engine
    from vault_engine.hooks.answering import context_for

    env = {**os.environ, "MEMWELL_EMBEDDER": "none", "MEMWELL_RERANKER": "none"}
    engine = Engine.open(root, actor=Actor("agent", "hook", "hook"), env=env)
    return context_for(engine, request)  # not closed: that would look after the vault, and there is no time


def _keep(asked: "Asked", said: dict[str, Any]) -> str:
    """Start the process that looks at what was said, and do not wait for it."""
    transcript = text_of(said, "transcript_path")
    if said.get("stop_hook_active") is True or not os.path.isfile(transcript):  # noqa: PTH113
        return "nothing-said"
    assert asked.root is not None
    session = text_of(said, "session_id", "conversation_id", limit=200)
    words = ["--vault", asked.root, "--client", asked.client, "--session", session, "--event", asked.event]
    _start([sys.executable, "-P", "-m", "memwell_cli", "hook", "capture", *words, "--", transcript])
    return "handed-over"


def _start(command: list[str]) -> int:
    """Start a process that outlives this one and has no part in its terminal or pipes; give its number."""
    try:
        null = [(os.POSIX_SPAWN_OPEN, number, os.devnull, os.O_RDWR, 0) for number in (0, 1, 2)]
        return os.posix_spawn(command[0], command, os.environ, file_actions=null, setsid=True)
    except (AttributeError, NotImplementedError):  # a system without that
        import subprocess

        flags = getattr(subprocess, "DETACHED_PROCESS", 0) | getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
        none = subprocess.DEVNULL
        is_posix = os.name == "posix"
        started = subprocess.Popen(
            command, stdin=none, stdout=none, stderr=none, creationflags=flags, start_new_session=is_posix
        )
        return started.pid
