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


def test_sweep_shows_then_does_then_is_taken_back(cli, put, home):
    """Without --yes nothing is written."""
    put("old.md", "---\ncreated: 2001-01-01\n---\nOld\n")
    put("pinned.md", "---\npinned: true\nexpires: 2001-01-01\n---\nPinned\n")
    put("over.md", "---\nexpires: 2001-01-01\n---\nOver\n")

    code, out, err = cli("lifecycle", "sweep", "--max-share", "1")
    assert (0, 1, True) == (code, out.count("\n"), out.rstrip().endswith("over.md  expired"))
    assert (
        "1 of 3 notes would go into the archive; say --yes to do it; 1 spared: pinned, verified, core or damaged\n"
        == err
    )
    assert (home / "over.md").is_file()

    done = cli("lifecycle", "sweep", "--below", "0.1", "--older-than", "1d", "--yes", "--json").json
    assert (1, ["old.md"], False) == (done["format"], [one["path"] for one in done["archived"]], done["dry_run"])
    assert not (home / "old.md").exists()
    taken_back = cli("journal", "undo", done["entry"])
    assert (0, "old.md\n") == taken_back[:2]
    assert (home / "old.md").is_file()


def test_what_can_not_be_brought_back_makes_it_code_3(cli, put, home):
    """And is named."""
    put("old.md", "---\nexpires: 2001-01-01\n---\nOld\n")
    entry = cli("lifecycle", "sweep", "--yes", "--json").json["entry"]
    put("old.md", "mine\n")

    code, out, err = cli("journal", "undo", entry)

    assert (3, "") == (code, out)
    assert "left as it is: old.md" in err


@pytest.mark.parametrize(
    "wrong",
    [("--older-than", "soon"), ("--tier", "x"), ("--max-share", "0"), ("--below", "2"), ("--dry-run", "--yes")],
)
def test_what_a_sweep_can_not_mean_is_refused(wrong, cli, notes):
    """With code 2."""
    assert 2 == cli("lifecycle", "sweep", *wrong).code


def test_promote_shows_then_does(cli, put, home):
    """By how notes were used here."""
    put("a.md", "---\ntier: working\n---\nOne\n")
    for _ in range(3):
        cli("note", "show", "a")

    assert "working  ->  episodic  3 uses  a.md\n" == cli("lifecycle", "promote", "--dry-run").out
    assert "tier: working" in (home / "a.md").read_text()
    done = cli("lifecycle", "promote", "--yes")
    assert (0, "1 notes have another tier") == (done.code, done.err.splitlines()[0])
    assert "tier: episodic" in (home / "a.md").read_text()


def test_stats_and_health(cli, notes):
    """In words and as one object."""
    shown = cli("stats")
    assert (0, "") == (shown.code, shown.err)
    assert shown.out.startswith("3 notes: ")
    assert ["type", "1", "decision"] in [line.split() for line in shown.out.splitlines()]
    assert (1, 3) == (cli("stats", "--json").json["format"], cli("stats", "--json").json["notes"])

    tried = cli("health")
    assert (0, 5) == (tried.code, tried.out.count("works"))
    assert cli("health", "--json").json["is_healthy"]


def test_a_word_of_a_note(cli, notes):
    """Pin, unpin, verify, score."""
    before = (notes / "old.md").read_bytes()
    assert (0, "updated old.md\n", "") == cli("note", "pin", "old")
    assert b"pinned: true\n" in (notes / "old.md").read_bytes()
    cli("note", "unpin", "old")
    cli("note", "verify", "old")
    assert b"verified: true\n" in (notes / "old.md").read_bytes()
    cli("note", "verify", "old", "--not")
    assert before == (notes / "old.md").read_bytes()
    assert 0 == cli("note", "score", "old", "--importance", "0.9").code
    assert b"importance: 0.9\n" in (notes / "old.md").read_bytes()
    assert 2 == cli("note", "score", "old").code
    assert 1 == cli("note", "score", "old", "--confidence", "1", "--json").json["format"]


def test_cohere_shows_does_and_is_taken_back(cli, home, put):
    """Without --yes nothing is written; what was done is one entry."""
    put("over.md", "---\nexpires: 2020-01-01\n---\nOver\n")
    put("facts/a.md", "The API returns dates in ISO 8601.\n")
    put("facts/b.md", "The API v2 returns dates in ISO 8601 too.\n")

    code, out, err = cli("lifecycle", "cohere", "--max-share", "1")
    assert (0, True) == (code, (home / "over.md").exists())
    assert [["link", "facts/a.md", "->", "facts/b.md,"], ["archive", "over.md", "expired"]] == [
        line.split()[:4] for line in out.splitlines()
    ]
    assert "would get another tier, 1 a link; 1 would go into the archive" in err
    assert (2, "") == cli("lifecycle", "cohere", "--yes", "--dry-run")[:2]

    done = cli("lifecycle", "cohere", "--max-share", "1", "--yes", "--json").json
    assert (False, "- [[facts/b]] (related)") == (
        (home / "over.md").exists(),
        (home / "facts/a.md").read_text().splitlines()[-1],
    )
    assert {"format", "dry_run", "notes", "fading", "moved", "links", "unlinked", "looked_at", "archived", "waiting",
            "spared", "left", "entry", "diff"} == done.keys()  # fmt: skip
    assert 0 == cli("journal", "undo", done["entry"]).code
    assert "The API returns dates in ISO 8601.\n" == (home / "facts/a.md").read_text()


def test_maintenance_archives_exact_copies_only(cli, home, put):
    """What is alike is shown with how much; all of it by --all."""
    for name in ("a", "b"):
        put(f"facts/{name}.md", "The staging database of the team runs on PostgreSQL 16.\n")
    put("facts/c.md", "The staging database of the team runs on PostgreSQL 15.\n")

    code, out, err = cli("lifecycle", "maintenance")
    assert 0 == code
    assert ["copy", "100%", "facts/b.md", "facts/a.md"] == out.splitlines()[0].split()
    assert "2 notes say what others say; 1 exact copies would go into the archive" in err
    assert "3 notes without links, 0 links to nothing" in err

    done = cli("lifecycle", "maintenance", "--all", "--yes", "--json").json
    assert (["facts/b.md"], False) == (done["archived"], (home / "facts/b.md").exists())
    assert 2 == done["built"]["index"]["notes"]
    assert 0 == cli("journal", "undo", done["entry"]).code
    assert (home / "facts/b.md").exists()
    assert 2 == cli("lifecycle", "maintenance", "--yes", "--dry-run").code
