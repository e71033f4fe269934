"""What ``memwell doctor`` says of a vault."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from shlex import quote

from memwell_cli.commands.journal import verdict
from memwell_cli.commands.status import CAN_NOT_EXCHANGE, file_problems
from memwell_cli.exits import DAMAGED, DONE, FAILED, PARTLY
from memwell_cli.output import plain, problem_line
from vault_engine.engine import Engine, Examined, Problem, Status
from vault_engine.engine.fsck import Verified

_SHOWN = 20
_REVISIONS = "revisions/"  # how `Engine.verify` begins the place of what is damaged there


@dataclass(frozen=True)
class Complaint:
    """Something that is not as it should be, and what mends it."""

    problem: str
    mend: str


@dataclass(frozen=True)
class Diagnosis:
    """How a vault is, part by part."""

    vault: str
    data_was_read: bool  # whether revisions were read and notes held against the journal
    journal: tuple[Problem, ...]
    revisions: tuple[Problem, ...]
    files: tuple[Problem, ...]
    writable: bool
    exchanges: bool  # whether the file system lets two files change places; False where it can't be tried
    index: Complaint | None
    lock: Complaint | None
    permissions: tuple[Problem, ...]
    model: Complaint | None
    model_ms: float | None  # to load it and embed a line; None: it was not tried
    next: str | None  # what to do about journal, revisions and files


def diagnose(engine: Engine, *, fsck: bool, offline: bool) -> tuple[Diagnosis, int]:
    """Look at all of a vault; give what was found, and the exit code it is worth."""
    verified, status, examined = engine.verify(read_data=fsck), engine.status(), engine.examine(offline=offline)
    in_revisions = tuple(problem for problem in verified.damaged if problem.path.startswith(_REVISIONS))
    in_journal = tuple(problem for problem in verified.damaged if problem not in in_revisions)
    diagnosis = Diagnosis(
        vault=status.vault,
        data_was_read=verified.data_was_read,
        journal=in_journal + verified.loose,
        revisions=in_revisions + verified.missing,
        files=verified.differing + file_problems(status),
        writable=status.writable,
        exchanges=status.exchanges,
        index=_index(status),
        lock=_lock(status, examined),
        permissions=examined.unusable + examined.exposed,
        model=_model(examined),
        model_ms=examined.model.ms,
        next=_next(verified),
    )
    return diagnosis, worst((verdict(verified), _code(diagnosis, examined)))


def lines(diagnosis: Diagnosis) -> Iterator[str]:
    """Write a line for each part, with what is wrong and what mends it below."""
    is_read = diagnosis.data_was_read
    yield from _section("journal", diagnosis.journal, "ok")
    yield from _section("revisions", diagnosis.revisions, "ok" if is_read else "not read; --fsck reads them")
    yield from _section(
        "files", diagnosis.files, "ok" if is_read else "ok, and not held against the journal; --fsck does"
    )
    yield f"disk: {_disk(diagnosis)}"
    yield from _complaint("index", diagnosis.index)
    yield from _complaint("lock", diagnosis.lock)
    yield from _section("permissions", diagnosis.permissions, "ok")
    if diagnosis.permissions:
        yield f"  mend: `chmod -R u+rwX,o-w {quote(f'{diagnosis.vault}/.memwell')}`, as its owner"
    yield from _complaint("model", diagnosis.model, "ok" if diagnosis.model_ms is not None else "not tried")
    if diagnosis.next:
        yield f"next: {diagnosis.next}"


def worst(codes: Iterable[int]) -> int:
    """Join exit codes: damage counts most, then what is broken, then what may wait."""
    found = set(codes)
    return next((code for code in (DAMAGED, FAILED, PARTLY) if code in found), DONE)


def _code(diagnosis: Diagnosis, examined: Examined) -> int:
    if diagnosis.model or (examined.unusable and diagnosis.writable):
        return FAILED
    is_fine = diagnosis.writable and not (diagnosis.index or diagnosis.lock or diagnosis.permissions)
    return DONE if is_fine else PARTLY


def _index(status: Status) -> Complaint | None:
    state = status.index
    if state.cache_problem:
        return Complaint(
            f"it can't be kept in {state.cache_dir}: {state.cache_problem}",
            "make that folder writable, or name another by MEMWELL_CACHE_DIR",
        )
    if state.rebuilt:
        return Complaint(f"damaged, and read again: {', '.join(state.rebuilt)}", "`memwell index check --repair`")
    if state.chunks_waiting and state.embedder:
        return Complaint(f"chunks without a vector so far: {state.chunks_waiting:,}", "`memwell index build`")
    return None


def _lock(status: Status, examined: Examined) -> Complaint | None:
    if examined.lock is None or not status.writable:
        return None
    return Complaint(examined.lock, "wait for what writes there, or end it")


def _model(examined: Examined) -> Complaint | None:
    if examined.model.problem is None:
        return None
    return Complaint(examined.model.problem, "correct `embedder` in config.toml; `packaged` needs no network")


def _next(verified: Verified) -> str | None:
    if not verified.is_whole:
        return "`memwell journal repair` mends what can be mended; what it leaves only a backup has"
    if verified.loose or verified.differing:
        return "`memwell journal repair`, or nothing: the next write through Memwell settles it"
    return None


def _disk(diagnosis: Diagnosis) -> str:
    if not diagnosis.writable:
        return "read-only"
    return "ok" if diagnosis.exchanges else CAN_NOT_EXCHANGE


def _section(name: str, problems: Sequence[Problem], fine: str) -> Iterator[str]:
    yield f"{name}: {f'problems {len(problems):,}' if problems else fine}"
    for problem in problems[:_SHOWN]:
        yield f"  {problem_line(problem)}"
    if len(problems) > _SHOWN:
        yield f"  and {len(problems) - _SHOWN:,} more (--json lists all)"


def _complaint(name: str, complaint: Complaint | None, fine: str = "ok") -> Iterator[str]:
    if complaint is None:
        yield f"{name}: {fine}"
    else:
        yield f"{name}: {plain(complaint.problem)}"
        yield f"  mend: {complaint.mend}"
