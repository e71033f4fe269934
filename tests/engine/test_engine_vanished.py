"""When much of a vault is gone at once, nobody believes it before its owner says so."""

import shutil

import pytest

from vault_engine import Memory
from vault_engine.errors import VaultMissing

COUNT = 60


@pytest.fixture
def known(open_engine, write_note, vault):
    """A vault with notes that the journal knows, in two folders."""
    for number in range(COUNT):
        write_note(f"{'many' if number < 40 else 'few'}/{number}.md", f"lantern{number}")
    with open_engine() as engine:
        engine.remember(Memory("first", category="facts", key="first"))
    return vault


def entered(engine):
    """Give the notes whose deletion the journal has."""
    return {line.path for line in engine.last_entries(1000).entries if line.op == "external" and not line.after}


def test_of_very_many_notes_it_is_not_entered_that_they_are_gone(known, open_engine):
    """Neither by this process nor by the next one; they are not found, and everything else goes on."""
    shutil.rmtree(known / "many")

    for number in range(2):
        engine = open_engine()
        engine.remember(Memory("second", category="facts", key=f"more{number}"))
        assert (40, set()) == (engine.status().missing, entered(engine))
        assert () == engine.recall("lantern3", mode="keyword").hits


def test_once_they_are_back_nothing_has_happened(known, open_engine):
    """As when a drive is there again."""
    (known / "many").rename(known.parent / "away")
    engine = open_engine()
    engine.remember(Memory("second", category="facts", key="more"))
    (known.parent / "away").rename(known / "many")
    engine.remember(Memory("third", category="facts", key="more"))

    assert (0, set()) == (engine.status().missing, entered(engine))
    assert "many/3.md" == engine.recall("lantern3", mode="keyword").hits[0].path
    assert 1 == len(engine.history("many/3.md").versions)


def test_their_owner_can_say_that_it_is_meant(known, open_engine):
    """Then it is entered, and what they held is kept."""
    shutil.rmtree(known / "many")
    engine = open_engine()
    engine.remember(Memory("second", category="facts", key="more"))

    assert 40 == engine.accept_gone()

    assert (0, 40) == (engine.status().missing, len(entered(engine)))
    assert "recreated" == engine.undo("many/3.md").action
    assert 0 == engine.accept_gone()


def test_few_are_believed_at_once(known, open_engine):
    """Less than a fifth of them, or less than twenty."""
    for number in range(40, 52):
        (known / "few" / f"{number}.md").unlink()
    engine = open_engine()
    engine.remember(Memory("second", category="facts", key="more"))

    assert (0, 12) == (engine.status().missing, len(entered(engine)))


def test_a_folder_that_was_renamed_is_not_gone(known, open_engine):
    """Whether it is found at once or a look later."""
    (known / "many").rename(known / "elsewhere")
    engine = open_engine()
    engine.remember(Memory("second", category="facts", key="more"))
    assert (0, set()) == (engine.status().missing, entered(engine))

    (known / "elsewhere").rename(known.parent / "away")
    engine.remember(Memory("third", category="facts", key="more"))
    assert 40 == engine.status().missing
    (known.parent / "away").rename(known / "back")
    engine = open_engine()
    engine.remember(Memory("fourth", category="facts", key="more"))

    assert (0, set()) == (engine.status().missing, entered(engine))
    assert "many/3.md" == engine.history("back/3.md").versions[-1].path


def test_a_vault_that_is_gone_is_not_made_anew_by_writing(known, open_engine):
    """It is told; and back where it was, everything is there."""
    engine = open_engine()
    away = known.rename(known.parent / "away")

    with pytest.raises(VaultMissing, match=r"is not there any more"):
        engine.remember(Memory("second", category="facts", key="second"))
    assert not known.exists()
    away.rename(known)

    assert "created" == engine.remember(Memory("second", category="facts", key="second")).action
    assert 1 == len(engine.recall("lantern3", mode="keyword").hits)
