"""A server in a workspace, and a server of several vaults: what its tools reach, and what they never tell of."""

import pytest
from mcp import Client
from mcp.types import ElicitResult

from vault_engine import Actor, Engine
from vault_engine.errors import BadInput, BadName
from vault_engine.server.mcp import describe, make_server
from vault_engine.server.vaults import open_vaults

SECRET = "walrus"
NOTES = {
    "tea.md": "# Tea\n\nTea is at four. [[plan]]\n",
    "workspaces/a/plan.md": "# Plan\n\nA plan for tea. [[tea]]\n",
    "workspaces/b/plan.md": f"---\npinned: true\n---\n# Plan\n\nThe {SECRET} plan for tea. [[tea]]\n",
}
AGENT = Actor("agent", "mcp", "mcp")

# What each tool that looks is asked. Their answers never hold the word of the other workspace.
LOOKING = {
    "recall": {"query": f"tea {SECRET}"},
    "context": {"query": "plan"},
    "read_note": {"note": "plan"},
    "status": {},
    "note_history": {"note": "plan"},
    "note_diff": {"note": "plan"},
    "note_at": {"note": "plan", "at": "now"},
    "notes_at": {"as_of": "now"},
    "journal": {},
    "timeline": {},
    "links": {"note": "plan"},
    "backlinks": {"note": "tea"},
    "neighbours": {"note": "tea"},
    "traverse": {"note": "tea"},
    "shortest_path": {"note": "tea", "target": "plan"},
    "orphans": {},
    "hubs": {},
    "related": {"note": "tea"},
    "list_notes": {},
    "workspaces": {},
    "profile_get": {},
    "stats": {},
}


@pytest.fixture
def notes(folder):
    """Notes of two workspaces and of none."""
    for path, text in NOTES.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)


@pytest.fixture
def within(folder, environment):
    """Connects to a server in this process that works in a workspace."""
    with Engine.open(folder, actor=AGENT, env=environment) as engine:
        yield lambda workspace: Client(make_server(engine, "full", workspace=workspace))


@pytest.fixture
def several(tmp_path, environment):
    """Two vaults of one name, open, by the names that a server gives them."""
    folders = [tmp_path / "home" / "notes", tmp_path / "work" / "notes"]
    for folder in folders:
        Engine.create(folder)
        (folder / "tea.md").write_text(f"# Tea\n\nTea of {folder.parent.name}.\n")
    with open_vaults([str(folder) for folder in folders], actor=AGENT, env=environment) as opened:
        yield opened


class TestInAWorkspace:
    """Whatever tool an agent uses, it meets its own notes and those of none."""

    @pytest.mark.parametrize("tool", LOOKING)
    def test_nothing_of_another_workspace_shows(self, tool, within, notes, run, answer):
        """In no answer of a tool that looks."""

        async def look():
            async with within("a") as client:
                return await answer(client, tool, **LOOKING[tool])

        said = repr(run(look())).lower()
        assert SECRET not in said.replace(f"tea {SECRET}", "")
        assert "workspaces/b" not in said

    def test_every_tool_that_looks_is_among_these(self, within, run):
        """But those that concern the vault as a whole, which are refused."""

        async def ask():
            async with within("a") as client:
                return (await client.list_tools()).tools

        looking = {tool.name for tool in run(ask()) if tool.annotations and tool.annotations.read_only_hint}
        whole = {
            "check_vault",
            "verify",
            "conflicts",
            "show_conflict",
            "index_state",
            "state_get",
            "state_list",
            "decay",
        }
        assert looking == LOOKING.keys() | whole

    def test_what_concerns_the_whole_vault_is_refused(self, within, notes, run, refusal, folder):
        """Rather than told in part."""

        async def ask():
            async with within("a") as client:
                for tool, arguments in {
                    "check_vault": {},
                    "verify": {},
                    "conflicts": {},
                    "index_state": {},
                    "build_index": {},
                    "undo_move": {},
                    "move_note": {"note": "plan", "to": "workspaces/b/moved.md"},
                    "purge": {"note": "plan"},
                    "decay": {},
                    "sweep": {},
                    "promote": {},
                    "health": {},
                }.items():
                    assert "the workspace a" in await refusal(client, tool, **arguments), tool

        run(ask())
        assert NOTES["workspaces/a/plan.md"] == (folder / "workspaces/a/plan.md").read_text()

    def test_what_is_remembered_goes_there(self, within, notes, run, answer, refusal, folder):
        """One note or many; and a note of none is changed by its name."""

        async def work():
            async with within("a") as client:
                one = await answer(client, "remember", text="One.", category="x", key="k")
                many = await answer(client, "remember_many", memories=[{"text": "Two.", "category": "x", "key": "l"}])
                await answer(client, "edit_note", note="tea", action="append", text="Or at five.")
                assert "Find it" in await refusal(client, "forget", note="workspaces/b/plan.md")
                return one["path"], many["notes"][0]["path"]

        assert ("workspaces/a/x/k.md", "workspaces/a/x/l.md") == run(work())
        assert "Or at five." in (folder / "tea.md").read_text()

    def test_resources_are_those_of_the_workspace(self, within, notes, run):
        """Notes, the state, what is new, and links."""

        async def look():
            async with within("a") as client:
                uris = ("memwell://status", "memwell://recent", "memwell://graph/tea", "note:///tea.md")
                read = [repr(await client.read_resource(uri)) for uri in uris]
                with pytest.raises(Exception, match="no note"):
                    await client.read_resource("note:///workspaces/b/plan.md")
                return read

        for said in run(look()):
            assert SECRET not in said
            assert "workspaces/b" not in said

    def test_sharing_reaches_out_when_it_is_asked_to(self, within, notes, run, answer, folder):
        """It gives what is reached, and fetches nothing that is not."""

        async def share():
            async with within("a") as client:
                given = await answer(client, "share_note", note="plan", to="c")
                fetched = await answer(client, "federate", workspace="b", to="a")
                return given["path"], fetched["notes"]

        assert ("workspaces/c/plan.md", []) == run(share())

    def test_a_server_in_no_workspace_lists_them(self, within, notes, run, answer):
        """And reaches all."""

        async def look():
            async with within(None) as client:
                found = await answer(client, "recall", query=SECRET)
                return len(found["hits"]), (await answer(client, "workspaces"))["workspaces"]

        hits, listed = run(look())
        assert (1, [("default", 1), ("a", 1), ("b", 1)]) == (hits, [(one["name"], one["notes"]) for one in listed])

    def test_a_name_that_can_not_be_one_ends_the_start(self, folder, environment):
        """Before anybody connects."""
        with Engine.open(folder, env=environment) as engine, pytest.raises(BadName):
            make_server(engine, workspace="../b")


class TestOverHttp:
    """Each request may name one; what a token is for bounds it."""

    def test_a_header_names_the_workspace(self, serve, notes, token):
        """Else it is that of the server, else all are reached."""
        server, secret = serve(MEMWELL_WORKSPACE="b"), token()

        def found(**headers):
            named = {"name": "recall", "arguments": {"query": "plan"}}
            result = server.send(secret, "tools/call", named, **headers).result["structuredContent"]
            return {hit["path"] for hit in result["hits"]}

        assert {"workspaces/b/plan.md", "tea.md"} == found()
        assert {"workspaces/a/plan.md", "tea.md"} == found(**{"Memwell-Workspace": "A"})
        assert {"tea.md"} == found(**{"Memwell-Workspace": "default"})
        assert NOTES.keys() == found(**{"Memwell-Workspace": "*"})
        named = {"name": "recall", "arguments": {"query": "plan"}}
        refused = server.send(secret, "tools/call", named, **{"Memwell-Workspace": "../b"}).result
        assert refused["isError"]

    def test_a_token_for_a_folder_reaches_no_further_by_naming_one(self, serve, notes, token):
        """Not even to read; the server's own workspace bounds it too."""
        server, secret = serve("--workspace", "a"), token(prefix="workspaces/b")

        def call(tool, arguments, **headers):
            return server.send(secret, "tools/call", {"name": tool, "arguments": arguments}, **headers).result

        for headers in ({}, {"Memwell-Workspace": "a"}, {"Memwell-Workspace": "default"}):
            found = call("recall", {"query": "plan tea"}, **headers)
            assert [] == found["structuredContent"]["hits"]
            assert call("remember", {"text": "x", "key": "k"}, **headers)["isError"]
        for name in ("b", "*"):
            found = call("recall", {"query": "plan tea"}, **{"Memwell-Workspace": name})
            assert ["workspaces/b/plan.md"] == [hit["path"] for hit in found["structuredContent"]["hits"]]


class TestSeveralVaults:
    """One server has them; each tool takes the name of one."""

    def test_each_is_called_by_its_folder(self, several, tmp_path, environment):
        """Two of one name by a number; one vault twice is a mistake."""
        assert ["notes", "notes-2"] == list(several)
        twice = [str(tmp_path / "home/notes"), str(tmp_path / "home/../home/notes")]
        with pytest.raises(BadInput, match="twice"), open_vaults(twice, actor=AGENT, env=environment):
            pass

    def test_a_tool_means_the_first_unless_it_names_one(self, several, run, answer, refusal, mode):
        """To read and to write; a name that none has is refused by the schema."""

        async def work():
            first = next(iter(several.values()))
            async with Client(make_server(first, vaults=several), mode=mode) as client:
                texts = [
                    (await answer(client, "read_note", note="tea", **which))["text"]
                    for which in ({}, {"vault": "notes-2"})
                ]
                await answer(client, "remember", text="Kept.", key="kept", vault="notes-2")
                assert "vault" in await refusal(client, "read_note", note="tea", vault="/etc")
                status = await answer(client, "status", vault="notes-2")
                (tool,) = [tool for tool in (await client.list_tools()).tools if tool.name == "recall"]
                return texts, status, tool.input_schema["properties"]["vault"]

        texts, status, schema = run(work())
        assert ["Tea of home.", "Tea of work."] == [text.strip().rpartition("\n")[2] for text in texts]
        assert ["notes", "notes-2"] == status["vaults"]
        assert {"enum": ["notes", "notes-2", "*"], "type": "string", "description": "*: all of them"} == schema
        first, second = several.values()
        assert (False, True) == ((first.root / "notes/kept.md").exists(), (second.root / "notes/kept.md").exists())

    def test_every_tool_works_in_each_of_them(self, several, run, answer):
        """Also one that asks the person, and one that shares with another vault."""

        async def work():
            first = next(iter(several.values()))
            server = make_server(first, "full", vaults=several)

            async def agree(_context, _params):
                return ElicitResult(action="accept", content={"erase": True})

            async with Client(server, elicitation_callback=agree) as client:
                purged = await answer(client, "purge", note="tea", vault="notes-2")
                shared = await answer(client, "share_note", note="tea", to="x", to_vault="notes-2")
                listed = await answer(client, "list_notes", vault="notes-2")
                return purged["erased"]["path"], shared["action"], [note["path"] for note in listed["notes"]]

        assert ("tea.md", "created", ["workspaces/x/tea.md"]) == run(work())

    def test_one_vault_costs_an_agent_nothing_more(self, several):
        """The argument is there only where there is a choice."""
        first = next(iter(several.values()))
        alone, both = describe(first, "core"), describe(first, "core", several)
        assert alone.tokens <= 1500 < both.tokens + 100
        assert alone.tokens < both.tokens

    def test_tokens_belong_to_the_first(self, serve, folder, tmp_path, environment, token):
        """One for a folder reaches nothing of the others, and is not told of them."""
        Engine.create(tmp_path / "other")
        server = serve("--vault", str(tmp_path / "other"))
        whole, bound = token(), token("bound", prefix="work")
        assert not server.call(whole, "remember", text="x", key="k", vault="other").result["isError"]
        assert (tmp_path / "other/notes/k.md").exists()
        assert ["vault", "other"] == server.call(whole, "status").result["structuredContent"]["vaults"]
        assert server.call(bound, "recall", query="x", vault="other").result["isError"]
        (tmp_path / "other/y.md").write_text("walrus")
        for tool in ("recall", "context"):
            assert "y.md" in repr(server.call(whole, tool, query="walrus", vault="*").result)
            of_bound = server.call(bound, tool, query="walrus", vault="*").result
            assert not of_bound["isError"]
            assert "y.md" not in repr(of_bound)
            assert "other" not in repr(of_bound["structuredContent"])
        assert "vaults" not in server.call(bound, "status").result["structuredContent"]

    def ask_all(self, several, run, tool, workspace=None, **arguments):
        """Ask all vaults; give the whole result."""

        async def ask():
            server = make_server(next(iter(several.values())), vaults=several, workspace=workspace)
            async with Client(server) as client:
                return await client.call_tool(tool, {**arguments, "vault": "*"})

        return run(ask())

    def test_a_search_of_all_ranks_their_hits_together(self, several, run):
        """As each scores its own; every hit says where it is."""
        for number, engine in enumerate(several.values()):
            (engine.root / "more.md").write_text(f"# Pot {number}\n\nTea {'tea ' * number}in a pot.\n")
        alone = {
            (name, hit.path): hit.score
            for name, engine in several.items()
            for hit in engine.recall("tea in a pot").hits
        }

        found = self.ask_all(several, run, "recall", query="tea in a pot", limit=3).structured_content

        hits = {(hit["vault"], hit["path"]): hit["score"] for hit in found["hits"]}
        assert sorted(alone.values(), reverse=True)[:3] == list(hits.values())
        assert {"notes", "notes-2"} == {vault for vault, _ in hits}
        assert hits.items() <= alone.items()
        assert (4, None) == (found["notes_searched"], found["cursor"])

    def test_a_search_of_all_keeps_to_one_budget(self, several, run):
        """At least one hit is given, as in one vault."""
        found = self.ask_all(several, run, "recall", query="tea", budget=1).structured_content
        assert 1 == len(found["hits"])

    def test_a_cursor_goes_on_in_one_vault(self, several, run):
        """To go on in all of them is refused with what to do instead."""
        said = self.ask_all(several, run, "recall", query="tea", cursor="abc")
        assert said.is_error
        assert "name it" in said.content[0].text

    def test_a_context_of_all_names_the_vaults(self, several, run):
        """Within one budget; the notes and their vaults go together."""
        found = self.ask_all(several, run, "context", query="tea", budget=400).structured_content
        assert ["tea.md", "tea.md"] == found["notes"]
        assert ["notes", "notes-2"] == found["vaults"]
        assert found["markdown"].index("In the vault notes:") < found["markdown"].index("In the vault notes-2:")
        assert 4 * found["tokens"] >= len(found["markdown"])

    @pytest.mark.parametrize("budget", [1, 40, 80, 300, 2000])
    def test_a_context_of_all_keeps_to_its_budget(self, several, run, budget):
        """However many notes there are; what one vault leaves another may use."""
        for number in range(12):
            second = several["notes-2"].root
            (second / f"n{number}.md").write_text(f"# Tea {number}\n\n{'Tea in a cup. ' * 20}\n")
        found = self.ask_all(several, run, "context", query="tea", budget=budget).structured_content
        assert len(found["markdown"]) <= 4 * budget
        assert len(found["notes"]) == len(found["vaults"])

    def test_in_a_workspace_all_are_searched_in_it(self, several, run):
        """Nothing of another workspace of either vault shows."""
        for engine in several.values():
            for name in ("a", "b"):
                (engine.root / f"workspaces/{name}").mkdir(parents=True)
                (engine.root / f"workspaces/{name}/plan.md").write_text(f"# Plan\n\nA plan of {name}: {SECRET}.\n")
        for tool in ("recall", "context"):
            found = self.ask_all(several, run, tool, workspace="a", query=f"plan {SECRET}").structured_content
            assert "workspaces/a/plan.md" in repr(found)
            assert "workspaces/b" not in repr(found)

    def test_a_vault_that_is_gone_is_told_and_the_others_answer(self, several, run):
        """With why, instead of an answer that looks whole."""
        several["notes-2"].root.rename(several["notes-2"].root.with_name("unmounted"))
        for tool in ("recall", "context"):
            found = self.ask_all(several, run, tool, query="tea")
            assert not found.is_error
            assert "notes-2: " in repr(found.structured_content)
            assert "Tea of home." in repr(found.structured_content)

    def test_one_that_is_called_as_all_are_gets_a_number(self, tmp_path, environment):
        """So that its name means it alone."""
        Engine.create(tmp_path / "*")
        with open_vaults([str(tmp_path / "*")], actor=AGENT, env=environment) as opened:
            assert ["*-2"] == list(opened)

    def test_both_are_followed(self, several, run):
        """What a person writes in either is in the index soon."""
        first = next(iter(several.values()))

        async def hold():
            async with Client(make_server(first, vaults=several)):
                return [engine._following is not None for engine in several.values()]

        assert [True, True] == run(hold())
