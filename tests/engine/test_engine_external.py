"""What people do to the notes is entered: their text is kept, once, in their name, and the chain has no gap."""

import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vault_engine import Engine, Memory, MemwellError
from vault_engine.engine.changing import writing
from vault_engine.engine.external import enter_backlog, enter_external_if_free
from vault_engine.journal.entry import NO_PREVIOUS, Actor, Change, Op, encode
from vault_engine.journal.replay import happened, heads
from vault_engine.note.change import Append
from vault_engine.vault.files import sha256_hex

SOMEONE = Actor("agent", "someone")
LONG_AGO_NS = 1_700_000_000_000_000_000


def enter(engine: Engine) -> list[tuple[str, ...]]:
    """Let the engine look and enter what it finds; give what was entered: path, where it went, its old and new text."""
    session = engine._session
    before = len(session.journal.entries())
    with writing(session, None):
        pass
    return [told(engine, entry.change) for entry in session.journal.entries()[before:]]


def told(engine: Engine, change: Change) -> tuple[str, ...]:
    """Give a change with its texts in the place of their hashes."""
    assert change.op is Op.EXTERNAL
    texts = [engine._session.revisions.get(one).decode() if one else "" for one in (change.before, change.after)]
    return (change.path, change.to or "", *texts)


def external(engine: Engine) -> list[Change]:
    return [e.change for e in engine._session.journal.entries() if e.change.op is Op.EXTERNAL]


def on_disk(vault: Path) -> dict[str, str]:
    found = (file for file in vault.rglob("*.md") if ".memwell" not in file.parts)
    return {file.relative_to(vault).as_posix(): sha256_hex(file.read_bytes()) for file in found}


@pytest.fixture
def known(engine, write_note):
    """Three notes that the journal knows."""
    for name in "abc":
        write_note(f"{name}.md", f"note {name}")
    enter(engine)
    return engine


def test_what_vanishes_together_with_the_index_is_missed(known, open_engine, vault, env):
    """Somebody deletes the cache folder under an open process, which compares what it knew from there all the same."""
    known.close()
    engine = open_engine()
    enter(engine)
    shutil.rmtree(env["MEMWELL_CACHE_DIR"])
    (vault / "a.md").rename(vault / "z.md")

    assert [("a.md", "z.md", "note a", "note a")] == enter(engine)
    assert engine.verify(read_data=True).is_whole


# ---- what a person does


def test_a_new_note_an_edit_and_a_deletion_are_entered(known, write_note, vault):
    """Each with the text before and after, in the name of somebody."""
    write_note("d.md", "note d")
    write_note("a.md", "note a, edited")
    (vault / "b.md").unlink()

    assert [("a.md", "", "note a", "note a, edited"), ("d.md", "", "", "note d"), ("b.md", "", "note b", "")] == enter(
        known
    )
    assert {Actor("external", "somebody")} == {entry.actor for entry in known._session.journal.entries()}


def test_nothing_is_entered_twice(known, write_note, open_engine):
    """Neither by another look nor by another process."""
    write_note("a.md", "edited")
    enter(known)

    assert ([], []) == (enter(known), enter(open_engine()))


def test_a_note_that_has_another_name_was_renamed(known, vault):
    """By its text, which is the same; what it held before belongs to it."""
    (vault / "sub").mkdir()
    (vault / "a.md").rename(vault / "sub" / "z.md")

    assert [("a.md", "sub/z.md", "note a", "note a")] == enter(known)
    assert {"sub/z.md", "b.md", "c.md"} == known._session.known.current().keys()


def test_each_of_several_notes_with_one_text_is_renamed_once(engine, write_note, vault):
    """No name is given away twice."""
    write_note("a.md", "same")
    write_note("b.md", "same")
    enter(engine)
    (vault / "a.md").rename(vault / "y.md")
    (vault / "b.md").rename(vault / "z.md")

    assert [("a.md", "y.md", "same", "same"), ("b.md", "z.md", "same", "same")] == enter(engine)


def test_empty_notes_are_not_taken_for_each_other(engine, write_note, vault):
    """That one is gone and another there says nothing."""
    write_note("a.md", "")
    enter(engine)
    (vault / "a.md").unlink()
    write_note("b.md", "")

    assert [("b.md", "", "", ""), ("a.md", "", "", "")] == enter(engine)


def test_notes_that_changed_places_were_edited(known, write_note):
    """Both have the other's text now."""
    write_note("a.md", "note b")
    write_note("b.md", "note a")

    assert [("a.md", "", "note a", "note b"), ("b.md", "", "note b", "note a")] == enter(known)


def test_a_copy_is_a_new_note(known, write_note):
    """Nothing was renamed, as the first is still there."""
    write_note("copy.md", "note a")

    assert [("copy.md", "", "", "note a")] == enter(known)


def test_a_renamed_and_edited_note_is_a_new_one(known, write_note, vault):
    """Its old name is gone."""
    (vault / "a.md").unlink()
    write_note("z.md", "note a and more")

    assert [("z.md", "", "", "note a and more"), ("a.md", "", "note a", "")] == enter(known)


def test_a_note_deleted_and_made_again_was_edited(known, write_note, vault):
    """Between two looks nobody can tell."""
    (vault / "a.md").unlink()
    write_note("a.md", "another")

    assert [("a.md", "", "note a", "another")] == enter(known)


@pytest.mark.parametrize("half", ["", "note"])
def test_a_note_that_is_being_saved_is_left_alone(known, write_note, vault, half):
    """Emptied a moment ago, or half written: it is entered once it is whole."""
    write_note("a.md", half, fresh=True)
    at_once = enter(known)
    write_note("a.md", "note a, saved")

    assert ([], [("a.md", "", "note a", "note a, saved")]) == (at_once, enter(known))


def test_a_note_with_a_merge_s_marks_is_entered_as_it_is(known, write_note):
    """It is what the file holds."""
    text = "<<<<<<< ours\none\n=======\ntwo\n>>>>>>> theirs\n"
    write_note("a.md", text)

    assert [("a.md", "", "note a", text)] == enter(known)


def test_a_note_in_a_folder_that_can_not_be_listed_is_not_gone(engine, write_note, vault, open_engine, monkeypatch):
    """Not for a process that has never seen it either."""
    write_note("sub/a.md", "note a")
    enter(engine)
    listed = os.scandir

    def refused(path):
        if str(path).rstrip("/").endswith("sub"):
            raise PermissionError(13, "Permission denied")
        return listed(path)

    monkeypatch.setattr(os, "scandir", refused)

    assert ([], []) == (enter(engine), enter(open_engine(MEMWELL_CACHE_DIR=str(vault.parent / "other"))))


def test_a_note_that_a_cloud_has_taken_away_is_not_gone(known, vault, open_engine):
    """Neither for this process nor for one with no index; when it is back, nothing has happened."""
    (vault / "a.md").rename(vault / ".a.md.icloud")
    first, other = enter(known), enter(open_engine(MEMWELL_CACHE_DIR=str(vault.parent / "other")))
    (vault / ".a.md.icloud").rename(vault / "a.md")

    assert ([], [], []) == (first, other, enter(known))


def test_a_name_from_another_device_that_no_note_may_have_is_passed_over(known, vault, write_note):
    """Its journal may hold anything."""
    folder = vault / ".memwell" / "journal" / "other"
    folder.mkdir(parents=True)
    change = Change(Op.CREATE, "../../outside.md", "", "0" * 64)
    line = encode(change, seq=1, id="X", ts="2026-01-01T00:00:00Z", actor=Actor("agent", "far"), prev=NO_PREVIOUS)
    (folder / "2026-01.jsonl").write_bytes(line)
    write_note("a.md", "edited")

    assert [("a.md", "", "note a", "edited")] == enter(known)


def test_an_edit_between_two_changes_of_ours_is_in_the_chain(engine, vault, write_note):
    """What each change replaced is what the one before had left."""
    path = vault / engine.remember(Memory("one", "n", "k")).path
    write_note("n/k.md", path.read_bytes() + b"two\n")
    engine.edit("n/k.md", Append("three"))

    changes = [entry.change for entry in happened(engine._session.journal.entries())]
    assert [Op.CREATE, Op.EXTERNAL, Op.WRITE] == [change.op for change in changes]
    assert [one.after for one in changes[:-1]] == [one.before for one in changes[1:]]


# ---- many notes, several processes


def test_many_edits_cost_few_syncs_and_little_memory(engine, write_note, monkeypatch):
    """One sync for each batch, and one for each pack that is full."""
    monkeypatch.setattr("vault_engine.engine.external._AT_ONCE", 50)
    for number in range(200):
        write_note(f"{number % 20}/{number}.md", f"note {number}")
    session = engine._session
    enter(engine)
    while enter_backlog(session):
        pass
    for number in range(200):
        write_note(f"{number % 20}/{number}.md", f"note {number}, edited")
    session.refresh()
    syncs, batches, put = [], [], session.revisions.put_many
    monkeypatch.setattr(os, "fsync", lambda handle, real=os.fsync: (syncs.append(handle), real(handle)))
    monkeypatch.setattr(session.revisions, "put_many", lambda datas: (batches.append(len(datas)), put(datas))[1])

    assert 200 == len(enter(engine))
    assert [50, 50, 50, 50] == batches
    assert len(syncs) <= 10


def test_a_batch_of_large_notes_is_small(engine, write_note, monkeypatch):
    """So that a first look takes little memory."""
    monkeypatch.setattr("vault_engine.engine.external._BYTES_AT_ONCE", 1000)
    session, batches = engine._session, []
    for number in range(6):
        write_note(f"{number}.md", f"{number}" * 600)
    put = session.revisions.put_many
    monkeypatch.setattr(session.revisions, "put_many", lambda datas: (batches.append(len(datas)), put(datas))[1])

    assert 6 == len(enter(engine))
    assert [2, 2, 2] == batches


def test_processes_that_meet_the_same_edits_enter_them_once(vault, env, write_note):
    """Whichever comes first."""
    for number in range(60):
        write_note(f"{number}.md", f"note {number}")
    code = (
        "import sys; from vault_engine import Engine, Memory\n"
        "with Engine.open(sys.argv[1]) as engine: engine.remember(Memory(sys.argv[2]))"
    )
    started = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(vault), f"text {number}"],
            env=os.environ | env | {"MEMWELL_CACHE_DIR": f"{env['MEMWELL_CACHE_DIR']}-{number}"},
        )
        for number in range(3)
    ]
    assert [0, 0, 0] == [process.wait() for process in started]
    with Engine.open(vault, env=env) as engine:
        assert sorted(f"{number}.md" for number in range(60)) == sorted(one.path for one in external(engine))
        assert [] == engine._session.journal.verify()


def test_a_failure_half_way_is_made_good(known, write_note, monkeypatch):
    """What was not entered is met again by the next writer."""
    write_note("a.md", "edited")
    session = known._session
    with monkeypatch.context() as patched:
        patched.setattr(session.revisions, "sync", lambda: (_ for _ in ()).throw(MemwellError("the disk is full")))
        with pytest.raises(MemwellError):
            enter(known)

    assert [("a.md", "", "note a", "edited")] == enter(known)


# ---- without a writer


def test_a_reader_enters_what_it_has_found_when_it_closes(known, write_note, open_engine):
    """So that the history has it though no agent writes."""
    write_note("a.md", "edited")
    with open_engine() as reader:
        reader.recall("edited")

    assert ("a.md", "", "note a", "edited") == told(known, external(known)[-1])


def test_a_reader_in_passing_does_not_adopt_a_vault(vault, write_note, open_engine):
    """A vault without a journal has none afterwards."""
    write_note("a.md", "note a")
    with open_engine() as reader:
        reader.recall("note")

    assert [] == list((vault / ".memwell").rglob("*.jsonl"))


def test_a_reader_that_can_not_write_says_nothing(known, write_note, open_engine):
    """Somebody else has the vault, so that somebody enters it."""
    write_note("a.md", "edited")
    reader = open_engine()
    reader.recall("edited")
    before = len(external(known))
    with known._session.vault.lock.held():
        reader.close()

    assert before == len(external(known))


def test_a_reader_settles_what_a_crash_left_before_it_enters_anything(known, write_note, open_engine):
    """Else what was announced would seem done."""
    session = known._session
    change = Change(Op.WRITE, "b.md", sha256_hex(b"note b"), "0" * 64)
    with session.vault.lock.held():
        session.journal.announce([change], at=session.now(), actor=SOMEONE)
    write_note("a.md", "edited")
    reader = open_engine()
    reader.recall("edited")
    enter_external_if_free(reader._session)

    ops = [entry.change.op for entry in session.journal.entries()]
    assert [Op.WRITE, Op.ABORT, Op.EXTERNAL] == ops[-3:]


# ---- whatever happens


PATHS = ("a.md", "b.md", "sub/c.md")
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["save", "delete", "rename", "copy", "swap", "remember", "forget", "restore", "move", "enter"]),
        st.sampled_from(PATHS),
        st.sampled_from(PATHS),
        st.integers(0, 3),
    ),
    max_size=14,
)


def put(file: Path, data: bytes) -> None:
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(data)
    os.utime(file, ns=(LONG_AGO_NS, LONG_AGO_NS))


def by_hand(vault: Path, what: str, path: str, to: str, number: int) -> None:
    """Do what a person does with files; what can't be done is not."""
    file, other = vault / path, vault / to
    if what == "save":
        put(file, b"text %d\n" % number)
    elif what == "delete":
        file.unlink(missing_ok=True)
    elif file.exists() and what == "rename" and not other.exists():
        other.parent.mkdir(exist_ok=True)
        file.rename(other)
    elif file.exists() and what == "copy":
        put(other, file.read_bytes())
    elif file.exists() and other.exists() and what == "swap":
        one, two = file.read_bytes(), other.read_bytes()
        put(file, two)
        put(other, one)


def by_us(engine: Engine, what: str, path: str, to: str, number: int) -> None:
    with suppress(MemwellError):
        if what == "remember":
            engine.remember(Memory(f"memory {number}", "sub", "c"))
        elif what == "forget":
            engine.forget(path)
        elif what == "restore":
            engine.restore(path)
        elif what == "move":
            engine.move(path, to, yes=True)


@settings(max_examples=60, deadline=None)
@given(STEPS)
def test_whatever_people_and_agents_do_the_journal_says_what_is_there(steps):
    """Once it is entered; every text can be had again, and what a change replaced is what the path held before."""
    check_steps(steps)


@pytest.mark.slow
@settings(max_examples=400, deadline=None)
@given(STEPS)
def test_whatever_they_do_for_long(steps):
    """The same, with many more of such days."""
    check_steps(steps)


def check_steps(steps):
    with tempfile.TemporaryDirectory() as folder:
        vault = Path(folder, "vault")
        Engine.create(vault)
        env = {"MEMWELL_CACHE_DIR": f"{folder}/cache", "MEMWELL_EMBEDDER": "none"}
        with Engine.open(vault, env=env) as engine:
            for step in steps:
                by_hand(vault, *step)
                by_us(engine, *step)
                if step[0] == "enter":
                    enter(engine)
            settle_files(vault)
            enter(engine)
            entries = engine._session.journal.entries()
            assert on_disk(vault) == heads(entries) == engine._session.known.current()
            changes = [entry.change for entry in happened(entries)]
            assert [] == [one for one in changes if one.after and one.after not in engine._session.revisions]
            assert [] == gaps(changes)


def settle_files(vault: Path) -> None:
    """Let all have been saved long ago."""
    for path in on_disk(vault):
        os.utime(vault / path, ns=(LONG_AGO_NS, LONG_AGO_NS))


def gaps(changes: list[Change]) -> list[Change]:
    """List the changes that replaced something else than the entry before had left in that place."""
    held: dict[str, str] = {}
    found = []
    for change in changes:
        is_part_of_move = change.op is Op.WRITE and change.reason.startswith("move ")
        if held.get(change.path, "") != change.before and not is_part_of_move:
            found.append(change)
        left = change.to if change.op is Op.MOVE or (change.op is Op.EXTERNAL and change.to) else change.path
        held[change.path] = ""
        held[left] = change.after
    return found
