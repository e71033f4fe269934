"""One line of the journal."""

import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault_engine.journal.entry import Actor, Change, Entry, Expect, Op, decode, encode

TEXTS = st.text(max_size=20)  # halves of characters too, as in file names that are no UTF-8
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


@given(st.sampled_from(Op), TEXTS, TEXTS, st.one_of(st.none(), TEXTS), TEXTS, st.one_of(st.none(), TEXTS))
def test_a_line_is_what_a_general_encoder_writes(op, path, name, to, reason, clock):
    """Member by member, without blanks; half a character is escaped, any other stands as it is."""
    actor = Actor("agent", name, "mcp", reason)
    written = line(Change(op, path, "0" * 64, "", to, reason, 7), actor=actor, ref=to, clock=clock)

    members = {
        "v": 1, "seq": 1, "id": "01", "ts": "2026-11-21T10:00:00.000000Z",
        "actor": {"kind": "agent", "name": name, "client": "mcp", "session": reason},
        "op": op.value, "path": path, "to": to, "before": "0" * 64, "after": "", "size": 7, "expect": "none",
        "reason": reason, "ref": to, **({"clock": clock} if clock else {}), "prev": "",
    }  # fmt: skip
    text = json.dumps(members, ensure_ascii=False, separators=(",", ":"))
    assert text.encode("utf-8", "backslashreplace")[:-1] == written[: -len(b',"h":""}') - 64 - 1]


def test_a_line_is_one_json_object_that_any_tool_reads():
    """The members are named and in a fixed order; the seal comes last."""
    members = json.loads(line(Change(Op.CREATE, "notes/a.md", "", "1" * 64)))

    assert (
        ["v", "seq", "id", "ts", "actor", "op", "path", "to", "before", "after", "size", "expect", "reason", "ref",
         "prev", "h"]
        == list(members)
    )  # fmt: skip
    assert {"kind": "human", "name": "ana", "client": "cli", "session": ""} == members["actor"]


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


def sealed(text: str) -> bytes:
    """Seals what stands before the last member of a line, as somebody would who means harm."""
    data = text.encode("utf-8", "surrogatepass")
    return data + b',"h":"' + hashlib.sha256(data).hexdigest().encode() + b'"}'


def members(**changed) -> dict:
    """The members of a good line before the last, some of them changed; ``...`` takes one away."""
    written = json.loads(line(Change(Op.WRITE, "a.md", "0" * 64, "1" * 64), ref="02", clock="c"))
    del written["h"]
    return {name: value for name, value in (written | changed).items() if value is not ...}


def resealed(**changed) -> bytes:
    return sealed(json.dumps(members(**changed))[:-1])


ACTOR = {"kind": "human", "name": "ana", "client": "cli", "session": ""}
OTHERS = [None, True, 1, 1.5, "x", "A" * 64, [], {}, ["a"], {"a": "b"}, -1, 10**19, float("nan"), float("inf")]
# What a member may be among those.
FITTING = {
    "seq": [1], "size": [1], "id": ["x", "A" * 64], "ts": ["x", "A" * 64], "path": ["x", "A" * 64],
    "to": [None, "x", "A" * 64], "reason": ["x", "A" * 64], "ref": [None, "x", "A" * 64],
    "clock": [None, "x", "A" * 64], "before": [], "after": [], "prev": [], "op": [], "expect": [], "actor": [],
}  # fmt: skip


@pytest.mark.parametrize("name", FITTING)
def test_a_member_of_another_kind_is_refused(name):
    """A good seal does not help: a journal comes by sync, and what reads entries relies on their kinds."""
    taken = []
    for value in OTHERS:
        try:
            decode(resealed(**{name: value}))
        except ValueError:
            continue
        taken.append(value)

    assert [(type(value), value) for value in FITTING[name]] == [(type(value), value) for value in taken]


@pytest.mark.parametrize("name", ["kind", "name", "client", "session"])
@pytest.mark.parametrize("value", OTHERS, ids=repr)
def test_an_actor_is_made_of_texts(name, value):
    """The same for what it holds."""
    text = resealed(actor=ACTOR | {name: value})
    if isinstance(value, str):
        assert value == getattr(decode(text).actor, name)
    else:
        with pytest.raises(ValueError, match="wrong kind"):
            decode(text)


@pytest.mark.parametrize(
    "name", ["seq", "id", "ts", "actor", "op", "path", "to", "before", "after", "reason", "ref", "prev"]
)
def test_a_missing_member_is_named(name):
    """Those of the first version of the format; ``size`` and ``expect`` came later."""
    with pytest.raises(ValueError, match=f"'{name}' is missing"):
        decode(resealed(**{name: ...}))

    assert (0, Expect.NONE) == decode(resealed(size=..., expect=...)).change[6:]


@pytest.mark.parametrize(
    "text",
    [
        '{"seq":' + "[" * 100_000, '{"seq":' + "[" * 30_000 + "]" * 30_000, "[1", '"a', "null", "", "1",
        '{"seq":' + "9" * 5000, '{"path":"\ud800', "{'a':1", '{"a":NaN', '{"a":-Infinity', '{"a":1}{"b":2',
    ],
    ids=lambda text: text[:12],
)  # fmt: skip
def test_what_is_no_entry_is_refused_however_well_it_is_sealed(text):
    """Deep nesting, long numbers, what is no JSON or another value."""
    with pytest.raises(ValueError):  # noqa: PT011 - the text is for a person
        decode(sealed(text))


def test_an_unknown_member_and_a_repeated_one_do_no_harm():
    """A later version may say more; of two, the last counts, and the seal is always the last."""
    written = json.dumps(members())[:-1]

    assert "b.md" == decode(sealed(f'{written},"new":[1,{{}}],"path":"b.md"')).change.path
    assert Actor("human", "ana") == decode(resealed(actor={"kind": "human", "name": "ana", "more": 1})).actor


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from([*FITTING, "v", "h", "x"]), JSON, max_size=3))
def test_whatever_a_line_holds_its_entry_is_of_the_right_kinds(changed):
    """Or it is refused, with a ValueError."""
    try:
        entry = decode(resealed(**changed))
    except ValueError:
        return
    change = entry.change
    texts = [entry.id, entry.ts, entry.prev, entry.h, change.path, change.before, change.after, change.reason]
    assert {str} == {type(text) for text in texts}
    assert {str, type(None)} >= {type(text) for text in (entry.ref, entry.clock, change.to)}
    assert (int, int, Op, Expect) == (type(entry.seq), type(change.size), type(change.op), type(change.expect))
    assert entry.seq >= 0


@given(st.binary(max_size=300))
def test_noise_is_refused_with_a_value_error(noise):
    """Sealed or not."""
    for text in (noise, sealed(noise.decode("latin-1"))):
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
