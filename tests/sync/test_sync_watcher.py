"""The watcher says where to look."""

import queue
from pathlib import Path

import pytest
import watchfiles

from vault_engine.sync import watch as watching
from vault_engine.sync.watch import Hint, Watcher

LONG_S = 3600.0


@pytest.fixture
def hints(vault, monkeypatch):
    """What a watcher of the vault says, for events as the system would send them."""
    stream: queue.SimpleQueue = queue.SimpleQueue()
    told: queue.SimpleQueue = queue.SimpleQueue()

    def watch(_root, *, stop_event, **_options):
        while not stop_event.is_set():
            if (sent := stream.get()) is not None:
                yield sent

    monkeypatch.setattr(watching, "watch", watch)
    watcher = Watcher(vault, lambda hint: bool(told.put(hint)), look_s=LONG_S)
    watcher.start()

    def tell(*paths: str, count: int = 1):
        stream.put({(watchfiles.Change.modified, str(vault / path)) for path in paths})
        return told.get(timeout=60)

    yield tell
    watcher._stop.set()
    stream.put(None)
    watcher.stop()


def test_a_note_is_looked_at_alone(hints):
    """Whether it is there or gone."""
    assert Hint(frozenset({"a.md", "b/c.md"}), frozenset()) == hints("a.md", "b/c.md")


def test_a_folder_is_looked_at_with_all_that_is_below(hints, vault):
    """And what is gone may have been one; of a file that is no note its folder is."""
    (vault / "folder.md").mkdir()
    (vault / "d").mkdir()
    (vault / "d" / "p.png").write_bytes(b"1")

    assert Hint(frozenset(), frozenset({"folder.md", "gone"})) == hints("folder.md", "gone")
    assert Hint(frozenset(), frozenset({"d"})) == hints("d/p.png")


def test_of_very_much_everything_is_looked_at(hints):
    """Also where the vault's own folder is named."""
    assert hints(*(f"{number}.md" for number in range(600))) is None
    assert hints("a.md", ".") is None


def test_what_is_outside_is_looked_for_everywhere(hints, vault):
    """A system may name the folder in another way."""
    assert hints(str(vault.parent / "elsewhere.md")) is None


def test_after_a_sleep_everything_is_looked_at(hints, monkeypatch):
    """The clock on the wall went on, and the one that stands still meanwhile did not."""
    hints("a.md")
    now = watching.time.time()
    monkeypatch.setattr(watching.time, "time", lambda: now + 3600)

    assert hints("a.md") is None


def test_without_events_it_looks_by_the_clock(vault, monkeypatch, until):
    """More and more rarely while nothing is found, and soon again when something is."""
    waits: list[float] = []
    looks: list[Hint | None] = []
    found = [False, False, False, True, False]

    def look(hint):
        looks.append(hint)
        return found[len(looks) - 1]

    watcher = Watcher(vault, look, look_s=2.0, polling="the settings say so")
    monkeypatch.setattr(watcher._stop, "wait", lambda seconds: (waits.append(seconds), len(looks) == len(found))[1])
    watcher.start()
    until(lambda: len(waits) == len(found) + 1)
    watcher.stop()

    assert [1.0, 1.5, 2.0, 2.0, 1.0, 1.5] == waits
    assert [None] * len(found) == looks


def test_where_no_event_is_to_be_had_it_says_why_and_looks_by_the_clock(vault, monkeypatch, until):
    """The system may have no watches left."""

    def watch(*_arguments, **_options):
        raise OSError("no space left on device")

    looks: list[Hint | None] = []
    monkeypatch.setattr(watching, "watch", watch)
    monkeypatch.setattr(watching, "_SOON_S", 0.01)
    watcher = Watcher(Path(vault), lambda hint: bool(looks.append(hint)), look_s=LONG_S)
    watcher.start()
    until(lambda: len(looks) > 1)
    watcher.stop()

    assert "no space left on device" == watcher.polling
