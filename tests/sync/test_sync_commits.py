"""What the journal's entries ask git to record: whose change, in which commit, with what words."""

import subprocess
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault_engine.journal.entry import Actor, Change, Entry, Op
from vault_engine.sync.commits import (
    Chosen,
    Left,
    PlannedCommit,
    PlannedFile,
    author_of,
    message_of,
    plan_commits,
    verdict,
)

CLAUDE = Actor("agent", "claude", "mcp")
GPT = Actor("agent", "gpt", "mcp")
ANNA = Actor("human", "anna", "cli")
SOMEBODY = Actor("external", "unknown")


def entries(*changes):
    """Give entries of one device: each change is (actor, op, path, before, after) and what else an entry has."""
    numbers = count(1)
    return [
        Entry(
            n, f"E{n}", f"2026-11-21T10:00:{n:02}.000000Z", actor, Change(op, path, before, after, **more), ref, "", ""
        )
        for n, (actor, op, path, before, after, more, ref) in zip(
            numbers, ((*change, {}, None)[:7] if len(change) == 5 else change for change in changes), strict=False
        )
    ]


def plan(*changes, **options):
    """Give what is planned as actor and targets by path."""
    return [
        (commit.actor.name, {file.path: file.target for file in commit.files})
        for commit in plan_commits(entries(*changes), **options)
    ]


def test_one_actor_has_one_commit():
    """Of several changes of a note, the last is what is committed."""
    assert [("claude", {"a.md": "2", "b.md": "9"})] == plan(
        (CLAUDE, Op.CREATE, "a.md", "", "1"),
        (CLAUDE, Op.CREATE, "b.md", "", "9"),
        (CLAUDE, Op.WRITE, "a.md", "1", "2"),
    )


def test_two_actors_have_a_commit_each():
    """However their changes of different notes alternate."""
    assert [("claude", {"a.md": "1", "c.md": "3"}), ("gpt", {"b.md": "2"})] == plan(
        (CLAUDE, Op.CREATE, "a.md", "", "1"),
        (GPT, Op.CREATE, "b.md", "", "2"),
        (CLAUDE, Op.CREATE, "c.md", "", "3"),
    )


def test_changes_of_one_note_keep_their_order():
    """What another actor changed meanwhile is not overtaken."""
    assert [("claude", {"a.md": "1"}), ("gpt", {"a.md": "2"}), ("claude", {"a.md": "3"})] == plan(
        (CLAUDE, Op.CREATE, "a.md", "", "1"),
        (GPT, Op.WRITE, "a.md", "1", "2"),
        (CLAUDE, Op.WRITE, "a.md", "2", "3"),
    )


def test_edits_by_hand_are_committed_only_when_asked_for():
    """They are their author's, but a commit that holds them says so."""
    changes = (
        (CLAUDE, Op.CREATE, "a.md", "", "1"),
        (SOMEBODY, Op.EXTERNAL, "a.md", "1", "2"),
        (SOMEBODY, Op.EXTERNAL, "b.md", "", "8"),
        (CLAUDE, Op.WRITE, "a.md", "2", "3"),
    )

    (commit,) = plan_commits(entries(*changes))

    assert [("a.md", "3", True)] == [(file.path, file.target, file.holds_edits_by_hand) for file in commit.files]
    assert [("claude", {"a.md": "1"}), ("unknown", {"a.md": "2", "b.md": "8"}), ("claude", {"a.md": "3"})] == plan(
        *changes, everything=True
    )


def test_what_was_aborted_is_not_planned():
    """It did not happen."""
    assert [] == plan(
        (CLAUDE, Op.CREATE, "a.md", "", "1"),
        (CLAUDE, Op.ABORT, "a.md", "", "1", {}, "E1"),
    )


def test_a_move_takes_the_old_path_away():
    """The entry of the note's own links, which stands under the old path, is part of it."""
    assert [("claude", {"a.md": "", "b.md": "2", "c.md": "6"})] == plan(
        (CLAUDE, Op.MOVE, "a.md", "1", "2", {"to": "b.md"}, None),
        (CLAUDE, Op.WRITE, "a.md", "1", "2", {}, "E1"),
        (CLAUDE, Op.WRITE, "c.md", "5", "6", {}, "E1"),
    )


def test_archiving_takes_the_note_away_and_restoring_brings_it_back():
    """The name in the archive is no path of the vault."""
    gone = (CLAUDE, Op.ARCHIVE, "a.md", "1", "", {"to": "archive/a.md"}, None)
    back = (CLAUDE, Op.RESTORE, "a.md", "", "1", {"to": "archive/a.md"}, None)

    assert [("claude", {"a.md": ""})] == plan(gone)
    assert [("claude", {"a.md": "1"})] == plan(gone, back)


@pytest.mark.parametrize(
    ("head", "now", "decided"),
    [
        ("2", "2", False),  # committed already
        ("1", "2", True),
        ("1", None, Left("a.md", "it can't be read now", again=True)),
        ("1", "3", True),  # edited since, and the edit is known
        ("3", "3", False),  # the person has committed that edit
        ("3", "4", False),  # and edits on
        ("9", "9", False),  # checked out, pulled
        ("9", "3", Left("a.md", "git holds a version of it that Memwell does not know")),
    ],
)
def test_nothing_newer_is_replaced_by_something_older(head, now, decided):
    """Neither what the person has committed nor what another clone has."""
    file = PlannedFile("a.md", "2", earlier=frozenset(["", "1"]), later=frozenset(["3"]), is_followed=True)

    assert decided == verdict(file, head, now)


def test_what_is_not_there_yet_waits():
    """An entry comes before its change, which may still fail."""
    file = PlannedFile("a.md", "2", earlier=frozenset(["1"]))

    assert Left("a.md", "it was changed since, and that is not settled yet", again=True) == verdict(file, "1", "1x")
    assert False is verdict(file, "1", "1")


def test_the_message_names_the_change_and_the_actor():
    """One change in the subject, several in a list; trailers for programs."""
    one, two = (
        plan_commits(entries(*changes))[0]
        for changes in (
            [(CLAUDE, Op.CREATE, "a.md", "", "1")],
            [(CLAUDE, Op.WRITE, "a.md", "1", "2"), (CLAUDE, Op.ARCHIVE, "b.md", "3", "", {"to": "archive/b.md"}, None)],
        )
    )

    assert "memwell: add a.md (claude via mcp)\n\nMemwell-Actor: agent:claude\nMemwell-Entry: E1\n" == message_of(
        Chosen(one, one.files)
    )
    assert (
        "memwell: change 2 files (claude via mcp)\n\n- update a.md\n- archive b.md\n\n"
        "Memwell-Actor: agent:claude\nMemwell-Entry: E1\nMemwell-Entry: E2\n" == message_of(Chosen(two, two.files))
    )


def test_the_message_says_what_else_is_in_it():
    """Lines of a person that were not committed before."""
    file = PlannedFile("a.md", "2", "update a.md", ("E1",), holds_edits_by_hand=True)

    message = message_of(Chosen(PlannedCommit(ANNA, (file,)), (file,)))

    assert "memwell: update a.md (anna via cli)\n\nIncludes edits by hand:\n- a.md\n\n" in message


@given(st.text(), st.text(), st.text())
def test_no_name_breaks_out_of_its_line(name, path, client):
    """Names come from agents, paths from file systems: neither can forge a trailer or an address."""
    file = PlannedFile(path, "1", f"add {path}", ("E1",))
    planned = PlannedCommit(Actor("agent", name, client), (file,), "2026-11-21T10:00:00Z")

    lines = message_of(Chosen(planned, (file,))).split("\n")
    author = author_of(planned)

    assert 2 == sum(line.startswith("Memwell-") for line in lines)
    assert 5 == len(lines)
    assert not set("<>\n\0") & set("".join(author.values()))
    assert "@1795255200 +0000" == author["GIT_AUTHOR_DATE"]
    assert author["GIT_AUTHOR_NAME"]


@pytest.mark.parametrize("at", ["", "soon", "1900-01-01T00:00:00Z", "9999-01-01T00:00:00Z"])
def test_a_time_that_git_would_not_take_is_left_out(at):
    """The commit then has the time at which it is made."""
    assert "GIT_AUTHOR_DATE" not in author_of(PlannedCommit(CLAUDE, (), at))


def test_an_edit_by_hand_has_the_person_as_its_author():
    """Whoever git knows on this machine."""
    assert {} == author_of(PlannedCommit(SOMEBODY, ()))


@pytest.mark.parametrize("name", ["", " .;<>", "\u202eevil", "x\ud800", "Ünï <a@b>", "\n"])
def test_git_takes_every_author(name, tmp_path):
    """Also names made of nothing that git would keep."""
    author = author_of(PlannedCommit(Actor("agent", name), (), "2026-11-21T10:00:00Z"))

    said = subprocess.run(
        ["git", "-C", tmp_path, "var", "GIT_AUTHOR_IDENT"],
        env={**author, "PATH": "/usr/bin:/bin"},
        capture_output=True,
        check=True,
    )

    assert said.stdout.rstrip().endswith(b"1795255200 +0000")
