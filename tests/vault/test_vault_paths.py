"""Which paths may be notes."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault_engine.errors import BadName
from vault_engine.note import slug_problem
from vault_engine.vault.paths import (
    _windows_problem,
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
    "a#b", "a^b", "a[b]", "x" * 300, "ü" * 130, "\ud800", "CONIN$", "conout$.txt",
]  # fmt: skip

PLAIN = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_-]{0,110}", fullmatch=True)
SHARED_VAULTS = Path(__file__).parents[3] / "shared" / "vaults"


@given(st.one_of(PLAIN, st.sampled_from([*BAD_NAMES, "com1", "lpt9", "aux-1", "conin", "nul-x"])))
def test_what_is_plain_is_held_to_the_same_rules(key):
    """A name made of letters, digits and dashes is refused exactly where the rules refuse it."""
    try:
        accepted = note_path("notes", key) == f"notes/{key}.md"
    except BadName:
        accepted = False

    is_fit = slug_problem(key) is None and slug_problem(f"{key}.md") is None and _windows_problem(f"{key}.md") is None
    assert is_fit == accepted


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
    ["", "/abs.md", "../up.md", "a/../../up.md", "a//b.md", "./a.md", ".memwell/x.md", "a/.git/x.md", "a/..",
     "/", "a/", "a.txt", "..\\up.md", "a/\u200c.git/x.md", "a\0.md", "a\n.md", "a\u202eb.md", "\ud800.md",
     f"{'x' * 1000}.md"],
    ids=ascii,
)  # fmt: skip
def test_a_dangerous_path_never_meets_the_disk(path):
    """What leads out of the vault or into hidden folders, or can't be seen, is refused."""
    with pytest.raises(BadName):
        check_path(path)


@pytest.mark.parametrize("path", ["a.md", "A/B c/d.MD", "100% [done] #1.md", "~/x.md", "-rf.md", "soft\u00adhyphen.md"])
def test_a_persons_own_names_are_accepted(path):
    """A note that a person named as we would not is still theirs to be read."""
    assert (path, path) == (check_path(path, windows=False), check_path(path, windows=True))


@pytest.mark.parametrize(
    "path",
    [
        "con.md", "NUL .md", "a/COM1.tar.md", "lpt²/a.md", "CONIN$.md", "conout$/a.md", "Re: plan.md", "C:/x.md",
        "A: plan.md", "a.md:stream.md", "a\\b.md", "a/b\\..\\..\\c.md", "what?.md", "a*.md", "<a>.md", 'a".md',
        "a|b.md", "folder /a.md", "folder./a.md",
    ],
)  # fmt: skip
def test_what_windows_takes_for_another_file_is_refused_there(path):
    """A device, a drive, a stream, its separator, and dots and blanks that it drops; elsewhere these are names."""
    assert path == check_path(path, windows=False)
    with pytest.raises(BadName):
        check_path(path, windows=True)


@pytest.mark.parametrize("path", ["console.md", "com10.md", "nul-a.md", "a.con.md", " a.md", "CONIN.md", "日本/語.md"])
def test_what_windows_takes_for_a_name_is_accepted_there(path):
    """What only begins like a device is none."""
    assert path == check_path(path, windows=True)


@pytest.mark.parametrize(
    "mark",
    [
        *map(chr, range(0x20)), *map(chr, range(0x7F, 0xA0)), "\u061c", "\u200b", "\u200e", "\u200f",
        *map(chr, range(0x202A, 0x202F)), *map(chr, range(0x2060, 0x2070)), "\ufeff", "\ud800",
        *map(chr, range(0xE0000, 0xE0080)),
    ],
    ids=ascii,
)  # fmt: skip
def test_what_can_not_be_seen_is_refused(mark):
    """A name is what a person sees, wherever in it the mark is and whatever is beside it."""
    for path in (f"a{mark}b.md", f"日{mark}語/a.md", f"{mark}a.md", f"\U0001f3f4{mark}.md"):
        with pytest.raises(BadName):
            check_path(path)


@pytest.mark.parametrize(
    "name",
    [
        "👨\u200d👩\u200d👧 family", "❤\ufe0f\u200d🔥", "🏳\ufe0f\u200d🌈 pride", "👩🏽\u200d💻",  # emoji
        "می\u200cخواهم", "क्\u200dष", "ক্\u200cষ", "ശ്രീ\u200dലങ്ക", "අක්\u200dෂර",  # letters
        "അവന്\u200d", "അവന്\u200d 2", "क्\u200c",  # after a virama a word may end
        "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", "1\ufe0f\u20e3", "葛\U000e0100",
    ],
    ids=ascii,
)  # fmt: skip
def test_marks_that_shape_what_is_seen_are_accepted(name):
    """Emoji are made of several characters, and Persian and Indic words need the joiners."""
    assert f"{name}/{name}.md" == check_path(f"{name}/{name}.md")


@pytest.mark.parametrize("joiner", ["\u200c", "\u200d"])
@pytest.mark.parametrize(
    "path",
    ["a{0}b.md", "{0}a.md", "a{0}.md", "日{0}a.md", "a{0}日.md", "日{0}.md", "{0}日.md", "日/{0}日.md", "日{0}/日.md",
     "日{0}{0}語.md", "日{0}\u200c\u200d語.md", "README{0}.md"],
)  # fmt: skip
def test_a_joiner_that_joins_nothing_is_refused(path, joiner):
    """Beside ASCII, at an end or in a row it only hides that two names differ."""
    with pytest.raises(BadName):
        check_path(path.format(joiner))


@pytest.mark.parametrize("tags", ["", "\U000e0067", "\U000e0041" * 4, "\U000e0067" * 7])
def test_tags_that_are_no_flag_are_refused(tags):
    """A flag has three to six lower-case letters or digits; any other row of tags is a hidden text."""
    with pytest.raises(BadName):
        check_path(f"🏴{tags}\U000e007f.md")


@given(st.text(max_size=30), st.booleans())
def test_an_accepted_path_stays_in_the_vault(text, windows):
    """Whatever the text: it is refused, or each of its parts is a name that is not hidden."""
    try:
        path = check_path(f"{text}.md", windows=windows)
    except BadName:
        return

    assert all(part and not part.startswith(".") for part in path.split("/"))
    assert "\0" not in path
    assert not (windows and {*path} & {*'\\:*?"<>|'})


@given(st.lists(st.sampled_from([*"ab./\\:日\u200d", "..", "con"]), max_size=8).map("".join))
def test_what_is_refused_elsewhere_is_refused_on_windows(text):
    """There is more to refuse on Windows, not less."""
    try:
        path = check_path(f"{text}.md", windows=True)
    except BadName:
        return

    assert path == check_path(path, windows=False)


@pytest.mark.skipif(not SHARED_VAULTS.is_dir(), reason="shared/ is not beside the project")
def test_the_notes_of_real_vaults_are_accepted():
    """Every note that people gave a name to, on every platform."""
    paths = [
        file.relative_to(vault).as_posix() for vault in SHARED_VAULTS.iterdir() for file in vault.rglob("[!.]*.md")
    ]
    notes = [path for path in paths if not any(part.startswith(".") for part in path.split("/"))]

    assert len(notes) > 100
    assert notes == [check_path(path, windows=False) for path in notes]
    assert notes == [check_path(path, windows=True) for path in notes]


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
