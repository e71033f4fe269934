"""Many clients at once: how fast the server answers over HTTP, and whether many stdio servers lose anything.

Over HTTP, each connection reads and searches in turn, with a token. In the same run the same is asked of a server that
has nothing but a tool ``ping``, made with the protocol's library and served on the same terms: more than that one
answers nobody can get from this library on this machine. ``--sessions`` opens so many of the older protocol at once.

With ``--stdio N``, N servers that speak on stdin and stdout write and read in one vault. Ends with 1 if anything was
refused that should not be, if a note that was answered is not there, or if the journal does not verify.
"""

import argparse
import json
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from bench.machine import facts_line, isolated_env, table
from bench.mcp_start import prepare
from bench.peers.pipe import Pipe
from bench.vault_maker import path_of, rare_word
from vault_engine import Engine

_COMMAND = [sys.executable, "-m", "memwell_cli", "serve", "--vault"]
_PING = [sys.executable, "-m", "bench.mcp_ping"]
_RATE = 100_000  # requests a second of one token: what is to be measured is not the brake
_MODERN, _LEGACY = "2026-07-28", "2025-11-25"
_META = {
    "io.modelcontextprotocol/protocolVersion": _MODERN,
    "io.modelcontextprotocol/clientCapabilities": {},
    "io.modelcontextprotocol/clientInfo": {"name": "load", "version": "1"},
}
_HELLO = {"protocolVersion": _LEGACY, "capabilities": {}, "clientInfo": {"name": "load", "version": "1"}}


class Call(NamedTuple):
    """A tool and what it is called with."""

    tool: str
    arguments: Mapping[str, object]


class Load(NamedTuple):
    """What came of a load."""

    took_s: float
    times_ms: list[float]  # of each request that was answered
    problems: list[str]

    def row(self, name: str) -> tuple[str, ...]:
        """Give the line of a table; see `HEAD`."""
        p50, p99 = (float(np.percentile(self.times_ms, each)) for each in (50, 99)) if self.times_ms else (0.0, 0.0)
        return name, f"{self.per_s:.0f}", f"{p50:.1f}", f"{p99:.1f}", str(len(self.problems))

    @property
    def per_s(self) -> float:
        """How many were answered in a second."""
        return len(self.times_ms) / self.took_s


HEAD = ("what", "a second", "p50 ms", "p99 ms", "failed")


class Wire:
    """One connection to an HTTP server, with as little between the clock and the server as can be."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._file = self._socket.makefile("rb")

    def send(self, request: bytes) -> tuple[int, dict[bytes, bytes], bytes]:
        """Send a request; give the status, the headers and the body of the answer.

        Raises:
            OSError, ValueError: the server hung up, or its answer can't be read.
        """
        self._socket.sendall(request)
        status = int(self._file.readline().split(b" ", 2)[1])
        headers = {}
        while (line := self._file.readline()) not in (b"\r\n", b""):
            name, _, value = line.partition(b":")
            headers[name.lower()] = value.strip()
        if headers.get(b"transfer-encoding") != b"chunked":
            return status, headers, self._file.read(int(headers.get(b"content-length", b"0")))
        parts = []
        while size := int(self._file.readline(), 16):
            parts.append(self._file.read(size))
            self._file.readline()
        self._file.readline()
        return status, headers, b"".join(parts)

    def close(self) -> None:
        """Hang up."""
        self._file.close()
        self._socket.close()


def request_of(body: Mapping[str, Any], token: str | None, **headers: str) -> bytes:
    """Write a request."""
    content = json.dumps({"jsonrpc": "2.0", **body}).encode()
    lines = {
        "Host": "localhost:80",  # any port is good
        "Accept": "application/json, text/event-stream",
        "Content-Type": "application/json",
        "Content-Length": str(len(content)),
        **({"Authorization": f"Bearer {token}"} if token else {}),
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"POST /mcp HTTP/1.1\r\n{head}\r\n".encode() + content


def request_for(call: Call, token: str | None) -> bytes:
    """Write the request for a tool, by the newest protocol."""
    parameters = {"name": call.tool, "arguments": call.arguments, "_meta": _META}
    named = {"MCP_Protocol_Version": _MODERN, "Mcp_Method": "tools/call", "Mcp_Name": call.tool}
    return request_of({"id": 1, "method": "tools/call", "params": parameters}, token, **named)


def mixed_calls(count: int, notes: int) -> list[Call]:
    """Give reads and searches in turn, of notes all over the vault."""
    numbers = [number * 7919 % notes for number in range(count)]
    return [
        Call("recall", {"query": rare_word(number), "mode": "keyword"})
        if place % 2
        else Call("read_note", {"note": path_of(number)})
        for place, number in enumerate(numbers)
    ]


def load(port: int, calls: Sequence[Call], token: str | None, connections: int, seconds: float) -> Load:
    """Have so many connections make these calls, one after the other, for so long."""
    requests = [request_for(call, token) for call in calls]
    times_ms: list[float] = []
    problems: list[str] = []

    def work(first: int) -> None:
        try:
            wire = Wire(port)
            number = first
            while time.perf_counter() < until:
                began = time.perf_counter()
                status, _, body = wire.send(requests[number % len(requests)])
                times_ms.append((time.perf_counter() - began) * 1000)
                if status != 200 or b'"isError":true' in body or b'"result"' not in body:
                    problems.append(f"{status}: {body[:200]!r}")
                number += connections
            wire.close()
        except (OSError, ValueError, IndexError) as error:
            problems.append(repr(error))

    began = time.perf_counter()
    until = began + seconds
    _together(work, connections)
    return Load(time.perf_counter() - began, times_ms, problems)


def open_sessions(port: int, tokens: Sequence[str], count: int, at_once: int) -> Load:
    """Open sessions of the older protocol, each of which calls a tool; they stay open until all have."""
    times_ms: list[float] = []
    problems: list[str] = []

    def work(first: int) -> None:
        try:
            wire = Wire(port)
            for number in range(first, count, at_once):
                began = time.perf_counter()
                _one_session(wire, tokens[number % len(tokens)])
                times_ms.append((time.perf_counter() - began) * 1000)
            wire.close()
        except (OSError, ValueError, IndexError, KeyError) as error:
            problems.append(repr(error))

    began = time.perf_counter()
    _together(work, at_once)
    return Load(time.perf_counter() - began, times_ms, problems)


def _one_session(wire: Wire, token: str) -> None:
    status, headers, body = wire.send(request_of({"id": 0, "method": "initialize", "params": _HELLO}, token))
    if status != 200:
        raise ValueError(f"{status}: {body[:200]!r}")
    session = {"Mcp_Session_Id": headers[b"mcp-session-id"].decode(), "MCP_Protocol_Version": _LEGACY}
    wire.send(request_of({"method": "notifications/initialized"}, token, **session))
    asked = {"id": 1, "method": "tools/call", "params": {"name": "recall", "arguments": {"query": "bench", "limit": 1}}}
    status, _, body = wire.send(request_of(asked, token, **session))
    if status != 200 or b'"structuredContent"' not in body:
        raise ValueError(f"{status}: {body[:200]!r}")


def _together(work: Any, count: int) -> None:
    threads = [threading.Thread(target=work, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


class Listening:
    """A server process that says on stderr where it listens. Use it as a context manager."""

    def __init__(self, command: Sequence[str], env: Mapping[str, str], log: Path) -> None:
        self._log = log
        with log.open("w") as file:
            self._process = subprocess.Popen(command, env=env, stderr=file, stdin=subprocess.DEVNULL)

    def __enter__(self) -> int:
        until = time.monotonic() + 60
        while "/mcp" not in (said := self._log.read_text("utf-8")):
            if self._process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"the server does not listen: {said[-500:]}")
            time.sleep(0.05)
        return int(said.partition("listening at http://127.0.0.1:")[2].partition("/")[0])

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(30)


def over_http(vault: Path, env: Mapping[str, str], options: argparse.Namespace) -> list[str]:
    """Load the servers, print what came of it, and give what went wrong."""
    with Engine.open(vault, env=env) as engine:
        tokens = [engine.create_token(f"load-{n}", scope="write").token for n in range(1 + options.sessions // 90)]
    calls = mixed_calls(1_000, options.notes)
    http = ["--transport", "http", "--port", "0", "--rate", str(_RATE)]
    with Listening([*_COMMAND, str(vault), *http], env, vault.parent / "server.log") as port:
        load(port, calls, tokens[0], options.connections, min(options.seconds, 2.0))  # to warm up
        ours = load(port, calls, tokens[0], options.connections, options.seconds)
        alone = load(port, calls, tokens[0], 1, options.seconds / 4)
        sessions = open_sessions(port, tokens, options.sessions, options.connections)
    with Listening(_PING, env, vault.parent / "ping.log") as port:
        load(port, [Call("ping", {})], None, options.connections, min(options.seconds, 2.0))
        ping = load(port, [Call("ping", {})], None, options.connections, options.seconds)
    rows = [HEAD, ours.row(f"read and search, {options.connections} connections"), alone.row("the same, 1 connection")]
    rows += [ping.row("the library's ping"), sessions.row(f"{options.sessions} sessions, each with a search")]
    print(table(rows))
    print(f"{ours.per_s / ping.per_s:.2f} of what the library can do")
    return ours.problems + alone.problems + ping.problems + sessions.problems


def over_stdio(vault: Path, env: Mapping[str, str], servers: int, seconds: float) -> list[str]:
    """Have many servers write and read in one vault, print how fast, and give what went wrong."""
    kept: list[list[tuple[str, str]]] = [[] for _ in range(servers)]  # of each: path and word that it was told are kept
    problems: list[str] = []

    def work(number: int) -> None:
        try:
            until = time.monotonic() + seconds
            while time.monotonic() < until:
                word = f"zw{number}n{len(kept[number])}"
                text = {"text": f"The word is {word}.", "category": f"load {number}", "key": word}
                kept[number].append((str(pipes[number].call("remember", text)["path"]), word))
                found = pipes[number].call("recall", {"query": word, "mode": "keyword"})["hits"]
                if kept[number][-1][0] not in [hit["path"] for hit in found]:
                    problems.append(f"server {number} did not find {word}")
        except Exception as error:  # noqa: BLE001 - whatever it is, it is what this program looks for
            problems.append(f"server {number}: {error!r}")

    with ExitStack() as stack:
        pipes = [stack.enter_context(Pipe([*_COMMAND, str(vault)], env, vault)) for _ in range(servers)]
        _together(work, servers)
    problems += [f"{path} is lost" for each in kept for path, word in each if not _holds(vault / path, word)]
    with Engine.open(vault, env=env) as engine:
        verified = engine.verify(read_data=True)
    problems += [f"the journal: {problem}" for problem in (*verified.damaged, *verified.missing, *verified.loose)]
    counts = sorted(map(len, kept))
    print(
        f"{servers} servers, {seconds:.0f} s: {sum(counts)} notes written and found, {counts[0]} to {counts[-1]} each"
    )
    return problems


def _holds(file: Path, word: str) -> bool:
    return file.exists() and f"The word is {word}." in file.read_text("utf-8")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program; see the module's text."""
    parser = argparse.ArgumentParser(prog="python -m bench.mcp_load", description=__doc__.splitlines()[0])
    parser.add_argument("--notes", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--sessions", type=int, default=500)
    parser.add_argument("--stdio", type=int, metavar="N", help="instead of HTTP, so many servers on one vault")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="memwell-load-") as scratch:
        vault, env = Path(scratch) / "vault", isolated_env(Path(scratch) / "cache", "none")
        prepare(vault, options.notes, env)
        if options.stdio:
            problems = over_stdio(vault, env, options.stdio, options.seconds)
        else:
            problems = over_http(vault, env, options)
    print(facts_line())
    print("\n".join(problems[:20]) or "nothing failed")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
