"""Planning what brings a vault and a folder together."""

import random

import pytest
from plan_world import Note, Pair, changed, held, lines_of, some_triples

from vault_engine.sync.plan import (
    Conflict,
    Create,
    Delete,
    Held,
    Leave,
    Merge,
    Plan,
    Rename,
    Side,
    Update,
    Vanished,
    find_vanished,
    plan_sync,
    whereabouts,
)

OLD, NEW, OTHER = Held("old"), Held("new"), Held("other")


def planned(base, ours, theirs, **options):
    """Give the renames and changes of a plan as one list."""
    plan = plan_sync(base, ours, theirs, **options)
    return [*plan.renames, *plan.changes]


# ---- one note


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "expected"),
    [
        pytest.param(OLD, OLD, OLD, [], id="nothing has changed"),
        pytest.param(OLD, NEW, OLD, [Update(Side.THEIRS, "a.md")], id="changed in the vault"),
        pytest.param(OLD, OLD, NEW, [Update(Side.OURS, "a.md")], id="changed there"),
        pytest.param(OLD, NEW, NEW, [], id="changed alike"),
        pytest.param(OLD, NEW, OTHER, [Merge("a.md", "old")], id="changed on both sides"),
        pytest.param(OLD, None, OLD, [Delete(Side.THEIRS, "a.md")], id="deleted in the vault"),
        pytest.param(OLD, OLD, None, [Delete(Side.OURS, "a.md")], id="deleted there"),
        pytest.param(OLD, None, None, [], id="deleted on both sides"),
        pytest.param(OLD, None, NEW, [Create(Side.OURS, "a.md", is_back=True)], id="deleted here, edited there"),
        pytest.param(OLD, NEW, None, [Create(Side.THEIRS, "a.md", is_back=True)], id="edited here, deleted there"),
        pytest.param(None, NEW, None, [Create(Side.THEIRS, "a.md", is_back=False)], id="new in the vault"),
        pytest.param(None, None, NEW, [Create(Side.OURS, "a.md", is_back=False)], id="new there"),
        pytest.param(None, NEW, NEW, [], id="new and the same on both sides"),
        pytest.param(None, NEW, OTHER, [Conflict("a.md")], id="new on both sides"),
    ],
)
def test_what_becomes_of_a_note(base, ours, theirs, expected):
    """Each of the fourteen cases has one answer."""
    sides = ({"a.md": one} if one else {} for one in (base, ours, theirs))

    assert expected == planned(*sides)


def test_additions_come_before_deletions():
    """A text that went to another path is never in none of them."""
    changes = planned({"a.md": OLD, "z.md": OLD}, {"a.md": OLD, "z.md": NEW}, {"z.md": OLD, "q.md": NEW})

    assert [Create, Update, Delete] == [type(change) for change in changes]


# ---- renames


def test_a_rename_there_is_a_rename_in_the_vault():
    """The same text under another path, and no other note with that text."""
    assert [Rename(Side.OURS, "a.md", "b.md")] == planned({"a.md": OLD}, {"a.md": OLD}, {"b.md": OLD})


def test_a_rename_in_the_vault_is_a_rename_there():
    """The other way round."""
    assert [Rename(Side.THEIRS, "a.md", "b.md")] == planned({"a.md": OLD}, {"b.md": OLD}, {"a.md": OLD})


def test_a_note_with_an_id_is_known_by_it_whatever_it_holds():
    """Renamed and edited at once: both are carried over."""
    known = Held("old", "one")

    changes = planned({"a.md": known}, {"a.md": known}, {"b.md": Held("new", "one")})

    assert [Rename(Side.OURS, "a.md", "b.md"), Update(Side.OURS, "b.md")] == changes


def test_the_person_chooses_where_both_have_renamed():
    """The name in the person's folder is the one that stays."""
    assert [Rename(Side.OURS, "b.md", "c.md")] == planned({"a.md": OLD}, {"b.md": OLD}, {"c.md": OLD})


def test_of_two_notes_with_one_text_neither_counts_as_renamed():
    """It can't be told which is which, unless their names do."""
    both = {"a.md": OLD, "b.md": OLD}

    assert {Create, Delete} == {type(change) for change in planned(both, both, {"c.md": OLD, "d.md": OLD})}
    assert [Rename(Side.OURS, "a.md", "x/a.md"), Rename(Side.OURS, "b.md", "x/b.md")] == planned(
        both, both, {"x/a.md": OLD, "x/b.md": OLD}
    )


def test_an_empty_note_is_no_sign_of_a_rename():
    """All empty notes are alike."""
    empty = Held("empty", None, 0)

    assert {Create, Delete} == {type(one) for one in planned({"a.md": empty}, {"a.md": empty}, {"b.md": empty})}


def test_a_renamed_note_that_was_deleted_on_the_other_side_comes_back():
    """To rename is to change."""
    assert [Create(Side.OURS, "b.md", is_back=True)] == planned({"a.md": OLD}, {}, {"b.md": OLD})


def test_no_note_is_renamed_over_another():
    """Where the vault has another note of that name by now, both texts stay."""
    changes = planned({"a.md": OLD}, {"a.md": OLD, "b.md": NEW}, {"b.md": OLD})

    assert [Conflict("b.md"), Delete(Side.OURS, "a.md")] == changes


def test_a_rename_that_was_cut_short_goes_on():
    """The vault's note has its new path, and its links to itself follow: it is merged, not doubled."""
    changes = planned({"a.md": OLD}, {"b.md": NEW}, {"b.md": OLD})

    assert [Update(Side.THEIRS, "b.md")] == changes


def test_names_that_some_devices_take_for_one_are_left_alone():
    """And said."""
    changes = planned({}, {"Note.md": OLD}, {"note.md": NEW})

    assert {"Note.md": "some devices take it for note.md", "note.md": "some devices take it for Note.md"} == {
        change.path: change.why for change in changes
    }


def test_a_note_is_remembered_by_its_new_path_once_both_sides_have_it():
    """Until then by its old one, so that the rename is still seen; one that is gone is not."""
    base = {path: Held(path, path) for path in ("a.md", "b.md", "c.md", "d.md")}
    ours = {"A.md": Held("new", "a.md"), "b.md": base["b.md"], "c.md": base["c.md"]}
    theirs = {"A.md": base["a.md"], "B.md": base["b.md"]}

    assert {"a.md": "A.md", "b.md": "b.md", "c.md": "c.md"} == whereabouts(base, ours, theirs)


# ---- one way, and what waits


def test_one_way_writes_nothing_in_the_vault_and_nothing_over_a_person():
    """New notes there are the person's own; what they edited, renamed or deleted is said."""
    base = dict.fromkeys(("edited", "renamed", "deleted", "both", "changed", "gone"), OLD)
    unique = {"renamed": Held("unique")}
    ours = base | unique | {"both": NEW, "changed": NEW, "fresh": NEW}
    theirs = base | {"edited": NEW, "both": OTHER, "own": NEW, "moved": Held("unique")}
    del ours["gone"], theirs["deleted"], theirs["renamed"]

    plan = plan_sync(base | unique, ours, theirs, one_way=True)

    left = [change.path for change in plan.changes if isinstance(change, Leave)]
    done = [change for change in plan.changes if not isinstance(change, Leave)]
    assert ["both", "deleted", "edited", "moved"] == left
    assert () == plan.renames
    assert [
        Update(Side.THEIRS, "changed"),
        Create(Side.THEIRS, "fresh", is_back=False),
        Delete(Side.THEIRS, "gone"),
    ] == done


def test_what_waits_is_not_touched():
    """A note that is being saved, or that a cloud holds, is left alone on both sides."""
    why = {"a.md": "it is being saved"}

    assert [Leave("a.md", why["a.md"])] == planned({"a.md": OLD}, {"a.md": NEW}, {"a.md": OLD}, waiting=why)
    assert [] == planned({"a.md": OLD}, {"a.md": OLD}, {"b.md": OLD}, waiting=why)


# ---- what has vanished


@pytest.mark.parametrize(
    ("of", "gone", "asks"), [(10, 2, False), (10, 3, True), (1, 1, True), (3, 1, False), (3, 3, True), (0, 0, False)]
)
def test_more_than_a_fifth_or_all_gone_is_asked_about(of, gone, asks):
    """One note alone may go, where others are left."""
    base = {f"{number}.md": Held(str(number)) for number in range(of)}
    rest = dict(list(base.items())[gone:])

    assert (Vanished(Side.THEIRS, gone, of) if asks else None) == find_vanished(base, base, rest)
    assert (Vanished(Side.OURS, gone, of) if asks else None) == find_vanished(base, rest, base)


def test_renamed_notes_have_not_vanished():
    """A folder that got another name is still there."""
    base = {f"a/{number}.md": Held(str(number)) for number in range(9)}
    moved = {f"b/{number}.md": Held(str(number)) for number in range(9)}

    assert None is find_vanished(base, base, moved)


# ---- laws


def check(pair: Pair) -> None:
    """Sync a pair, cut short or not, and hold it against the laws."""
    added = (lines_of(pair.ours) | lines_of(pair.theirs)) - lines_of(pair.base)
    untouched = {path for path, note in pair.base.items() if pair.ours.get(path) == note == pair.theirs.get(path)}
    before = dict(pair.base)

    assert pair.sync()

    assert pair.ours == pair.theirs == pair.base
    assert set() == added - pair.lines()
    assert {path: before[path] for path in untouched} == {path: pair.ours[path] for path in untouched}
    assert Plan((), ()) == pair.plan()
    writes = pair.writes
    assert pair.sync()
    assert writes == pair.writes


def test_ten_thousand_random_triples_come_together_and_lose_no_line():
    """Both sides are equal, each line that anyone added is in a note or beside one, and a second run writes nothing."""
    for pair in some_triples(1, 10_000):
        check(pair)


def test_a_run_that_is_cut_short_anywhere_is_carried_on_by_the_next():
    """Whatever was done of it, and whatever was edited since: the laws hold."""
    dice = random.Random(2)
    cut = 0
    for pair in some_triples(3, 2_000):
        cut += not pair.sync(dice.randint(0, 4))
        if dice.random() < 0.5:
            pair.theirs = changed(pair.theirs, "since", dice)
        check(pair)
    assert cut > 400


def test_both_sides_left_alone_plan_nothing():
    """However many notes there are."""
    folder = {f"{number}.md": Note(f"text {number}\n", str(number)) for number in range(500)}

    assert Plan((), ()) == plan_sync(held(folder), held(folder), held(folder))
