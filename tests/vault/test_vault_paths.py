"""Which paths may be notes."""

import pytest

from vault_engine.errors import BadName
from vault_engine.vault.paths import (
    check_path,
    clean_name,
    evicted_name,
    is_conflict_copy,
    is_ignored,
    is_note,
    note_path,
    placeholder_of,
)

BAD_NAMES = [
    "", ".", "..", "../../x", "a/b", "a\\b", "/etc/passwd", "con", "CON", "nul.txt", "com1", ".hidden", "dot.", " a",
    "a ", "nul\0byte", "bidi\u202eevil", "zero\u200bwidth", "line\nbreak", "a:b", "a*b", "a?b", 'a"b', "a<b", "a|b",
    "a#b", "a^b", "a[b]", "x" * 300, "ü" * 130, "\ud800",
]  # fmt: skip


@pytest.mark.parametrize("key", BAD_NAMES, ids=ascii)
def test_a_key_that_some_device_could_not_hold_is_refused(key):
    """A key is one name that Windows, macOS, Linux and Obsidian can all hold; any other is a BadName."""
    with pytest.raises(BadName):
        note_path("notes", key)


@pytest.mark.parametrize("category", ["", "a//b", "../x", "a/../b", "a/.hidden", "a/con/b", "a/b/"], ids=ascii)
def test_every_level_of_a_category_is_checked(category):
    """A category may have levels, and each of them is a name."""
    with pytest.raises(BadName):
        note_path(category, "key")


@pytest.mark.parametrize(
    ("category", "key", "path"),
    [
        ("notes", "api-style", "notes/api-style.md"),
        ("ops/backup", "Nightly dump", "ops/backup/Nightly dump.md"),
        ("研究", "潮位データ", "研究/潮位データ.md"),
        ("notes", "Größe", "notes/Größe.md"),
        ("notes", "v1.2", "notes/v1.2.md"),
        ("notes", "x" * 237, f"notes/{'x' * 237}.md"),
    ],
)
def test_category_and_key_name_the_file(category, key, path):
    """A note of ours is at ``<category>/<key>.md``."""
    assert path == note_path(category, key)


def test_names_from_outside_are_in_one_unicode_form():
    """macOS spells é with two characters, others with one: it is the same name."""
    assert "Caf\u00e9" == clean_name("  Cafe\u0301 ")


@pytest.mark.parametrize(
    "path",
    ["", "/abs.md", "../up.md", "a/../../up.md", "a//b.md", "./a.md", ".memwell/x.md", "a/.git/x.md", "C:/x.md",
     "a\\b.md", "a.txt", "a\0.md", "a\n.md", "a\u202eb.md", "\ud800.md", f"{'x' * 1000}.md"],
    ids=ascii,
)  # fmt: skip
def test_a_dangerous_path_never_meets_the_disk(path):
    """What leads out of the vault or into hidden folders, or can't be seen, is refused."""
    with pytest.raises(BadName):
        check_path(path)


@pytest.mark.parametrize("path", ["a.md", "A/B c/d.MD", "100% [done] #1.md", "con.md", "Re: plan.md", "ends with .md"])
def test_a_persons_own_names_are_accepted(path):
    """A note that a person named as we would not is still theirs to be read."""
    assert path == check_path(path)


@pytest.mark.parametrize(
    "name",
    [
        "a.sync-conflict-20260914-101530-ABCDEF7.md",
        "a (Conflicted copy Pixel 8 202609141015).md",
        "a (Anna's conflicted copy 2026-09-14).md",
        "a (conflicted copy 2026-09-14 101530).md",
    ],
)
def test_conflict_copies_are_told_by_their_names(name):
    """What Syncthing, Obsidian Sync, Dropbox and Nextcloud put beside a note is no note."""
    assert (True, False) == (is_conflict_copy(f"folder/{name}"), is_note(f"folder/{name}"))


@pytest.mark.parametrize("name", ["a (2).md", "a (conflict).md", "conflicted copy.md", "sync-conflict.md", "A.MD"])
def test_names_a_person_might_choose_are_notes(name):
    """Only forms that nobody would choose count as conflict copies; the extension's case does not matter."""
    assert is_note(name)


@pytest.mark.parametrize(
    "name",
    [
        ".git", ".obsidian", ".trash", ".stfolder", ".stversions", ".smart-env", ".logseq", ".DS_Store", ".nomedia",
        "node_modules", "__pycache__", "Thumbs.db", "desktop.ini", "Desktop.ini", "~$letter.md", "a.md.tmp", "A.TMP",
        ".a.md.icloud", ".syncthing.a.md.tmp", "~syncthing~a.md.tmp", "~syncthing~a.md",
    ],
)  # fmt: skip
def test_junk_is_never_part_of_a_vault(name):
    """Hidden, temporary and system names are ignored, whatever their case."""
    assert is_ignored(name)


@pytest.mark.parametrize("name", ["a.md", "~a.md", "a.tmp.md", "icloud.md", "nomedia", "logseq", "pic.png", "$a.md"])
def test_what_only_looks_like_junk_is_part_of_a_vault(name):
    """A person's own names are not."""
    assert not is_ignored(name)


@pytest.mark.parametrize(
    ("path", "placeholder"),
    [("a.md", ".a.md.icloud"), ("b/c d/a.png", "b/c d/.a.png.icloud"), ("日.md", ".日.md.icloud")],
)
def test_an_evicted_file_has_a_placeholder_beside_its_place(path, placeholder):
    """From the one name follows the other."""
    assert placeholder == placeholder_of(path)
    assert path.rpartition("/")[2] == evicted_name(placeholder.rpartition("/")[2])


@pytest.mark.parametrize(
    "name", ["a.md", ".a.md", "a.md.icloud", ".icloud", "..icloud", "..DS_Store.icloud", ".a.tmp.icloud"]
)
def test_what_is_no_placeholder_of_a_vaults_file(name):
    """Neither an ordinary or hidden file nor the placeholder of what is no part of the vault."""
    assert evicted_name(name) is None
