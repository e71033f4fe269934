"""What every folder of tests shares: real temporary vaults, engines on them, and an embedding endpoint on 127.0.0.1."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from hypothesis import settings

from vault_engine import Actor, Engine

settings.register_profile("memwell", deadline=None)  # how long an example takes says nothing on a busy machine
settings.load_profile("memwell")

PROJECT = Path(__file__).parents[1]
SAMPLE_VAULT = PROJECT / "sample_vault"
PATIENCE_S = 30
LONG_AGO_NS = 1_700_000_000_000_000_000
TESTER = Actor("agent", "tester", "python")

OpenEngine = Callable[..., Engine]
WriteNote = Callable[..., Path]
RunMemwell = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def vault(tmp_path: Path) -> Path:
    """A fresh, empty vault."""
    Engine.create(tmp_path / "vault")
    return tmp_path / "vault"


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    """An environment of our own: the index in the test's folder, no embedder."""
    return {"MEMWELL_CACHE_DIR": str(tmp_path / "cache"), "MEMWELL_EMBEDDER": "none"}


@pytest.fixture
def open_engine(vault: Path, env: dict[str, str]) -> Iterator[OpenEngine]:
    """Opens the vault as often as wanted, each time as another process would; ``changes`` go into the environment."""
    opened: list[Engine] = []

    def open_it(folder: Path | None = None, **changes: str) -> Engine:
        opened.append(Engine.open(folder or vault, actor=TESTER, env=env | changes))
        return opened[-1]

    yield open_it
    for one in opened:
        one.close()


@pytest.fixture
def until() -> Callable[[Callable[[], bool]], None]:
    """Waits until something holds, for as long as a slow machine may need."""

    def wait(holds: Callable[[], bool]) -> None:
        end = time.monotonic() + PATIENCE_S
        while not holds():
            assert time.monotonic() < end, "it did not come to hold"
            time.sleep(0.02)

    return wait


@pytest.fixture
def engine(open_engine: OpenEngine) -> Engine:
    """The vault, open."""
    return open_engine()


@pytest.fixture
def write_note(vault: Path) -> WriteNote:
    """Writes a note as a person's editor would, long ago unless told otherwise."""

    def write(path: str, content: str | bytes, *, fresh: bool = False) -> Path:
        file = vault / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        if not fresh:
            os.utime(file, ns=(LONG_AGO_NS, LONG_AGO_NS))
        return file

    return write


@pytest.fixture
def memwell(vault: Path, env: dict[str, str]) -> RunMemwell:
    """Starts the command ``memwell`` on the vault in a process of its own."""

    def start(*arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "memwell_cli", *arguments],
            env=os.environ | env | {"MEMWELL_VAULT": str(vault)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return start


@pytest.fixture(scope="session")
def harbour(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """The sample vault, indexed with the model that ships with Memwell. Only to be read."""
    folder = tmp_path_factory.mktemp("harbour")
    shutil.copytree(SAMPLE_VAULT, folder / "vault")
    Engine.create(folder / "vault")
    with Engine.open(folder / "vault", actor=TESTER, env={"MEMWELL_CACHE_DIR": str(folder / "cache")}) as engine:
        engine.build_index()
        yield engine


class EmbeddingEndpoint:
    """An OpenAI-compatible endpoint that keeps what it was asked. A vector says which words a text has."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.dim = 64
        self.status = 200
        self.answer: Callable[[list[str]], object] | None = None
        self.authorization: str | None = None
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                endpoint.authorization = self.headers.get("Authorization")
                asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                body = json.dumps(endpoint._answer(asked["input"])).encode()
                self.send_response(endpoint.status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    @property
    def setting(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/v1#words"

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _answer(self, texts: list[str]) -> object:
        if self.status != 200:
            return {"error": "told to"}
        self.texts += texts
        if self.answer:
            return self.answer(texts)
        return {"data": [{"index": i, "embedding": self._vector(text)} for i, text in enumerate(texts)]}

    def _vector(self, text: str) -> list[float]:
        vector = [0.01] * self.dim
        for word in text.lower().split():
            vector[hashlib.sha256(word.encode()).digest()[0] % self.dim] += 1.0
        return vector


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[EmbeddingEndpoint]:
    """An embedding endpoint that runs for one test."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    running = EmbeddingEndpoint()
    yield running
    running.stop()
