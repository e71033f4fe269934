"""Notes taken apart, and lists of them by what they state: what the tools of other memories are made of."""

import pytest

from vault_engine.engine import DecayFilter, Memory
from vault_engine.errors import BadInput, NoteMissing, VersionMissing


@pytest.fixture
def engine(open_engine):
    return open_engine()


def used(engine, path):
    """Say how often a note was used."""
    (one,) = engine.decay(DecayFilter(paths=(path,))).notes
    return one.access_count


def test_a_note_is_taken_apart(engine, write_note):
    """Its text stands alone; of its properties nothing is lost."""
    write_note("a/b.md", "---\nid: x1\ntype: fact\npinned: true\nn: [1, 2]\n---\n\n# Title\n\ntext\n\n")

    found = engine.parts("x1")

    assert ("# Title\n\ntext", "Title", "a", "b", "fact") == (
        found.body,
        found.title,
        found.category,
        found.key,
        found.type,
    )
    assert ([1, 2], True, False, "x1") == (found.properties["n"], found.pinned, found.verified, found.name)
    assert found.sha256 == engine.read("x1").sha256


def test_as_it_was_at_a_time(engine):
    """By any name of a version."""
    engine.remember(Memory("one", category="a", key="b"))
    first = engine.history("a/b").versions[0].entry
    engine.remember(Memory("two", category="a", key="b"))

    assert ("one", "two") == (engine.parts("a/b", first).body, engine.parts("a/b").body)
    with pytest.raises(VersionMissing):
        engine.parts("a/b", "2020-01-01")


def test_looking_is_a_use_only_where_that_is_said(engine):
    """For a note and for a search."""
    engine.remember(Memory("teapot", category="a", key="b"))
    engine.parts("a/b")
    engine.recall("teapot", is_use=False)

    assert 0 == used(engine, "a/b.md")
    engine.parts("a/b", is_use=True)
    assert 1 == used(engine, "a/b.md")


def test_what_is_out_of_reach_is_not_there(engine):
    """Nor does it matter in any situation, and it is not in a list."""
    engine.remember(Memory("x", key="a", recall_when=("deploy",)), within=engine.reach("one"))
    within = engine.reach("two")

    with pytest.raises(NoteMissing):
        engine.parts("workspaces/one/notes/a.md", within=within)
    assert () == engine.situated("we deploy", within=within)
    assert () == engine.list(newest=True, within=within).notes
    assert 1 == len(engine.situated("we deploy", within=engine.reach("one")))


def test_situations(engine):
    """All words of one of them are there."""
    engine.remember(Memory("x", key="a", recall_when=("never mind", "deploy on friday")))
    engine.remember(Memory("y", key="b", recall_when=("the other thing",)))

    assert ["a"] == [one.key for one in engine.situated("Friday: who will deploy this?")]
    assert () == engine.situated("deployment")
    for text, limit in ((" ", 1), ("x" * 5000, 1), ("x", 0)):
        with pytest.raises(BadInput):
            engine.situated(text, limit=limit)


def test_lists_by_tier_and_pin_and_age(engine, write_note):
    """Names that other memories have for a tier count too; the newest first where that is asked for."""
    write_note("a.md", "---\ntier: episodic\nupdated: 2026-01-01\n---\n")
    write_note("b.md", "---\ntier: buffer\npinned: true\nupdated: 2026-01-03\n---\n")
    write_note("c.md", "---\ntier: core\nupdated: 2026-01-02\n---\n")

    def paths(**terms):
        return [one.path for one in engine.list(**terms).notes]

    assert ["a.md", "b.md"] == paths(tier="episodic")
    assert ["b.md"] == paths(pinned=True)
    assert ["b.md", "c.md", "a.md"] == paths(newest=True)
    assert ["b.md"] == paths(newest=True, limit=1)
    with pytest.raises(BadInput, match="no tier"):
        paths(tier="nothing")


def test_what_changed_last_comes_first_however_often_it_changed(engine):
    """What a note was before is no note any more, and takes nobody's place."""
    for key in "abc":
        engine.remember(Memory(f"note {key}", key=key))
    for number in range(8):
        engine.remember(Memory(f"note c {number}", key="c"))
        assert {f"notes/{key}.md" for key in "abc"} == {one.path for one in engine.list(newest=True).notes}


def test_a_context_of_some_categories(engine):
    """Pinned notes of others are left out as well."""
    for category in ("a", "a/b", "c"):
        engine.remember(Memory(f"teapot of {category}", category=category, key="k", pinned=True))

    for query in (None, "teapot"):
        assert {"a/k.md", "a/b/k.md"} == set(engine.context(query, categories=("a",)).notes)
        assert 3 == len(engine.context(query).notes)


def test_only_what_is_gone_is_purged_where_that_is_meant(engine):
    """A note that has the path again stays."""
    engine.remember(Memory("old", key="a"))
    engine.forget("notes/a")
    engine.remember(Memory("new", key="a"))

    with pytest.raises(BadInput, match="forget it first"):
        engine.purge("notes/a.md", yes=True, only_gone=True)
    assert "new" == engine.parts("notes/a").body
    engine.forget("notes/a")
    assert 1 == len(engine.purge("notes/a.md", yes=True, only_gone=True).archived)
