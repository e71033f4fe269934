"""`check`: what a vault's owner may want to mend, told without touching anything."""

import json
import shutil
import unicodedata

import pytest
from test_engine_reading import real_vaults, state_of

from vault_engine import Engine
from vault_engine.engine.reports import FINDING_KINDS, Finding

BLOCK = "64a1b2c3-1111-2222-3333-444455556666"
MERGE = "<<<<<<< a\n[[x]]\n=======\n[[y]]\n>>>>>>> b\n"


def told(engine, *kinds):
    """Give kind, path, line and target of each finding."""
    found = engine.check().findings
    return [(each.kind, each.path, each.line, each.target) for each in found if not kinds or each.kind in kinds]


@pytest.mark.parametrize("source", real_vaults())
def test_checking_a_real_vault_touches_nothing(source, tmp_path, env):
    """Every file keeps its bytes, its time and its mode; what is found is in order and of a known kind."""
    root = tmp_path / "copy"
    shutil.copytree(source, root)
    before = state_of(root)

    Engine.create(root)
    with Engine.open(root, env=env) as engine:
        checked = engine.check()
        for note in engine.list().notes[:40]:
            engine.links(note.path)
            engine.backlinks(note.path)

    assert before == state_of(root)
    assert checked.notes > 0
    places = [(each.path, each.line or 0) for each in checked.findings]
    assert sorted(places) == places
    assert {each.kind for each in checked.findings} <= set(FINDING_KINDS)


def test_a_sound_vault_has_no_findings(engine, write_note):
    """Links of every kind that lead somewhere, single tags, plain properties called tag and alias, addresses."""
    write_note("N.md", "---\ntags: one\ntag: a, b\nalias: x, y\n---\n# H\n## Deep\ntext ^b1\n")
    write_note("p.png", "x")
    write_note("a.md", "---\nup: '[[N#H#Deep]]'\n---\n[[N#^B1]] ![[p.png]] [t](N.md) [[#T]] [x](https://x.org)\n# T\n")
    write_note("c.canvas", json.dumps({"nodes": [{"type": "file", "file": "N.md"}, {"type": "text", "text": "[[a]]"}]}))

    checked = engine.check()

    assert (2, 7, ()) == (checked.notes, checked.links, checked.findings)


def test_links_that_lead_nowhere_are_broken(engine, write_note):
    """Wikilinks, embeds, Markdown, references, properties, files and texts on a canvas; never those in code."""
    write_note("a.md", "---\nup: '[[P]]'\n---\n[[W]] ![[E.png]]\n\n[t](M.md) [t][r]\n\n[r]: R.md\n\n`[[code]]`\n")
    nodes = [{"type": "file", "file": "C.md"}, {"type": "file", "file": "A.md"}, {"type": "text", "text": "[[T]]"}]
    write_note("c.canvas", json.dumps({"nodes": nodes}, indent=0))

    assert [
        ("broken link", "a.md", 2, "P"),
        ("broken link", "a.md", 4, "E.png"),
        ("broken link", "a.md", 4, "W"),
        ("broken link", "a.md", 6, "M.md"),
        ("broken link", "a.md", 6, "R.md"),
        ("broken link", "c.canvas", None, "T"),
        ("broken link", "c.canvas", 5, "C.md"),
        ("broken link", "c.canvas", 9, "A.md"),
    ] == told(engine)


def test_an_address_in_double_brackets_is_a_notes_name(engine, write_note):
    """The suggestion makes it an address."""
    write_note("a.md", "[[https://x.org/#y]]")

    assert [("broken link", ("<https://x.org/#y>",))] == [(f.kind, f.suggestions) for f in engine.check().findings]


def test_a_link_that_could_mean_several_notes_is_told_with_their_paths(engine, write_note):
    """A whole path is in no doubt."""
    write_note("x/N.md", "x")
    write_note("y/N.md", "x")
    write_note("a.md", "[[N]] [[x/N]]")

    found = [each for each in engine.check().findings if each.kind == "ambiguous link"]

    problem = "[[N]] could mean x/N.md, y/N.md"
    assert [Finding("ambiguous link", "a.md", 1, problem, "N", ("x/N.md", "y/N.md"))] == found


def test_a_link_by_an_alias_is_told_with_the_link_that_works(engine, write_note):
    """By the name where one note has it, else by the path; heading, display text and embed stay."""
    write_note("One.md", "---\naliases: [Uno]\n---\n# H\n")
    write_note("x/Two.md", "---\naliases: [Due]\n---\n")
    write_note("y/Two.md", "x")
    write_note("a.md", "[[uno]] [[Uno#H|one]] ![[Due]] [t](Uno)")

    found = [each for each in engine.check().findings if each.path == "a.md"]

    suggested = {"[[One|uno]]", "[[One#H|one]]", "![[x/Two|Due]]"}
    assert suggested == {each.suggestions[0] for each in found if each.kind == "alias-only link"}
    assert ["Uno"] == [each.target for each in found if each.kind == "broken link"]


def test_headings_and_blocks_that_are_missing_are_told(engine, write_note):
    """Also in the note itself; not in other files, and not where the note is not there."""
    write_note("N.md", "# One\n# Two\ntext ^b\n")
    write_note("p.pdf", "x")
    write_note("a.md", "[[N#One]] [[N#Two#One]]\n[[N#^c]]\n[[#Here]] [[p.pdf#page=2]]")

    assert [
        ("missing heading", "a.md", 1, "N.md#Two#One"),
        ("missing block", "a.md", 2, "N.md#^c"),
        ("missing heading", "a.md", 3, "a.md#Here"),
    ] == told(engine)


def test_a_name_that_several_notes_have_is_told_once(engine, write_note):
    """Without regard to case, with every path."""
    for path in ("x/N.md", "y/n.md", "z/N.md", "O.md"):
        write_note(path, "x")

    (found,) = engine.check().findings

    assert ("duplicate name", "x/N.md", "N") == (found.kind, found.path, found.target)
    assert ("x/N.md", "y/n.md", "z/N.md") == found.suggestions


def test_paths_that_some_devices_take_for_one_are_told(engine, write_note, vault):
    """Differing only in the Unicode form, or in case: files and folders."""
    write_note(unicodedata.normalize("NFC", "é.md"), "x")
    write_note(unicodedata.normalize("NFD", "é.md"), "x")
    write_note("Dir/a.md", "x")
    write_note("dir/b.md", "x")
    if len(list(vault.glob("*.md"))) < 2 or len(list(vault.glob("[Dd]ir"))) < 2:
        pytest.skip("this disk does not tell them apart")

    found = [each.suggestions for each in engine.check().findings if each.kind == "twin name"]

    assert [("Dir", "dir"), tuple(sorted(unicodedata.normalize(form, "é.md") for form in ("NFC", "NFD")))] == found
    assert [] == told(engine, "duplicate name")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("---\na: 1\nb: [\n---\n", 4),
        ("---\na: 1\na: 2\n---\n", 3),
        ("---\n- x\n---\n", 2),
        ("---\njust text\n---\n", 2),
    ],
)
def test_properties_that_can_not_be_read_are_told_with_their_line(text, line, engine, write_note):
    """Invalid YAML, doubled keys, and what is no mapping; a bracket left open is noticed on the line below."""
    write_note("a.md", text)

    (found,) = engine.check().findings

    assert ("bad properties", "a.md", line) == (found.kind, found.path, found.line)
    assert not found.problem.startswith("line")


@pytest.mark.parametrize(
    ("tags", "suggested"),
    [("a, b", "tags: [a, b]"), ("a b", "tags: [a, b]"), ('"#a,#b"', "tags: [a, b]"), ("a", None), ("[a, b]", None)],
)
def test_tags_in_one_text_are_told(tags, suggested, engine, write_note):
    """With the list they were meant to be."""
    write_note("a.md", f"---\nn: 1\ntags: {tags}\n---\n")

    expected = [("old tags", 3, (suggested,))] if suggested else []
    assert expected == [(each.kind, each.line, each.suggestions) for each in engine.check().findings]


LONG = "/".join(["x" * 100] * 3)


@pytest.mark.parametrize(
    ("path", "named", "problem", "better"),
    [
        ("what: this.md", "what: this.md", ": is reserved in file names", "what this.md"),
        ("con.md", "con.md", "con is a device on Windows", "Untitled.md"),
        ("a#b.md", "a#b.md", "# breaks links to the note", "ab.md"),
        ("x^y.png", "x^y.png", "^ breaks links to the note", "xy.png"),
        ("[z]/n.md", "[z]", "[ breaks links to the note", "z"),
        ("end /n.md", "end ", "the name begins or ends with a blank", "end"),
        (f"{LONG}/n.md", f"{LONG}/n.md", "307 characters are too long for Windows", None),
    ],
)
def test_names_that_break_somewhere_are_told(path, named, problem, better, engine, write_note):
    """On some device or in a link, with a name that would not; of a folder once, not once a note."""
    write_note(path, "x")
    if named != path:
        write_note(f"{named}/other.md", "x")

    assert (Finding("name", named, None, problem, None, (better,) if better else ()),) == engine.check().findings


def test_conflict_copies_are_told_with_the_file_they_belong_to(engine, write_note):
    """Certain ones by name; doubtful ones only if the note is there and holds much the same."""
    text = "one\ntwo\nthree\n"
    write_note("N.md", text)
    write_note("N.sync-conflict-20260102-030405-ABCDEFG.md", text)
    write_note("M (conflicted copy 2026-01-02).md", text)
    write_note("N 2.md", text + "four\n")
    write_note("N (1).md", "something else\n")
    write_note("O 2.md", text)

    assert [
        ("conflict copy", "M (conflicted copy 2026-01-02).md", None, "M.md"),
        ("likely conflict copy", "N 2.md", None, "N.md"),
        ("conflict copy", "N.sync-conflict-20260102-030405-ABCDEFG.md", None, "N.md"),
    ] == told(engine)


def test_of_a_merge_left_half_done_nothing_else_is_told(engine, write_note):
    """Its links are nobody's; quoted markers are no merge."""
    write_note("m.md", MERGE)
    write_note("quoted.md", f"```\n{MERGE}```\n")

    assert [("merge markers", "m.md", None, None)] == told(engine)
    assert 0 == engine.check().links


def test_what_is_no_text_is_told_and_read_all_the_same(engine, write_note):
    """With the line of the first byte that is none; a canvas too."""
    write_note("a.md", b"one\ncaf\xe9 [[x]]\n")
    write_note("c.canvas", b"\xff")
    write_note("long.md", b"word\n" * 250_000 + b"\xff")

    assert [
        ("broken link", "a.md", 2, "x"),
        ("not UTF-8", "a.md", 2, None),
        ("not UTF-8", "c.canvas", 1, None),
        ("not UTF-8", "long.md", 250_001, None),
    ] == told(engine)


def test_a_file_that_is_elsewhere_is_told_and_links_to_it_are_not_broken(engine, write_note):
    """Nor is anything said of its headings."""
    write_note(".Far.md.icloud", b"bplist00")
    write_note("a.md", "[[Far]] [[Far#H]]")

    assert [("not on this device", "Far.md", None, None)] == told(engine)


def test_a_note_that_may_not_be_read_is_told_and_links_to_it_are_not_broken(engine, write_note):
    """It is there, whatever its name."""
    write_note("a\u200bb.md", "x")
    write_note("a.md", "[[a\u200bb]]")

    assert [("unreadable", "a\u200bb.md")] == [(kind, path) for kind, path, *_ in told(engine)]


def test_what_obsidian_shows_less_is_checked_too(engine, write_note):
    """Its links resolve like all others."""
    write_note(".obsidian/app.json", '{"userIgnoreFilters": ["old/"]}')
    write_note("old/a.md", "[[nowhere]]")

    assert [("broken link", "old/a.md", 1, "nowhere")] == told(engine)


def test_in_logseq_a_page_exists_by_being_referred_to(open_engine, write_note):
    """Blocks and files must be there; two pages of one name are in doubt; tags may stand in one text."""
    write_note("logseq/config.edn", "{:meta/version 1}")
    write_note(
        "pages/a.md", f"tags:: x, y\n\n- [[Nowhere]] #tag (({BLOCK})) ![i](../assets/p.png) [[Two]] [t](a.md#x)\n"
    )
    write_note("pages/Two.md", "- x\n")
    write_note("pages/b/Two.md", "- x\n")

    assert [
        ("ambiguous link", "pages/a.md", 3, "Two"),
        ("broken link", "pages/a.md", 3, "../assets/p.png"),
        ("broken link", "pages/a.md", 3, BLOCK),
    ] == told(open_engine())


def test_many_notes_of_one_name_do_not_flood_a_finding(engine, write_note):
    """At most ten paths are named for one link."""
    for number in range(30):
        write_note(f"{number}/N.md", "[[N]]")

    found = [each for each in engine.check().findings if each.kind == "ambiguous link"]

    assert 30 == len(found)
    assert {10} == {len(each.suggestions) for each in found}
    assert all(each.problem.endswith(" and 20 more") for each in found)
