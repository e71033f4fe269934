"""The part of `Engine` that keeps a vault and what lies elsewhere the same: git, other machines, a person's folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

import vault_engine.engine as verbs

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable
    from pathlib import Path

    from vault_engine.engine import git, maintain, mirror, remote  # noqa: F401 - as `verbs.…`
    from vault_engine.engine.git import Committed, GitState, Postponed
    from vault_engine.engine.mirror import MirrorTerms
    from vault_engine.engine.mirrored import Mirrored
    from vault_engine.engine.remote import Pulled, Pushed, Synced, SyncState, Where
    from vault_engine.engine.session import Session
    from vault_engine.errors import MemwellError
    from vault_engine.journal.entry import Actor


class Syncing:
    """Brings in what was done elsewhere, and sends what was done here."""

    _session: Session

    def git_enable(self, *, everything: bool = False) -> GitState:
        """Let what Memwell changes be committed; see `git.enable`."""
        return verbs.git.enable(self._session, everything=everything)

    def git_disable(self) -> GitState:
        """Leave committing to the owner; see `git.disable`."""
        return verbs.git.disable(self._session)

    def git_state(self) -> GitState:
        """Say what is committed and what is not; see `git.state`."""
        return verbs.git.state(self._session)

    def git_commit(self) -> Committed | Postponed:
        """Commit what waits; see `git.commit_pending`."""
        return verbs.git.commit_pending(self._session)

    def sync(
        self,
        where: Where | None = None,
        *,
        unrelated: bool = False,
        yes: bool = False,
        progress: maintain.Progress | None = None,
    ) -> Synced:
        """Bring in what other machines have sent, and send what is here; see `remote.sync`."""
        return verbs.remote.sync(
            self._session, where or verbs.remote.ANYWHERE, unrelated=unrelated, yes=yes, progress=progress
        )

    def sync_pull(
        self,
        where: Where | None = None,
        *,
        dry_run: bool = False,
        unrelated: bool = False,
        yes: bool = False,
        progress: maintain.Progress | None = None,
    ) -> Pulled:
        """Bring in what other machines have sent; see `remote.pull`."""
        return verbs.remote.pull(
            self._session,
            where or verbs.remote.ANYWHERE,
            dry_run=dry_run,
            unrelated=unrelated,
            yes=yes,
            progress=progress,
        )

    def sync_push(
        self, where: Where | None = None, *, yes: bool = False, progress: maintain.Progress | None = None
    ) -> Pushed:
        """Send the other machines what is here; see `remote.push`."""
        return verbs.remote.push(self._session, where or verbs.remote.ANYWHERE, yes=yes, progress=progress)

    def sync_state(self, where: Where | None = None) -> SyncState:
        """Say how the vault stands to where it is synced; see `remote.sync_state`."""
        return verbs.remote.sync_state(self._session, where or verbs.remote.ANYWHERE)

    def mirror(self, target: Path, terms: MirrorTerms, *, actor: Actor | None = None) -> Mirrored:
        """Bring the vault and a folder in which a person edits together; see `mirror.mirror`."""
        return verbs.mirror.mirror(self._session, target, terms, actor)

    def watch_mirror(
        self,
        target: Path,
        terms: MirrorTerms,
        *,
        tell: Callable[[Mirrored | MemwellError], None],
        stop: threading.Event,
        interval_s: float | None = None,
    ) -> None:
        """Keep the vault and a folder in step until told to stop; see `mirror.watch_mirror`."""
        seconds = verbs.mirror.INTERVAL_S if interval_s is None else interval_s
        verbs.mirror.watch_mirror(self._session, target, terms, interval_s=seconds, tell=tell, stop=stop)
