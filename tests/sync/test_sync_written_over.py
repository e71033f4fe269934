"""Whether a program has written a page from memory, and bringing together what both added."""

import pytest

from vault_engine.sync.written_over import is_written_over, merge_additions

OLD = "one\ntwo\n"


@pytest.mark.parametrize(
    ("ours", "now", "is_over"),
    [
        ("one\ntwo\nadded here\n", OLD, True),
        ("one\ntwo\nadded here\n", "one\ntwo\nanother line\n", True),
        ("one\ntwo\nadded here\n", "one\ntwo\nadded here\nanother line\n", False),
        ("one\ntwo\nadded here\n", "one\ntwo\nadded here!\n", False),
        ("one\ntwo\nadded\nboth of it\n", "one\ntwo\nboth of it\n", False),
        ("one\n", OLD, True),
        ("one\n", "one\nthree\n", False),
        (OLD, "one\n", False),
        ("one\ntwo\none\n", OLD, True),
        ("one\ntwo\none\n", "one\none\ntwo\n", False),
    ],
)
def test_a_change_of_which_nothing_is_left_was_written_over(ours, now, is_over):
    """Who left some of it, or changed it, has seen it."""
    assert is_over == is_written_over(OLD, ours, now)


@pytest.mark.parametrize(
    ("ours", "theirs", "both"),
    [
        ("one\ntwo\nours\n", "one\ntwo\ntheirs\n", "one\ntwo\ntheirs\nours\n"),
        ("one\nours\ntwo\n", "zero\ntwo\n", None),
        ("ours\none\ntwo\n", "one\ntwo\ntheirs\n", "ours\none\ntwo\ntheirs\n"),
        ("one\ntwo\nours", "one\ntwo\ntheirs", None),
        ("one\nuno\n", "one\neins\n", None),
    ],
)
def test_what_both_added_in_one_place_is_kept_both(ours, theirs, both):
    """Theirs first; nothing where more than that was changed."""
    assert both == merge_additions(OLD, ours, theirs)
