"""A vault that is a Logseq graph: what is written into its pages, and a Logseq that has it open."""

import shutil
from pathlib import Path

import pytest
from graphing import Logseq, typing

from vault_engine import Actor, Engine, Memory
from vault_engine.errors import EditRefused, NoteExists, NoteInUse
from vault_engine.note.change import Append, Replace, SetProperty

DOCS = Path(__file__).parents[3] / "shared" / "vaults" / "logseq-docs"
CLAUDE = Actor("agent", "claude", "python")


@pytest.fixture
def page(vault, write_note):
    """A page of a graph, which was written long ago."""
    write_note("logseq/config.edn", "{:file/name-format :triple-lowbar}")
    write_note("pages/plan.md", "- one\n  id:: 1\n\t- two")
    return vault / "pages" / "plan.md"


@pytest.fixture
def opened(page, vault, open_engine):
    """Opens the graph, where a page rests after so many seconds."""

    def open_it(rest_seconds: int) -> Engine:
        (vault / ".memwell" / "config.toml").write_text(f"rest_seconds = {rest_seconds}\n")
        return open_engine()

    return open_it


# ---- what is written


def test_text_is_appended_as_a_block(opened, page):
    """At the end; what is there stays as it is, an outline of one's own too."""
    engine = opened(0)
    engine.edit("pages/plan.md", Append("three\nand more"))
    engine.edit("pages/plan.md", Append("- four\n\t- five"))

    assert "- one\n  id:: 1\n\t- two\n- three\n  and more\n- four\n\t- five" == page.read_text().rstrip("\n")


def test_a_memory_is_a_page_of_its_own(opened, vault):
    """With YAML at its head, which Logseq reads, and brought up to date in place."""
    engine = opened(0)
    path = engine.remember(Memory("Checked on Mondays.", category="howto", key="pump")).path
    assert (vault / path).read_text().startswith("---\n")

    engine.remember(Memory("Checked on Fridays.", category="howto", key="pump"))

    assert (vault / path).read_text().endswith("Checked on Fridays.\n")


@pytest.mark.parametrize("edit", [SetProperty("rank", 1), Append("x", ("one",))])
def test_what_has_no_safe_form_is_refused(opened, page, edit):
    """Properties of a page that has lines of its own, and sections."""
    before = page.read_bytes()
    page.write_text("a:: 1\n\n- one")

    with pytest.raises(EditRefused):
        opened(0).edit("pages/plan.md", edit)

    assert before != page.read_bytes() == b"a:: 1\n\n- one"


@pytest.mark.skipif(not DOCS.is_dir(), reason="shared/ is not beside the project")
def test_every_page_of_a_real_graph_takes_a_block(tmp_path, env):
    """Everything before it stays, character by character; ids, folded blocks and logbooks too."""
    shutil.copytree(DOCS, tmp_path / "graph")
    Engine.create(tmp_path / "graph")
    (tmp_path / "graph" / ".memwell" / "config.toml").write_text("rest_seconds = 0\n")
    refused = []
    with Engine.open(tmp_path / "graph", actor=CLAUDE, env=env) as engine:
        pages = sorted(
            path.relative_to(tmp_path / "graph").as_posix() for path in (tmp_path / "graph").glob("pages/*.md")
        )
        for path in pages[::5]:
            before = (tmp_path / "graph" / path).read_bytes()
            try:
                engine.edit(path, Append("added"))
            except EditRefused as error:
                refused.append(error.reason)
                assert before == (tmp_path / "graph" / path).read_bytes()
                continue
            after = (tmp_path / "graph" / path).read_bytes()
            assert after.startswith(before.rstrip(b"\n"))
            assert b"- added" == after[len(before.rstrip(b"\n")) :].strip()
    assert len(pages) > 200
    assert len(refused) < 5


# ---- a Logseq that has the graph open


def test_a_page_that_was_changed_a_moment_ago_is_written_when_it_rests(opened, page):
    """The call waits for it; a second change of our own does not."""
    engine = opened(1)
    Logseq(page).type("typed")

    engine.edit("pages/plan.md", Append("added"))

    assert page.read_text().endswith("- typed\n- added")


@pytest.mark.parametrize("verb", ["append", "replace", "forget"])
def test_a_page_in_which_somebody_types_is_not_written(opened, page, verb, monkeypatch):
    """It is said after a while."""
    monkeypatch.setattr("vault_engine.engine.resting._MOST_S", 0.5)
    engine = opened(5)
    engine.status()
    calls = {
        "append": lambda: engine.edit("pages/plan.md", Append("added")),
        "replace": lambda: engine.edit("pages/plan.md", Replace("- ", "* ")),
        "forget": lambda: engine.forget("pages/plan.md"),
    }

    with typing(page), pytest.raises(NoteInUse, match=r"somebody is writing in pages/plan\.md"):
        calls[verb]()

    assert page.read_text().startswith("- typing")


def test_in_other_vaults_nobody_waits(vault, write_note, open_engine):
    """Other editors take in a file that has changed."""
    write_note("plan.md", "one\n")
    (vault / ".memwell" / "config.toml").write_text("rest_seconds = 3600\n")
    engine = open_engine()
    (vault / "plan.md").write_text("one\ntwo\n")

    engine.edit("plan.md", Append("three"))

    assert "one\ntwo\n\nthree\n" == (vault / "plan.md").read_text()


def test_what_logseq_writes_over_from_memory_is_kept_and_said(opened, page):
    """The journal says whose change is gone, the status too, until somebody writes there again."""
    engine = opened(0)
    logseq = Logseq(page)
    engine.edit("pages/plan.md", Append("added by the agent"), actor=CLAUDE)
    gone = engine.history("pages/plan.md").versions[0].sha256
    logseq.type("typed")

    problems = {one.path: one.problem for one in engine.status().problems}
    engine.edit("pages/plan.md", Append("again"), dry_run=True)
    with pytest.raises(EditRefused):
        engine.edit("pages/plan.md", Replace("added by the agent", "x"))

    newest = engine.history("pages/plan.md").versions[0]
    reason = f"written over from memory, without what was written by claude: {gone[:8]}"
    assert ("external", reason) == (newest.actor.kind, newest.reason)
    assert "- added by the agent" in engine.diff("pages/plan.md").diff
    assert {"pages/plan.md": reason} == {one.path: one.problem for one in engine.status().problems} | problems

    engine.edit("pages/plan.md", Append("added by the agent"), actor=CLAUDE)
    assert () == engine.status().problems
    assert page.read_text().endswith("- typed\n- added by the agent")


def test_a_memory_that_logseq_writes_over_is_not_written_over_in_turn(opened, vault):
    """Its writer is told, as of every edit by hand."""
    engine = opened(0)
    path = engine.remember(Memory("Mondays.", category="howto", key="pump")).path
    logseq = Logseq(vault / path)
    engine.remember(Memory("Fridays.", category="howto", key="pump"))
    logseq.type("typed")

    with pytest.raises(NoteExists, match="by hand"):
        engine.remember(Memory("Sundays.", category="howto", key="pump"))

    engine = opened(0)
    engine.remember(Memory("another", category="howto"))
    assert engine.history(path).versions[0].reason.startswith("written over from memory")


@pytest.mark.parametrize(
    "text",
    [
        "- one\n  id:: 1\n\t- two\n- added by the person\n- and more\n",
        "- one\n  id:: 1\n\t- two\n- added by the agent!\n",
    ],
)
def test_what_somebody_edits_after_seeing_it_is_an_edit_like_others(opened, page, text):
    """There is something of the change in it, or what looks like it."""
    engine = opened(0)
    engine.edit("pages/plan.md", Append("added by the agent\n- and more"), actor=CLAUDE)

    page.write_text(text)

    assert () == engine.status().problems
