"""The server of one vault, or of several, over HTTP, from its first request to its end."""

import gc
import os
import signal
import socket
import ssl
import stat
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import anyio
import uvicorn
from mcp.server import MCPServer
from sse_starlette.sse import AppStatus

from vault_engine.config import MEMWELL_DIR
from vault_engine.engine import Actor, TokenCheck
from vault_engine.errors import CannotServe
from vault_engine.hooks.listening import answering_hooks
from vault_engine.server.callers import CLIENT, http_caller
from vault_engine.server.http.app import make_app
from vault_engine.server.http.bearer import Bearer
from vault_engine.server.http.log import LOG, log_to_stderr
from vault_engine.server.http.terms import MCP_PATH, HttpTerms
from vault_engine.server.mcp.app import make_server, scopes_of
from vault_engine.server.mcp.profiles import CORE
from vault_engine.server.vaults import open_vaults

_FINISH_S = 5  # for answers that are under way when the server is told to end
_KEEP_ALIVE_S = 30


def serve_http(
    vaults: Sequence[str],
    terms: HttpTerms,
    *,
    profile: str = CORE,
    workspace: str | None = None,
    env: Mapping[str, str] = os.environ,
    with_fixtures: bool = False,
) -> None:
    """Serve vaults over HTTP until interrupted or told to terminate.

    Answers that are under way then are finished, for a few seconds; then the index is kept.

    Args:
        vaults: as `open_vaults` takes them; the tokens are those of the first.
        terms: where and how to listen.
        profile: the tools that are offered, as `make_server` takes it.
        workspace: the one that is meant where a request names none, as `make_server` takes it.
        env: the environment. Who makes a change is said by tokens: ``MEMWELL_ACTOR`` does not count here.
        with_fixtures: also serve what the protocol's conformance suite asks for.

    Raises:
        BadInput, VaultMissing, ConfigBroken: before it listens.
        CannotServe: it can't listen there, or strangers could come in.
    """
    log_to_stderr()
    actor = Actor("agent", CLIENT, CLIENT, uuid4().hex[:12])
    own_env = {name: value for name, value in env.items() if name != "MEMWELL_ACTOR"}
    with open_vaults(vaults, actor=actor, env=own_env) as opened:
        first, *_ = opened.values()
        check = first.token_check()
        terms.check_closed(has_token=check.has_valid())
        for engine in opened.values():
            _check_folders(engine.root, terms)
        check_certificate(terms)
        server = make_server(first, profile, http_caller, workspace=workspace, vaults=opened)
        if with_fixtures:
            from vault_engine.server.mcp.fixtures import add_fixtures

            add_fixtures(server)
        gc.freeze()  # what is loaded stays: to look through it for garbage would keep answers waiting
        with answering_hooks(engine, env), listening(terms) as listener:
            anyio.run(_serve, server, check, replace(terms, port=listener.getsockname()[1]), listener)
    LOG.info("ended")


async def _serve(server: MCPServer, check: TokenCheck, terms: HttpTerms, listener: socket.socket) -> None:
    app, bearer = make_app(server, check, terms, await scopes_of(server))
    AppStatus.disable_automatic_graceful_drain()  # type: ignore[no-untyped-call]  # it would cut off answers that are under way
    config = uvicorn.Config(
        app,
        http="h11",
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,  # it writes queries down, and somebody may put a token there
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=_KEEP_ALIVE_S,
        timeout_graceful_shutdown=_FINISH_S,
        ssl_certfile=terms.tls_cert,
        ssl_keyfile=terms.tls_key,
    )
    await _Server(config, bearer, _greeting(terms, is_closed=check.is_closed())).serve([listener])
    bearer.save_use()


class _Server(uvicorn.Server):
    """Ends in good order, with nothing said but what we say."""

    def __init__(self, config: uvicorn.Config, bearer: Bearer, greeting: list[str]) -> None:
        super().__init__(config)
        self._bearer, self._greeting = bearer, greeting

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take being interrupted or told to terminate as a wish to end; the library would raise it again afterwards."""
        before = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen, and say so."""
        await super().startup(sockets)
        for line in self._greeting:
            LOG.info("%s", line)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End open streams, let answers be finished, then close."""
        LOG.info("ending")
        self._bearer.end_streams()
        await super().shutdown(sockets)


def _greeting(terms: HttpTerms, *, is_closed: bool) -> list[str]:
    lines = [f"listening at {'https' if terms.has_tls else 'http'}://{terms.where}{MCP_PATH}"]
    if not is_closed:
        lines.append(
            "no token is needed: whoever uses this machine can read and change the notes (memwell token create)"
        )
    if not terms.is_local:
        lines.append(f"answering to the names {terms.hosts} (more by --allow-host)")
    return lines


@contextmanager
def listening(terms: HttpTerms) -> Iterator[socket.socket]:
    """Listen where the terms say.

    Raises:
        CannotServe: that is taken, or is no address of this machine.
    """
    try:
        found = socket.getaddrinfo(terms.host or None, terms.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, *_, address = min(found, key=lambda one: one[0] != socket.AF_INET)  # of localhost, 127.0.0.1
        made = socket.create_server(address[:2], family=family)
    except OSError as error:
        raise CannotServe(terms.where, error.strerror or str(error)) from error
    # By its protocol asyncio knows that it can have what it writes sent at once, and not 40 ms later with what follows.
    with socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP, made.detach()) as listener:
        yield listener


def check_certificate(terms: HttpTerms) -> None:
    """Check that TLS can begin.

    Raises:
        CannotServe: certificate or key can't be read, do not belong together, or need a passphrase.
    """
    if terms.tls_cert is None:
        return
    try:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(terms.tls_cert, terms.tls_key, password=_no_passphrase)
    except (OSError, ValueError) as error:
        raise CannotServe(terms.where, f"the certificate or its key can't be used: {error}") from error


def _no_passphrase() -> str:
    raise ValueError("the key needs a passphrase, which nobody is there to give")


def _check_folders(root: Path, terms: HttpTerms) -> None:
    """Check that only its owner can change what says who may come in.

    Raises:
        CannotServe: anybody on this machine can, and others are to be let in.
    """
    if os.name == "nt":
        return
    ours = root / MEMWELL_DIR
    for path in (root, ours, ours / "local", ours / "local" / "tokens.json"):
        if path.exists() and path.stat().st_mode & stat.S_IWOTH:
            reason = f"every user of this machine can write to {path} (chmod o-w)"
            if not terms.is_local:
                raise CannotServe(terms.where, reason)
            LOG.warning("%s", reason)
