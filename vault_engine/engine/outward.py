"""The verbs of an open vault that concern what is outside of it: git, other machines and folders, who may come in."""

import threading
from collections.abc import Callable
from pathlib import Path

from vault_engine.engine import git, maintain, mirror, remote, tokens
from vault_engine.engine.git import Committed, GitState, Postponed
from vault_engine.engine.mirror import INTERVAL_S, MirrorTerms
from vault_engine.engine.mirrored import Mirrored
from vault_engine.engine.remote import ANYWHERE, Pulled, Pushed, Synced, SyncState, Where
from vault_engine.engine.session import Session
from vault_engine.engine.tokens import TokenCheck, TokenCreated, TokenList, TokenRevoked
from vault_engine.errors import MemwellError
from vault_engine.journal.entry import Actor


class Outward:
    """What `Engine` can do beyond its vault."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def git_enable(self, *, everything: bool = False) -> GitState:
        """Let what Memwell changes be committed; see `git.enable`."""
        return git.enable(self._session, everything=everything)

    def git_disable(self) -> GitState:
        """Leave committing to the owner; see `git.disable`."""
        return git.disable(self._session)

    def git_state(self) -> GitState:
        """Say what is committed and what is not; see `git.state`."""
        return git.state(self._session)

    def git_commit(self) -> Committed | Postponed:
        """Commit what waits; see `git.commit_pending`."""
        return git.commit_pending(self._session)

    def sync(
        self,
        where: Where = ANYWHERE,
        *,
        unrelated: bool = False,
        yes: bool = False,
        progress: maintain.Progress | None = None,
    ) -> Synced:
        """Bring in what other machines have sent, and send what is here; see `remote.sync`."""
        return remote.sync(self._session, where, unrelated=unrelated, yes=yes, progress=progress)

    def sync_pull(
        self,
        where: Where = ANYWHERE,
        *,
        dry_run: bool = False,
        unrelated: bool = False,
        yes: bool = False,
        progress: maintain.Progress | None = None,
    ) -> Pulled:
        """Bring in what other machines have sent; see `remote.pull`."""
        return remote.pull(self._session, where, dry_run=dry_run, unrelated=unrelated, yes=yes, progress=progress)

    def sync_push(
        self, where: Where = ANYWHERE, *, yes: bool = False, progress: maintain.Progress | None = None
    ) -> Pushed:
        """Send the other machines what is here; see `remote.push`."""
        return remote.push(self._session, where, yes=yes, progress=progress)

    def sync_state(self, where: Where = ANYWHERE) -> SyncState:
        """Say how the vault stands to where it is synced; see `remote.sync_state`."""
        return remote.sync_state(self._session, where)

    def mirror(self, target: Path, terms: MirrorTerms, *, actor: Actor | None = None) -> Mirrored:
        """Bring the vault and a folder in which a person edits together; see `mirror.mirror`."""
        return mirror.mirror(self._session, target, terms, actor)

    def watch_mirror(
        self,
        target: Path,
        terms: MirrorTerms,
        *,
        tell: Callable[[Mirrored | MemwellError], None],
        stop: threading.Event,
        interval_s: float = INTERVAL_S,
    ) -> None:
        """Keep the vault and a folder in step until told to stop; see `mirror.watch_mirror`."""
        mirror.watch_mirror(self._session, target, terms, interval_s=interval_s, tell=tell, stop=stop)

    def create_token(
        self, name: str, *, scope: str = "read", prefix: str | None = None, expires: str | None = None
    ) -> TokenCreated:
        """Make a token for the server; see `tokens.create_token`."""
        return tokens.create_token(self._session, name, scope=scope, prefix=prefix, expires=expires)

    def revoke_token(self, name: str) -> TokenRevoked:
        """Have a token open nothing any more; see `tokens.revoke_token`."""
        return tokens.revoke_token(self._session, name)

    def list_tokens(self) -> TokenList:
        """List the tokens; see `tokens.list_tokens`."""
        return tokens.list_tokens(self._session)

    def token_check(self) -> TokenCheck:
        """Give what tells a server who comes; see `tokens.TokenCheck`."""
        return tokens.token_check(self._session)
