"""Grooming a vault in one go: tiers by use, links by shared subject, what has expired into the archive.

It is one change of the journal: what is rewritten is rewritten as a whole or not at all, and one entry takes all back.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from vault_engine.engine.changing import check_here, editable_text, writing
from vault_engine.engine.edit import applied
from vault_engine.engine.linking import RELATION, Linking, NewLink, to_link
from vault_engine.engine.resting import when_rested
from vault_engine.engine.results import Problem
from vault_engine.engine.session import Session
from vault_engine.engine.superseding import diff_of
from vault_engine.engine.survey import Survey
from vault_engine.engine.sweeping import (
    SweepFilter,
    SweptNote,
    TierChange,
    archivals,
    keep_ages,
    limits_of,
    to_promote,
    to_sweep,
)
from vault_engine.engine.together import MAX_TOGETHER, Archival, Carried, Rewrite, change_together
from vault_engine.errors import BadInput, MemwellError, NoteChanged, NoteDamaged, NoteOpen
from vault_engine.journal.entry import Actor, Op
from vault_engine.note.change import AddLink

MAX_LINKS = 50
DEFAULT_LINKS = 20
_QUARTILES = (0, 25, 50, 75, 100)
_BELOW = (0.05, 0.2, 0.5)


@dataclass(frozen=True)
class Fading:
    """How strong the notes of a vault are by now. Nothing is written of it."""

    notes: int
    quartiles: tuple[float, ...]  # of their strengths: the weakest, three quartiles, the strongest; 4 digits
    below: dict[str, int]  # how many are weaker than "0.05", "0.2", "0.5"


@dataclass(frozen=True)
class Cohered:
    """A vault was groomed, or would be by a dry run."""

    dry_run: bool
    notes: int  # in the vault
    fading: Fading
    moved: tuple[TierChange, ...]  # notes of another tier
    links: tuple[NewLink, ...]
    unlinked: int  # notes without any link
    looked_at: int  # of those, for links; the others take turns
    archived: tuple[SweptNote, ...]  # what has expired, the weakest first
    waiting: int  # notes for which another run has room: tiers, and what goes into the archive
    spared: int  # have expired, and are pinned, verified, core, damaged, or were brought back from the archive
    left: tuple[Problem, ...]  # notes that can't be changed or moved, and why
    entry: str | None  # of the journal, to take all of it back by; None where nothing was done
    diff: str  # of what is rewritten, as ``diff -u`` writes it


def cohere(
    session: Session,
    *,
    max_links: int = DEFAULT_LINKS,
    max_share: float = 0.1,
    dry_run: bool = True,
    actor: Actor | None = None,
) -> Cohered:
    """Groom a vault: give notes that state a tier the one that fits, link what belongs together, archive what expired.

    Links are written as ``- [[other]] (related)`` under ``## Links``, between notes of one category without any link,
    which share a subject and do not contradict each other; never twice. What somebody brought back from the archive is
    not archived again before it is changed. No note gets younger by it, nor is it a use.

    Args:
        session: the open vault.
        max_links: how many links at most, up to `MAX_LINKS`.
        max_share: of all notes, which may go into the archive, in (0, 1].
        dry_run: only say what would be done.
        actor: who asks for it, where that is not who opened the vault.

    Raises:
        BadInput: a limit is out of bounds.
        NoteChanged, NoteOpen, NoteInUse, VaultBusy, VaultDenied, StorageFailed: nothing was changed.
        NotConfirmed: it was done, and the disk did not confirm all of it.
    """
    if not 0 <= max_links <= MAX_LINKS:
        raise BadInput(f"max_links {max_links} is not between 0 and {MAX_LINKS}")
    wanted = SweepFilter(max_share=max_share)
    limits_of(wanted)
    with session.guard:
        session.bring_in()
    linking = to_link(session, max_links)
    if dry_run:
        with session.guard:
            return _planned(session, linking, wanted)[0]

    def write() -> Cohered:
        with writing(session, actor) as author:
            planned, rewrites = _planned(session, linking, wanted)
            ready, left = archivals(session, [one.path for one in planned.archived])
            done = _change(session, author, rewrites, ready, _reasons(planned))
            left = [*left, *done.left]
            stayed = {problem.path for problem in left}
            return replace(
                planned,
                dry_run=False,
                moved=tuple(one for one in planned.moved if one.path not in stayed),
                links=tuple(one for one in planned.links if one.path not in stayed),
                archived=tuple(one for one in planned.archived if one.path not in stayed),
                left=(*planned.left, *left),
                entry=done.entry,
            )

    return when_rested(write)


def _change(
    session: Session, author: Actor, rewrites: list[Rewrite], ready: Sequence[Archival], reasons: Mapping[str, str]
) -> Carried:
    """Make all changes as one; a note that can't be rewritten is left out and named, so that it holds up no other."""
    left = list[Problem]()
    while rewrites or ready:
        keep_ages(session, rewrites)
        try:
            done = change_together(session, author, rewrites, ready, reasons)
        except (NoteDamaged, NoteOpen, NoteChanged) as error:
            others = [one for one in rewrites if one.path != error.path]
            if len(others) == len(rewrites):
                raise
            rewrites = others
            left.append(Problem(error.path, str(error)))
        else:
            return Carried(done.entry, (*left, *done.left))
    return Carried(None, tuple(left))


def _planned(session: Session, linking: Linking, wanted: SweepFilter) -> tuple[Cohered, list[Rewrite]]:
    """Say what is done now, and how notes change."""
    survey = Survey(session)
    swept = to_sweep(survey, wanted, limits_of(wanted), _brought_back(session))
    going = frozenset(one.path for one in swept.archived)
    moves, rewrites = to_promote(session, survey, MAX_TOGETHER - len(linking.links), going)
    links, rewrites, left = _with_links(session, linking, going, rewrites)
    planned = Cohered(
        dry_run=True,
        notes=len(survey),
        fading=_fading(survey),
        moved=moves.changes,
        links=links,
        unlinked=linking.unlinked,
        looked_at=linking.looked_at,
        archived=swept.archived,
        waiting=moves.total - len(moves.changes) - len(moves.left) + swept.found - len(swept.archived),
        spared=swept.spared,
        left=(*moves.left, *left),
        entry=None,
        diff=diff_of(rewrites),
    )
    return planned, rewrites


def _with_links(
    session: Session, linking: Linking, going: frozenset[str], rewrites: list[Rewrite]
) -> tuple[tuple[NewLink, ...], list[Rewrite], list[Problem]]:
    """Add links to what is rewritten; one to or from a note that is going, or is not there any more, is not made."""
    changed = {one.path: one for one in rewrites}
    links, left = list[NewLink](), list[Problem]()
    for link in linking.links:
        records = session.index.records
        if not going.isdisjoint((link.path, link.to)) or link.path not in records or link.to not in records:
            continue
        try:
            if known := changed.get(link.path):
                before, text = known.before, known.after.decode()
            else:
                check_here(session, link.path)
                before = session.vault.read(link.path)
                text = editable_text(session, link.path, before)
            after = applied(session, link.path, text, [AddLink(link.to.removesuffix(".md"), RELATION)])
        except MemwellError as error:
            left.append(Problem(link.path, str(error)))
            continue
        changed[link.path] = Rewrite(link.path, before, after.encode())
        links.append(link)
    return tuple(links), list(changed.values()), left


def _reasons(planned: Cohered) -> dict[str, str]:
    """Say for the journal why each note changes."""
    reasons = {one.path: f"cohere: {one.why}" for one in planned.archived}
    reasons |= {one.path: one.why for one in planned.moved}
    for link in planned.links:
        reasons[link.path] = "; ".join(filter(None, (reasons.get(link.path), link.why)))
    return reasons


def _brought_back(session: Session) -> frozenset[str]:
    """Give the notes that somebody has brought back from the archive and nobody has changed since."""
    found = (entry.change for entry in session.journal.entries(holding=f'"op":"{Op.RESTORE.value}"'))
    return frozenset(one.path for one in found if one.after == session.indexed(one.path))


def _fading(survey: Survey) -> Fading:
    strength = survey.aged.strength
    quartiles = np.percentile(strength, _QUARTILES) if len(survey) else np.empty(0)
    return Fading(
        notes=len(survey),
        quartiles=tuple(round(float(one), 4) for one in quartiles),
        below={str(limit): int((strength < limit).sum()) for limit in _BELOW},
    )
