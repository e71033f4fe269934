"""Verifying names what is wrong and changes nothing; repairing mends what can be mended, once."""

import shutil
from pathlib import Path

import pytest
from stops import Killed, Stop, watched

from vault_engine import Engine, Memory
from vault_engine.engine.changing import writing
from vault_engine.engine.fsck import Verified
from vault_engine.errors import BadInput
from vault_engine.journal.entry import Actor, Change, Op

DEAD = "999999999"  # no process has this number


@pytest.fixture
def notes(engine, write_note):
    """Three notes: two of ours, one of them forgotten, and one by hand."""
    engine.remember(Memory("one", "a", "k"))
    engine.remember(Memory("two", "a", "gone"))
    engine.forget("a/gone.md")
    write_note("mine.md", "by hand")
    with writing(engine._session, None):
        return engine


def files(vault: Path) -> dict[str, tuple[int, bytes]]:
    """Give every file and folder of the vault with its time and its bytes."""
    return {
        str(file.relative_to(vault)): (file.stat().st_mtime_ns, file.read_bytes() if file.is_file() else b"")
        for file in [vault, *vault.rglob("*")]
    }


def only(vault: Path, pattern: str) -> Path:
    (found,) = (vault / ".memwell").glob(pattern)
    return found


def found(verified: Verified) -> list[int]:
    """Count what was found, by kind: damaged, missing, loose, differing."""
    return [len(kind) for kind in (verified.damaged, verified.missing, verified.loose, verified.differing)]


def torn_journal(vault: Path, _engine: Engine) -> None:
    with only(vault, "journal/*/*.jsonl").open("ab") as file:
        file.write(b'{"v":1,"seq":')


def torn_pack(vault: Path, _engine: Engine) -> None:
    with only(vault, "revisions/*/000001.pack").open("ab") as file:
        file.write(b"\xabMR1")


def flipped_journal(vault: Path, _engine: Engine) -> None:
    flip(only(vault, "journal/*/*.jsonl"), 100)


def flipped_pack(vault: Path, _engine: Engine) -> None:
    flip(only(vault, "revisions/*/000001.pack"), 60)


def flip(file: Path, offset: int) -> None:
    data = bytearray(file.read_bytes())
    data[offset] ^= 1
    file.write_bytes(data)


def edited(vault: Path, _engine: Engine) -> None:
    (vault / "a/k.md").write_text("flipped by hand")


def missing_pack(vault: Path, _engine: Engine) -> None:
    only(vault, "revisions/*/000001.pack").unlink()


def missing_journal(vault: Path, _engine: Engine) -> None:
    only(vault, "journal/*/*.jsonl").unlink()


def leftovers(vault: Path, _engine: Engine) -> None:
    (vault / ".memwell/local/tmp" / f"{DEAD}-0-0123.note").write_bytes(b"half")


def open_entry(_vault: Path, engine: Engine) -> None:
    session = engine._session
    record = session.index.records["a/k.md"]
    with session.vault.lock.held():
        change = Change(Op.WRITE, "a/k.md", record.sha256, session.revisions.put(b"new"))
        session.journal.announce([change], at=session.now(), actor=Actor("agent", "x"))


def purged_leftover(_vault: Path, engine: Engine) -> None:
    session = engine._session
    gone = session.revisions.put(b"to be gone")
    with session.vault.lock.held():
        change = Change(Op.PURGE, "x.md", gone, "")
        session.journal.announce([change], at=session.now(), actor=Actor("agent", "x"))


HARMS = {  # what is wrong, as found says it, before repair and after
    torn_journal: ([0, 0, 0, 0], [0, 0, 0, 0]),
    torn_pack: ([0, 0, 1, 0], [0, 0, 0, 0]),
    flipped_journal: ([2, 0, 0, 1], [2, 0, 0, 0]),
    flipped_pack: ([1, 1, 0, 0], [1, 0, 0, 0]),
    edited: ([0, 0, 0, 1], [0, 0, 0, 0]),
    missing_pack: ([0, 3, 0, 0], [0, 0, 0, 0]),
    missing_journal: ([1, 0, 0, 2], [2, 0, 0, 0]),
    leftovers: ([0, 0, 1, 0], [0, 0, 0, 0]),
    open_entry: ([0, 0, 1, 1], [0, 0, 0, 0]),
    purged_leftover: ([0, 0, 1, 0], [0, 0, 0, 0]),
}


def test_a_clean_vault_is_whole(notes):
    """And there is nothing to repair."""
    notes._session.refresh()
    verified = notes.verify(read_data=True)

    assert ([0, 0, 0, 0], True) == (found(verified), verified.is_whole)
    assert ((), ()) == (notes.repair().done, notes.repair().left)


@pytest.mark.parametrize("harm", HARMS, ids=lambda harm: harm.__name__)
def test_what_is_wrong_is_found_and_mended_once(notes, vault, open_engine, harm):
    """What can't be mended is left, and told of again; the second repair does nothing."""
    before, after = HARMS[harm]
    harm(vault, notes)
    harmed = open_engine()

    assert before == found(harmed.verify(read_data=True))
    first, second = harmed.repair(), open_engine().repair()
    assert () == second.done
    assert first.left == second.left
    assert after == found(open_engine().verify(read_data=True))
    assert first.done or harm is flipped_journal


@pytest.mark.parametrize("harm", HARMS, ids=lambda harm: harm.__name__)
def test_a_dry_run_writes_nothing_at_all(notes, vault, open_engine, harm):
    """Not a byte, and not a time, also once the engine is closed; nor does verifying."""
    harm(vault, notes)
    notes.close()
    before = files(vault)
    with open_engine() as looking:
        looking.verify(read_data=True)
        looking.repair(dry_run=True)

    assert before == files(vault)


def test_a_machine_that_has_written_nothing_gets_no_name_by_looking(vault, open_engine, write_note):
    """A vault that came by sync is not touched."""
    write_note("a.md", "note")
    before = files(vault)
    with open_engine() as looking:
        looking.verify(read_data=True)
        looking.repair(dry_run=True)

    assert before == files(vault)


def test_what_was_purged_and_is_there_yet_is_erased(notes, vault):
    """Said in words; the content is gone."""
    purged_leftover(vault, notes)

    assert ("revisions: 1 that were purged are still kept",) == notes.repair().done
    assert b"to be gone" not in only(vault, "revisions/*/000001.pack").read_bytes()


def test_an_archived_note_is_kept_again(notes, vault):
    """What the archive holds is what the journal says."""
    missing_pack(vault, notes)

    assert "archive/a/gone.md: kept again" in notes.repair().done


def test_an_unreadable_note_is_not_said_to_be_mended(notes, vault, open_engine):
    """It still can't be read."""
    (vault / "mine.md").unlink()
    (vault / "mine.md").mkdir()
    harmed = open_engine()
    harmed.verify(read_data=True)
    harmed.repair()

    assert () == open_engine().repair().done


def test_a_move_cut_short_is_finished(engine, vault, env, tmp_path, monkeypatch):
    """Whichever operation was the last, repair makes the links follow, and then there is nothing left to do."""
    engine.remember(Memory("here", "a", "k"))
    engine.remember(Memory("see [[k]]", "a", "l"))
    engine.close()
    folder, number, crashed = tmp_path / "trial", 0, True
    while crashed:
        number += 1
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(vault, folder)
        dying, operations = Engine.open(folder, env=env), Stop(number, folder)
        dying._session.refresh()
        with watched(operations, monkeypatch):
            try:
                dying.move("a/k.md", "a/moved.md", yes=True)
                crashed = False
            except Killed:
                pass
        with Engine.open(folder, env=env) as other:
            other.repair()
            link = "moved" if (folder / "a/moved.md").exists() else "k"
            assert f"[[{link}]]" in (folder / "a/l.md").read_text(), operations.seen[-1]
            assert () == other.repair().done
            assert other.verify(read_data=True).is_whole
    assert number > 10


def test_heads_noted_earlier_must_still_be_there(notes, vault):
    """What was rewritten with all its hashes is found by them."""
    heads = notes.verify().heads
    notes.remember(Memory("more"))
    assert () == notes.verify(against=heads).damaged
    device, number, _ = heads[0].rsplit(":", 2)

    assert 1 == len(notes.verify(against=[f"{device}:{number}:{'0' * 64}"]).damaged)
    with pytest.raises(BadInput):
        notes.verify(against=["nonsense"])
