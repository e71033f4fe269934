"""Every program that can be measured, and one step of one of them: ``python -m bench.peers.run PROGRAM STEP JOB``."""

import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from bench.peers import keyword, ours, servers, vectors
from bench.peers.job import Job, NotRun

OURS = "memwell"
OUR_SERVER = "memwell-serve"
INSTALL = servers.install.__name__


class Program(NamedTuple):
    """What kind it is, and its steps in order, each for a process of its own."""

    kind: str  # keyword | vector | server
    steps: dict[str, Callable[[Job], None]]


PROGRAMS = {
    OURS: Program(
        "keyword",
        {step.__name__: step for step in (ours.build, ours.ask, ours.start, ours.vectors, ours.churn, ours.embed)},
    ),
    "fts5": Program("keyword", {"build": keyword.fts5_build, "ask": keyword.fts5_ask}),
    "whoosh": Program("keyword", {"build": keyword.whoosh_build, "ask": keyword.whoosh_ask}),
    "tantivy": Program("keyword", {"build": keyword.tantivy_build, "ask": keyword.tantivy_ask}),
    "bm25s": Program("keyword", {"build": keyword.bm25s_build, "ask": keyword.bm25s_ask}),
    "numpy": Program("vector", {"build": vectors.numpy_build, "ask": vectors.numpy_ask}),
    "usearch": Program("vector", {"build": vectors.usearch_build, "ask": vectors.usearch_ask}),
} | {
    name: Program(
        "server",
        {step.__name__: partial(step, server=server) for step in (servers.install, servers.build, servers.ask)},
    )
    for name, server in servers.SERVERS.items()
}
PEERS = tuple(name for name in PROGRAMS if name not in (OURS, OUR_SERVER))


def main(arguments: Sequence[str]) -> int:
    """Do one step; what can't be done is reported as ``problem``."""
    program, step, file = arguments
    job = Job.load(Path(file))
    try:
        PROGRAMS[program].steps[step](job)
    except NotRun as error:
        job.report(problem=str(error))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
