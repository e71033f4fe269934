"""MCP as a client meets it: the SDK's own client, on a server in this process or on a real ``memwell serve``."""

import asyncio
import json
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from http_world import Served
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.types import CallToolResult, Implementation

from vault_engine import Actor, Engine
from vault_engine.server.mcp import make_server

pytest.register_assert_rewrite("compat_cases")

DEADLINE_S = 60
MODES = ("auto", "legacy")
CLIENT = Implementation(name="test-client", version="1.2")
SAMPLE_VAULT = Path(__file__).parents[2] / "sample_vault"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty vault."""
    Engine.create(tmp_path / "vault")
    return tmp_path / "vault"


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """What the servers of a test run in: an index of their own, no embedder, nothing of the machine's settings."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("MEMWELL_")}
    return ours | {
        "MEMWELL_CACHE_DIR": str(tmp_path / "cache"),
        "MEMWELL_EMBEDDER": "none",
        "MEMWELL_RUNTIME_DIR": str(tmp_path / "run"),
    }


@pytest.fixture(params=MODES)
def mode(request: pytest.FixtureRequest) -> str:
    """Both eras of the protocol."""
    return str(request.param)


@pytest.fixture
def in_memory(folder: Path, environment: dict[str, str]) -> Iterator[Callable[..., Any]]:
    """Connects to a server in this process."""
    with Engine.open(folder, actor=Actor("agent", "mcp", "mcp"), env=environment) as engine:
        yield lambda mode="auto", profile="core", **options: Client(
            make_server(engine, profile), mode=mode, client_info=CLIENT, **options
        )


@pytest.fixture
def over_stdio(folder: Path, environment: dict[str, str], tmp_path: Path) -> Callable[..., Any]:
    """Starts ``memwell serve`` and connects to it; its stderr goes into a file."""

    @asynccontextmanager
    async def connect(mode: str = "auto", name: str = CLIENT.name, vault: Path = folder) -> AsyncIterator[Client]:
        parameters = StdioServerParameters(
            command=sys.executable, args=["-m", "memwell_cli", "serve", "--vault", str(vault)], env=environment
        )
        with (tmp_path / f"{name}.stderr").open("w") as errlog:
            transport = stdio_client(parameters, errlog=errlog)
            async with Client(transport, mode=mode, client_info=Implementation(name=name, version="1")) as client:
                yield client

    return connect


@pytest.fixture
def run() -> Callable[[Awaitable[Any]], Any]:
    """Runs what a test awaits, within the deadline."""

    def run_it(awaited: Awaitable[Any]) -> Any:
        async def bounded() -> Any:
            async with asyncio.timeout(DEADLINE_S):
                return await awaited

        return asyncio.run(bounded())

    return run_it


@pytest.fixture
def memwell(environment: dict[str, str], folder: Path) -> Callable[..., "subprocess.CompletedProcess[str]"]:
    """Runs the command line on the same vault, as a person beside the agent."""

    def call(*arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "memwell_cli", *arguments, "--vault", str(folder)],
            env=environment,
            capture_output=True,
            text=True,
            timeout=DEADLINE_S,
            check=False,
        )

    return call


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    """A copy of the sample vault."""
    shutil.copytree(SAMPLE_VAULT, tmp_path / "sample")
    Engine.create(tmp_path / "sample")
    return tmp_path / "sample"


@pytest.fixture
def journal(folder: Path) -> Callable[[], list[dict[str, Any]]]:
    """Reads the vault's journal."""

    def read() -> list[dict[str, Any]]:
        files = sorted((folder / ".memwell" / "journal").rglob("*.jsonl"))
        return [json.loads(line) for file in files for line in file.read_text("utf-8").splitlines()]

    return read


@pytest.fixture
def answer() -> Callable[..., Awaitable[dict[str, Any]]]:
    """Calls a tool that must succeed; gives its structured content."""

    async def call(client: Client, tool: str, **arguments: Any) -> dict[str, Any]:
        result = await client.call_tool(tool, arguments)
        assert not result.is_error, text_of(result)
        assert result.structured_content is not None
        return result.structured_content

    return call


@pytest.fixture
def refusal() -> Callable[..., Awaitable[str]]:
    """Calls a tool that must refuse; gives what it says."""

    async def call(client: Client, tool: str, **arguments: Any) -> str:
        result = await client.call_tool(tool, arguments)
        assert result.is_error, result.structured_content
        return text_of(result)

    return call


def text_of(result: CallToolResult) -> str:
    """Give the text of a result."""
    return "".join(getattr(part, "text", "") for part in result.content)


@pytest.fixture
def serve(folder: Path, environment: dict[str, str]) -> Iterator[Callable[..., Served]]:
    """Starts ``memwell serve --transport http``; all that were started end with the test."""
    started: list[Served] = []

    def start(*options: str, vault: Path = folder, **changes: str) -> Served:
        started.append(Served(vault, environment | changes, *options))
        return started[-1]

    yield start
    for one in started:
        one.end()


@pytest.fixture
def token(folder: Path, environment: dict[str, str]) -> Callable[..., str]:
    """Makes a token; gives its secret."""

    def make(name: str = "laptop", scope: str = "write", **terms: Any) -> str:
        with Engine.open(folder, env=environment) as engine:
            return engine.create_token(name, scope=scope, **terms).token

    return make


class Shared:
    """One server for several tests, on a vault of its own; every token has another name."""

    def __init__(self, base: Path) -> None:
        ours = {name: value for name, value in os.environ.items() if not name.startswith("MEMWELL_")}
        self.environment = ours | {"MEMWELL_CACHE_DIR": str(base / "cache"), "MEMWELL_EMBEDDER": "none"}
        self.folder = base / "vault"
        Engine.create(self.folder)
        self.server = Served(self.folder, self.environment, "--rate", "1000")
        self._count = 0

    def token(self, scope: str = "write", **terms: Any) -> str:
        """Make a token; gives its secret."""
        self._count += 1
        with Engine.open(self.folder, env=self.environment) as engine:
            return engine.create_token(f"t{self._count}", scope=scope, **terms).token


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shared]:
    """A server for all tests of a file that leave it as it is."""
    one = Shared(tmp_path_factory.mktemp("shared"))
    yield one
    one.server.end()
