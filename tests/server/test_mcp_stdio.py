"""A real ``memwell serve``: what it writes where, how it starts and ends, what it sees of the world outside."""

import asyncio
import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from mcp.types import LATEST_PROTOCOL_VERSION

from vault_engine.index.generation import read_current
from vault_engine.index.segment import open_segment

DEADLINE_S = 60


class Wire:
    """A server process and the lines it writes, with nothing of the SDK's between."""

    def __init__(self, vault: Path, environment: dict[str, str], *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "memwell_cli", "serve", "--vault", str(vault), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
        )
        self.lines: list[bytes] = []
        self._arrived: queue.Queue[bytes] = queue.Queue()
        self._stderr = b""
        self._threads = [threading.Thread(target=self._read, daemon=True), threading.Thread(target=self._drain)]
        for thread in self._threads:
            thread.start()

    def _read(self) -> None:
        for line in self.process.stdout:
            self.lines.append(line)
            self._arrived.put(line)

    def _drain(self) -> None:
        self._stderr = self.process.stderr.read()

    def send(self, method: str, id: int | None = None, **params) -> None:
        message = {"jsonrpc": "2.0", "method": method, "params": params} | ({} if id is None else {"id": id})
        self.process.stdin.write(json.dumps(message).encode() + b"\n")
        self.process.stdin.flush()

    def ask(self, method: str, id: int, **params) -> dict:
        self.send(method, id, **params)
        deadline = time.monotonic() + DEADLINE_S
        while time.monotonic() < deadline:
            message = json.loads(self._arrived.get(timeout=DEADLINE_S))
            if message.get("id") == id:
                return message
        raise TimeoutError(method)

    def greet(self) -> dict:
        hello = self.ask(
            "initialize",
            0,
            protocolVersion="2025-06-18",
            capabilities={},
            clientInfo={"name": "wire", "version": "1"},
        )
        self.send("notifications/initialized")
        return hello

    def call(self, id: int, tool: str, **arguments) -> dict:
        return self.ask("tools/call", id, name=tool, arguments=arguments)["result"]

    def end(self) -> tuple[int, str]:
        """Close stdin, as a client does that goes; give the exit code and stderr."""
        self.process.stdin.close()
        try:
            code = self.process.wait(DEADLINE_S)
        finally:
            self.process.kill()
        for thread in self._threads:
            thread.join(DEADLINE_S)
        for pipe in (self.process.stdout, self.process.stderr):
            pipe.close()
        return code, self._stderr.decode()


@pytest.fixture
def wire(folder, environment):
    started: list[Wire] = []

    def start(vault: Path = folder, **more: str) -> Wire:
        started.append(Wire(vault, environment | more))
        return started[-1]

    yield start
    for one in started:
        if one.process.poll() is None:
            one.end()


class TestStdout:
    """It belongs to the protocol."""

    def test_every_line_is_json_rpc_while_the_model_loads_and_notes_are_broken(self, wire, folder):
        """Also when everything that could print something does its work."""
        (folder / "broken.md").write_text("---\na: [\n---\ntext\n")
        (folder / "latin.md").write_bytes(b"caf\xe9")
        server = wire(MEMWELL_EMBEDDER="packaged")

        server.greet()
        assert server.call(1, "remember", text="Invoices go out on Tuesday.", key="bills")["isError"] is False
        found = server.call(2, "recall", query="when do customers get their bills?")["structuredContent"]
        assert "notes/bills.md" == found["hits"][0]["path"]
        assert found["mode"] == "hybrid" or "still being loaded" in found["degraded"]
        assert server.call(3, "read_note", note="nope")["isError"] is True
        assert 2 == len(server.call(4, "status")["structuredContent"]["problems"])
        code, _ = server.end()

        assert 0 == code
        assert len(server.lines) >= 5
        assert {"2.0"} == {json.loads(line)["jsonrpc"] for line in server.lines}

    def test_what_is_no_json_rpc_does_not_end_it(self, wire):
        """A bad line is answered or dropped; the next one works."""
        server = wire()
        server.greet()
        for line in (b"nonsense\n", b"{}\n", b'{"jsonrpc": "2.0", "id": 8, "method": "no/such"}\n', b"\xff\xfe\n"):
            server.process.stdin.write(line)
        server.process.stdin.flush()

        assert server.call(9, "status")["isError"] is False
        assert all(json.loads(line) for line in server.lines)

    @pytest.mark.parametrize("place", ["gone", "plain"])
    def test_nothing_is_written_there_without_a_vault(self, place, environment, tmp_path):
        """Exit code 10; the person who looks into the client's log finds what to do."""
        (tmp_path / "plain").mkdir()
        done = subprocess.run(
            [sys.executable, "-m", "memwell_cli", "serve", "--vault", str(tmp_path / place)],
            env=environment,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=DEADLINE_S,
            check=False,
        )

        assert (10, b"") == (done.returncode, done.stdout)
        assert b"memwell init" in done.stderr

    def test_nothing_is_written_there_with_broken_settings(self, environment, folder):
        """Exit code 2."""
        (folder / ".memwell" / "config.toml").write_text("x = [")
        done = subprocess.run(
            [sys.executable, "-m", "memwell_cli", "serve", "--vault", str(folder)],
            env=environment,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=DEADLINE_S,
            check=False,
        )

        assert (2, b"") == (done.returncode, done.stdout)
        assert b"not valid TOML" in done.stderr


@pytest.fixture
def backlog(folder):
    """More new notes than the model embeds in a few seconds."""
    for number in range(600):
        (folder / f"{number}.md").write_text(f"A note about the number {number}, and about nothing else. " * 20)


@pytest.mark.parametrize("query_mode", ["keyword", "hybrid"])
def test_a_recall_does_not_wait_for_the_whole_backlog(query_mode, wire, backlog):
    """It is answered between two batches of the model's background work: parts of notes still wait then."""
    server = wire(MEMWELL_EMBEDDER="packaged")
    server.greet()

    found = server.call(1, "recall", query="number 7", mode=query_mode)["structuredContent"]
    assert found["hits"]
    assert found["chunks_waiting"] > 0


class TestItsEnd:
    """A server goes when its client goes."""

    def test_the_end_of_stdin_ends_it_and_the_index_is_kept(self, wire, folder, tmp_path):
        """Within seconds, with exit code 0 and nothing to complain of; the next process need not read the notes."""
        for number in range(50):
            (folder / f"{number}.md").write_text(f"note {number}")
        server = wire()
        server.greet()
        assert 50 == server.call(1, "status")["structuredContent"]["notes"]
        server.call(2, "remember", text="one more", key="k")
        started = time.monotonic()
        code, stderr = server.end()

        assert (0, "") == (code, stderr)
        assert time.monotonic() - started < 20
        current = next((tmp_path / "cache").rglob("CURRENT"))
        kept = (open_segment(current.parent / one.name, verify=True) for one in read_current(current.parent).segments)
        assert {f"{number}.md" for number in range(50)} <= {path for one in kept for path in one.catalogue.paths}

    def test_a_client_that_goes_at_once(self, wire):
        """Before a word was said."""
        code, stderr = wire().end()

        assert (0, False) == (code, "Traceback" in stderr)

    def test_a_client_that_goes_while_the_model_works(self, wire, backlog):
        """What is not embedded yet is left for later."""
        server = wire(MEMWELL_EMBEDDER="packaged")
        server.greet()
        started = time.monotonic()
        code, stderr = server.end()

        assert (0, False) == (code, "Traceback" in stderr)
        assert time.monotonic() - started < 20

    @pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
    @pytest.mark.parametrize(("told", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
    def test_it_ends_when_told_so_though_its_stdin_stays_open(self, told, code, wire):
        """Somebody who starts it by hand out of curiosity must get out again; a host may ask before it kills."""
        server = wire()
        server.greet()
        server.process.send_signal(told)

        assert code == server.process.wait(DEADLINE_S)
        assert (code, "") == server.end()


def test_both_eras_over_a_real_process(over_stdio, run, mode, answer):
    """The version is negotiated; the tools are the same."""

    async def use():
        async with over_stdio(mode) as client:
            version = client.protocol_version
            await answer(client, "remember", text="Tea at four.", key="tea")
            found = await answer(client, "recall", query="tea")
            assert ["notes/tea.md"] == [hit["path"] for hit in found["hits"]]
            return version, [tool.name for tool in (await client.list_tools()).tools]

    version, tools = run(use())
    assert (LATEST_PROTOCOL_VERSION == version) is (mode == "auto")
    assert 8 == len(tools)


def test_what_others_do_to_the_notes_is_seen_by_the_next_recall(over_stdio, run, mode, answer, refusal, folder):
    """Another process edits one, makes one and deletes one: no waiting, no restart."""
    (folder / "edited.md").write_text("about walruses")
    (folder / "deleted.md").write_text("about ostriches")
    script = """
import pathlib, sys
folder = pathlib.Path(sys.argv[1])
(folder / "edited.md").write_text("about penguins")
(folder / "sub").mkdir()
(folder / "sub" / "made.md").write_text("about badgers")
(folder / "deleted.md").unlink()
"""

    async def paths(client, query):
        return [hit["path"] for hit in (await answer(client, "recall", query=query))["hits"]]

    async def use():
        async with over_stdio(mode) as client:
            assert ["edited.md"] == await paths(client, "walruses")
            assert ["deleted.md"] == await paths(client, "ostriches")
            other = await asyncio.create_subprocess_exec(sys.executable, "-c", script, str(folder))
            assert 0 == await other.wait()

            assert ["edited.md"] == await paths(client, "penguins")
            assert ["sub/made.md"] == await paths(client, "badgers")
            assert [] == await paths(client, "walruses")
            assert [] == await paths(client, "ostriches")
            assert "no note" in await refusal(client, "read_note", note="deleted")

    run(use())


def test_a_vault_that_goes_away_is_told_and_comes_back(over_stdio, run, answer, refusal, folder):
    """An unmounted drive is an error, not an empty memory; mounted again, all is there."""
    (folder / "n.md").write_text("about walruses")

    async def use():
        async with over_stdio() as client:
            assert 1 == len((await answer(client, "recall", query="walruses"))["hits"])
            while not (await answer(client, "status"))["journal_entries"]:
                await asyncio.sleep(0)  # the note is being entered in the journal
            folder.rename(folder.with_name("unmounted"))
            said = await refusal(client, "recall", query="walruses")
            assert "is not there any more" in said
            assert "Nothing was changed." in said
            assert not folder.exists()
            folder.with_name("unmounted").rename(folder)
            assert 1 == len((await answer(client, "recall", query="walruses"))["hits"])

    run(use())


def test_a_paraphrase_is_found_in_the_sample_vault(over_stdio, run, answer, sample, environment):
    """With the packaged model, by meaning, and the sample vault stays as it is."""
    environment["MEMWELL_EMBEDDER"] = "packaged"
    before = {file: file.read_bytes() for file in sample.rglob("*.md")}

    async def use():
        async with over_stdio(vault=sample) as client:
            async with asyncio.timeout(DEADLINE_S):
                while (await answer(client, "status"))["index"]["chunks_waiting"]:
                    await asyncio.sleep(0.2)
            found = await answer(client, "recall", query="can I get it from the Apple store?", limit=3)
            again = await answer(
                client, "recall", query="why were the billing webhooks processed over and over?", limit=3
            )
            return found, again

    found, again = run(use())
    assert ("hybrid", None, 0) == (found["mode"], found["degraded"], found["chunks_waiting"])
    assert "decisions/no-native-app.md" in [hit["path"] for hit in found["hits"]]
    assert "incidents/2026-08-08-charged-twice.md" in [hit["path"] for hit in again["hits"]]
    assert before == {file: file.read_bytes() for file in sample.rglob("*.md")}


class TestWhatIsLoaded:
    """An agent waits for all of it before its first answer."""

    def test_nothing_is_that_is_not_needed(self, wire, folder):
        """Neither what serves over HTTP nor what the conformance suite asks for, nor a model where none is used."""
        (folder / "n.md").write_text("Tea at four.\n")
        server = wire(PYTHONPROFILEIMPORTTIME="1")
        server.greet()
        assert "n.md" == server.call(1, "recall", query="tea")["structuredContent"]["hits"][0]["path"]
        loaded = {line.rpartition("|")[2].strip() for line in server.end()[1].splitlines()}

        assert "vault_engine.server.mcp.tools" in loaded
        unneeded = {
            "vault_engine.server.http",
            "vault_engine.server.mcp.fixtures",
            "fastembed",
            "onnxruntime",
            "botocore",
        }
        assert set() == unneeded & loaded
