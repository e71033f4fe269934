"""The profiles of tools: what is in them, what their tools do, what they cost."""

import json

import pytest
from mcp.types import ElicitResult

from vault_engine import Engine
from vault_engine.errors import BadInput
from vault_engine.server.callers import local_caller
from vault_engine.server.mcp.describe import describe
from vault_engine.server.mcp.profiles import GROUPS, chosen, offers

TEXT = "# Tea\n\nAt four.\n\n## Where\n\nIn the kitchen.\n"


@pytest.fixture
def engine(folder, environment):
    with Engine.open(folder, env=environment) as engine:
        yield engine


@pytest.fixture
def full(in_memory, mode):
    """Connects to a server that offers everything."""
    return lambda **options: in_memory(mode, "full", **options)


class TestChoosing:
    """By profile, by group, by name."""

    def names(self, engine, profile):
        return [offer.name for offer in chosen(profile, offers(engine, local_caller))]

    def test_core_is_eight_and_full_is_all(self, engine):
        """Each tool belongs to one group, and has a name of its own."""
        every = [offer.name for offer in offers(engine, local_caller)]

        assert (8, every) == (len(self.names(engine, "core")), self.names(engine, "full"))
        assert len(set(every)) == len(every)
        assert every == [name for group in GROUPS for name in self.names(engine, group)]

    def test_groups_and_tools_together_keep_their_order(self, engine):
        """However they are named."""
        assert ["recall", "links", "backlinks"] == self.names(engine, " backlinks,recall ,links")
        assert self.names(engine, "core,graph") == self.names(engine, "graph,core,recall")

    @pytest.mark.parametrize("profile", ["", ",", "core,nothing", "Core"])
    def test_what_is_unknown_is_refused(self, engine, profile):
        """With what there is."""
        with pytest.raises(BadInput, match="there are full, core, history"):
            self.names(engine, profile)

    def test_what_they_cost(self, engine):
        """The core is at most 1,500 tokens; the whole is its parts."""
        core, full = describe(engine, "core"), describe(engine, "full")

        assert core.tokens <= 1500
        assert full.tokens == sum(tool.tokens for tool in full.tools) == full.profiles["full"]
        assert full.tokens == sum(full.profiles[group] for group in GROUPS)


class TestEditing:
    """A part of a note changes, the rest keeps every byte."""

    @pytest.mark.parametrize(
        ("arguments", "after"),
        [
            ({"action": "append", "text": "And at six."}, TEXT + "\nAnd at six.\n"),
            ({"action": "append", "text": "Or here.", "under": ["Where"]}, TEXT + "\nOr here.\n"),
            ({"action": "replace", "old": "four", "text": "five"}, TEXT.replace("four", "five")),
            (
                {"action": "replace_section", "under": ["Tea", "Where"], "text": "In the garden."},
                TEXT.replace("In the kitchen.", "In the garden."),
            ),
            ({"action": "set_property", "property": "hot", "value": True}, f"---\nhot: true\n---\n{TEXT}"),
            ({"action": "set_property", "property": "x", "value": ["a", "b"]}, f"---\nx:\n  - a\n  - b\n---\n{TEXT}"),
        ],
    )
    def test_each_action(self, arguments, after, in_memory, mode, run, answer, folder):
        """As the person would have done it."""
        (folder / "tea.md").write_text(TEXT)

        async def edit():
            async with in_memory(mode) as client:
                read = await answer(client, "read_note", note="tea")
                done = await answer(client, "edit_note", note="tea", expected=read["sha256"], **arguments)
                assert ("updated", read["sha256"]) == (done["action"], done["before"])

        run(edit())
        assert after == (folder / "tea.md").read_text()

    def test_a_property_is_taken_away_again(self, in_memory, mode, run, answer, folder):
        """The note is what it was."""
        (folder / "tea.md").write_text(f"---\nhot: true\nsweet: false\n---\n{TEXT}")

        async def edit():
            async with in_memory(mode) as client:
                await answer(client, "edit_note", note="tea", action="remove_property", property="hot")

        run(edit())
        assert f"---\nsweet: false\n---\n{TEXT}" == (folder / "tea.md").read_text()

    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            ({"action": "replace", "text": "x"}, "replace needs old"),
            ({"action": "replace", "old": "coffee", "text": "x"}, "Read the note"),
            ({"action": "replace_section", "text": "x"}, "needs under"),
            ({"action": "set_property", "value": 1}, "needs property"),
            ({"action": "append", "text": "x", "expected": "0" * 64}, "changed since you read it"),
        ],
    )
    def test_what_is_refused_changes_nothing(self, arguments, words, in_memory, mode, run, refusal, folder):
        """With what is missing or wrong."""
        (folder / "tea.md").write_text(TEXT)

        async def edit():
            async with in_memory(mode) as client:
                return await refusal(client, "edit_note", note="tea", **arguments)

        assert words in run(edit())
        assert TEXT == (folder / "tea.md").read_text()

    def test_a_typed_link_comes_and_goes(self, in_memory, mode, run, answer, folder):
        """Under the heading Links, where a person finds it."""
        (folder / "tea.md").write_text(TEXT)
        (folder / "kettle.md").write_text("A kettle.\n")

        async def edit():
            async with in_memory(mode) as client:
                await answer(client, "link", note="tea", target="kettle", relation="needs")
                linked = (folder / "tea.md").read_text()
                assert ["tea.md"] == (await answer(client, "read_note", note="kettle"))["backlinks"]
                await answer(client, "link", note="tea", target="kettle", relation="needs", remove=True)
                return linked

        assert f"{TEXT}\n## Links\n\n- [[kettle]] (needs)\n" == run(edit())
        assert "[[kettle]]" not in (folder / "tea.md").read_text()


def test_a_context_fits_its_budget(in_memory, mode, run, answer, folder):
    """What fits the task, or what is new; as a text for the model."""
    for number in range(30):
        (folder / f"n{number}.md").write_text(f"About lantern number {number}, which stands by the road. " * 5)

    async def ask():
        async with in_memory(mode) as client:
            return await answer(client, "context", query="lantern", budget=200), await answer(client, "context")

    about, new = run(ask())
    assert 0 < about["tokens"] <= 200
    assert "lantern" in about["markdown"]
    assert new["notes"]


def test_the_past_of_a_note(full, run, answer, folder):
    """Its versions, what differs, what it was, and a change taken back."""
    (folder / "tea.md").write_text(TEXT)

    async def live():
        async with full() as client:
            await answer(client, "edit_note", note="tea", action="replace", old="four", text="five")
            versions = (await answer(client, "note_history", note="tea"))["versions"]
            assert ["updated", "made by hand"] == [one["what"] for one in versions]
            assert "+At five." in (await answer(client, "note_diff", note="tea"))["diff"]
            assert "At five." in (await answer(client, "note_at", note="tea", at="now"))["text"]
            assert ["tea.md"] == [one["path"] for one in (await answer(client, "notes_at", as_of="now"))["notes"]]
            await answer(client, "undo", note="tea")
            assert TEXT == (folder / "tea.md").read_text()
            assert "write" == (await answer(client, "journal", limit=1))["entries"][0]["op"]
            await answer(client, "forget", note="tea")
            assert ["tea.md"] == [one["path"] for one in (await answer(client, "list_notes", archived=True))["notes"]]
            await answer(client, "restore", note="tea")
            moved = await answer(client, "move_note", note="tea", to="drinks/tea.md")
            await answer(client, "undo_move", entry=moved["entry"])
            assert TEXT == (folder / "tea.md").read_text()

    run(live())


def test_how_notes_hang_together(full, run, answer, folder):
    """Links, ways, ends."""
    for name, text in {"a": "to [[b]]", "b": "to [[c]]", "c": "an end", "d": "alone"}.items():
        (folder / f"{name}.md").write_text(text)

    async def ask():
        async with full() as client:
            assert ["b.md"] == [one["path"] for one in (await answer(client, "links", note="a"))["links"]]
            assert ["a.md"] == [one["path"] for one in (await answer(client, "backlinks", note="b"))["links"]]
            near = (await answer(client, "neighbours", note="b", direction="out"))["neighbours"]
            assert ["c.md"] == [one["node"]["path"] for one in near]
            far = await answer(client, "traverse", note="a", depth=2, direction="out")
            assert ["b.md", "c.md"] == [one["node"]["path"] for one in far["reached"]]
            assert 2 == (await answer(client, "shortest_path", note="a", target="c"))["distance"]
            assert ["d.md"] == [one["path"] for one in (await answer(client, "orphans"))["notes"]]
            assert 4 == (await answer(client, "hubs"))["notes"]
            assert "a.md" == (await answer(client, "related", note="a"))["path"]

    run(ask())


def test_looking_after_a_vault(full, run, answer, folder):
    """What is broken is told, what sync tools left is resolved, the index is built."""
    (folder / "a.md").write_text("one\nto [[nowhere]]\n")
    (folder / "a.sync-conflict-20260101-120000-ABCDEFG.md").write_text("two\nto [[nowhere]]\n")

    async def look():
        async with full() as client:
            kinds = {one["kind"] for one in (await answer(client, "check_vault"))["findings"]}
            assert {"broken link", "conflict copy"} <= kinds
            copy = (await answer(client, "conflicts"))["copies"][0]["path"]
            assert "+two" in (await answer(client, "show_conflict", copy=copy))["diff"]
            await answer(client, "resolve_conflict", copy=copy, take="theirs")
            assert "two\nto [[nowhere]]\n" == (folder / "a.md").read_text()
            assert 1 == (await answer(client, "build_index", fresh=True))["index"]["notes"]
            assert 1 == (await answer(client, "index_state"))["notes"]
            assert [] == (await answer(client, "verify", read_data=True))["damaged"]

    run(look())


def test_several_memories_and_how_far_it_is(full, run, folder):
    """In their order, with progress for who asks for it; one that is wrong does not hold up the others."""
    told = []

    async def progress(done, total, _message):
        told.append((done, total))

    async def write():
        async with full() as client:
            memories = [{"text": f"note {number}", "category": "facts", "key": f"k{number}"} for number in range(20)]
            memories[7] = {"text": "", "category": "../up", "key": "k"}
            done = await client.call_tool("remember_many", {"memories": memories}, progress_callback=progress)
            return done.structured_content["notes"]

    notes = run(write())
    assert ["created"] * 19 == [one["action"] for one in notes if isinstance(one, dict)]
    assert isinstance(notes[7], str)
    assert 19 == len(list((folder / "facts").iterdir()))
    assert told
    assert sorted(told) == told


class TestErasing:
    """What can't be taken back is asked for; where nobody can be asked, the note goes into the archive."""

    def purge(self, client):
        return client.call_tool("purge", {"note": "tea", "reason": "private"})

    @pytest.mark.parametrize(("answered", "is_erased"), [("accept", True), ("decline", False), ("cancel", False)])
    def test_the_person_decides(self, answered, is_erased, full, run, folder):
        """What they agree to is done, and nothing else."""
        (folder / "tea.md").write_text("secret")
        asked = []

        async def person(_context, request):
            asked.append(request.message)
            return ElicitResult(action=answered, content={"erase": True} if answered == "accept" else None)

        async def erase():
            async with full(elicitation_callback=person) as client:
                done = await self.purge(client)
                assert not done.is_error
                return json.loads(done.content[0].text)

        done = run(erase())
        assert 1 == len(asked)
        assert "tea" in asked[0]
        assert is_erased == (done["erased"] is not None) == (done["archived"] is None)
        assert is_erased != any((folder / ".memwell" / "archive").rglob("tea*.md"))

    def test_nobody_to_ask(self, full, run, folder):
        """It can be restored."""
        (folder / "tea.md").write_text("secret")

        async def erase():
            async with full() as client:
                return await self.purge(client)

        assert not run(erase()).is_error
        assert "secret" in next((folder / ".memwell" / "archive").rglob("tea*.md")).read_text()
