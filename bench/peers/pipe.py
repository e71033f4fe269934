"""A client of an MCP server on its standard input and output: as little between the clock and the server as can be."""

import json
import os
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from bench.peers.job import NotRun

_PROTOCOL = "2025-06-18"
_STOPS_IN_S = 20.0


class Pipe:
    """One running server. Use it as a context manager."""

    def __init__(self, command: Sequence[str], env: Mapping[str, str], folder: Path) -> None:
        self._stack = ExitStack()
        self._log = self._stack.enter_context(tempfile.TemporaryFile("w+", errors="replace"))  # noqa: SIM115
        self._process = subprocess.Popen(
            command,
            env=env,
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            encoding="utf-8",
        )
        self._number = 0
        hello = {"protocolVersion": _PROTOCOL, "capabilities": {}, "clientInfo": {"name": "bench", "version": "1"}}
        self._ask("initialize", hello)
        self._send({"jsonrpc": "2.0", "method": "notifications/initialized"})

    def call(self, tool: str, arguments: Mapping[str, object]) -> Any:
        """Call a tool and give its structured answer.

        Raises:
            NotRun: the server stopped or answered with an error.
        """
        result = self._ask("tools/call", {"name": tool, "arguments": arguments})
        if result.get("isError"):
            raise NotRun(f"{tool}: {json.dumps(result.get('content'))[:200]}")
        return result["structuredContent"]

    def pids(self) -> list[int]:
        """Give the server's process and all that it has started."""
        family = [self._process.pid]
        for pid in family:
            for file in Path(f"/proc/{pid}/task").glob("*/children"):
                with suppress(OSError):  # it has ended meanwhile
                    family += map(int, file.read_text("ascii").split())
        return family

    def cpu_s(self) -> float:
        """Give the seconds of processor time that these have taken; 0 where the system does not say."""
        ticks = 0
        for pid in self.pids():
            try:
                fields = Path(f"/proc/{pid}/stat").read_text("ascii", "replace").rpartition(")")[2].split()
            except OSError:
                continue
            ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK") if ticks else 0.0

    def __enter__(self) -> "Pipe":
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._in().close()
        try:
            self._process.wait(_STOPS_IN_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._stack.close()

    def _ask(self, method: str, parameters: Mapping[str, object]) -> dict[str, Any]:
        self._number += 1
        self._send({"jsonrpc": "2.0", "id": self._number, "method": method, "params": parameters})
        assert self._process.stdout is not None
        for line in self._process.stdout:
            answer = json.loads(line)
            if answer.get("id") == self._number and "method" not in answer:
                if "error" in answer:
                    raise NotRun(f"{method}: {answer['error'].get('message')}")
                result: dict[str, Any] = answer["result"]
                return result
        self._log.seek(0)
        said = self._log.read().strip().splitlines()
        raise NotRun(f"the server stopped: {said[-1][:200] if said else 'without a word'}")

    def _send(self, message: Mapping[str, object]) -> None:
        self._in().write(json.dumps(message) + "\n")
        self._in().flush()

    def _in(self) -> IO[str]:
        assert self._process.stdin is not None
        return self._process.stdin
