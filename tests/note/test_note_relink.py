"""Which links a rename changes, and how they are written then."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import note_texts

from vault_engine.note import LinkFormat, Refused, parse
from vault_engine.note.relink import Renaming, apply_splices, rewritten_links

ABC = ["A.md", "B.md", "Src.md"]


def relinked(text, paths, old, new, *, source="Src.md", link_format="shortest"):
    """Give the text of ``source`` after the rename."""
    renaming = Renaming.of(paths, {old: new}, LinkFormat(link_format))
    splices = rewritten_links(parse(text), source, renaming)
    assert not isinstance(splices, Refused), splices
    assert all(text[splice.start : splice.end] == splice.old for splice in splices)
    return apply_splices(text, splices)


@pytest.mark.parametrize(
    ("link_format", "written", "new", "expected"),
    [
        ("shortest", "[[A]]", "x/C.md", "[[C]]"),
        ("shortest", "[[sub/A]]", "sub/C.md", "[[C]]"),
        ("absolute", "[[A]]", "x/C.md", "[[x/C]]"),
        ("absolute", "[t](A.md)", "x/C.md", "[t](x/C.md)"),
        ("relative", "[[A]]", "x/C.md", "[[../x/C]]"),
        ("relative", "[[A]]", "here/C.md", "[[C]]"),
        ("relative", "[[A]]", "here/x/C.md", "[[x/C]]"),
        ("shortest", "[[/sub/A]]", "x/C.md", "[[/x/C]]"),
        ("shortest", "[[../sub/A]]", "x/C.md", "[[../x/C]]"),
        ("absolute", "[[../sub/A]]", "here/C.md", "[[./C]]"),
        ("shortest", "[[A]]", "x/A.md", "[[A]]"),
        ("absolute", "[[A]]", "x/A.md", "[[A]]"),
        ("shortest", "[[sub/A]]", "x/A.md", "[[A]]"),
        ("shortest", "[[a]]", "x/A.md", "[[a]]"),
        ("shortest", "[[A]] [[a]]", "sub/a.md", "[[a]] [[a]]"),
        ("shortest", "[[ A |x]]", "sub/C.md", "[[ C |x]]"),
    ],
)
def test_the_path_is_written_by_form_and_format(link_format, written, new, expected):
    """A leading dot or slash stays; else the vault's format decides; a link that still reads right is left alone."""
    paths = ["sub/A.md", "B.md", "here/Src.md"]

    assert expected == relinked(written, paths, "sub/A.md", new, source="here/Src.md", link_format=link_format)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("[t](A.md)", "[t](N%20%281%29%20100%25.md)"),
        ("[t](A#H 'x')", "[t](N%20%281%29%20100%25#H 'x')"),
        ("[t](<A.md> (x))", "[t](<N (1) 100%25.md> (x))"),
        ("[t [u] v](A.md#^b)", "[t [u] v](N%20%281%29%20100%25.md#^b)"),
        ("![alt|100](A.md)", "![alt|100](N%20%281%29%20100%25.md)"),
        ("![[A|100x145]]", "![[N (1) 100%|100x145]]"),
        ("[[A.md#H#S|x]]", "[[N (1) 100%.md#H#S|x]]"),
        ("[t][r]\n\n[r]: A.md 'x'\n", "[t][r]\n\n[r]: N%20%281%29%20100%25.md 'x'\n"),
        ("[t][r] [u][r]\n\n[r]: <A>\n", "[t][r] [u][r]\n\n[r]: <N (1) 100%25>\n"),
        ("[![a](A.md)](A.md)", "[![a](N%20%281%29%20100%25.md)](N%20%281%29%20100%25.md)"),
        ("> - [[A]]\n>   [[A]]", "> - [[N (1) 100%]]\n>   [[N (1) 100%]]"),
        ("# On [[A]]\n%% [[A]] %%", "# On [[N (1) 100%]]\n%% [[N (1) 100%]] %%"),
        ("\\[[A]] $[[A]]$ [[X]] [[A", "\\[[A]] $[[A]]$ [[X]] [[A"),
    ],
)
def test_all_but_the_target_stays(written, expected):
    """Blanks, percent signs and brackets are encoded in Markdown; titles, sizes, subpaths and text are not touched."""
    assert expected == relinked(written, ABC, "A.md", "N (1) 100%.md")


@pytest.mark.parametrize(
    ("new", "written", "expected"),
    [
        ("Bob's.md", "up: '[[A|x]]' # c\n", "up: '[[Bob''s|x]]' # c\n"),
        ("Bob's.md", 'up: "[[A]]"\n', 'up: "[[Bob\'s]]"\n'),
        ("C.md", "up: '[[A|it''s]]'\n", "up: '[[C|it''s]]'\n"),
        ("C.md", 'up: "[[A|\\"q\\"]]" # c\n', 'up: "[[C|\\"q\\"]]" # c\n'),
        ("C.md", 'up: "[[\\x41#H]]"\n', 'up: "[[C#H]]"\n'),
        ("C.md", "up: [[A]]\nn: 'see [[A]]'\n", "up: [[A]]\nn: 'see [[A]]'\n"),
    ],
)
def test_a_property_keeps_its_quotes(new, written, expected):
    """What the new name or the rest of the text needs escaped is escaped as those quotes ask for."""
    assert f"---\n{expected}---\n" == relinked(f"---\n{written}---\n", ABC, "A.md", new)


@pytest.mark.parametrize(
    ("paths", "old", "new", "written", "expected"),
    [
        (
            ["one/a.png", "two/b.png"],
            "two/b.png",
            "two/a.png",
            "![[a.png]] ![[b.png]]",
            "![[one/a.png]] ![[two/a.png]]",
        ),
        (["sub/N.md", "B.md"], "B.md", "N.md", "[[N]] [[B]]", "[[sub/N]] [[N]]"),
        (["N.md", "B.md"], "B.md", "sub/N.md", "[[N]] [[B]]", "[[N]] [[sub/N]]"),
        (["long/N.md", "B.md"], "B.md", "x/N.md", "[t](N.md#H)", "[t](long/N.md#H)"),
        (["x/N.md", "y/N.md"], "x/N.md", "z/N.md", "[[x/N]] [[y/N]]", "[[z/N]] [[y/N]]"),
        (["x/N.md", "y/N.md"], "x/N.md", "x/M.md", "[[N]] [[y/N]]", "[[M]] [[y/N]]"),
    ],
)
def test_a_duplicate_name_lengthens_links_to_both_files(paths, old, new, written, expected):
    """Where a second file gets a name, a bare link to either becomes a full path; one at the root has no longer one."""
    assert expected == relinked(written, [*paths, "Src.md"], old, new)


@pytest.mark.parametrize(
    ("written", "new", "expected"),
    [
        ("[[./B]] [b](../C.md) [[#H]]", "x/y/Src.md", "[[../../a/B]] [b](../../C.md) [[#H]]"),
        ("[[N]]", "Src.md", "[[N]]"),
        ("[[Src#H]] [[a/Src]]", "a/New.md", "[[New#H]] [[New]]"),
        ("[[/a/B]] [[B]] [[absent]]", "x/Src.md", "[[/a/B]] [[B]] [[absent]]"),
    ],
)
def test_links_in_the_moved_note_itself(written, new, expected):
    """They are read from its new folder, and go on meaning the same files."""
    paths = ["a/Src.md", "a/B.md", "C.md", "a/b/N.md"]

    assert expected == relinked(written, paths, "a/Src.md", new, source="a/Src.md")


def test_a_bare_name_that_its_own_folder_decided():
    """A note that leaves the folder whose note it meant by a bare name says the path from then on."""
    paths = ["a/Src.md", "a/N.md", "b/N.md"]

    assert "[[a/N]]" == relinked("[[N]]", paths, "a/Src.md", "b/Src.md", source="a/Src.md")


def test_a_name_with_a_file_of_the_bare_name_beside_it_keeps_its_extension():
    """Without it the link would mean the other file."""
    assert "[[c.png.md]]" == relinked("[[A]]", [*ABC, "c.png"], "A.md", "c.png.md")


@pytest.mark.parametrize(
    ("written", "new"),
    [("[[A]]", "C#.md"), ("[t](A.md)", "C#.md"), ("[[A]]", "C|D.md"), ("[[A]]", "C]].md"), ("[t](A.md)", "x:y.md")],
)
def test_a_name_that_cannot_be_linked_is_refused(written, new):
    """Nothing is rewritten into what would be read as something else; the answer says which line."""
    refused = rewritten_links(parse(f"\n{written}"), "Src.md", Renaming.of(ABC, {"A.md": new}))

    assert isinstance(refused, Refused)
    assert refused.reason.startswith("line 2:")


def test_a_splice_tells_the_line():
    """A person who looks at the plan sees where it is."""
    splices = rewritten_links(
        parse("---\na: '[[A]]'\n---\n\n[[B]] [[A]]\n"), "Src.md", Renaming.of(ABC, {"A.md": "C.md"})
    )

    assert not isinstance(splices, Refused)
    assert [(2, "A", "C"), (5, "A", "C")] == [(splice.line, splice.old, splice.text) for splice in splices]


NAMES = st.sampled_from(["A", "B", "a b", "x's (1)", "50%"])
PATHS = st.tuples(st.sampled_from(["", "p/", "q/", "p/r/"]), NAMES).map(lambda parts: f"{''.join(parts)}.md")
FORMATS = st.sampled_from(LinkFormat)
_TARGETS = st.one_of(PATHS, PATHS.map(lambda path: path[:-3]), NAMES, PATHS.map(lambda path: f"./{path}"))
_LINKS = st.one_of(
    _TARGETS.map(lambda target: f"[[{target}]]"),
    _TARGETS.map(lambda target: f"![[{target}#H|x]]"),
    _TARGETS.map(lambda target: f"[t](<{target.replace('%', '%25')}>)"),
    _TARGETS.map(lambda target: "[t][" + target + "]\n\n[" + target + "]: <" + target.replace("%", "%25") + ">\n\n"),
)
_PROPERTIES = _TARGETS.map(lambda target: "---\nup: '[[" + target.replace("'", "''") + "]]'\n---\n")
TEXTS = st.builds(
    lambda head, pieces: head + "".join(pieces),
    st.one_of(st.just(""), _PROPERTIES),
    st.lists(st.one_of(_LINKS, st.sampled_from([" ", "\n", "text ", "> ", "- ", "`", "\r\n"])), max_size=12),
)


def targets(text, source, renaming, layout):
    """Give the file each link means, by its path after the rename."""
    found = (layout.resolve(link.target, source) for link in parse(text).links)
    return [renaming.moved.get(path, path) if layout is renaming.before else path for path in found]


@given(st.sets(PATHS, min_size=2, max_size=8), PATHS, st.data(), FORMATS, st.one_of(TEXTS, note_texts))
def test_every_link_means_the_same_file_after_a_rename(paths, new, data, link_format, text):
    """Whatever a note holds: each link that meant a file means it still, and what is no target keeps every byte."""
    files = sorted(paths | {"Src.md"})
    old, source = data.draw(st.sampled_from(files)), data.draw(st.sampled_from(files))
    if new in files:
        return
    renaming = Renaming.of(files, {old: new}, link_format)
    splices = rewritten_links(parse(text), source, renaming)
    if isinstance(splices, Refused):
        return

    after = apply_splices(text, splices)

    before = targets(text, source, renaming, renaming.before)
    now = targets(after, new if source == old else source, renaming, renaming.after)
    assert [path for path in before if path] == [path for path, was in zip(now, before, strict=True) if was]
    assert splices or after == text


def canonical(path, source, layout, link_format):
    """Write a link to a file as the format asks for."""
    return Renaming(layout, layout, {}, link_format).target_for("x", source, path)


@given(st.sets(PATHS, min_size=2, max_size=6), NAMES, st.data(), FORMATS)
def test_a_rename_there_and_back_restores_links_in_the_configured_form(paths, name, data, link_format):
    """Links that were written in the configured form are restored exactly, if the name in between was nobody else's.

    A link written otherwise may have got that form, and one that a duplicate name made longer stays so.
    """
    files = sorted(paths)
    old, source = data.draw(st.sampled_from(files)), data.draw(st.sampled_from(files))
    new = f"{old.rpartition('/')[0]}/new {name}.md".removeprefix("/")
    there = Renaming.of(files, {old: new}, link_format)
    text = "\n".join(f"[[{canonical(path, source, there.before, link_format)}|t]]" for path in files if path != source)
    back = Renaming.of([there.moved.get(path, path) for path in files], {new: old}, link_format)

    between = relinked(text, files, old, new, source=source, link_format=link_format)
    splices = rewritten_links(parse(between), new if source == old else source, back)

    assert not isinstance(splices, Refused)
    assert text == apply_splices(between, splices)
