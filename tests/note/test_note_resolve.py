"""Which file a link means."""

import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from vault_engine.index.record import LinkRecord
from vault_engine.note import LinkKind, Resolver


@pytest.mark.parametrize(
    ("paths", "link", "source", "found"),
    [
        (["Note.md", "a/Note.md"], "Note", "a/src.md", "Note.md"),
        (["b/Note.md", "a/x/Note.md"], "Note", "a/src.md", "a/x/Note.md"),
        (["bb/N.md", "aa/N.md"], "N", "src.md", "aa/N.md"),
        (["aa/Note.md", "ab/note.md"], "note", "src.md", "ab/note.md"),
        (["note.md", "Note.md"], "Note", "src.md", "Note.md"),
        (["note.md", "Note.md"], "NOTE", "src.md", "Note.md"),
        (["x.png", "x.png.md"], "x.png", "src.md", "x.png"),
        (["a/b.canvas"], "b", "src.md", None),
        (["a/b.md"], "./b", "a/src.md", "a/b.md"),
        (["a/b.md"], "./b", "src.md", None),
        (["b.md"], "../../b", "a/src.md", None),
        (["b.md"], "./../b.md", "a/src.md", "b.md"),
        (["a/b.md"], "/b", "src.md", None),
        (["a/b.md"], "/a/b", "x/src.md", "a/b.md"),
        ([".trash/b.md", "a/.hidden/b.md"], "b", "src.md", None),
        (["Straße.md"], "STRASSE", "src.md", "Straße.md"),
        (["a/b.md"], " B ", "src.md", "a/b.md"),
        (["a/b.md"], "", "src.md", "src.md"),
        (["a/b.md"], "..", "src.md", None),
        (["a/b.md"], "https://x.org", "src.md", None),
    ],
)
def test_the_file_a_link_means(paths, link, source, found):
    """Exact path, own folder, shortest path, first in the alphabet; relative and rooted paths never search."""
    assert found == Resolver(paths).resolve(link, source)


@pytest.mark.parametrize(
    ("paths", "link", "found"),
    [
        (["a/Note.md", "b/Note.md"], "note", ("a/Note.md", "b/Note.md")),
        (["a/Note.md", "b/Note.md"], "a/Note", ()),
        (["x/a/Note.md", "y/a/Note.md", "b/Note.md"], "a/Note", ("x/a/Note.md", "y/a/Note.md")),
        (["Note.md", "b/Note.md"], "Note", ()),
        (["a/Note.md", "b/Note.md"], "./Note", ()),
        (["a/pic.png", "b/pic.png", "pic.png.md"], "pic.png", ("a/pic.png", "b/pic.png")),
        (["a/Note.md"], "Note", ()),
        (["a/Note.md"], "", ()),
    ],
)
def test_a_link_is_ambiguous(paths, link, found):
    """Several files have the name, and the link does not say which; a whole path does."""
    assert found == Resolver(paths).ambiguous(link)


@given(st.lists(st.text(max_size=8), max_size=6), st.text(max_size=8), st.text(max_size=8))
def test_the_resolver_takes_anything(paths, link, source):
    """Whatever paths and links there are, it finds one of the paths, the source, or nothing."""
    resolver = Resolver(paths)

    assert resolver.resolve(link, source) in {None, source, *paths}
    assert set(resolver.ambiguous(link)) <= set(paths)


def test_a_large_vault_resolves_quickly():
    """100,000 paths: a link is a look-up, not a search through the vault."""
    resolver = Resolver(f"folder {n % 97}/note {n}.md" for n in range(100_000))

    start = time.process_time()
    found = [resolver.resolve(f"note {n}", "src.md") for n in range(0, 100_000, 10)]

    assert found[0] == "folder 0/note 0.md"
    assert None not in found
    assert time.process_time() - start < 1


# ---- files that come and go

_NAMES = st.sampled_from(
    ["A", "a", "a.md", "B", "a.md.md", "Straße", "STRASSE", "x.png", "x.png.md", "\u00c5", "A\u030a"]
)
_PATHS = st.lists(st.sampled_from(["a", "A", "b", "a/b"]) | _NAMES, min_size=1, max_size=3).map("/".join)
_LINKS = st.builds(
    "{0}{1}".format, st.sampled_from(["", "", "./", "../", "/", " ", "../../", "./../"]), _PATHS | st.just("")
)


def wiki(target: str) -> LinkRecord:
    return LinkRecord(LinkKind.WIKI, target, False, None)


@given(st.lists(st.tuples(st.booleans(), _PATHS), max_size=20), st.lists(_LINKS, max_size=5), _PATHS)
def test_a_resolver_that_was_changed_is_as_one_made_anew(changes, links, source):
    """Files are added and removed in any order, some twice; which file a link means is the same as for a new one."""
    changed, files = Resolver([]), set()
    for is_new, path in changes:
        (changed.add if is_new else changed.remove)(path)
        (files.add if is_new else files.discard)(path)
    anew = Resolver(sorted(files))

    for link in links:
        assert anew.resolve(link, source) == changed.resolve(link, source)
        assert anew.ambiguous(link) == changed.ambiguous(link)
        assert anew.depends_on_source(wiki(link)) == changed.depends_on_source(wiki(link))


@given(st.lists(_PATHS, max_size=8), _LINKS, _PATHS, _PATHS)
@example(["a.md.md"], "a.md", "src.md", "b.md")
@example(["x.png.md"], "x.png", "src.md", "b.md")
@example([], "", "a/src.md.md", "b.md")
def test_a_file_is_known_by_a_name_that_every_link_to_it_holds(paths, link, source, other):
    """So no link to a file is overlooked; and a link whose target depends on nothing else leads there from anywhere."""
    resolver = Resolver([*paths, source])
    found = resolver.resolve(link, source)

    if found is not None:
        assert set(resolver.keys(wiki(link), source)) & set(resolver.names(found))
    else:
        assert resolver.keys(wiki(link), source) == resolver.missing_keys(resolver.missing(wiki(link), source))
    if not resolver.depends_on_source(wiki(link)):
        assert found == resolver.resolve(link, other)


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("Nine", "nine.md", True),
        ("x/Nine", "x/nine", True),
        ("./Nine", "/a/nine", True),
        ("../a/Nine", "./Nine.md", True),
        ("Nine", "x/Nine", False),
        ("../../Nine", "../../nine", True),
    ],
)
def test_links_to_one_missing_note_have_one_name_for_it(one, other, is_same):
    """However they are written."""
    resolver = Resolver([])

    assert is_same == (resolver.missing(wiki(one), "a/src.md") == resolver.missing(wiki(other), "a/src.md"))


def test_a_file_that_two_sources_name_is_one_file():
    """One that is evicted is among the notes and the placeholders: no link to it is ambiguous."""
    assert () == Resolver(["a/N.md", "a/N.md"]).ambiguous("N")
