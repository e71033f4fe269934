"""What can be asked of a search beside the question: times, links, variety, a floor, a budget, and why."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault_engine.errors import BadInput

DATED = "---\ncreated: {}\nupdated: {}\n---\nlantern {}\n"


@pytest.fixture
def dated(engine, write_note):
    """Notes that say when they were made and changed."""
    write_note("old.md", DATED.format("2024-01-05", "2024-02-01", "one"))
    write_note("kept.md", DATED.format("2024-01-05", "2026-03-10T12:00:00", "two"))
    write_note("new.md", DATED.format("2026-03-20", "2026-03-20", "three"))
    return engine


def paths(recalled):
    return [hit.path for hit in recalled.hits]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"since": "2026-01-01"}, {"kept.md", "new.md"}),
        ({"until": "2026-03-10"}, {"old.md", "kept.md"}),
        ({"until": "2026-03-09"}, {"old.md"}),
        ({"since": "2026-03-11", "until": "2026-03-31"}, {"new.md"}),
        ({"as_of": "2025-01-01"}, {"old.md", "kept.md"}),
        ({"since": "3 days ago"}, set()),
    ],
)
def test_notes_of_a_time(dated, asked, expected):
    """When a note was changed last, as it says itself; a day that ends a time is in it."""
    assert expected == set(paths(dated.recall("lantern", **asked)))


def test_what_no_longer_held_is_not_found_as_of_then(engine, write_note):
    """A fact holds from its valid_from until its valid_to."""
    write_note("first.md", "---\nvalid_from: 2024-01-01\nvalid_to: 2025-01-01\n---\nlantern\n")
    write_note("second.md", "---\nvalid_from: 2025-01-01\n---\nlantern\n")

    assert ["first.md"] == paths(engine.recall("lantern", as_of="2024-06-01"))
    assert ["second.md"] == paths(engine.recall("lantern", as_of="2025-06-01"))
    assert ["second.md", "first.md"] == paths(engine.recall("lantern"))


@pytest.mark.parametrize(
    "asked",
    [
        {"since": "some day"},
        {"since": "2026-03-02", "until": "2026-03-01"},
        {"expand": "everything"},
        {"fusion": "both"},
        {"min_score": 1.5},
        {"budget_tokens": 0},
        {"cursor": "!"},
        {"cursor": ""},
    ],
)
def test_what_makes_no_sense_is_refused(dated, asked):
    """And said so, before anything is looked for."""
    with pytest.raises(BadInput):
        dated.recall("lantern", **asked)


def test_a_time_in_the_question_brings_notes_of_it_forward(dated):
    """Two notes say the same; the one that was changed in that month comes first, and it is said why."""
    first = dated.recall("the lantern in march 2026").hits[0]

    assert first.path in ("new.md", "kept.md")
    assert "of the time you name" in first.why
    assert "old.md" == dated.recall("the lantern in february 2024").hits[0].path


def test_a_link_leads_to_a_note_that_shares_no_word(engine, write_note):
    """Half as good as the hit it was found through, and named after it."""
    write_note("lantern.md", "lantern, see [[berth]]")
    write_note("berth.md", "a place to moor")
    write_note("far.md", "nothing of the kind")

    plain, expanded = engine.recall("lantern"), engine.recall("lantern", expand="graph")

    assert ["lantern.md"] == paths(plain)
    assert ["lantern.md", "berth.md"] == paths(expanded)
    assert ("linked with lantern",) == expanded.hits[1].why
    assert expanded.hits[1].score == pytest.approx(expanded.hits[0].score / 2, abs=1e-4)


def test_a_filter_holds_for_what_links_lead_to(engine, write_note):
    """A note that may not answer is no hit, whatever links to it."""
    write_note("a/lantern.md", "lantern, see [[berth]]")
    write_note("b/berth.md", "a place to moor")

    assert ["a/lantern.md"] == paths(engine.recall("lantern", expand="graph", category="a"))


def test_a_floor_leaves_out_what_is_worse(dated):
    """Rather nothing than something bad."""
    best = dated.recall("lantern").hits[0].score

    assert [] == paths(dated.recall("lantern", min_score=min(best + 0.01, 1)))
    assert 3 == len(dated.recall("lantern", min_score=0.01).hits)


def test_a_phrase_in_quotation_marks_comes_first(engine, write_note):
    """Word for word, though another note has the words more often."""
    write_note("apart.md", "dump, dump, dump: one a day, and nightly at that")
    write_note("phrase.md", "some words around the nightly dump in a longer sentence of other words")

    assert "apart.md" == engine.recall("nightly dump").hits[0].path
    first = engine.recall('where is the "nightly dump"').hits[0]
    assert ("phrase.md", True) == (first.path, "holds the phrase" in first.why)


@given(budget=st.integers(1, 400))
def test_pages_of_any_size_give_every_hit_once(harbour_pages, budget):
    """Going on with the cursor until there is none gives the same hits in the same order as one long answer."""
    engine, whole = harbour_pages
    found, cursor = [], None
    while True:
        answer = engine.recall("queue", mode="keyword", limit=4, budget_tokens=budget, cursor=cursor)
        assert 1 <= len(answer.hits) <= 4
        found += paths(answer)
        cursor = answer.cursor
        if cursor is None:
            break

    assert whole == found


@pytest.fixture(scope="module")
def harbour_pages(tmp_path_factory):
    """A vault with eleven notes that answer, and their paths in order."""
    from vault_engine import Engine

    folder = tmp_path_factory.mktemp("pages")
    Engine.create(folder / "vault")
    for number in range(11):
        (folder / "vault" / f"{number}.md").write_text(f"queue {'word ' * number * 9}", "utf-8")
    env = {"MEMWELL_CACHE_DIR": str(folder / "cache"), "MEMWELL_EMBEDDER": "none"}
    with Engine.open(folder / "vault", env=env) as engine:
        yield engine, paths(engine.recall("queue", mode="keyword", limit=50))


@pytest.mark.parametrize(
    "said", ["[1,3]", '[2,3,"x"]', '[1,"3","x"]', '[1,-3,"x"]', "{}", "[" * 5000, '[1,99999999,"x"]', "null"]
)
def test_a_made_up_cursor_is_refused(dated, said):
    """Whatever it holds."""
    with pytest.raises(BadInput, match="cursor"):
        dated.recall("lantern", cursor=base64.urlsafe_b64encode(said.encode()).decode().rstrip("="))


def test_a_cursor_belongs_to_its_question(dated):
    """Another question begins at its beginning."""
    cursor = dated.recall("lantern", limit=1).cursor

    assert 1 == len(dated.recall("lantern", limit=1, cursor=cursor).hits)
    with pytest.raises(BadInput, match="another question"):
        dated.recall("lantern one", limit=1, cursor=cursor)


def test_the_parts_of_a_score_add_up(harbour):
    """What is explained is all there is."""
    for asked in ({}, {"fusion": "rrf"}, {"expand": "graph"}, {"mode": "keyword"}, {"mode": "semantic"}):
        for hit in harbour.recall("which job queue do we use", explain=True, **asked).hits:
            score = min(max(sum(hit.explain.parts.values()), 0), 1)
            for factor in hit.explain.factors.values():
                score *= factor
            assert min(score, 1) == pytest.approx(hit.score, abs=2e-3)


def test_what_a_note_states_is_shown(engine, write_note):
    """When it was made, where it comes from and how far it is to be trusted; nothing where it does not say."""
    write_note("a.md", "---\ncreated: 2026-03-01\nsource: a letter\ntrust: verified\n---\nlantern\n")
    write_note("b.md", "lantern\n")

    said = {hit.path: (hit.created, hit.source, hit.trust) for hit in engine.recall("lantern").hits}
    assert {"a.md": ("2026-03-01", "a letter", "verified"), "b.md": (None, None, None)} == said


def test_importance_confidence_and_pins_only_multiply(engine, write_note):
    """A note that matters comes before one that says the same, never before one that answers better."""
    write_note("plain.md", "lantern by the pier\n")
    write_note("dear.md", "---\nimportance: 1\npinned: true\n---\nlantern by the pier\n")
    write_note("doubtful.md", "---\nconfidence: 0.1\n---\nlantern by the pier\n")
    write_note("elsewhere.md", "---\nimportance: 1\npinned: true\n---\na pier\n")

    assert ["dear.md", "plain.md", "doubtful.md", "elsewhere.md"] == paths(engine.recall("lantern by the pier"))


def test_different_hits_come_before_the_same_once_more(open_engine, write_note, tmp_path):
    """Three copies of the best note no longer fill the answer."""
    engine = open_engine(MEMWELL_EMBEDDER="packaged")
    for number in range(3):
        write_note(f"copy{number}.md", "# Lantern\n\nThe lantern on the pier is lit at dusk.")
    write_note("other.md", "# Repair\n\nWho repairs a broken lantern, and what that costs the marina.")

    plain = paths(engine.recall("lantern on the pier", limit=4))
    diverse = paths(engine.recall("lantern on the pier", limit=4, diverse=True))

    assert 3 == plain.index("other.md")
    assert 1 == diverse.index("other.md")
    assert set(plain) == set(diverse)


def test_a_cursor_can_be_sent_anywhere(dated):
    """Letters, digits, - and _ only; it says nothing of the question's words."""
    cursor = dated.recall("lantern", limit=1).cursor

    assert cursor.replace("-", "").replace("_", "").isalnum()
    assert "lantern" not in json.dumps(base64.urlsafe_b64decode(cursor + "==").decode())


def test_what_is_not_to_be_trusted_can_be_left_out(engine, write_note):
    """Be it found by words, by the query language or by a link; whoever reads the rest sees no less."""
    write_note("web.md", "---\ntrust: Untrusted\n---\nlantern, see [[mail]]\n")
    write_note("mail.md", "---\ntrust: verified\n---\nlantern [[web]]\n")
    write_note("own.md", "lantern\n")

    assert {"web.md", "mail.md", "own.md"} == {hit.path for hit in engine.recall("lantern").hits}
    assert {"mail.md", "own.md"} == {hit.path for hit in engine.recall("lantern", trusted=True).hits}
    assert {"mail.md", "own.md"} == {hit.path for hit in engine.recall("lantern", trusted=True, expand="graph").hits}
    assert ["web.md"] == [hit.path for hit in engine.recall("trust:untrusted", query_syntax=True).hits]


def test_a_hit_names_the_marks_that_nobody_sees(engine, write_note):
    """Those in what is shown of it."""
    write_note("a.md", "lan\u202etern\n")
    write_note("b.md", "# Harbour\n\nlantern\n")

    assert {"a.md": ("U+202E",), "b.md": ()} == {
        hit.path: hit.invisible for hit in engine.recall("lantern OR path:a.md", query_syntax=True).hits
    }
