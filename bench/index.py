"""The index measured beside its peers: the same notes, the same questions, one thread, one process a step.

Ours goes through the public interface, on generated vaults in a temporary folder and without a model. Peers are named
by ``--peers``; each is stopped after ``--limit`` minutes a size. Servers of others are installed into environments of
their own below ``--cache``. Ends with 1 when Memwell misses a note that holds a rare word, or answers after edits,
renames and deletions otherwise than an index that is built from nothing.
"""

import argparse
import json
import os
import platform
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from platformdirs import user_cache_path

from bench.index_tables import alone_result, as_vector_result, exponents, growth_table, ratios, size_tables
from bench.machine import facts, facts_line
from bench.peers.job import Job
from bench.peers.questions import LENGTHS, make_questions
from bench.peers.run import INSTALL, OUR_SERVER, OURS, PEERS, PROGRAMS
from bench.timing import timed
from bench.vault_maker import write_vault
from vault_engine import __version__

RESULTS = Path(__file__).parent / "results"
_ONE_THREAD = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMBA_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "NK_NUM_THREADS",
    "RAYON_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)
_STDERR_CHARS = 200


def measure(notes: int, peers: Sequence[str], folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Measure every program at one size."""
    folder.mkdir(parents=True)
    vault, questions_file = folder / "vault", folder / "questions.json"
    _, written = timed(write_vault, vault, notes, lengths=LENGTHS)
    make_questions(notes, options.questions).save(questions_file)
    job = Job(
        vault=vault,
        folder=folder,
        questions_file=questions_file,
        notes=notes,
        vectors=notes,
        repeats=options.repeats,
        edits=options.edits,
        embed=options.embed,
        cache=options.cache,
    )
    results: list[dict[str, Any]] = []
    for name in programs(peers):
        print(f"{notes:,} notes: {name} …", file=sys.stderr, flush=True)
        own = folder / name
        own.mkdir()
        result = _run(name, replace(job, folder=own), options.limit * 60)
        results.append(result)
        if name == OURS and "chunks" in result:
            job = replace(job, vectors=result["chunks"])
    results = _with_other_views(results)
    for result in results:
        ours = next(one for one in results if one["kind"] == result["kind"] and one["program"] in (OURS, OUR_SERVER))
        result["ratio"] = ratios(result, ours)
    return {"notes": notes, "write_vault_s": round(written.wall_s, 2), "results": results}


def programs(peers: Sequence[str]) -> list[str]:
    """Give what is to be run for these peers: ours first, our server where there is another one to compare it with."""
    has_servers = any(PROGRAMS[peer].kind == "server" for peer in peers)
    return [name for name in PROGRAMS if name == OURS or name in peers or (name == OUR_SERVER and has_servers)]


def machine_name() -> str:
    """Name a machine by what of it changes the figures."""
    return f"{platform.system()}-{platform.machine()}-{os.cpu_count()}-cores".lower()


def _with_other_views(results: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Put our figures about vectors and about the search alone into rows of their own, after ours."""
    ours = results[0]
    views = (alone_result(ours, "keyword"), as_vector_result(ours), alone_result(ours, "vector"))
    return [ours, *(view for view in views if view is not None), *results[1:]]


def _run(name: str, job: Job, limit_s: float) -> dict[str, Any]:
    """Run the steps of one program, each in a process of its own, until one can't be done or the time is up."""
    file, ends_at = job.folder / "job.json", time.monotonic() + limit_s
    job.save(file)
    env = os.environ | dict.fromkeys(_ONE_THREAD, "1") | {"TOKENIZERS_PARALLELISM": "false"}
    for step in PROGRAMS[name].steps:
        command = [sys.executable, "-m", "bench.peers.run", name, step, str(file)]
        with tempfile.TemporaryFile("w+", errors="replace") as log:
            process = subprocess.Popen(command, env=env, stdout=log, stderr=log, start_new_session=True)
            try:
                code = process.wait(max(ends_at - time.monotonic(), 0.0))
            except subprocess.TimeoutExpired:
                job.report(problem=f"stopped after {limit_s / 60:g} min, in step {step!r}")
            else:
                if code:
                    log.seek(0)
                    said = log.read().strip().splitlines() or [f"it ended with {code}"]
                    job.report(problem=f"{step}: {said[-1][:_STDERR_CHARS]}")
            finally:
                _end(process)
        if "problem" in job.reported():
            break
        if step == INSTALL:  # is done once, and no part of what is measured
            ends_at = time.monotonic() + limit_s
    return {"program": name, "kind": PROGRAMS[name].kind, **job.reported()}


def _end(process: subprocess.Popen[str] | subprocess.Popen[bytes]) -> None:
    """End a process, and on POSIX all that it has started."""
    try:
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    except ProcessLookupError:
        pass
    process.wait()


def _peers(text: str) -> list[str]:
    names = list(PEERS) if text == "all" else [name for name in text.split(",") if name]
    if unknown := [name for name in names if name not in PEERS]:
        raise argparse.ArgumentTypeError(f"there is no {', '.join(unknown)} (there are {', '.join(PEERS)})")
    return names


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.index", description=__doc__.splitlines()[0])
    parser.add_argument("--notes", default="1000,10000", help="sizes, separated by commas")
    parser.add_argument("--peers", type=_peers, default=[], help=f"all, or some of {','.join(PEERS)}")
    parser.add_argument("--questions", type=int, default=200, help="without filters, and as many with")
    parser.add_argument("--repeats", type=int, default=30, help="notes saved by hand, and remembered; of starts five")
    parser.add_argument("--edits", type=int, default=5, help="notes saved by hand while a server watches")
    parser.add_argument(
        "--embed", type=int, default=0, metavar="N", help="measure the packaged model on N notes as well"
    )
    parser.add_argument(
        "--limit", type=float, default=15, metavar="MINUTES", help="for each program and size, installing apart"
    )
    parser.add_argument("--cache", type=Path, default=user_cache_path("memwell") / "bench", metavar="FOLDER")
    parser.add_argument("--folder", type=Path, help="where the vaults are made; a temporary folder is made there")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here as well")
    parser.add_argument("--keep", action="store_true", help=f"keep the figures below bench/{RESULTS.name} as well")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program; see the module's text."""
    options = _parser().parse_args(arguments)
    options.cache = options.cache.absolute()
    sizes = []
    for notes in sorted(int(size) for size in options.notes.split(",")):
        with tempfile.TemporaryDirectory(prefix="memwell-index-", dir=options.folder) as scratch:
            sizes.append(measure(notes, options.peers, Path(scratch) / "run", options))
        print(size_tables(notes, sizes[-1]["results"]), end="\n\n", flush=True)
    grown = exponents({size["notes"]: size["results"] for size in sizes})
    if grown:
        print(f"Growth: the power of the number of notes\n{growth_table(grown)}\n")
    print(facts_line())
    report = {"format": 1, "version": __version__, "machine": facts(), "sizes": sizes, "exponents": grown}
    kept = [RESULTS / __version__ / f"index-{machine_name()}.json"] if options.keep else []
    for file in filter(None, [options.json, *kept]):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(report, indent=1) + "\n", "utf-8")
    ours = [size["results"][0] for size in sizes]
    return 0 if all("problem" not in one and one["right"] == one["right_of"] for one in ours) else 1


if __name__ == "__main__":
    sys.exit(main())
