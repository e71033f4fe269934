"""``memwell conflicts list``, ``show`` and ``resolve``."""

import pytest

from vault_engine import Engine

COPY = "facts/n.sync-conflict-20261121-101112-ABCDEF7.md"


@pytest.fixture
def parted(cli, home):
    """A note with a first line from here, and its conflict copy with a last line from there."""
    cli("remember", "One.\n\nTwo.", "--key", "n", "--category", "facts")
    note = home / "facts" / "n.md"
    (home / COPY).write_text(note.read_text("utf-8").replace("Two.", "Two, from there."), "utf-8", newline="")
    cli("note", "replace", "facts/n", "One.", "One, from here.")
    return note


def test_a_copy_is_a_line(cli, parted):
    """With the lines that only it has, those that only the note has, and the note."""
    done = cli("conflicts", "list")

    assert (0, "") == (done.code, done.err)
    assert done.out.startswith(f"{COPY}  +")
    assert done.out.endswith("  of facts/n.md\n")
    assert [COPY] == [one["path"] for one in cli("conflicts", "list", "--json").json["copies"]]


def test_none_is_said_on_stderr(cli, home):
    """And is no failure."""
    Engine.create(home)

    assert (0, "", "no conflict copies\n") == cli("conflicts", "list")


def test_a_copy_is_shown_with_what_can_be_done(cli, parted):
    """The difference can be piped; the advice goes beside it."""
    done = cli("conflicts", "show", COPY)

    assert {"-One, from here.", "+One.", "-Two.", "+Two, from there."} < set(done.out.splitlines())
    assert "the changes do not touch: --take merge has them all\n" == done.err

    (parted.parent.parent / COPY).write_text("else", "utf-8")
    assert "both changed the same place" in cli("conflicts", "show", COPY).err
    (parted.parent.parent / COPY).write_bytes(parted.read_bytes())
    assert "no difference: --take ours archives the copy\n" == cli("conflicts", "show", COPY).err


def test_a_merge_has_the_changes_of_both(cli, parted):
    """Tried first without writing."""
    planned = cli("conflicts", "resolve", COPY, "--take", "merge", "--dry-run")
    assert "+Two, from there." == planned.out.splitlines()[-1]
    assert "from there" not in parted.read_text("utf-8")

    done = cli("conflicts", "resolve", COPY, "--take", "merge")

    assert (0, f"facts/n.md updated, {COPY} is in the archive\n", "") == done
    assert {"One, from here.", "Two, from there."} < set(parted.read_text("utf-8").splitlines())
    assert not (parted.parent.parent / COPY).exists()


def test_ours_leaves_the_note_as_it_is(cli, parted):
    """To the byte."""
    before = parted.read_bytes()

    assert "facts/n.md stays as it is\n" == cli("conflicts", "resolve", COPY, "--take", "ours", "--dry-run").out
    done = cli("conflicts", "resolve", COPY, "--take", "ours")

    assert f"facts/n.md left as it is, {COPY} is in the archive\n" == done.out
    assert before == parted.read_bytes()


def test_a_side_must_be_chosen(cli, parted):
    """Usage errors exit with 2, a copy that is not there with 10."""
    assert 2 == cli("conflicts", "resolve", COPY).code
    assert 10 == cli("conflicts", "resolve", "no.md", "--take", "ours").code
