"""What is found in texts, without a model."""

import pytest

from bench.extraction import quality, read
from vault_engine.lifecycle.extract import ItemKind, extract


def only(text):
    """The one item of a text."""
    (item,) = extract(text)
    return item


def test_the_labelled_sentences_are_found():
    """At least so well, on those that the rules were made with and on those that were held back."""
    labelled = read()
    assert len(labelled) >= 150
    for parity, least in ((0, 97), (1, 95)):
        half = [one for one in labelled if one["id"] % 2 == parity]
        for kind, (precision, recall, count) in quality(half).items():
            assert count >= 13
            assert (kind, True) == (kind, precision >= 95)
            assert (kind, True) == (kind, recall >= 90)
        assert all(share >= least for share in quality(half)["all"][:2])


@pytest.mark.parametrize(
    ("text", "kind", "subject", "value", "negated"),
    [
        ("The limit is 500 per minute.", "fact", "The limit", "500 per minute", False),
        ("The API does not support v2.1.", "fact", "The API", "does not support v2.1", True),
        ("I don't like ORMs.", "preference", "I", "ORMs", True),
        ("Bob: I prefer **tea** to coffee.", "preference", "Bob", "tea to coffee", False),
        ("We decided not to support Windows.", "decision", "We", "not to support Windows", True),
        ("I can't stand semicolons.", "preference", "I", "semicolons", False),
        ("The fair is in May.", "temporal_event", "The fair", "in May", False),
        ("Anna fixed the login.", "episode", "Anna", "the login", False),
    ],
)
def test_who_and_what(text, kind, subject, value, negated):
    """The subject and what is said of it, without marks."""
    item = only(text)

    assert (kind, subject, value, negated) == (item.kind, item.subject, item.value, item.negated)


@pytest.mark.parametrize(
    "text",
    [
        "Should we use Redis?",
        "Which one do I prefer, I wonder?",
        "It may rain.",
        "If the cache is full, it is cleared.",
        "I would like to know how it is built.",
        "Maybe the limit is 5.",
        "It is fast.",
        "Please keep the notes in Markdown.",
        "",
    ],
)
def test_what_says_nothing(text):
    """A question, a guess, a condition, a wish, an order, and what nobody knows the subject of."""
    assert () == extract(text)


def test_a_belief_is_less_sure():
    """It is worth less than the same as a statement."""
    assert only("I think the limit is 5.").confidence < only("The limit is 5.").confidence


def test_items_stand_where_they_say_and_once():
    """The second time a thing is said it is not told again; kinds can be chosen."""
    text = "# T\n\n- The disk is full.\n- I prefer\n  tea.\n- The disk is full.\n"
    items = extract(text)

    assert [ItemKind.FACT, ItemKind.PREFERENCE] == [item.kind for item in items]
    assert ["The disk is full.", "I prefer\n  tea."] == [text[item.start : item.end] for item in items]
    assert "I prefer tea." == items[1].text
    assert [items[0]] == list(extract(text, [ItemKind.FACT]))
