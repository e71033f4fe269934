"""Which file of a Logseq graph a note is."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from vault_engine.note.logseq import LogseqConfig, page_name
from vault_engine.sync.logseq_paths import PagePaths, daily_folder

NEW, OLD = LogseqConfig(), LogseqConfig(name_format="legacy")
SEGMENTS = st.text(alphabet='aB_.%-# 2?:ä*\\"<|>CONcon4F', min_size=1, max_size=12)


@pytest.mark.parametrize(
    ("config", "path", "file"),
    [
        (NEW, "a.md", "pages/a.md"),
        (NEW, "a/b c.md", "pages/a___b c.md"),
        (NEW, "a_/_b.md", "pages/a%5F___%5Fb.md"),
        (NEW, "a___b.md", "pages/a%5F%5F%5Fb.md"),
        (NEW, "100%25 #x?.md", "pages/100%2525 %23x%3F.md"),
        (NEW, "con.md", "pages/con___.md"),
        (NEW, "journals/2024-01-05.md", "journals/2024_01_05.md"),
        (NEW, "x/2024-01-05.md", "pages/x___2024-01-05.md"),
        (NEW, "journals/2024-02-30.md", "pages/journals___2024-02-30.md"),
        (OLD, "a/b.md", "pages/a.b.md"),
        (OLD, "v1.2.md", "pages/v1%2E2.md"),
        (NEW, "a//b.md", None),
        (NEW, "n" * 250 + ".md", None),
    ],
)
def test_a_note_has_one_file_and_that_is_the_note(config, path, file):
    """By the format of the graph; None where no file can be it."""
    paths = PagePaths(config)
    assert file == paths.file_of(path)
    assert file is None or path == paths.path_of(file)


@given(st.lists(SEGMENTS, min_size=1, max_size=3), st.sampled_from([NEW, OLD]))
def test_whatever_a_note_is_called_its_file_is_read_back(parts, config):
    """Or it has none; two notes never have one file."""
    path = "/".join(parts) + ".md"
    file = PagePaths(config).file_of(path)
    assume(file is not None)

    assert path == PagePaths(config).path_of(file)
    assert page_name(file, config) == path.removesuffix(".md")
    assert 1 == file.count("/")


def test_a_name_is_the_same_however_its_accents_are_stored():
    """As a Mac stores them, say."""
    assert "pages/caf\u00e9.md" == PagePaths(NEW).file_of("cafe\u0301.md")
    assert "caf\u00e9" == PagePaths(NEW).page_of("cafe\u0301.md")


@given(st.text(max_size=30))
def test_any_file_is_a_note_or_none(name):
    """Nothing is raised."""
    path = PagePaths(NEW).path_of(f"pages/{name}.md")
    assert path is None or path.endswith(".md")


@pytest.mark.parametrize("file", ["assets/a.md", "pages/a.png", "whiteboards/a.md", "draws/a.md"])
def test_what_is_no_page_is_no_note(file):
    """Attachments and Logseq's own files."""
    assert PagePaths(NEW).path_of(file) is None


@pytest.mark.parametrize(
    ("paths", "folder"),
    [
        ((), "journals"),
        (("a.md", "x/2024.md"), "journals"),
        (("2024-01-05.md", "x/2024-01-05.md", "x/2024-01-06.md"), "x"),
        (("2024-01-05.md",), ""),
    ],
)
def test_daily_notes_are_where_most_of_them_are(paths, folder):
    """Their names say it."""
    assert folder == daily_folder(paths)


def test_a_day_is_written_as_the_graph_and_as_the_vault_write_it():
    """In links."""
    paths = PagePaths(NEW, "Daily")
    assert "Jan 5th, 2024" == paths.page_of("Daily/2024-01-05.md") == paths.page_of_day("2024-01-05")
    assert "2024-01-05" == paths.day_of_page("Jan 5th, 2024")
    assert (None, None) == (paths.page_of_day("2024"), paths.day_of_page("Plan"))
