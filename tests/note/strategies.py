"""Texts and values that Hypothesis makes notes from."""

from hypothesis import strategies as st

_SYNTAX = st.sampled_from(
    [
        "---\n", "---\r\n", "\ufeff", "key: value\n", "tags: [a, b]\n", "- ", "> ", "\t", "    ", "\n", "\r\n",
        "[[", "]]", "![[", "|", "#", "^id", "[a](b.md)", "](", ")", "(", "<", ">", "<!--", "-->", "```\n", "~~~",
        "`", "$", "$$\n", "\\", "%%", "# Heading\n", "===\n", "| a | b |\n|---|---|\n", "<div>\n", "&x ", "*x ",
        "{{title}}", "|-\n  text\n", '"', "'", "日本語。", "\x85", "\u2028", "\x00", "word ", "Sentence. ",
    ]
)  # fmt: skip

note_texts = st.lists(st.one_of(_SYNTAX, st.text(max_size=5)), max_size=60).map("".join)

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
scalars = st.one_of(
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    texts,
    st.sampled_from(["yes", "12:30", "2026-11-21", "0123", "a: b", "[[Note]]", "- x", "null", "~", "x #y", ""]),
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(st.one_of(st.none(), inner), max_size=4), st.dictionaries(texts, inner, max_size=3)
    ),
    max_leaves=6,
)
keys = st.one_of(st.sampled_from(["title", "tags", "no", "1", "key with blanks", "schlüssel"]), texts)
properties = st.dictionaries(keys, values, max_size=5)
