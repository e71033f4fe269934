"""Pages and files of a Logseq graph: one name from the other, days, and the configuration that decides."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault_engine.note.logseq import LogseqConfig, journal_day, journal_title, page_name, read_config

MODERN = LogseqConfig()
LEGACY = LogseqConfig(name_format="legacy")


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("term___alias", "term/alias"),
        ("a___b___c", "a/b/c"),
        ("Hello%5F___World", "Hello_/World"),
        ("Hello___%5FWorld", "Hello/_World"),
        ("a%5F%5F%5Fb", "a___b"),
        ("Hello%World", "Hello%World"),
        ("100%", "100%"),
        ("New to Logseq%3F", "New to Logseq?"),
        ("%e4%bd%a0%E5%A5%BD", "你好"),
        ("%E4%3F", "%E4?"),
        ("%C0%80", "%C0%80"),
        ("abc%25%2Fdef", "abc%/def"),
        ("CON___", "CON"),
        ("Tweet___This 1 Tiny Time Managem...___", "Tweet/This 1 Tiny Time Managem..."),
        ("%2Ehidden", ".hidden"),
        ("a.b", "a.b"),
        ("cafe\u0301", "café"),
        ("______a", "a"),
    ],
)
def test_the_page_of_a_file(file, name):
    """Three underscores are a slash, percent signs are decoded where they can be, empty parts are dropped."""
    assert name == page_name(f"pages/{file}.md", MODERN)


@pytest.mark.parametrize(
    ("file", "name"),
    [("a.b", "a/b"), ("a%2Fb", "a/b"), ("a%3Fb", "a?b"), ("50%.x", "50%/x"), ("a___b", "a___b"), ("%E4%BD%A0", "你")],
)
def test_the_page_of_a_file_in_the_legacy_format(file, name):
    """A dot is a slash; percent signs are decoded unless one of them is broken."""
    assert name == page_name(f"pages/{file}.md", LEGACY)


@pytest.mark.parametrize(
    ("path", "pattern", "day"),
    [
        ("journals/2024_01_05.md", "yyyy_MM_dd", "2024-01-05"),
        ("journals/2024-01-05.md", "yyyy-MM-dd", "2024-01-05"),
        ("journals/2024-01-05.md", "yyyy_MM_dd", "2024-01-05"),
        ("journals/Fri, 05.01.2024.md", "E, dd.MM.yyyy", "2024-01-05"),
        ("journals/2024_13_05.md", "yyyy_MM_dd", None),
        ("journals/2023_02_29.md", "yyyy_MM_dd", None),
        ("journals/notes.md", "yyyy_MM_dd", None),
        ("pages/2024_01_05.md", "yyyy_MM_dd", None),
    ],
)
def test_the_day_of_a_journal_file(path, pattern, day):
    """A file of the journals folder whose name is a day, written as the graph or as Logseq itself writes days."""
    assert day == journal_day(path, LogseqConfig(journal_file_format=pattern))


@pytest.mark.parametrize(
    ("pattern", "day", "title"),
    [
        ("MMM do, yyyy", "2024-01-05", "Jan 5th, 2024"),
        ("MMM do, yyyy", "2024-03-01", "Mar 1st, 2024"),
        ("MMM do, yyyy", "2024-03-22", "Mar 22nd, 2024"),
        ("MMM do, yyyy", "2024-03-13", "Mar 13th, 2024"),
        ("EEEE, do MMMM yyyy", "2024-06-03", "Monday, 3rd June 2024"),
        ("E, M/d/yy", "2024-06-03", "Mon, 6/3/24"),
        ("yyyy'年'MM'月'dd", "2024-06-03", "2024年06月03"),
        ("yyyy''MM-dd", "2024-06-03", "2024'06-03"),
    ],
)
def test_the_title_of_a_day(pattern, day, title):
    """Titles follow the pattern, and are read back by it."""
    config = LogseqConfig(journal_file_format=pattern, journal_title_format=pattern)

    assert title == journal_title(day, config)
    assert day == journal_day(f"journals/{title.replace('/', '___')}.md", config)


def test_the_configuration_of_a_graph():
    """Comments, discarded forms and other keys do not disturb the five keys we read."""
    edn = """
    ;; :file/name-format :legacy
    {:meta/version 1, :macros {"poem" "Rose is $1 {" :pages-directory "x"}
     #_:file/name-format #_ {:a :legacy}
     :hidden ["/a" \\{ #{:b}] :created #inst "2024"
     :file/name-format :triple-lowbar ; :legacy
     :pages-directory "my \\"pages\\"/" :journals-directory "diary"
     :journal/file-name-format "yyyy-MM-dd"
     :journal/page-title-format "EEEE, \\u0064o MMMM yyyy"}
    {:file/name-format :legacy}
    """
    expected = LogseqConfig("triple-lowbar", 'my "pages"', "diary", "yyyy-MM-dd", "EEEE, do MMMM yyyy")

    assert expected == read_config(edn)


@pytest.mark.parametrize(
    ("edn", "config"),
    [
        ("", LEGACY),
        ("{}", LEGACY),
        ("[:file/name-format :triple-lowbar]", LEGACY),
        ("{:file/name-format :triple-lowbar", MODERN),
        ("{:file/name-format :triple-lowbar :a {:b", MODERN),
        ('{:file/name-format :triple-lowbar :pages-directory ""}', MODERN),
        ("{:file/name-format :triple-lowbar :pages-directory 5}", MODERN),
        ("{:file/name-format}", LEGACY),
    ],
)
def test_a_broken_configuration(edn, config):
    """What can be read is read; without the key the format is legacy."""
    assert config == read_config(edn)


@given(st.lists(st.sampled_from([*'{}[]()"\\;,\n #_', ":file/name-format", ":legacy", "é"]), max_size=40).map("".join))
def test_every_text_is_a_configuration(edn):
    """Nothing makes read_config raise."""
    assert read_config(edn).name_format in {"legacy", "triple-lowbar"}


def test_a_hostile_configuration_is_read_in_linear_time():
    """Brackets, quotes and discards by the hundred thousand."""
    start = time.process_time()
    for part in ("{", "[", '"\\', "#_", "{:a", '"', "\\"):
        read_config("{" + part * 100_000)

    assert time.process_time() - start < 5
