"""``memwell extract``."""

import pytest

TEXT = "I prefer tea. The API does not scale.\nWe decided to use Rust. Should we?\n"


def test_what_a_text_says_is_listed(cli):
    """Without a vault, from stdin or a file."""
    done = cli("extract", stdin=TEXT.encode())

    assert (0, "") == (done.code, done.err)
    assert ["preference", "fact", "decision"] == [line.split()[0] for line in done.out.splitlines()]
    assert "not" == done.out.splitlines()[1].split()[2]


def test_kinds_are_chosen(cli):
    """And all that is known of an item is in the JSON."""
    (item,) = cli("extract", "--kind", "fact", "--json", stdin=TEXT.encode()).json["items"]

    assert (14, 37, "The API", True) == (item["start"], item["end"], item["subject"], item["negated"])


def test_nothing_is_said_on_stderr(cli):
    """And is no failure."""
    assert (0, "", "nothing was found\n") == cli("extract", stdin=b"Hello?")


def test_what_is_found_becomes_notes(cli, home):
    """One each, with its kind, where it comes from and how sure it is; a second time nothing changes."""
    (home.parent / "talk.txt").write_text(TEXT)
    planned = cli("extract", str(home.parent / "talk.txt"), "--remember", "--dry-run")
    assert "decisions/" in planned.out
    assert [] == list(home.glob("*/*.md"))

    done = cli("extract", str(home.parent / "talk.txt"), "--remember", "--json").json

    assert ["created"] * 3 == [note["action"] for note in done["notes"]]
    note = (home / "preferences" / "i-prefer-tea.md").read_text("utf-8")
    assert note.rstrip().endswith("---\n\nI prefer tea.")
    assert all(line in note for line in ("type: preference\n", "source: talk.txt\n", "confidence: 0.9\n"))
    again = cli("extract", str(home.parent / "talk.txt"), "--remember", "--json").json
    assert ["unchanged"] * 3 == [one["action"] for one in again["notes"]]


def test_one_folder_for_all(cli, home):
    """Where it is asked for."""
    cli("extract", "--remember", "--category", "inbox", "--source", "a talk", stdin=TEXT.encode())

    assert 3 == len(list((home / "inbox").glob("*.md")))


@pytest.mark.parametrize(
    ("arguments", "stdin"),
    [
        (("--dry-run",), b"x"),
        (("--kind", "rumour"), b"x"),
        ((), b"\xff"),
        (("no-such-file",), b""),
    ],
)
def test_what_is_wrong_is_refused(cli, arguments, stdin):
    """With exit code 2."""
    assert 2 == cli("extract", *arguments, stdin=stdin).code
