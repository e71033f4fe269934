"""A real ``memwell serve --transport http``, and requests to it with nothing between."""

import http.client
import json
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

MODERN = "2026-07-28"
LEGACY = "2025-11-25"
PATIENCE_S = 60
ACCEPT = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}
INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {"protocolVersion": LEGACY, "capabilities": {}, "clientInfo": {"name": "raw", "version": "1"}},
}
META = {
    "io.modelcontextprotocol/protocolVersion": MODERN,
    "io.modelcontextprotocol/clientCapabilities": {},
    "io.modelcontextprotocol/clientInfo": {"name": "raw client", "version": "1"},
}


class Answer(NamedTuple):
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The one object in the body, be it as JSON or as the last event of a stream."""
        if self.headers.get("content-type", "").startswith("text/event-stream"):
            return json.loads(re.findall(rb"^data: (\{.*)$", self.body, re.MULTILINE)[-1])
        return json.loads(self.body)

    @property
    def result(self) -> Any:
        """What a tool gave."""
        answer = self.json
        assert "result" in answer, answer
        return answer["result"]


class Served:
    """A server process."""

    def __init__(self, vault: Path, environment: dict[str, str], *options: str) -> None:
        self.vault, self.environment = vault, environment
        self.process = subprocess.Popen(
            [sys.executable, "-m", "memwell_cli", "serve", "--vault", str(vault), "--transport", "http"]
            + ([] if "--port" in options else ["--port", "0"])
            + list(options),
            env=environment,
            stderr=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            text=True,
        )
        self.log: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        until(lambda: self.address is not None or self.process.poll() is not None)

    def _read(self) -> None:
        for line in self.process.stderr or ():
            self.log.append(line)

    @property
    def address(self) -> "re.Match[str] | None":
        """Where it says that it listens."""
        return re.search(r"listening at (https?)://(\S+):(\d+)/mcp", "".join(self.log))

    @property
    def port(self) -> int:
        """Its port."""
        assert self.address, self.log
        return int(self.address[3])

    def connect(self) -> http.client.HTTPConnection:
        """Open a connection."""
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)

    def ask(self, method: str, path: str = "/mcp", headers: Mapping[str, str] = {}, body: Any = None) -> Answer:
        """Send one request as it is; a body that is no text or bytes is sent as JSON."""
        connection = self.connect()
        data = body if body is None or isinstance(body, bytes | str) else json.dumps(body)
        try:
            connection.request(method, path, body=data, headers=dict(headers))
            answer = connection.getresponse()
            found = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, found, answer.read())
        finally:
            connection.close()

    def send(self, token: str | None, method: str, params: Mapping[str, Any] = {}, **headers: str) -> Answer:
        """Send one message of the newest protocol."""
        return self.ask("POST", "/mcp", headers_for(token, method, params) | headers, message(method, params))

    def call(self, token: str | None, tool: str, /, **arguments: Any) -> Answer:
        """Call a tool."""
        return self.send(token, "tools/call", {"name": tool, "arguments": arguments})

    def open_session(self, token: str | None) -> dict[str, str]:
        """Begin a session of the older protocol; give the headers that its requests have."""
        headers = ACCEPT | bearer(token)
        answer = self.ask("POST", "/mcp", headers, INITIALIZE)
        assert answer.status == 200, answer
        session = {"Mcp-Session-Id": answer.headers["mcp-session-id"], "MCP-Protocol-Version": LEGACY}
        self.ask("POST", "/mcp", headers | session, {"jsonrpc": "2.0", "method": "notifications/initialized"})
        return headers | session

    def end(self) -> int:
        """Ask it to terminate; give its exit code."""
        if self.process.poll() is None:
            self.process.terminate()
        code = self.process.wait(PATIENCE_S)
        self._reader.join(PATIENCE_S)
        return code


def bearer(token: str | None) -> dict[str, str]:
    """Give the header that brings a token."""
    return {} if token is None else {"Authorization": f"Bearer {token}"}


def message(method: str, params: Mapping[str, Any], id: int = 7) -> dict[str, Any]:
    """Give a message of the newest protocol."""
    return {"jsonrpc": "2.0", "id": id, "method": method, "params": {**params, "_meta": META}}


def headers_for(token: str | None, method: str, params: Mapping[str, Any]) -> dict[str, str]:
    """Give the headers that such a message needs."""
    name = params.get("name") or params.get("uri")
    named = {"Mcp-Name": str(name)} if name else {}
    return ACCEPT | bearer(token) | {"MCP-Protocol-Version": MODERN, "Mcp-Method": method} | named


def until(holds: Any) -> None:
    """Wait until something holds, for as long as a slow machine may need."""
    end = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < end, "it did not come to hold"
        time.sleep(0.02)


def free_port() -> int:
    """Give a port that nothing listens at."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
