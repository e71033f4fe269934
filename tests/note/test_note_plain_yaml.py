"""The quick reader of plain frontmatter beside the YAML parser."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shared_cases import real_notes

from vault_engine.note.frontmatter import block_span
from vault_engine.note.plain_yaml import read_plain_values, read_plain_yaml
from vault_engine.note.yaml12 import Document, read_yaml

PLAIN = ["a", "a b", "12", "1.5", "yes", "true", "null", "[]", '"x"', '"[[N]]"', "[a, b]", '["[[N]]", a b, 1]']
ODD = [
    "a: b", "a #b", "a:", "- x", "~", "2026-11-21T10:00:00", "https://x.org/a", "x,y", "[a,b]", "[ a ]", "[a, ]",
    "[a b , c]", "'q'", "a:b", "1:2", "0x1F", '"', "é", "a  b", "it's", "a *b", "a &b", "a !b", "a (b)", "%a",
    "? a", "{}", "a]", "1e3", "1.", ".5", "-5", "a\u2028b", "a\x85b", "\ufeff", "012", "0o7", "12:30", "[_a]", "",
]  # fmt: skip
values = st.one_of(st.sampled_from(PLAIN), st.sampled_from(ODD), st.text(max_size=6))
keys = st.sampled_from(["a", "b", "c", "title", "x-y", "no", "true"])
ends = st.sampled_from(["\n", " \n", "\r\n"])
dashes = st.sampled_from(["- ", "  - ", " -  ", "-"])
lines = st.one_of(
    st.tuples(keys, st.just(": "), values, ends),
    st.tuples(keys, st.just(":\n")),
    st.tuples(keys, st.just(":\n"), dashes, values, ends),
    st.tuples(dashes, values, ends),
    st.tuples(st.sampled_from(["\n", "# c\n", "  x\n"])),
).map("".join)


def everything(document: Document) -> tuple[object, ...]:
    """All that a document says, with the types of its values and the order of its keys."""
    return repr(document.value), document.editable, document.pairs, document.quoted


@given(st.lists(lines, max_size=5).map("".join))
def test_what_it_reads_it_reads_like_the_parser(text):
    """Values, types, order, and where each key, value and quoted text stands; or it leaves the text alone."""
    found = read_plain_yaml(text)

    assert found is None or everything(read_yaml(text)) == everything(found)


@given(st.lists(lines, max_size=5).map("".join))
def test_the_values_alone_are_the_same(text):
    """Where they are read without their places; and no two texts that are read share a list."""
    found, again = read_plain_yaml(text), read_plain_values(text)
    for value in (again or {}).values():
        if isinstance(value, list):
            value.append("mine")

    assert repr(found.value if found else None) == repr(read_plain_values(text))


@pytest.mark.parametrize("path", real_notes())
def test_real_notes(path):
    """The same on the frontmatter that people write."""
    text = path.read_bytes().decode("utf-8")
    span = block_span(text)
    found = read_plain_yaml(text[span[0] : span[1]]) if span else None

    assert found is None or everything(read_yaml(text[span[0] : span[1]])) == everything(found)


@pytest.mark.parametrize("value", PLAIN)
@pytest.mark.parametrize("form", ["k: {}\n", "k:\n  - {}\n", "k:\n- {}\n- {}\r\nl:\n"])
def test_the_plain_forms_are_read(value, form):
    """One key a line, with a word, a quoted text or a short list behind it, or a list below."""
    assert read_plain_yaml(form.replace("{}", value)) is not None


@pytest.mark.parametrize("text", ["", "a: 1\na: 2\n", "a: [b\n", "a: b: c\n", "  a: 1\n", "a: &x 1\n", "a: 1", "- a\n"])
def test_all_else_is_left_to_the_parser(text):
    """Duplicates, nesting, anchors, a last line without an end, what is no YAML."""
    assert read_plain_yaml(text) is None
