"""Putting a newer note in the place of an older one, which stays, is marked, and is found behind it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from vault_engine.engine.changing import check_here, editable_text, find_note, writing
from vault_engine.engine.edit import applied
from vault_engine.engine.resting import when_rested
from vault_engine.engine.session import Session, timestamp
from vault_engine.engine.together import Rewrite, write_together
from vault_engine.errors import BadInput
from vault_engine.index.record import Record
from vault_engine.journal.entry import Actor
from vault_engine.note import Profile
from vault_engine.note.change import SetProperty
from vault_engine.note.frontmatter import read_head
from vault_engine.note.validity import VALID_TO, microseconds
from vault_engine.search.run import DEPRECATED
from vault_engine.sync.merge import unified_diff
from vault_engine.vault.files import sha256_hex

SUPERSEDES, SUPERSEDED_BY = "supersedes", "superseded_by"


@dataclass(frozen=True)
class Superseded:
    """One note is in the place of another now, or would be after a dry run."""

    action: Literal["updated", "unchanged"]
    old: str
    new: str
    valid_to: str | None  # until when the old one held
    entry: str | None  # of the journal, to take both changes back by; None if nothing was changed
    old_sha256: str
    new_sha256: str
    diff: str  # of both notes, as ``diff -u`` writes it


class Pair(NamedTuple):
    """A note and what is in its place from now on."""

    old: Record
    new: Record
    why: str = ""


def supersede(
    session: Session, old: str, new: str, *, reason: str = "", dry_run: bool = False, actor: Actor | None = None
) -> Superseded:
    """Mark a note as replaced by another: the old one is deprecated, holds until now, and both link to each other.

    Only their properties change: ``status``, ``valid_to`` and ``superseded_by`` of the old one, ``supersedes`` of the
    new one. Both changes are one in the journal.

    Args:
        session: the open vault.
        old: the note that holds no more, by any of its names.
        new: the one that does.
        reason: why, for the journal.
        dry_run: only say what would change.
        actor: who asks for it, where that is not who opened the vault.

    Raises:
        NoteMissing, NoteAmbiguous: one of them does not mean one note.
        BadInput: both are one note, or the new one is itself replaced by the old one.
        EditRefused, NoteDamaged: the properties of one can't be changed safely; nothing was.
        NoteChanged, VaultBusy, VaultDenied, StorageFailed: nothing was changed.
    """

    def write() -> Superseded:
        with writing(session, actor) as author:
            pair = Pair(find_note(session, old), find_note(session, new), reason)
            rewrites = plan(session, [pair])
            entry = None
            if rewrites and not dry_run:
                entry = write_together(session, author, rewrites, reasons_of([pair]))
            return _shown(session, pair, rewrites, entry)

    return when_rested(write)


def plan(session: Session, pairs: Sequence[Pair]) -> list[Rewrite]:
    """Say which notes change how. The vault is held. Raises as `supersede` does."""
    held: dict[str, bytes] = {}
    texts: dict[str, str] = {}
    moment = timestamp(session.now())
    for old, new, _ in pairs:
        if old.path == new.path:
            raise BadInput(f"{old.path} can't be in its own place")
        for path in (old.path, new.path):
            if path not in held:
                check_here(session, path)
                held[path] = session.vault.read(path)
                texts[path] = editable_text(session, path, held[path])
        link, back = _link(session, new), _link(session, old)
        if link in _links(_properties(texts[old.path]), SUPERSEDES):
            raise BadInput(f"{old.path} is itself in the place of {new.path}")
        texts[old.path] = _replaced(session, old.path, texts[old.path], link, moment)
        texts[new.path] = _replacing(session, new.path, texts[new.path], back)
    rewrites = [Rewrite(path, held[path], text.encode()) for path, text in texts.items()]
    return [one for one in rewrites if one.before != one.after]


def reasons_of(pairs: Sequence[Pair]) -> dict[str, str]:
    """Give what the journal says of each note, by path."""
    reasons: dict[str, str] = {}
    for pair in pairs:
        why = f": {pair.why}" if pair.why else ""
        reasons.setdefault(pair.new.path, f"supersedes {pair.old.path}{why}")
        reasons[pair.old.path] = f"superseded by {pair.new.path}{why}"
    return reasons


def _replaced(session: Session, path: str, text: str, link: str, moment: str) -> str:
    """Write the note that is replaced; one that held until some time before keeps that."""
    properties = _properties(text)
    changes: dict[str, Any] = {"status": DEPRECATED}
    until = properties.get(VALID_TO)
    now = microseconds(moment)
    known = microseconds(until) if isinstance(until, str) else None
    if known is None or now is None or known > now:
        changes[VALID_TO] = moment
    return _changed(session, path, text, changes | _with_link(properties, SUPERSEDED_BY, link))


def _replacing(session: Session, path: str, text: str, link: str) -> str:
    return _changed(session, path, text, _with_link(_properties(text), SUPERSEDES, link))


def _with_link(properties: dict[str, Any], name: str, link: str) -> dict[str, Any]:
    """Add a link to those that a property holds."""
    held = _links(properties, name)
    if link in held:
        return {}
    return {name: link if not held else [*held, link]}


def _links(properties: dict[str, Any], name: str) -> list[Any]:
    value = properties.get(name)
    return list(value) if isinstance(value, list) else [] if value in (None, "") else [value]


def _properties(text: str) -> dict[str, Any]:
    return dict(read_head(text)[0].properties)


def _changed(session: Session, path: str, text: str, changes: dict[str, Any]) -> str:
    """Give properties their values, as an edit of the note would."""
    before = _properties(text)
    edits = [SetProperty(name, value) for name, value in changes.items() if before.get(name) != value]
    return applied(session, path, text, edits)


def _link(session: Session, record: Record) -> str:
    """Write a link to a note that means no other: by its path; in Logseq by the name of its page."""
    if session.index.rules.profile is Profile.LOGSEQ:
        return f"[[{record.title}]]"
    return f"[[{record.path.removesuffix('.md')}]]"


def _shown(session: Session, pair: Pair, rewrites: Sequence[Rewrite], entry: str | None) -> Superseded:
    after = {one.path: one.after for one in rewrites}
    texts = {record.path: after.get(record.path) for record in (pair.old, pair.new)}
    data = {path: session.vault.read(path) if text is None else text for path, text in texts.items()}
    return Superseded(
        action="updated" if rewrites else "unchanged",
        old=pair.old.path,
        new=pair.new.path,
        valid_to=_properties(data[pair.old.path].decode("utf-8", "replace")).get(VALID_TO),
        entry=entry,
        old_sha256=sha256_hex(data[pair.old.path]),
        new_sha256=sha256_hex(data[pair.new.path]),
        diff=diff_of(rewrites),
    )


def diff_of(rewrites: Sequence[Rewrite]) -> str:
    """Show what changes, as ``diff -u`` does."""
    return "".join(unified_diff(one.before.decode(), one.after.decode(), one.path, one.path) for one in rewrites)
