"""``memwell supersede``, ``contradictions``, ``correct``, ``journal undo`` and ``remember --on-similar``."""

import pytest
from onnx_models import inference_folder


@pytest.fixture
def limits(cli, home):
    """Two notes that contradict each other."""
    cli("remember", "The limit is 100.", "--key", "old", "--category", "facts")
    done = cli("remember", "The limit is 500.", "--key", "new", "--category", "facts")
    assert "note: facts/old.md is 50% alike and disagrees" in done.err or "disagrees" in done.err
    return home / "facts"


def test_a_note_takes_the_place_of_another(cli, limits):
    """Shown first, said then, and taken back as one."""
    before = (limits / "old.md").read_text("utf-8")
    assert "+status: deprecated" in cli("supersede", "old", "new", "--dry-run").out
    done = cli("supersede", "old", "new", "--reason", "raised")
    assert done.out.startswith("facts/new.md is in the place of facts/old.md now; entry ")
    assert "already" in cli("supersede", "old", "new").out
    assert "[deprecated]" in cli("recall", "limit 100").out

    entry = done.out.split()[-1]
    assert "facts/old.md\nfacts/new.md\n" == cli("journal", "undo", entry, "--dry-run").out
    assert "2 notes are as they were" in cli("journal", "undo", entry).err
    assert before == (limits / "old.md").read_text("utf-8")


def test_contradictions_are_listed_and_settled(cli, limits):
    """Only with --yes."""
    listed = cli("contradictions", "--category", "facts")
    assert "contradiction: the values differ: 100, 500\n  - facts/old.md: The limit is 100." in listed.out
    planned = cli("contradictions", "--resolve")
    assert ("+status: deprecated" in planned.out, "1 would be resolved; say --yes to do it\n") == (True, planned.err)
    assert "deprecated" not in (limits / "old.md").read_text("utf-8")

    done = cli("contradictions", "--resolve", "--yes", "--json").json

    assert (1, 1) == (done["resolved"], done["total"])
    assert "no contradictions in 1 notes\n" == cli("contradictions").err
    assert 2 == cli("contradictions", "--yes").code


def test_a_model_is_named_where_it_judges(cli, limits, tmp_path, monkeypatch):
    """What it dismisses is shown; one that fails is told of, and the rules' list is there."""
    for key in ("JSON", "XML"):
        cli("remember", f"The API supports only {key}.", "--category", "facts")
    monkeypatch.setenv("MEMWELL_CONTRADICTIONS", str(inference_folder(tmp_path / "nli")))
    judged = cli("contradictions")
    assert "contradiction, says nli: nli says that not both can hold\n" in judged.out
    assert "dismissed: related, says nli: the values differ: 100, 500\n" in judged.out
    assert ("", 1) == (judged.err, cli("contradictions", "--json").json["total"])
    monkeypatch.setenv("MEMWELL_CONTRADICTIONS", str(tmp_path))

    failed = cli("contradictions")

    assert failed.out.startswith("contradiction: the values differ: 100, 500\n")
    assert failed.err.startswith("note: judge of contradictions ")


def test_a_new_note_supersedes_where_that_is_said(cli, limits):
    """What it contradicts, and only if that is one."""
    cli("note", "forget", "facts/old")
    done = cli("remember", "The limit is 900.", "--key", "newest", "--category", "facts", "--on-similar", "supersede")

    assert "it is in the place of facts/new.md now" in done.err
    assert "" == cli("remember", "The limit is 1.", "--category", "facts", "--on-similar", "off").err


def test_a_correction_is_a_note(cli, home):
    """With its context as the situation that it matters in."""
    done = cli("correct", "Use npm.", "Use pnpm.", "--context", "building the frontend")

    assert "created corrections/use-pnpm.md\n" == done.out
    note = (home / "corrections" / "use-pnpm.md").read_text("utf-8")
    assert "recall_when:\n  - building the frontend\n" in note
    assert 2 == cli("correct", "", "x").code


def test_what_is_known_of_you_grows(cli, home):
    """A contradiction is said, or takes the place of what was known."""
    assert (0, "", "nothing is known yet\n") == ((done := cli("profile", "get")).code, done.out, done.err)
    assert "created preferences/tea.md\n" == cli("profile", "update", "I prefer tea over coffee.", "--key", "tea").out
    done = cli("profile", "update", "I prefer coffee over tea.", "--key", "coffee", "--supersede")
    assert "in the place of" in done.err
    cli("profile", "update", "Lives in Lisbon.", "--type", "profile")

    assert ["## About", "## Preferences"] == [line for line in cli("profile", "get").out.splitlines() if "##" in line]
    assert ["preferences/coffee.md"] == [one["path"] for one in cli("profile", "get", "--json").json["preferences"]]
    assert "1 more" in cli("profile", "get", "--budget", "40").err
    assert 2 == cli("profile", "update", "x", "--type", "fact").code
