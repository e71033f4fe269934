"""What a client's file says of the server, read back: how it would start it, or where it would look for it. Pure."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

# As the clients write them: ${VAR}, ${VAR:-default}, ${env:VAR}, {env:VAR}, ${{ secrets.VAR }}.
_VARIABLE = re.compile(
    r"\$\{\{\s*secrets\.(?P<secret>\w+)\s*\}\}"
    r"|\$\{(?:env:)?(?P<name>\w+)(?::-(?P<default>[^}]*))?\}"
    r"|\{env:(?P<other>\w+)\}"
)
_URL_KEYS = ("url", "serverUrl", "httpUrl")
_HEADER_KEYS = ("headers", "http_headers")
_TOKEN_KEYS = ("bearerTokenEnvVar", "bearer_token_env_var")
_ENV_KEYS = ("env", "environment")


class Untold(Exception):
    """An entry names no server that could be asked; the text of the exception says why."""


class Unset(Untold):
    """An entry names a variable of the environment that is not set here."""


@dataclass(frozen=True)
class Started:
    """A server that the client starts."""

    command: str
    args: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)  # what the entry adds; may hold secrets
    cwd: str | None = None

    @property
    def vault(self) -> str | None:
        """The vault that the entry names, if it does."""
        return _after("--vault", self.args) or self.env.get("MEMWELL_VAULT")


@dataclass(frozen=True)
class Reached:
    """A server that runs already."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict)  # may hold a token


def read_told(entry: Any, variables: Mapping[str, str]) -> Started | Reached:
    """Say what an entry has its client do, whichever client's it is.

    Args:
        entry: what stands at the client's spot.
        variables: the environment that the client would have.

    Raises:
        Untold: it names no command and no address, or they are no texts.
        Unset: it names a variable that is not set.
    """
    if not isinstance(entry, Mapping):
        raise Untold("the entry is no map")
    url = next((entry[key] for key in _URL_KEYS if key in entry), None)
    if url is not None:
        _check_address(url, variables)
        return Reached(_filled(url, variables), _headers(entry, variables))
    command = entry.get("command")
    words = command if isinstance(command, list) else [command]
    if not any(words[:1]):
        raise Untold("the entry names neither a command nor an address")
    first, *rest = (_filled(word, variables) for word in (*words, *_listed(entry.get("args"))))
    env: Any = next((entry[key] for key in _ENV_KEYS if entry.get(key)), {})
    cwd = _filled(entry["cwd"], variables) if entry.get("cwd") else None
    return Started(first, tuple(rest), _filled_map(env, variables), cwd)


def is_off(entry: Any) -> bool:
    """Say whether an entry tells its client not to use the server."""
    return isinstance(entry, Mapping) and (entry.get("enabled") is False or entry.get("disabled") is True)


def _check_address(url: Any, variables: Mapping[str, str]) -> None:
    try:
        is_fine = urlsplit(_filled(url, variables)).scheme in ("http", "https")
    except ValueError:
        is_fine = False
    if not is_fine:
        raise Untold("the address is none of http or https")


def _headers(entry: Mapping[str, Any], variables: Mapping[str, str]) -> dict[str, str]:
    inner = entry.get("requestOptions")
    holders = (entry, inner) if isinstance(inner, Mapping) else (entry,)
    found: Any = next((one[key] for one in holders for key in _HEADER_KEYS if one.get(key)), {})
    headers = _filled_map(found, variables)
    for key in _TOKEN_KEYS:
        if name := entry.get(key):
            headers["Authorization"] = f"Bearer {_value(_text(name), None, variables)}"
    for key, value in headers.items():  # refused here, as whoever sends it may show it
        if not (key + value).isascii() or not (key + value).isprintable():
            raise Untold(f"the header {key!r} has characters that none may have")
    return headers


def _filled_map(value: Any, variables: Mapping[str, str]) -> dict[str, str]:
    if not isinstance(value, Mapping):
        raise Untold("something else stands where a map should")
    return {_text(key): _filled(one, variables) for key, one in value.items()}


def _filled(value: Any, variables: Mapping[str, str]) -> str:
    def fill(found: re.Match[str]) -> str:
        name = found["secret"] or found["name"] or found["other"]
        return _value(name, found["default"], variables)

    return _VARIABLE.sub(fill, _text(value))


def _value(name: str, default: str | None, variables: Mapping[str, str]) -> str:
    value = variables.get(name) or default
    if value is None:
        raise Unset(f"the variable {name}, which the entry names, is not set here")
    return value


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise Untold("its arguments are no list")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str) or "\0" in value:
        raise Untold("something else stands where a text should")
    return value


def _after(option: str, args: Iterable[str]) -> str | None:
    """Give what stands behind an option, in the next argument or after its equals sign."""
    rest = iter(args)
    for one in rest:
        if one == option:
            return next(rest, None)
        if one.startswith(f"{option}="):
            return one.partition("=")[2]
    return None
