"""Which file a link means."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault_engine.note import Resolver


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
