"""The real vaults that lie beside the project, where they do."""

from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
SHARED_VAULTS = PROJECT.parent / "shared" / "vaults"
NAMES = ("foam-docs", "kepano-obsidian", "logseq-docs", "markdown-oxide-testfiles")


def real_vault(name: str):
    """Give one real vault as a parameter of tests; skipped visibly where it is not beside the project."""
    folder = SHARED_VAULTS / name
    marks = [] if folder.is_dir() else [pytest.mark.skip(reason="shared/ is not beside the project")]
    return pytest.param(folder, id=name, marks=marks)
