"""Transcripts as Claude Code writes them, for tests."""

import json
from pathlib import Path
from typing import Any


def line(role: str, content: Any, uuid: str, session: str = "5d0c7a11-aaaa", **more: Any) -> dict[str, Any]:
    """Make one line of a transcript."""
    return {
        "type": role,
        "uuid": uuid,
        "parentUuid": None,
        "sessionId": session,
        "timestamp": "2026-05-01T10:00:00.000Z",
        "cwd": "/home/a/proj",
        "gitBranch": "main",
        "isSidechain": False,
        "message": {"role": role, "content": content},
        **more,
    }


def user(text: Any, uuid: str = "u1", **more: Any) -> dict[str, Any]:
    """Make a line in which a person says something."""
    return line("user", text, uuid, **more)


def answer(text: str, uuid: str = "a1", **more: Any) -> dict[str, Any]:
    """Make a line in which the assistant says something, beside thinking and a call of a tool."""
    parts = [
        {"type": "thinking", "thinking": "hmm"},
        {"type": "text", "text": text},
        {"type": "tool_use", "id": "t1", "name": "Bash", "input": {"command": "ls"}},
    ]
    return line("assistant", parts, uuid, **more)


def tool_result(text: str, uuid: str = "r1") -> dict[str, Any]:
    """Make a line that holds what a tool gave back."""
    return user([{"type": "tool_result", "tool_use_id": "t1", "content": text}], uuid)


def write(file: Path, *lines: dict[str, Any] | bytes) -> Path:
    """Write a transcript; bytes are taken as they are."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"".join((one if isinstance(one, bytes) else json.dumps(one).encode()) + b"\n" for one in lines))
    return file
