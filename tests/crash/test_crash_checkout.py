"""Git checks out another commit under a running server: that is somebody's edit of many notes at once."""

import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from bench.kept import notes, sha256
from vault_engine import Actor, Engine, Memory
from vault_engine.engine import Append
from vault_engine.errors import NoteMissing

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")

PATIENCE_S = 20.0
TIDES = "facts/tides.md"


class Vault:
    """A vault under version control, with one commit of an older state and one of a newer, both written by an agent."""

    def __init__(self, root: Path, env: dict[str, str], *tracked: str) -> None:
        self.root, self._env = root, env
        self.git("init", "-q", "-b", "main")
        self.git("config", "user.name", "Somebody")
        self.git("config", "user.email", "somebody@example.org")
        with self.open() as engine:
            engine.remember(Memory("High water at noon.", category="facts", key="tides"))
            engine.remember(Memory("Forty berths.", category="facts", key="berths"))
            self.old = self.commit(*tracked)
            engine.edit(TIDES, Append("Springtide at dusk."))
            engine.remember(Memory("Two lighthouses.", category="facts", key="lights"))
            self.new = self.commit(*tracked)

    def git(self, *arguments: str) -> str:
        """Run git; give what it says."""
        done = subprocess.run(["git", *arguments], cwd=self.root, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    def commit(self, *tracked: str) -> str:
        """Commit the notes, and what else of the vault is tracked; give the commit."""
        self.git("add", "-f", "facts", *(f".memwell/{name}" for name in tracked))
        self.git("commit", "-q", "-m", "A state")
        return self.git("rev-parse", "HEAD")

    def check_out(self, commit: str) -> dict[str, bytes]:
        """Check a commit out, as its owner would; give the notes."""
        self.git("checkout", "-q", commit)
        return notes(self.root)

    def open(self) -> Engine:
        return Engine.open(self.root, actor=Actor("agent", "tester"), env=self._env)


@pytest.fixture
def make_vault(vault, env) -> Callable[..., Vault]:
    """Makes the vault; what is named is tracked beside the notes."""
    return lambda *tracked: Vault(vault, env, *tracked)


def until(is_so: Callable[[], bool]) -> bool:
    """Wait for something, as long as it may take on a slow machine; say whether it came."""
    end = time.monotonic() + PATIENCE_S
    while not is_so() and time.monotonic() < end:
        time.sleep(0.02)
    return is_so()


def enter(engine: Engine) -> None:
    """Let a call that is refused enter what others did."""
    with pytest.raises(NoteMissing):
        engine.forget("no such note")


def found_by(engine: Engine, query: str) -> list[str]:
    return [hit.path for hit in engine.recall(query, mode="keyword").hits]


def test_the_next_recall_finds_what_was_checked_out(make_vault):
    """Right after the checkout, without waiting for any event, a search sees the notes as they are."""
    vault = make_vault()
    with vault.open() as engine:
        engine.watch()
        assert [TIDES] == found_by(engine, "springtide")

        vault.check_out(vault.old)

        assert [] == found_by(engine, "springtide")
        assert ["facts/berths.md", TIDES] == sorted(found_by(engine, "noon berths"))

        vault.check_out(vault.new)

        assert [TIDES] == found_by(engine, "springtide")


def test_a_checkout_is_taken_in_as_edits_by_hand(make_vault):
    """History tells of each note that came, changed or went; what was there before can be had."""
    vault = make_vault()
    now = notes(vault.root)
    with vault.open() as engine:
        engine.watch()
        old = vault.check_out(vault.old)
        enter(engine)

        changed = engine.history(TIDES).versions[0]
        gone = engine.history("facts/lights.md").versions[0]
        assert ("edited by hand", sha256(old[TIDES])) == (changed.what, changed.sha256)
        assert ("deleted by hand", "") == (gone.what, gone.sha256)
        assert "created" == engine.history("facts/berths.md").versions[0].what
        assert now[TIDES] == engine.show_at(TIDES, engine.history(TIDES).versions[1].entry).data
        assert (True, ()) == whole(engine)


def test_a_watching_server_enters_a_checkout_by_itself(make_vault):
    """Even where no agent ever writes again."""
    vault = make_vault()
    with vault.open() as engine:
        engine.watch()
        old = vault.check_out(vault.old)

        assert until(lambda: engine.history(TIDES).versions[0].sha256 == sha256(old[TIDES]))
        assert until(lambda: engine.history("facts/lights.md").versions[0].what == "deleted by hand")


def whole(engine: Engine) -> tuple[bool, tuple[object, ...]]:
    """Say whether nothing is damaged or missing, and which notes hold what the journal does not know."""
    found = engine.verify(read_data=True)
    return found.is_whole, found.differing


@pytest.mark.parametrize("tracked", [("journal",), ("journal", "revisions")], ids=" and ".join)
def test_a_journal_that_went_back_is_noticed_and_comes_back(make_vault, tracked):
    """With the journal tracked, an older commit brings an older journal: `verify` says so, until the newer is back.

    Nobody watches: who looks between two files of one checkout truly sees, and enters, what no commit holds.
    """
    vault = make_vault(*tracked)
    with vault.open() as engine:
        old = vault.check_out(vault.old)

        problems = [one.problem for one in engine.verify(read_data=True).damaged]
        assert "entry 4 is not there, or not the one that was known" in problems
        enter(engine)
        assert [sha256(old[TIDES])] == [one.sha256 for one in engine.history(TIDES).versions]

        vault.check_out(vault.new)
        enter(engine)

        assert (True, ()) == whole(engine)
        assert ["updated", "created"] == [one.what for one in engine.history(TIDES).versions]


def test_a_journal_that_went_back_goes_on_in_a_file_of_its_own(make_vault):
    """What is written meanwhile is entered after what is missing, in a file that git never saw: nothing clashes.

    Nobody watches here either.
    """
    vault = make_vault("journal")
    with vault.open() as engine:
        vault.check_out(vault.old)
        engine.remember(Memory("Gulls.", category="facts", key="gulls"))
        engine.edit(TIDES, Append("No springtide today."))
        enter(engine)
        numbers = [entry.seq for entry in engine.last_entries().entries]
        assert min(number for number in numbers if number > 2) > 4
        assert not engine.verify(read_data=True).is_whole
        today = notes(vault.root)[TIDES]

        vault.git("checkout", "-q", "--", "facts")
        came = vault.check_out(vault.new)
        enter(engine)

        assert (True, ()) == whole(engine)
        assert ["created"] == [one.what for one in engine.history("facts/gulls.md").versions]
        versions = engine.history(TIDES).versions
        assert (sha256(came[TIDES]), "edited by hand") == (versions[0].sha256, versions[0].what)
        assert {sha256(today), sha256(came[TIDES])} <= {one.sha256 for one in versions if one.kept}


def test_a_server_started_on_what_was_checked_out_takes_it_in(make_vault):
    """The same where nobody watched, and another process goes on."""
    vault = make_vault("journal", "revisions")
    vault.check_out(vault.old)
    with vault.open() as engine:
        engine.recall("noon", mode="keyword")
    vault.check_out(vault.new)
    with vault.open() as engine:
        assert [TIDES] == found_by(engine, "springtide")
        enter(engine)

        assert (True, ()) == whole(engine)
        assert ["updated", "created"] == [one.what for one in engine.history(TIDES).versions]
