"""Several projects in one vault: to who works in one, a vault is what it would be without the others."""

import os
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vault_engine import Engine, Memory
from vault_engine.engine import AddTag, Append, Reach
from vault_engine.errors import BadName, NotAllowed, NoteMissing, VersionMissing
from vault_engine.vault.reach import check_workspace, workspace_of

A, B, NONE = Reach(workspace="a"), Reach(workspace="b"), Reach(workspace="default")
LONG_AGO_NS = 1_700_000_000_000_000_000
SECRET = "walrus"

NOTES = {
    "tea.md": "# Tea\n\nTea is at four. See [[coffee]] and [[plans]].\n",
    "coffee.md": "# Coffee\n\nCoffee is at nine, the machine is loud.\n",
    "workspaces/a/plans.md": "# Plans\n\nWe plan to buy a quieter machine. [[tea]] #buy\n",
    "workspaces/a/talk.md": "**user:** How loud is the machine?\n\n**assistant:** It is very loud.\n",
    "workspaces/b/plans.md": f"---\nid: 01B\npinned: true\n---\n# Plans\n\nA {SECRET} machine. [[tea]] [[talk]]\n#buy",
    "workspaces/b/talk.md": f"**user:** Which machine has the {SECRET}?\n\n**assistant:** The {SECRET} has it.\n",
    "workspaces/b/soon.md": f"---\nrecall_when: [buying a machine]\naliases: [hidden]\n---\nAsk the {SECRET} first.\n",
    "workspaces/beside.md": f"The {SECRET} beside the workspaces.\n",
    "Workspaces/B/odd.md": f"The {SECRET} in capitals.\n",
}
HIDDEN_FROM_A = {path for path in NOTES if workspace_of(path) not in (None, "a")}
QUESTIONS = (
    "machine",
    "loud machine",
    SECRET,
    "walrsu",
    "buying a machine",
    '"the machine"',
    "plans",
    "nothing at all",
)


def write(root: Path, notes: dict[str, str]) -> None:
    """Write notes as somebody did long ago."""
    for path, text in notes.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        os.utime(file, ns=(LONG_AGO_NS, LONG_AGO_NS))


@pytest.fixture
def whole(vault, open_engine) -> Engine:
    """A vault with two workspaces and notes of none."""
    write(vault, NOTES)
    return open_engine()


@pytest.fixture
def alone(tmp_path, open_engine) -> Engine:
    """The same without the other workspace."""
    Engine.create(tmp_path / "alone")
    write(tmp_path / "alone", {path: text for path, text in NOTES.items() if path not in HIDDEN_FROM_A})
    return open_engine(tmp_path / "alone", MEMWELL_CACHE_DIR=str(tmp_path / "alone-cache"))


class TestSearching:
    """Nothing of another workspace shows, on any leg of the search."""

    @pytest.mark.parametrize("question", QUESTIONS)
    @pytest.mark.parametrize("options", [{}, {"expand": "graph"}, {"diverse": True}, {"fusion": "rrf"}], ids=str)
    def test_it_answers_as_if_the_others_were_not_there(self, question, options, whole, alone):
        """By words, phrases, links, turns of conversations; with scores, counts and suggestions."""
        assert alone.recall(question, **options) == whole.recall(question, **options, within=A)

    @pytest.mark.parametrize("question", ["mach*", f"{SECRET} OR tea", "tag:buy", "path:workspaces", "category:b"])
    def test_so_does_the_query_language(self, question, whole, alone):
        """Which names fields, patterns and folders."""
        found = whole.recall(question, within=A, query_syntax=True)
        assert alone.recall(question, query_syntax=True).hits == found.hits

    @pytest.mark.parametrize("question", ["the walrus machine", "who has the machine"])
    def test_so_does_the_search_by_meaning(self, question, whole, alone, endpoint, open_engine, vault, tmp_path):
        """Vectors of other workspaces are not looked at."""
        answers = []
        for folder, within in ((vault, A), (tmp_path / "alone", None)):
            cache = str(tmp_path / f"{folder.name}-vectors")
            with open_engine(folder, MEMWELL_EMBEDDER=endpoint.setting, MEMWELL_CACHE_DIR=cache) as engine:
                engine.build_index()
                answers += [engine.recall(question, within=within, mode=mode) for mode in ("semantic", "hybrid")]
                answers[-2:] = [tuple(answers[-2:])]
                related = engine.related("tea.md", within=within)
                answers[-1] += (related,)
        assert answers[1] == answers[0]

    @pytest.mark.parametrize("question", [None, "buying a machine", SECRET])
    def test_so_does_the_context(self, question, whole, alone):
        """Pinned notes, situations and what changed last are those of the workspace and of none."""
        assert alone.context(question) == whole.context(question, within=A)

    def test_the_notes_of_none_are_seen_alone(self, whole):
        """By who is in no workspace; without a scope all are seen."""
        seen = {hit.path for hit in whole.recall("machine", within=NONE).hits}
        everything = {hit.path for hit in whole.recall("machine").hits}
        assert {"coffee.md"} == seen
        assert {"workspaces/a/plans.md", "workspaces/b/plans.md"} <= everything

    def test_a_category_is_seen_from_the_workspace(self, whole, vault):
        """A note that a person put there is of the category that its folder in the workspace says."""
        write(vault, {"workspaces/a/decisions/oven.md": "We buy an oven.\n", "decisions/no.md": "No oven.\n"})
        found = whole.recall("oven", within=A, category="decisions")
        assert ["decisions", "decisions"] == [hit.category for hit in found.hits]
        assert {"workspaces/a/decisions/oven.md", "decisions/no.md"} == {hit.path for hit in found.hits}


class TestLooking:
    """What is in another workspace does not exist, by whatever name and in whatever list."""

    @pytest.mark.parametrize("ref", ["workspaces/b/plans.md", "workspaces/b/soon", "soon", "01B", "hidden", "odd"])
    def test_other_notes_are_missing(self, ref, whole):
        """And nothing similar is named."""
        for ask in (whole.read, whole.raw, whole.forget, whole.history, whole.links, whole.backlinks, whole.related):
            with pytest.raises(NoteMissing) as raised:
                ask(ref, within=A)
            assert not any(path in str(raised.value).replace(ref, "") for path in HIDDEN_FROM_A)

    def test_a_name_means_what_is_reached_and_first_its_own(self, whole, vault):
        """A whole path is that note; any other name is looked for in the workspace first."""
        write(vault, {"notes/oven.md": "Of all.\n", "workspaces/a/notes/oven.md": "Of a.\n"})
        assert "workspaces/a/plans.md" == whole.read("plans", within=A).path
        assert "workspaces/a/notes/oven.md" == whole.read("notes/oven", within=A).path
        assert "workspaces/a/notes/oven.md" == whole.read("oven", within=A).path
        assert "notes/oven.md" == whole.read("notes/oven.md", within=A).path
        assert "notes/oven.md" == whole.read("oven", within=B).path

    def test_links_lead_where_they_would_without_the_others(self, whole, alone):
        """To the note of that name in reach, or nowhere."""
        for path in alone.root.rglob("*.md"):
            ref = path.relative_to(alone.root).as_posix()
            assert alone.read(ref) == whole.read(ref, within=A)
            assert alone.links(ref) == whole.links(ref, within=A)
            assert alone.backlinks(ref) == whole.backlinks(ref, within=A)
            assert alone.neighbours(ref) == whole.neighbours(ref, within=A)
            assert alone.traverse(ref, depth=5) == whole.traverse(ref, depth=5, within=A)
            assert alone.related(ref) == whole.related(ref, within=A)
            assert alone.shortest_path(ref, "coffee.md") == whole.shortest_path(ref, "coffee.md", within=A)

    def test_the_graph_as_a_whole_is_that_of_the_workspace(self, whole, alone):
        """Orphans, hubs and their ranks."""
        assert alone.orphans() == whole.orphans(within=A)
        assert alone.hubs() == whole.hubs(within=A)

    def test_lists_and_counts_tell_of_nothing_else(self, whole, alone):
        """Notes by path, and the numbers of the status."""
        assert alone.list() == whole.list(within=A)
        assert alone.list_at(valid_at="now").notes == whole.list_at(valid_at="now", within=A).notes
        seen, own = asdict(whole.status(within=A)), asdict(alone.status())
        for name in ("notes", "archived", "problems", "conflict_copies"):
            assert own[name] == seen[name]
        for name in ("notes", "chunks", "links", "unresolved_links", "ambiguous_links"):
            assert own["index"][name] == seen["index"][name]
        assert SECRET not in repr(seen)

    def test_the_past_tells_of_nothing_else(self, whole):
        """Neither the journal nor the archive nor what is gone."""
        kept = whole.remember(Memory("Of b.", key="gone"), within=B)
        whole.forget(kept.path)
        whole.remember(Memory("Of a.", key="kept"), within=A)

        entries = whole.last_entries(100, within=A)

        assert {"workspaces/a/notes/kept.md"} <= {entry.path for entry in entries.entries}
        assert not any(workspace_of(entry.path) == "b" for entry in entries.entries)
        assert entries.total == len(entries.entries)
        assert () == whole.list(archived=True, within=A).notes
        for ask in (whole.history, whole.restore, whole.undo):
            with pytest.raises(NoteMissing):
                ask("gone", within=A)
        assert not any(workspace_of(note.path) == "b" for note in whole.list_at("now", within=A).notes)


WORDS = ("tea", "machine", "walrus", "loud")
PLACES = ("", "workspaces/a/", "workspaces/a/deep/", "workspaces/b/", "Workspaces/b/", "workspaces/c/")
NAMES = ("one", "two", "three")
a_text = st.lists(st.sampled_from((*WORDS, *(f"[[{name}]]" for name in NAMES))), min_size=1, max_size=8)
some_notes = st.dictionaries(
    st.builds(lambda place, name: f"{place}{name}.md", st.sampled_from(PLACES), st.sampled_from(NAMES)),
    a_text.map(" ".join),
    max_size=9,
)


@given(notes=some_notes, question=st.lists(st.sampled_from(WORDS), min_size=1, max_size=3).map(" ".join))
@settings(max_examples=20, deadline=None)
def test_a_workspace_is_a_vault_without_the_others(notes, question):
    """Recall in a workspace is recall in a vault without the other workspaces: same hits, same scores, same counts."""
    with TemporaryDirectory() as base:
        answers = []
        seen = {path: text for path, text in notes.items() if workspace_of(path) in (None, "a")}
        for name, held, within in (("whole", notes, A), ("alone", seen, None)):
            Engine.create(root := Path(base) / name)
            write(root, held)
            env = {"MEMWELL_CACHE_DIR": f"{base}/{name}-cache", "MEMWELL_EMBEDDER": "none"}
            with Engine.open(root, env=env) as engine:
                recalled = engine.recall(question, expand="graph", explain=True, within=within)
                answers.append((recalled, engine.context(question, within=within), engine.hubs(within=within)))
        assert answers[1] == answers[0]


class TestKeeping:
    """A workspace has names of its own, and nobody's notes are replaced from another one."""

    def test_one_category_and_key_is_one_note_in_each_workspace(self, engine, vault):
        """They are kept side by side, and each is updated by who works there."""
        made = {}
        for name, within in (("a", A), ("b", B), ("none", NONE), ("unset", None)):
            made[name] = engine.remember(Memory(f"Of {name}.", category="decisions", key="db"), within=within)
        again = engine.remember(Memory("Of a, anew.", category="decisions", key="db"), within=A)

        assert ["created", "created", "created", "updated"] == [one.action for one in made.values()]
        assert ("updated", "workspaces/a/decisions/db.md") == (again.action, again.path)
        assert "decisions/db.md" == made["unset"].path
        assert "Of b." in (vault / "workspaces/b/decisions/db.md").read_text()
        assert "category: decisions\n" in (vault / "workspaces/b/decisions/db.md").read_text()

    def test_without_a_workspace_nothing_in_one_is_replaced(self, engine):
        """Also where that is the only note of its category and key."""
        engine.remember(Memory("Of a.", category="decisions", key="db"), within=A)
        made = engine.remember(Memory("Of none.", category="decisions", key="db"))
        assert ("created", "decisions/db.md") == (made.action, made.path)

    def test_a_note_moved_within_its_workspace_is_found(self, engine, vault, open_engine):
        """It is still the note of its category and key; moved into another one it is that one's."""
        made = engine.remember(Memory("One.", category="decisions", key="db"), within=A)
        (vault / "workspaces/a/elsewhere").mkdir()
        (vault / made.path).rename(vault / "workspaces/a/elsewhere/db.md")
        again = engine.remember(Memory("Two.", category="decisions", key="db"), within=A)
        assert ("updated", "workspaces/a/elsewhere/db.md") == (again.action, again.path)

        (vault / "workspaces/b").mkdir()
        (vault / again.path).rename(vault / "workspaces/b/db.md")
        later = open_engine()
        assert "updated" == later.remember(Memory("Three.", category="decisions", key="db"), within=B).action
        assert "created" == later.remember(Memory("Four.", category="decisions", key="db"), within=A).action

    def test_many_at_once_go_into_the_workspace_too(self, engine):
        """Each as one alone would."""
        many = [
            Memory("One.", category="x", key="k"),
            Memory("Two."),
            Memory("Three.", category="workspaces/b", key="k"),
        ]
        engine.remember(Memory("Of b.", category="x", key="k"), within=B)
        one, two, three = engine.remember_many(many, within=A).notes
        assert ("created", "workspaces/a/x/k.md") == (one.action, one.path)
        assert "workspaces/a/notes/two.md" == two.path
        assert isinstance(three.error, NotAllowed)

    @pytest.mark.parametrize("category", ["workspaces/b", "workspaces/b/x", "Workspaces/B", "workspaces/ab"])
    def test_a_category_in_another_workspace_is_refused(self, category, engine, vault):
        """However it is spelled."""
        with pytest.raises(NotAllowed):
            engine.remember(Memory("x", category=category, key="k"), within=A)
        with pytest.raises(NotAllowed):
            engine.remember(Memory("x", category=category, key="k"), within=NONE)
        assert [] == list(vault.rglob("k.md"))

    def test_a_category_may_be_written_with_its_own_workspace(self, engine):
        """As somebody may have seen it in a path; the note is the same."""
        engine.remember(Memory("One.", category="decisions", key="db"), within=A)
        again = engine.remember(Memory("Two.", category="workspaces/a/decisions", key="db"), within=A)
        outside = engine.remember(Memory("Three.", category="workspaces/a/decisions", key="db"))
        assert ["updated", "updated"] == [again.action, outside.action]

    def test_a_note_of_none_is_changed_by_its_name(self, engine, vault):
        """By an edit, which names it; remembering makes one of the workspace's own."""
        made = engine.remember(Memory("Of all.", category="rules", key="tea"))
        engine.edit(made.path, Append("More."), within=A)
        engine.edit(made.id, AddTag("hot"), within=A)
        assert "More." in (vault / made.path).read_text()
        assert "created" == engine.remember(Memory("Mine.", category="rules", key="tea"), within=A).action
        with pytest.raises(NoteMissing):
            engine.edit("workspaces/b/x.md", Append("x"), within=A)

    def test_a_namesake_elsewhere_is_neither_named_nor_in_the_way(self, engine):
        """A name made up of a title is free if nobody in reach has it."""
        engine.remember(Memory("# Deploy\n\nOf b."), within=B)
        made = engine.remember(Memory("# Deploy\n\nOf a."), within=A)
        assert ("workspaces/a/notes/deploy.md", ()) == (made.path, made.hints)

    def test_links_of_others_go_on_to_mean_their_notes(self, engine, vault):
        """A name that they rely on is not made up again, and what a workspace's own links mean is its own note."""
        engine.remember(Memory("# Deploy\n\nOf b."), within=B)
        engine.remember(Memory("# Reader\n\n[[deploy]]", category="x"), within=B)
        engine.remember(Memory("# Wanting\n\n[[backup]]", category="x"), within=A)
        engine.remember(Memory("# Backup\n\nOf b."), within=B)

        assert "workspaces/a/notes/deploy-2.md" == engine.remember(Memory("# Deploy\n\nOf a."), within=A).path
        assert "workspaces/a/notes/backup.md" == engine.remember(Memory("Of a.", key="backup"), within=A).path
        assert ("workspaces/a/notes/backup.md",) == engine.read("wanting", within=A).links
        assert ("workspaces/b/notes/deploy.md",) == engine.read("reader", within=B).links

    def test_a_move_back_into_another_workspace_is_refused(self, engine):
        """As nothing may be written there."""
        made = engine.remember(Memory("x", key="k"), within=B)
        moved = engine.move(made.path, "workspaces/a/notes/k.md")
        with pytest.raises(NotAllowed):
            engine.undo("k", within=A)
        with pytest.raises(VersionMissing):
            engine.undo("k", entry="#999", within=A)
        assert moved.new == engine.read("k", within=A).path

    def test_a_folder_and_a_workspace_bound_each_other(self, whole):
        """Who is confined to a folder does not reach further by naming a workspace."""
        both = Reach("workspaces/b", "a")
        assert () == whole.recall("machine", within=both).hits
        assert 0 == whole.status(within=both).notes
        with pytest.raises(NotAllowed):
            whole.remember(Memory("x", key="k"), within=both)
        inside = Reach("workspaces/a/deep", "a")
        assert "workspaces/a/deep/k.md" == whole.remember(Memory("x", key="k"), within=inside).path


class TestNaming:
    """Which workspace is meant."""

    @pytest.mark.parametrize(
        ("given", "name"),
        [
            ("Acme", "acme"),
            (" my project ", "my-project"),
            ("a.b_c-1", "a.b_c-1"),
            ("x" * 64, "x" * 64),
            ("Ünder", "nder"),
        ],
    )
    def test_a_name_is_one_safe_word(self, given, name):
        """In lower case, with one dash for whatever else there is."""
        assert name == check_workspace(given)

    @pytest.mark.parametrize(
        "name",
        [
            "",
            " ",
            "..",
            ".",
            "a/b",
            "a\\b",
            "../a",
            ".git",
            "x" * 65,
            "a\x00b",
            "a\u202eb",
            "con",
            "a.",
            "node_modules",
        ],
    )
    def test_other_names_are_refused(self, name):
        """Those that lead elsewhere, are hidden, or that some device can't hold."""
        with pytest.raises(BadName, match="can't name a workspace"):
            check_workspace(name)

    def test_what_is_named_comes_first(self, vault, open_engine):
        """Then the environment, then the setting; without any there is no scope."""
        assert open_engine().reach() is None
        (vault / ".memwell/config.toml").write_text('workspace = "set"\n')
        set_by_file, set_by_env = open_engine(), open_engine(MEMWELL_WORKSPACE="Env")
        assert Reach(workspace="set") == set_by_file.reach()
        assert Reach(workspace="env") == set_by_env.reach()
        assert Reach(workspace="named") == set_by_env.reach("named")
        assert set_by_env.reach("*") is None
        assert Reach("work", None) == set_by_env.reach("*", folder="work")
        with pytest.raises(BadName):
            set_by_env.reach("../x")

    @pytest.mark.parametrize(
        ("settings", "name"),
        [
            ('[remote "origin"]\n\turl = git@example.org:team/Acme-App.git\n', "acme-app"),
            ('[remote "up"]\nurl=https://u:p@example.org/team/first/\n[remote "origin"]\nurl = /srv/o.git\n', "o"),
            ('[remote "up"]\n\tfetch = x\n\turl = "C:\\repos\\third"\n', "third"),
            ("[core]\n\turl = no\n", "my-folder"),
            ('[remote "origin"]\n\turl = https://example.org/..\n', "my-folder"),
            ("", "my-folder"),
        ],
    )
    def test_auto_is_the_project_that_one_works_in(self, settings, name, tmp_path, monkeypatch, engine):
        """By the name of its remote, else of the repository's folder."""
        deep = tmp_path / "My Folder" / "src"
        deep.mkdir(parents=True)
        (tmp_path / "My Folder/.git").mkdir()
        (tmp_path / "My Folder/.git/config").write_text(settings)
        monkeypatch.chdir(deep)
        assert Reach(workspace=name) == engine.reach("auto")

    def test_auto_follows_a_worktree_to_its_repository(self, tmp_path, monkeypatch, engine):
        """Whose settings lie elsewhere."""
        (tmp_path / "repo/.git/worktrees/w").mkdir(parents=True)
        (tmp_path / "repo/.git/config").write_text('[remote "origin"]\nurl = x/main-app\n')
        (tmp_path / "repo/.git/worktrees/w/commondir").write_text("../..\n")
        (tmp_path / "w").mkdir()
        (tmp_path / "w/.git").write_text(f"gitdir: {tmp_path}/repo/.git/worktrees/w\n")
        monkeypatch.chdir(tmp_path / "w")
        assert Reach(workspace="main-app") == engine.reach("auto")

    @pytest.mark.skipif(os.name == "nt", reason="there are no pipes in folders")
    def test_auto_waits_for_nothing(self, tmp_path, monkeypatch, engine):
        """Settings that are a pipe are no settings; a folder outside of any repository gives its own name."""
        (tmp_path / "trap/.git").mkdir(parents=True)
        os.mkfifo(tmp_path / "trap/.git/config")
        monkeypatch.chdir(tmp_path / "trap")
        assert Reach(workspace="trap") == engine.reach("auto")

    def test_the_workspaces_are_listed(self, whole):
        """With their notes, those of none first, and what nobody can name."""
        listed = whole.workspaces(A)
        assert "a" == listed.current
        assert [("default", 2), ("", 1), ("a", 2), ("b", 4)] == [(one.name, one.notes) for one in listed.workspaces]
        assert [False, True, False, False] == [one.problem is not None for one in listed.workspaces]
