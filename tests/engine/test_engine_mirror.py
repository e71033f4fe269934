"""Keeping a vault and a folder in step, on real folders."""

import pytest
from mirroring import HIDDEN, THREE, files, pair_of

from vault_engine.errors import NotesVanished, VaultMissing
from vault_engine.vault.files import sha256_hex


@pytest.fixture
def pair(engine, vault, tmp_path):
    """A vault with two notes, and a folder that does not exist yet."""
    return pair_of(engine, vault, tmp_path)


# ---- from one to the other


def test_the_first_time_the_folder_gets_what_the_vault_has(pair):
    """Byte by byte; and again there is nothing to do."""
    assert ["folder: created a.md", "folder: created x/b.md"] == pair.sync()

    before = files(pair.vault), files(pair.target)
    assert [] == pair.sync()
    assert before == (files(pair.vault), files(pair.target))
    assert {name: one[0] for name, one in before[0].items()} == {name: one[0] for name, one in before[1].items()}


def test_the_first_time_the_vault_gets_what_the_folder_has(pair):
    """What both have alike is in step; what differs is kept twice, and the person's is the note."""
    pair.put("folder", "own.md", "mine\n")
    pair.put("folder", "x/b.md", "---\nid: bee\n---\nB [[a]]\n")
    pair.put("folder", "a.md", "another\n")

    done = pair.sync()

    assert ["both: conflict a.md", "vault: created own.md"] == done
    assert ("another\n", "another\n") == pair.both("a.md")
    copy = next(pair.target.glob("a (Memwell's conflicted copy *).md"))
    assert THREE == copy.read_text()
    assert [] == pair.sync()


def test_an_edit_on_either_side_reaches_the_other(pair):
    """A person's is in the journal as somebody's, with the text it replaced."""
    pair.sync()
    pair.put("folder", "a.md", "one\n\nzwei\n\nthree\n")
    pair.put("vault", "x/b.md", "---\nid: bee\n---\nB, changed\n")

    assert ["vault: updated a.md", "folder: updated x/b.md"] == pair.sync()

    assert pair.both("a.md") == ("one\n\nzwei\n\nthree\n",) * 2
    assert pair.both("x/b.md") == ("---\nid: bee\n---\nB, changed\n",) * 2
    newest = pair.engine.history("a.md").versions[0]
    assert ("external", "obsidian-sync Memory") == (newest.actor.kind, newest.reason)
    assert "two" in pair.engine.diff("a.md").diff


def test_edits_on_different_lines_are_merged(pair):
    """Both sides have both."""
    pair.sync()
    pair.put("folder", "a.md", "eins\n\ntwo\n\nthree\n")
    pair.put("vault", "a.md", "one\n\ntwo\n\ntrois\n")

    assert ["both: merged a.md"] == pair.sync()

    assert ("eins\n\ntwo\n\ntrois\n",) * 2 == pair.both("a.md")
    assert [] == pair.sync()


def test_where_both_changed_one_line_the_person_stays_and_the_vaults_text_lies_beside(pair):
    """In a file that sync tools and Memwell know for a conflict copy; the history has it as well."""
    pair.sync()
    pair.put("folder", "a.md", "eins\n\ntwo\n\nthree\n")
    pair.put("vault", "a.md", "un\n\ntwo\n\nthree\n")

    assert ["both: conflict a.md"] == pair.sync()

    assert ("eins\n\ntwo\n\nthree\n",) * 2 == pair.both("a.md")
    copies = [name for name in files(pair.target) if "conflicted copy" in name]
    assert [b"un\n\ntwo\n\nthree\n"] == [files(pair.target)[name][0] for name in copies]
    assert [] == pair.sync()
    assert not any("conflicted copy" in name for name in files(pair.vault))
    held = {one.sha256 for one in pair.engine.history("a.md").versions if one.kept}
    assert sha256_hex(b"un\n\ntwo\n\nthree\n") in held


def test_what_is_no_text_is_carried_over_as_it_is_and_never_merged(pair):
    """Bytes that are not UTF-8, and drawings."""
    pair.put("vault", "bytes.md", b"\xff one\n\ntwo\n")
    pair.sync()
    assert b"\xff one\n\ntwo\n" == (pair.target / "bytes.md").read_bytes()
    pair.put("folder", "bytes.md", b"\xff one\n\ntwo, there\n")
    pair.put("vault", "bytes.md", b"\xff one, here\n\ntwo\n")

    assert ["both: conflict bytes.md"] == pair.sync()


def test_a_merge_that_would_break_the_properties_is_a_conflict(pair):
    """Both added the property, each at its own place."""
    pair.put("vault", "p.md", "---\na: 1\nb: 2\nc: 3\n---\nx\n")
    pair.sync()
    pair.put("folder", "p.md", "---\nz: 0\na: 1\nb: 2\nc: 3\n---\nx\n")
    pair.put("vault", "p.md", "---\na: 1\nb: 2\nc: 3\nz: 9\n---\nx\n")

    assert ["both: conflict p.md"] == pair.sync()


# ---- deleting


def test_a_deletion_there_archives_the_note(pair):
    """From where it can be restored."""
    pair.sync()
    (pair.target / "a.md").unlink()

    assert ["vault: deleted a.md"] == pair.sync()

    assert not (pair.vault / "a.md").exists()
    assert "a.md" == pair.engine.restore("a.md").path
    assert ["folder: created a.md"] == pair.sync()


def test_a_deletion_in_the_vault_deletes_there(pair):
    """And leaves nothing behind."""
    pair.sync()
    pair.engine.forget("a.md")

    assert ["folder: deleted a.md"] == pair.sync()

    assert ["x/b.md"] == list(files(pair.target))
    assert [] == list((pair.target / HIDDEN).rglob("*.md"))
    assert [] == pair.sync()


@pytest.mark.parametrize(("edited", "deleted"), [("vault", "folder"), ("folder", "vault")])
def test_what_was_edited_on_one_side_and_deleted_on_the_other_comes_back(pair, edited, deleted):
    """Whichever it was."""
    pair.sync()
    pair.put(edited, "a.md", "edited\n")
    ((pair.vault if deleted == "vault" else pair.target) / "a.md").unlink()

    assert [f"{deleted}: created a.md"] == pair.sync()

    assert ("edited\n", "edited\n") == pair.both("a.md")


@pytest.mark.parametrize("side", ["vault", "folder"])
def test_a_side_that_has_lost_much_is_asked_about(pair, side):
    """Nothing is deleted on the other one, unless that was meant."""
    for number in range(8):
        pair.put("vault", f"n{number}.md", f"note {number}\n")
    pair.sync()
    lost = pair.vault if side == "vault" else pair.target
    for number in range(5):
        (lost / f"n{number}.md").unlink()
    before = files(pair.vault), files(pair.target)

    with pytest.raises(NotesVanished, match="5 of 10 notes"):
        pair.sync()

    assert before == (files(pair.vault), files(pair.target))
    assert 5 == len(pair.sync(yes=True))
    assert [] == pair.sync()


def test_a_folder_that_is_not_there_any_more_is_not_made_anew(pair):
    """Its drive may be missing."""
    pair.sync()
    pair.target.rename(pair.target.with_name("elsewhere"))

    with pytest.raises(VaultMissing):
        pair.sync()

    assert ["a.md", "x/b.md"] == list(files(pair.vault))


# ---- renaming


def test_a_rename_there_is_a_rename_in_the_vault_and_links_follow(pair):
    """One entry of the journal, and the history goes on."""
    pair.sync()
    (pair.target / "a.md").rename(pair.target / "renamed.md")

    assert ["vault: renamed a.md", "folder: updated x/b.md"] == pair.sync()

    assert "---\nid: bee\n---\nB [[renamed]]\n" == (pair.target / "x/b.md").read_text()
    assert {"a.md", "renamed.md"} == {one.path for one in pair.engine.history("renamed.md").versions}
    assert [] == pair.sync()


def test_a_rename_in_the_vault_is_a_rename_there(pair):
    """The file keeps what it has besides its text."""
    pair.sync()
    inode = (pair.target / "a.md").stat().st_ino
    pair.engine.move("a.md", "y/renamed.md")

    assert ["folder: renamed a.md", "folder: updated x/b.md"] == pair.sync()

    assert inode == (pair.target / "y/renamed.md").stat().st_ino
    assert [] == pair.sync()


def test_a_rename_with_an_edit_is_known_by_the_id(pair):
    """Both are carried over."""
    pair.sync()
    (pair.target / "x/b.md").unlink()
    pair.put("folder", "y/c.md", "---\nid: bee\n---\nB, elsewhere\n")

    assert ["vault: renamed x/b.md", "vault: updated y/c.md"] == pair.sync()
    assert [] == pair.sync()


def test_a_name_that_no_link_can_have_is_taken_over_without_the_links(pair):
    """The person has chosen it."""
    pair.sync()
    (pair.target / "a.md").rename(pair.target / "a#1.md")

    assert ["vault: renamed a.md"] == pair.sync()
    assert THREE == (pair.vault / "a#1.md").read_text()
    assert [] == pair.sync()


def test_a_rename_in_case_only_is_carried_over(pair):
    """As one."""
    pair.sync()
    (pair.target / "a.md").rename(pair.target / "A.md")

    assert ["vault: renamed a.md"] == [line for line in pair.sync() if "renamed" in line]
    assert "A.md" in files(pair.vault)
    assert "a.md" not in files(pair.vault)


# ---- what is added


def test_properties_that_link_are_shown_as_links_there_and_not_in_the_vault(pair):
    """With their names; a person's edit above them comes back without them."""
    (pair.target.parent / ".obsidian").mkdir()
    text = "---\nuses: '[[a]]'\n---\nText.\n"
    pair.put("vault", "c.md", text)
    pair.sync()
    links = "\n<!-- memwell:links -->\n## Links\n\n- [[Memory/a|a]] (uses)\n<!-- /memwell:links -->\n"
    assert (text, text + links) == pair.both("c.md")
    pair.put("folder", "c.md", (text + links).replace("Text.", "Text, more."))

    assert ["vault: updated c.md"] == pair.sync()

    assert text.replace("Text.", "Text, more.") == (pair.vault / "c.md").read_text()
    assert [] == pair.sync()


def test_a_link_that_a_person_adds_to_the_list_is_taken_in(pair):
    """It is theirs, and in the vault from then on."""
    pair.put("vault", "c.md", "---\nuses: '[[a]]'\n---\nText.\n")
    pair.sync()
    shown = (pair.target / "c.md").read_text()
    pair.put("folder", "c.md", shown.replace("<!-- /mem", "- [[x/b]] (knows)\n<!-- /mem"))

    pair.sync()

    assert "Text.\n\n## Links\n\n- [[x/b]] (knows)\n" in (pair.vault / "c.md").read_text()
    assert (pair.target / "c.md").read_text().count("[[x/b]]") == 1
    assert [] == pair.sync()


def test_links_follow_what_they_lead_to(pair):
    """A note that gets another title, or goes, is shown so in the notes that relate to it."""
    pair.put("vault", "c.md", "---\nuses: '[[a]]'\n---\nText.\n")
    pair.sync()
    pair.put("vault", "a.md", "# The letter A\n")

    assert ["folder: updated a.md", "folder: links c.md"] == pair.sync()
    assert "- [[a|The letter A]] (uses)" in (pair.target / "c.md").read_text()
    pair.engine.forget("a.md")
    assert ["folder: links c.md", "folder: deleted a.md"] == sorted(pair.sync(), reverse=True)
    assert [] == pair.sync()
    assert "memwell:links" not in (pair.target / "c.md").read_text()


def test_with_the_vault_itself_only_the_links_are_written(pair):
    """In place, once; nothing else of any note is touched."""
    text = "---\nuses: '[[a]]'\n---\nText.\n"
    pair.put("vault", "c.md", text)
    pair.target = pair.vault
    before = files(pair.vault)

    assert ["vault: links c.md"] == pair.sync(dry_run=True)
    assert before == files(pair.vault)
    assert ["vault: links c.md"] == pair.sync()

    after = files(pair.vault)
    assert (
        text + "\n<!-- memwell:links -->\n## Links\n\n- [[a|a]] (uses)\n<!-- /memwell:links -->\n"
        == after["c.md"][0].decode()
    )
    assert {name for name in before if before[name] != after[name]} == {"c.md"}
    assert [] == pair.sync()
    pair.put("vault", "c.md", after["c.md"][0].decode().replace("uses: '[[a]]'\n", "uses: '[[b]]'\n"))
    assert ["vault: links c.md"] == pair.sync()
    assert "- [[x/b|b]] (uses)\n<!--" in (pair.vault / "c.md").read_text()
    assert 1 == (pair.vault / "c.md").read_text().count(" (uses)")
    assert [] == pair.sync()
