"""The format cases and real vaults that stand beside the project; absent ones are skipped visibly."""

import json
from pathlib import Path
from typing import Any

import pytest

SHARED = Path(__file__).parents[3] / "shared"
ABSENT = "shared/ is not beside the project"


def rows(name: str) -> list[Any]:
    """One parameter per row of a case file, named by its id."""
    file = SHARED / "cases" / name
    if not file.exists():
        return [pytest.param({}, id="absent", marks=pytest.mark.skip(reason=ABSENT))]
    cases = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    return [pytest.param(case, id=case["id"]) for case in cases]


def real_notes() -> list[Any]:
    """One parameter per Markdown file of the real vaults."""
    root = SHARED / "vaults"
    if not root.exists():
        return [pytest.param(None, id="absent", marks=pytest.mark.skip(reason=ABSENT))]
    return [pytest.param(path, id=path.relative_to(root).as_posix()) for path in sorted(root.rglob("*.md"))]
