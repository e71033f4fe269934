"""A damaged journal or revision: everything else is there and right, the damage is reported, the next write works."""

from pathlib import Path

import pytest

from bench.damage import Damage, Pattern, damage_all


@pytest.fixture(scope="module")
def pattern(tmp_path_factory) -> Pattern:
    """A vault with a history, to be damaged over and over."""
    return Pattern(tmp_path_factory.mktemp("damage"))


def findings(tried):
    """Give every finding about some trials."""
    return [finding for one in tried for finding in one.findings]


def test_torn_tails_and_flipped_bits_are_lived_with(tmp_path):
    """Sixty torn ends of the journal and sixty flipped bits, anywhere in the journal and the revisions."""
    tried = damage_all(60, 60, tmp_path)

    assert [] == findings(tried)
    assert {"torn": 60, "flip": 60} == {kind: sum(one.kind == kind for one in tried) for kind in ("torn", "flip")}


@pytest.mark.slow
@pytest.mark.parametrize("seed", [2, 3])
def test_more_of_them_are_lived_with(tmp_path, seed):
    """Hundreds of others."""
    assert [] == findings(damage_all(400, 400, tmp_path, seed=seed))


def test_a_changed_note_is_noticed(pattern):
    """The judge compares the notes byte for byte."""
    tried = pattern.tried(Damage("flip", Path("notes/n0.md"), b"other", "changed"))

    assert any("notes are not what they were" in finding for finding in findings([tried]))


def test_a_flip_that_is_not_reported_is_noticed(pattern):
    """A journal in which nothing is damaged reports nothing: the judge takes that for a failure."""
    journal = pattern.last_journal
    damage = Damage("flip", journal, (pattern.vault / journal).read_bytes(), "nothing")

    assert [f"{journal}, nothing: not reported"] == findings([pattern.tried(damage)])


def test_a_flip_among_the_revisions_that_changes_none_need_not_be_reported(pattern):
    """Some bits of a compressed record stand for nothing."""
    pack = pattern.largest_of_revisions

    assert () == pattern.tried(Damage("flip", pack, (pattern.vault / pack).read_bytes(), "nothing")).findings


def test_lost_revisions_are_noticed(pattern):
    """One damaged place may cost one revision, not all that lie in the same file."""
    tried = pattern.tried(Damage("flip", pattern.largest_of_revisions, b"", "emptied"))

    assert any("revisions lost" in finding for finding in findings([tried]))
