"""What is shown of a note says why it was found."""

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from vault_engine.index.keyword.analyse import Analyser
from vault_engine.search.excerpt import excerpt

ENGLISH = Analyser("en")
TEXTS = st.lists(
    st.sampled_from(["tide", "berth", "lantern", "a", "\n", "  ", "潮位", "x" * 60, "e\u0301."]), max_size=150
).map(" ".join)


@given(TEXTS, st.sets(st.sampled_from(["lantern", "潮位", "absent"])), st.sampled_from([60, 120, 240]))
def test_an_excerpt_is_a_piece_of_the_text(text, terms, max_chars):
    """One line, cut out of the text, no longer than asked for, with a … wherever something was left out."""
    shown = excerpt(text, terms, ENGLISH, max_chars)

    bare = shown.removeprefix("…").removesuffix("…")
    whole = " ".join(unicodedata.normalize("NFC", text).split())
    assert bare in whole
    assert len(shown) <= max_chars + 2
    assert "\n" not in shown
    assert shown.startswith("…") == (bool(bare) and not whole.startswith(bare))
    assert shown.endswith("…") or whole.endswith(bare)


@given(TEXTS)
def test_an_excerpt_shows_a_word_that_was_asked_for(text):
    """Wherever in a long text it stands."""
    assert ("lantern" in text) == ("lantern" in excerpt(text, ["lantern"], ENGLISH))


def test_an_excerpt_shows_the_place_with_the_most_of_the_words():
    """Each word counts once, in any of its forms: one that comes often does not outweigh two that stand together."""
    text = "Tides tide tide tide " + "filler " * 100 + "tide and\nberths " + "filler " * 100

    assert "tide and berths filler" in excerpt(text, ["tide", "berth"], ENGLISH)


def test_an_excerpt_of_a_text_without_the_words_is_its_beginning():
    """A note is found by its title, or by what it means."""
    assert "One two three" == excerpt("One two three", ["lantern"], ENGLISH)
    assert "" == excerpt("", [], ENGLISH)
