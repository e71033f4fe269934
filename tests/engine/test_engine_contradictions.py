"""Notes that contradict each other, new ones that do, and corrections."""

import pytest

from vault_engine import Memory
from vault_engine.errors import BadInput

PG = "The staging database runs PostgreSQL {}."


def remember(engine, text, **fields):
    """Keep a fact, as the command line and agents do where nothing else is said."""
    return engine.remember(Memory(text, **{"category": "facts", "on_similar": "hint"} | fields))


@pytest.fixture
def vault_of_facts(engine):
    """Three contradictions among facts that agree, and one look-alike elsewhere."""
    for text in (
        PG.format(15),
        PG.format(16),
        "Code reviews are required.",
        "Code reviews are not required.",
        "My sister lives in Lisbon.",
        "My sister moved to Porto.",
        "The staging database is backed up nightly.",
        "Bob likes tea.",
    ):
        remember(engine, text, on_similar="off")
    remember(engine, PG.format(17), category="elsewhere")
    return engine


def pairs(found):
    return {(one.old.removeprefix("facts/"), one.kind) for one in found.found}


def test_they_are_found_within_a_category(vault_of_facts):
    """With why, and what both say; other categories are other worlds."""
    found = vault_of_facts.contradictions()

    assert {
        ("the-staging-database-runs-postgresql-15.md", "contradiction"),
        ("code-reviews-are-required.md", "contradiction"),
        ("my-sister-lives-in-lisbon.md", "update"),
    } == pairs(found)
    assert (3, 9) == (found.total, found.notes)
    assert (PG.format(15), PG.format(16)) in {(one.old_says, one.new_says) for one in found.found}
    assert 0 == vault_of_facts.contradictions("elsewhere").total
    assert 1 == len(vault_of_facts.contradictions(limit=1).found)


@pytest.mark.parametrize("kept", [((1, 100), (2, 500)), ((2, 500), (1, 100))], ids=["older", "newer"])
def test_why_is_said_in_the_order_of_the_notes(engine, kept):
    """The older one first, whichever was kept first."""
    for day, limit in kept:
        remember(engine, f"---\nvalid_from: 2026-01-0{day}\n---\nThe limit is {limit}.")

    (found,) = engine.contradictions().found

    assert ("The limit is 100.", "the values differ: 100, 500") == (found.old_says, found.why)


def test_to_resolve_shows_first_and_is_undone_as_one(vault_of_facts, vault):
    """The older note of each is superseded; what was settled is not found again."""
    before = {file.name: file.read_bytes() for file in (vault / "facts").iterdir()}
    planned = vault_of_facts.contradictions(resolve=True)
    assert (3, None, 3) == (planned.resolved, planned.entry, planned.diff.count("+status: deprecated"))
    assert before == {file.name: file.read_bytes() for file in (vault / "facts").iterdir()}

    done = vault_of_facts.contradictions(resolve=True, dry_run=False)

    assert (3, planned.diff.count("\n")) == (done.resolved, done.diff.count("\n"))
    assert 0 == vault_of_facts.contradictions().total
    assert 6 == len(vault_of_facts.undo_together(done.entry).files)
    assert before == {file.name: file.read_bytes() for file in (vault / "facts").iterdir()}


def test_a_surer_note_stands_though_it_is_older(engine):
    """And one that is pinned is never given up."""
    remember(engine, "The limit is 100.", key="sure")
    remember(engine, "---\nconfidence: 0.5\n---\nThe limit is 500.", key="unsure")
    remember(engine, "The port is 80.", key="pinned", pinned=True)
    remember(engine, "The port is 8080.", key="later")
    found = {one.old: one for one in engine.contradictions().found}

    assert found["facts/unsure.md"].new == "facts/sure.md"
    assert "facts/pinned.md is pinned" == found["facts/pinned.md"].undecided
    assert 1 == engine.contradictions(resolve=True, dry_run=False).resolved


def test_what_can_not_be_changed_is_left_out(engine, write_note):
    """And said; the others are settled."""
    write_note("facts/old.md", "---\na: [\n---\nThe limit is 100.\n")
    write_note("facts/odd.md", b"The port is 80.\n\xff\n")
    write_note("facts/a.md", "---\n{created: 2020-01-01, status: open}\n---\nThe port is 81.\n")
    for key, text in {"b": "The port is 82.", "c": "The size is 5 GB.", "d": "The size is 6 GB."}.items():
        remember(engine, text, key=key, on_similar="off")
    done = engine.contradictions(resolve=True, dry_run=False)

    assert ["facts/a.md"] == [one.path for one in done.left_out]
    assert (2, 1) == (done.total, done.resolved)
    assert "deprecated" == engine.read("facts/c").properties["status"]


def test_what_is_untrusted_replaces_nothing(engine):
    """However new it is."""
    remember(engine, "The limit is 100.", key="ours")
    remember(engine, "The limit is 900.", key="theirs", trust="untrusted")
    (one,) = engine.contradictions().found

    assert ("facts/ours.md", "facts/theirs.md is not trusted") == (one.old, one.undecided)
    for fields in ({"trust": "untrusted"}, {}):
        with pytest.raises(BadInput, match="untrusted"):
            remember(engine, "---\ntrust: Untrusted\n---\nThe limit is 1.", on_similar="supersede", **fields)


def test_nothing_tells_which_is_newer(engine, write_note):
    """Then it is left to a person."""
    write_note("facts/a.md", "The limit is 100.\n")
    write_note("facts/b.md", "The limit is 500.\n")
    (one,) = engine.contradictions().found

    assert "nothing tells which is newer" == one.undecided
    assert 0 == engine.contradictions(resolve=True).resolved


def test_the_same_title_is_the_same_subject(engine, write_note):
    """Where the sentence itself does not name it."""
    write_note("facts/a.md", "# Redis\n\nOn port 6379.\n")
    write_note("facts/b.md", "# Redis\n\nOn port 6380.\n")
    write_note("facts/c.md", "# Kafka\n\nOn port 9092.\n")

    assert ["the values differ: 6379, 6380"] == [one.why for one in engine.contradictions().found]


@pytest.mark.parametrize("limit", [0, 1001])
def test_limits_are_checked(engine, limit):
    """As everything from outside."""
    with pytest.raises(BadInput):
        engine.contradictions(limit=limit)


class TestOnSimilar:
    """What remembering says of notes that say the same or the contrary."""

    def test_both_stay_and_it_is_said(self, engine, vault):
        """With how alike they are, and why they disagree."""
        remember(engine, PG.format(15))
        (hint,) = remember(engine, PG.format(16)).hints

        assert "facts/the-staging-database-runs-postgresql-15.md is 67% alike and disagrees" in hint
        assert "15, 16" in hint
        assert 2 == len(list((vault / "facts").iterdir()))

    def test_the_same_is_said(self, engine):
        """In other words."""
        remember(engine, "Code reviews are required.")

        assert "says the same" in remember(engine, "Code reviews are mandatory.").hints[0]

    def test_the_new_one_takes_its_place(self, engine):
        """Where that was asked for and it contradicts only one; its revision is that with the link."""
        remember(engine, PG.format(15), key="old")
        done = remember(engine, PG.format(16), key="new", on_similar="supersede")

        assert "in the place of facts/old.md" in done.hints[0]
        assert "deprecated" == engine.read("facts/old").properties["status"]
        assert engine.read("facts/new").sha256 == done.sha256

    def test_of_several_none_is_chosen(self, engine):
        """A person or the agent has to."""
        remember(engine, PG.format(14), key="a")
        remember(engine, PG.format(15), key="b", on_similar="off")
        done = remember(engine, PG.format(16), key="c", on_similar="supersede")

        assert "contradicts several notes" in done.hints[-1]
        assert "status" not in engine.read("facts/a").properties

    def test_nothing_is_said_unasked(self, engine):
        """Of another category, of what is unlike, of an update, and where that is turned off."""
        remember(engine, PG.format(15), key="a")

        assert () == remember(engine, PG.format(16), category="other").hints
        assert () == remember(engine, "Bob likes tea.").hints
        assert () == remember(engine, PG.format(16), on_similar="off").hints
        assert () == remember(engine, PG.format(14), key="a").hints
        with pytest.raises(BadInput):
            remember(engine, "x", on_similar="drop")

    def test_a_folder_confines_it(self, engine):
        """Who reaches only one hears nothing of the others."""
        remember(engine, PG.format(15), category="a/x")
        done = engine.remember(Memory(PG.format(16), category="a/x/y", on_similar="hint"), within="a/x/y")

        assert () == done.hints


def test_a_correction_is_kept_in_parts(engine, vault):
    """With its context as the situation in which it is thought of."""
    done = engine.correct("Deploy on Friday.", "Deploy on Monday.", "planning\na release", tags=("ops",))
    note = engine.read(done.path)

    assert "corrections/deploy-on-monday.md" == done.path
    assert ("correction", 1.0, ["planning a release"], ["ops"]) == tuple(
        note.properties[name] for name in ("type", "confidence", "recall_when", "tags")
    )
    body = "## Wrong\n\nDeploy on Friday.\n\n## Right\n\nDeploy on Monday.\n\n## Context\n\nplanning\na release"
    assert note.text.rstrip().endswith(body)
    for wrong, right in (("", "x"), ("x", " "), ("x" * 20_001, "y")):
        with pytest.raises(BadInput):
            engine.correct(wrong, right)


def test_what_is_extracted_becomes_notes(engine):
    """In the folder of its kind."""
    done = engine.remember_extracted("I prefer tea. The API has 3 parts.", source="talk")

    assert ["preferences/i-prefer-tea.md", "facts/the-api-has-3-parts.md"] == [one.path for one in done.notes]
    with pytest.raises(BadInput):
        engine.remember_extracted("x", ["rumour"])
