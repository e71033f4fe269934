"""Keeping a vault and a Logseq graph in step, on real folders."""

import shutil
import time

import pytest
from graphing import Logseq, typing
from mirroring import HIDDEN, Pair, files

from vault_engine.engine import Format, MirrorTerms
from vault_engine.errors import BadInput, NotesVanished

UUID = "3b241101-e2bb-4255-8caf-4136c566a962"


class Graph(Pair):
    """A vault, and a graph in which a person works."""

    def sync(self, **terms):
        """Bring both together; give what was done, as short texts."""
        return super().sync(format="logseq", **terms)

    def page(self, file: str) -> str:
        """Give a page."""
        return (self.target / file).read_text()

    def note(self, path: str) -> str:
        """Give a note."""
        return (self.vault / path).read_text()

    def rests(self, seconds: int) -> None:
        """Set for how many seconds a page is left alone that was changed."""
        (self.vault / ".memwell" / "config.toml").write_text(f"rest_seconds = {seconds}\n")


@pytest.fixture
def graph(vault, tmp_path, open_engine):
    """A vault with three notes that link to each other, and a graph that does not exist yet."""
    graph = Graph(None, vault, tmp_path / "graph")
    graph.rests(0)
    graph.engine = open_engine()
    graph.put("vault", "a.md", "# A\n\nSee [[b|the b]].\n\n- one\n  - two\n")
    graph.put("vault", "x/b.md", "---\nid: bee\nuses: '[[a]]'\n---\nB [[a]]\n")
    graph.put("vault", "journals/2024-01-05.md", "Did [[b]]\n")
    return graph


# ---- from one to the other


def test_the_first_time_the_graph_gets_what_the_vault_has(graph):
    """As pages and journals whose links are Logseq's; and again there is nothing to do."""
    made = ["folder: created a.md", "folder: created journals/2024-01-05.md", "folder: created x/b.md"]
    assert made == sorted(graph.sync())

    assert "- # A\n- See [the b]([[x/b]]).\n- one\n\t- two\n" == graph.page("pages/a.md")
    assert "memwell-id:: bee\nuses:: [[a]]\n\n- B [[a]]\n" == graph.page("pages/x___b.md")
    assert "- Did [[x/b]]\n" == graph.page("journals/2024_01_05.md")
    before = files(graph.vault), files(graph.target)
    assert [] == graph.sync()
    assert before == (files(graph.vault), files(graph.target))


def test_a_graph_says_how_its_files_are_called(graph):
    """Name format, folders and the format of journals are in its configuration."""
    graph.put(
        "folder",
        "logseq/config.edn",
        '{:pages-directory "p" :journals-directory "j" :journal/file-name-format "yyyy-MM-dd"'
        ' :journal/page-title-format "yyyy.MM.dd"}',
    )
    graph.put("vault", "c.md", "[[2024-01-05]]\n")

    graph.sync()

    assert {"p/a.md", "p/x.b.md", "p/c.md", "j/2024-01-05.md", "logseq/config.edn"} == set(files(graph.target))
    assert "- [[2024.01.05]]\n" == graph.page("p/c.md")
    graph.put("folder", "p/c.md", "- [[2024.01.05]] and [[2024.01.06]]\n")
    assert ["vault: updated c.md"] == graph.sync()
    assert "[[2024-01-05]] and [[2024-01-06]]\n" == graph.note("c.md")


def test_the_daily_notes_of_obsidian_are_the_journals(graph):
    """In the folder that Obsidian was told; that is decided once."""
    graph.put("vault", ".obsidian/daily-notes.json", '{"folder": "Daily"}')
    graph.put("vault", "Daily/2024-01-06.md", "x\n")
    graph.sync()
    assert "- x\n" == graph.page("journals/2024_01_06.md")
    assert "- Did [[x/b]]\n" == graph.page("pages/journals___2024-01-05.md")

    graph.put("vault", ".obsidian/daily-notes.json", "{}")
    graph.put("folder", "journals/2024_01_07.md", "- y\n")

    assert ["vault: created Daily/2024-01-07.md"] == graph.sync()


def test_a_block_that_is_edited_changes_its_lines_of_the_note(graph):
    """In the journal as somebody's; ids and what is folded stay in the page, whatever is changed here later."""
    graph.sync()
    graph.put(
        "folder", "pages/a.md", graph.page("pages/a.md").replace("\t- two\n", f"\t- zwei [[x/b]]\n\t  id:: {UUID}\n")
    )

    assert ["vault: updated a.md"] == graph.sync()

    assert "# A\n\nSee [[b|the b]].\n\n- one\n  - zwei [[b]]\n" == graph.note("a.md")
    newest = graph.engine.history("a.md").versions[0]
    assert ("external", "obsidian-sync graph") == (newest.actor.kind, newest.reason)
    graph.put("vault", "a.md", graph.note("a.md").replace("# A", "# Another"))
    assert ["folder: updated a.md"] == graph.sync()
    page = f"- # Another\n- See [the b]([[x/b]]).\n- one\n\t- zwei [[x/b]]\n\t  id:: {UUID}\n"
    assert page == graph.page("pages/a.md")


def test_what_only_logseq_knows_changes_nothing(graph):
    """An id that it gives a block is no edit, and is not written over."""
    graph.sync()
    graph.put("folder", "pages/a.md", graph.page("pages/a.md").replace("- one\n", f"- one\n  id:: {UUID}\n"))
    before = files(graph.vault), files(graph.target)

    assert [] == graph.sync()

    assert before == (files(graph.vault), files(graph.target))


def test_a_page_of_logseqs_own_becomes_a_note(graph):
    """Its links are the vault's; a journal without a text becomes none."""
    graph.sync()
    graph.put("folder", "pages/new___idea.md", "tags:: x\n\n- see [[x/b]]\n\t- below [[Jan 5th, 2024]]\n-")
    graph.put("folder", "journals/2024_02_01.md", "-")
    graph.put("folder", "assets/readme.md", "no page\n")

    assert ["vault: created new/idea.md"] == graph.sync()

    assert "---\ntags:\n  - x\n---\n- see [[b]]\n\t- below [[2024-01-05]]\n" == graph.note("new/idea.md")
    assert [] == graph.sync()


def test_edits_of_different_blocks_are_merged(graph):
    """Both sides have both."""
    graph.sync()
    graph.put("folder", "pages/a.md", graph.page("pages/a.md").replace("- one", "- eins"))
    graph.put("vault", "a.md", graph.note("a.md").replace("# A", "# Another"))

    assert ["both: merged a.md"] == graph.sync()

    assert "# Another\n\nSee [[b|the b]].\n\n- eins\n  - two\n" == graph.note("a.md")
    assert "- # Another\n- See [the b]([[x/b]]).\n- eins\n\t- two\n" == graph.page("pages/a.md")


def test_edits_of_one_block_are_kept_both(graph):
    """The person's is the note; the vault's text is in a copy beside the page, which is no note."""
    graph.sync()
    graph.put("folder", "pages/a.md", graph.page("pages/a.md").replace("- one", "- eins"))
    graph.put("vault", "a.md", graph.note("a.md").replace("- one", "- uno"))

    assert ["both: conflict a.md"] == graph.sync()

    assert "- eins\n" in graph.page("pages/a.md")
    assert "- eins\n" in graph.note("a.md")
    assert "- uno\n" in next(graph.target.glob("pages/a (Memwell's conflicted copy *).md")).read_text()
    assert [] == graph.sync()


def test_what_markdown_cant_hold_becomes_a_conflict(graph):
    """Properties of a page whose note's own can't be read: the vault's text is in a copy."""
    graph.put("vault", "c.md", "---\nbroken: [\n---\nx\n")
    graph.sync()
    graph.put("folder", "pages/c.md", "rank:: 1\n\n- x\n")
    assert ["both: conflict c.md"] == graph.sync(dry_run=True)

    assert ["both: conflict c.md"] == graph.sync()

    assert "---\nrank: 1\n---\n- x\n" == graph.note("c.md")
    assert "broken" in next(graph.target.glob("pages/c (Memwell's conflicted copy *).md")).read_text()
    assert [] == graph.sync()


# ---- renames and deletions


def test_a_page_that_is_renamed_in_logseq_is_the_same_note(graph):
    """Logseq has rewritten the links to it; the vault's links follow in their own way."""
    graph.sync()
    (graph.target / "pages/x___b.md").rename(graph.target / "pages/y___c.md")
    for file in ("pages/a.md", "journals/2024_01_05.md"):
        graph.put("folder", file, graph.page(file).replace("[[x/b]]", "[[y/c]]"))

    assert ["vault: renamed x/b.md to y/c.md"] == [f"{line} to y/c.md" for line in graph.sync()]

    assert "# A\n\nSee [[c|the b]].\n\n- one\n  - two\n" == graph.note("a.md")
    assert "Did [[c]]\n" == graph.note("journals/2024-01-05.md")
    assert "- See [the b]([[y/c]]).\n" in graph.page("pages/a.md")
    assert [] == graph.sync()


def test_a_note_that_is_renamed_here_gets_another_page(graph):
    """Links in other pages follow, also where the vault's own did not have to change."""
    graph.sync()
    graph.engine.move("x/b.md", "y/b.md", yes=True)

    done = graph.sync()

    assert ["folder: renamed x/b.md", "folder: links a.md", "folder: links journals/2024-01-05.md"] == [
        done[0],
        *sorted(done[1:]),
    ]
    assert not (graph.target / "pages/x___b.md").exists()
    assert "- See [the b]([[y/b]]).\n" in graph.page("pages/a.md")
    assert "- Did [[y/b]]\n" == graph.page("journals/2024_01_05.md")
    assert [] == graph.sync()


def test_links_follow_one_note_while_another_is_deleted(graph):
    """All in one run."""
    graph.put("vault", "gone.md", "gone\n")
    graph.sync()
    graph.engine.move("x/b.md", "y/b.md", yes=True)
    (graph.target / "pages/gone.md").unlink()

    graph.sync()

    assert "- See [the b]([[y/b]]).\n" in graph.page("pages/a.md")
    assert "- Did [[y/b]]\n" == graph.page("journals/2024_01_05.md")
    assert [] == graph.sync()


def test_a_deletion_is_carried_over(graph):
    """From the vault into its archive, from the graph for good; links then lead to no page, as in the vault."""
    graph.sync()
    graph.engine.forget("a.md")
    (graph.target / "pages/x___b.md").unlink()

    assert {"folder: deleted a.md", "vault: deleted x/b.md"} <= set(graph.sync())

    assert {"journals/2024_01_05.md"} == set(files(graph.target))
    assert "- Did [[b]]\n" == graph.page("journals/2024_01_05.md")
    assert [] == graph.sync()


def test_many_pages_that_are_gone_are_asked_about(graph):
    """A drive may be missing."""
    for number in range(10):
        graph.put("vault", f"n{number}.md", f"note {number}\n")
    graph.sync()
    for file in list(graph.target.glob("pages/n*.md")):
        file.unlink()

    with pytest.raises(NotesVanished):
        graph.sync()


# ---- the terms


def test_a_dry_run_writes_nothing(graph):
    """Not even the folder."""
    assert 3 == len(graph.sync(dry_run=True))
    assert not graph.target.exists()


def test_one_way_writes_the_graph_only(graph):
    """And over nothing that a person did there."""
    graph.sync()
    graph.put("folder", "pages/a.md", "- mine\n")
    graph.put("vault", "x/b.md", "B\n")

    assert ["both: left a.md", "folder: updated x/b.md"] == sorted(graph.sync(one_way=True))

    assert "- mine\n" == graph.page("pages/a.md")


def test_only_what_is_selected_becomes_pages(graph):
    """What the person makes becomes a note in any case."""
    graph.put("vault", "t.md", "#wanted\n")
    graph.put("folder", "pages/own.md", "- mine\n")

    assert ["folder: created t.md", "vault: created own.md"] == sorted(graph.sync(select=("tag:wanted",)))


def test_a_name_that_no_page_can_have_is_said(graph):
    """The other notes are written."""
    name = "%" + "\u00e4" * 110 + ".md"
    graph.put("vault", "n" * 238 + ".md", "long\n")
    graph.put("vault", name, "fits\n")

    done = graph.engine.mirror(graph.target, MirrorTerms(Format.LOGSEQ))

    assert ["n" * 238 + ".md"] == [problem.path for problem in done.problems]
    assert 4 == len(done.changes)


def test_what_is_remembered_may_be_lost(graph):
    """What shows the same is in step again."""
    graph.put("folder", "pages/own.md", "- mine\n\t- [[x/b]]\n\t  id:: 1\n-")
    graph.sync()
    shutil.rmtree(graph.vault / ".memwell" / "local" / "sync")

    assert [] == graph.sync()


def test_a_vault_that_is_a_graph_is_copied_page_by_page(graph):
    """Byte by byte; a graph that calls its files otherwise is refused."""
    graph.put("vault", "logseq/config.edn", "{:file/name-format :triple-lowbar}")
    graph.put("vault", "pages/p.md", "a:: 1\n\n- [[x]]\n  id:: 1\n-")
    graph.sync()
    assert "a:: 1\n\n- [[x]]\n  id:: 1\n-" == graph.page("pages/p.md")

    graph.put("folder", "logseq/config.edn", "{}")

    with pytest.raises(BadInput, match="otherwise"):
        graph.sync()


def test_the_vault_itself_is_no_target(graph):
    """Its notes are not written for Logseq."""
    with pytest.raises(BadInput, match="another folder"):
        graph.engine.mirror(graph.vault, MirrorTerms(Format.LOGSEQ))


# ---- a Logseq that is open


def test_a_page_that_was_changed_a_moment_ago_is_written_when_it_rests(graph, open_engine):
    """The run waits for it."""
    graph.sync()
    graph.rests(1)
    graph.engine = open_engine()
    graph.put("folder", "pages/a.md", graph.page("pages/a.md") + "- typed\n", fresh=True)
    graph.put("vault", "a.md", graph.note("a.md").replace("# A", "# Another"))

    assert ["both: merged a.md"] == graph.sync()

    assert "- # Another\n" in graph.page("pages/a.md")
    assert "- typed\n" in graph.page("pages/a.md")
    assert time.time_ns() - (graph.target / "pages/a.md").stat().st_mtime_ns < 10**9


def test_a_page_in_which_somebody_types_is_left(graph, open_engine):
    """And renamed and deleted neither: the next run does it."""
    graph.sync()
    graph.rests(1)
    graph.engine = open_engine()
    graph.engine.forget("a.md")
    with typing(graph.target / "pages/a.md"):
        done = graph.sync()
        assert not [line for line in done if line.startswith("folder: ")]
        assert "typing" in graph.page("pages/a.md")


def test_what_logseq_writes_over_from_memory_comes_back(graph):
    """It had not seen the change: both are in the note and the page."""
    graph.sync()
    logseq = Logseq(graph.target / "pages/a.md")
    graph.put("vault", "a.md", graph.note("a.md") + "- from the agent\n")
    assert ["folder: updated a.md"] == graph.sync()
    logseq.type("from the person")

    graph.sync()

    for text in (graph.note("a.md"), graph.page("pages/a.md")):
        assert "- from the agent\n" in text
        assert "- from the person\n" in text
    assert [] == graph.sync()


def test_what_logseq_puts_back_as_it_was_is_written_again(graph):
    """Once: who takes it out a second time means it."""
    graph.sync()
    old = graph.page("pages/a.md")
    graph.put("vault", "a.md", graph.note("a.md") + "- from the agent\n")
    graph.sync()
    (graph.target / "pages/a.md").write_text(old)

    assert ["folder: updated a.md"] == graph.sync()
    assert "- from the agent\n" in graph.page("pages/a.md")
    (graph.target / "pages/a.md").write_text(old)

    assert ["vault: updated a.md"] == graph.sync()
    assert "agent" not in graph.note("a.md")


def test_what_a_person_edits_after_seeing_it_is_believed(graph):
    """The agent's block, changed by the person, is the person's."""
    graph.sync()
    graph.put("vault", "a.md", graph.note("a.md") + "- from the agent\n")
    graph.sync()
    graph.put("folder", "pages/a.md", graph.page("pages/a.md").replace("from the agent", "from the agent!"), fresh=True)

    assert ["vault: updated a.md"] == graph.sync()

    assert graph.note("a.md").endswith("- from the agent!\n")


def test_nothing_but_pages_and_our_folder_is_in_the_graph(graph):
    """What the writing needs is hidden."""
    graph.sync()
    assert {"pages", "journals", HIDDEN} == {file.name for file in graph.target.iterdir()}
