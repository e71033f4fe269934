"""The figures of `bench.index` as tables: by size, beside ours, and how they grow. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from bench.machine import table

Result = Mapping[str, Any]

_COMMON = {
    "build CPU s": "build_cpu_s",
    "wall s": "build_wall_s",
    "disk MB": "disk_mb",
    "open s": "open_s",
    "RSS MB": "rss_mb",
}
_COLUMNS: dict[str, dict[str, str]] = {
    "keyword": _COMMON
    | {"p50 ms": "keyword_p50_ms", "p95 ms": "keyword_p95_ms", "CPU ms": "keyword_cpu_ms"}
    | {"filtered p50": "filtered_p50_ms", "p95": "filtered_p95_ms"}
    | {"phrase p50": "phrase_p50_ms", "p95 ": "phrase_p95_ms"},
    "vector": {"vectors": "vectors"}
    | _COMMON
    | {"p50 ms": "vector_p50_ms", "p95 ms": "vector_p95_ms", "CPU ms": "vector_cpu_ms"},
    "server": _COMMON
    | {"p50 ms": "keyword_p50_ms", "p95 ms": "keyword_p95_ms", "CPU ms": "keyword_cpu_ms"}
    | {"filtered p50": "filtered_p50_ms", "p95": "filtered_p95_ms"}
    | {"edit found p50": "edit_found_p50_ms", "p95 ": "edit_found_p95_ms"},
}
_GROWING = {
    "build CPU": "build_cpu_s",
    "disk": "disk_mb",
    "open": "open_s",
    "start": "start_s",
    "its look": "start_scan_s",
    "RSS": "rss_mb",
    "p50": "keyword_p50_ms",
    "p95": "keyword_p95_ms",
    "filtered p50": "filtered_p50_ms",
    "filtered p95": "filtered_p95_ms",
    "phrase p95": "phrase_p95_ms",
    "vector p50": "vector_p50_ms",
    "edit found p50": "edit_found_p50_ms",
    "remember p50": "remember_p50_ms",
}
_TITLES = {
    "keyword": "Keyword: any of the words, ten best; RSS is what opening added",
    "vector": "Vectors: the ten nearest; right is how many of the nearest ten are found",
    "server": "End to end over MCP on a pipe: open is from process start to first answer; RSS is all of the process",
}
_RATIO_OF = {"keyword": "keyword_p95_ms", "vector": "vector_p95_ms", "server": "keyword_p95_ms"}
_SUMS = ("build_cpu_s", "build_wall_s", "disk_mb", "open_s", "rss_mb", "rss_after_mb")
_NOT_GROWING = ("_answered", "_asked", "right", "right_of", "ratio")


def size_tables(notes: int, results: Sequence[Result]) -> str:
    """Lay out what was measured at one size: a table for each kind of program, ours first, and our other figures."""
    parts = [f"== {notes:,} notes"]
    for kind, title in _TITLES.items():
        rows = [result for result in results if result["kind"] == kind]
        if rows:
            parts.append(f"{title}\n{_kind_table(kind, rows)}")
    if ours := next((result for result in results if result["program"] == "memwell"), None):
        parts.append(f"memwell besides\n{_besides(ours)}")
    return "\n\n".join(parts)


def ratios(result: Result, ours: Result) -> dict[str, float]:
    """Divide the figures of a program by ours, where both have one and ours is not 0."""
    return {
        name: round(value / ours[name], 4)
        for name, value in result.items()
        if _is_figure(name, value) and _is_figure(name, ours.get(name)) and ours[name]
    }


def exponents(sizes: Mapping[int, Sequence[Result]]) -> dict[str, dict[str, float]]:
    """Give by program, with its kind, and figure the power of the number of notes by which it grows.

    Least squares through the logarithms; only what is above 0 at two sizes or more.
    """
    points: dict[tuple[str, str], list[tuple[int, float]]] = {}
    for notes, results in sizes.items():
        for result in results:
            for name, value in result.items():
                if _is_figure(name, value) and value > 0:
                    points.setdefault((f"{result['program']} ({result['kind']})", name), []).append((notes, value))
    found: dict[str, dict[str, float]] = {}
    for (program, name), measured in points.items():
        if len(measured) > 1:
            logs = np.log(np.asarray(measured, np.float64))
            found.setdefault(program, {})[name] = round(float(np.polyfit(logs[:, 0], logs[:, 1], 1)[0]), 2)
    return found


def growth_table(grown: Mapping[str, Mapping[str, float]]) -> str:
    """Lay the exponents of the main figures out, a row a program."""
    columns = {head: name for head, name in _GROWING.items() if any(name in figures for figures in grown.values())}
    rows = [("program", *columns)]
    rows += [(program, *(_shown(figures.get(name)) for name in columns.values())) for program, figures in grown.items()]
    return table(rows)


def as_vector_result(ours: Result) -> dict[str, Any]:
    """Give our own figures about vectors as the result of a program of that kind."""
    taken = {name: value for name, value in ours.items() if name.startswith("vector_") and "_alone" not in name}
    if "vector_p50_ms" not in taken:
        return {"program": "memwell", "kind": "vector", "problem": ours.get("note_vector", "not measured")}
    return {
        "program": "memwell",
        "kind": "vector",
        "vectors": ours.get("vectors"),
        "build_cpu_s": taken.pop("vector_build_cpu_s"),
        "disk_mb": taken.pop("vector_disk_mb"),
        **taken,
    }


def alone_result(ours: Result, kind: str) -> dict[str, Any] | None:
    """Give the figures of our search without the look at the folder, as the result of a program; None without any."""
    taken = {name.replace("_alone", ""): value for name, value in ours.items() if "_alone_" in name}
    names = [name for name in taken if name.startswith("vector_") == (kind == "vector")]
    if not names:
        return None
    return {"program": "memwell, search alone", "kind": kind, **{name: taken[name] for name in names}}


def _kind_table(kind: str, rows: Sequence[Result]) -> str:
    columns = {head: name for head, name in _COLUMNS[kind].items() if any(name in row for row in rows)}
    ours = next((row for row in rows if row["program"].startswith("memwell")), {})
    head = ("program", *columns, "p95 / ours", "answered", "right", "")
    lines = [head]
    for row in rows:
        ratio = ratios(row, ours).get(_RATIO_OF[kind])
        lines.append(
            (
                f"{row['program']} {row.get('version', '')}".strip(),
                *(_shown(row.get(name)) for name in columns.values()),
                _shown(ratio),
                _answered(row, kind),
                f"{row['right']}/{row['right_of']}" if "right" in row else "-",
                remark(row),
            )
        )
    return table(lines)


def remark(row: Result) -> str:
    """Say in words why a row is not to be taken as it is; "" if it is."""
    if problem := row.get("problem"):
        return str(problem) if "build_cpu_s" in row or problem.startswith("stopped") else f"not run: {problem}"
    if row["kind"] != "vector" and row.get("right", 0) < row.get("right_of", 0):
        return "WRONG: misses notes that hold a rare word; its times mean nothing"
    return ""


def _besides(ours: Result) -> str:
    shown = {*_COLUMNS["keyword"].values(), *_SUMS}
    rows = [
        (name, _shown(value))
        for name, value in ours.items()
        if name not in shown
        and _is_figure(name, value)
        and not name.startswith("vector")
        and not name.endswith("_cpu_ms")
        and "_alone" not in name
    ]
    rows += [(name, str(value)) for name, value in ours.items() if name.startswith("note_")]
    return table([("figure", ""), *rows])


def _answered(row: Result, kind: str) -> str:
    name = "vector" if kind == "vector" else "keyword"
    return f"{row[f'{name}_answered']}/{row[f'{name}_asked']}" if f"{name}_asked" in row else "-"


def _is_figure(name: str, value: object) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and not name.endswith(_NOT_GROWING)


def _shown(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.1f}" if abs(value) >= 100 else f"{value:.3g}"
    return str(value)
