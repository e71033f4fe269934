"""One line of the journal."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault_engine.journal.entry import Actor, Change, Entry, Op, decode, encode

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
ANA = Actor("human", "ana", "cli")


def line(change: Change, **fields) -> bytes:
    stated = {"seq": 1, "id": "01", "ts": "2026-11-21T10:00:00.000000Z", "actor": ANA, "prev": ""} | fields
    return encode(change, **stated)


@given(st.sampled_from(Op), TEXTS, TEXTS, st.one_of(st.none(), TEXTS), TEXTS, st.integers(1, 10**9))
def test_a_line_is_read_as_it_was_written(op, path, name, to, reason, seq):
    """Whatever a path, a name or a reason holds: one line, and the same entry back."""
    change = Change(op, path, "0" * 64, "1" * 64, to, reason)

    written = line(change, seq=seq, actor=Actor("agent", name, "mcp"), ref="02", prev="f" * 64)
    entry = decode(written[:-1])

    assert 1 == written.count(b"\n")
    seal = json.loads(written)["h"]
    assert (
        Entry(seq, "01", "2026-11-21T10:00:00.000000Z", Actor("agent", name, "mcp"), change, "02", "f" * 64, seal)
        == entry
    )


def test_a_line_is_one_json_object_that_any_tool_reads():
    """The members are named and in a fixed order; the seal comes last."""
    members = json.loads(line(Change(Op.CREATE, "notes/a.md", "", "1" * 64)))

    assert (
        ["v", "seq", "id", "ts", "actor", "op", "path", "to", "before", "after", "reason", "ref", "prev", "h"]
        == list(members)
    )  # fmt: skip
    assert {"kind": "human", "name": "ana", "client": "cli"} == members["actor"]


def test_every_flipped_bit_is_noticed():
    """No byte of a line can change without the line being refused."""
    written = line(Change(Op.WRITE, "notes/a.md", "0" * 64, "1" * 64))[:-1]

    for at in range(len(written)):
        for bit in range(8):
            damaged = bytearray(written)
            damaged[at] ^= 1 << bit
            with pytest.raises(ValueError):  # noqa: PT011 - the text is for a person
                decode(bytes(damaged))


@pytest.mark.parametrize("text", [b"", b"{}", b"null", b"\xff\xfe", b'{"h":"0"}', b"x" * 200])
def test_what_is_no_line_is_refused(text):
    """A ValueError, whatever stands there."""
    with pytest.raises(ValueError):  # noqa: PT011 - the text is for a person
        decode(text)


@pytest.mark.parametrize(
    ("text", "actor"),
    [
        ("human:ana", Actor("human", "ana", "cli")),
        ("agent:claude", Actor("agent", "claude", "cli")),
        ("system:cron", Actor("system", "cron", "cli")),
        ("claude", Actor("agent", "claude", "cli")),
        ("robot:r2", Actor("agent", "robot:r2", "cli")),
    ],
)
def test_an_actor_is_named_by_kind_and_name(text, actor):
    """Without a kind that we know, the whole text names an agent."""
    assert actor == Actor.named(text, "cli")
