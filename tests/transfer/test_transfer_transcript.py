"""Reading what was said, whatever a line holds."""

import json
from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st
from transcripts import answer, tool_result, user

from vault_engine.engine.marked import marked
from vault_engine.transfer.transcript import NotSaid, cleaned, exchanges, read_said, shortened

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)
FIELDS = ("type", "uuid", "sessionId", "timestamp", "cwd", "gitBranch", "message", "isMeta")
ENTRIES = st.fixed_dictionaries(
    {"type": st.sampled_from(["user", "assistant", 3])},
    optional={
        **dict.fromkeys(FIELDS[1:6], JSON),
        "message": st.fixed_dictionaries({}, optional={"content": JSON, "role": JSON}) | JSON,
        "isMeta": JSON,
    },
)


@given(st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_line_is_read_or_refused(line):
    """Nothing but being no line of a transcript comes out of one."""
    with suppress(NotSaid):
        read_said(line)


@given(ENTRIES)
def test_what_is_read_is_text_that_a_note_may_hold(entry):
    """No control sign, no half of a pair, no empty text; what tells where it comes from is one line."""
    with suppress(NotSaid):
        said = read_said(json.dumps(entry).encode())
        if said:
            assert said.text == said.text.strip() != ""
            assert not set(said.text) & set("\x00\x07\x1b\x7f\r")
            assert said.text.encode()
            assert "\n" not in said.session + said.folder + said.branch + said.uuid


def test_an_exchange_is_all_that_came_back_until_the_next_question():
    """A question without an answer is none, nor is an answer without a question."""
    lines = [
        answer("lost"),
        user("a"),
        answer("b"),
        tool_result("noise"),
        answer("c"),
        user("d"),
        user("e"),
        answer("f"),
    ]
    said = [(number, one) for number, line in enumerate(lines) if (one := read_said(json.dumps(line).encode()))]

    assert [("a", "b\n\nc", 1), ("e", "f", 6)] == [(one.user.text, one.answer, one.line) for one in exchanges(said)]


def test_what_a_program_put_in_is_no_part_of_what_was_said():
    """Contexts of ours, reminders and what a hook added go; the rest stays as it is."""
    text = f"{marked('- a')}\n<system-reminder>x\ny</system-reminder>\nfix <b>this</b>\x1b[1m\r\nnow"

    assert "fix <b>this</b>\nnow" == cleaned(text)


def test_a_cut_is_told():
    """A text of just the length stays whole."""
    assert ("abc", "abc\n[...truncated]") == (shortened("abc", 3), shortened("abcd", 3))
