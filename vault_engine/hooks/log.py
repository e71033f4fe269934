"""What became of each hook: when, which, how long it took. Never what was said. Bounded."""

import os
import time

_MAX_BYTES = 256 << 10
_NAME = ".memwell/local/hook.log"


def note(root: str | None, event: str, outcome: str, seconds: float) -> None:
    """Write a line into the vault's log; where that fails, nobody needs to know."""
    if root is None:
        return
    path = f"{root}/{_NAME}"
    said = f"{time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())} {event} {outcome} {seconds * 1000:.0f} ms\n"
    try:
        _shorten(path)
        os.makedirs(os.path.dirname(path), exist_ok=True)  # noqa: PTH103, PTH120
        handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600)
        try:
            os.write(handle, said.encode("ascii", "replace"))
        finally:
            os.close(handle)
    except OSError:
        return


def last_outcomes(root: str, event: str, number: int) -> list[str]:
    """Give what became of the last hooks of an event, the latest last; none where there is no log."""
    try:
        with open(f"{root}/{_NAME}", encoding="ascii", errors="replace") as file:  # noqa: PTH123
            lines = [line.split() for line in file]
    except OSError:
        return []
    return [words[2] for words in lines if len(words) > 2 and words[1] == event][-number:] if number else []


def _shorten(path: str) -> None:
    """Keep the log of before beside the new one when it has grown."""
    if os.path.exists(path) and os.path.getsize(path) > _MAX_BYTES:  # noqa: PTH110, PTH202
        os.replace(path, f"{path}.1")  # noqa: PTH105
