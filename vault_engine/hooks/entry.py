"""What a client runs at its events. It answers in time or not at all, and never gets in the way: the exit code is 0.

Loaded at every prompt, so it needs little of the standard library and nothing else: what has to load the engine is done
in a process of its own, which is ended when the time is over.
"""

import os
import sys
import time
from collections.abc import Mapping

from vault_engine.hooks.events import ASKING, DEFAULT_CLIENT, EVENTS, TELLING
from vault_engine.hooks.log import note
from vault_engine.hooks.place import vault_root

DEADLINES_MS: Mapping[str, int] = {  # by event, from the start of the process
    "prompt": 300,
    "session-start": 2000,  # nobody has typed yet, and the client itself takes longer
    **dict.fromkeys(TELLING, 1000),
}
BUDGET_TOKENS = 800
MAX_BUDGET_TOKENS = 2400
LINGER_MIN = 15  # that what answers without a server stays after the last question
MAX_LINGER_MIN = 24 * 60

_OLDEST_S = 5.0  # that a process can be when it comes here

_NUMBERS = {"--budget": (1, MAX_BUDGET_TOKENS), "--deadline": (1, 60_000), "--linger": (0, MAX_LINGER_MIN)}
_TEXTS = ("--vault", "--client")


class Asked:
    """What the command line asks for."""

    def __init__(self, event: str, options: Mapping[str, str]) -> None:
        self.event = event
        self.client = options.get("--client", DEFAULT_CLIENT)
        self.root = vault_root(options.get("--vault"), os.environ, _working_folder())
        self.budget_tokens = int(options.get("--budget", BUDGET_TOKENS))
        self.linger_min = int(options.get("--linger", LINGER_MIN))
        self.seconds = int(options.get("--deadline", DEADLINES_MS[event])) / 1000


def answered(arguments: list[str]) -> bool:
    """Deal with an event; say no where that is a matter for the command line: help, or options that there are not."""
    options = _options(arguments[1:])
    if options is None or not arguments or arguments[0] not in (*ASKING, *TELLING):
        return False
    started = _started()
    try:
        asked = Asked(arguments[0], options)
        if asked.root is None:
            return True
        outcome, answer = _within_time(asked, started + asked.seconds)
        if answer:
            _write(answer)
        note(asked.root, asked.event, outcome, time.monotonic() - started)
    except Exception:  # noqa: BLE001 - whatever it is: a client must not be held up by what only helps it
        return True
    return True


def _options(arguments: list[str]) -> dict[str, str] | None:
    """Read the options; None if they are not such as are known."""
    options: dict[str, str] = {}
    rest = [part for one in arguments for part in (one.split("=", 1) if one.startswith("--") else [one])]
    if len(rest) % 2:
        return None
    for name, value in zip(rest[::2], rest[1::2], strict=True):
        low, high = _NUMBERS.get(name, (0, 0))
        is_number = value.isascii() and value.isdigit() and len(value) < 8 and low <= int(value) <= high
        if not (name in _TEXTS or (name in _NUMBERS and is_number)) or (name == "--client" and value not in EVENTS):
            return None
        options[name] = value
    return options


def _within_time(asked: Asked, until: float) -> tuple[str, str]:
    """Say what became of an event, and what to tell the client; ``late`` and nothing if the time is over before."""
    return _in_child(asked, until) if hasattr(os, "fork") else _in_thread(asked, until)


def _in_child(asked: Asked, until: float) -> tuple[str, str]:
    """Do it in a process that can be ended whatever it does: loading the engine, or waiting for what never comes."""
    import select
    import signal

    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(reading)
            _mute()
            _send(writing, "\n".join(_outcome(asked)).encode() + b"\n")
        finally:
            os._exit(0)
    os.close(writing)
    said = b""
    while (left := until - time.monotonic()) > 0 and select.select([reading], [], [], left)[0]:
        part = os.read(reading, 1 << 16)
        said += part
        if not part:
            break
    else:
        said = b"late\n\n"
        os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    outcome, _, answer = (said if said.endswith(b"\n") else b"died\n\n").decode().partition("\n")
    return outcome, answer.strip("\n")


def _in_thread(asked: Asked, until: float) -> tuple[str, str]:
    """Do it in a thread that does not keep the process from its end, where there is no forking."""
    import threading

    found: list[tuple[str, str]] = []
    thread = threading.Thread(target=lambda: found.append(_outcome(asked)), daemon=True)
    thread.start()
    thread.join(max(until - time.monotonic(), 0))
    if found:
        return found[0]
    note(asked.root, asked.event, "late", asked.seconds)
    os._exit(0)


def _outcome(asked: Asked) -> tuple[str, str]:
    """Do what the event asks for; whatever goes wrong is told by its name alone."""
    try:
        from vault_engine.hooks.doing import do

        return do(asked)
    except Exception as error:  # noqa: BLE001 - a hook fails open
        return type(error).__name__, ""


def _mute() -> None:
    """Let what a library may print go nowhere: a client would take it for an answer."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)


def _send(handle: int, data: bytes) -> None:
    while data:
        data = data[os.write(handle, data) :]


def _write(answer: str) -> None:
    """Write the answer, in UTF-8 whatever the terminal is said to speak."""
    sys.stdout.buffer.write(answer.encode("utf-8", "replace") + b"\n")
    sys.stdout.buffer.flush()


def _working_folder() -> str:
    try:
        return os.getcwd()  # noqa: PTH109
    except OSError:
        return os.sep


def _started() -> float:
    """Say when this process began, by the clock that `time.monotonic` reads."""
    now, spent = time.monotonic(), time.process_time()
    try:
        with open("/proc/self/stat", "rb") as file:  # noqa: PTH123
            ticks = int(file.read().rpartition(b")")[2].split()[19])
        age = time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, AttributeError, IndexError):
        return now - spent
    return now - (age if spent <= age < _OLDEST_S else spent)  # some containers count from another boot
