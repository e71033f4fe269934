"""What one step of one program gets, the notes as it reads them, and how its figures are taken."""

import json
import os
import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from bench.machine import median, p95
from bench.peers.questions import Question, Questions
from bench.timing import timed

LIMIT = 10
WARM_UP = 10
_FIGURES = "figures.jsonl"
_PROPERTY = re.compile(r"^(type): (.*)$|^  - (.*)$", re.M)

Search = Callable[[Question], Sequence[str]]
"""Answers a question with the paths of ten notes at most, best first."""

Clock = Callable[[], float]
"""Tells the seconds of processor time that a program has taken so far."""


class NotRun(Exception):
    """The program can't be measured here, and why."""


@dataclass(frozen=True)
class Job:
    """One program's measurement at one size."""

    vault: Path  # not to be changed
    folder: Path  # the program's own
    questions_file: Path
    notes: int
    vectors: int
    repeats: int  # of edits, of what is remembered, of starts
    edits: int  # while a server watches
    embed: int  # notes that the packaged model is measured on; 0: it is not
    cache: Path  # for what is made once for all sizes and runs

    @cached_property
    def questions(self) -> Questions:
        """What is asked."""
        return Questions.load(self.questions_file)

    def report(self, **figures: Any) -> None:
        """Hand figures over; what was handed over stays when the program is stopped."""
        with (self.folder / _FIGURES).open("a", encoding="utf-8") as file:
            file.write(json.dumps(figures) + "\n")

    def reported(self) -> dict[str, Any]:
        """Give all that was handed over."""
        file = self.folder / _FIGURES
        lines = file.read_text("utf-8").splitlines() if file.is_file() else ()
        return {name: value for line in lines for name, value in json.loads(line).items()}

    def save(self, file: Path) -> None:
        """Write the job to a file."""
        file.write_text(json.dumps(asdict(self), default=str), "utf-8")

    @classmethod
    def load(cls, file: Path) -> "Job":
        """Read a job from a file."""
        kept = json.loads(file.read_text("utf-8"))
        paths = {name: Path(kept[name]) for name in ("vault", "folder", "questions_file", "cache")}
        return cls(**kept | paths)


class Note(NamedTuple):
    """A generated note as the peers that know no notes are given it."""

    path: str
    category: str
    type: str
    tags: tuple[str, ...]
    text: str  # the body


def notes_of(vault: Path) -> Iterator[Note]:
    """Read the notes of a generated vault, by path."""
    for path in sorted(vault.rglob("*.md")):
        head, _, body = path.read_text("utf-8").partition("\n---\n")
        name = path.relative_to(vault).as_posix()
        found = list(_PROPERTY.finditer(head))
        type = next((match[2] for match in found if match[1]), "")
        yield Note(name, name.partition("/")[0], type, tuple(match[3] for match in found if match[3]), body)


def built(job: Job, build: Callable[[], object], size: Callable[[], int]) -> None:
    """Build an index and report what that took."""
    _, took = timed(build)
    job.report(build_cpu_s=round(took.cpu_s, 3), build_wall_s=round(took.wall_s, 3), disk_mb=round(size() / 1e6, 2))


def measure_opening(job: Job, open_index: Callable[[], Search], first: Question) -> Search:
    """Open an index, ask it once, and report how long that took and what memory it added."""
    before, began = resident_mb(), time.perf_counter()
    search = open_index()
    search(first)
    job.report(open_s=round(time.perf_counter() - began, 4), rss_mb=round(resident_mb() - before, 1))
    return search


def asked(job: Job, open_index: Callable[[], tuple[Search, Search | None]]) -> None:
    """Open a keyword index and report what that and every question took.

    Args:
        job: what to do.
        open_index: gives what answers questions, and what answers phrases if anything does.
    """
    before = resident_mb()
    opened: list[Search | None] = []

    def open_both() -> Search:
        search, phrase = open_index()
        opened.append(phrase)
        return search

    search = measure_opening(job, open_both, job.questions.plain[0])
    report_answers(job, search, opened[0])
    job.report(rss_after_mb=round(resident_mb() - before, 1))


def report_answers(job: Job, search: Search, phrase: Search | None, clock: Clock = time.process_time) -> None:
    """Ask everything and report the times; and whether rare words find their notes."""
    rare = job.questions.rare
    right = sum(path in search(Question(word))[:LIMIT] for word, path in rare)
    job.report(right=right, right_of=len(rare))
    report_times(job, "keyword", search, job.questions.plain, clock)
    report_times(job, "filtered", search, job.questions.filtered, clock)
    if phrase is not None:
        report_times(job, "phrase", phrase, job.questions.phrases, clock)


def report_times(
    job: Job, name: str, search: Search, questions: Sequence[Question], clock: Clock = time.process_time
) -> None:
    """Ask questions and report the times under a name, how many had an answer, and the processor time of one."""
    for question in questions[:WARM_UP]:
        search(question)
    began = clock()
    took = [timed(search, question) for question in questions]
    cpu_ms = (clock() - began) / len(took) * 1000
    walls = [one.wall_ms for _, one in took]
    answered = sum(bool(found) for found, _ in took)
    figures = {"p50_ms": median(walls), "p95_ms": p95(walls), "cpu_ms": cpu_ms}
    job.report(**{f"{name}_{what}": round(value, 3) for what, value in figures.items()})
    job.report(**{f"{name}_answered": answered, f"{name}_asked": len(took)})


def found_after_ms(save: Callable[[], object], search: Callable[[], Sequence[str]], path: str, wait_s: float) -> float:
    """Save something and ask until the answer holds the note; give the milliseconds from the save's end.

    Raises:
        NotRun: it was not found within ``wait_s`` seconds.
    """
    save()
    began = time.perf_counter()
    while path not in search():
        if time.perf_counter() - began > wait_s:
            raise NotRun(f"an edit was not found within {wait_s:.0f} s")
        time.sleep(0.002)
    return (time.perf_counter() - began) * 1000


def resident_mb(pids: Sequence[int] = ()) -> float:
    """Give the memory that processes hold now, this one if none is named; 0 where the system does not say."""
    total = 0
    for pid in pids or (os.getpid(),):
        try:
            total += int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1])
        except (OSError, ValueError, IndexError):
            continue
    return total * os.sysconf("SC_PAGE_SIZE") / 1e6 if total else 0.0
