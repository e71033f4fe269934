"""Remembering many at once is remembering one by one, in fewer steps; each memory is told of."""

import errno
import os
import shutil
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stops import Fail, Killed, Operations, Stop, watched

from vault_engine import Engine, Memory, MemwellError
from vault_engine.engine import bulk
from vault_engine.engine.bulk import NotRemembered, RememberedMany
from vault_engine.engine.results import Remembered
from vault_engine.errors import NoteChanged, NoteExists, NoteMissing
from vault_engine.journal.entry import Op
from vault_engine.vault import place, stager

MEMORIES = st.builds(
    Memory,
    text=st.sampled_from(["one", "two", "# Head\n\nthree", "see [[k]]", "", "---\nkey: k\n---\nfour"]),
    category=st.sampled_from(["a", "b", None]),
    key=st.sampled_from(["k", "K", "other", None]),
    expected=st.sampled_from([None, None, None, "", "0" * 64]),
)


def bodies(vault: Path) -> dict[str, bytes]:
    """Give each note below its properties, which hold ids and times."""
    found = (file for file in vault.rglob("*.md") if ".memwell" not in file.parts)
    return {file.relative_to(vault).as_posix(): file.read_bytes().rpartition(b"---\n")[2] for file in found}


def told(result: object) -> tuple[object, ...]:
    if isinstance(result, NotRemembered | MemwellError):
        return (type(result.error if isinstance(result, NotRemembered) else result).__name__,)
    return (result.action, result.path, result.key, result.hints)


def one_by_one(engine: Engine, memories: list[Memory]) -> list[tuple[object, ...]]:
    results = []
    for memory in memories:
        engine._session.refresh(wait=False)
        try:
            results.append(told(engine.remember(memory)))
        except MemwellError as error:
            results.append(told(error))
    return results


@settings(max_examples=40, deadline=None)
@given(st.lists(MEMORIES, max_size=7))
def test_it_is_the_same_as_one_by_one(tmp_path_factory, memories):
    """The same notes and the same answers, in the same order."""
    folder = tmp_path_factory.mktemp("bulk")
    vaults = [folder / name for name in ("many", "single")]
    for vault in vaults:
        Engine.create(vault)
    env = {"MEMWELL_CACHE_DIR": str(folder / "cache"), "MEMWELL_EMBEDDER": "none"}
    with Engine.open(vaults[0], env=env) as many, Engine.open(vaults[1], env=env) as single:
        done = many.remember_many(memories)

        assert one_by_one(single, memories) == [told(one) for one in done.notes]
        assert bodies(vaults[1]) == bodies(vaults[0])
        assert many.verify(read_data=True).is_whole
    shutil.rmtree(folder)


def test_a_note_that_was_moved_is_met_twice(engine, vault):
    """By its category and key, wherever it is by now."""
    engine.remember(Memory("one", "a", "k"))
    engine.move("a/k.md", "elsewhere/k.md", yes=True)

    done = engine.remember_many([Memory("two", "a", "k"), Memory("three", "a", "k")])

    assert ["updated", "updated"] == [one.action for one in done.notes]
    assert b"three" in (vault / "elsewhere/k.md").read_bytes()


def test_a_failure_does_not_stop_the_others(engine, vault, write_note):
    """Each is told of by its number, with the text of a note that was changed."""
    write_note("a/mine.md", "by hand")
    first = engine.remember(Memory("first", "a", "k"))

    done = engine.remember_many(
        [Memory(" "), Memory("x", "a", "mine"), Memory("y", "a", "k", expected="0" * 64), Memory("z", "a", "z")]
    )

    assert [0, 1, 2] == [one.number for one in done.failed]
    assert [NoteExists, NoteChanged] == [type(one.error) for one in done.failed[1:]]
    assert (vault / first.path).read_text() == done.failed[2].error.text
    assert (1, True) == (done.count("created"), (vault / "a/z.md").exists())


def test_a_note_that_may_not_be_replaced_fails_alone(engine, vault):
    """A hard link to it, say, would go on naming the old text."""
    engine.remember(Memory("one", "a", "k"))
    os.link(vault / "a/k.md", vault / "a/other-name")

    done = engine.remember_many([Memory("two", "a", "k"), Memory("three", "a", "l")])

    assert ["NoteDamaged"] == [type(one.error).__name__ for one in done.failed]
    assert b"three" in (vault / "a/l.md").read_bytes()


def test_a_note_saved_at_that_moment_stays(engine, vault, monkeypatch):
    """The others are in their places, and the journal says which is not."""
    first = engine.remember(Memory("one", "a", "k"))
    announce = engine._session.journal.announce

    def save_meanwhile(*args, **options):
        entries = announce(*args, **options)
        (vault / first.path).write_text("by hand")
        return entries

    monkeypatch.setattr(engine._session.journal, "announce", save_meanwhile)
    done = engine.remember_many([Memory("two", "a", "k"), Memory("three", "a", "l")])

    assert (["NotRemembered", "Remembered"], "by hand") == (
        [type(one).__name__ for one in done.notes],
        (vault / first.path).read_text(),
    )
    ops = [entry.change.op for entry in engine._session.journal.entries()]
    assert [Op.CREATE, Op.WRITE, Op.CREATE, Op.ABORT] == ops


def test_progress_ends_at_the_total(engine):
    """One step a memory, whatever becomes of it."""
    engine.remember(Memory("same", "a", "same"))
    seen = []
    memories = [Memory(" "), Memory("same", "a", "same"), *(Memory(f"t{n}", "a", f"k{n % 3}") for n in range(5))]
    engine.remember_many(memories, progress=lambda done, total: seen.append((done, total)))

    assert [(number, 7) for number in range(1, 8)] == seen


def test_five_thousand_take_one_sync_of_the_journal_and_one_of_the_disk(engine, vault, monkeypatch):
    """However many notes there are."""
    monkeypatch.setattr(bulk, "_MAX_BYTES_AT_ONCE", 1 << 30)
    monkeypatch.setattr(bulk, "FULL_PACK_BYTES", 10_000)
    synced, all_synced, fsync, sync_all = [], [], os.fsync, place._syncfs
    monkeypatch.setattr(
        os, "fsync", lambda handle: (synced.append(str(Path(f"/proc/self/fd/{handle}").readlink())), fsync(handle))
    )
    monkeypatch.setattr(place, "_syncfs", lambda handle: (all_synced.append(handle), sync_all(handle)))

    done = engine.remember_many(Memory(f"text {n}", "a", f"k{n}") for n in range(5000))

    assert (5000, 1) == (done.count("created"), len(all_synced))
    assert 1 == sum(name.endswith(".jsonl") for name in synced)
    assert len(synced) < 25


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere no other process stages")
def test_what_another_process_stages_is_what_is_staged_here(tmp_path, env, monkeypatch):
    """Text, answers and journal; also where that process dies on the way."""
    monkeypatch.setattr(bulk, "FULL_PACK_BYTES", 10_000)
    memories = [Memory(f"text {n} " * 50, f"a{n % 3}", f"k{n}") for n in range(500)]
    found = []
    for name, staged_alone, dies in [("here", 1000, False), ("there", 0, False), ("dies", 250, True)]:
        Engine.create(tmp_path / name)
        monkeypatch.setattr("vault_engine.vault.many._STAGED_ALONE", staged_alone)
        if dies:
            monkeypatch.setattr(stager, "_PORTION_BYTES", 1000)
            monkeypatch.setattr(stager.Stager, "finish", _killed_first(stager.Stager.finish))
        with Engine.open(tmp_path / name, env=env) as engine:
            done = engine.remember_many(memories)
            assert engine.verify(read_data=True).is_whole
            ops = [(entry.change.op, entry.change.path) for entry in engine._session.journal.entries()]
        found.append((bodies(tmp_path / name), [told(one) for one in done.notes], ops))

    assert found[0] == found[1] == found[2]
    assert 500 == len(found[0][0])


def _killed_first(finish):
    def killed(self):
        self._process.kill()
        return finish(self)

    return killed


def test_no_text_is_lost_with_that_of_somebody_else(engine, monkeypatch):
    """Where the disk fails while notes are planned, the revisions of the new ones are not among what goes."""
    revisions, plan = engine._session.revisions, bulk.plan

    def fail(_: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    def plan_with_failure(*args):
        with monkeypatch.context() as patched:
            patched.setattr(os, "fsync", fail)
            revisions.put(b"of somebody else")
        return plan(*args)

    monkeypatch.setattr(bulk, "plan", plan_with_failure)
    monkeypatch.setattr(bulk, "FULL_PACK_BYTES", 10_000)
    memories = [Memory(f"text {n}", "a", f"k{n}") for n in range(200)]
    done = engine.remember_many([*memories, Memory("without a key", "a")])

    assert ([len(memories)], len(memories)) == ([one.number for one in done.failed], done.count("created"))
    assert {one.sha256 for one in done.notes[:-1]} <= revisions.names()
    assert engine.verify(read_data=True).is_whole


# ---- whatever fails


class Trial:
    """One vault for one trial, with a note that is updated."""

    MEMORIES = (Memory("new text", "a", "old"), Memory("one", "a", "x"), Memory("two", "b/c", "y"))

    def __init__(self, folder: Path, env: dict[str, str]) -> None:
        self.pattern, self.vault, self.env = folder / "pattern", folder / "trial", env
        Engine.create(self.pattern)
        with Engine.open(self.pattern, env=env) as engine:
            engine.remember(Memory("old text", "a", "old"))

    def run(self, operations: Operations, monkeypatch) -> RememberedMany | BaseException:
        shutil.rmtree(self.vault, ignore_errors=True)
        shutil.copytree(self.pattern, self.vault)
        engine = Engine.open(self.vault, env=self.env)
        engine._session.refresh()
        with watched(operations, monkeypatch):
            try:
                return engine.remember_many(self.MEMORIES)
            except (MemwellError, Killed) as error:
                return error

    def made(self) -> list[bool]:
        """Say which of the memories are in the vault; anything else there is wrong."""
        found = bodies(self.vault)
        old = found.pop("a/old.md").strip()
        assert old in (b"old text", b"new text")
        assert {name: text.strip() for name, text in found.items()}.items() <= {
            "a/x.md": b"one",
            "b/c/y.md": b"two",
        }.items()
        return [old == b"new text", "a/x.md" in found, "b/c/y.md" in found]

    def journal_agrees(self) -> bool:
        """Let the next process settle; say whether nobody's work is taken for somebody else's."""
        with Engine.open(self.vault, env=self.env) as engine:
            engine.repair()
            verified = engine.verify(read_data=True)
            kinds = {entry.actor.kind for entry in engine._session.journal.entries()}
            return verified.is_whole and not verified.loose and not verified.differing and "external" not in kinds


@pytest.fixture
def trial(tmp_path, env, monkeypatch):
    """A vault to be broken over and over, where each new note fills a pack."""
    monkeypatch.setattr(bulk, "FULL_PACK_BYTES", 1)
    return Trial(tmp_path, env)


@pytest.mark.parametrize("for_good", [False, True], ids=["once", "for good"])
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EACCES], ids=errno.errorcode.get)
def test_whatever_the_system_refuses_each_memory_is_told_of_truly(trial, number, for_good, monkeypatch):
    """None is said to be done that is not, and none is done that is said not to be."""
    operations = Operations(0, trial.vault)
    trial.run(operations, monkeypatch)
    wrong = []
    for step in range(1, len(operations.seen) + 1):
        ended = trial.run(Fail(step, trial.vault, number, for_good=for_good), monkeypatch)
        told = list(ended.notes) if isinstance(ended, RememberedMany) else [ended] * 3
        said = [not isinstance(one, NotRemembered | MemwellError) for one in told]
        if isinstance(ended, Killed) or said != trial.made() or not trial.journal_agrees():
            wrong.append((operations.seen[step - 1], said, trial.made()))

    assert [] == wrong
    assert len(operations.seen) > 20


def test_what_a_crash_leaves_of_a_new_folder_is_removed(trial, monkeypatch):
    """By the next who writes; what was announced of it is aborted."""
    operations = Operations(0, trial.vault)
    trial.run(operations, monkeypatch)
    last = max(number for number, seen in enumerate(operations.seen, 1) if "renameat2" in seen and seen.endswith("/c"))
    trial.run(Stop(last, trial.vault), monkeypatch)
    assert not (trial.vault / "b" / "c").exists()

    with Engine.open(trial.vault, env=trial.env) as engine:
        engine.remember(Memory("three", "a", "z"))
        aborted = [e.change.path for e in engine._session.journal.entries() if e.change.op is Op.ABORT]

    assert "b/c/y.md" in aborted
    assert [] == list((trial.vault / ".memwell" / "local" / "tmp").iterdir())


@pytest.mark.parametrize("staged_alone", [0, 300], ids=["with a process that stages", "alone"])
def test_a_crash_leaves_each_note_whole_or_absent(trial, monkeypatch, staged_alone):
    """Whichever operation was the last; and the journal comes to say so."""
    monkeypatch.setattr("vault_engine.vault.many._STAGED_ALONE", staged_alone)
    operations = Operations(0, trial.vault)
    trial.run(operations, monkeypatch)
    wrong = []
    for step in range(1, len(operations.seen) + 1):
        trial.run(Stop(step, trial.vault), monkeypatch)
        trial.made()
        if not trial.journal_agrees():
            wrong.append(operations.seen[step - 1])

    assert [] == wrong


def test_what_one_step_left_open_is_settled_before_the_next(tmp_path, monkeypatch):
    """Else the next would tell that it was done, and who looks then that somebody has deleted it."""
    env = {"MEMWELL_CACHE_DIR": str(tmp_path / "cache"), "MEMWELL_EMBEDDER": "none"}
    memories = [Memory("one", "a", "k"), Memory("two", "b", "k"), Memory("three", "c", "k")]  # of one name

    def run(at: int) -> tuple[Path, list[str], RememberedMany | None]:
        vault, done = tmp_path / str(at), None
        Engine.create(vault)
        failing = Fail(at, vault, errno.ENOSPC)
        with Engine.open(vault, env=env) as engine, watched(failing, monkeypatch), suppress(MemwellError):
            done = engine.remember_many(memories)
        return vault, failing.seen, done

    for at in range(1, len(run(0)[1])):
        vault, seen, done = run(at)
        with Engine.open(vault, env=env) as engine:
            with pytest.raises(NoteMissing):
                engine.forget("no such note")  # looks at all of them
            entries = engine._session.journal.entries()

        assert Op.EXTERNAL not in [entry.change.op for entry in entries], seen[at - 1]
        aborted = {entry.ref for entry in entries if entry.change.op is Op.ABORT}
        told = {entry.change.path for entry in entries if entry.change.op is Op.CREATE and entry.id not in aborted}
        assert {*bodies(vault)} == told
        assert {one.path for one in (done.notes if done else ()) if isinstance(one, Remembered)} <= told
