"""What the tests of the history share: changes by hand as the journal enters them, entries that arrive by sync."""

import hashlib
from contextlib import ExitStack
from pathlib import Path

from vault_engine import Actor, Engine
from vault_engine.journal.entry import NO_PREVIOUS, Change, Op, encode
from vault_engine.vault.files import sha256_hex

HALF = "\ud800"  # half a character: no text holds it, but JSON can
SOMEBODY = Actor("external", "somebody")


def save(engine: Engine, vault: Path, path: str, text: str | None) -> str:
    """Let a person save a note, or delete it, and let the journal know of it; give the new SHA-256."""
    session, file = engine._session, vault / path
    before = sha256_hex(file.read_bytes()) if file.exists() else ""
    if text is None:
        file.unlink()
        after = ""
    else:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode())
        after = session.revisions.put(text.encode())
    enter(engine, Change(Op.EXTERNAL, path, before, after, size=len((text or "").encode())))
    return after


def enter(engine: Engine, change: Change) -> None:
    """Enter a change that has happened."""
    session = engine._session
    with ExitStack() as held:
        held.enter_context(session.vault.lock.held())
        held.enter_context(session.journal.announced(change, at=session.now(), actor=SOMEBODY))


def arrive(vault: Path, *changes: Change, ts: str = "2026-01-01T00:00:00.000000Z", name: str = "2026-01") -> None:
    """Let another device's journal arrive by sync, entries and all, in its own month's file."""
    file = vault / ".memwell" / "journal" / "other" / f"{name}.jsonl"
    file.parent.mkdir(parents=True, exist_ok=True)
    previous, lines = NO_PREVIOUS, b""
    for seq, change in enumerate(changes, 1):
        hidden = change._replace(path=change.path.replace(HALF, "\ue000"))
        line = encode(hidden, seq=seq, id=f"{seq:026}", ts=ts, actor=Actor("agent", "far"), prev=previous)
        unsealed = line[:-73].replace("\ue000".encode(), rb"\ud800")
        previous = hashlib.sha256(unsealed).hexdigest()
        lines += b'%s,"h":"%s"}\n' % (unsealed, previous.encode())
    file.write_bytes(lines)


def forget_revisions(vault: Path) -> None:
    """Let every revision be lost."""
    for file in (vault / ".memwell" / "revisions").rglob("*"):
        if file.is_file():
            file.unlink()
