"""The door to the protocol's endpoint: who comes, how often, what for; and who has to go."""

import json
import math
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple

import anyio
from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
from mcp.server.auth.provider import AccessToken
from mcp.server.transport_security import RequestBodyLimitMiddleware
from starlette.datastructures import Headers
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Send
from starlette.types import Scope as Request

from vault_engine.engine import Scope, Token, TokenCheck
from vault_engine.errors import MemwellError
from vault_engine.server.callers import TOKEN
from vault_engine.server.http.challenge import bad_token, missing_token, weak_token
from vault_engine.server.http.log import LOG
from vault_engine.server.http.rate import Rates, Sessions

MAX_BODY_BYTES = 4 << 20
MAX_CALLS = 32  # of one caller that are being answered
MAX_STREAMS = 64  # of one caller that are open
MAX_SESSIONS = 100  # of one caller, in the protocol's older revisions
SESSION_IDLE_S = 1800.0  # after which a session is over

_BURST_S = 4  # a caller that was silent may ask as much at once as it may ask in so many seconds
_LOOK_S = 0.25  # how often it is looked whether open requests are still allowed
_SAVE_S = 60.0
_SESSION = "mcp-session-id"
_ANYBODY = ""  # the caller, where no token is needed


class _Open(NamedTuple):
    token: Token | None
    is_stream: bool
    scope: anyio.CancelScope


class _Answer:
    """How far an answer has come."""

    def __init__(self, send: Send) -> None:
        self._send, self._last = send, ""
        self.status, self.headers = 0, Headers()

    async def send(self, message: Message) -> None:
        """Send a part of it."""
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], Headers(raw=message["headers"])
        await self._send(message)
        self._last = "end" if message["type"].endswith("body") and not message.get("more_body") else message["type"]

    async def cut_off(self, scope: Request, receive: Receive) -> None:
        """End it in good order, wherever it is."""
        if not self._last:
            await JSONResponse({"error": "this is not answered any more"}, 503)(scope, receive, self._send)
        elif self._last != "end":
            await self._send({"type": "http.response.body", "body": b"", "more_body": False})


class Bearer:
    """Lets requests with a token through to the endpoint; those without, only while no token is needed."""

    def __init__(
        self,
        endpoint: ASGIApp,
        check: TokenCheck,
        *,
        rate: int,
        needs: Mapping[str, Scope],
        origin_of: Callable[[Request], str],
    ) -> None:
        """Stand before an endpoint.

        Args:
            endpoint: what answers.
            check: tells who comes.
            rate: requests a second of one caller.
            needs: the scope that each tool needs, by its name.
            origin_of: where a request's client reaches the server.
        """
        self._check, self._needs, self._origin_of = check, needs, origin_of
        self._endpoint = endpoint
        self._limited = RequestBodyLimitMiddleware(self._with_body, MAX_BODY_BYTES)
        self._rates = Rates(rate, rate * _BURST_S)
        self._open: set[_Open] = set()
        self._sessions = Sessions(MAX_SESSIONS, SESSION_IDLE_S)
        self._at_once: Counter[tuple[str, bool]] = Counter()  # by caller, calls and streams apart

    async def __call__(self, scope: Request, receive: Receive, send: Send) -> None:
        """Answer one request."""
        headers = Headers(scope=scope)
        is_stream = scope["method"] == "GET" or headers.get("mcp-method") == "subscriptions/listen"
        token, refusal = self._who(headers, scope)
        if refusal is None:
            refusal = self._too_much(token, is_stream, opens=_may_open_session(scope, headers))
        if refusal is not None:
            await refusal(scope, receive, send)
            return
        scope[TOKEN] = token
        if token is not None:
            self._check.note_use(token)
            known = AccessToken(token=token.id, client_id=token.id, scopes=[token.scope])
            scope["user"] = AuthenticatedUser(known)  # a session of the protocol belongs to who opened it
        await self._while_allowed(_Open(token, is_stream, anyio.CancelScope()), scope, receive, send)

    async def watch(self) -> None:
        """Cut off who is not allowed any more, and keep when tokens were used, until cancelled."""
        saved_s = time.monotonic()
        while True:
            await anyio.sleep(_LOOK_S)
            for one in list(self._open):
                if not self._is_allowed(one.token):
                    one.scope.cancel()
            if time.monotonic() - saved_s >= _SAVE_S:
                saved_s = time.monotonic()
                await anyio.to_thread.run_sync(self.save_use)

    def save_use(self) -> None:
        """Keep when tokens were used last, if that is possible."""
        if used := self._check.take_use():
            try:
                self._check.save_use(used)
            except MemwellError as error:
                LOG.warning("when tokens were used was not kept: %s", error)

    def end_streams(self) -> None:
        """End what would never end by itself, as the server is about to."""
        for one in list(self._open):
            if one.is_stream:
                one.scope.cancel()

    def _who(self, headers: Headers, scope: Request) -> tuple[Token | None, Response | None]:
        """Give whose token a request has; else why it is refused."""
        secret = _secret(headers.getlist("authorization"))
        token = self._check.who(secret) if secret is not None else None
        if token is not None or (secret is None and self._is_allowed(None)):
            return token, None
        origin = self._origin_of(scope)
        challenge = missing_token(origin) if secret is None else bad_token(origin)
        return None, _refusal(401, "a valid token is needed, as `Authorization: Bearer …`", challenge)

    def _is_allowed(self, token: Token | None) -> bool:
        return not self._check.is_closed() if token is None else self._check.is_valid(token)

    def _too_much(self, token: Token | None, is_stream: bool, *, opens: bool) -> Response | None:
        caller = _caller(token)
        if wait_s := self._rates.take(caller, time.monotonic()):
            return _slow_down(math.ceil(wait_s))
        is_full = self._at_once[caller, is_stream] >= (MAX_STREAMS if is_stream else MAX_CALLS)
        if is_full or (opens and self._sessions.are_full(caller, time.monotonic())):
            return _slow_down(1)
        return None

    async def _while_allowed(self, one: _Open, scope: Request, receive: Receive, send: Send) -> None:
        caller = _caller(one.token), one.is_stream
        self._open.add(one)
        self._at_once[caller] += 1
        answer = _Answer(send)
        try:
            with one.scope:
                await (self._limited if scope["method"] == "POST" else self._endpoint)(scope, receive, answer.send)
            if one.scope.cancelled_caught:
                await answer.cut_off(scope, receive)
            self._note_session(caller[0], scope, answer)
        finally:
            self._open.discard(one)
            self._at_once[caller] -= 1

    def _note_session(self, caller: str, scope: Request, answer: _Answer) -> None:
        session = Headers(scope=scope).get(_SESSION)
        if answer.status == 200 and (opened := session or answer.headers.get(_SESSION)):
            if scope["method"] == "DELETE":
                self._sessions.end(caller, opened)
            else:
                self._sessions.use(caller, opened, time.monotonic())

    async def _with_body(self, scope: Request, receive: Receive, send: Send) -> None:
        """Answer a request whose body was read whole, and is small enough."""
        message = await receive()
        token: Token | None = scope[TOKEN]
        needed = self._needed(message.get("body", b"")) if token is not None else None
        if token is not None and needed is not None and not token.scope.allows(needed):
            challenge = weak_token(self._origin_of(scope), needed)
            await _refusal(403, f"this token may {token.scope}, and this needs {needed}", challenge)(
                scope, receive, send
            )
            return
        await self._endpoint(scope, _again(message, receive), send)

    def _needed(self, body: bytes) -> Scope | None:
        """Say which scope a message needs, None if that can't be told: the tools ask for theirs once more."""
        try:
            message = json.loads(body)
            name = message["params"]["name"] if message["method"] == "tools/call" else None
        except (ValueError, TypeError, KeyError, RecursionError):
            return None
        return self._needs.get(name) if isinstance(name, str) else None


def _may_open_session(scope: Request, headers: Headers) -> bool:
    """Say whether a request may be one that opens a session; the newest revision, which names its methods, has none."""
    return scope["method"] == "POST" and _SESSION not in headers and "mcp-method" not in headers


def _caller(token: Token | None) -> str:
    return token.id if token else _ANYBODY


def _secret(headers: list[str]) -> str | None:
    """Give the secret of the one ``Authorization`` header, None if there is none that brings one."""
    if not headers:
        return None
    kind, _, secret = headers[0].partition(" ")
    if kind.lower() != "bearer":
        return None
    return secret.strip() if len(headers) == 1 else ""


def _again(message: Message, receive: Receive) -> Callable[[], Awaitable[Message]]:
    """Give what receives a message once more, and then what follows it."""
    waiting = [message]

    async def receive_again() -> Message:
        return waiting.pop() if waiting else await receive()

    return receive_again


def _refusal(status: int, reason: str, challenge: str) -> Response:
    return JSONResponse({"error": reason}, status, {"WWW-Authenticate": challenge})


def _slow_down(wait_s: int) -> Response:
    return JSONResponse({"error": "too many requests"}, 429, {"Retry-After": str(wait_s)})
