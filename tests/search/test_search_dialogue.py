"""Turns of conversations are found by what is around them; nothing else is touched by that."""

import pytest

TALK = """Ann: Did you sell the old boat?
Ben: Yes, to a man from Kappeln, last Tuesday.
Ann: I have a new lamp for the hallway.
Ben: Nice, which colour did you choose in the end?
Ann: Green, the same as the door.
Ben: We should paint the fence.
Ann: My sister will visit us.
Ben: The weather was bad all the time.""".splitlines()


@pytest.fixture
def talk(engine, write_note):
    """A conversation, one turn a note."""
    for number, turn in enumerate(TALK, 1):
        write_note(f"talk/t{number}.md", turn)
    return engine


def first(engine, query, **asked):
    return engine.recall(query, **asked).hits[0]


def test_an_answer_is_found_by_its_question(talk):
    """It shares no word with what is asked."""
    hits = [hit.path for hit in talk.recall("which colour did they choose", limit=3).hits]

    assert {"talk/t4.md", "talk/t5.md"} <= set(hits)


def test_a_question_for_a_time_finds_the_turn_that_names_one(talk):
    """When was the boat sold: not the turn that asks, though it has the words."""
    hit = first(talk, "When was the old boat sold?", explain=True)

    assert "talk/t2.md" == hit.path
    assert hit.explain.parts["time"] > 0
    assert "names a time" in hit.why


def test_who_is_named_speaks(talk):
    """Of two turns that fit alike the one by the person asked about."""
    ben, ann = first(talk, "what did Ben paint, choose or sell"), first(talk, "what did Ann choose")

    assert (True, True) == (
        ben.path in ("talk/t2.md", "talk/t4.md", "talk/t6.md"),
        ann.path in ("talk/t3.md", "talk/t5.md"),
    )
    assert "said by whom you name" in ann.why


def test_a_turn_that_may_not_answer_lends_nothing(talk, write_note):
    """A filter holds for what is around as well: the question is not seen, so its answer is not found by it."""
    write_note("talk/t4.md", f"---\ntype: secret\n---\n{TALK[3]}")
    write_note("talk/t5.md", f"---\ntype: open\n---\n{TALK[4]}")

    assert "talk/t5.md" in [hit.path for hit in talk.recall("which colour did they choose").hits]
    assert () == talk.recall("which colour did they choose", type="open").hits


def test_a_turn_that_may_not_answer_is_no_neighbour_by_meaning(write_note, open_engine):
    """It is as if the others said nothing."""
    engine = open_engine(MEMWELL_EMBEDDER="packaged")
    for number, turn in enumerate(TALK, 1):
        write_note(f"talk/t{number}.md", f"---\ntype: {'open' if number == 5 else 'secret'}\n---\n{turn}")

    hit = first(engine, "which colour did they choose", type="open", explain=True, min_score=0)

    assert "talk/t5.md" == hit.path
    assert not {"around", "answers"} & hit.explain.parts.keys()


def test_other_notes_are_ranked_as_if_there_were_no_conversation(talk, write_note):
    """Their scores are the same to the last digit, and what stands around them does not count."""
    write_note("docs/1-lamp.md", "How to mount a lamp in a hallway.")
    write_note("docs/2-door.md", "Doors are green here.")
    hits = [hit for hit in talk.recall("lamp hallway", limit=50, explain=True).hits if hit.path.startswith("docs/")]

    assert ["docs/1-lamp.md"] == [hit.path for hit in hits]
    assert {"words"} == set(hits[0].explain.parts)


def test_a_conversation_is_asked_in_the_query_language_as_anything_else(talk):
    """Exactly what matches is found: no turn that only stands beside one."""
    assert ["talk/t4.md"] == [hit.path for hit in talk.recall("colour", query_syntax=True).hits]


def test_a_search_within_a_folder_knows_no_other_notes(talk, write_note):
    """Not as turns around, not by links, not for the reranker: scores are those of a vault of that folder alone."""
    write_note("apart/own.md", "Ann: the old boat, see [[t2]]")
    asked = {"within": "apart", "expand": "graph", "rerank": True, "explain": True}

    recalled = talk.recall("the old boat", **asked)

    assert (["apart/own.md"], 1) == ([hit.path for hit in recalled.hits], recalled.notes_searched)
    before = recalled.hits[0].explain.parts
    write_note("talk/t9.md", "Ann: the old boat, the old boat")
    assert before == talk.recall("the old boat", **asked).hits[0].explain.parts
