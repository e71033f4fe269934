"""The changes that `bench.crash_points` crashes: some forty, of one small vault.

Every line of text that a step writes says which step wrote it and ends in a check sum, so that any file tells
whether it is one whole version.
"""

import hashlib
import re
from pathlib import Path
from typing import NamedTuple

from bench.kept import ARCHIVE

OURS = "ours"
ACTORS = ("one", "two")
RECOVERY_STEP = 1000  # the number of the write that follows a crash
RECOVERY_NOTE = "after/recovery.md"
_COUNT = re.compile(r"(?m)^# Note (\d+): (\d+) lines$")
_USUAL_LINES = 3
_LONG, _LONG_LINES = "facts/long.md", 70  # longer than a block of a disk
_HUGE, _HUGE_LINES = "facts/huge.md", 1600  # and than what a pack of revisions takes


class Step(NamedTuple):
    """One change. The step's number, from 1, says who makes it and what is written."""

    verb: str  # make | remember | append | property | move | forget | restore | import
    path: str = ""
    to: str = ""  # where a move leads
    also: tuple[str, ...] = ()  # notes whose links follow a move, or that are remembered together with the first

    @property
    def touched(self) -> tuple[str, ...]:
        """Name every file that the step may change, below the vault."""
        archive = (f"{ARCHIVE}{self.path}",) if self.verb in ("forget", "restore") else ()
        return (*filter(None, (self.path, self.to)), *self.also, *archive)


STEPS = (
    Step("make"),
    Step("remember", "facts/berths.md"),
    Step("remember", "facts/tides.md"),
    Step("append", "Ideas.md"),
    Step("remember", "log/2026/first.md"),
    Step("remember", "facts/berths.md"),
    Step("property", "Plans.md"),
    Step("move", "Ideas.md", "Ideas/Big ideas.md", ("Plans.md",)),
    Step("remember", _LONG),
    Step("append", "facts/tides.md"),
    Step("forget", "facts/tides.md"),
    Step("remember", _LONG),
    Step("property", "facts/berths.md"),
    Step("restore", "facts/tides.md"),
    Step("append", "Plans.md"),
    Step("append", _LONG),
    Step("remember", "facts/moorings.md"),
    Step("forget", "log/2026/first.md"),
    Step("move", "people/Ada.md", "people/Ada Lovelace.md", ("Plans.md", "Ideas.md", "Ideas/Big ideas.md")),
    Step("property", "facts/moorings.md"),
    Step("remember", "log/2026/first.md"),
    Step("append", "people/Ada Lovelace.md"),
    Step("remember", "facts/tides.md"),
    Step("append", "facts/moorings.md"),
    Step("move", "facts/berths.md", "harbour/berths.md"),
    Step("append", "harbour/berths.md"),
    Step("forget", "facts/moorings.md"),
    Step("remember", "facts/lights.md"),
    Step("restore", "facts/moorings.md"),
    Step("property", "facts/moorings.md"),
    Step("append", "Plans.md"),
    Step("remember", "facts/lights.md"),
    Step("remember", _HUGE),
    Step("append", "Ideas/Big ideas.md"),
    Step("forget", "facts/lights.md"),
    Step("import", "charts/north.md", also=("charts/south.md", "facts/tides.md", "facts/wrecks.md", "log/2027/may.md")),
    Step("append", "facts/tides.md"),
    Step("append", _HUGE),
    Step("remember", "facts/tides.md"),
    Step("property", "harbour/berths.md"),
    Step("append", "facts/tides.md"),
)
SIMPLE = frozenset({"remember", "append", "property"})  # what the small writers can do as well


def steps_of(variant: str) -> dict[int, Step]:
    """Give the steps that a variant does, by their numbers."""
    return {number: step for number, step in enumerate(STEPS, 1) if variant == OURS or step.verb in SIMPLE}


def actor_of(number: int) -> str:
    """Name the agent that does a step."""
    return ACTORS[number % len(ACTORS)]


def line_of(number: int, nth: int = 0) -> str:
    """Write one line that says which step wrote it, with its check sum."""
    said = f"token-{number:04} {hashlib.sha256(f'{number}/{nth}'.encode()).hexdigest()}"
    return f"{said} check-{_check_sum(said)}"


def text_of(number: int, path: str) -> str:
    """Write the body that a step gives a note; its heading says how many lines there are."""
    count = {_LONG: _LONG_LINES, _HUGE: _HUGE_LINES}.get(path, _USUAL_LINES)
    lines = "".join(f"{line_of(number, nth)}\n" for nth in range(count))
    return f"# Note {number:04}: {count} lines\n\n{lines}"


def is_whole(data: bytes) -> bool:
    """Say whether a note's bytes are some that a step, or the vault's owner, wrote: no line missing or cut short."""
    text = data.decode("utf-8", "replace")
    said = [line.rpartition(" check-") for line in text.split("\n") if "token-" in line]
    if not said or not text.endswith("\n") or "\0" in text or any(_check_sum(s[0]) != s[2] for s in said):
        return False
    counted = _COUNT.search(text)
    return not counted or text.count(f"token-{counted[1]} ") == int(counted[2])


def initial_notes() -> dict[str, str]:
    """Give what the vault's owner has written before anything else happens."""
    return {
        "Plans.md": f"# Plans\n\nSee [[Ideas]], and ask [[Ada]].\n\n{line_of(0, 1)}\n",
        "Ideas.md": f"---\nstatus: raw\n---\n# Ideas\n\nAll of them are of [[people/Ada|Ada]].\n\n{line_of(0, 2)}\n",
        "people/Ada.md": f"# Ada\n\n{line_of(0, 3)}\n",
    }


def write_initial(folder: Path) -> None:
    """Write the owner's notes."""
    for path, text in initial_notes().items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode())


def _check_sum(said: str) -> str:
    return hashlib.sha256(said.encode()).hexdigest()[:12]
