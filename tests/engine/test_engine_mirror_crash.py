"""A run that keeps a vault and a folder in step, killed anywhere: the next one carries it on, and nothing is lost."""

import re
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from mirror_stops import StoppedRuns
from mirroring import Pair, files

from vault_engine import Actor, Engine
from vault_engine.engine import Extra, MirrorTerms
from vault_engine.engine.session import Session

BASE = {
    "edited-here.md": "one\n\ntwo\n\nthree\n",
    "edited-there.md": "1\n\n2\n\n3\n",
    "both.md": "a\n\nb\n\nc\n",
    "conflict.md": "x\n\ny\n\nz\n",
    "deleted-here.md": "gone here\n",
    "deleted-there.md": "gone there\n",
    "renamed-here.md": "---\nid: here\n---\nrenamed in the vault [[renamed-there]]\n",
    "renamed-there.md": "renamed there [[both]] [[renamed-there]]\n",
    "relates.md": "---\nuses: '[[both]]'\n---\nrelated\n",
    "stays.md": "stays\n",
    "stays too.md": "stays too\n",
    "waits.md": "---\nuses: '[[new-here]]'\n---\nis related later\n",
}


def prepared(folder: Path, env, extras: frozenset[Extra]) -> None:
    """Make a vault and a folder that were in step and have been changed on both sides, in every way."""
    Engine.create(folder / "vault")
    with opened(folder, env) as engine:
        pair = Pair(engine, folder / "vault", folder / "target")
        for path, text in BASE.items():
            pair.put("vault", path, text)
        pair.sync(extras=extras)
        for path in BASE:
            engine.read(path)  # is counted
        engine.move("renamed-here.md", "y/renamed.md", yes=True)
        engine.forget("deleted-here.md")
    pair.put("vault", "edited-here.md", "one\n\ntwo here\n\nthree\n")
    pair.put("folder", "edited-there.md", "1\n\n2 there\n\n3\n")
    pair.put("vault", "both.md", "a here\n\nb\n\nc\n")
    pair.put("folder", "both.md", "a\n\nb\n\nc there\n")
    pair.put("vault", "conflict.md", "x here\n\ny\n\nz\n")
    pair.put("folder", "conflict.md", "x there\n\ny\n\nz\n")
    pair.put("vault", "new-here.md", "new here\n")
    pair.put("folder", "new/there.md", "new there\n")
    (folder / "target" / "deleted-there.md").unlink()
    (folder / "target" / "renamed-there.md").rename(folder / "target" / "z.md")


@pytest.fixture(autouse=True)
def two_days_later(monkeypatch):
    """What notes show is due to be written anew."""
    monkeypatch.setattr(Session, "now", lambda _: datetime.now(UTC) + timedelta(days=2))


def without_extras(text: str) -> str:
    """Leave out what a note shows besides what it says, and fences that are there only for that."""
    return re.sub(r"(?m)^(decay_score|access_count|last_accessed): .*\n", "", text).removeprefix("---\n---\n")


ADDED = {"two here", "2 there", "a here", "c there", "x here", "x there", "new here", "new there"}


def opened(folder: Path, env) -> Engine:
    return Engine.open(folder / "vault", actor=Actor("agent", "tester", "python"), env=env)


def check(folder: Path, env, extras: frozenset[Extra]) -> None:
    """Let the next run carry on, and hold both sides against what they must be."""
    with opened(folder, env) as engine:
        pair = Pair(engine, folder / "vault", folder / "target")
        pair.sync(extras=extras)
        writes = files(pair.vault), files(pair.target)
        assert [] == pair.sync(extras=extras)
        assert writes == (files(pair.vault), files(pair.target))
        assert engine.verify(read_data=True).is_whole
    ours, theirs = ({name: data.decode() for name, (data, _) in side.items()} for side in writes)
    copies = {name: theirs.pop(name) for name in list(theirs) if "conflicted copy" in name}
    assert all(("access_count: " in text) == bool(extras) for text in theirs.values())
    theirs = {name: without_extras(text) for name, text in theirs.items()}
    for path, line in (("relates.md", "- [[both|both]] (uses)"), ("waits.md", "- [[new-here|new-here]] (uses)")):
        assert BASE[path] == ours.pop(path)
        shown = theirs.pop(path)
        assert shown.startswith(BASE[path])
        assert line in shown
    assert ours == theirs
    assert ["x here\n\ny\n\nz\n"] == list(copies.values())
    lines = {line for text in (*ours.values(), *copies.values()) for line in text.splitlines()}
    assert set() == ADDED - lines
    assert {"y/renamed.md", "z.md", "new/there.md", "new-here.md"} <= ours.keys()
    assert not {"deleted-here.md", "deleted-there.md", "renamed-here.md", "renamed-there.md"} & ours.keys()
    assert "renamed in the vault [[z]]" in ours["y/renamed.md"]


@pytest.fixture(scope="module", params=[frozenset(), frozenset(Extra)], ids=["plain", "with decay and counters"])
def runs(request, tmp_path_factory):
    """Runs that are stopped somewhere."""
    return StoppedRuns(
        tmp_path_factory.mktemp("mirror"),
        "target",
        MirrorTerms(extras=request.param),
        prepare=partial(prepared, extras=request.param),
        opened=opened,
        check=partial(check, extras=request.param),
    )


def test_a_whole_run_holds_what_is_checked(runs, monkeypatch):
    """There are many operations to be killed at."""
    assert runs.steps(monkeypatch) > 100


def test_killed_at_some_operation_the_next_run_carries_on(runs, monkeypatch):
    """Both sides come together as if nothing had happened: no line is lost, no copy is made for nothing."""
    for at in runs.some(monkeypatch, 1):
        runs.kill(monkeypatch, at)


@pytest.mark.slow
def test_killed_at_any_operation_the_next_run_carries_on(runs, monkeypatch):
    """The same for each of them."""
    for at in runs.every(monkeypatch):
        runs.kill(monkeypatch, at)


def test_an_operation_that_fails_is_made_up_for_by_the_next_run(runs, monkeypatch):
    """The disk was full for a moment."""
    for at in runs.some(monkeypatch, 2):
        runs.fail(monkeypatch, at)


@pytest.mark.slow
def test_whichever_operation_fails_the_next_run_makes_up_for_it(runs, monkeypatch):
    """The same for each of them."""
    for at in runs.every(monkeypatch):
        runs.fail(monkeypatch, at)
