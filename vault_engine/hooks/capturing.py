"""Keeping what a transcript says: the process in the background.

One at a time works on a vault. What it has read is remembered only when the notes are written, so that what is cut
short is done again; what is there already is not written twice.
"""

import os
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from vault_engine.config import MEMWELL_DIR, find_vault
from vault_engine.engine import Actor, Engine, Memory
from vault_engine.errors import BadInput, MemwellError, NoteChanged, NoteExists, VaultBusy
from vault_engine.hooks.handoff import Summary, handoff
from vault_engine.hooks.log import note
from vault_engine.hooks.progress import Progress
from vault_engine.hooks.worth import Worth, worth_keeping
from vault_engine.transfer.claude_code import as_name, lines_of
from vault_engine.transfer.transcript import NotSaid, Said, read_said
from vault_engine.vault.lock import Lock

MAX_NOTES = 10  # of one run: who decides more in a few turns has pasted something
MAX_BYTES = 64 << 20  # of a transcript that are read in one run
_SAME = 0.8  # the share of words that two notes have in common, from which on they say the same
_MAY_RUN_S = 300
_WAIT_FOR_LAST_S = 60.0  # at the end of a session nobody comes after

_NUMBER = re.compile(r"\w*\d[\w.]*\b")
_CATEGORIES = {"decision": "decisions", "preference": "preferences", "correction": "corrections", "fact": "facts"}


@dataclass(frozen=True)
class Captured:
    """What was kept of a transcript."""

    kept: tuple[str, ...]  # paths of notes that were made
    known: int  # things that a note says already
    handoff: str | None  # path of the note for the next session


def capture_in_background(vault: str | None, transcript: Path, *, event: str, session: str, client: str) -> None:
    """Keep what a transcript says, bounded in time; whatever goes wrong stands in the log by its name alone."""
    started, root = time.monotonic(), None
    with suppress(ImportError, AttributeError, OSError):
        import signal

        signal.alarm(_MAY_RUN_S)
        os.nice(5)
    try:
        root = find_vault(vault, os.environ, Path(os.sep))
        done = capture(root, transcript, event=event, session=session, client=client)
        outcome = f"kept-{len(done.kept)}-known-{done.known}" + ("-handoff" if done.handoff else "")
    except VaultBusy:
        outcome = "busy"
    except (MemwellError, OSError) as error:
        outcome = type(error).__name__
    note(str(root) if root else None, f"capture-{event}", outcome, time.monotonic() - started)


def capture(
    root: Path, transcript: Path, *, event: str, session: str, client: str, env: Mapping[str, str] = os.environ
) -> Captured:
    """Keep what a transcript says since the last time.

    Args:
        root: the vault.
        transcript: as Claude Code writes it.
        event: ``stop``, ``pre-compact`` or ``session-end``; the last one leaves a note for the next session.
        session: what the client calls the session.
        client: who runs the hook, as the notes' ``source``.
        env: the environment.

    Raises:
        BadInput: that is no transcript.
        VaultBusy: another one is at work on the vault; it or the next one reads what is new.
        OSError: the transcript can't be read.
        VaultMissing, ConfigBroken, VaultDenied, StorageFailed: the vault can't be used; nothing is remembered as read.
    """
    if transcript.suffix != ".jsonl" or not transcript.is_file():
        raise BadInput(f"{transcript} is no transcript: a file of that kind ends in .jsonl")
    local = root / MEMWELL_DIR / "local"
    is_last = event == "session-end"
    with Lock(local / "hooks.lock").held(wait_s=_WAIT_FOR_LAST_S if is_last else 0.0):
        progress = Progress(local)
        start = progress.of(transcript)
        reading = _Reading(transcript, start)
        found = worth_keeping((said.role, said.text) for said in reading)
        last = handoff(_Reading(transcript, 0)) if is_last and reading.end > start else None
        done = Captured((), 0, None)
        if found or last:
            actor = Actor("agent", client, "hook", as_name(session)[:12])
            with Engine.open(root, actor=actor, env={**env, "MEMWELL_EMBEDDER": "none"}) as engine:
                done = _written(engine, found[:MAX_NOTES], last, session or transcript.stem, client)
        progress.keep(transcript, reading.end)
        return done


class _Reading:
    """What was said in a transcript from an offset on; lines that can't be read are left out."""

    def __init__(self, transcript: Path, start: int) -> None:
        self._transcript, self.start, self.end = transcript, start, start

    def __iter__(self) -> Iterator[Said]:
        for end, line in lines_of(self._transcript, self.start):
            with suppress(NotSaid):
                if said := read_said(line):
                    yield said
            self.end = end
            if end - self.start > MAX_BYTES:
                return


def _written(engine: Engine, found: list[Worth], last: Summary | None, session: str, client: str) -> Captured:
    kept, known = [], 0
    for one in found:
        if _is_known(engine, one):
            known += 1
        else:
            kept.append(engine.remember(_memory(one, session, client)).path)
    path = None
    if last:
        with suppress(NoteExists, NoteChanged):  # a person has edited it, and knows better where it stood
            path = engine.remember(_handoff_memory(last, session, client)).path
    return Captured(tuple(kept), known, path)


def _is_known(engine: Engine, one: Worth) -> bool:
    """Say whether a note says that already; one with other numbers, or that says the contrary, does not."""
    for like in engine.alike(one.text, _CATEGORIES[one.sort]):
        if like.similarity >= _SAME and not like.verdict.kind.is_conflict:
            numbers = set(_NUMBER.findall(engine.read(like.path).text))
            if numbers.issuperset(_NUMBER.findall(one.text)):
                return True
    return False


def _memory(one: Worth, session: str, client: str) -> Memory:
    return Memory(
        one.text,
        category=_CATEGORIES[one.sort],
        type=one.sort,
        tags=("captured",),
        source=client,
        trust=one.role,
        properties={"session": as_name(session)[:80]} if session else {},
    )


def _handoff_memory(last: Summary, session: str, client: str) -> Memory:
    return Memory(
        last.text,
        category="handoffs",
        key=f"session-{as_name(session)[:40] or 'unknown'}",
        title=last.title,
        type="handoff",
        tags=("captured",),
        source=client,
        trust="assistant",
    )
