"""Several processes keep one index: each is right at every moment, and they agree in the end."""

import os
import random
import signal
import subprocess
import sys
import time
from contextlib import nullcontext
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule
from index_twin import NAMES, ChangingVault, opened

from vault_engine.index.comparing import differing_arrays, differing_notes
from vault_engine.index.generation import read_current
from vault_engine.index.store import Index

WORDS = st.sampled_from(["berth", "tide", "lantern", "wind", "harbour"])
TEXTS = st.lists(WORDS, max_size=6).map(" ".join) | st.builds(
    "---\ntags: [north]\n---\n# {}\n\n[[a]] {}\n".format, WORDS, WORDS
)
WHO = st.integers(0, 2)


class SeveralProcesses(ChangingVault):
    """Three indexes on one vault and one cache folder; notes change, and each looks, publishes, ends when it likes."""

    def __init__(self) -> None:
        super().__init__()
        self.clock_ns = 1_800_000_000_000_000_000
        self.indexes = [opened(self.vault, self.env()) for _ in range(3)]

    def teardown(self) -> None:
        for index in self.indexes:
            self.refresh(index)
        truth = opened(self.vault, self.env("other"))
        self.refresh(truth)
        for index in self.indexes:
            assert [] == differing_notes(truth.records, index.records)
            assert [] == differing_arrays(truth.records, index.records)
        super().teardown()

    def refresh(self, index: Index) -> None:
        self.clock_ns += 1_000_000_000
        index.refresh(self.clock_ns)

    @rule(name=NAMES, text=TEXTS)
    def write(self, name: str, text: str) -> None:
        self.save(name, text)
        self.clock_ns += 1_000_000_000
        os.utime(self.vault / name, ns=(self.clock_ns, self.clock_ns))

    @rule(who=WHO)
    def look(self, who: int) -> None:
        self.refresh(self.indexes[who])
        found = {path.relative_to(self.vault).as_posix() for path in self.vault.rglob("*.md")}
        assert found == set(self.indexes[who].records)

    @rule(who=WHO)
    def publish(self, who: int) -> None:
        self.indexes[who].save()

    @rule(who=WHO)
    def restart(self, who: int) -> None:
        self.indexes[who] = opened(self.vault, self.env())

    @rule(who=WHO)
    def put_together(self, who: int) -> None:
        self.indexes[who].drop_strays()

    @rule(who=WHO)
    def fold(self, who: int) -> None:
        self.indexes[who].fold(nullcontext())

    @rule(who=WHO)
    def rebuild(self, who: int) -> None:
        self.indexes[who].discard()

    @invariant()
    def nothing_but_the_current_generation_is_kept(self) -> None:
        for current in (self.folder / "cache").rglob("CURRENT"):
            named = {entry.name for entry in read_current(current.parent).segments}
            assert named == {file.name for file in current.parent.glob("*.segment")}


SeveralProcesses.TestCase.settings = settings(
    max_examples=30, stateful_step_count=25, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
TestSeveralProcesses = SeveralProcesses.TestCase

_INDEXER = """
import sys
from vault_engine import Engine
while True:
    with Engine.open(sys.argv[1]) as engine:
        engine.build_index(fresh=True)
        print("built", flush=True)
"""


def killed(vault: Path, env: dict[str, str], times: int) -> None:
    """Kill a process that indexes again and again, at random moments; look each time whether the next one is right."""
    chance = random.Random(7)
    truth = opened(vault, env | {"MEMWELL_CACHE_DIR": str(vault.parent / "other")})
    truth.refresh(time.time_ns())
    for _ in range(times):
        indexer = subprocess.Popen(
            [sys.executable, "-c", _INDEXER, str(vault)], env=os.environ | env, stdout=subprocess.PIPE
        )
        indexer.stdout.readline()
        time.sleep(chance.uniform(0, 0.3))
        indexer.send_signal(signal.SIGKILL)
        indexer.wait()
        indexer.stdout.close()
        index = opened(vault, env)
        index.refresh(time.time_ns())
        assert [] == differing_notes(truth.records, index.records)
        assert [] == differing_arrays(truth.records, index.records)


@pytest.fixture
def many(vault, write_note):
    """A vault of a few hundred notes."""
    for number in range(300):
        write_note(f"{number % 7}/{number}.md", f"# Note {number}\n\nberth {number} [[{number // 2}]]\n")
    return vault


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system can't kill a process at once")
def test_killing_who_indexes_leaves_an_index_that_is_right(many, env):
    """At a few random moments; the exhaustive version kills a hundred times."""
    killed(many, env, 4)


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system can't kill a process at once")
def test_killing_who_indexes_a_hundred_times_leaves_an_index_that_is_right(many, env):
    """Nobody has to mend anything, whatever the moment."""
    killed(many, env, 100)
