"""What clients call their events, what they say of them, and how they want to be answered. Pure."""

import json
from collections.abc import Mapping
from typing import Any

ASKING = ("prompt", "session-start")  # are answered with what is remembered
TELLING = ("stop", "session-end", "pre-compact")  # something was said that may be worth keeping
MAX_CONTEXT_CHARS = 10_000  # more is cut down to a preview by a client
MAX_PROMPT_CHARS = 2_000  # of which a question is made
DEFAULT_CLIENT = "claude-code"

# By client: what its events are called, and which command of `memwell hook` each is for.
EVENTS: Mapping[str, Mapping[str, str]] = {
    "claude-code": {
        "SessionStart": "session-start",
        "UserPromptSubmit": "prompt",
        "Stop": "stop",
        "PreCompact": "pre-compact",
        "SessionEnd": "session-end",
    },
    "codex": {
        "SessionStart": "session-start",
        "UserPromptSubmit": "prompt",
        "Stop": "stop",
        "PreCompact": "pre-compact",
    },
    "gemini": {
        "SessionStart": "session-start",
        "BeforeAgent": "prompt",
        "AfterAgent": "stop",
        "PreCompress": "pre-compact",
        "SessionEnd": "session-end",
    },
    "cursor": {
        "sessionStart": "session-start",
        "stop": "stop",
        "preCompact": "pre-compact",
        "sessionEnd": "session-end",
    },
}

_SMALL_TALK_WORDS = 3  # a prompt of fewer words asks for nothing that could be remembered


_TIMEOUT_S = 10  # after which a client may end a hook, which is over long before


def settings_for(client: str, command: str, vault: str) -> dict[str, Any]:
    """Give what a client's file of settings must say for its events to reach us.

    Args:
        client: one of `EVENTS`.
        command: what runs ``memwell hook``, as a shell reads it.
        vault: the vault's folder, as a shell reads it.
    """
    said: dict[str, Any] = {}
    option = "" if client == DEFAULT_CLIENT else f" --client {client}"
    for event, ours in EVENTS[client].items():
        run = f"{command} {ours} --vault {vault}{option}"
        timeout = _TIMEOUT_S * 1000 if client == "gemini" else _TIMEOUT_S
        whole = {"matcher": "", "hooks": [{"type": "command", "command": run, "timeout": timeout}]}
        said[event] = [{"command": run} if client == "cursor" else whole]
    return {"version": 1, "hooks": said} if client == "cursor" else {"hooks": said}


def prompt_of(said: Mapping[str, Any]) -> str:
    """Give what a person asks, "" where that is not in there."""
    for name in ("prompt", "user_prompt"):
        value = said.get(name)
        if isinstance(value, str):
            return value
        if isinstance(value, list):
            texts = [one.get("text") if isinstance(one, dict) else one for one in value]
            return "\n".join(text for text in texts if isinstance(text, str))
    return ""


def text_of(said: Mapping[str, Any], *names: str, limit: int = 4096) -> str:
    """Give the first of some fields that is one line of text, "" where none is."""
    for name in names:
        value = said.get(name)
        if isinstance(value, str) and 0 < len(value) <= limit and value.isprintable():
            return value
    return ""


def is_question(prompt: str) -> bool:
    """Say whether a prompt may have to do with what is remembered: no command, and more than a word or two."""
    return not prompt.lstrip().startswith(("/", "!", "#")) and len(prompt.split()) >= _SMALL_TALK_WORDS


def answer_for(client: str, event: str, context: str) -> str:
    """Write what a client is told, as it wants it; "" where it takes nothing at that event."""
    if client == "cursor":
        return json.dumps({"additional_context": context}) if event == "session-start" else ""
    names = {ours: theirs for theirs, ours in EVENTS.get(client, EVENTS[DEFAULT_CLIENT]).items()}
    said = {"hookEventName": names[event], "additionalContext": context}
    return json.dumps({"hookSpecificOutput": said}, ensure_ascii=False)
