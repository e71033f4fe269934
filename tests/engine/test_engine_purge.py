"""What is purged is gone from all that Memwell keeps; what is pruned was nobody's any more."""

import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from leaking import files_with
from stops import Killed, Stop, watched

from vault_engine import Engine, Memory
from vault_engine.engine.session import Session
from vault_engine.errors import NeedsYes, NoteChanged, NoteDamaged
from vault_engine.journal.entry import Op
from vault_engine.note.change import Append

SECRET = "zaubernuss"
TEXT = f"The word is {SECRET}."


def leaks(*folders: Path) -> list[str]:
    """List the files that give the secret away, in any form."""
    return files_with(SECRET, *folders)


@pytest.fixture
def secret(engine, vault):
    """A note that says too much, in several versions, once forgotten; indexed and saved."""
    engine.remember(Memory(TEXT, "a", "k"))
    engine.edit("a/k.md", Append(f"{SECRET} again"))
    engine.forget("a/k.md")
    engine.restore("a/k.md")
    engine.edit("a/k.md", Append(f"Once more: {SECRET}"))
    engine.remember(Memory("Nothing to hide.", "a", "other"))
    engine.index_state()
    return engine


def cache(vault: Path) -> Path:
    return vault.parent / "cache"


def test_the_text_is_in_no_file_any_more(secret, vault):
    """Revisions, archive, what was set aside, index: each had it."""
    local = vault / ".memwell" / "local"
    for folder in ("displaced", "quarantine"):
        (local / folder).mkdir(exist_ok=True)
        (local / folder / "x").write_bytes((vault / "a/k.md").read_bytes())
    (local / "tmp" / "999999999-0-0123.note").write_bytes((vault / "a/k.md").read_bytes())
    assert len(leaks(vault, cache(vault))) > 5

    purged = secret.purge("a/k.md", yes=True)
    secret.close()

    assert [] == leaks(vault, cache(vault))
    assert (0, {}) == (purged.shared, purged.elsewhere)
    assert secret.verify(read_data=True).is_whole
    assert ["a/other.md"] == [hit.path for hit in secret.recall("hide").hits]


def test_the_vectors_of_the_text_are_gone(open_engine, endpoint, vault):
    """Those of other notes are kept."""
    with open_engine(MEMWELL_EMBEDDER=endpoint.setting) as engine:
        engine.remember(Memory(TEXT, "a", "k"))
        engine.remember(Memory("Nothing to hide.", "a", "other"))
        engine.build_index()
        (file,) = cache(vault).rglob("embeddings-*.f32")
        (file.parent / "embeddings-older.log").write_bytes(b"x")
        size = file.stat().st_size
        asked = len(endpoint.texts)
        engine.purge("a/k.md", yes=True)

        (kept,) = cache(vault).rglob("embeddings-*.f32")
        assert (size // 2, False) == (kept.stat().st_size, file.exists())
        assert 1 == len(list(cache(vault).rglob("embeddings-*.log")))
        assert 0 == engine.index_state().chunks_waiting
        assert asked == len(endpoint.texts)


def test_a_failed_attempt_is_purged_too(secret, vault, monkeypatch):
    """What an agent meant to write, and could not, is among the revisions."""
    old = (vault / "a/k.md").read_bytes()
    put = secret._session.vault.put

    def refuse(staged, path, before, keep):
        raise NoteChanged(path, before, "")

    monkeypatch.setattr(secret._session.vault, "put", refuse)
    with pytest.raises(NoteChanged):
        secret.edit("a/k.md", Append(f"{SECRET} in vain"))
    monkeypatch.setattr(secret._session.vault, "put", put)
    assert old == (vault / "a/k.md").read_bytes()
    secret.purge("a/k.md", yes=True)

    assert [] == leaks(vault)


def test_a_content_that_another_note_has_stays(secret, vault, write_note):
    """Even one that was saved a moment ago."""
    write_note("twin.md", (vault / "a/k.md").read_bytes(), fresh=True)
    secret.status()
    purged = secret.purge("a/k.md", yes=True)

    assert (1, True) == (purged.shared, (vault / "twin.md").exists())
    assert secret.verify(read_data=True).is_whole


def test_a_content_that_comes_back_is_kept_again(secret, vault, write_note):
    """Somebody had a copy: what is in a note is in the history, and repair leaves it there."""
    data = (vault / "a/k.md").read_bytes()
    secret.purge("a/k.md", yes=True)
    write_note("back.md", data)
    secret.remember(Memory("x"))
    secret.repair()

    head = secret._session.known.get("back.md")
    assert head is not None
    assert data == secret._session.revisions.get(head.sha256)
    assert secret.verify(read_data=True).is_whole


def test_a_forgotten_note_is_purged_from_the_archive(secret, vault):
    """By the path it had."""
    secret.forget("a/k.md")

    assert ("a/k.md",) == secret.purge("a/k.md", yes=True).archived
    assert [] == leaks(vault)


def test_a_dry_run_and_a_missing_yes_change_nothing(secret, vault):
    """The first says what would go; the second raises."""
    before = {file: file.read_bytes() for file in vault.rglob("*") if file.is_file()}
    planned = secret.purge("a/k.md", dry_run=True)
    assert (3, ()) == (planned.revisions, planned.archived)
    with pytest.raises(NeedsYes):
        secret.purge("a/k.md")

    assert before == {file: file.read_bytes() for file in vault.rglob("*") if file.is_file()}


def test_another_device_erases_what_it_keeps_when_it_next_writes(secret, vault, open_engine):
    """Until then it is told of."""
    far = open_engine(MEMWELL_DEVICE="far", MEMWELL_CACHE_DIR=str(vault.parent / "far"))
    far.edit("a/k.md", Append(f"{SECRET} from afar"))
    purged = secret.purge("a/k.md", yes=True)
    assert (True, True) == (sum(purged.elsewhere.values()) > 0, leaks(vault / ".memwell") != [])

    far.remember(Memory("anything"))
    far.close()

    assert [] == leaks(vault, cache(vault), vault.parent / "far")


def test_a_crash_at_any_step_is_finished_by_repair(secret, vault, env, tmp_path, monkeypatch):
    """Once the journal says that it was purged; before that, the purge can be done again."""
    count = secret.purge("a/k.md", dry_run=True).revisions
    secret.close()
    folder = tmp_path / "trial"
    number, seen = 0, 1
    while number < seen:
        number += 1
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(vault, folder)
        cached = env | {"MEMWELL_CACHE_DIR": str(tmp_path / "trial-cache")}
        dying, operations = Engine.open(folder, env=cached), Stop(number, folder)
        dying.index_state()
        with watched(operations, monkeypatch):
            try:
                dying.purge("a/k.md", yes=True)
            except Killed:
                seen = number + 1
        with Engine.open(folder, env=cached) as engine:
            engine.repair()
            if count > [entry.change.op for entry in engine._session.journal.entries()].count(Op.PURGE):
                engine.purge("a/k.md", yes=True)
            assert engine.verify(read_data=True).is_whole, operations.seen[-1]
        assert [] == leaks(folder, tmp_path / "trial-cache"), operations.seen[-1]
    assert number > 20


# ---- pruning


@pytest.fixture
def aged(open_engine, vault, monkeypatch):
    """A vault that keeps a day and two versions, with five versions of a note, long ago, and a forgotten note."""
    (vault / ".memwell" / "config.toml").write_text("keep_days = 1\nkeep_versions = 2\n")
    engine = open_engine()
    now = Session.now
    monkeypatch.setattr(Session, "now", lambda session: now(session) - timedelta(days=10))
    versions = [engine.remember(Memory("version 0", "a", "k")).sha256]
    versions += [engine.edit("a/k.md", Append(f"version {number}")).sha256 for number in range(1, 5)]
    engine.remember(Memory("forgotten", "a", "gone"))
    engine.forget("a/gone.md")
    monkeypatch.undo()
    return engine, versions


def test_pruning_drops_what_the_settings_do_not_keep(aged, vault):
    """And verify does not miss it."""
    engine, versions = aged
    assert (3, 3) == (engine.prune(dry_run=True).revisions, engine.prune().revisions)

    assert [False, False, False, True, True] == [one in engine._session.revisions for one in versions]
    assert engine.verify(read_data=True).is_whole
    assert 0 == engine.prune().revisions


def test_after_pruning_a_merge_and_an_undo_fail_clearly(aged, write_note, vault):
    """What they need is not kept any more."""
    engine, versions = aged
    engine.prune()
    with pytest.raises(NoteChanged):
        engine.edit("a/k.md", Append("x"), expected=versions[0], merge=True)
    entry = engine.history("a/k.md").versions[-2].entry
    with pytest.raises(NoteDamaged):
        engine.undo("a/k.md", entry=entry)


def test_a_damaged_journal_lets_no_unknown_revision_go(aged, vault):
    """The entries that named it may be lost."""
    engine, versions = aged
    for file in (vault / ".memwell" / "journal").rglob("*.jsonl"):
        file.unlink()

    assert 0 == engine.prune().revisions
    assert [True] * 5 == [one in engine._session.revisions for one in versions]


def test_without_a_setting_nothing_is_pruned(engine):
    """All is kept for ever."""
    engine.remember(Memory("one", "a", "k"))

    assert (0, None) == (engine.prune().revisions, engine.prune().since)
