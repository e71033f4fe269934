"""What the tests of the journal's files share."""

import os

import pytest
from revision_store import Store, keep_notes


@pytest.fixture
def quick_disk(monkeypatch):
    """Nothing here pulls a plug: that an fsync is asked for is tested, not what it does."""
    monkeypatch.setattr(os, "fsync", lambda handle: None)


@pytest.fixture
def store(tmp_path):
    """A store with nothing in it."""
    return Store(tmp_path)


@pytest.fixture
def kept(store):
    """The store with the three notes, and the bytes of their pack."""
    return keep_notes(store)
