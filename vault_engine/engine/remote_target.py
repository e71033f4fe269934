"""Which bucket a vault is synced with, where that is kept: a setting of this machine and this folder.

It is not among the settings that travel with the vault: a vault that came from elsewhere must not send its notes out.
"""

import json
from pathlib import Path
from typing import NamedTuple

from vault_engine.engine.session import Session
from vault_engine.errors import BadInput
from vault_engine.sync.bucket import checked_endpoint
from vault_engine.sync.bucket_format import Address, Unfit, parse_address
from vault_engine.vault.files import explained, write_atomic
from vault_engine.vault.store import TMP

GIT = "git"
_FORMAT = 1


class Target(NamedTuple):
    """A bucket, and where its server is."""

    address: Address
    endpoint_url: str | None  # None: what the environment says, else Amazon's


def chosen(session: Session, remote: str | None, to: str | None, endpoint_url: str | None) -> Target | None:
    """Say which bucket is meant, None for git: what is asked for, else what is kept.

    Raises:
        BadInput: what is asked for can't be understood.
    """
    if remote is not None and to not in (None, GIT):
        raise BadInput("a git remote and a bucket can't both be meant: say --remote or --to")
    if endpoint_url is not None and to in (None, GIT):
        raise BadInput("an endpoint goes with a bucket: say --to s3://BUCKET/PREFIX too")
    if remote is not None or to == GIT:
        return None
    if to is None:
        return _load(session)
    try:
        return Target(parse_address(to), checked_endpoint(endpoint_url) if endpoint_url else None)
    except ValueError as error:
        raise BadInput(str(error)) from error


def keep(session: Session, target: Target | None) -> None:
    """Remember a bucket for this vault on this machine; None forgets it, and git is meant again.

    Raises:
        VaultDenied, StorageFailed: that can't be written.
    """
    file = _file(session)
    if target is None:
        with explained(file):
            file.unlink(missing_ok=True)
        return
    facts = {
        "format": _FORMAT,
        "vault": str(session.config.root),
        "to": str(target.address),
        "endpoint_url": target.endpoint_url,
    }
    write_atomic(file, json.dumps(facts, indent=1).encode(), session.vault.local_dir / TMP)


def _load(session: Session) -> Target | None:
    try:
        facts = json.loads(_file(session).read_bytes())
        if facts["format"] != _FORMAT or facts["vault"] != str(session.config.root):
            return None  # the vault was copied to here, with what belongs to another machine
        endpoint_url = facts["endpoint_url"]
        return Target(parse_address(facts["to"]), checked_endpoint(endpoint_url) if endpoint_url else None)
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError, Unfit):
        return None


def _file(session: Session) -> Path:
    return session.vault.local_dir / "sync-target.json"
