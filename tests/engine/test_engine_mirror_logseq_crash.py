"""A run that keeps a vault and a Logseq graph in step, killed anywhere: the next one carries it on, nothing is lost."""

from pathlib import Path

import pytest
from mirror_stops import StoppedRuns
from mirroring import Pair, files

from vault_engine import Actor, Engine
from vault_engine.engine import Format, MirrorTerms

UUID = "3b241101-e2bb-4255-8caf-4136c566a962"
BASE = {
    "edited-here.md": "one\n\ntwo\n\nthree\n",
    "edited-there.md": "# 1\n\n2 [[both|b]]\n\n- 3\n",
    "both.md": "---\nid: both\nrank: 1\n---\na\n\nb\n\nc\n",
    "conflict.md": "x\n\ny\n\nz\n",
    "deleted-here.md": "gone here\n",
    "deleted-there.md": "gone there\n",
    "x/renamed-here.md": "---\nid: here\n---\nrenamed in the vault [[renamed-there]]\n",
    "renamed-there.md": "renamed there [[both]] [[renamed-here]]\n",
    "journals/2024-01-05.md": "a day [[renamed-here]]\n",
    "stays.md": "stays\n",
    "stays too.md": "stays too\n",
}
TERMS = MirrorTerms(Format.LOGSEQ)


def opened(folder: Path, env) -> Engine:
    return Engine.open(folder / "vault", actor=Actor("agent", "tester", "python"), env=env)


def prepared(folder: Path, env) -> None:
    """Make a vault and a graph that were in step and have been changed on both sides, in every way."""
    Engine.create(folder / "vault")
    (folder / "vault" / ".memwell" / "config.toml").write_text("rest_seconds = 0\n")
    with opened(folder, env) as engine:
        pair = Pair(engine, folder / "vault", folder / "graph")
        for path, text in BASE.items():
            pair.put("vault", path, text)
        pair.sync(format="logseq")
        engine.move("x/renamed-here.md", "y/renamed.md", yes=True)
        engine.forget("deleted-here.md")

    def change(side: str, path: str, old: str, new: str) -> None:
        text = (pair.vault if side == "vault" else pair.target).joinpath(path).read_text()
        assert 1 == text.count(old)
        pair.put(side, path, text.replace(old, new))

    change("vault", "edited-here.md", "two", "two here")
    change("folder", "pages/edited-here.md", "- one\n", f"- one\n  id:: {UUID}\n")
    change("folder", "pages/edited-there.md", "- 2 ", "- 2 there ")
    change("vault", "both.md", "a\n\n", "a here\n\n")
    change("folder", "pages/both.md", "- c", "- c there\n\t- below")
    change("vault", "conflict.md", "x", "x here")
    change("folder", "pages/conflict.md", "- x", "- x there")
    pair.put("vault", "new-here.md", "new here\n")
    pair.put("folder", "pages/new___there.md", "- new there\n-")
    (pair.target / "pages" / "deleted-there.md").unlink()
    (pair.target / "pages" / "renamed-there.md").rename(pair.target / "pages" / "z.md")
    change("folder", "pages/x___renamed-here.md", "[[renamed-there]]", "[[z]]")


NOTES = {
    "edited-here.md": "one\n\ntwo here\n\nthree\n",
    "edited-there.md": "# 1\n\n2 there [[both|b]]\n\n- 3\n",
    "both.md": "---\nid: both\nrank: 1\n---\na here\n\nb\n\nc there\n- below\n",
    "conflict.md": "x there\n\ny\n\nz\n",
    "y/renamed.md": "---\nid: here\n---\nrenamed in the vault [[z]]\n",
    "z.md": "renamed there [[both]] [[renamed]]\n",
    "journals/2024-01-05.md": "a day [[renamed]]\n",
    "stays.md": "stays\n",
    "stays too.md": "stays too\n",
    "new-here.md": "new here\n",
    "new/there.md": "- new there\n",
}
PAGES = {
    "pages/edited-here.md": f"- one\n  id:: {UUID}\n- two here\n- three\n",
    "pages/edited-there.md": "- # 1\n- 2 there [b]([[both]])\n- 3\n",
    "pages/both.md": "memwell-id:: both\nrank:: 1\n\n- a here\n- b\n- c there\n\t- below\n",
    "pages/conflict.md": "- x there\n- y\n- z\n",
    "pages/y___renamed.md": "memwell-id:: here\n\n- renamed in the vault [[z]]\n",
    "pages/z.md": "- renamed there [[both]] [[y/renamed]]\n",
    "journals/2024_01_05.md": "- a day [[y/renamed]]\n",
    "pages/stays.md": "- stays\n",
    "pages/stays too.md": "- stays too\n",
    "pages/new-here.md": "- new here\n",
    "pages/new___there.md": "- new there\n-",
}


def check(folder: Path, env) -> None:
    """Let the next run carry on, and hold both sides against what they must be."""
    with opened(folder, env) as engine:
        pair = Pair(engine, folder / "vault", folder / "graph")
        pair.sync(format="logseq")
        writes = files(pair.vault), files(pair.target)
        assert [] == pair.sync(format="logseq")
        assert writes == (files(pair.vault), files(pair.target))
        assert engine.verify(read_data=True).is_whole
    ours, theirs = ({name: data.decode() for name, (data, _) in side.items()} for side in writes)
    copies = {name: theirs.pop(name) for name in list(theirs) if "conflicted copy" in name}
    assert NOTES == ours
    assert PAGES == theirs
    assert ["x here\n\ny\n\nz\n"] == list(copies.values())


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Runs that are stopped somewhere."""
    root = tmp_path_factory.mktemp("graph")
    return StoppedRuns(root, "graph", TERMS, prepare=prepared, opened=opened, check=check)


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


@pytest.mark.slow
def test_whichever_operation_fails_the_next_run_makes_up_for_it(runs, monkeypatch):
    """The disk was full for a moment."""
    for at in runs.every(monkeypatch):
        runs.fail(monkeypatch, at)
