"""What Obsidian and Logseq were told."""

import json
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault_engine.note import Profile
from vault_engine.vault.habits import Habits, detect_profile, is_less_visible, read_habits, read_logseq_config_text


def tell_obsidian(root, content):
    (root / ".obsidian").mkdir(exist_ok=True)
    data = content if isinstance(content, bytes) else json.dumps(content).encode()
    (root / ".obsidian" / "app.json").write_bytes(data)


def test_obsidians_settings_are_read(tmp_path):
    """How it writes links, and what it shows less; expressions are left out."""
    tell_obsidian(
        tmp_path,
        {
            "newLinkFormat": "relative",
            "useMarkdownLinks": True,
            "attachmentFolderPath": "./files",
            "userIgnoreFilters": ["Templates/", "/(a+)+$/", "Old", "/"],
            "alwaysUpdateLinks": True,
        },
    )

    expected = Habits(link_format="relative", ignored=("Templates/", "Old", "/"))
    assert expected == read_habits(tmp_path)


@pytest.mark.parametrize(
    "content",
    [
        {},
        [],
        "text",
        b"",
        b"{",
        b"\xff\xfe\xff",
        b"[" * 100_000,
        b'{"newLinkFormat": "relative"}' + b" " * (1 << 20),
        b"1" * 10_000,
        {"newLinkFormat": "longest", "useMarkdownLinks": "yes", "attachmentFolderPath": 5, "userIgnoreFilters": "a"},
        {"newLinkFormat": ["relative"], "useMarkdownLinks": 1, "attachmentFolderPath": "", "userIgnoreFilters": {}},
        {"newLinkFormat": None, "userIgnoreFilters": [None, 5, "", ["a"]]},
    ],
    ids=lambda content: ascii(content)[:40],
)
def test_what_obsidian_could_not_have_written_counts_as_not_said(tmp_path, content):
    """Broken, huge or of the wrong type: the default, setting by setting."""
    tell_obsidian(tmp_path, content)

    assert Habits("shortest", ()) == read_habits(tmp_path)


def test_a_vault_without_settings_has_the_defaults(tmp_path):
    """Neither a missing file nor a folder of its name is an error."""
    assert Habits() == read_habits(tmp_path)

    (tmp_path / ".obsidian" / "app.json").mkdir(parents=True)
    assert Habits() == read_habits(tmp_path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this platform has no named pipes")
@pytest.mark.timeout(10)
def test_a_pipe_in_place_of_the_settings_is_not_waited_for(tmp_path):
    """Nobody would ever write to it."""
    (tmp_path / ".obsidian").mkdir()
    os.mkfifo(tmp_path / ".obsidian" / "app.json")

    assert Habits() == read_habits(tmp_path)


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(
            st.sampled_from(["newLinkFormat", "useMarkdownLinks", "attachmentFolderPath", "userIgnoreFilters"]), inner
        ),
        max_leaves=8,
    )
)  # fmt: skip
def test_no_settings_are_too_strange(tmp_path_factory, content):
    """Whatever JSON the file holds, there are habits, and they can be applied."""
    root = tmp_path_factory.getbasetemp() / "habits"
    root.mkdir(exist_ok=True)
    tell_obsidian(root, content)

    is_less_visible("a/b.md", read_habits(root))


@pytest.mark.parametrize(
    ("path", "less"),
    [
        ("Templates/day.md", True),
        ("templates/day.md", True),
        ("Notes/Templates/day.md", False),
        ("Old plan.md", True),
        ("Cafe\u0301/menu.md", True),
        ("New.md", False),
        ("aaaa", False),
    ],
)
def test_what_the_owner_wants_to_see_less_of(path, less):
    """A filter is the beginning of a path, without case or Unicode form; expressions hide nothing."""
    habits = Habits(ignored=("Templates/", "Old", "Caf\u00e9/"))

    assert less == is_less_visible(path, habits)


@pytest.mark.parametrize(
    ("folders", "file", "profile"),
    [
        ([], None, Profile.OBSIDIAN),
        ([".obsidian"], None, Profile.OBSIDIAN),
        (["logseq"], "logseq/config.edn", Profile.LOGSEQ),
        (["logseq", ".obsidian"], "logseq/config.edn", Profile.OBSIDIAN),
        (["logseq"], "logseq/mine.md", Profile.OBSIDIAN),
        (["logseq/config.edn"], None, Profile.OBSIDIAN),
    ],
)
def test_whose_rules_a_folder_follows(tmp_path, folders, file, profile):
    """Logseq's where Logseq alone has put its configuration."""
    for folder in folders:
        (tmp_path / folder).mkdir(parents=True)
    if file:
        (tmp_path / file).write_text("{}", "utf-8")

    assert profile == detect_profile(tmp_path)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("{:preferred-format :markdown}".encode("utf-8-sig"), "{:preferred-format :markdown}"),
        (b"\xff", "\ufffd"),
        (b" " * ((1 << 20) + 1), ""),
        (None, ""),
    ],
    ids=["told", "no text", "huge", "absent"],
)
def test_logseqs_configuration(tmp_path, content, text):
    """Its text as it is; none where there is none or nobody could have written it."""
    if content is not None:
        (tmp_path / "logseq").mkdir()
        (tmp_path / "logseq" / "config.edn").write_bytes(content)

    assert text == read_logseq_config_text(tmp_path)
