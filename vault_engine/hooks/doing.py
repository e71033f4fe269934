"""What is done at an event, in the process that may be ended at any moment.

It asks the server of the vault, which has everything at hand. Without one it opens the vault itself and searches by
words alone, which loads no model. It starts nothing that stays, but for one process that keeps what was said.
"""

import json
import os
import sys
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

if TYPE_CHECKING:
    from vault_engine.hooks.entry import Asked

_MAX_STDIN_BYTES = 8 << 20


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
    if context is None:
        context, way = _without_server(asked.root, request), "alone"
    if not context or len(context) > MAX_CONTEXT_CHARS:
        return f"{way}-nothing", ""
    return f"{way}-answered", answer_for(asked.client, asked.event, context)


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
    _start([sys.executable, "-m", "memwell_cli", "hook", "capture", *words, "--", transcript])
    return "handed-over"


def _start(command: list[str]) -> None:
    """Start a process that outlives this one and has no part in its terminal or pipes."""
    try:
        null = [(os.POSIX_SPAWN_OPEN, number, os.devnull, os.O_RDWR, 0) for number in (0, 1, 2)]
        os.posix_spawn(command[0], command, os.environ, file_actions=null, setsid=True)
    except (AttributeError, NotImplementedError):  # a system without that
        import subprocess

        flags = getattr(subprocess, "DETACHED_PROCESS", 0) | getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
        none = subprocess.DEVNULL
        is_posix = os.name == "posix"
        subprocess.Popen(command, stdin=none, stdout=none, stderr=none, creationflags=flags, start_new_session=is_posix)
