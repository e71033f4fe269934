"""The process that answers hooks where there is no server: one for a vault, for a while, in nobody's way."""

import json
import os
import shutil
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hook_world import PATIENT

from vault_engine import Memory
from vault_engine.hooks.listening import answering_hooks
from vault_engine.hooks.place import OTHERS, socket_path

SAID = {"hook_event_name": "UserPromptSubmit", "prompt": "Which port does the billing service listen on?"}


@pytest.fixture(autouse=True)
def billing(engine):
    """What the hooks find."""
    engine.remember(Memory("The billing service listens on port 8443.", category="facts", key="billing-port"))


@pytest.fixture
def stand_ins(vault):
    """Gives the numbers of the processes that stand in for a server of the vault."""

    def look() -> list[int]:
        found = []
        for file in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                words = file.read_bytes().split(b"\0")
            except OSError:  # it has ended
                continue
            if b"vault_engine.hooks.standing_in" in words and os.fsencode(vault.resolve()) in words:
                found.append(int(file.parent.name))
        return found

    if not Path("/proc/self/cmdline").exists():
        pytest.skip("processes are not listed here")
    return look


@pytest.fixture
def stand_in(vault, env):
    """Starts one by hand, for some minutes."""
    running = []

    def start(minutes: float) -> subprocess.Popen:
        command = [sys.executable, "-m", "vault_engine.hooks.standing_in", str(vault.resolve()), str(minutes)]
        running.append(subprocess.Popen(command, env=os.environ | env))
        return running[-1]

    yield start
    for process in running:
        process.kill()
        process.wait()


@pytest.fixture
def is_open(vault, env):
    """Says whether somebody answers."""

    def look() -> bool:
        with socket.socket(socket.AF_UNIX) as trial:
            return trial.connect_ex(socket_path(str(vault.resolve()), env)) == 0

    return look


def test_the_first_hook_starts_it_and_the_next_is_answered_by_it(hook, stand_ins):
    """The first one waits for it, as long as it may."""
    first, second = hook("prompt", SAID, *PATIENT), hook("prompt", SAID, *PATIENT)

    assert ("8443" in first.context, first.context) == (True, second.context)
    assert ["prompt roused-answered", "prompt served-answered"] == second.log
    assert 1 == len(stand_ins())


def test_a_hook_without_the_time_is_silent_and_the_next_is_answered(hook, until, is_open):
    """The process that it started comes up after it is gone."""
    while not is_open():  # it may be killed before it has started anything
        assert 0 == hook("prompt", SAID, "--deadline", "200").code

    assert "8443" in hook("prompt", SAID, *PATIENT).context


def test_hooks_at_once_start_one(hook, stand_ins, until):
    """Each is answered; of the processes one stays."""
    with ThreadPoolExecutor(4) as pool:
        told = [ran.context for ran in pool.map(lambda _: hook("prompt", SAID, *PATIENT), range(4))]

    assert 1 == len(set(told))
    assert "8443" in told[0]
    until(lambda: len(stand_ins()) == 1)


def test_it_goes_when_nobody_asks(stand_in, log, vault, env):
    """And leaves neither socket nor lock."""
    assert 0 == stand_in(0.001).wait(timeout=60)

    assert ["stand-in idle"] == log()
    assert [] == list(Path(socket_path(str(vault.resolve()), env)).parent.iterdir())


def test_a_second_one_goes_at_once(stand_in, is_open, until):
    """Before it loads anything; its exit code says why."""
    stand_in(5)
    until(is_open)

    assert OTHERS == stand_in(5).wait(timeout=60)
    assert is_open()


def test_it_gives_way_to_a_server(stand_in, engine, env, hook, log, is_open, until):
    """Which finds by meaning too."""
    process = stand_in(5)
    until(is_open)

    with answering_hooks(engine, env):
        assert 0 == process.wait(timeout=60)
        until(is_open)
        assert "8443" in hook("prompt", SAID, *PATIENT).context

    assert ["stand-in gave-way", "prompt served-answered"] == log()


def test_a_server_gives_way_to_nobody(engine, env, is_open, until, vault):
    """Another one waits until it ends."""
    with answering_hooks(engine, env):
        until(is_open)
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(socket_path(str(vault.resolve()), env))
            connection.sendall(b'{"format":1,"event":"leave"}\n')
            assert b"" == connection.recv(10)
        assert is_open()


@pytest.mark.parametrize("gone", ["vault", "socket"])
def test_it_goes_with_what_it_is_for(gone, stand_in, is_open, until, vault, env):
    """A vault that is gone can't be asked about, and a socket that is gone can't be reached."""
    process = stand_in(5)
    until(is_open)

    shutil.rmtree(vault / ".memwell" if gone == "vault" else env["MEMWELL_RUNTIME_DIR"])

    assert 0 == process.wait(timeout=60)


def test_it_keeps_nobody_from_writing(stand_in, engine, is_open, until, hook):
    """No lock of the vault is held; what is written meanwhile is found."""
    stand_in(5)
    until(is_open)

    engine.remember(Memory("The shipping service listens on port 9001.", category="facts", key="shipping"))

    assert engine.examine(offline=True).lock is None
    assert "9001" in hook("prompt", SAID | {"prompt": "Which port does the shipping service have?"}, *PATIENT).context


def test_where_nothing_can_be_written_it_answers_all_the_same(hook):
    """Neither into the home folder nor into the cache."""
    ran = hook("prompt", SAID, *PATIENT, HOME="/dev/null", MEMWELL_CACHE_DIR="/dev/null/cache")

    assert "8443" in ran.context
    assert ["prompt roused-answered"] == ran.log


@pytest.mark.parametrize("runtime", ["/dev/null/run", "/" + "x" * 200])
def test_where_there_can_be_no_socket_the_hook_opens_the_vault(hook, stand_ins, runtime):
    """And starts nothing."""
    ran = hook("prompt", SAID, *PATIENT, MEMWELL_RUNTIME_DIR=runtime)

    assert ["prompt alone-answered"] == ran.log
    assert [] == stand_ins()


def test_a_module_in_the_folder_of_the_client_is_not_run(vault, env, tmp_path, log, until):
    """Neither at once nor in what is started: a project may hold files that are called as ours are."""
    project, program = tmp_path / "project", tmp_path / "bin" / "memwell"
    for folder in (project, program.parent):
        folder.mkdir()
    program.write_text("from memwell_cli.__main__ import main\nmain()\n")
    for name in ("memwell_cli", "vault_engine", "numpy", "yaml"):
        (project / f"{name}.py").write_text("import pathlib\npathlib.Path(__file__).with_name('ran').touch()\n")
    said = json.dumps(SAID | {"transcript_path": str(project / "numpy.py"), "session_id": "s"}).encode()

    for event in ("prompt", "stop"):
        command = [sys.executable, str(program), "hook", event, "--vault", str(vault), *PATIENT]
        subprocess.run(command, input=said, env=os.environ | env, cwd=project, timeout=60, check=True)

    until(lambda: any(line.startswith("capture-stop") for line in log()))
    assert "prompt roused-answered" in log()
    assert not (project / "ran").exists()
