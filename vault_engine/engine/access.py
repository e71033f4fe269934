"""Tokens as values: what one opens, whether it still does, and how a secret is known again. Reads no file, no clock.

A secret is 256 random bits, so that its SHA-256 can be kept in its place: there is nothing to guess.
"""

import hashlib
import hmac
import re
from base64 import urlsafe_b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

SECRET_BYTES = 32
SECRET_PREFIX = "memwell_"
MAX_NAME_CHARS = 60

_SECRET = re.compile(rf"{SECRET_PREFIX}[A-Za-z0-9_-]{{43}}")


class Scope(StrEnum):
    """What a token is for. Each allows what those before it allow."""

    READ = "read"
    WRITE = "write"
    ADMIN = "admin"

    def allows(self, needed: "Scope") -> bool:
        """Say whether a token of this scope may do what needs another."""
        order = list(Scope)
        return order.index(self) >= order.index(needed)


@dataclass(frozen=True)
class Token:
    """A token without its secret."""

    id: str
    name: str
    scope: Scope
    prefix: str | None  # the folder whose notes it reaches; None: the whole vault
    created: str  # ISO 8601 in UTC, as are all times here
    expires: str | None
    sha256: str  # of its secret

    def is_expired(self, now: str) -> bool:
        """Say whether its time is over."""
        return self.expires is not None and self.expires <= now


def new_secret(random: bytes) -> str:
    """Write `SECRET_BYTES` random bytes as a token's secret."""
    return SECRET_PREFIX + urlsafe_b64encode(random).rstrip(b"=").decode()


def secret_hash(secret: str) -> str:
    """Give what is kept of a secret."""
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()


def matching(tokens: Iterable[Token], secret: str) -> Token | None:
    """Give the token of a secret. How long that takes tells nothing of how near a wrong one is."""
    if not _SECRET.fullmatch(secret):
        return None
    wanted, found = secret_hash(secret), None
    for token in tokens:
        if hmac.compare_digest(token.sha256, wanted):
            found = token
    return found
