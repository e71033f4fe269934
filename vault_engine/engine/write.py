"""The verbs that change notes.

Each holds the vault's lock, keeps the bytes it replaces, and is in the journal before it is in the vault.
"""

from __future__ import annotations

import os
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, NamedTuple

import vault_engine.engine as verbs
from vault_engine.engine.changing import announced, check_here, editable_text, find_note, saw, write_bytes, writing
from vault_engine.engine.external import enter_external
from vault_engine.engine.find import near
from vault_engine.engine.memory import Draft, Memory, OnSimilar, draft, new_text, updated_text
from vault_engine.engine.merging import base_of, merged
from vault_engine.engine.reports import Restored
from vault_engine.engine.resting import check_rests, when_rested
from vault_engine.engine.results import Forgotten, Remembered
from vault_engine.engine.session import Session, timestamp
from vault_engine.errors import NameTaken, NotAllowed, NoteChanged, NoteExists, NoteMissing
from vault_engine.index.record import Record, describe, stem_of
from vault_engine.journal.entry import Actor, Change, Expect, Op
from vault_engine.journal.ids import ulids
from vault_engine.note import Profile, parse, path_key
from vault_engine.note.body import is_hash_of
from vault_engine.vault.files import sha256_hex
from vault_engine.vault.reach import Reach, Within, is_within, workspace_of
from vault_engine.vault.store import ARCHIVE

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    # Loaded where they are asked for, by `vault_engine.engine`: what compares notes takes long to load.
    from vault_engine.engine import inferring, resembling, superseding  # noqa: F401 - as `verbs.…`
    from vault_engine.engine.resembling import Alike


class Terms(NamedTuple):
    """On what terms a note may be replaced."""

    expected: str | None = None  # the revision that the caller has read, "" for none
    merge: bool = False  # whether an older one may be merged with the note
    within: Within = None  # no note that can't be reached is touched, or spoken of


class Planned(NamedTuple):
    """What remembering one memory will do."""

    result: Remembered
    change: Change  # of a new note whole, else without its hashes and size
    old: bytes
    new: bytes

    @property
    def replaces(self) -> bool:
        """Whether a note is there that is replaced."""
        return self.change.op is not Op.CREATE


def remember(session: Session, memory: Memory, actor: Actor | None = None, *, within: Within = None) -> Remembered:
    """Make a note of a memory, or bring the note of its category and key up to date.

    A note that a person has edited since is not replaced unless the caller names, as ``expected``, the revision
    it read.

    Args:
        session: the open vault.
        memory: what to remember.
        actor: who asks for it, where that is not who opened the vault.
        within: what may be reached; what is elsewhere is left alone. A folder: the category must lie in it, or is it,
            where none is given. A workspace: the note goes into it.

    Raises:
        BadInput, BadName: the memory can't be kept as it is.
        NotAllowed: it would be kept where nothing may be reached.
        NoteExists: a note which Memwell did not make has that path.
        NoteChanged: the note is not the revision expected.
        NoteDamaged: the note can't be edited safely.
        VaultBusy, VaultDenied, StorageFailed: nothing was written.
    """
    drafted = draft(memory, within)
    path_for(drafted, within)

    def write() -> Remembered:
        with writing(session, actor, exact=False) as author:
            planned = plan(session, drafted, Terms(memory.expected, memory.merge, within), author)
            found = _similar(session, planned, within) if memory.on_similar != "off" else []
            if planned.result.action != "unchanged":
                write_bytes(session, planned.change, planned.old, planned.new, author)
            return _with_similar(session, planned.result, found, memory.on_similar, author)

    done = when_rested(write)
    if done.action == "updated":
        session.count_uses(done)
    return done


def _similar(session: Session, planned: Planned, within: Within) -> list[Alike]:
    """Give the notes that a new one is much like. It is not there yet: so the index need not take it in first."""
    made = planned.result
    if made.action != "created":
        return []
    return verbs.resembling.alike(session, made.path, planned.new, made.category, within)


def _with_similar(
    session: Session, done: Remembered, found: list[Alike], on_similar: OnSimilar, author: Actor
) -> Remembered:
    """Say what a new note is much like, and put it in the place of what it contradicts if that is meant."""
    against = [one for one in found if one.verdict.kind.is_conflict]
    hints = [str(one) for one in found]
    if on_similar == "supersede" and len(against) == 1:
        superseded = verbs.superseding.supersede(
            session, against[0].path, done.path, reason=against[0].verdict.why, actor=author
        )
        hints = [str(one) for one in found if one is not against[0]]
        hints.append(f"it is in the place of {against[0].path} now; entry {superseded.entry} takes that back")
        done = replace(done, sha256=superseded.new_sha256)
    elif on_similar == "supersede" and against:
        hints.append("it contradicts several notes, so none was superseded")
    return replace(done, hints=(*done.hints, *hints)) if hints else done


def forget(
    session: Session, ref: str, *, reason: str = "", actor: Actor | None = None, within: Within = None
) -> Forgotten:
    """Move a note into the archive, from where `restore` brings it back.

    It is done as if there were no notes but those ``within`` reach.

    Raises:
        NoteMissing, NoteAmbiguous: ``ref`` does not mean one note.
        VaultBusy, VaultDenied, StorageFailed: nothing was written.
    """

    def archive() -> Forgotten:
        with writing(session, actor, exact=False) as author:
            record = find_note(session, ref, within)
            archived, before = archive_note(session, record.path, reason, author)
            return Forgotten(record.id, record.path, archived, before)

    return when_rested(archive)


def archive_note(session: Session, path: str, reason: str, author: Actor) -> tuple[str, str]:
    """Move a note into the archive; give its name there and the SHA-256 of its bytes. The vault is held."""
    check_rests(session, path)
    data = session.vault.read(path)
    before = sha256_hex(data)
    saw(session, path, data)
    archived = session.vault.free_archive_name(path)
    change = Change(Op.ARCHIVE, path, before, "", to=f"{ARCHIVE}/{archived}", reason=reason)
    with announced(session, change, author):
        session.vault.archive(path, archived, before)
    return archived, before


def restore(session: Session, ref: str, *, actor: Actor | None = None, within: Within = None) -> Restored:
    """Bring an archived note back to the path it had.

    Args:
        session: the open vault.
        ref: the path, id or name it had, or its name in the archive.
        actor: who asks for it, where that is not who opened the vault.
        within: what may be reached, by the path it had.

    Raises:
        NoteMissing: the archive holds no such note.
        NoteExists: another note has that path now.
        VaultBusy, VaultDenied, StorageFailed: nothing was written.
    """
    with writing(session, actor) as author:
        archived, path = _find_archived(session, ref, within)
        data = session.vault.read_archived(archived)
        revision = session.revisions.put(data)
        if found := session.vault.revision_of(path):
            raise NoteExists(path, found, "restoring would replace it")
        change = Change(Op.RESTORE, path, "", revision, to=f"{ARCHIVE}/{archived}", size=len(data))
        with announced(session, change, author):
            session.vault.restore(archived, path)
        return Restored(describe(path, data).record.id, path, revision)


def path_for(drafted: Draft, within: Within) -> str:
    """Give the path of a memory's note.

    Raises:
        BadName: its category or key is no name.
        NotAllowed: it lies where nothing may be reached.
    """
    path = drafted.path
    if not is_within(path, within):
        outside = within if isinstance(within, Reach) else f"{within}/"
        raise NotAllowed(f"{path} lies outside {outside}, and nothing else may be reached")
    return path


def _note_of(session: Session, drafted: Draft, path: str, within: Within) -> Record | None:
    """Find the note of a category and key: at its own path, or where a person has moved it."""
    found, is_there = _look_up(session, drafted, path, within), os.path.lexists(f"{session.vault.root}/{path}")
    if found is None and is_there:
        session.look_at(path)  # made since the last look
        found = _look_up(session, drafted, path, within)
    if found is None and not is_there and not _has_moved(session, drafted):
        return None
    if found != path or not is_there:
        session.refresh(wait=False)  # somebody has been here since the last look
        enter_external(session)
        found = _look_up(session, drafted, path, within)
    return session.index.records[found] if found else None


def _has_moved(session: Session, drafted: Draft) -> bool:
    """Say whether a note of that category and key is gone from where it was: it may be in another workspace now."""
    filed = session.index.names.filed_as(drafted.category, drafted.key)
    return not all(os.path.lexists(f"{session.vault.root}/{path}") for path in filed)


def _look_up(session: Session, drafted: Draft, path: str, within: Within) -> str | None:
    names, workspace = session.index.names, workspace_of(path)
    filed, here = names.filed_as(drafted.category, drafted.key), names.at(path)
    for every in (filed, here):
        if paths := [one for one in every if is_within(one, within) and workspace_of(one) == workspace]:
            return path if path in paths else paths[0]
    return None


def _is_made_for(record: Record, drafted: Draft) -> bool:
    stated = record.properties
    return (stated.get("category"), stated.get("key")) == (drafted.category, drafted.key)


def plan(session: Session, drafted: Draft, terms: Terms, author: Actor, taken: Collection[str] = ()) -> Planned:
    """Say what remembering a memory will do. The vault is held.

    Args:
        session: the open vault.
        drafted: the memory, checked.
        terms: on what terms a note may be replaced.
        author: who remembers.
        taken: names, as `path_key` gives them, that other notes are about to have.

    Raises as `remember` does.
    """
    path = drafted.path
    known = _note_of(session, drafted, path, terms.within)
    if known is None or (not drafted.key_is_given and not _says_the_same(session, known, drafted)):
        return _creation(session, drafted, path, terms, author, taken)
    check_here(session, known.path)
    return _update(session, known, drafted, terms)


def _says_the_same(session: Session, record: Record, drafted: Draft) -> bool:
    text = session.vault.read(record.path).decode("utf-8", "replace")
    return parse(text).body.strip() == drafted.body.strip()


def _creation(
    session: Session, drafted: Draft, path: str, terms: Terms, author: Actor, taken: Collection[str]
) -> Planned:
    _take_in_namesakes(session, drafted.key)
    if not drafted.key_is_given:
        drafted = _with_free_key(session, drafted, terms.within, taken)
        path = drafted.path
    if terms.expected:
        raise NoteChanged(path, terms.expected, "")
    moment = session.now()
    session.vault.check_free(path, path)
    found = verbs.inferring.inferred(drafted)
    return creation(
        stating(session, drafted, found),
        path,
        id=drafted.id or ulids(moment, 1)[0],
        moment=timestamp(moment),
        author=author,
        expected=terms.expected,
        hints=name_hints(session, path, terms.within),
        inferred=found,
    )


def stating(session: Session, drafted: Draft, inferred: Mapping[str, str]) -> Draft:
    """Have a memory state what was inferred, if the settings say so."""
    return replace(drafted, properties={**drafted.properties, **inferred}) if session.config.infer else drafted


def creation(
    drafted: Draft,
    path: str,
    *,
    id: str,
    moment: str,
    author: Actor,
    expected: str | None,
    hints: tuple[str, ...] = (),
    inferred: Mapping[str, str] = MappingProxyType({}),
) -> Planned:
    """Say what making a new note does, once it is known that nothing is in its way."""
    agent = author.name if author.kind == "agent" else None
    data = new_text(drafted, id=id, moment=moment, agent=agent).encode()
    after = sha256_hex(data)
    result = Remembered("created", id, path, drafted.category, drafted.key, after, hints, dict(inferred))
    return Planned(result, Change(Op.CREATE, path, "", after, size=len(data), expect=_stance(expected)), b"", data)


def _update(session: Session, known: Record, drafted: Draft, terms: Terms) -> Planned:
    path, moment = known.path, timestamp(session.now())
    check_rests(session, path)
    old = session.vault.read(path)
    found = sha256_hex(old)
    if not _is_made_for(known, drafted) and session.indexed(path) != found:  # it was being saved at the last look
        session.look_at(path)
        known = session.index.records.get(path, known)
    if not terms.merge:
        _check_may_replace(session, known, drafted, terms.expected, found)
    text = editable_text(session, path, old)
    if terms.merge and terms.expected and not is_hash_of(found, terms.expected):
        base = base_of(session, path, terms.expected, found)
        ours = updated_text(path, editable_text(session, path, base), drafted, moment=moment)
        data = merged(path, base, ours, old)
    else:
        data = updated_text(path, text, drafted, moment=moment).encode()
    action: Literal["updated", "unchanged"] = "unchanged" if data == old else "updated"
    result = Remembered(action, known.id, path, drafted.category, drafted.key, sha256_hex(data))
    return Planned(result, Change(Op.WRITE, path, "", "", expect=_stance(terms.expected)), old, data)


def _stance(expected: str | None) -> Expect:
    return Expect.NONE if expected is None else Expect.GIVEN


def _check_may_replace(session: Session, known: Record, drafted: Draft, expected: str | None, found: str) -> None:
    """Let nobody's text be replaced unseen: what the journal knows as an edit by hand, or does not know."""
    if expected is not None:
        if not is_hash_of(found, expected):
            raise NoteChanged(known.path, expected, found)
    elif not _is_made_for(known, drafted):
        raise NoteExists(known.path, found, "was not made by Memwell")
    elif _is_by_hand(session, known.path, found) and not _says_the_same(session, known, drafted):
        raise NoteExists(known.path, found, "was edited by hand since it was last remembered")


def _is_by_hand(session: Session, path: str, sha256: str) -> bool:
    head = session.known.get(path)
    return head is None or head.by_hand or head.sha256 != sha256


def _take_in_namesakes(session: Session, key: str) -> None:
    """Take in what the index has not met yet, where that may bear on a name: a namesake, or a link to one."""
    if session.behind and (session.index.names.named(key) or path_key(key) in session.behind.values()):
        session.refresh(wait=False)


def _with_free_key(session: Session, drafted: Draft, within: Within, taken: Collection[str]) -> Draft:
    """Give a memory a key that no note has or is about to have."""
    free, count = drafted, 1
    while (
        path_key(free.key) in taken
        or _bears_on_others(session, free, within)
        or os.path.lexists(session.vault.root / free.path)
    ):
        count += 1
        free = replace(drafted, key=f"{drafted.key}-{count}")
    return free


def _bears_on_others(session: Session, drafted: Draft, within: Within) -> bool:
    """Say whether a note of that name may not be made up: one in reach has it, or links mean one out of reach by it."""
    twins = session.index.names.named(drafted.key)
    if not twins or session.index.rules.profile is Profile.LOGSEQ:  # there, one name is one page
        return bool(twins)
    return any(is_within(path, within) for path in twins) or bool(_redirected(session, drafted.path))


def _redirected(session: Session, path: str) -> list[str]:
    """List the notes that hold a link which a new file at ``path`` would take over.

    A link of its own workspace that has led into another one, for want of this file, is not among them.
    """
    index = session.index
    taken = index.graph.taken_over(path) if index.rules.profile is Profile.OBSIDIAN else []
    if not taken or not (workspace := workspace_of(path)):
        return taken
    own = index.graph.within(Reach(workspace=workspace)).taken_over(path)
    return [source for source in taken if source in own or workspace_of(source) != workspace]


def name_hints(session: Session, path: str, within: Within) -> tuple[str, ...]:
    """Say which notes have the same name as a new one; of those out of reach, nothing is said.

    Raises:
        NameTaken: links that mean one of them would mean the new note instead.
    """
    twins = session.index.names.named(stem_of(path))
    if not twins:
        return ()
    stolen = _redirected(session, path)
    if stolen and not all(is_within(other, within) for other in (*twins, *stolen)):
        raise NameTaken(path, "links elsewhere in the vault would lead to the new note instead")
    if stolen:
        shown = f"{', '.join(stolen[:3])}{' and others' if len(stolen) > 3 else ''}"
        raise NameTaken(path, f"links to {twins[0]} in {shown} would lead to the new note instead")
    twins = [path for path in twins if is_within(path, within)]
    if not twins:
        return ()
    return (f"{', '.join(twins[:3])} has the same name: link to either by its path, as in [[{path[:-3]}]]",)


def _find_archived(session: Session, ref: str, within: Within) -> tuple[str, str]:
    """Give the archive name and former path of the note that was archived last of those ``ref`` means."""
    former = {name: path for name, path in archived_paths(session).items() if is_within(path, within)}
    wanted = ref.strip()

    def has_path(name: str) -> bool:
        return wanted in (name, former[name], former[name].removesuffix(".md"))

    def has_id_or_name(name: str) -> bool:
        record = describe(former[name], session.vault.read_archived(name), session.index.rules).record
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
