"""What notes show in a folder that is kept in step, besides what they say: their decay and how often they were used."""

import os
import threading
from datetime import UTC, datetime, timedelta

import pytest
from mirror_stops import StoppedRuns
from mirroring import LONG_AGO_NS, THREE, files, pair_of

from vault_engine import Engine
from vault_engine.engine import DecayFilter, Extra, Format, MirrorTerms, SetProperty, mirror
from vault_engine.engine.session import Session
from vault_engine.errors import BadInput

BOTH = {"extras": frozenset(Extra)}
DECAY = {"extras": frozenset({Extra.DECAY})}
COUNTERS = {"extras": frozenset({Extra.COUNTERS})}
NOTION = {"format": Format.NOTION}


@pytest.fixture
def pair(engine, vault, tmp_path):
    """A vault with two notes, and a folder that does not exist yet."""
    return pair_of(engine, vault, tmp_path)


@pytest.fixture
def go_on(monkeypatch):
    """The time, which only this sets."""
    moment = [datetime(2026, 11, 21, 12, tzinfo=UTC)]
    monkeypatch.setattr(Session, "now", lambda _: moment[0])

    def by(**what: float) -> None:
        moment[0] += timedelta(**what)

    return by


def there(pair, path: str = "a.md") -> str:
    return (pair.target / path).read_text()


def dated(pair, path: str = "a.md", body: str = THREE) -> None:
    """Write a note of this very day into the vault."""
    pair.put("vault", path, f"---\ncreated: 2026-11-21T12:00:00\n---\n{body}")


def test_notes_show_what_is_asked_for_in_the_folder_only(pair, go_on):
    """Behind their own properties, or in a head of its own; the vault's notes stay as they are."""
    dated(pair)
    pair.engine.read("a.md")
    before = files(pair.vault)
    pair.sync(**BOTH)

    shown = "decay_score: 1.0\naccess_count: 1\nlast_accessed: 2026-11-21T12:00:00\n"
    assert f"---\ncreated: 2026-11-21T12:00:00\n{shown}---\n{THREE}" == there(pair)
    assert "---\nid: bee\ndecay_score: 0.0\naccess_count: 0\n---\nB [[a]]\n" == there(pair, "x/b.md")
    assert before == files(pair.vault)


@pytest.mark.parametrize(
    ("asked", "head"),
    [(DECAY, "---\ndecay_score: 0.0\n---\n"), (COUNTERS, "---\naccess_count: 0\n---\n"), ({}, "")],
    ids=["decay", "counters", "nothing"],
)
def test_each_is_asked_for_alone_and_goes_when_it_is_not(pair, asked, head):
    """From one run to the next, in any order."""
    for before in (BOTH, DECAY, COUNTERS, {}):
        pair.sync(**before)
        pair.sync(**asked)
        assert (THREE, head + THREE) == pair.both("a.md")
        assert [] == pair.sync(**asked)


def test_nothing_is_written_for_nothing_nor_twice_a_day(pair, go_on):
    """A count that changes waits for the next day, a decay until it is worth it; each file's time says so."""
    dated(pair)
    pair.sync(**BOTH)
    first = files(pair.target)

    for _ in range(3):
        go_on(hours=3)
        pair.engine.read("a.md")
        assert [] == pair.sync(**BOTH)
    assert first == files(pair.target)

    go_on(days=1)
    assert ["folder: properties a.md"] == pair.sync(**BOTH)
    assert [] == pair.sync(**BOTH)
    assert "access_count: 3\n" in there(pair)
    assert first["x/b.md"] == files(pair.target)["x/b.md"]


def test_a_decay_is_written_anew_when_it_differs_by_a_twentieth(pair, go_on):
    """So a note is written a few times in its life, not every day."""
    dated(pair)
    pair.sync(**DECAY)
    written = 0
    for _ in range(60):
        go_on(days=1)
        written += len(pair.sync(**DECAY))

    assert 7 <= written <= 10
    assert 0.5 <= float(there(pair).partition("decay_score: ")[2].partition("\n")[0]) <= 0.55


def test_what_a_person_writes_there_comes_back_without_it(pair, go_on):
    """Their text and properties reach the vault, ours do not."""
    pair.sync(**BOTH)
    text = there(pair).replace("two", "2").replace("---\n", "---\nmine: yes\n", 1)
    pair.put("folder", "a.md", text)

    pair.sync(**BOTH)

    assert "---\nmine: yes\n---\none\n\n2\n\nthree\n" == (pair.vault / "a.md").read_text()
    assert "decay_score" in there(pair)


@pytest.mark.parametrize("line", ["decay_score: 0.7", "access_count: 9000", "decay_score: mine"])
def test_a_line_that_a_person_changes_is_theirs(pair, line):
    """It becomes part of the note, and from then on is left alone."""
    pair.sync(**BOTH)
    name = line.partition(":")[0]
    ours = next(one for one in there(pair).splitlines() if one.startswith(name))
    pair.put("folder", "a.md", there(pair).replace(ours, line))

    pair.sync(**BOTH)
    assert f"---\n{line}\n---\n{THREE}" == (pair.vault / "a.md").read_text()
    assert 1 == there(pair).count(name)
    assert [] == pair.sync(**BOTH)


def test_a_property_of_that_name_in_the_vault_is_never_touched(pair, go_on):
    """Whatever it says, on no day."""
    text = "---\ndecay_score: mine\naccess_count: 7\n---\nX\n"
    pair.put("vault", "own.md", text)
    for _ in range(2):
        pair.sync(**BOTH)
        assert text == (pair.vault / "own.md").read_text()
        assert ["decay_score: mine", "access_count: 7"] == there(pair, "own.md").splitlines()[1:3]
        pair.engine.read("own.md")
        go_on(days=30)


def test_a_note_that_is_renamed_there_is_known_again(pair):
    """With what it shows, edited or not, whether it has an identity or not."""
    pair.sync(**BOTH)
    (pair.target / "a.md").rename(pair.target / "c.md")
    (pair.target / "x/b.md").rename(pair.target / "d.md")

    pair.sync(**BOTH)

    assert THREE == (pair.vault / "c.md").read_text()
    assert "---\nid: bee\n---\nB [[c]]\n" == (pair.vault / "d.md").read_text()
    assert [] == pair.sync(**BOTH)


def test_a_note_that_can_not_show_anything_stays_as_it_is(pair):
    """One with a broken head, an empty one, one that is no text."""
    for path, data in (("broken.md", b"---\na: [\n---\nX\n"), ("empty.md", b""), ("latin.md", b"\xe4\n")):
        pair.put("vault", path, data)

    pair.sync(**BOTH)

    for path in ("broken.md", "empty.md", "latin.md"):
        assert (pair.vault / path).read_bytes() == (pair.target / path).read_bytes()
    assert [] == pair.sync(**BOTH)


def test_a_dry_run_counts_and_writes_nothing(pair):
    """Neither there nor here."""
    pair.sync(**BOTH)
    before = files(pair.vault), files(pair.target)

    pair.sync(dry_run=True)

    assert before == (files(pair.vault), files(pair.target))
    assert 0 == pair.engine.decay(DecayFilter()).notes[0].access_count


# ---- for Notion


def test_notion_gets_them_as_lines(pair, go_on):
    """As any property."""
    dated(pair)
    pair.sync(**BOTH, **NOTION)
    first = files(pair.target)

    assert f"# a\n\ncreated: 2026-11-21T12:00:00\ndecay_score: 1.0\naccess_count: 0\n\n{THREE}" == there(pair)
    pair.engine.read("a.md")
    assert [] == pair.sync(**BOTH, **NOTION)
    assert first == files(pair.target)

    go_on(days=1)
    assert ["folder: updated a.md"] == pair.sync(**BOTH, **NOTION)
    assert [] == pair.sync(**BOTH, **NOTION)
    assert "access_count: 1\n" in there(pair)
    assert ["folder: updated a.md", "folder: updated x/b.md"] == pair.sync(**NOTION)
    assert "decay" not in there(pair)


@pytest.fixture
def notion_runs(tmp_path, go_on):
    """Runs for Notion that are stopped somewhere, and followed by one of the next day."""

    def opened(folder, env):
        return Engine.open(folder / "vault", env=env)

    def prepare(folder, env):
        Engine.create(folder / "vault")
        with opened(folder, env) as engine:
            for path in ("old.md", "gone.md"):
                write(folder, path, f"---\ncreated: 2026-11-21\n---\n{path}\n")
            engine.mirror(folder / "target", MirrorTerms(Format.NOTION, **BOTH))
            engine.read("old.md")
            engine.forget("gone.md")
            write(folder, "new.md", "New\n")

    def check(folder, env):
        go_on(days=40)
        for file in (folder / "target").glob("*.md"):
            os.utime(file, ns=(LONG_AGO_NS,) * 2)  # else it might be being saved
        with opened(folder, env) as engine:
            engine.read("new.md")
            done = engine.mirror(folder / "target", MirrorTerms(Format.NOTION, **BOTH))
            assert [] == [one for one in done.changes if one.what == "left"]
            assert {"old.md", "new.md"} == files(folder / "target").keys()
            assert all(b"access_count: 1\n" in data for data, _ in files(folder / "target").values())
            assert () == engine.mirror(folder / "target", MirrorTerms(Format.NOTION, **BOTH)).changes

    def write(folder, path, text):
        (folder / "vault" / path).write_text(text)

    go_on(days=2)
    terms = MirrorTerms(Format.NOTION, **BOTH)
    return StoppedRuns(tmp_path, "target", terms, prepare=prepare, opened=opened, check=check)


def test_a_run_for_notion_that_is_killed_is_carried_on(notion_runs, monkeypatch):
    """What it wrote is not taken for a person's, though by then the note shows something else."""
    for at in notion_runs.some(monkeypatch, 1):
        notion_runs.kill(monkeypatch, at)
    for at in notion_runs.some(monkeypatch, 2):
        notion_runs.fail(monkeypatch, at)


# ---- where they can't be


def test_pages_of_logseq_do_not_show_them(pair):
    """That is said, and nothing is written."""
    with pytest.raises(BadInput, match="not in pages of Logseq"):
        pair.sync(format=Format.LOGSEQ, **DECAY)
    assert not pair.target.exists()


# ---- with the vault itself as the folder


def test_with_the_vault_itself_they_are_written_into_its_notes_and_nothing_else(pair, go_on, vault):
    """Once a day at most, as changes of their own; they do not count as uses and make no note younger."""
    pair.target = vault
    pair.engine.read("a.md")
    pair.put("vault", "own.md", "---\naccess_count: mine\n---\nX\n")
    ages = {one.path: one.changed for one in pair.engine.decay(DecayFilter()).notes}

    planned = pair.sync(dry_run=True, **BOTH)
    assert THREE == (vault / "a.md").read_text()
    done = pair.sync(**BOTH)

    assert ["vault: properties a.md", "vault: properties own.md", "vault: properties x/b.md"] == sorted(done)
    assert planned == done
    shown = "decay_score: 0.0\naccess_count: 1\nlast_accessed: 2026-11-21T12:00:00\n"
    assert f"---\n{shown}---\n{THREE}" == (vault / "a.md").read_text()
    assert "---\nid: bee\ndecay_score: 0.0\naccess_count: 0\n---\nB [[a]]\n" == (vault / "x/b.md").read_text()
    assert "---\naccess_count: mine\ndecay_score: 0.0\n---\nX\n" == (vault / "own.md").read_text()
    assert [] == pair.sync(**BOTH)
    assert ages == {one.path: one.changed for one in pair.engine.decay(DecayFilter()).notes}
    assert {"a.md": 1, "own.md": 0, "x/b.md": 0} == {
        one.path: one.access_count for one in pair.engine.decay(DecayFilter()).notes
    }


def test_with_the_vault_itself_nothing_is_written_twice_a_day(pair, go_on, vault):
    """Nor without need on another."""
    pair.target = vault
    dated(pair)
    pair.sync(**BOTH)
    pair.engine.read("a.md")
    pair.engine.edit("a.md", SetProperty("rank", 1))

    assert [] == pair.sync(**BOTH)
    go_on(days=1)
    assert ["vault: properties a.md"] == pair.sync(**BOTH)
    assert "access_count: 2\n" in (vault / "a.md").read_text()
    go_on(days=1)
    assert [] == pair.sync(**BOTH)


def test_in_the_vault_a_persons_own_count_is_left(pair, go_on, vault):
    """Be it one of their own from the first, or one of ours that they have changed."""
    pair.target = vault
    pair.put("vault", "own.md", "---\naccess_count: 7\nlast_accessed: yesterday\n---\nX\n")
    pair.put("vault", "last.md", "---\nlast_accessed: yesterday\n---\nX\n")
    pair.sync(**COUNTERS)
    pair.put("vault", "a.md", THREE.join(("---\naccess_count: 70\n---\n", "")))
    before = files(vault)

    for _ in range(2):
        go_on(days=1)
        for path in ("own.md", "last.md", "a.md", "x/b.md"):
            pair.engine.read(path)
        assert ["vault: properties x/b.md"] == pair.sync(**COUNTERS)

    changed = {path for path, one in files(vault).items() if one != before[path]}
    assert {"x/b.md"} == changed
    assert "access_count: 2\n" in (vault / "x/b.md").read_text()


def test_in_the_vault_a_run_that_is_killed_is_carried_on(tmp_path, monkeypatch, go_on):
    """What it wrote is known for ours, and goes on being written."""

    def opened(folder, env):
        return Engine.open(folder / "vault", env=env)

    def prepare(folder, env):
        Engine.create(folder / "vault")
        with opened(folder, env) as engine:
            for path in ("a.md", "b.md"):
                (folder / "vault" / path).write_text(f"{path}\n")
            engine.mirror(folder / "vault", MirrorTerms(**BOTH))
            engine.read("a")
            engine.read("b")

    def check(folder, env):
        go_on(days=40)
        with opened(folder, env) as engine:
            engine.read("a")
            engine.read("b")
            assert () == engine.mirror(folder / "vault", MirrorTerms(**BOTH)).problems
            assert all(b"\naccess_count: 2\n" in data for data, _ in files(folder / "vault").values())
            assert () == engine.mirror(folder / "vault", MirrorTerms(**BOTH)).changes

    go_on(days=2)
    runs = StoppedRuns(tmp_path, "vault", MirrorTerms(**BOTH), prepare=prepare, opened=opened, check=check)
    for at in runs.some(monkeypatch, 1):
        runs.kill(monkeypatch, at)
    for at in runs.some(monkeypatch, 2):
        runs.fail(monkeypatch, at)


def test_links_that_are_written_into_the_vault_make_no_note_younger(pair, vault):
    """A person has not changed it."""
    pair.target = vault
    pair.put("vault", "r.md", "---\nuses: '[[a]]'\n---\nR\n")
    ages = {one.path: one.changed for one in pair.engine.decay(DecayFilter()).notes}

    assert ["vault: links r.md", "vault: properties r.md"] == [one for one in pair.sync(**DECAY) if "r.md" in one]
    assert ages == {one.path: one.changed for one in pair.engine.decay(DecayFilter()).notes}


def test_who_watches_writes_them_anew_on_another_day(pair, go_on, until, monkeypatch):
    """Also where nobody has changed anything."""
    monkeypatch.setattr(mirror, "_LOOK_S", 0.1)
    dated(pair)
    told, stop = [], threading.Event()
    terms = MirrorTerms(**DECAY)
    watching = threading.Thread(
        target=lambda: pair.engine.watch_mirror(pair.target, terms, interval_s=0.01, tell=told.append, stop=stop)
    )
    watching.start()
    try:
        until(lambda: told and "decay_score: 1.0\n" in there(pair))
        go_on(days=90)
        until(lambda: "decay_score: 0.35\n" in there(pair))
    finally:
        stop.set()
        watching.join()

    assert f"---\ncreated: 2026-11-21T12:00:00\n---\n{THREE}" == (pair.vault / "a.md").read_text()
