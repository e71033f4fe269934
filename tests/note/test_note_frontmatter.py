"""Reading the head of a note."""

import frontmatter as python_frontmatter
import pytest
from hypothesis import given
from strategies import note_texts

from vault_engine.note import Frontmatter, FrontmatterState, NoteHandler, read_frontmatter


def head(yaml: str) -> Frontmatter:
    return read_frontmatter(f"---\n{yaml}---\nbody")


@pytest.mark.parametrize(
    ("yaml", "value"),
    [
        ("true", True),
        ("False", False),
        ("yes", "yes"),
        ("NO", "NO"),
        ("on", "on"),
        ("0123", 123),
        ("0o17", 15),
        ("0x1F", 31),
        ("1.10", 1.1),
        ("1e3", 1000.0),
        ("1e999", "1e999"),
        (".nan", ".nan"),
        ("1_000", "1_000"),
        ("12:30", "12:30"),
        ("2026-11-21", "2026-11-21"),
        ("2026-11-21T10:30:00", "2026-11-21T10:30:00"),
        ("", None),
        ("~", None),
        ('"12"', "12"),
        ("|\n  two\n  lines", "two\nlines\n"),
        ("a\u2028b", "a\u2028b"),
        ("1" * 5000, "1" * 5000),
    ],
)
def test_values_are_yaml_1_2_core(yaml, value):
    """Only true and false are booleans; dates and times stay text; a leading zero is decimal."""
    found = head(f"k: {yaml}\n").properties["k"]

    assert (value, type(value)) == (found, type(found))


@pytest.mark.parametrize("yaml", ["no: a\n", "1: a\n", "null: a\n", "2026-11-21: a\n", "<<: a\n"])
def test_keys_are_text(yaml):
    """A key is what is written, never a boolean, number or date; merge keys mean nothing."""
    assert {yaml.partition(":")[0]: "a"} == head(yaml).properties


def test_aliases_stand_for_their_value():
    """A value may be written once and used twice."""
    assert head("a: &x [1]\nb: *x\n").properties == {"a": [1], "b": [1]}


@pytest.mark.parametrize(
    ("yaml", "problem"),
    [
        ("a: 1\nb: 2\na: 3\n", "line 4: the key 'a' stands twice"),
        ("a: b: c\n", "line 2: mapping values are not allowed"),
        ("a:\n\tb: 2\n", "line 3: found character"),
        (
            "a: !!python/name:os.system x\n",
            "line 2: the tag tag:yaml.org,2002:python/name:os.system is not read",
        ),
        ("a: !!int 1\n", "line 2: the tag tag:yaml.org,2002:int is not read"),
        ("a: *x\n", "line 2: no anchor called x"),
        ("a: &x [*x]\n", "line 2: no anchor called x"),
        ("a: " + "[" * 40 + "]" * 40 + "\n", "line 2: nested deeper than 32"),
        ("a: " + "x" * 70_000 + "\n", "line 2: longer than 65536 bytes"),
        ("a: 1\nb: \x07\n", "line 3: a character that YAML does not allow"),
        ("a: \ud800\n", "line 2: a character that YAML does not allow"),
        ("a: 1\n--- b\n", "line 3: a second YAML document"),
    ],
)
def test_what_is_no_yaml_is_invalid_and_says_where(yaml, problem):
    """Duplicate keys, tabs, tags, loops, depth and length: no properties, and the line of the note."""
    found = head(yaml)

    assert FrontmatterState.INVALID is found.state
    assert found.properties == {}
    assert (found.problem or "").startswith(problem)


def test_an_alias_bomb_is_invalid():
    """Nine levels of nine aliases would be 387 million values; none of them is made."""
    levels = ["a0: &a0 [x, x, x, x, x, x, x, x, x]\n"]
    levels += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 9)]

    assert FrontmatterState.INVALID is head("".join(levels)).state


@pytest.mark.parametrize("bom", ["", "\ufeff"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("ending", ["\n", ""])
def test_spans_are_exact(bom, newline, ending):
    """The YAML lies between start and end, the body after the fence, whatever the line ending."""
    text = f"{bom}--- \na: 1\n---\t{ending}".replace("\n", newline)

    found = read_frontmatter(text)

    assert FrontmatterState.OK is found.state
    assert f"a: 1{newline}" == text[found.start : found.end]
    assert text[found.body_start :] == ""


@pytest.mark.parametrize("text", ["", "\n---\na: 1\n---\n", " ---\na: 1\n---\n", "----\na: 1\n----\n", "---\na: 1\n"])
def test_without_both_fences_all_is_body(text):
    """The block begins with the first character of the note and ends at a line of three dashes."""
    assert Frontmatter(FrontmatterState.NONE, {}, 0, 0, 0) == read_frontmatter(text)


@pytest.mark.parametrize(
    ("yaml", "state"),
    [
        ("", "empty"),
        ("\n# only a comment\n", "empty"),
        ("- a\n", "non_mapping"),
        ("text\n", "non_mapping"),
        ("{}\n", "ok"),
    ],
)
def test_states(yaml, state):
    """No data is empty; a list or a single value is no set of properties."""
    assert state == head(yaml).state.value


@given(note_texts)
def test_python_frontmatter_reads_the_same_properties(text):
    """python-frontmatter, given our handler, agrees with us on every note without blanks round it."""
    ours = read_frontmatter(text.strip())
    if ours.state is not FrontmatterState.INVALID:
        assert ours.properties == python_frontmatter.loads(text, handler=NoteHandler()).metadata
