"""From text to a note."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shared_cases import real_notes
from strategies import note_texts

from vault_engine.note import LinkKind, parse


@given(st.one_of(note_texts, st.text()))
def test_every_text_is_a_note(text):
    """Nothing makes parse raise, and every offset and line is that of what was found."""
    note = parse(text)

    assert text.endswith(note.body)
    for tag in note.inline_tags:
        assert f"#{tag.name}" == text[tag.start : tag.start + len(tag.name) + 1]
    for block in note.blocks:
        assert f"^{block.id}" == text[block.start : block.start + len(block.id) + 1]
    for link in note.links:
        assert text.count("\n", 0, link.start) + 1 == link.line
        assert 0 <= link.start < link.end <= len(text)
    for heading in note.headings:
        assert heading.start == 0 or text[heading.start - 1] in "\n\ufeff"
        assert text.count("\n", 0, heading.start) + 1 == heading.line


@pytest.mark.parametrize("path", real_notes())
def test_real_notes(path):
    """Every note of the real vaults is read, and each link stands where it says."""
    text = path.read_bytes().decode("utf-8")

    for link in parse(text).links:
        written = text[link.start : link.end]
        assert written.startswith(("[[", "![[", "[", "![", '"', "'"))
        assert link.embed == written.startswith("!")


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("a [[b|c]] d", "[[b|c]]"),
        ("> - a ![[b]]", "![[b]]"),
        ('> a [t](b.md\n> "title") c', '[t](b.md\n> "title")'),
        ('---\nup: "[[a]]" # c\n---\n', "[[a]]"),
        ("---\nup: '[[a''b]]'\n---\n", "'[[a''b]]'"),
    ],
)
def test_a_link_knows_where_it_stands(text, written):
    """Start and end are offsets in the whole note, also in quotes and properties."""
    [link] = parse(text).links

    assert written == text[link.start : link.end]


@pytest.mark.parametrize(
    ("text", "targets"),
    [
        ("[a [[b]]](c.md)", ["c.md", "b"]),
        ("[![alt](pic.png)](b.md)", ["b.md", "pic.png"]),
        ("[a [b](c.md) d](e.md)", ["c.md"]),
        ("[t](<Note Two.md>)", ["Note Two.md"]),
        ("![[[x]]]", ["x"]),
        ("<span>[[x]]</span>", ["x"]),
        ("<https://x.org/[[y]]>", []),
        ("<div>\n[[x]]\n\n[[y]]", ["y"]),
        ("text <!-- [[x]] --> [[y]]", ["y"]),
        ("a\n    [[lazy]]", ["lazy"]),
        ("1. a\n   ```\n   [[x]]\nb [[y]]", ["y"]),
        ("> ```\n> [[x]]\n\n[[y]]", ["y"]),
        ("| a | b |\n|---|---|\n| [[x|y]] | [[z\\|y]] |", ["z"]),
        ("a | [[x|y]]", ["x"]),
        ("$$ [[x]]\n\nnever closed", ["x"]),
        ("$$\n[[x]]\n\n$$\n[[y]]", ["y"]),
        ("# [[x]] #\n[[y]]\n---\n[[z]]", ["x", "y", "z"]),
        ("[[https://x.org]]", ["https://x.org"]),
        ("[[ ]] [[a`]]`]]", ["a`]]`"]),
    ],
)
def test_where_links_count(text, targets):
    """Code, HTML, comments and math hide links; tables cut them; everything else shows them."""
    assert targets == [link.target for link in parse(text).links]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("[t][r] x\n\n[r]: Note%20Two.md#H 'title'\n", [("Note Two.md", ("H",), "t")]),
        ("[R][] and [r]\n\n[ R ]: <a b.md>\n", [("a b.md", (), "R"), ("a b.md", (), "r")]),
        ("![alt][pic]\n\n[pic]: img.png", [("img.png", (), "alt")]),
        ("[t][r]\n\n```\n[r]: a.md\n```\n", []),
        ("[t][r]\n\n[r]: https://x.org\n", []),
        ("[r]: a.md\n[r]: b.md\n\n[t][r]\n", [("a.md", (), "t")]),
        ("text\n[r]: a.md\n\n[t][r]\n", []),
        ("[t][r]\n\n[r]: a.md and more\n", []),
        ("[^1]: note [[x]]\n", [("x", (), None)]),
        ("> [t][r]\n\n- [r]: a.md\n", [("a.md", (), "t")]),
        ("[t][r](b.md)\n\n[r]: a.md\n", [("a.md", (), "t")]),
        ("[[r]]\n\n[r]: a.md\n", [("r", (), None)]),
    ],
)
def test_reference_links(text, found):
    """A label stands for the destination that the first definition of it gives, wherever that is."""
    links = parse(text).links

    assert found == [(link.target, link.heading, link.alias) for link in links]


def test_a_reference_link_has_its_target_where_it_is_defined():
    """What a rename has to replace is the destination of the definition."""
    text = "[t][r]\n\n[r]: <Note Two.md#H>\n"
    [link] = parse(text).links

    assert (LinkKind.REFERENCE, "[t][r]") == (link.kind, text[link.start : link.end])
    assert text[link.target_start : link.target_end] == "Note Two.md"


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("rating:: 8", {"rating": "8"}),
        ("- **Bold Key**:: v", {"Bold Key": "v"}),
        ("a (b:: c) d [e:: [[f]]] g", {"b": "c", "e": "[[f]]"}),
        ("head:: text [k:: v]", {"k": "v"}),
        ("one:: 1\ntwo:: 2\nno\nthree::", {"one": "1", "two": "2", "three": ""}),
        ("> quoted:: yes", {"quoted": "yes"}),
        ("`x:: y` z:: 1", {}),
        ("```\nx:: y\n```", {}),
        ("[open:: v", {}),
        ("::", {}),
        ("std::vector", {"std": "vector"}),
        ("a::b::c", {"a": "b::c"}),
    ],
)
def test_inline_fields(text, fields):
    """A whole line or what brackets enclose, outside code; formatting round the key goes."""
    assert fields == {field.key: field.value for field in parse(text).fields}


def test_callouts():
    """A quote that begins with a bracketed type; case goes, what says how to fold and the title stay."""
    note = parse("> [!NOTE]- A [[title]]\n> body [[x]]\n\n> [!my-type|left]\n\n> not [!first]\n\n[!none]\n")

    assert [(c.type, c.fold, c.title) for c in note.callouts] == [("note", "-", "A [[title]]"), ("my-type", "", "")]
    assert [link.target for link in note.links] == ["title", "x"]


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("[[a b#H|c]]", "a b"),
        ("| x |\n|---|\n| [[a\\|t]] |", "a"),
        ("> [t](<a b.md#H> 'x')", "a b.md"),
        ("[t](a%20b.md%23H)", "a%20b.md"),
        ('---\nup: "[[a|b]]"\n---\n', "a"),
        ('---\nup: "[[\\u0061]]"\n---\n', '"[[\\u0061]]"'),
        ("![[a|100]]", "a"),
    ],
)
def test_a_link_knows_where_its_target_is_written(text, written):
    """What a rename replaces, and nothing more: no heading, no display text, no brackets."""
    [link] = parse(text).links

    assert written == text[link.target_start : link.target_end]


def test_headings_of_both_kinds():
    """Closing hashes go; an underlined paragraph is a heading; a hash without a blank is none."""
    note = parse("# One ##\n\nTwo\nlines\n---\n\n#no\n\n- # In a list\n\n      # code\n####### seven\n")

    assert [(h.level, h.text) for h in note.headings] == [(1, "One"), (2, "Two lines"), (1, "In a list")]
    assert note.title_heading == "One"


def test_a_byte_order_mark_belongs_to_no_heading():
    """The body begins after the mark, and so does its first heading."""
    assert [parse(text).headings[0].start for text in ("\ufeff# A\n", "\ufeffA\n---\n")] == [1, 1]


def test_tags_keep_the_spelling_first_seen():
    """Properties come first; case does not make another tag."""
    note = parse("---\ntags: [Work, a/b]\n---\n#work #A/B #new #new\n")

    assert note.tags == ("Work", "a/b", "new")


@pytest.mark.parametrize(
    ("yaml", "aliases"),
    [("aliases: [a, 1, b]", ("a", "b")), ("aliases: a, b", ("a, b",)), ("alias: a", ()), ("aliases:", ())],
)
def test_aliases(yaml, aliases):
    """A list of texts, or one text kept whole."""
    assert aliases == parse(f"---\n{yaml}\n---\n").aliases


@pytest.mark.parametrize(
    "unit",
    ["![[", "[[", "](", "[a](", "` `` ", "<a x='", "$a ", "> ", "- ", '[](a "', "|a", "<!-- ", "*a\n", "\\"],
)
def test_time_is_linear(unit):
    """Four times the text takes no more than about four times as long, whatever it repeats."""

    def seconds(size: int) -> float:
        text = unit * (size // len(unit))
        start = time.process_time()
        parse(text)
        return time.process_time() - start

    small = min(seconds(50_000) for _ in range(3))
    assert seconds(200_000) < 12 * max(small, 0.002)
