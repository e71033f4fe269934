"""From text to a Logseq page: a table for each rule, and what must hold for every text."""

import time
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shared_cases import ABSENT, SHARED
from strategies import note_texts

from vault_engine.note import Link, LinkKind
from vault_engine.note.logseq import (
    LogseqResolver,
    PageNames,
    page_refs,
    read_config,
    read_page,
)

ID = "60ab6f5b-4bdc-4ef0-a0f8-6cad9dcad2b2"
DOCS = SHARED / "vaults" / "logseq-docs"


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("- [[a]] #b #[[c d]] [[A]]", ["a", "b", "c d"]),
        ("- [[nested [[page]]]] [[x]", ["nested [[page]]"]),
        ("- [[a [[b]] c", ["b"]),
        ("- [[]] [[ ]] [[ a ]]", ["a"]),
        ("- [l]([[a]]) [#t](b.md)", ["a"]),
        ("- {{embed [[a]]}} {{query [[b]]}} {{cloze [[c]]}} [[d]]", ["a", "d"]),
        ("- #a, #b. #c; #d! #e: (x#f) #g.h **#i**", ["a", "b", "c", "d", "e", "f)", "g.h", "i"]),
        ("- \\#a \\[[b]] # c ##d [#A] &#39;", ["d"]),
        ("- `[[a]]` ``#b ` #c`` $[[d]]$ $$[[e]]$$ [[f]]", ["f"]),
        ("- http://a.b/#c <a href='#d'> <https://e#f> [[g]]", ["g"]),
        ("- ```clojure\n  [[a]]\n  ```\n  [[b]]", ["b"]),
        ("- ~~~\n  [[a]]\n- [[b]]\n  ~~~ [[c]]\n  [[d]]", ["d"]),
        ("- ```\n  [[unclosed]]", ["unclosed"]),
        ("- $$\n  [[a]]\n  $$ [[b]]", ["b"]),
        ("- x <!-- [[a]]\n- [[b]] --> [[c]]", ["c"]),
        ("- x\n  :LOGBOOK:\n  CLOCK: [[a]]\n  :END:\n  [[b]]", ["b"]),
        ("- #+BEGIN_QUERY\n  [[a]]\n  #+END_QUERY\n- #+BEGIN_QUOTE\n  [[b]]\n  #+END_QUOTE", ["b"]),
        ("a:: [[b]], #c text [[D e]]\n\n- x", ["b", "c", "D e"]),
        ("tags:: a, [[b c]], #d，e", ["a", "b c", "d", "e"]),
        ("alias:: a, [[b]]\ntitle:: [[c]]\ntemplate:: #d", []),
        ("comma:: one, two", []),
        ("---\ntags: [a, b]\nrelated: '[[c]]'\nunquoted: [[d]]\n---\n- [[e]]", ["a", "b", "c", "d", "e"]),
        ("- a continued [label\n  of two lines](#b)", []),
    ],
)
def test_the_pages_a_text_refers_to(text, names):
    """References in text and properties, distinct without case; none where Logseq reads none."""
    assert names == list(page_refs(read_page(text)))


@pytest.mark.parametrize(
    ("text", "page", "blocks"),
    [
        ("a:: 1\n\nb:: true\n- c:: 007\n  d:: -1", {"a": 1, "b": True}, [{"c": 7, "d": "-1"}]),
        ("- a:: 1\n- b:: 2", {"a": 1}, [{"b": 2}]),
        ("- a:: 1\n  text\n- b:: 2", {}, [{"a": 1}, {"b": 2}]),
        ("text\na:: 1", {}, [{"a": 1}]),
        ("# Heading\na:: 1", {}, [{"a": 1}]),
        ("a:: 1\n- b:: 2", {"a": 1}, [{"b": 2}]),
        ("---\nA_b: x\nc: 1\n---\nc:: 2\n- x", {"a-b": "x", "c": 2}, []),
        ("a::\nb:: \nc::x\nstd::vector\n", {}, []),
        ("[[a]]:: x\nb,c:: x\n1d:: x\n`e:: x`", {}, []),
        ("public:: true\nid:: 5\ncreated-at:: 16", {"public": True, "id": "5", "created-at": 16}, []),
        ("n:: 99999999999999999999\nq:: \"a, b\"", {"n": "99999999999999999999", "q": '"a, b"'}, []),
        ("tags:: a\nalias:: 233", {"tags": ["a"], "alias": ["233"]}, []),
        ("tags:: \"a, b\"", {"tags": '"a, b"'}, []),
        ("url:: [x](https://a.b)\nsee:: [l]([[a]])", {"url": "[x](https://a.b)", "see": ["a"]}, []),
        ("- ```\n  a:: 1\n  ```", {}, []),
        ("---\nnested: {a: 1}\nempty:\nlist: [1, '[[x]]']\n---\n", {"nested": {"a": 1}, "list": [1, "x"]}, []),
        ("---\n- no mapping\n---\na:: 1", {"a": 1}, []),
        ("\ufeffa:: 1\r\n\r\n- b:: 2\r\n", {"a": 1}, [{"b": 2}]),
    ],
)  # fmt: skip
def test_properties(text, page, blocks):
    """Those of the first block are the page's; values are numbers, booleans, names of pages, or text."""
    read = read_page(text)

    assert page == read.properties
    assert blocks == list(read.block_properties)


def test_names_tags_ids_and_headings():
    """Everything else a page holds, with its place."""
    text = f"alias:: B, b, C\ntags:: t\n\n# One\n- ## Two #T #u\n  id:: {ID}\n\t- text # no\n  Done_at:: 1"
    page = read_page(text)

    assert ("B", "C") == page.aliases
    assert ("t", "u") == page.tags
    assert ("alias", "tags", "id", "done-at") == page.keys
    assert [(1, "One", 4), (2, "Two #T #u", 5)] == [(each.level, each.text, each.line) for each in page.headings]
    assert [(ID, text.index(ID))] == [(block.id, block.start) for block in page.blocks]


@pytest.mark.parametrize(
    ("text", "kind", "embed", "alias", "whole", "target"),
    [
        ("- x [[ a ]]", LinkKind.WIKI, False, None, "[[ a ]]", "a"),
        ("- x #[[a b]] y", LinkKind.TAG, False, None, "#[[a b]]", "a b"),
        ("- x #a. y", LinkKind.TAG, False, None, "#a", "a"),
        ("- [l]([[a]])", LinkKind.WIKI, False, "l", "[l]([[a]])", "a"),
        (f"- [l]((({ID})))", LinkKind.BLOCK, False, "l", f"[l]((({ID})))", ID),
        (f"- {{{{embed (({ID}))}}}}", LinkKind.BLOCK, True, None, f"{{{{embed (({ID}))}}}}", ID),
        ("- {{embed [[a]]}}", LinkKind.WIKI, True, None, "{{embed [[a]]}}", "a"),
        ("- ![x](../assets/a%20b.png#p){:width 3}", LinkKind.MARKDOWN, True, "x", "![x](../assets/a%20b.png#p)",
         "../assets/a%20b.png"),
        ("tags:: a b", LinkKind.TAG, False, None, "a b", "a b"),
        ("---\nk: 'x [[a]]'\n---\n", LinkKind.PROPERTY, False, None, "a", "a"),
    ],
)  # fmt: skip
def test_where_a_link_stands(text, kind, embed, alias, whole, target):
    """The whole of a link and the name in it, to the character."""
    (link,) = read_page(text).links

    assert (kind, embed, alias) == (link.kind, link.embed, link.alias)
    assert whole == text[link.start : link.end]
    assert target == text[link.target_start : link.target_end]


def stands_where_it_says(text: str, link: Link) -> bool:
    written = text[link.target_start : link.target_end]
    inside = link.start <= link.target_start <= link.target_end <= link.end <= len(text)
    line = text.count("\n", 0, link.start) + 1 == link.line
    if link.kind in (LinkKind.WIKI, LinkKind.TAG):
        return inside and line and written == link.target
    return inside and line and (link.kind is not LinkKind.BLOCK or written == link.block)


logseq_texts = st.lists(
    st.sampled_from(
        [
            "- ", "\t", "\n", "a:: ", "tags:: ", "alias:: ", f"id:: {ID}", "[[", "]]", "[", "](", ")", "#", "((", "))",
            f"(({ID}))", "{{embed ", "{{query ", "}}", "```\n", "$$", "$", "`", "<!--", "-->", ":LOGBOOK:\n", ":END:\n",
            "#+BEGIN_SRC\n", "#+END_SRC\n", ",", ".", "\\", "---\n", "x: ", "'", '"', "http://", "page", " ", "é",
            "\r\n",
        ]
    ),
    max_size=60,
).map("".join)  # fmt: skip


@given(st.one_of(logseq_texts, note_texts, st.text()))
def test_every_text_is_a_page(text):
    """Nothing makes read_page raise, and everything stands where it says, in order."""
    page = read_page(text)

    assert all(stands_where_it_says(text, link) for link in page.links)
    assert [link.start for link in page.links] == sorted(link.start for link in page.links)
    assert all(text.startswith(block.id, block.start) for block in page.blocks)
    assert all(heading.start == 0 or text[heading.start - 1] in "\n\ufeff" for heading in page.headings)


@pytest.mark.parametrize(
    "part",
    [
        "[[", "]]", "[", "](", "[a](", "[a](b ", "((", "#", "#a;", "{{", "{{{", "{{embed ", "<!--", "<a", "$", "$$",
        "`", "``", "://", "a:: <!--\n", "- ```\n", "- ~~~\n", "- $$\n", "$$ a\n", "- :LOGBOOK:\n", "- #+BEGIN_SRC\n",
        "a", "\\", "tags:: ", ",", "- \n", "#\n", "::", "a:: [[b\n", "\t", "[[a]]", "x:: #a\n", "![", "[x](y z",
    ],
)  # fmt: skip
def test_a_hostile_text_is_read_in_linear_time(part):
    """One part many times over, also behind tags:: and in frontmatter."""
    start = time.process_time()
    for head in ("", "tags:: ", "---\nrelated: '"):
        read_page(head + part * (50_000 // len(part)))

    assert time.process_time() - start < 2


def test_the_documentation_of_logseq():
    """Every page of a real graph is read, each link stands where it says, and most references find their page."""
    if not DOCS.exists():
        pytest.skip(ABSENT)
    config = read_config((DOCS / "logseq" / "config.edn").read_text(encoding="utf-8"))
    texts = {path.relative_to(DOCS).as_posix(): path.read_bytes().decode() for path in sorted(DOCS.rglob("*.md"))}
    pages = {path: read_page(text) for path, text in texts.items()}
    names = [
        PageNames(path, page.properties.get("title"), page.aliases, tuple(block.id for block in page.blocks))
        for path, page in pages.items()
    ]
    resolver = LogseqResolver(names, config)
    found = Counter(
        (link.kind is LinkKind.BLOCK, resolver.find(link, path) is not None)
        for path, page in pages.items()
        for link in page.links
        if link.kind is not LinkKind.MARKDOWN
    )

    assert all(stands_where_it_says(texts[path], link) for path, page in pages.items() for link in page.links)
    assert found[False, True] > 1000  # most of the others name contributors, who have no page
    assert found[True, True] > 50
