"""The verbs that change notes.

Each holds the vault's lock, keeps the bytes it replaces, and is in the journal before it is in the vault.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from ulid import ULID

from vault_engine.engine.find import find, near
from vault_engine.engine.memory import Draft, Memory, draft, new_text, updated_text
from vault_engine.engine.results import Forgotten, Remembered, Restored
from vault_engine.engine.session import Session, timestamp
from vault_engine.errors import NameTaken, NoteChanged, NoteDamaged, NoteExists, NoteMissing
from vault_engine.index.record import Record, describe, stem_of
from vault_engine.journal.entry import Actor, Change, Op
from vault_engine.note import Profile, Resolver, parse, path_key
from vault_engine.note.body import is_hash_of
from vault_engine.note.special import why_read_only
from vault_engine.vault.files import sha256_hex
from vault_engine.vault.paths import note_path
from vault_engine.vault.store import ARCHIVE


def remember(session: Session, memory: Memory, actor: Actor | None = None) -> Remembered:
    """Make a note of a memory, or bring the note of its category and key up to date.

    A note that a person has edited since is not replaced unless the caller names, as ``expected``, the revision
    it read.

    Raises:
        BadInput, BadName: the memory can't be kept as it is.
        NoteExists: a note which Memwell did not make has that path.
        NoteChanged: the note is not the revision expected.
        NoteDamaged: the note can't be edited safely.
        VaultBusy, VaultDenied, StorageFailed: nothing was written.
    """
    planned = draft(memory)
    path = note_path(planned.category, planned.key)
    with writing(session, actor) as author:
        known = _note_of(session, planned, path)
        if known is None or (not planned.key_is_given and not _says_the_same(session, known, planned)):
            return _create(session, planned, memory.expected, author)
        return _update(session, known, planned, memory.expected, author)


def forget(session: Session, ref: str, *, reason: str = "", actor: Actor | None = None) -> Forgotten:
    """Move a note into the archive, from where `restore` brings it back.

    Raises:
        NoteMissing, NoteAmbiguous: ``ref`` does not mean one note.
        VaultBusy, VaultDenied, StorageFailed: nothing was written.
    """
    with writing(session, actor) as author:
        record = find(ref, session.index.records)
        before = session.revisions.put(session.vault.read(record.path))
        archived = session.vault.free_archive_name(record.path)
        change = Change(Op.ARCHIVE, record.path, before, "", to=f"{ARCHIVE}/{archived}", reason=reason)
        with _announced(session, change, author):
            session.vault.archive(record.path, archived)
        return Forgotten(record.id, record.path, archived, before)


def restore(session: Session, ref: str, *, actor: Actor | None = None) -> Restored:
    """Bring an archived note back to the path it had.

    Args:
        session: the open vault.
        ref: the path, id or name it had, or its name in the archive.
        actor: who asks for it, where that is not who opened the vault.

    Raises:
        NoteMissing: the archive holds no such note.
        NoteExists: another note has that path now.
        VaultBusy, VaultDenied, StorageFailed: nothing was written.
    """
    with writing(session, actor) as author:
        archived, path = _find_archived(session, ref)
        data = session.vault.read_archived(archived)
        revision = session.revisions.put(data)
        if found := session.vault.revision_of(path):
            raise NoteExists(path, found, "restoring would replace it")
        change = Change(Op.RESTORE, path, "", revision, to=f"{ARCHIVE}/{archived}")
        with _announced(session, change, author):
            session.vault.restore(archived, path)
        return Restored(describe(path, data, None).record.id, path, revision)


@contextmanager
def writing(session: Session, actor: Actor | None) -> Iterator[Actor]:
    """Hold the vault for a change, with the index up to date; say in whose name the change is made."""
    with session.guard:
        if not session.index.records:
            session.refresh()  # without the lock: the first time, this may take long
        with session.vault.lock.held():
            session.refresh()
            yield session.actor(actor)


@contextmanager
def _announced(session: Session, change: Change, author: Actor) -> Iterator[None]:
    with session.journal.announced(change, at=session.now(), actor=author):
        yield


def _note_of(session: Session, planned: Draft, path: str) -> Record | None:
    """Find the note of a category and key: at its own path, or where a person has moved it."""
    records = session.index.records
    for record in (records.get(path), *records.values()):
        if record and _is_made_for(record, planned):
            return record
    return records.get(path) or next((r for r in records.values() if path_key(r.path) == path_key(path)), None)


def _is_made_for(record: Record, planned: Draft) -> bool:
    stated = record.properties
    return (stated.get("category"), stated.get("key")) == (planned.category, planned.key)


def _says_the_same(session: Session, record: Record, planned: Draft) -> bool:
    text = session.vault.read(record.path).decode("utf-8", "replace")
    return parse(text).body.strip() == planned.body.strip()


def _create(session: Session, planned: Draft, expected: str | None, author: Actor) -> Remembered:
    key, path = _free_key(session, planned)
    planned = replace(planned, key=key)
    if expected:
        raise NoteChanged(path, expected, "")
    moment = session.now()
    id = str(ULID.from_datetime(moment))
    agent = author.name if author.kind == "agent" else None
    data = new_text(planned, id=id, moment=timestamp(moment), agent=agent).encode()
    session.vault.check_free(path, path)
    hints = _name_hints(session, path)
    sha256 = write_bytes(session, Change(Op.CREATE, path, "", ""), data, author)
    return Remembered("created", id, path, planned.category, key, sha256, hints)


def _update(session: Session, known: Record, planned: Draft, expected: str | None, author: Actor) -> Remembered:
    path = known.path
    old = session.vault.read(path)
    found = sha256_hex(old)
    _check_may_replace(session, known, planned, expected, found)
    old_text = editable_text(session, path, old)
    data = updated_text(path, old_text, planned, moment=timestamp(session.now())).encode()
    if data == old:
        return Remembered("unchanged", known.id, path, planned.category, planned.key, found)
    session.revisions.put(old)
    sha256 = write_bytes(session, Change(Op.WRITE, path, found, ""), data, author)
    return Remembered("updated", known.id, path, planned.category, planned.key, sha256)


def _check_may_replace(session: Session, known: Record, planned: Draft, expected: str | None, found: str) -> None:
    """Let nobody's text be replaced unseen. Bytes among the revisions were written, or replaced knowingly, by us."""
    if expected is not None:
        if not is_hash_of(found, expected):
            raise NoteChanged(known.path, expected, found)
    elif not _is_made_for(known, planned):
        raise NoteExists(known.path, found, "was not made by Memwell")
    elif found not in session.revisions and not _says_the_same(session, known, planned):
        raise NoteExists(known.path, found, "was edited by hand since it was last remembered")


def check_here(session: Session, path: str) -> None:
    """Check that a cloud has not taken a note off this device: reading it would download it.

    Raises:
        NoteDamaged: it has.
    """
    if path in session.index.walk.placeholders:
        raise NoteDamaged(path, "a cloud keeps it and it is not on this device, so it can't be changed")


def editable_text(session: Session, path: str, data: bytes) -> str:
    """Give the text of a note that may be edited.

    Raises:
        NoteDamaged: it is not UTF-8, or nobody but its owner may edit it.
    """
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise NoteDamaged(path, f"not UTF-8 (byte {error.start}), so it can't be edited") from None
    if reason := why_read_only(parse(text, session.index.rules.profile), path):
        raise NoteDamaged(path, reason)
    return text


def write_bytes(session: Session, change: Change, data: bytes, author: Actor) -> str:
    """Make ``data`` the note's bytes, if they still are those of ``change.before``; give the new SHA-256."""
    after = session.revisions.put(data)
    with session.vault.staged(change.path, data) as temporary:
        found = session.vault.revision_of(change.path)
        if found != change.before:
            raise NoteChanged(change.path, change.before, found)
        with _announced(session, change._replace(after=after), author):
            session.vault.commit(temporary, change.path)
    return after


def _free_key(session: Session, planned: Draft) -> tuple[str, str]:
    """Give a key, and its path, that no note has; the one given, where one was."""
    names = {path_key(stem_of(path)) for path in session.index.records}
    key, count = planned.key, 1
    while not planned.key_is_given and path_key(key) in names:
        count += 1
        key = f"{planned.key}-{count}"
    return key, note_path(planned.category, key)


def _redirected(session: Session, path: str) -> list[str]:
    """List the notes that hold a link which a new file at ``path`` would take over."""
    index = session.index
    if index.rules.profile is not Profile.OBSIDIAN:
        return []
    now, then = index.resolver, Resolver([*index.records, *index.walk.others, *index.walk.placeholders, path])
    return sorted(
        record.path
        for record in index.records.values()
        if any(
            then.find(link, record.path) == path and now.find(link, record.path) is not None for link in record.links
        )
    )


def _name_hints(session: Session, path: str) -> tuple[str, ...]:
    """Say which notes have the same name as a new one.

    Raises:
        NameTaken: links that mean one of them would mean the new note instead.
    """
    name = path_key(stem_of(path))
    twins = sorted(p for p in session.index.records if path_key(stem_of(p)) == name)
    if not twins:
        return ()
    if stolen := _redirected(session, path):
        shown = f"{', '.join(stolen[:3])}{' and others' if len(stolen) > 3 else ''}"
        raise NameTaken(path, f"links to {twins[0]} in {shown} would lead to the new note instead")
    return (f"{', '.join(twins[:3])} has the same name: link to either by its path, as in [[{path[:-3]}]]",)


def _find_archived(session: Session, ref: str) -> tuple[str, str]:
    """Give the archive name and former path of the note that was archived last of those ``ref`` means."""
    former = archived_paths(session)
    wanted = ref.strip()

    def has_path(name: str) -> bool:
        return wanted in (name, former[name], former[name].removesuffix(".md"))

    def has_id_or_name(name: str) -> bool:
        record = describe(former[name], session.vault.read_archived(name), None, session.index.rules).record
        return wanted == record.id or path_key(wanted) in (
            path_key(stem_of(record.path)),
            path_key(record.title),
        )

    for is_meant in (has_path, has_id_or_name):
        if meant := [name for name in former if is_meant(name)]:
            return meant[-1], former[meant[-1]]
    raise NoteMissing(ref, near(ref, former.values()), where="the archive")


def archived_paths(session: Session) -> dict[str, str]:
    """Give, for each name in the archive, the path the note had; the one that was archived last comes last."""
    names = session.vault.archived()
    former = {name: name for name in names}
    for entry in session.journal.entries():
        name = (entry.change.to or "").removeprefix(f"{ARCHIVE}/")
        if entry.change.op is Op.ARCHIVE and name in former:
            del former[name]
            former[name] = entry.change.path
    return former
