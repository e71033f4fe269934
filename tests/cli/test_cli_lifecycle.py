"""``memwell lifecycle``: how notes fade."""

import pytest


@pytest.fixture
def notes(home, put):
    """Three notes: one that has faded to nothing, one that does not fade, one of today by its file."""
    put("old.md", "---\ncreated: 2001-01-01\n---\nOld\n")
    put("kept.md", "---\ntype: decision\ncreated: 2001-01-01\n---\nKept\n")
    put("mine.md", "---\ndecay_score: mine\ncreated: 2001-01-01\n---\nMine\n")
    return home


def test_decay_lists_the_weakest_first(cli, notes):
    """With age, half-life and uses."""
    cli("note", "show", "kept")

    code, out, err = cli("lifecycle", "decay")

    assert (0, "") == (code, err)
    head, *lines = [line.split() for line in out.splitlines()]
    assert ["decay", "age", "half-life", "used", "note"] == head
    assert [("0.00", "60", "0", "mine.md"), ("0.00", "60", "0", "old.md"), ("1.00", "never", "1", "kept.md")] == [
        (line[0], *line[2:]) for line in lines
    ]


def test_filters_and_json(cli, notes):
    """As one object; without notes, there is nothing to say."""
    shown = cli("lifecycle", "decay", "--below", "0.5", "--limit", "1", "--json").json

    assert (1, 2, "mine.md", 0.0) == (
        shown["format"],
        shown["total"],
        shown["notes"][0]["path"],
        shown["notes"][0]["decay"],
    )
    assert {
        "id", "path", "title", "category", "type", "decay", "confidence", "age_days", "half_life_days", "access_count",
        "last_accessed", "changed", "pinned", "verified",
    } == shown["notes"][0].keys()  # fmt: skip
    assert ["kept.md"] == [
        one["path"] for one in cli("lifecycle", "decay", "--type", "decision", "--json").json["notes"]
    ]
    assert (0, "", "") == cli("lifecycle", "decay", "--category", "nowhere")


def test_materialise_writes_and_says_what(cli, notes):
    """A dry run says the same and writes nothing; what is somebody else's makes it code 3."""
    said = "kept.md: 1\nold.md: 0\n"
    before = (notes / "old.md").read_bytes()

    dry = cli("lifecycle", "decay", "--materialise", "--dry-run")
    assert (3, said) == (dry.code, "".join(sorted(dry.out.splitlines(keepends=True))))
    assert before == (notes / "old.md").read_bytes()

    done = cli("lifecycle", "decay", "--materialise")
    assert (dry.code, dry.out, dry.err) == done
    assert "mine.md" in done.err
    assert b"---\ncreated: 2001-01-01\ndecay_score: 0.0\n---\nOld\n" == (notes / "old.md").read_bytes()

    again = cli("lifecycle", "decay", "--materialise", "--type", "decision")
    assert (0, "", "") == again


def test_materialise_as_json(cli, notes):
    """With what each note said before."""
    shown = cli("lifecycle", "decay", "--materialise", "--json", "--type", "decision").json

    change = {"path": "kept.md", "before": None, "after": 1.0}
    assert {"format": 1, "dry_run": False, "changes": [change], "problems": []} == shown


def test_options_that_make_no_sense_are_refused(cli, notes):
    """Nothing is written."""
    assert 2 == cli("lifecycle", "decay", "--dry-run").code
    assert 2 == cli("lifecycle", "decay", "--below", "7").code
    assert 2 == cli("lifecycle", "decay", "--limit", "0").code
