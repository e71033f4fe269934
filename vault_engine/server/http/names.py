"""What requests call the server, and which web pages they come from. Pure.

A web page can have a name of its own lead to this machine and then ask as if it were at home here. So a server answers
only to names that it knows, and only to pages that it knows.
"""

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from vault_engine.errors import BadInput

LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")

_HOST = re.compile(r"(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]{1,253}))(?::(\d{1,5}))?", re.ASCII)
_DEFAULT_PORTS = {"http": 80, "https": 443}


def is_loopback(host: str) -> bool:
    """Say whether only this machine can reach what listens there."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def origin_of(url: str) -> str:
    """Give the origin of a URL: ``https://name`` or ``https://name:8443``.

    Raises:
        BadInput: it is no URL of the web, or has more than scheme, name, port and the path of the server.
    """
    try:
        parts = urlsplit(url.lower())
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname or parts.username or parts.query or parts.fragment:
        raise BadInput(f"{url[:200]!r} is no address such as https://notes.example.org")
    name = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{name}" + (f":{port}" if port and port != _DEFAULT_PORTS[parts.scheme] else "")


@dataclass(frozen=True)
class Hosts:
    """The names a server answers to, each with a port or with any."""

    names: frozenset[tuple[str, int | None]]

    @classmethod
    def of(cls, hosts: Iterable[str]) -> "Hosts":
        """Read names as people give them: ``name``, ``name:port``, an address.

        Raises:
            BadInput: one is no name.
        """
        names = set()
        for host in hosts:
            read = _read_host(f"[{host}]" if host.count(":") > 1 and not host.startswith("[") else host)
            if read is None:
                raise BadInput(f"{host[:200]!r} is no host: give a name or address, and a port if only that one counts")
            names.add(read)
        return cls(frozenset(names))

    def allows(self, header: str) -> bool:
        """Say whether a request that calls the server so is meant for it."""
        read = _read_host(header)
        return read is not None and (read in self.names or (read[0], None) in self.names)

    def __str__(self) -> str:
        return ", ".join(sorted(f"{name}:{port}" if port else name for name, port in self.names))


@dataclass(frozen=True)
class Origins:
    """The web pages that may ask."""

    known: frozenset[str]
    loopback: bool  # those of this machine too

    @classmethod
    def of(cls, origins: Iterable[str], *, loopback: bool) -> "Origins":
        """Read origins as people give them. Raises as `origin_of` does."""
        return cls(frozenset(map(origin_of, origins)), loopback)

    def allows(self, header: str) -> bool:
        """Say whether a page of that origin may ask."""
        try:
            origin = origin_of(header)
        except BadInput:  # "null", which any page can be
            return False
        return origin in self.known or (self.loopback and urlsplit(origin).hostname in LOOPBACK_NAMES)


def _read_host(text: str) -> tuple[str, int | None] | None:
    found = _HOST.fullmatch(text.lower())
    return ((found[1] or found[2]), int(found[3]) if found[3] else None) if found else None
