"""What was added to a folder's notes never becomes text of the vault's, wherever it is found and however a run ends."""

from datetime import UTC, datetime, timedelta

import pytest
from mirroring import THREE, pair_of

from vault_engine.engine import Extra, MirrorTerms
from vault_engine.engine.mirror_run import Run
from vault_engine.engine.session import Session
from vault_engine.errors import StorageFailed
from vault_engine.sync.state import State

BOTH = {"extras": frozenset(Extra)}
RELATED = "---\nuses: '[[a]]'\n---\nR\n"
LINK = "- [[Memory/a|a]] (uses)\n"


@pytest.fixture
def pair(engine, vault, tmp_path):
    """A vault with notes that are used more and less, and a folder that does not exist yet."""
    pair = pair_of(engine, vault, tmp_path)
    (pair.target.parent / ".obsidian").mkdir()
    pair.put("vault", "related.md", RELATED)
    pair.engine.read("a.md")
    return pair


def no_space(*_args, **_more) -> None:
    raise StorageFailed("it", "the disk is full")


def edited(pair, path: str, to: str, *, old: str = "two", new: str = "2") -> str:
    """Give a note of the folder another path there, and some other text; give that."""
    text = (pair.target / path).read_text().replace(old, new)
    (pair.target / path).unlink()
    pair.put("folder", to, text)
    return text


def test_links_that_were_written_before_a_run_failed_are_no_text(pair, monkeypatch):
    """Into a note that both had long had without any."""
    pair.put("vault", "a.md", "")
    (pair.vault / "a.md").unlink()
    pair.sync()
    pair.put("vault", "a.md", THREE)
    with monkeypatch.context() as patch:
        patch.setattr(State, "save", no_space)
        with pytest.raises(StorageFailed):
            pair.sync()
    assert LINK in (pair.target / "related.md").read_text()

    assert [] == pair.sync()
    assert RELATED == (pair.vault / "related.md").read_text()


def test_they_go_along_when_a_note_is_renamed_here(pair):
    """So they are taken out again when nothing is to be shown any more."""
    pair.sync(**BOTH)
    pair.engine.move("related.md", "y/renamed.md")
    pair.engine.move("a.md", "c.md")

    pair.sync()

    assert (THREE, THREE) == pair.both("c.md")
    ours, theirs = pair.both("y/renamed.md")
    assert f"{ours}\n<!-- memwell:links -->\n## Links\n\n- [[Memory/c|c]] (uses)\n<!-- /memwell:links -->\n" == theirs


@pytest.mark.parametrize("path", ["a.md", "related.md"])
def test_a_copy_that_somebody_edits_has_none_of_its_own(pair, path):
    """The vault gets what they wrote; the copy shows what is due for itself."""
    pair.sync(**BOTH)
    text = (pair.target / path).read_text()
    pair.put("folder", "copy.md", f"{text}more\n")

    pair.sync(**BOTH)

    assert (pair.vault / path).read_text() + "more\n" == (pair.vault / "copy.md").read_text()
    assert "access_count: 0\n" in (pair.target / "copy.md").read_text()
    assert [] == pair.sync(**BOTH)


def test_a_note_in_the_place_of_a_deleted_one_brings_none(pair):
    """It was edited besides, and another note has its own place."""
    pair.sync(**BOTH)
    edited(pair, "a.md", "related.md")
    pair.put("folder", "a.md", "new\n")

    pair.sync(**BOTH)

    assert THREE.replace("two", "2") == (pair.vault / "related.md").read_text()
    assert "new\n" == (pair.vault / "a.md").read_text()


def test_a_number_that_a_person_writes_is_theirs_though_another_note_shows_it(pair):
    """Nothing else of the note is that one's."""
    pair.sync(**BOTH)
    pair.put("folder", "mine.md", "---\naccess_count: 1\n---\nmine\n")
    pair.put("folder", "x/b.md", (pair.target / "x/b.md").read_text().replace("access_count: 0", "access_count: 1"))

    pair.sync(**BOTH)

    assert ("---\naccess_count: 1\n---\nmine\n") == (pair.vault / "mine.md").read_text()
    assert "---\nid: bee\naccess_count: 1\n---\nB [[a]]\n" == (pair.vault / "x/b.md").read_text()


def test_what_is_found_on_a_note_that_can_not_be_taken_in_yet_is_known_later(pair, monkeypatch):
    """Also when the note that it was added to is gone from both sides by then."""
    pair.sync(**BOTH)
    edited(pair, "a.md", "b.md")
    pair.put("vault", "b.md", "another b\n")
    with monkeypatch.context() as patch:
        patch.setattr(Run, "_put_ours", no_space)
        assert ["b.md"] == [one.path for one in pair.engine.mirror(pair.target, MirrorTerms(**BOTH)).problems]
    assert not (pair.vault / "a.md").exists()
    edited(pair, "b.md", "b.md", old="three", new="3")

    pair.sync(**BOTH)

    assert "one\n\n2\n\n3\n" == (pair.vault / "b.md").read_text()


def test_lines_that_somebody_deletes_come_back(pair, monkeypatch):
    """What they say is still so. Only when a note shows no property any more, that waits for another day."""
    pair.sync(**BOTH)
    whole = (pair.target / "related.md").read_text()
    pair.put("folder", "related.md", RELATED)

    assert ["folder: links related.md"] == pair.sync(**BOTH)
    assert whole == (pair.target / "related.md").read_text()
    edited(pair, "a.md", "a.md", old="access_count: 1\n", new="")
    assert ["folder: properties a.md"] == pair.sync(**BOTH)
    pair.put("folder", "a.md", THREE)
    assert [] == pair.sync(**BOTH)
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    monkeypatch.setattr(Session, "now", lambda _: tomorrow)
    assert ["folder: properties a.md"] == pair.sync(**BOTH)
    assert "access_count: 1\n" in (pair.target / "a.md").read_text()


def test_links_lead_elsewhere_at_once_when_their_note_is_deleted(pair):
    """In the same run: the next one has nothing to do."""
    pair.put("vault", "y/a.md", "another\n")
    pair.sync()
    (pair.target / "a.md").unlink()

    assert ["vault: deleted a.md", "folder: links related.md"] == pair.sync()

    assert "- [[Memory/y/a|a]] (uses)\n" in (pair.target / "related.md").read_text()
    assert [] == pair.sync()
