"""The edits that can be asked for: a table of each, what a Logseq page allows, and what holds for every text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import keys, note_texts, texts, values

from vault_engine.note import Edited, Profile, Refused, parse
from vault_engine.note.change import (
    AddLink,
    AddTag,
    Append,
    RemoveLink,
    RemoveTag,
    RenameProperty,
    Replace,
    ReplaceSection,
    SetProperty,
    UnsetProperty,
    apply_edit,
)

NOTE = "---\na: 1 # why\ntags: [x]\n---\n# T\n\n## S\n\nold\n"
LINKS = "## Links\n\n- [[b]] (cites)\n"
LOGSEQ = Profile.LOGSEQ

any_text = st.one_of(texts, st.text(max_size=10), st.sampled_from(["- x", "a\nb", "# H", "```", "key:: value", "---"]))
edits = st.one_of(
    st.builds(SetProperty, keys, st.one_of(st.none(), values)),
    st.builds(RenameProperty, keys, keys),
    st.builds(AddTag, any_text),
    st.builds(RemoveTag, any_text),
    st.builds(Append, any_text, st.lists(any_text, max_size=2).map(tuple)),
    st.builds(Replace, any_text, any_text, st.integers(-1, 3)),
    st.builds(ReplaceSection, st.lists(any_text, max_size=2).map(tuple), any_text, st.one_of(st.none(), any_text)),
    st.builds(AddLink, any_text, any_text, st.one_of(st.none(), any_text)),
    st.builds(RemoveLink, any_text, st.one_of(st.none(), any_text)),
)


@pytest.mark.parametrize(
    ("before", "edit", "after"),
    [
        (NOTE, SetProperty("a", 2), NOTE.replace("1", "2")),
        (NOTE, SetProperty("a", None), NOTE.replace("a: 1 # why\n", "a: # why\n")),
        (NOTE, UnsetProperty("a"), NOTE.replace("a: 1 # why\n", "")),
        (NOTE, UnsetProperty("nothing"), NOTE),
        (NOTE, RenameProperty("a", "b"), NOTE.replace("a: 1", "b: 1")),
        (NOTE, AddTag("z"), NOTE.replace("[x]", "[x, z]")),
        (NOTE, RemoveTag("X"), NOTE.replace("tags: [x]\n", "")),
        (NOTE, Append("new"), NOTE + "\nnew\n"),
        (NOTE, Append("new", ("T", "S")), NOTE + "\nnew\n"),
        (NOTE, Replace("old", "new"), NOTE.replace("old", "new")),
        (NOTE, Replace("a", "b", 2), None),
        (NOTE, ReplaceSection(("S",), "new"), NOTE.replace("old", "new")),
        (NOTE, ReplaceSection(("S",), "new", "0" * 8), None),
        (NOTE, ReplaceSection(("S",), "# new"), None),
        (NOTE, ReplaceSection((), "new"), None),
        (LINKS, AddLink("c", "cites"), LINKS + "- [[c]] (cites)\n"),
        (LINKS, AddLink("c", "cites", "C"), LINKS + "- [[c|C]] (cites)\n"),
        (LINKS, RemoveLink("b", "refutes"), None),
        (LINKS, RemoveLink("b"), "## Links\n"),
    ],
)
def test_each_edit_changes_its_part(before, edit, after):
    """The value says all there is to do; None means that it is refused."""
    result = apply_edit(before, edit)

    assert after == (result.text if isinstance(result, Edited) else None)


class TestLogseq:
    """A page that Logseq reads as an outline."""

    @pytest.mark.parametrize(
        ("before", "addition", "after"),
        [
            ("- a\n", "b", "- a\n- b\n"),
            ("- a", "b", "- a\n- b"),
            ("- a\r\n", "b\nc", "- a\r\n- b\r\n  c\r\n"),
            ("- a\n\t- deep\n", "b", "- a\n\t- deep\n- b\n"),
            ("- a\n", "- b\n- c", "- a\n- b\n- c\n"),
            ("- a\n", "b\r\n\r\nc\n", "- a\n- b\n\n  c\n"),
            ("- a\n", "\n \n  b\n", "- a\n- b\n"),
            ("- a\n", "b\u2028c\x0cd\x85e", "- a\n- b\u2028c\x0cd\x85e\n"),
            ("- a\n", "# H\n- b", "- a\n- # H\n  - b\n"),
            ("- a\n", "```\ncode\n```", "- a\n- ```\n  code\n  ```\n"),
            ("", "b", "- b\n"),
            ("- a\n", " \n", "- a\n"),
            ("title:: x\n", "b", "title:: x\n\n- b\n"),
            ("---\na: 1\n---\n", "b", "---\na: 1\n---\n- b\n"),
        ],
    )
    def test_what_is_appended_becomes_one_bullet(self, before, addition, after):
        """Its further lines stand two blanks in; only line breaks end a line."""
        assert Edited(after) == apply_edit(before, Append(addition), LOGSEQ)

    @pytest.mark.parametrize("edit", [SetProperty("b", 2), RenameProperty("a", "b"), AddTag("x"), RemoveTag("x")])
    @pytest.mark.parametrize(
        "page", ["a:: 1\n\n- b\n", "- a:: 1\n- b\n", "---\na: 1\n---\na:: 2\n", "tags:: x\n", "\ufeffa:: 1\n"]
    )
    def test_properties_in_lines_are_logseqs_own(self, page, edit):
        """Also where there are others in YAML, even of the same name."""
        result = apply_edit(page, edit, LOGSEQ)

        assert isinstance(result, Refused)
        assert "only Logseq may edit" in result.reason

    @pytest.mark.parametrize("key", ["a", "A_b", "a b", "a/b", "schlüssel"])
    def test_properties_in_yaml_are_edited(self, key):
        """Under any name; what a block says of itself is not the page's."""
        page = f"---\n{key}: 1\n---\n- b\n  id:: 60ab6f5b-4bdc-4ef0-a0f8-6cad9dcad2b2\n"

        assert Edited(page.replace(": 1", ": 2")) == apply_edit(page, SetProperty(key, 2), LOGSEQ)
        assert Edited(page.replace("1\n", "1\ntags:\n  - x\n")) == apply_edit(page, AddTag("x"), LOGSEQ)

    @pytest.mark.parametrize(
        "edit",
        [Append("x", ("H",)), ReplaceSection(("H",), "x"), AddLink("a", "cites"), RemoveLink("a")],
        ids=lambda edit: type(edit).__name__,
    )
    def test_sections_and_typed_links_are_refused(self, edit):
        """A heading there is a block like any other."""
        assert isinstance(apply_edit("- # H\n- [[a]] (cites)\n", edit, LOGSEQ), Refused)

    def test_an_exact_text_is_replaced(self):
        """Whatever it is."""
        assert Edited("- new\n") == apply_edit("- old\n", Replace("old", "new"), LOGSEQ)

    @pytest.mark.parametrize(
        ("old", "new"), [("1", "2"), ("x", "x\n  id:: 3"), ("  id:: 1\n", ""), ("[10:00]", "[11:00]")]
    )
    def test_what_is_logseqs_own_is_not_replaced(self, old, new):
        """Ids, what is folded, the logbook."""
        page = "- x\n  id:: 1\n  collapsed:: true\n  :LOGBOOK:\n  CLOCK: [10:00]\n  :END:\n"

        assert isinstance(apply_edit(page, Replace(old, new), LOGSEQ), Refused)
        assert Edited(page.replace("x", "y")) == apply_edit(page, Replace("x", "y"), LOGSEQ)


@given(note_texts, edits, st.sampled_from(Profile))
def test_whatever_is_asked_there_is_an_answer(text, edit, profile):
    """Nothing is raised; a new text can be written as UTF-8 if the old one could."""
    result = apply_edit(text, edit, profile)

    assert isinstance(result, Edited | Refused)
    if isinstance(result, Edited):
        result.text.encode()


@given(note_texts, st.one_of(texts, note_texts))
def test_an_appended_text_leaves_a_logseq_page_as_it_was(text, addition):
    """All lines stay in front, and the properties of the page too."""
    result = apply_edit(text, Append(addition), LOGSEQ)

    if isinstance(result, Edited) and text.strip():
        assert result.text.startswith(text.rstrip())
        assert parse(text, LOGSEQ).properties == parse(result.text, LOGSEQ).properties
