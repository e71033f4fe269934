"""Putting off Python's search for garbage in cycles while very many objects are made, none of which is garbage."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collecting_later() -> Iterator[None]:
    """Put the search off: it would go through all the objects that are being made, again and again.

    Who finds it put off already leaves it so; who has put it off takes that back.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@contextmanager
def keeping() -> Iterator[None]:
    """Put the search off, and never look through what was made meanwhile, as it stays: modules, a server."""
    with collecting_later():
        yield
        gc.freeze()
