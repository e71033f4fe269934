"""Which files are a vault's."""

import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from vault_engine.errors import BadName, NoteMissing, VaultMissing
from vault_engine.vault import walk as walking
from vault_engine.vault.store import Vault
from vault_engine.vault.walk import Walk, is_dataless, walk


def fill(root: Path, *paths: str) -> None:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text("words", "utf-8")


def test_notes_attachments_and_conflict_copies_are_told_apart(vault):
    """Markdown is a note, a sync tool's copy of one is not, anything else is what links may point to."""
    fill(vault, "a.md", "b/C.MD", "b/d.png", "b/e.sync-conflict-20260914-101530-ABCDEF7.md")

    found = walk(vault)

    assert ["a.md", "b/C.MD"] == sorted(found.notes)
    assert ("b/d.png",) == found.others
    assert ("b/e.sync-conflict-20260914-101530-ABCDEF7.md",) == found.conflict_copies
    assert () == found.unreadable


def test_hidden_and_junk_names_are_not_part_of_it(vault):
    """Neither our own folder, nor git's, nor an editor's temporary files."""
    fill(vault, ".git/a.md", ".obsidian/a.md", ".memwell/x.md", "node_modules/b.md", "~$c.md", "d.md.tmp", ".e.md")

    assert {} == walk(vault).notes


def test_evicted_files_are_neither_there_nor_gone(vault):
    """iCloud leaves a placeholder for what it moved off the disk; one whose file is back says nothing."""
    fill(vault, ".a.md.icloud", "b/.c.png.icloud", "d.md", ".d.md.icloud", "e.png", ".e.png.icloud", ".f.icloud/g.md")
    (vault / ".linked.md.icloud").symlink_to(vault / "d.md")

    found = walk(vault)

    assert ("a.md", "b/c.png") == found.placeholders
    assert (["d.md"], ("e.png",)) == (list(found.notes), found.others)


@pytest.mark.parametrize(
    ("found", "dataless"),
    [
        (SimpleNamespace(st_flags=0x40000000), True),
        (SimpleNamespace(st_flags=0x40000020), True),
        (SimpleNamespace(st_flags=0x20), False),
        (SimpleNamespace(st_file_attributes=0x400020), True),
        (SimpleNamespace(st_file_attributes=0x1000), True),
        (SimpleNamespace(st_file_attributes=0x20), False),
        (SimpleNamespace(), False),
    ],
)
def test_a_file_whose_content_a_cloud_holds(found, dataless):
    """macOS and Windows flag it in what they say of a file; other systems know no such thing."""
    assert dataless == is_dataless(found)


def test_a_dataless_note_is_not_among_those_to_be_read(vault, monkeypatch):
    """To open it would download it."""
    fill(vault, "here.md", "b/away.md")
    away = (vault / "b" / "away.md").stat().st_ino
    monkeypatch.setattr(walking, "_TELLS_DATALESS", True)
    monkeypatch.setattr(walking, "is_dataless", lambda found: found.st_ino == away)

    found = walk(vault)

    assert (["here.md"], ("b/away.md",)) == (list(found.notes), found.placeholders)


def test_logseqs_own_folder_is_left_out_and_a_persons_is_not(vault):
    """``logseq/`` holds Logseq's backups, but only where Logseq put its configuration."""
    fill(vault, "logseq/bak/old.md", "pages/logseq/mine.md")
    assert ["logseq/bak/old.md", "pages/logseq/mine.md"] == sorted(walk(vault).notes)

    fill(vault, "logseq/config.edn")
    assert ["pages/logseq/mine.md"] == sorted(walk(vault).notes)


def test_symbolic_links_are_not_followed(vault, tmp_path):
    """A link to a file or folder, inside or outside the vault, is no part of it: no note twice, no endless loop."""
    fill(vault, "real.md")
    fill(tmp_path, "outside/secret.md")
    (vault / "twice.md").symlink_to(vault / "real.md")
    (vault / "out").symlink_to(tmp_path / "outside")
    (vault / "loop").symlink_to(vault)

    assert ["real.md"] == list(walk(vault).notes)


def test_a_name_that_is_no_text_is_named_and_not_fatal(vault):
    """Linux allows any bytes in a name; such a file can't be a note and is told of."""
    fill(vault, "fine.md")
    try:
        Path(os.fsdecode(bytes(vault) + b"/bad-\xff.md")).write_text("words", "utf-8")
    except OSError:
        pytest.skip("this file system takes only Unicode names")

    found = walk(vault)

    assert ["fine.md"] == list(found.notes)
    assert 1 == len(found.unreadable)
    assert found.unreadable[0].isascii()


def test_a_folder_that_may_not_be_listed_is_named(vault, monkeypatch):
    """The rest of the vault is listed all the same."""
    fill(vault, "open/a.md", "closed/b.md")
    scandir = os.scandir

    def refuse(folder):
        if Path(folder).name == "closed":
            raise PermissionError(13, "Permission denied")
        return scandir(folder)

    monkeypatch.setattr(walking.os, "scandir", refuse)
    found = walk(vault)

    assert ["open/a.md"] == list(found.notes)
    assert ("closed/",) == found.unreadable


def test_a_note_is_not_reached_through_a_symbolic_link(vault, tmp_path):
    """Reading or writing ``out/secret.md`` would leave the vault."""
    fill(tmp_path, "outside/secret.md")
    (vault / "out").symlink_to(tmp_path / "outside")
    (vault / "secret.md").symlink_to(tmp_path / "outside" / "secret.md")
    store = Vault(vault, vault / ".memwell")

    for path in ("out/secret.md", "secret.md"):
        with pytest.raises(BadName):
            store.read(path)


@pytest.mark.parametrize("path", ["absent.md", "no/such/folder.md", "a.md/below.md", "folder.md"])
def test_what_is_no_file_is_a_missing_note(vault, path):
    """An absent file, a folder of that name and a file in place of a folder are all: no such note."""
    fill(vault, "a.md", "folder.md/x.md")

    with pytest.raises(NoteMissing):
        Vault(vault, vault / ".memwell").read(path)


def test_a_vault_that_went_away_is_not_an_empty_vault(tmp_path):
    """An unmounted drive must not look as if every note had been deleted."""
    with pytest.raises(VaultMissing):
        Vault(tmp_path / "gone", tmp_path / "gone" / ".memwell").walk()


# ---- a part of it


def test_what_is_below_a_folder_is_as_in_a_look_at_everything(vault):
    """Notes, attachments, copies; nothing where there is no such folder or it is not part of the vault."""
    fill(vault, "a.md", "b/c.md", "b/d/e.md", "b/f.png", "bb/g.md", ".git/h.md", "logseq/config.edn", "logseq/i.md")
    fill(vault, "b/c (conflicted copy 2026-01-02).md")
    whole, part = walk(vault), walk(vault, "b")

    assert {path: seen for path, seen in whole.notes.items() if path.startswith("b/")} == part.notes
    assert (("b/f.png",), whole.conflict_copies) == (part.others, part.conflict_copies)
    for folder in ("no", "a.md", ".git", "logseq", "b/../.git"):
        assert Walk({}, (), (), ()) == walk(vault, folder)


def test_a_later_look_at_a_folder_replaces_what_was_found_there(vault):
    """And what had its name before it was one."""
    fill(vault, "a.md", "b/c.md", "b/p.png", "bb/d.md", "e")
    before = walk(vault)
    (vault / "b").rename(vault / "f")
    (vault / "e").unlink()
    fill(vault, "e/g.md")

    found = before
    for folder in ("b", "e", "f"):
        found = found.with_below(folder, walk(vault, folder))

    after = walk(vault)
    assert after.notes == found.notes
    assert sorted(after.others) == sorted(found.others)


@pytest.mark.skipif("os.name == 'nt'", reason="links need rights there")
def test_what_is_below_a_link_is_not_part_of_it(vault, tmp_path):
    """As in a look at everything."""
    fill(tmp_path / "elsewhere", "x/a.md")
    (vault / "link").symlink_to(tmp_path / "elsewhere")

    assert {} == walk(vault, "link/x").notes
