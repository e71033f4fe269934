"""Processes that change the same notes by compare-and-swap: one chain of revisions, every token in it."""

import pytest

from bench.kept import Line, happened
from bench.swaps import Swap, chain_problems, lost, race


def test_no_swap_is_lost_and_no_chain_forks(tmp_path):
    """Four processes make a thousand changes: each in the journal, after the one that it replaces."""
    outcome = race(4, 1000, 3, tmp_path)

    assert () == outcome.findings
    assert outcome.swaps >= 1000


def line(seq: int, before: str, after: str, op: str = "write", ref: str | None = None) -> Line:
    """Make a line of a journal about the note a.md."""
    return Line(seq, f"id{seq}", op, "a.md", None, before, after, "agent", ref)


CHAIN = [line(1, "", "one", "create"), line(2, "one", "two"), line(3, "two", "three")]


def test_a_chain_is_one():
    """Each change replaces what the one before it made, and the note holds what the last one made."""
    assert [] == list(chain_problems("a.md", CHAIN, "three"))


@pytest.mark.parametrize(
    ("lines", "now", "problem"),
    [
        ([*CHAIN[:2], line(3, "one", "three")], "three", "a.md: entry 3 replaces one, not two of 2"),
        (CHAIN, "two", "a.md holds two, not three as the journal says"),
        ([*CHAIN, line(4, "three", "two")], "two", "a.md: 2 changes made two"),
    ],
    ids=["a fork", "not the last", "the same twice"],
)
def test_what_is_no_chain_is_noticed(lines, now, problem):
    """A fork, a note that is not the last revision, and a revision that two changes made, are named."""
    assert [problem] == list(chain_problems("a.md", lines, now))


def test_an_aborted_change_did_not_happen():
    """What was announced and aborted is no part of the chain, nor is the abort."""
    lines = [*CHAIN, line(4, "three", "four"), line(5, "three", "four", "abort", ref="id4")]

    assert CHAIN == happened(lines)


def test_a_lost_swap_is_noticed():
    """A token that is not in its revision, and a change that is not in the journal, are both named."""
    kept, gone = (Swap("a.md", f"t{name}", "agent", before, name) for before, name in (("one", "two"), ("two", "x")))

    assert [] == list(lost([kept], CHAIN, {"two": b"text\nttwo\n"}))
    assert ["tx is not in the revision x", "the journal has no entry for tx"] == list(lost([gone], CHAIN, {}))
