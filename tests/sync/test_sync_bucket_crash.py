"""A sync with a bucket that is cut short anywhere is taken up by the next one, to the same end."""

import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from urllib.request import Request, urlopen

import pytest
from bucket_server import Member, Place, members
from diverged import Killed, Steps, check, diverge

from vault_engine.sync.bucket import Bucket

MOST_STEPS = 150
ASKED = tuple((Bucket, name) for name in ("get", "size", "put", "remove"))

numbers = count()


def diverged(place, tmp_path):
    """Make two machines that have diverged, in a place of their own."""
    own = Place(place.where.endpoint_url, f"{place.address.prefix}/{next(numbers)}")
    anna, bert = members(tmp_path / own.address.prefix, own, "anna", "bert")
    diverge(anna, bert)
    return own, anna, bert


def killed_at(step, place, tmp_path, monkeypatch):
    """Sync until a step, and then again; say whether it came to that step."""
    own, anna, bert = diverged(place, tmp_path)
    with monkeypatch.context() as patch:
        Steps(patch, step, *ASKED)
        try:
            bert.sync()
        except Killed:
            pass
        else:
            return False
    again = Member(bert.folder, "bert", bert.folder.parent / "again", own)
    again.sync()
    anna.sync()
    check(anna, again)
    again.sync()
    assert 1 == len(own.heads())
    for machine in (anna, bert, again):
        machine.engine.close()
    return True


def test_without_a_crash_both_come_to_hold_the_same(place, tmp_path):
    """What the trials below are compared with."""
    _, anna, bert = diverged(place, tmp_path)

    bert.sync()
    anna.sync()

    check(anna, bert)


@pytest.mark.parametrize("step", [8, 40, 60])
def test_a_sync_killed_at_some_steps_is_taken_up(place, tmp_path, monkeypatch, step):
    """Every object asked for and every file put in its place is a step."""
    assert killed_at(step, place, tmp_path, monkeypatch)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_a_sync_killed_at_any_step_is_taken_up(place, tmp_path, monkeypatch):
    """All of them, one after the other."""
    done = [step for step in range(1, MOST_STEPS) if killed_at(step, place, tmp_path, monkeypatch)]

    assert 50 < len(done) < MOST_STEPS - 1


# ---- whole processes


class Gate:
    """Stands before the server, and kills a process at one of its requests; it counts what was written."""

    def __init__(self, url):
        gate = self
        self.kill_at, self.process, self.written = 0, None, []
        self._requests = count(1)

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def pass_on(self):
                if next(gate._requests) == gate.kill_at:
                    gate.process.send_signal(signal.SIGKILL)
                    gate.process.wait()
                    self.close_connection = True
                    return
                data = self.rfile.read(int(self.headers.get("Content-Length") or 0)) or None
                if self.command == "PUT":
                    gate.written.append(self.path)
                headers = {"Content-Type": "application/octet-stream"}
                headers |= {key: value for key, value in self.headers.items() if key.lower() != "expect"}
                request = Request(url + self.path, data=data, headers=headers, method=self.command)
                try:
                    answer = urlopen(request)
                except OSError as error:
                    answer = error
                body = answer.read()
                self.send_response(answer.status)
                for key, value in answer.headers.items():
                    if key.lower() not in ("transfer-encoding", "connection", "content-length"):
                        self.send_header(key, value)
                length = answer.headers["Content-Length"] if self.command == "HEAD" else len(body)
                self.send_header("Content-Length", str(length))
                self.end_headers()
                self.wfile.write(body)

            def handle(self):
                with suppress(OSError):  # a killed process ends its requests anywhere
                    super().handle()

            do_GET = do_PUT = do_HEAD = do_DELETE = pass_on  # noqa: N815 - as the server calls them

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()

    def sync(self, vault, place, name, *, kill_at=0):
        """Run ``memwell sync`` in a process of its own; give its exit code."""
        self.kill_at, self.written, self._requests = kill_at, [], count(1)
        arguments = ("sync", "--to", str(place.address), "--endpoint-url", self.url, "--vault", str(vault))
        env = {**os.environ, "MEMWELL_DEVICE": name, "MEMWELL_EMBEDDER": "none"}
        env["MEMWELL_CACHE_DIR"] = str(vault.parent / "cache-of-processes")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "memwell_cli", *arguments], env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        self.said = self.process.communicate()[0].decode()
        return self.process.returncode


@pytest.fixture
def gate(server):
    """A gate before the server."""
    made = Gate(server.url)
    yield made
    made.close()


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL")
def test_a_process_that_is_killed_leaves_nothing_half_visible_and_sends_nothing_twice(gate, place, tmp_path):
    """While it pushes, and while it pulls; the next process goes on from there."""
    anna = Member(tmp_path / "anna", "anna", tmp_path / "cache", place)
    for number in range(60):
        anna.write(f"{number}.md", f"note {number}\n")
    anna.engine.close()

    assert -9 == gate.sync(anna.folder, place, "anna", kill_at=40)
    there = [place.address.prefix + "/" + key for key in place.held]
    assert 20 < len(there)
    assert [] == [key for key in there if "/objects/" not in key]
    assert 0 == gate.sync(anna.folder, place, "anna")
    assert [] == [key for key in there if f"/{place.address.bucket}/{key}" in gate.written]
    assert 1 == len(place.heads())

    bert = Member(tmp_path / "bert", "bert", tmp_path / "cache", place)
    bert.engine.close()
    assert -9 == gate.sync(bert.folder, place, "bert", kill_at=30)
    assert {} == bert.files
    assert 0 == gate.sync(bert.folder, place, "bert")
    assert {f"{number}.md": f"note {number}\n" for number in range(60)} == bert.files == anna.files


def test_processes_that_push_at_the_same_time_overwrite_nothing(server, place, tmp_path):
    """Three machines, each with a line of its own; what one has sent is there when all are done."""
    made = members(tmp_path, place, "anna", "bert", "carl")
    gates = [Gate(server.url) for _ in made]
    threads: list[threading.Thread] = []
    for one, machine in zip(gates, made, strict=True):
        machine.write(f"by {machine.name}.md", f"{machine.name}\n")
        machine.engine.close()
        threads.append(threading.Thread(target=one.sync, args=(machine.folder, place, machine.name)))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [0, 0, 0] == [one.process.returncode for one in gates], [one.said for one in gates]
    for one in gates:
        one.close()
    again = [Member(machine.folder, machine.name, tmp_path / "again", place) for machine in made]
    for machine in (*again, *again):
        machine.sync()

    assert {f"by {machine.name}.md" for machine in made} < made[0].files.keys()
    assert made[0].files == made[1].files == made[2].files
    assert 1 == len(place.heads())
    for machine in again:
        machine.engine.close()
