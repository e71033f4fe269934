"""`Engine`: one open vault, and every verb there is for it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import vault_engine.engine as verbs
from vault_engine.config import find_vault, load_config, working_folder
from vault_engine.engine import entries
from vault_engine.engine.adopting import enter_backlog_for
from vault_engine.engine.asking import Asking
from vault_engine.engine.external import accept_gone, enter_external_if_free
from vault_engine.engine.following import Following
from vault_engine.engine.grooming import Grooming
from vault_engine.engine.session import Session
from vault_engine.engine.syncing import Syncing
from vault_engine.engine.telling import Telling
from vault_engine.engine.truth import Truth
from vault_engine.errors import VaultMissing
from vault_engine.journal.entry import Actor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from types import TracebackType

    # What follows is loaded when it is asked for, by `vault_engine.engine`: few of these verbs are used at a time.
    from vault_engine.engine import (  # noqa: F401 - as `verbs.…`
        bulk,
        check,
        conflicts,
        edit,
        examine,
        fsck,
        history,
        maintain,
        move,
        parts,
        past,
        purge,
        read,
        sharing,
        tokens,
        undo,
        workspaces,
        write,
    )
    from vault_engine.engine.bulk import Progress as BulkProgress
    from vault_engine.engine.bulk import RememberedMany
    from vault_engine.engine.conflicts import Conflicts, ConflictShown, Resolved, Take
    from vault_engine.engine.entries import Entries, EntryLine
    from vault_engine.engine.examine import Examined
    from vault_engine.engine.fsck import Repaired, Verified
    from vault_engine.engine.history import Diffed, History, NoteAt
    from vault_engine.engine.memory import Memory
    from vault_engine.engine.move import Moved
    from vault_engine.engine.parts import NoteParts
    from vault_engine.engine.past import ListedAt, VaultAt
    from vault_engine.engine.purge import Pruned, Purged
    from vault_engine.engine.reports import Built, Checked, Created, IndexChecked, Listed, RawNote, Restored
    from vault_engine.engine.results import Changed, Forgotten, IndexState, NoteView, Remembered, Status
    from vault_engine.engine.sharing import Federated, Shared
    from vault_engine.engine.tokens import TokenCheck, TokenCreated, TokenList, TokenRevoked
    from vault_engine.engine.undo import Undone
    from vault_engine.engine.workspaces import Workspaces
    from vault_engine.note.change import Edit
    from vault_engine.vault.reach import Reach, Within

_LEAVING_S = 1.0  # for what others did and is still to be entered in the journal


class Engine(Asking, Truth, Telling, Grooming, Syncing):
    """One open vault. Safe to use from several threads; several processes may open one vault.

    Use it as a context manager, or call `close`: that keeps the index for the next process.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._following: Following | None = None

    @property
    def root(self) -> Path:
        """The vault's folder."""
        return self._session.config.root

    @classmethod
    def open(
        cls,
        path: str | os.PathLike[str] | None = None,
        *,
        actor: Actor | None = None,
        env: Mapping[str, str] = os.environ,
    ) -> Engine:
        """Open a vault.

        Args:
            path: the vault; without it ``MEMWELL_VAULT``, else the nearest parent with a ``.memwell`` folder.
            actor: who the journal says made the changes; ``MEMWELL_ACTOR`` overrides it.
            env: the environment.

        Raises:
            VaultMissing: there is no vault.
            ConfigBroken: its settings can't be understood.
        """
        root = find_vault(os.fspath(path) if path is not None else None, env, working_folder())
        return cls(Session(load_config(root, env), actor or Actor("agent", "python", "python")))

    @staticmethod
    def create(path: str | os.PathLike[str]) -> Created:
        """Make a folder a vault; see `maintain.create_vault`."""
        return verbs.maintain.create_vault(os.fspath(path))

    def reach(self, workspace: str | None = None, *, folder: str | None = None) -> Reach | None:
        """Say what is reached in a workspace, for ``within``; see `workspaces.reach`."""
        return verbs.workspaces.reach(self._session, workspace, folder, _working_folder_if_any())

    def workspaces(self, current: Reach | None = None, *, within: Within = None) -> Workspaces:
        """List the workspaces; see `workspaces.workspaces`."""
        return verbs.workspaces.workspaces(self._session, current, within)

    def share(
        self,
        ref: str,
        to: str,
        *,
        target: Engine | None = None,
        dry_run: bool = False,
        actor: Actor | None = None,
        within: Within = None,
    ) -> Shared:
        """Copy a note into another workspace; see `sharing.share`."""
        other = target._session if target and target.root != self.root else None
        return verbs.sharing.share(self._session, ref, to, target=other, dry_run=dry_run, actor=actor, within=within)

    def federate(
        self,
        workspace: str,
        to: str,
        *,
        target: Engine | None = None,
        dry_run: bool = False,
        actor: Actor | None = None,
        within: Within = None,
    ) -> Federated:
        """Share every note of a workspace; see `sharing.federate`."""
        other = target._session if target and target.root != self.root else None
        return verbs.sharing.federate(
            self._session, workspace, to, target=other, dry_run=dry_run, actor=actor, within=within
        )

    def remember(self, memory: Memory, *, actor: Actor | None = None, within: Within = None) -> Remembered:
        """Make or update a note; see `write.remember`."""
        return verbs.write.remember(self._session, memory, actor, within=within)

    def remember_many(
        self,
        memories: Iterable[Memory],
        *,
        actor: Actor | None = None,
        progress: BulkProgress | None = None,
        within: Within = None,
    ) -> RememberedMany:
        """Make or update many notes, durable together; see `bulk.remember_many`."""
        return verbs.bulk.remember_many(self._session, memories, actor=actor, progress=progress, within=within)

    def read(self, ref: str, *, within: Within = None) -> NoteView:
        """Give one whole note; see `read.read`."""
        return verbs.read.read(self._session, ref, within=within)

    def parts(self, ref: str, at: str | None = None, *, is_use: bool = False, within: Within = None) -> NoteParts:
        """Give one note with its text apart from its properties; see `parts.parts`."""
        return verbs.parts.parts(self._session, ref, at, is_use=is_use, within=within)

    def forget(self, ref: str, *, reason: str = "", actor: Actor | None = None, within: Within = None) -> Forgotten:
        """Archive a note; see `write.forget`."""
        return verbs.write.forget(self._session, ref, reason=reason, actor=actor, within=within)

    def restore(self, ref: str, *, actor: Actor | None = None, within: Within = None) -> Restored:
        """Bring an archived note back; see `write.restore`."""
        return verbs.write.restore(self._session, ref, actor=actor, within=within)

    def edit(
        self,
        ref: str,
        *edits: Edit,
        expected: str | None = None,
        merge: bool = False,
        dry_run: bool = False,
        actor: Actor | None = None,
        within: Within = None,
    ) -> Changed:
        """Change part of a note; see `edit.edit`."""
        return verbs.edit.edit(
            self._session, ref, edits, expected=expected, merge=merge, dry_run=dry_run, actor=actor, within=within
        )

    def move(self, ref: str, to: str, *, dry_run: bool = False, yes: bool = False, actor: Actor | None = None) -> Moved:
        """Give a note another path, links to it included; see `move.move`."""
        return verbs.move.move(self._session, ref, to, dry_run=dry_run, yes=yes, actor=actor)

    def undo_move(self, entry: str | None = None, *, actor: Actor | None = None) -> Moved:
        """Take a move back; see `move.undo_move`."""
        return verbs.move.undo_move(self._session, entry, actor)

    def history(self, ref: str, *, limit: int = 50, within: Within = None) -> History:
        """Give every version of a note; see `history.history`."""
        return verbs.history.history(self._session, ref, limit=limit, within=within)

    def diff(self, ref: str, old: str | None = None, new: str | None = None, *, within: Within = None) -> Diffed:
        """Compare two versions of a note; see `history.diff`."""
        return verbs.history.diff(self._session, ref, old, new, within=within)

    def show_at(self, ref: str, at: str, *, within: Within = None) -> NoteAt:
        """Give a note as it was known at a time; see `history.show_at`."""
        return verbs.history.show_at(self._session, ref, at, within=within)

    def list_at(
        self,
        as_of: str | None = None,
        valid_at: str | None = None,
        *,
        category: str | None = None,
        type: str | None = None,
        tags: tuple[str, ...] = (),
        within: Within = None,
    ) -> ListedAt:
        """List what was known at a time, and true at another; see `past.list_at`."""
        return verbs.past.list_at(
            self._session, as_of, valid_at, category=category, type=type, tags=tags, within=within
        )

    def vault_at(self, at: str, to: Path, *, progress: maintain.Progress | None = None) -> VaultAt:
        """Write the whole vault as it was; see `past.vault_at`."""
        return verbs.past.vault_at(self._session, at, to, progress=progress)

    def undo(
        self,
        ref: str,
        *,
        entry: str | None = None,
        expected: str | None = None,
        dry_run: bool = False,
        actor: Actor | None = None,
        within: Within = None,
    ) -> Undone:
        """Take a change of a note back; see `undo.undo`."""
        return verbs.undo.undo(
            self._session, ref, entry=entry, expected=expected, dry_run=dry_run, actor=actor, within=within
        )

    def conflicts(self) -> Conflicts:
        """List the conflict copies of sync tools; see `conflicts.conflicts`."""
        return verbs.conflicts.conflicts(self._session)

    def show_conflict(self, ref: str) -> ConflictShown:
        """Compare a conflict copy with its note; see `conflicts.show_conflict`."""
        return verbs.conflicts.show_conflict(self._session, ref)

    def resolve_conflict(
        self,
        ref: str,
        take: Take,
        *,
        expected: str | None = None,
        dry_run: bool = False,
        actor: Actor | None = None,
    ) -> Resolved:
        """Choose the text of a note that has a conflict copy; see `conflicts.resolve_conflict`."""
        return verbs.conflicts.resolve_conflict(
            self._session, ref, take, expected=expected, dry_run=dry_run, actor=actor
        )

    def purge(
        self,
        ref: str,
        *,
        yes: bool = False,
        dry_run: bool = False,
        only_gone: bool = False,
        reason: str = "",
        actor: Actor | None = None,
    ) -> Purged:
        """Erase a note and all it ever held; see `purge.purge`."""
        return verbs.purge.purge(
            self._session, ref, yes=yes, dry_run=dry_run, only_gone=only_gone, reason=reason, actor=actor
        )

    def prune(self, *, dry_run: bool = False, actor: Actor | None = None) -> Pruned:
        """Drop what the settings do not ask to keep of the history; see `purge.prune`."""
        return verbs.purge.prune(self._session, dry_run=dry_run, actor=actor)

    def last_entries(self, count: int = 20, *, within: Within = None) -> Entries:
        """Give the newest entries of the journal; see `entries.last_entries`."""
        return entries.last_entries(self._session, count, within=within)

    def find_entries(self, which: str | None = None, *, path: str | None = None, within: Within = None) -> Entries:
        """Give one entry of the journal, or those of a path; see `entries.find_entries`."""
        return entries.find_entries(self._session, which, path=path, within=within)

    def verify(self, *, read_data: bool = False, against: Sequence[str] = ()) -> Verified:
        """Check journal, revisions and notes; see `fsck.verify`."""
        return verbs.fsck.verify(self._session, read_data=read_data, against=against)

    def examine(self, *, offline: bool = False) -> Examined:
        """Look at lock, permissions and model; see `examine.examine`."""
        return verbs.examine.examine(self._session, offline=offline)

    def repair(self, *, dry_run: bool = False, actor: Actor | None = None) -> Repaired:
        """Mend what can be mended; see `fsck.repair`."""
        return verbs.fsck.repair(self._session, dry_run=dry_run, actor=actor)

    def raw(self, ref: str, *, within: Within = None) -> RawNote:
        """Give the bytes of a note as they are; see `read.raw`."""
        return verbs.read.raw(self._session, ref, within=within)

    def check(self) -> Checked:
        """Look the whole vault through; see `check.check`."""
        return verbs.check.check(self._session)

    def list(
        self,
        *,
        category: str | None = None,
        type: str | None = None,
        tags: tuple[str, ...] = (),
        tier: str | None = None,
        pinned: bool = False,
        newest: bool = False,
        limit: int = 1000,
        archived: bool = False,
        within: Within = None,
    ) -> Listed:
        """List notes; see `read.list_notes`."""
        return verbs.read.list_notes(
            self._session,
            category=category,
            type=type,
            tags=tags,
            tier=tier,
            pinned=pinned,
            newest=newest,
            limit=limit,
            archived=archived,
            within=within,
        )

    def accept_gone(self) -> int:
        """Enter that very many notes are gone; see `external.accept_gone`."""
        return accept_gone(self._session)

    def status(self, *, within: Within = None) -> Status:
        """Say how the vault is; see `maintain.status`."""
        return verbs.maintain.status(self._session, within=within)

    def create_token(
        self, name: str, *, scope: str = "read", prefix: str | None = None, expires: str | None = None
    ) -> TokenCreated:
        """Make a token for the server; see `tokens.create_token`."""
        return verbs.tokens.create_token(self._session, name, scope=scope, prefix=prefix, expires=expires)

    def revoke_token(self, name: str) -> TokenRevoked:
        """Have a token open nothing any more; see `tokens.revoke_token`."""
        return verbs.tokens.revoke_token(self._session, name)

    def list_tokens(self) -> TokenList:
        """List the tokens; see `tokens.list_tokens`."""
        return verbs.tokens.list_tokens(self._session)

    def token_check(self) -> TokenCheck:
        """Give what tells a server who comes; see `tokens.TokenCheck`."""
        return verbs.tokens.token_check(self._session)

    def index_state(self) -> IndexState:
        """Say how far the index has followed the notes."""
        with self._session.guard:
            self._session.refresh()
            self._session.index.save()
            return verbs.maintain.index_state(self._session)

    def build_index(self, progress: maintain.Progress | None = None, *, fresh: bool = False) -> Built:
        """Bring the index up to date; see `maintain.build_index`."""
        return verbs.maintain.build_index(self._session, progress or _silent, fresh=fresh)

    def check_index(self, progress: maintain.Progress | None = None, *, repair: bool = False) -> IndexChecked:
        """Compare the index with the notes; see `maintain.check_index`."""
        return verbs.maintain.check_index(self._session, progress or _silent, repair=repair)

    def watch(self, on_entries: Callable[[tuple[EntryLine, ...]], None] | None = None) -> None:
        """Follow the vault in the background from now on, embedding what is new.

        Args:
            on_entries: told of what comes into the journals meanwhile, in whichever thread gets to know of it.
        """
        if on_entries:
            entries.follow(self._session, on_entries)
        if self._following is None:
            self._following = Following(self._session)
            self._following.start()

    def close(self) -> None:
        """Stop following the vault and keep the index for the next process."""
        if self._following is not None:
            self._following.stop()
            self._following = None
        self._session.known.on_entries = None
        enter_external_if_free(self._session)
        enter_backlog_for(self._session, _LEAVING_S)
        self._session.close()

    def __enter__(self) -> Engine:
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.close()


def _working_folder_if_any() -> Path | None:
    try:
        return working_folder()
    except VaultMissing:
        return None


def _silent(_doing: str, _done: int, _total: int) -> None:
    pass
