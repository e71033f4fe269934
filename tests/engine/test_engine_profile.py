"""What is known of the person: what holds now, in a fixed order, within a budget."""

import pytest

from vault_engine import Memory
from vault_engine.engine import Reach
from vault_engine.errors import BadInput

SHORT = "---\ntype: {type}\nupdated: 2026-05-{day:02}\n{more}---\n{text}\n"


@pytest.fixture
def known(write_note):
    """Notes of each kind and age, one pinned, and some that do not count."""
    notes = {
        "a/old.md": ("preference", 1, "", "Old."),
        "a/new.md": ("Preference", 3, "", "New."),
        "a/pinned.md": ("preference", 2, "pinned: true\n", "Pinned."),
        "a/gone.md": ("preference", 4, "status: deprecated\n", "Superseded."),
        "a/over.md": ("preference", 4, "valid_to: 2026-05-05\n", "Over."),
        "a/soon.md": ("preference", 4, "valid_from: 2999-01-01\n", "Not yet."),
        "a/web.md": ("preference", 4, "trust: untrusted\n", "From anywhere."),
        "b/me.md": ("profile", 1, "", "Lives in Lisbon."),
        "c/db.md": ("decision", 1, "", "Postgres."),
        "c/fact.md": ("fact", 1, "", "A fact."),
    }
    for path, (type, day, more, text) in notes.items():
        write_note(path, SHORT.format(type=type, day=day, more=more, text=text))


def paths(traits):
    return [trait.path for trait in traits]


def test_what_holds_is_given_pinned_first_then_newest(engine, known):
    """What was superseded, is over or to come, or is untrusted is left out."""
    found = engine.profile()

    assert ["a/pinned.md", "a/new.md", "a/old.md"] == paths(found.preferences)
    assert (["b/me.md"], ["c/db.md"], 0) == (paths(found.about), paths(found.decisions), found.left_out)
    assert [
        "<!-- memwell context -->", "## About", "- [[b/me|me]]: Lives in Lisbon.", "",
        "## Preferences", "- [[a/pinned|pinned]]: Pinned.", "- [[a/new|new]]: New.", "- [[a/old|old]]: Old.", "",
        "## Decisions", "- [[c/db|db]]: Postgres.", "<!-- /memwell context -->",
    ] == found.markdown.splitlines()  # fmt: skip


@pytest.mark.parametrize("budget", [1, 15, 25, 40, 60, 80, 200])
def test_the_budget_is_kept_and_shared(engine, known, budget):
    """Each kind has its turn; what has no room is counted."""
    found = engine.profile(budget_tokens=budget)
    shown = len(found.about) + len(found.preferences) + len(found.decisions)

    assert len(found.markdown) <= budget * 4
    assert 5 == shown + found.left_out
    assert len(found.preferences) <= len(found.about) + 1 or shown >= 3


def test_no_more_than_the_limit_of_each(engine, known):
    """The others are counted."""
    found = engine.profile(limit=1)
    assert (1, 1, 1, 2) == (len(found.about), len(found.preferences), len(found.decisions), found.left_out)


def test_nothing_known_is_nothing_said(engine):
    """No mark, no heading."""
    assert ("", 0) == ((found := engine.profile()).markdown, found.tokens)


@pytest.mark.parametrize("wrong", [{"budget_tokens": 0}, {"budget_tokens": 10**6}, {"limit": 0}, {"limit": 51}])
def test_bad_input_is_refused(engine, wrong):
    """With words."""
    with pytest.raises(BadInput):
        engine.profile(**wrong)


def test_what_is_learnt_is_a_note_of_its_kind(engine):
    """In the folder of that kind unless another is named; the same again changes nothing."""
    done = [
        engine.update_profile(Memory("I prefer tea.")),
        engine.update_profile(Memory("Lives in Lisbon."), "profile"),
        engine.update_profile(Memory("We use Rust.", category="work"), "decision"),
        engine.update_profile(Memory("I prefer tea.", key="i-prefer-tea")),
    ]
    assert ["preferences/i-prefer-tea.md", "profile/lives-in-lisbon.md", "work/we-use-rust.md"] == [
        one.path for one in done[:3]
    ]
    assert "unchanged" == done[3].action
    assert (1, 1, 1) == tuple(map(len, ((found := engine.profile()).about, found.preferences, found.decisions)))
    with pytest.raises(BadInput, match="no type of a profile"):
        engine.update_profile(Memory("x"), "fact")


def test_what_contradicts_is_hinted_at_or_takes_its_place(engine):
    """As for anything that is remembered."""
    engine.update_profile(Memory("I prefer tea over coffee.", key="one", on_similar="hint"))
    hinted = engine.update_profile(Memory("I prefer coffee over tea.", key="two", on_similar="hint"))
    assert "preferences/one.md" in hinted.hints[0]
    engine.forget("two")

    engine.update_profile(Memory("I prefer coffee over tea.", key="three", on_similar="supersede"))

    assert ["preferences/three.md"] == paths(engine.profile().preferences)


def test_a_workspace_sees_its_own_and_those_of_none(engine):
    """As everywhere."""
    engine.update_profile(Memory("I prefer tea."))
    for name in ("a", "b"):
        engine.update_profile(Memory(f"Here I prefer {name}."), within=Reach(workspace=name))

    found = engine.profile(within=Reach(workspace="a"))
    assert {"preferences/i-prefer-tea.md", "workspaces/a/preferences/here-i-prefer-a.md"} == set(
        paths(found.preferences)
    )
