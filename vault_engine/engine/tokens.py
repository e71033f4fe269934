"""The tokens that open a vault to a server's clients: ``.memwell/local/tokens.json``, and when each was used last.

The file is for its owner alone, holds no secret, and is replaced whole while its lock is held. That it is there means
that a token is needed, however few it lists: taking the last one away locks the door.
"""

import json
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from vault_engine.engine.access import MAX_NAME_CHARS, SECRET_BYTES, Scope, Token, matching, new_secret, secret_hash
from vault_engine.engine.moments import read_moment
from vault_engine.engine.session import Session
from vault_engine.errors import BadInput, ConfigBroken, MemwellError, TokenMissing
from vault_engine.vault.files import explained, write_atomic
from vault_engine.vault.lock import Lock
from vault_engine.vault.paths import check_folder

FORMAT = 1

_PRIVATE = 0o600
_MAX_TOKENS = 1_000
_SHA256 = re.compile("[0-9a-f]{64}")
_DURATION = re.compile(r"(\d{1,5}) ?(m|min|minutes?|h|hours?|d|days?|w|weeks?)", re.ASCII)
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}


@dataclass(frozen=True)
class TokenCreated:
    """A new token. Its secret is nowhere else."""

    token: str
    name: str
    scope: Scope
    prefix: str | None  # the folder whose notes it reaches; None: the whole vault
    created: str
    expires: str | None


@dataclass(frozen=True)
class TokenLine:
    """One token in a list."""

    name: str
    scope: Scope
    prefix: str | None
    created: str
    expires: str | None
    last_used: str | None  # to about a minute
    state: Literal["valid", "expired"]


@dataclass(frozen=True)
class TokenList:
    """Every token there is, by name."""

    tokens: tuple[TokenLine, ...]


@dataclass(frozen=True)
class TokenRevoked:
    """A token opens nothing any more."""

    name: str
    left: int  # how many tokens there still are


def create_token(
    session: Session, name: str, *, scope: str = Scope.READ, prefix: str | None = None, expires: str | None = None
) -> TokenCreated:
    """Make a token for the server of a vault.

    Args:
        session: the open vault.
        name: what the journal calls who comes with it; no other token has it.
        scope: ``read``, ``write`` or ``admin``; each allows what those before it do.
        prefix: a folder of the vault: the token reaches no other notes.
        expires: when it stops working: a time as `moments` reads it, or how long it is to last (30d, 12h).

    Raises:
        BadInput: one of these can't be used, or there is a token of that name.
        BadName: no folder can have that name.
        ConfigBroken: the file of tokens can't be understood.
        VaultDenied, StorageFailed: it can't be written; no token was made.
    """
    now = session.now()
    secret = new_secret(os.urandom(SECRET_BYTES))
    token = Token(
        id=os.urandom(8).hex(),
        name=_checked_name(name),
        scope=_scope(scope),
        prefix=None if prefix is None else check_folder(prefix),
        created=_written(now),
        expires=None if expires is None else _expiry(expires, now),
        sha256=secret_hash(secret),
    )
    folder = session.vault.local_dir
    with _changing(folder) as tokens:
        if any(other.name.casefold() == token.name.casefold() for other in tokens):
            raise BadInput(f"there is a token {token.name!r} already; revoke it first, or choose another name")
        if len(tokens) >= _MAX_TOKENS:
            raise BadInput(f"there are {_MAX_TOKENS} tokens already; revoke some")
        _write(folder, [*tokens, token])
    return TokenCreated(secret, token.name, token.scope, token.prefix, token.created, token.expires)


def revoke_token(session: Session, name: str) -> TokenRevoked:
    """Have a token open nothing any more; a running server notices at once.

    Raises:
        TokenMissing: there is none of that name.
        ConfigBroken, VaultDenied, StorageFailed: as for `create_token`; it still opens what it did.
    """
    folder = session.vault.local_dir
    with _changing(folder) as tokens:
        left = [token for token in tokens if token.name != name]
        if len(left) == len(tokens):
            raise TokenMissing(name)
        _write(folder, left)
    return TokenRevoked(name, len(left))


def list_tokens(session: Session) -> TokenList:
    """List the tokens, the expired ones too.

    Raises:
        ConfigBroken: the file of tokens can't be understood.
    """
    folder, now = session.vault.local_dir, _written(session.now())
    used = _read_used(folder)
    lines = [
        TokenLine(
            name=token.name,
            scope=token.scope,
            prefix=token.prefix,
            created=token.created,
            expires=token.expires,
            last_used=used.get(token.id),
            state="expired" if token.is_expired(now) else "valid",
        )
        for token in _read(folder)
    ]
    return TokenList(tuple(sorted(lines, key=lambda line: line.name)))


class TokenCheck:
    """Tells who comes with a secret, by the file as it is at that moment. For one thread at a time."""

    def __init__(self, folder: Path, now: Callable[[], datetime]) -> None:
        """Read the file.

        Args:
            folder: where it is.
            now: gives the time.

        Raises:
            ConfigBroken: it can't be understood. If that happens later, nobody gets in.
        """
        self._folder, self._now = folder, now
        self._seen = _signature(folder)  # before it is read: what changes in between is read again
        self._tokens: Sequence[Token] = _read(folder)
        self._is_closed = self._seen is not None
        self._used: dict[str, str] = {}

    def who(self, secret: str) -> Token | None:
        """Give the token of a secret, None if it opens nothing or nothing any more."""
        token = matching(self._current(), secret)
        return token if token and not token.is_expired(_written(self._now())) else None

    def is_closed(self) -> bool:
        """Say whether a token is needed. Once that is so, it remains so."""
        self._current()
        return self._is_closed

    def is_valid(self, token: Token) -> bool:
        """Say whether a token that `who` gave still opens what it did."""
        return token in self._current() and not token.is_expired(_written(self._now()))

    def has_valid(self) -> bool:
        """Say whether there is any token that opens anything."""
        now = _written(self._now())
        return any(not token.is_expired(now) for token in self._current())

    def note_use(self, token: Token) -> None:
        """Note that a token was used, to the minute; `save_use` keeps it."""
        self._used[token.id] = self._now().astimezone(UTC).strftime("%Y-%m-%dT%H:%MZ")

    def take_use(self) -> Mapping[str, str]:
        """Give what was noted since the last time."""
        used, self._used = self._used, {}
        return used

    def save_use(self, used: Mapping[str, str]) -> None:
        """Keep when tokens were used last. May be called from any thread.

        Raises:
            VaultBusy, VaultDenied, StorageFailed: it is not kept.
        """
        with _lock(self._folder).held():
            there = {token.id for token in _read(self._folder)}
            every = {id: at for id, at in (_read_used(self._folder) | dict(used)).items() if id in there}
            data = json.dumps({"v": FORMAT, "used": every}, indent=1)
            write_atomic(self._folder / "tokens-used.json", data.encode(), self._folder / "tmp", mode=_PRIVATE)

    def _current(self) -> Sequence[Token]:
        seen = _signature(self._folder)
        if seen != self._seen:
            try:
                self._tokens = _read(self._folder)
            except MemwellError:
                self._tokens = ()
            self._seen, self._is_closed = seen, True
        return self._tokens


def token_check(session: Session) -> TokenCheck:
    """Give what tells a server who comes. Raises as `TokenCheck` does."""
    return TokenCheck(session.vault.local_dir, session.now)


def _checked_name(name: str) -> str:
    if not name.strip() or name != name.strip() or len(name) > MAX_NAME_CHARS or not name.isprintable():
        raise BadInput(f"a token's name is one line of 1 to {MAX_NAME_CHARS} characters, not {name[:80]!r}")
    return name


def _scope(name: str) -> Scope:
    try:
        return Scope(name)
    except ValueError:
        raise BadInput(f"there is no scope {name!r} (there are {', '.join(Scope)})") from None


def _expiry(text: str, now: datetime) -> str:
    if found := _DURATION.fullmatch(text.strip().lower()):
        return _written(now + int(found[1]) * _UNITS[found[2][0]])
    moment = read_moment(text, now)
    if moment <= _written(now):
        raise BadInput(f"{text!r} is over already: say when the token stops working, as in 30d or 2030-01-31")
    return moment


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


# ---- the file


def _file(folder: Path) -> Path:
    return folder / "tokens.json"


def _lock(folder: Path) -> Lock:
    return Lock(folder / "tokens.lock")


@contextmanager
def _changing(folder: Path) -> Iterator[list[Token]]:
    """Keep other processes out, and give the tokens as they are."""
    with _lock(folder).held():
        yield _read(folder)


def _read(folder: Path) -> list[Token]:
    file = _file(folder)
    with explained(file):
        try:
            data = file.read_bytes()
        except FileNotFoundError:
            return []
    try:
        return _tokens(json.loads(data))
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        reason = f"it holds no tokens that can be understood ({error}); delete it, and make new ones"
        raise ConfigBroken(str(file), reason) from error


def _tokens(said: Any) -> list[Token]:
    if said["v"] != FORMAT:
        raise ValueError(f"its format is {said['v']!r}, not {FORMAT}")
    return [_token(**fields) for fields in said["tokens"]]


def _token(*, scope: str, **fields: str | None) -> Token:
    token = Token(scope=Scope(scope), **fields)  # type: ignore[arg-type]
    needed = (token.id, token.name, token.created, token.sha256)
    may_lack = (token.prefix, token.expires)
    if not all(isinstance(each, str) for each in needed) or not all(isinstance(each, str | None) for each in may_lack):
        raise TypeError("a token's member is no text")
    if not _SHA256.fullmatch(token.sha256):
        raise ValueError("a token has no hash")
    return token


def _write(folder: Path, tokens: Sequence[Token]) -> None:
    said = {"v": FORMAT, "tokens": [asdict(token) for token in tokens]}
    write_atomic(_file(folder), json.dumps(said, indent=1).encode(), folder / "tmp", mode=_PRIVATE)


def _signature(folder: Path) -> tuple[int, ...] | None:
    """Give what tells one state of the file from another, None if it is not there."""
    try:
        found = _file(folder).stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_mode


def _read_used(folder: Path) -> dict[str, str]:
    """Give when each token was used last; nothing where that is not known."""
    try:
        used = json.loads((folder / "tokens-used.json").read_bytes())["used"]
        return {id: at for id, at in used.items() if isinstance(at, str)}
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return {}
