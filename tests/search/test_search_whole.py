"""Notes and folders of several parts: what they hold as a whole counts beside their best part."""

import numpy as np
import pytest

from vault_engine.errors import BadInput
from vault_engine.index.keyword.words import score_text
from vault_engine.search.whole import wholes

SECTION = "## {}\n\n" + "the harbour has been as it is for a very long time and nobody says otherwise " * 4 + "{}\n\n"


def paths(recalled):
    return [hit.path for hit in recalled.hits]


def test_a_group_of_one_row_is_worth_what_the_row_is(engine, write_note):
    """So the roll-up is the same BM25, of longer texts."""
    for number, text in enumerate(("lantern", "lantern lantern berth", "a berth for the ferry", "nothing")):
        write_note(f"{number}.md", text)
    engine.recall("lantern")
    index = engine._session.index
    keywords = index.view.keywords
    terms = list(index.analyser.counts("lantern berth"))

    found = wholes(terms, keywords, np.arange(4, dtype=np.int32), np.ones(4, np.bool_))

    expected = score_text("lantern berth", keywords, index.analyser)
    assert [1, 1, 1, 1] == found.sizes.tolist()
    assert expected.tolist() == pytest.approx(found.scores.tolist())


def test_rows_that_may_not_answer_count_for_nothing(engine, write_note):
    """Neither for their group nor for how rare a word is."""
    for number in range(4):
        write_note(f"{number}.md", "lantern")
    engine.recall("lantern")
    keywords = engine._session.index.view.keywords
    group_of = np.array([0, 0, 1, 2], np.int32)

    found = wholes(["lantern"], keywords, group_of, np.array([True, False, True, False]))

    assert ([1, 1], found.scores[0]) == (found.sizes.tolist(), found.scores[1])


def test_a_note_that_speaks_of_it_in_all_its_parts_comes_first(engine, write_note):
    """Its best part is no better than that of the others."""
    parts = SECTION.format("North", "lantern") + SECTION.format("South", "{}")
    write_note("n1.md", parts.format("ferry"))
    write_note("n2.md", parts.format("lantern"))
    write_note("n3.md", parts.format("puppy"))

    recalled = engine.recall("lantern", explain=True)

    assert "n2.md" == paths(recalled)[0]
    assert recalled.hits[0].explain.parts["whole"] > recalled.hits[1].explain.parts["whole"]


def test_a_note_of_one_part_is_judged_by_that_alone(engine, write_note):
    """There is nothing more of it."""
    write_note("a.md", "lantern")

    assert "whole" not in engine.recall("lantern", explain=True).hits[0].explain.parts


def test_folders_are_found_by_all_that_is_in_them(engine, write_note):
    """One hit a folder, its best note; what a filter leaves out does not speak for it."""
    write_note("one/a.md", "lantern of the harbour")
    write_note("one/b.md", "ferry")
    write_note("two/a.md", "lantern of the harbour")
    write_note("two/b.md", "---\ntype: idea\n---\nlantern on the mole")

    assert 2 == len(engine.recall("lantern", by="folder").hits)
    assert "two/" == paths(engine.recall("lantern", by="folder"))[0][:4]
    assert ["two/b.md"] == paths(engine.recall("lantern", by="folder", type="idea"))
    assert 3 == len(engine.recall("lantern").hits)


def test_hits_by_nothing_else(engine):
    """A typing mistake is named."""
    with pytest.raises(BadInput, match="folders"):
        engine.recall("lantern", by="folders")
