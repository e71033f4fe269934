"""What a measurement needs to be understood later, and what keeps it away from the user's own files."""

import os
import platform
import statistics
from collections.abc import Sequence
from pathlib import Path

import numpy as np


def facts() -> dict[str, str]:
    """Describe the machine and the software as far as they change the figures."""
    return {
        "processor": _processor(),
        "cores": str(os.cpu_count()),
        "memory": f"{_memory_gb():.1f} GB",
        "load": f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown",
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "numpy": np.__version__,
    }


def facts_line() -> str:
    """Give the facts on one line, as they are printed below every result."""
    return ", ".join(f"{name} {value}" for name, value in facts().items())


def isolated_env(cache: Path, embedder: str | None = None) -> dict[str, str]:
    """Give an environment whose index lies in ``cache`` and which names no vault of the user's.

    Args:
        cache: the folder for derived files.
        embedder: what ``MEMWELL_EMBEDDER`` is to say; None leaves the packaged one.
    """
    env = {name: value for name, value in os.environ.items() if not name.startswith("MEMWELL_")}
    env["MEMWELL_CACHE_DIR"] = str(cache)
    if embedder is not None:
        env["MEMWELL_EMBEDDER"] = embedder
    return env


def median(values: Sequence[float]) -> float:
    """Give the middle of the values."""
    return statistics.median(values)


def p95(values: Sequence[float]) -> float:
    """Give the value that 95 of 100 do not exceed."""
    return float(np.percentile(np.asarray(values), 95))


def size_of(folder: Path) -> int:
    """Add up the bytes of the files in a folder."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def table(rows: Sequence[tuple[str, ...]]) -> str:
    """Lay rows out in columns, the first row being the head."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([lines[0], "  ".join("-" * width for width in widths), *lines[1:]])


def _memory_gb() -> float:
    if not hasattr(os, "sysconf"):
        return 0.0
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9


def _processor() -> str:
    """Name the processor as the system does; "unknown" where it does not."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8", "replace").splitlines()
    except OSError:
        return platform.processor() or "unknown"
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown")
