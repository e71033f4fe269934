"""Getting rid of contents for good, wherever Memwell keeps them beside the notes and the archive."""

from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

from vault_engine.engine.recover import QUARANTINE
from vault_engine.engine.session import Session
from vault_engine.journal.revisions import Erased
from vault_engine.vault.files import explained, sha256_hex


def erase(session: Session, contents: Collection[str]) -> Erased:
    """Erase contents, given by their SHA-256, from the index, from what was set aside, and from the revisions.

    The revisions come last: what a crash leaves of the rest, their being there still tells. The vault is held.

    Raises:
        VaultDenied, StorageFailed: not all is erased; do it again.
    """
    _remove_copies(session.vault.spare_dir, contents)
    _remove_copies(session.vault.local_dir / QUARANTINE, contents)
    scrub_index(session)
    return session.revisions.erase(contents)


def scrub_index(session: Session) -> None:
    """Let the index, here and in its folder, hold nothing of what is in no note."""
    session.index.discard()
    session.refresh()
    session.index.drop_strays()
    session.token_vectors.keep_only(session.index.view.distinct_keys)


def _remove_copies(folder: Path, contents: Collection[str]) -> None:
    """Remove the files that hold one of the contents."""
    with explained(folder), suppress(FileNotFoundError):
        for file in list(folder.iterdir()):
            if file.is_file() and not file.is_symlink() and sha256_hex(file.read_bytes()) in contents:
                file.unlink()
