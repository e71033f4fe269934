"""Small vaults of any shape: what a resolver does with names that nobody would choose."""

from hypothesis import given
from hypothesis import strategies as st
from strategies import note_texts

from vault_engine.note import Profile, parse
from vault_engine.note.logseq import LogseqConfig, LogseqResolver, PageNames, read_config

_NAMES = st.one_of(
    st.sampled_from(["A", "a", "a/b", "a___b", "Jan 5th, 2024", "2024_01_05", "0000-00-00", "%", "%2F", "..", "/", ""]),
    st.text(max_size=6),
)
_PATHS = st.one_of(st.builds("{0}/{1}.md".format, st.sampled_from(["pages", "journals", "x"]), _NAMES), _NAMES)
_PAGE = st.builds(PageNames, _PATHS, st.none() | _NAMES, st.tuples(_NAMES), st.tuples(_NAMES) | st.just(()))
_PAGES = st.lists(_PAGE, max_size=6)
_CONFIGS = st.one_of(
    st.builds(
        LogseqConfig,
        name_format=st.sampled_from(["triple-lowbar", "legacy"]),
        journals_folder=st.sampled_from(["journals", ""]),
        journal_file_format=st.sampled_from(["yyyy_MM_dd", "dd.MM.yy", "MMM", ""]) | st.text(max_size=6),
        journal_title_format=st.sampled_from(["MMM do, yyyy", "EEEE, M/d/yy", "''", "'"]) | st.text(max_size=6),
    ),
    st.builds(
        '{{:journals-directory "{0}" :journal/page-title-format "{1}" {1}'.format, _NAMES, st.text(max_size=8)
    ).map(read_config),
)
_REFERENCES = st.lists(
    st.builds(str.format, st.sampled_from(["[[{0}]] ", "#{0} ", "[t]({0}) ", "(({0})) ", "[t]([[{0}]])\n"]), _NAMES)
).map("".join)


@given(_PAGES, _CONFIGS, st.lists(_PATHS, max_size=3), st.one_of(_REFERENCES, note_texts), _PATHS)
def test_the_resolver_of_a_graph_takes_anything(pages, config, others, text, source):
    """Whatever pages, settings and references there are, it finds a file of the graph or nothing."""
    resolver = LogseqResolver(pages, config, others)
    files = {page.path for page in pages} | set(others)

    for link in parse(text, Profile.LOGSEQ).links:
        assert resolver.find(link, source) in {None, *files}
        assert set(resolver.candidates(link, source)) <= files


@given(
    st.lists(st.tuples(st.sampled_from(["page", "file", "remove"]), _PAGE), max_size=8),
    _CONFIGS,
    _REFERENCES,
    _PATHS,
)
def test_a_resolver_of_a_graph_that_was_changed_is_as_one_made_anew(changes, config, text, source):
    """Pages and files come and go in any order; a link to a file holds one of the names the file is known by."""
    changed = LogseqResolver([], config)
    pages, files = {}, set()
    for what, page in changes:
        if what == "page":
            changed.add_page(page)
            pages[page.path] = page
            files.discard(page.path)
        elif what == "file":
            changed.add(page.path)
            files |= {page.path} - pages.keys()
        else:
            changed.remove(page.path)
            pages.pop(page.path, None)
            files.discard(page.path)
    anew = LogseqResolver(pages.values(), config, files)

    for link in parse(text, Profile.LOGSEQ).links:
        found = changed.find(link, source)
        assert anew.find(link, source) == found
        assert anew.candidates(link, source) == changed.candidates(link, source)
        assert found is None or set(changed.keys(link, source)) & set(changed.names(found))
        assert changed.depends_on_source(link) or found == changed.find(link, "pages/elsewhere.md")
