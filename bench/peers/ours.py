"""Memwell, through its public interface, on a copy of the vault."""

import inspect
import json
import random
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.machine import isolated_env, median, p95, size_of
from bench.peers.inside import EMBEDDER, clock_stands_still, random_embedder, search_alone
from bench.peers.job import Job, NotRun, Search, asked, built, found_after_ms, report_times
from bench.peers.questions import LENGTHS, Question
from bench.peers.vectors import questions as vector_questions
from bench.timing import timed
from bench.vault_maker import make_notes, path_of, write_vault
from vault_engine import Engine, Memory, MemwellError, Mode, __version__

_STARTS = 5
_FEW_STARTS = 3  # of large vaults
_LARGE = 50_000
_WAIT_S = 60.0
_CHURN = 50
_COMPARED = 40  # questions
_MANY = 200  # hits
_RARE = re.compile(r"zq\d+x")

# What a fresh process does on a vault whose index is up to date.
_START = """
import json, sys, time
began = time.perf_counter()
from vault_engine import Engine
imported = time.perf_counter()
with Engine.open(sys.argv[1]) as engine:
    engine.recall(sys.argv[2], mode="keyword")
    answered, cpu = time.perf_counter(), time.process_time()
from bench.peers.inside import clock_stands_still, scan_s
from pathlib import Path
print(json.dumps([answered - began, answered - imported, cpu, scan_s(Path(sys.argv[1]))]))
"""


def build(job: Job) -> None:
    """Build the index from nothing, without embedding."""
    job.report(version=__version__)
    shutil.copytree(job.vault, vault_of(job))
    Engine.create(vault_of(job))

    def build_it() -> None:
        with Engine.open(vault_of(job), env=_env(job)) as engine:
            engine.build_index()

    built(job, build_it, lambda: size_of(_cache(job)))


def ask(job: Job) -> None:
    """Ask in a process that follows the vault, as a server does; then save notes and ask for them."""
    opened: list[Engine] = []

    def open_index() -> tuple[Search, Search | None]:
        opened.append(Engine.open(vault_of(job), env=_env(job)))
        opened[0].watch()
        return _recall(opened[0], Mode.KEYWORD), None

    try:
        asked(job, open_index)
        engine = opened[0]
        job.report(chunks=engine.index_state().chunks)
        if phrase := _phrase(engine, job.questions.phrases[0]):
            report_times(job, "phrase", phrase, job.questions.phrases)
        else:
            job.report(note_phrase="recall has no query_syntax=True that takes a phrase in quotes")
        _report_alone(job, engine, Mode.KEYWORD, {"keyword": job.questions.plain, "filtered": job.questions.filtered})
        _report_edits(job, engine)
    finally:
        for one in opened:
            one.close()


def start(job: Job) -> None:
    """Start new processes on the vault as it is: the first answer by keyword, and how much of that is the look."""
    arguments = [sys.executable, "-c", _START, str(vault_of(job)), job.questions.plain[0].text]
    rows = []
    for _ in range(min(job.repeats, _STARTS if job.notes < _LARGE else _FEW_STARTS)):
        done = subprocess.run(arguments, env=_env(job), capture_output=True, text=True, check=True)
        rows.append(json.loads(done.stdout))
    total, opening, cpu, scan = ([row[column] for row in rows] for column in range(4))
    job.report(
        start_s=round(median(total), 3), start_opening_s=round(median(opening), 3), start_cpu_s=round(median(cpu), 3)
    )
    if None in scan:
        job.report(note_scan="the look could not be timed on its own")
    else:
        job.report(start_scan_s=round(median(scan), 4))


def vectors(job: Job) -> None:
    """Give every part of every note a vector that no model has made, and ask by vector."""
    with random_embedder(_key) as is_possible:
        if not is_possible:
            job.report(note_vector="the embedder could not be replaced")
            return
        began = time.process_time()
        with Engine.open(vault_of(job), env=_env(job)) as engine:
            engine.build_index()
            state = engine.index_state()
            if state.embedder != EMBEDDER or state.chunks_waiting:
                job.report(note_vector="the embedder could not be replaced")
                return
            search = _recall(engine, Mode.SEMANTIC)
            if engine.recall("question 0", mode=Mode.SEMANTIC).mode is not Mode.SEMANTIC:
                raise NotRun("vectors are there and are not asked")
            job.report(vectors=state.chunks, vector_build_cpu_s=round(time.process_time() - began, 3))
            right = sum(path in search(Question(word)) for word, path in job.questions.rare)
            job.report(vector_right=right, vector_right_of=len(job.questions.rare))
            report_times(job, "vector", search, vector_questions())
            _report_alone(job, engine, Mode.SEMANTIC, {"vector": vector_questions()})
        job.report(vector_disk_mb=round(size_of(_cache(job)) / 1e6, 2))


def churn(job: Job) -> None:
    """Edit, rename and delete notes; the index must then answer as one that is built from nothing.

    Raises:
        NotRun: it does not.
    """
    random_source = random.Random(5)
    texts = [text for _, text in make_notes(_CHURN, seed=9)]
    with clock_stands_still(), Engine.open(vault_of(job), env=_env(job)) as engine:
        for number in random_source.sample(range(job.notes), min(_CHURN, job.notes)):
            file = vault_of(job) / path_of(number)
            match number % 3:
                case 0:
                    file.write_text(random_source.choice(texts), "utf-8")
                case 1:
                    file.rename(file.with_name(f"renamed-{number}.md"))
                case _:
                    file.unlink()
        followed = _scores(engine, job)
        engine.build_index(fresh=True)
        if followed != _scores(engine, job):
            raise NotRun("the index after edits answers otherwise than a fresh one")


def embed(job: Job) -> None:
    """Measure the packaged model on a small vault of its own, if that is asked for."""
    if not job.embed:
        return
    vault = job.folder / "embedded"
    Engine.create(vault)
    write_vault(vault, job.embed, lengths=LENGTHS)
    with Engine.open(vault, env=isolated_env(job.folder / "cache-embedded")) as engine:
        engine.recall("the model is loaded now", mode=Mode.SEMANTIC)
        done, took = timed(engine.build_index)
        job.report(embedded_per_cpu_s=round(done.embedded / took.cpu_s, 1))
        report_times(job, "hybrid", _recall(engine, Mode.HYBRID), job.questions.plain)


def vault_of(job: Job) -> Path:
    """Give the copy of the vault that the program may change."""
    return job.folder / "vault"


def _recall(engine: Engine, mode: Mode) -> Search:
    def search(question: Question) -> list[str]:
        tags = (question.tag,) if question.tag else ()
        found = engine.recall(question.text, mode=mode, category=question.category, type=question.type, tags=tags)
        return [hit.path for hit in found.hits]

    return search


def _phrase(engine: Engine, first: Question) -> Search | None:
    """Give what finds words one after another; None while the query language is not there, or is another."""
    if "query_syntax" not in inspect.signature(engine.recall).parameters:
        return None
    recall: Callable[..., Any] = engine.recall

    def search(question: Question) -> list[str]:
        found = recall(f'"{question.text}"', mode=Mode.KEYWORD, query_syntax=True)
        return [hit.path for hit in found.hits]

    try:
        search(first)
    except (MemwellError, TypeError, ValueError):
        return None
    return search


def _report_alone(job: Job, engine: Engine, mode: Mode, asked_for: dict[str, Any]) -> None:
    for name, questions in asked_for.items():
        search = search_alone(engine, mode, questions[0])
        if search is None:
            job.report(note_alone="the search could not be timed on its own")
        else:
            report_times(job, f"{name}_alone", search, questions)


def _report_edits(job: Job, engine: Engine) -> None:
    """Save notes by hand, and remember others; report how long it takes until a recall has found each."""
    edited, remembered, written = [], [], []
    for number in range(min(job.repeats, job.notes)):
        by_hand, word = vault_of(job) / path_of(number), f"newword{number}q"
        text = f"{by_hand.read_text('utf-8')}\n{word}\n"

        def found(word: str = word) -> list[str]:
            return [hit.path for hit in engine.recall(word, mode=Mode.KEYWORD).hits]

        def save(file: Path = by_hand, text: str = text) -> None:
            file.write_text(text, "utf-8")

        edited.append(found_after_ms(save, found, path_of(number), _WAIT_S))
        began = time.perf_counter()
        path = engine.remember(Memory(f"{word}m was remembered", key=f"m{number}")).path
        written.append((time.perf_counter() - began) * 1000)
        remembered.append(
            written[-1] + found_after_ms(lambda: None, lambda word=word: found(f"{word}m"), path, _WAIT_S)  # type: ignore[misc]
        )
    for name, times in (("edit_found", edited), ("remember", written), ("remember_found", remembered)):
        job.report(**{f"{name}_p50_ms": round(median(times), 3), f"{name}_p95_ms": round(p95(times), 3)})


def _scores(engine: Engine, job: Job) -> list[list[tuple[str, float]]]:
    found = (
        engine.recall(question.text, mode=Mode.KEYWORD, limit=_MANY) for question in job.questions.plain[:_COMPARED]
    )
    return [sorted((hit.path, round(hit.score, 3)) for hit in one.hits) for one in found]


def _key(text: str) -> str:
    """Say by what a text gets its vector: by the word that no other note holds, if it has one."""
    found = _RARE.search(text)
    return found[0] if found else text


def _env(job: Job) -> dict[str, str]:
    return isolated_env(_cache(job), "none")


def _cache(job: Job) -> Path:
    return job.folder / "cache"
