"""Which texts look like a turn of a conversation."""

import pytest

from vault_engine.note.spoken import Sign, spoken


@pytest.mark.parametrize(
    ("text", "speaker", "signs"),
    [
        ("Ann: the lamp is lit.", "Ann", Sign(0)),
        ("**User:** is it lit?", "User", Sign.ASKS | Sign.IS_QUESTION),
        ("**Ann Lee**: is it lit? I think so.", "Ann Lee", Sign.ASKS),
        ("[10:20] Zoë: since last week", "Zoë", Sign.NAMES_A_TIME),
        ("- 安: 灯は点いていますか？\n[image: a lamp]", "安", Sign.ASKS | Sign.IS_QUESTION),
    ],
)
def test_a_turn_begins_with_who_speaks(text, speaker, signs):
    """The label in its usual forms; what is asked, and whether a time is named."""
    assert (speaker, signs) == spoken(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "http://example.org: x",
        "type:: lamp",
        "# Ann: lamp",
        "12: lamp",
        "Ann:lamp",
        "a b c d e: x",
    ],
)
def test_other_texts_are_no_turns(text):
    """A colon makes a turn only behind a few words at the start, with a blank behind it."""
    assert None is spoken(text)


def test_a_long_text_is_read_in_linear_time():
    """Whatever looks like the beginning of a label many times over."""
    assert None is spoken("[" * 100_000)
    assert None is spoken("**a " * 100_000)
