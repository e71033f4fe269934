"""`maintain`: copies, what is joined to nothing, the index."""

import pytest

from vault_engine.engine import Chores
from vault_engine.errors import BadInput

SAID = "The staging database runs on PostgreSQL 16 and is backed up every night.\n"
COPIES = Chores(duplicates=True)


@pytest.fixture
def copies(write_note):
    """A note, copies of it that may go, and such as stay for a reason."""
    write_note("facts/first.md", f"---\nid: a\ncreated: 2026-01-01\n---\n{SAID}")
    write_note("facts/second.md", f"---\nid: b\ncreated: 2026-02-01\n---\n\n{SAID}")
    write_note("facts/linked.md", f"---\ncreated: 2026-03-01\n---\n{SAID}")
    write_note("facts/other/deeper.md", SAID)
    write_note("facts/tagged.md", f"---\ncreated: 2026-03-02\ntags: [db]\n---\n{SAID}")
    write_note("facts/verified.md", f"---\ncreated: 2026-03-03\nverified: true\n---\n{SAID}")
    write_note("index.md", "See [[linked]] and [[first]] and [[nowhere]].\n")


def held(vault):
    return {
        str(file.relative_to(vault)): file.read_bytes() for file in vault.glob("**/*.md") if ".memwell" not in str(file)
    }


def test_copies_go_and_come_back(engine, copies, vault):
    """The one that is checked is kept; what states something else, is linked to or lies elsewhere stays."""
    before = held(vault)

    dry = engine.maintain(COPIES)
    assert (before, None) == (held(vault), dry.entry)
    said = {one.path: (one.of, one.exact, one.said) for one in dry.duplicates}
    assert {"facts/first.md", "facts/second.md", "facts/linked.md", "facts/tagged.md"} == said.keys()
    assert {"facts/verified.md"} == {of for of, _, _ in said.values()}
    assert {"states something else as verified", "states something else as tags, verified"} == {
        why for _, _, why in said.values()
    }
    assert () == dry.archived


def test_only_what_says_nothing_of_its_own_goes(engine, write_note, vault):
    """Back by one entry, to the byte."""
    write_note("facts/first.md", f"---\nid: a\ncreated: 2026-01-01\n---\n{SAID}")
    write_note("facts/second.md", f"---\nid: b\ncreated: 2026-02-01\n---\n\n{SAID}")
    write_note("facts/third.md", f"---\npinned: true\n---\n{SAID}")
    write_note("elsewhere/copy.md", SAID)
    before = held(vault)
    (vault / "facts/third.md").write_text("Something else entirely.\n")

    done = engine.maintain(COPIES, dry_run=False)

    assert (("facts/second.md",), False) == (done.archived, (vault / "facts/second.md").exists())
    assert ("facts/second.md",) == engine.undo_together(done.entry).files
    assert before["facts/second.md"] == held(vault)["facts/second.md"]


def test_what_is_linked_to_stays(engine, write_note, vault):
    """Of two copies that are linked to, both; of one, that one."""
    for name in ("a", "b"):
        write_note(f"facts/{name}.md", SAID)
    write_note("index.md", "See [[b]].\n")
    assert [("facts/a.md", "facts/b.md", "")] == [
        (one.path, one.of, one.said) for one in engine.maintain(COPIES).duplicates
    ]
    write_note("more.md", "See [[a]].\n")

    assert ["is linked to"] == [one.said for one in engine.maintain(COPIES, dry_run=False).duplicates]
    assert {"facts/a.md", "facts/b.md"} <= held(vault).keys()


def test_what_is_much_alike_is_only_shown(engine, write_note, vault):
    """With how alike it is, and what differs."""
    write_note("facts/a.md", SAID)
    write_note("facts/b.md", SAID.replace("16", "15"))
    before = held(vault)

    done = engine.maintain(COPIES, dry_run=False)

    assert [False] == [one.exact for one in done.duplicates]
    assert done.duplicates[0].similarity >= 0.7
    assert done.duplicates[0].said.startswith("contradiction: the values differ")
    assert ((), None, before) == (done.archived, done.entry, held(vault))


def test_loose_ends_are_listed(engine, copies):
    """Notes without links, and links to nothing; without anything said, those and the copies."""
    done = engine.maintain(Chores())

    assert ("facts/other/deeper.md", "facts/second.md", "facts/tagged.md", "facts/verified.md") == done.orphans
    assert [("index.md", "nowhere")] == [(one.path, one.target) for one in done.broken_links]
    assert 4 == done.duplicates_total
    assert (1, 4, 1) == (len(engine.maintain(Chores(), limit=1).orphans), done.orphans_total, done.broken_links_total)
    for limit in (0, 1001):
        with pytest.raises(BadInput):
            engine.maintain(Chores(), limit=limit)


def test_the_index_is_made_anew_or_put_together(engine, copies):
    """Only if that is to be done; the notes stay as they are."""
    dry = engine.maintain(Chores(reindex=True))
    assert (None, (), ()) == (dry.built, dry.duplicates, dry.orphans)

    anew = engine.maintain(Chores(reindex=True), dry_run=False)
    together = engine.maintain(Chores(compact=True), dry_run=False)

    assert (7, 0) == (anew.built.added, together.built.added)
    assert engine.check_index().is_right
