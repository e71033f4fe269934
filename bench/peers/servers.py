"""MCP servers on the same vault from end to end: their own commands, a client on a pipe, each on a copy of its own."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.machine import isolated_env, median, p95, size_of
from bench.peers.job import LIMIT, Job, NotRun, found_after_ms, report_answers, resident_mb
from bench.peers.pipe import Pipe
from bench.peers.questions import Question
from bench.vault_maker import path_of
from vault_engine import Engine, __version__

_EDIT_WAIT_S = 60.0
_INTERPRETERS = ("python3.14", "python3.13", "python3.12")  # after ours, for programs that ours is too old for


@dataclass(frozen=True)
class Server:
    """How one server is installed, fed and asked."""

    package: str  # on PyPI; "" for ours
    extra: str  # of the package
    program: str
    build: tuple[str, ...]  # arguments that build its index
    serve: tuple[str, ...]
    env: Callable[[Job], dict[str, str]]
    tool: str
    arguments: Callable[[Question], dict[str, object]]
    paths: Callable[[Any], list[str]]


def _memwell_arguments(question: Question) -> dict[str, object]:
    wanted = {"category": question.category, "type": question.type, "tags": [question.tag] if question.tag else None}
    return {"query": question.text, "limit": LIMIT, "mode": "keyword"} | _given(wanted)


def _basic_memory_arguments(question: Question) -> dict[str, object]:
    """It knows no folders as a filter."""
    wanted = {
        "note_types": [question.type] if question.type else None,
        "tags": [question.tag] if question.tag else None,
    }
    return {"query": question.text, "page_size": LIMIT, "output_format": "json", "search_type": "text"} | _given(wanted)


def _vault_mcp_arguments(question: Question) -> dict[str, object]:
    filters = _given({"type": question.type, "tags": question.tag})
    wanted = {"folder": question.category, "filters": filters or None}
    return {"query": question.text, "limit": LIMIT, "mode": "keyword"} | _given(wanted)


def _basic_memory_env(job: Job) -> dict[str, str]:
    """Nothing outside the job's folder, no model, and no question to a server of theirs."""
    home = job.folder / "home"
    home.mkdir(exist_ok=True)
    return {
        "HOME": str(home),
        "BASIC_MEMORY_HOME": str(_vault(job)),
        "BASIC_MEMORY_CONFIG_DIR": str(home / "settings"),
        "BASIC_MEMORY_SEMANTIC_SEARCH_ENABLED": "false",
        "BASIC_MEMORY_NO_PROMOS": "1",
        "BASIC_MEMORY_AUTO_UPDATE": "false",
    }


def _vault_mcp_env(job: Job) -> dict[str, str]:
    home = job.folder / "home"
    home.mkdir(exist_ok=True)
    return {
        "HOME": str(home),
        "MARKDOWN_VAULT_MCP_SOURCE_DIR": str(_vault(job)),
        "MARKDOWN_VAULT_MCP_INDEX_PATH": str(home / "index.db"),
        "MARKDOWN_VAULT_MCP_INDEXED_FIELDS": "type,tags",
    }


def _memwell_env(job: Job) -> dict[str, str]:
    return isolated_env(job.folder / "home", "none") | {"MEMWELL_VAULT": str(_vault(job))}


SERVERS = {
    "memwell-serve": Server(
        "",
        "",
        "memwell_cli",
        ("index", "build"),
        ("serve",),
        _memwell_env,
        "recall",
        _memwell_arguments,
        lambda answer: [hit["path"] for hit in answer["hits"]],
    ),
    "basic-memory": Server(
        "basic-memory",
        "",
        "basic-memory",
        ("reindex", "--full", "--search"),
        ("mcp",),
        _basic_memory_env,
        "search_notes",
        _basic_memory_arguments,
        lambda answer: [hit["file_path"] for hit in answer["result"]["results"]],
    ),
    "markdown-vault-mcp": Server(
        "markdown-vault-mcp",
        "[file-watcher]",
        "markdown-vault-mcp",
        ("index",),
        ("serve",),
        _vault_mcp_env,
        "search",
        _vault_mcp_arguments,
        lambda answer: [hit["path"] for hit in answer["result"]],
    ),
}


def install(job: Job, server: Server) -> None:
    """Install a server into an environment of its own, once for all runs."""
    if server.package:
        job.report(version=_installed(job.cache, server))
    else:
        job.report(version=__version__)


def build(job: Job, server: Server) -> None:
    """Have the server's own command build its index."""
    shutil.copytree(job.vault, _vault(job))
    if not server.package:
        Engine.create(_vault(job))
    began, cpu = time.perf_counter(), _childrens_cpu_s()
    done = subprocess.run(
        [*_command(job, server), *server.build],
        env=_env(job, server),
        cwd=_vault(job),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise NotRun(f"{' '.join(server.build)}: {_last_line(done.stderr or done.stdout)}")
    job.report(build_wall_s=round(time.perf_counter() - began, 3), build_cpu_s=round(_childrens_cpu_s() - cpu, 3))
    job.report(disk_mb=round(size_of(job.folder / "home") / 1e6, 2))


def ask(job: Job, server: Server) -> None:
    """Start the server, ask everything, then save notes by hand and ask until they are found."""
    began = time.perf_counter()
    with Pipe([*_command(job, server), *server.serve], _env(job, server), _vault(job)) as pipe:

        def search(question: Question) -> list[str]:
            return server.paths(pipe.call(server.tool, server.arguments(question)))

        search(job.questions.plain[0])
        job.report(open_s=round(time.perf_counter() - began, 3), rss_mb=round(resident_mb(pipe.pids()), 1))
        report_answers(job, search, None, pipe.cpu_s)
        job.report(rss_after_mb=round(resident_mb(pipe.pids()), 1))
        took = []
        for number in range(min(job.edits, job.notes)):
            file, word = _vault(job) / path_of(number), f"newword{number}q"
            text = f"{file.read_text('utf-8')}\n{word}\n"
            took.append(_found_after(file, text, search, Question(word), path_of(number)))
        job.report(edit_found_p50_ms=round(median(took), 1), edit_found_p95_ms=round(p95(took), 1))


def _found_after(
    file: Path, text: str, search: Callable[[Question], Sequence[str]], question: Question, path: str
) -> float:
    return found_after_ms(lambda: file.write_text(text, "utf-8"), lambda: search(question), path, _EDIT_WAIT_S)


def _installed(cache: Path, server: Server) -> str:
    """Give the version that is installed, installing it first if need be.

    Raises:
        NotRun: it can't be installed.
    """
    folder = cache / server.package
    if not (_programs(folder) / server.program).exists():
        _install(folder, f"{server.package}{server.extra}")
    code = f"import importlib.metadata as m; print(m.version({server.package!r}))"
    return _run([str(_programs(folder) / "python"), "-c", code]).stdout.strip()


def _install(folder: Path, requirement: str) -> None:
    """Try with our interpreter and with newer ones, if there are any."""
    problem = ""
    for python in (sys.executable, *filter(None, map(shutil.which, _INTERPRETERS))):
        shutil.rmtree(folder, ignore_errors=True)
        try:
            _run([python, "-m", "venv", str(folder)])
            _run([str(_programs(folder) / "python"), "-m", "pip", "install", "--quiet", "--upgrade", "pip"])
            _run([str(_programs(folder) / "python"), "-m", "pip", "install", "--quiet", requirement])
        except NotRun as error:
            problem = str(error)
        else:
            return
    shutil.rmtree(folder, ignore_errors=True)
    raise NotRun(f"can't be installed: {problem}")


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(command, env=_without_our_path(), capture_output=True, text=True, check=True)
    except subprocess.CalledProcessError as error:
        raise NotRun(_last_line(error.stderr)) from error
    except OSError as error:
        raise NotRun(str(error)) from error


def _command(job: Job, server: Server) -> list[str]:
    if not server.package:
        return [sys.executable, "-m", server.program]
    return [str(_programs(job.cache / server.package) / server.program)]


def _env(job: Job, server: Server) -> dict[str, str]:
    return (_without_our_path() if server.package else dict(os.environ)) | server.env(job)


def _without_our_path() -> dict[str, str]:
    """Give the environment for programs that live in one of their own."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}


def _programs(folder: Path) -> Path:
    return folder / ("Scripts" if os.name == "nt" else "bin")


def _vault(job: Job) -> Path:
    return job.folder / "vault"


def _childrens_cpu_s() -> float:
    times = os.times()
    return times.children_user + times.children_system


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:200] if lines else "without a word"


def _given(wanted: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in wanted.items() if value}
