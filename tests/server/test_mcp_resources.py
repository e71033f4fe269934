"""What clients look at without calling a tool, what a person can pick, and what clients are told of."""

import asyncio
import json

import pytest
from mcp.shared.exceptions import MCPError
from mcp.shared.subscriptions import ResourcesListChanged, ResourceUpdated

from vault_engine.server.mcp.prompts import PROMPTS


@pytest.fixture
def read(run, in_memory, mode):
    """Reads one resource; gives its kind and its text."""

    async def ask(uri):
        async with in_memory(mode) as client:
            found = (await client.read_resource(uri)).contents[0]
            return found.mime_type, found.text

    return lambda uri: run(ask(uri))


@pytest.mark.parametrize("path", ["tea.md", "deep/er/my tea.md", "größe/茶.md"])
def test_a_note_is_what_its_file_holds(path, read, folder):
    """Byte for byte, below any folder."""
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    (folder / path).write_text("---\nhot: true\n---\n# Tea\n\nAt four.\n")

    assert ("text/markdown", (folder / path).read_text()) == read(f"note:///{path}")


@pytest.mark.parametrize(
    "path", ["nothing.md", "../outside.md", "/etc/passwd", ".memwell/config.toml", "%2e%2e/outside.md", "a/../../b"]
)
def test_what_is_no_note_is_refused(path, run, in_memory, mode, folder):
    """And never an empty answer."""
    (folder.parent / "outside.md").write_text("secret")

    async def ask():
        async with in_memory(mode) as client:
            with pytest.raises(MCPError) as refused:
                await client.read_resource(f"note:///{path}")
            return str(refused.value)

    assert "secret" not in run(ask())


def test_the_vault_the_newest_notes_and_the_graph(read, folder):
    """As JSON, as Markdown, as JSON."""
    (folder / "tea.md").write_text("needs a [[kettle]]")
    (folder / "kettle.md").write_text("of steel")

    assert 2 == json.loads(read("memwell://status")[1])["notes"]
    assert "[[tea|tea]]" in read("memwell://recent")[1]
    near = json.loads(read("memwell://graph/tea.md")[1])["neighbours"]
    assert ["kettle.md"] == [one["node"]["path"] for one in near]


def test_what_there_is(run, in_memory, mode):
    """Two of a fixed address, two with a path in it, three prompts."""

    async def ask():
        async with in_memory(mode) as client:
            fixed = [one.uri for one in (await client.list_resources()).resources]
            some = [one.uri_template for one in (await client.list_resource_templates()).resource_templates]
            prompts = [one.name for one in (await client.list_prompts()).prompts]
            return fixed, some, prompts

    assert (
        ["memwell://status", "memwell://recent"],
        ["note:///{+path}", "memwell://graph/{+path}"],
        ["save_what_we_learned", "brief_me", "clean_up"],
    ) == run(ask())


@pytest.mark.parametrize("prompt", [each.__name__ for each in PROMPTS])
def test_a_prompt_names_its_topic_and_our_tools(prompt, run, in_memory, mode):
    """With a topic and without."""

    async def ask():
        async with in_memory(mode) as client:
            about = await client.get_prompt(prompt, {"topic": "the lantern"})
            return about.messages[0].content.text, (await client.get_prompt(prompt)).messages[0].content.text

    about, whole = run(ask())
    assert ("the lantern" in about, "lantern" in whole, "recall" in whole) == (True, False, True)


@pytest.mark.filterwarnings("ignore:resources/")  # the newest revision has them no more
def test_an_older_client_is_told_in_its_session(run, in_memory, answer, folder):
    """Of the notes it subscribed to, until it ends that; and that there are others."""
    (folder / "green tea.md").write_text("at four")
    (folder / "mug.md").write_text("blue")

    async def hear():
        heard = asyncio.Queue()

        async def note(message):
            await heard.put((message.method, getattr(message.params, "uri", None)))

        async with in_memory("legacy", message_handler=note) as client:
            resources = client.server_capabilities.resources
            assert (True, True) == (resources.subscribe, resources.list_changed)
            await answer(client, "status")
            await client.subscribe_resource("note:///green%20tea.md")
            (folder / "green tea.md").write_text("at five o'clock, as a person says")
            while (updated := await heard.get())[1] is None:
                pass  # there were notes before it began to follow
            await client.unsubscribe_resource("note:///green%20tea.md")
            (folder / "green tea.md").write_text("at six")
            (folder / "mug.md").write_text("red, as nobody asked to know")
            await answer(client, "remember", text="of steel", key="kettle")
            return updated, await heard.get()

    updated, others = run(hear())

    assert ("notifications/resources/updated", "note:///green%20tea.md") == (updated[0], str(updated[1]))
    assert ("notifications/resources/list_changed", None) == others


@pytest.mark.filterwarnings("ignore:resources/")
@pytest.mark.parametrize(("uri", "said"), [("memwell://status", "note:///PATH"), ("note:///none.md", "none.md")])
def test_nobody_subscribes_to_what_is_no_note(run, in_memory, uri, said):
    """The error says what could be subscribed to."""

    async def ask():
        async with in_memory("legacy") as client:
            with pytest.raises(MCPError, match=said):
                await client.subscribe_resource(uri)

    run(ask())


def test_who_listens_hears_of_every_change(run, in_memory, answer, folder):
    """Of a person's save and of an agent's; of a note that is new, also that there are others."""
    (folder / "tea.md").write_text("at four")

    async def hear():
        async with (
            in_memory() as client,
            client.listen(resources_list_changed=True, resource_subscriptions=["note:///tea.md"]) as heard,
        ):
            events = []

            async def until(wanted):
                async for event in heard:
                    events.append(event)
                    if event == wanted:
                        return

            await answer(client, "status")
            (folder / "tea.md").write_text("at five o'clock, as a person says")
            await until(ResourceUpdated("note:///tea.md"))
            await answer(client, "remember", text="of steel", key="kettle")
            await until(ResourcesListChanged())
            return events

    assert all(event in (ResourceUpdated("note:///tea.md"), ResourcesListChanged()) for event in run(hear()))
