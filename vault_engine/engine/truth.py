"""The part of `Engine` that keeps what notes say true."""

from collections.abc import Collection

from vault_engine.engine import extracting
from vault_engine.engine.extracting import Extracted
from vault_engine.engine.session import Session
from vault_engine.journal.entry import Actor


class Truth:
    """Takes in what texts say, and settles what notes say against each other."""

    _session: Session

    def remember_extracted(
        self,
        text: str,
        kinds: Collection[str] = (),
        *,
        category: str | None = None,
        source: str | None = None,
        dry_run: bool = False,
        actor: Actor | None = None,
    ) -> Extracted:
        """Make a note of each thing that a text says; see `extracting.remember_extracted`."""
        return extracting.remember_extracted(
            self._session, text, kinds, category=category, source=source, dry_run=dry_run, actor=actor
        )
