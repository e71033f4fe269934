"""On what terms a server listens, and which of them would let strangers in. Reads no file."""

from dataclasses import dataclass
from pathlib import Path

from vault_engine.errors import BadInput, CannotServe
from vault_engine.server.http.names import LOOPBACK_NAMES, Hosts, Origins, is_loopback, origin_of

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 8765
DEFAULT_RATE = 50
MCP_PATH = "/mcp"

_EVERYWHERE = ("", "0.0.0.0", "::")  # what listens on all addresses there are
_MAX_PORT = 65_535
_MAX_RATE = 100_000


@dataclass(frozen=True)
class HttpTerms:
    """Where and how a server listens."""

    host: str = DEFAULT_HOST
    port: int = DEFAULT_PORT  # 0: any that is free
    tls_cert: Path | None = None  # PEM, the chain included
    tls_key: Path | None = None  # PEM, without a passphrase
    plain_http: bool = False  # beyond this machine without TLS, as something in front of the server has it
    allow_hosts: tuple[str, ...] = ()  # names that requests may call the server by, besides where it listens
    allow_origins: tuple[str, ...] = ()  # web pages that may ask
    public_url: str | None = None  # what clients know the server by, where that is not where it listens
    rate: int = DEFAULT_RATE  # requests a second of one token, for more than a moment

    def __post_init__(self) -> None:
        if not 0 <= self.port <= _MAX_PORT:
            raise BadInput(f"port {self.port} is not between 0 and {_MAX_PORT}")
        if not 1 <= self.rate <= _MAX_RATE:
            raise BadInput(f"a rate of {self.rate} is not between 1 and {_MAX_RATE} requests a second")
        if (self.tls_cert is None) != (self.tls_key is None):
            raise BadInput("TLS needs both a certificate and its key")
        if self.public_url is not None:
            origin_of(self.public_url)
        self.hosts, self.origins  # noqa: B018 - whether they can be read

    @property
    def is_local(self) -> bool:
        """Whether only this machine can reach it."""
        return is_loopback(self.host)

    @property
    def has_tls(self) -> bool:
        """Whether it speaks TLS itself."""
        return self.tls_cert is not None

    @property
    def where(self) -> str:
        """The address, for people."""
        return f"{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"

    @property
    def hosts(self) -> Hosts:
        """What a request may call the server."""
        own = () if self.host in _EVERYWHERE else (self.host,)
        public = () if self.public_url is None else (origin_of(self.public_url).partition("://")[2],)
        return Hosts.of((*LOOPBACK_NAMES, *own, *public, *self.allow_hosts))

    @property
    def origins(self) -> Origins:
        """From which web pages a request may come; from those of this machine, where only it can be asked."""
        public = () if self.public_url is None else (origin_of(self.public_url),)
        return Origins.of((*public, *self.allow_origins), loopback=self.is_local)

    def check_closed(self, *, has_token: bool) -> None:
        """Check that no stranger can come in.

        Raises:
            CannotServe: other machines could, or could listen.
        """
        if self.is_local:
            return
        if not has_token:
            reason = "other machines could read and change the notes; make a token first: memwell token create NAME"
            raise CannotServe(self.where, reason)
        if not self.has_tls and not self.plain_http:
            reason = (
                "tokens and notes would cross the network for anybody to read; give --tls-cert and --tls-key, or"
                " --plain-http if something in front of the server encrypts"
            )
            raise CannotServe(self.where, reason)
