"""What the tests of moving share."""

import pytest
from moving import CANVAS, NOTES, files_of, opened


@pytest.fixture
def session(vault, env):
    """The vault, open."""
    return opened(vault, env)


@pytest.fixture
def notes(write_note, vault):
    """Notes that link to ``a/N.md``, and a canvas that shows it."""
    for path, text in (NOTES | {"map.canvas": CANVAS}).items():
        write_note(path, text)
    return files_of(vault)
