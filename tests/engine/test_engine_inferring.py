"""Type and tier of notes that state none: proposed, and written where the settings say so."""

import pytest

from vault_engine import Memory
from vault_engine.engine import SetProperty

DECIDED = Memory("We decided to use PostgreSQL.", category="db", key="choice")


@pytest.fixture
def inferring(open_engine, vault):
    """A vault whose new notes state what is inferred."""
    (vault / ".memwell/config.toml").write_text("infer = true\n")
    return open_engine()


def test_it_is_only_proposed_unless_the_settings_say_otherwise(engine, vault):
    """The note has no byte of it."""
    done = engine.remember(DECIDED)

    assert {"type": "decision", "tier": "semantic"} == done.inferred
    assert {"type", "tier"}.isdisjoint(engine.read("choice").properties)


def test_it_is_written_where_the_settings_say_so(inferring):
    """One note or many."""
    one = inferring.remember(DECIDED)
    many = inferring.remember_many([Memory("Anna prefers tea.", key="tea"), Memory("Hm.", key="hm")])

    assert {"type": "decision", "tier": "semantic"} == one.inferred
    assert [{"type": "preference", "tier": "semantic"}, {}] == [each.inferred for each in many.notes]
    assert ("decision", "semantic") == tuple(inferring.read("choice").properties[name] for name in ("type", "tier"))
    assert "preference" == inferring.read("tea").properties["type"]
    assert "type" not in inferring.read("hm").properties


def test_what_is_stated_stays(inferring):
    """By the caller, or by the text."""
    told = inferring.remember(Memory(DECIDED.text, key="told", type="fact"))
    brought = inferring.remember(Memory(f"---\ntype: fact\ntier: core\n---\n{DECIDED.text}", key="brought"))

    assert ({"tier": "semantic"}, {}) == (told.inferred, brought.inferred)
    assert ["fact", "fact"] == [inferring.read(key).properties["type"] for key in ("told", "brought")]


def test_a_note_that_is_there_keeps_what_it_states(inferring):
    """An update infers nothing."""
    inferring.remember(Memory("Plain words", category="db", key="choice"))
    inferring.edit("choice", SetProperty("type", "project"))

    done = inferring.remember(DECIDED)

    assert ("updated", {}) == (done.action, done.inferred)
    assert "project" == inferring.read("choice").properties["type"]
