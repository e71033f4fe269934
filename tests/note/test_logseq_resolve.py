"""Which file a Logseq reference means."""

import time

import pytest

from vault_engine.note.logseq import LogseqConfig, LogseqResolver, PageNames, read_page

ID = "60ab6f5b-4bdc-4ef0-a0f8-6cad9dcad2b2"
PAGES = [
    PageNames("pages/a___b.md", None, ("Shortcut", "Titled"), (ID,)),
    PageNames("pages/file.md", "Titled", (), ()),
    PageNames("pages/Straße.md", None, (), ()),
    PageNames("pages/sub/Twin.md", None, (), ()),
    PageNames("pages/twin.md", None, (), ()),
    PageNames("pages/other.md", "Twin", (), ()),
    PageNames("journals/2024_01_05.md", None, (), ()),
]
ASSETS = ["assets/x.png", "assets/my file.pdf"]


def resolver() -> LogseqResolver:
    return LogseqResolver(PAGES, LogseqConfig(), ASSETS)


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("[[a/b]]", "pages/a___b.md"),
        ("#a/B", "pages/a___b.md"),
        ("[[/a/b/]]", "pages/a___b.md"),
        ("[[shortcut]]", "pages/a___b.md"),
        ("[[titled]]", "pages/file.md"),
        ("[[file]]", None),
        ("[[STRASSE]]", "pages/Straße.md"),
        ("[[Twin]]", "pages/twin.md"),
        ("[[jan 5th, 2024]]", "journals/2024_01_05.md"),
        ("[[2024-01-05]]", "journals/2024_01_05.md"),
        ("[[Jan 6th, 2024]]", None),
        (f"(({ID}))", "pages/a___b.md"),
        (f"(({ID.upper()}))", "pages/a___b.md"),
        ("((60ab6f5b-4bdc-4ef0-a0f8-000000000000))", None),
        ("![x](../assets/x.png)", "assets/x.png"),
        ("![x](/assets/X.png)", "assets/x.png"),
        ("![x](../assets/my file.pdf)", "assets/my file.pdf"),
        ("![x](../assets/my%20file.pdf)", "assets/my file.pdf"),
        ("![x](../../../assets/x.png)", None),
        ("[x](file.md)", "pages/file.md"),
        ("[x](a/b)", "pages/a___b.md"),
        ("[x](%00)", None),
    ],
)
def test_the_file_a_reference_means(written, found):
    """Names without case, titles before files' names, names before aliases; files relative to the page."""
    (link,) = read_page(f"- {written}").links

    assert found == resolver().find(link, "pages/Src.md")


def test_a_name_that_several_pages_have():
    """All of them are told, the one that is taken first; a name of one page is not ambiguous."""
    twin, other = read_page("- [[twin]] [[a/b]]").links

    assert ("pages/twin.md", "pages/other.md", "pages/sub/Twin.md") == resolver().candidates(twin, "pages/Src.md")
    assert () == resolver().candidates(other, "pages/Src.md")


def test_a_large_graph_resolves_quickly():
    """20,000 pages: a reference is a look-up, not a search through the graph."""
    pages = [PageNames(f"pages/page {n}.md", None, (f"alias {n}",), ()) for n in range(20_000)]
    start = time.process_time()
    large = LogseqResolver(pages, LogseqConfig())
    links = read_page("- " + " ".join(f"[[page {n}]] [[alias {n}]]" for n in range(1000))).links

    assert None not in [large.find(link, "pages/Src.md") for link in links]
    assert time.process_time() - start < 3
