"""How Memwell behaves as a vault grows: building, starting, searching, writing, memory; and that it stays right.

Everything goes through the public interface, on generated vaults in a temporary folder, mostly without embedding,
whose cost is the model's; ``--embed N`` measures that on N notes. Ends with 1 when an answer is wrong.
"""

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.machine import facts, isolated_env, median, p95, size_of, table
from bench.timing import timed
from bench.vault_maker import make_notes, path_of, rare_word, words, write_vault
from vault_engine import Engine, Memory

QUERIES = 200
EDITS = 30
CHECKED = 200
CHURN = 50

# What a fresh process does on a vault whose index is up to date.
_START = """
import sys, time
began = time.perf_counter()
from vault_engine import Engine
with Engine.open(sys.argv[1]) as engine:
    engine.recall("note", mode="keyword")
    print(time.perf_counter() - began)
"""


def measure(count: int, folder: Path) -> dict[str, Any]:
    """Measure one size; ``wrong`` in the result lists what was not as it should be."""
    vault = folder / f"vault-{count}"
    Engine.create(vault)
    _, written = timed(write_vault, vault, count)
    env = isolated_env(folder / f"index-{count}", "none")
    figures: dict[str, Any] = {"notes": count, "write_files_s": round(written.wall_s, 2)}
    with Engine.open(vault, env=env) as engine:
        _, built = timed(engine.build_index)
        figures |= {"cold_build_s": round(built.wall_s, 2), "cold_build_cpu_s": round(built.cpu_s, 2)}
        figures |= _searches(engine)
        figures |= _edits(engine, vault)
        figures |= _writes(engine, folder)
        wrong = _wrong_answers(engine, count)
    figures["start_s"] = median([_fresh_start_s(vault, env) for _ in range(5)])
    wrong += _wrong_after_churn(vault, env, count)
    figures["rss_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    figures["index_mb"] = round(size_of(folder / f"index-{count}") / 1e6, 1)
    return figures | {"wrong": wrong}


def measure_embedding(count: int, folder: Path) -> dict[str, Any]:
    """Measure the packaged model on a vault of ``count`` notes."""
    vault = folder / "embedded"
    Engine.create(vault)
    write_vault(vault, count)
    with Engine.open(vault, env=isolated_env(folder / "index-embedded")) as engine:
        engine.recall("the model is loaded now", mode="semantic")
        built, took = timed(engine.build_index)
        asked = [timed(engine.recall, query)[1].wall_ms for query in _queries(100)]
    return {
        "notes": count,
        "chunks_per_cpu_s": round(built.embedded / took.cpu_s, 1),
        "hybrid_p50_ms": round(median(asked), 1),
        "hybrid_p95_ms": round(p95(asked), 1),
    }


def _queries(count: int) -> list[str]:
    random_source = random.Random(7)
    vocabulary = words(5000)
    return [" ".join(random_source.choices(vocabulary, k=random_source.randint(1, 6))) for _ in range(count)]


def _searches(engine: Engine) -> dict[str, float]:
    took = [timed(engine.recall, query, mode="keyword")[1].wall_ms for query in _queries(QUERIES)]
    return {"keyword_p50_ms": round(median(took), 1), "keyword_p95_ms": round(p95(took), 1)}


def _edits(engine: Engine, vault: Path) -> dict[str, float]:
    """Edit notes by hand and time the recall that finds the new word."""
    took = []
    for number in range(EDITS):
        file = vault / path_of(number)
        file.write_text(f"{file.read_text('utf-8')}\nnewword{number}\n", "utf-8")
        recalled, one = timed(engine.recall, f"newword{number}", mode="keyword")
        assert recalled.hits[0].path == path_of(number), "an edit was not found"
        took.append(one.wall_ms)
    return {"edit_found_p50_ms": round(median(took), 1), "edit_found_p95_ms": round(p95(took), 1)}


def _writes(engine: Engine, folder: Path) -> dict[str, float]:
    """Time `remember` beside the fewest file operations that would be durable, in turn, on the same disk."""
    ours, floor = [], []
    (folder / "floor").mkdir(exist_ok=True)
    for number in range(EDITS):
        memory = Memory(f"remembered {number}", key=f"m{number}")
        ours.append(timed(engine.remember, memory)[1].wall_ms)
        floor.append(timed(_durable_floor, folder / "floor", f"m{number}.md")[1].wall_ms)
    return {"remember_p50_ms": round(median(ours), 1), "remember_to_floor": round(median(ours) / median(floor), 2)}


def _durable_floor(folder: Path, name: str) -> None:
    """Append to a log and put a file in its place, each durably."""
    with (folder / "journal").open("ab") as journal:
        journal.write(b"x" * 400 + b"\n")
        journal.flush()
        os.fsync(journal.fileno())
    with (folder / "temporary").open("wb") as file:
        file.write(b"x" * 200)
        file.flush()
        os.fsync(file.fileno())
    (folder / "temporary").rename(folder / name)
    handle = os.open(folder, os.O_RDONLY)
    os.fsync(handle)
    os.close(handle)


def _fresh_start_s(vault: Path, env: dict[str, str]) -> float:
    done = subprocess.run(
        [sys.executable, "-c", _START, str(vault)], env=env, capture_output=True, text=True, check=True
    )
    return round(float(done.stdout), 2)


def _wrong_answers(engine: Engine, count: int) -> list[str]:
    """Ask for words that one note each holds."""
    sample = random.Random(3).sample(range(count), min(CHECKED, count))
    found = {n: engine.recall(rare_word(n), mode="keyword", limit=2).hits for n in sample}
    return [f"{rare_word(n)} is not in {path_of(n)}" for n in sample if [h.path for h in found[n]] != [path_of(n)]]


def _wrong_after_churn(vault: Path, env: dict[str, str], count: int) -> list[str]:
    """Edit, rename and delete notes; the index must then answer as one that is built from nothing."""
    random_source = random.Random(5)
    texts = dict(make_notes(CHURN, seed=9))
    with Engine.open(vault, env=env) as engine:
        for number in random_source.sample(range(count), CHURN):
            file = vault / path_of(number)
            match number % 3:
                case 0:
                    file.write_text(random_source.choice(list(texts.values())), "utf-8")
                case 1:
                    file.rename(file.with_name(f"renamed-{number}.md"))
                case _:
                    file.unlink()
        followed = _answers(engine)
        engine.build_index(fresh=True)
        return [] if followed == _answers(engine) else ["the index after edits answers otherwise than a fresh one"]


def _answers(engine: Engine) -> list[list[tuple[str, float]]]:
    return [
        sorted((hit.path, round(hit.score, 3)) for hit in engine.recall(query, mode="keyword", limit=200).hits)
        for query in _queries(40)
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program; see the module's text."""
    parser = argparse.ArgumentParser(prog="python -m bench.vault_size", description=__doc__.splitlines()[0])
    parser.add_argument("--notes", default="1000,10000", help="sizes, separated by commas")
    parser.add_argument("--embed", type=int, default=0, metavar="N", help="measure the packaged model on N notes")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here as well")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="memwell-size-") as scratch:
        results = [measure(int(size), Path(scratch)) for size in options.notes.split(",")]
        embedding = measure_embedding(options.embed, Path(scratch)) if options.embed else None
    names = [name for name in results[0] if name != "wrong"]
    print(table([("figure", *("" for _ in results)), *((n, *(str(r[n]) for r in results)) for n in names)]))
    for name, value in (embedding or {}).items():
        print(f"embedding {name}: {value}")
    print(", ".join(f"{name} {value}" for name, value in facts().items()))
    wrong = [problem for result in results for problem in result["wrong"]]
    print("\n".join(wrong) or "every answer was right")
    if options.json:
        report = {"format": 1, "machine": facts(), "sizes": results, "embedding": embedding}
        options.json.write_text(json.dumps(report, indent=1), "utf-8")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
