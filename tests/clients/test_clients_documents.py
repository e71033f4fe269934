"""Laws of the edits, on documents that nobody thought of."""

import json

import pytest
import yaml
from client_world import SERVER, client
from hypothesis import given, settings
from hypothesis import strategies as st

from vault_engine.clients import edits
from vault_engine.clients.tree import Splice, Spot, Syntax, Unfit, found, without

SPOT = Spot(("mcpServers",), "memwell")
ENTRY = client("claude-code").entry(SERVER)

blanks = st.text(" \t\n\r", max_size=3)
comments = st.one_of(
    st.just(""),
    st.text(st.characters(blacklist_characters="\n\r", codec="utf-8"), max_size=8).map(lambda text: f"//{text}\n"),
    st.text(st.characters(blacklist_characters="*", codec="utf-8"), max_size=8).map(lambda text: f"/*{text}*/"),
)
gaps = st.tuples(blanks, comments, blanks).map("".join)
scalars = st.one_of(
    st.sampled_from(["true", "false", "null", "0", "-1.50e+3", '"\\ud83d\\n\\/"', '"// no /* comment"', '"memwell"']),
    st.text(st.characters(codec="utf-8"), max_size=8).map(json.dumps),
    st.floats(allow_nan=False, allow_infinity=False).map(json.dumps),
)


@st.composite
def lists(draw: st.DrawFn, values: st.SearchStrategy[str]) -> str:
    """A list with blanks, comments and commas wherever they may be."""
    items = draw(st.lists(values, max_size=3))
    return f"[{_joined(draw, items)}]"


@st.composite
def maps(draw: st.DrawFn, values: st.SearchStrategy[str], extra: dict[str, str] | None = None) -> str:
    """A map with blanks, comments and commas wherever they may be; ``extra`` among its members."""
    members = draw(st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=5), values, max_size=3)) | (
        extra or {}
    )
    names = draw(st.permutations(sorted(members)))
    pairs = [f"{json.dumps(name)}{draw(gaps)}:{draw(gaps)}{members[name]}" for name in names]
    return f"{{{_joined(draw, pairs)}}}"


def _joined(draw: st.DrawFn, parts: list[str]) -> str:
    text = draw(gaps)
    for at, part in enumerate(parts):
        is_last = at == len(parts) - 1
        text += part + draw(gaps) + ("," if not is_last or draw(st.booleans()) else "") + draw(gaps)
    return text


values = st.recursive(scalars, lambda inner: st.one_of(lists(inner), maps(inner)), max_leaves=6)


@st.composite
def documents(draw: st.DrawFn) -> str:
    """A file of settings, with other servers or none, and perhaps an older entry of ours."""
    extra = {}
    if draw(st.booleans()):
        own = {"memwell": draw(maps(values))} if draw(st.booleans()) else {}
        extra = {"mcpServers": draw(maps(maps(values), own))}
    bom = draw(st.sampled_from(["", "\ufeff"]))
    return bom + draw(gaps) + draw(maps(values, extra)) + draw(gaps)


@settings(max_examples=50, deadline=None)
@given(documents())
def test_an_entry_put_into_json_and_taken_out_again_is_nothing(text):
    """Whatever stands there: comments, blanks, commas, other servers."""
    done = edits.add(Syntax.JSON, text, SPOT, ENTRY)
    assert done is not None
    with_it = done.splice.done(text)

    assert text == done.splice.undone(with_it)
    assert ENTRY == found(edits.read(Syntax.JSON, with_it), SPOT)
    assert without(edits.read(Syntax.JSON, text), SPOT) == without(edits.read(Syntax.JSON, with_it), SPOT)
    assert edits.add(Syntax.JSON, with_it, SPOT, ENTRY) is None


@settings(max_examples=50, deadline=None)
@given(documents(), gaps)
def test_an_entry_is_taken_out_of_json_that_was_edited_since(text, gap):
    """What is left says what the edited text said but for the entry; or it is refused, never done by halves."""
    done = edits.add(Syntax.JSON, text, SPOT, ENTRY)
    assert done is not None
    edited = gap + done.splice.done(text).replace('"serve"', '"served"').removeprefix("\ufeff")
    before = edits.read(Syntax.JSON, edited)
    try:
        rest = edits.take_out(Syntax.JSON, edited, SPOT, done)
    except Unfit:
        assert done.replaced or "//" in edited
        return

    assert rest is not None
    after = edits.read(Syntax.JSON, rest)
    assert (None, without(before, SPOT)) == (found(after, SPOT), without(after, SPOT))


@settings(max_examples=50, deadline=None)
@given(documents())
def test_json_is_read_as_the_standard_library_reads_it(text):
    """Where it has no comments and no commas too many."""
    plain = edits.read(Syntax.JSON, text)
    try:
        standard = json.loads(text, parse_int=_number, parse_float=_number, parse_constant=_number)
    except ValueError:
        return
    assert standard == plain


@given(st.text(st.sampled_from('{}[]",:/*\\n \t\n01-.e"memwellmcpServers'), max_size=60))
def test_what_is_accepted_can_be_changed_back(text):
    """Any text at all, broken ones included, is refused or comes back as it was."""
    for syntax in Syntax:
        try:
            done = edits.add(syntax, text, SPOT, ENTRY)
        except Unfit:
            continue
        if done:
            assert text == done.splice.undone(done.splice.done(text))


yaml_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text("abz:#-&*!|>'\"{}[]%@ \n", max_size=6)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text("abz -", max_size=3), inner, max_size=3)
    ),
    max_leaves=6,
)


@pytest.mark.parametrize("name", ["hermes", "continue"])
@settings(max_examples=50, deadline=None)
@given(data=st.data())
def test_an_entry_put_into_yaml_and_taken_out_again_is_nothing(name, data):
    """In block style and between braces, at any indentation, with servers or without."""
    one = client(name)
    spot, entry = one.server.spot, one.entry(SERVER)
    (key,) = spot.keys
    facts = data.draw(st.dictionaries(st.text("abz", min_size=1, max_size=3), yaml_values, max_size=3))
    if data.draw(st.booleans()):
        servers = data.draw(st.dictionaries(st.text("xyz", min_size=1, max_size=3), yaml_values, max_size=3))
        facts[key] = [{"name": at, "v": one} for at, one in servers.items()] if spot.listed else servers
    style = data.draw(st.sampled_from([False, None, True]))
    text = yaml.safe_dump(facts, default_flow_style=style, indent=data.draw(st.integers(2, 6)), sort_keys=False)

    done = edits.add(Syntax.YAML, text, spot, entry)

    assert done is not None
    with_it = done.splice.done(text)
    assert text == done.splice.undone(with_it)
    loaded = yaml.safe_load(with_it)
    assert entry == found(loaded, spot)
    assert without(facts, spot) == without(loaded, spot)


@given(st.text("ab", max_size=5), st.integers(0, 9), st.text("ab", max_size=3))
def test_a_splice_is_made_only_where_its_text_stands(text, start, removed):
    """Else it is refused."""
    splice = Splice(start, removed, "new")
    if text.startswith(removed, start):
        assert text == splice.undone(splice.done(text))
    else:
        with pytest.raises(Unfit):
            splice.done(text)


def _number(raw: str) -> tuple[str, str]:
    return "number", raw
