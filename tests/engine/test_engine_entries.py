"""`last_entries` and `find_entries`: the journal as it is written."""

import pytest
from history_helpers import arrive

from vault_engine import Memory
from vault_engine.engine.entries import find_entries, last_entries
from vault_engine.errors import BadInput, EntryMissing, StorageFailed
from vault_engine.journal.entry import Change, Op


@pytest.fixture
def session(engine):
    return engine._session


def test_the_newest_entries_come_last(engine, session):
    """As many as asked for; how many there are is said."""
    for key in "abc":
        engine.remember(Memory(key, category="x", key=key))

    found = last_entries(session, 2)

    assert (["x/b.md", "x/c.md"], 3) == ([entry.path for entry in found.entries], found.total)
    assert ("create", "tester", "", None, False) == (
        (last := found.entries[-1]).op, last.actor.name, last.before, last.ref, last.aborted
    )  # fmt: skip
    with pytest.raises(BadInput):
        last_entries(session, 0)


def test_an_entry_is_found_by_its_id_its_number_or_a_path(engine, session, vault):
    """Several devices may have one number; a path is one that a note left or got."""
    engine.remember(Memory("a", category="x", key="a"))
    engine.move("a", "y/b.md")
    arrive(vault, Change(Op.CREATE, "z.md", "", "0" * 64))
    first, _ = entries = last_entries(session, 3).entries[1:]

    assert (first,) == find_entries(session, first.id).entries
    assert {"z.md", "x/a.md"} == {entry.path for entry in find_entries(session, "#1").entries}
    assert entries == find_entries(session, path="x/a.md").entries
    assert entries[1:] == find_entries(session, path="y/b.md").entries


@pytest.mark.parametrize("named", [{"which": "#9"}, {"which": "x"}, {"which": ""}, {"path": "x"}])
def test_what_is_not_there_is_missing(session, named):
    """Rather than an empty answer."""
    with pytest.raises(EntryMissing):
        find_entries(session, **named)


@pytest.mark.parametrize("named", [{}, {"which": "#1", "path": "a.md"}])
def test_one_way_to_name_an_entry_has_to_be_chosen(session, named):
    """Not none, not both."""
    with pytest.raises(BadInput):
        find_entries(session, **named)


def test_what_did_not_happen_is_marked(engine, session):
    """The entry stays, and so does the one that aborts it."""

    change = Change(Op.CREATE, "a.md", "", "0" * 64)
    with (
        pytest.raises(StorageFailed),
        session.vault.lock.held(),
        session.journal.announced(change, at=session.now(), actor=session.actor(None)),
    ):
        raise StorageFailed("a.md", "full")

    found = find_entries(session, path="a.md").entries
    assert [("create", True), ("abort", False)] == [(entry.op, entry.aborted) for entry in found]
