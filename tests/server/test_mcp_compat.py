"""The profiles of other memories: each tool of the table through a session, and what it does to the notes."""

import hashlib
import json

import pytest
from compat_cases import CASES
from mcp.types import ElicitResult

from vault_engine import Engine, Memory
from vault_engine.errors import BadInput
from vault_engine.server.callers import local_caller
from vault_engine.server.mcp.compat import PROFILES
from vault_engine.server.mcp.compat.systems import SYSTEMS
from vault_engine.server.mcp.describe import describe
from vault_engine.server.mcp.profiles import as_tool, chosen, offers

# Changes with the words that agents read. Who changes these on purpose puts in the hash that the test shows.
WORDS_SHA256 = "8ecc8d409ebc4521702700840030b98c676fec5b494d1bf7f03ff012e94c3b19"
TOGETHER = {one: [names for names, case in CASES.items() if case is one] for one in CASES.values()}
SERVED = [(name, row) for name in PROFILES for row in SYSTEMS[name].rows if row.way == "served"]


@pytest.fixture
def engine(folder, environment):
    with Engine.open(folder, env=environment) as engine:
        yield engine


@pytest.fixture(scope="module")
def tools(tmp_path_factory):
    """The tools of every profile as clients get them, by profile and name."""
    base = tmp_path_factory.mktemp("tools")
    Engine.create(base / "vault")
    ours = {"MEMWELL_CACHE_DIR": str(base / "cache"), "MEMWELL_EMBEDDER": "none"}
    with Engine.open(base / "vault", env=ours) as engine:
        return {(one.group, one.name): as_tool(one) for one in offers(engine, local_caller, groups=PROFILES)}


class Called:
    """A session with a profile: calls its tools, and checks that each answers with the fields of the table."""

    def __init__(self, client, profile, folder):
        self._client, self.folder = client, folder
        self._rows = {row.tool: row for row in SYSTEMS[profile].rows}

    async def __call__(self, tool, **arguments):
        result = await self._client.call_tool(tool, arguments)
        assert not result.is_error, result.content
        answer, text = result.structured_content, result.content[0].text
        returns = self._rows[tool].returns
        if returns == ("text",):
            assert {"result": text} == answer
            return text
        if returns == ("list",):
            assert {"result": json.loads(text)} == answer
            return answer["result"]
        assert json.loads(text) == answer
        if "error" not in answer:
            assert set(returns) <= answer.keys()
        return answer

    async def refused(self, tool, **arguments):
        """Call what must be refused; give what it says."""
        result = await self._client.call_tool(tool, arguments)
        assert result.is_error, result.structured_content
        return result.content[0].text

    def text(self, path):
        """Read a note."""
        return (self.folder / path).read_text("utf-8")


@pytest.fixture
def session(in_memory, run, folder):
    """Runs a coroutine function on a session with a profile."""

    def in_session(profile, do, **options):
        async def it():
            async with in_memory(profile=profile, **options) as client:
                return await do(Called(client, profile, folder))

        return run(it())

    return in_session


class TestTable:
    """What the table says of a profile is what the profile has."""

    @pytest.mark.parametrize("name", PROFILES)
    def test_a_profile_has_what_the_table_says(self, name, engine):
        """Nothing less and nothing more; each has its case below."""
        served = SYSTEMS[name].served

        assert list(served) == [one.name for one in chosen(name, offers(engine, local_caller, groups=(name,)))]
        assert set(served) == {tool for profile, tool in CASES if profile == name}

    def test_every_tool_of_theirs_has_a_row(self):
        """As many as there are; what is left out says why."""
        counts = {name: len(system.rows) for name, system in SYSTEMS.items()}
        rows = [row for system in SYSTEMS.values() for row in system.rows]

        assert {"mimir": 46, "mnemon": 19, "memini": 9, "mimir-core": 9} == counts
        assert [] == [row.tool for row in rows if row.way == "later" and not row.differs]
        assert (len({row.tool for row in SYSTEMS["mimir"].rows}), SYSTEMS["mimir-core"].served) == (46, ())

    @pytest.mark.parametrize(("name", "row"), SERVED, ids=[row.tool for _, row in SERVED])
    def test_arguments(self, name, row, tools):
        """Their names, types and defaults, and which must be given."""
        schema = tools[name, row.tool].parameters
        known = schema["properties"]

        assert [one.name for one in row.parameters] == list(known)
        assert [one.name for one in row.parameters if one.is_required] == schema.get("required", [])
        for one in row.parameters:
            assert one.type == known[one.name]["type"]
            if "default" in known[one.name]:
                assert json.loads(json.dumps(known[one.name]["default"])) == _json(one.default)

    def test_the_words_of_the_tools_are_pinned(self, tools):
        """Names, descriptions, arguments with their descriptions."""
        words = [
            [
                tool.name,
                tool.description,
                {name: one.get("description") for name, one in tool.parameters["properties"].items()},
            ]
            for tool in tools.values()
        ]
        assert WORDS_SHA256 == hashlib.sha256(json.dumps(words, sort_keys=True).encode()).hexdigest()

    def test_what_they_cost(self, engine):
        """Each profile is described, and is no part of the full one."""
        described = describe(engine, "mimir")

        assert described.profiles["mimir"] == described.tokens <= 4500
        assert {"core", "full", *PROFILES} <= described.profiles.keys()
        assert not [tool for tool in describe(engine, "full").tools if tool.group in PROFILES]

    @pytest.mark.parametrize("name", PROFILES)
    def test_agents_are_told_of_the_tools_that_there_are(self, name, in_memory, run):
        """In what the server says of itself; prompts that name ours are not offered."""

        async def ask():
            async with in_memory(profile=name) as client:
                return client.instructions, (await client.list_tools()).tools, (await client.list_prompts()).prompts

        said, tools, prompts = run(ask())
        named = [tool.name for tool in tools if f" {tool.name} " in said]
        assert (2, []) == (len(named), prompts)

    def test_profiles_go_together_unless_names_do_not(self, engine):
        """With ours they do."""
        every = offers(engine, local_caller, groups=("core", "graph", *PROFILES))

        assert {"remember", "mimir_remember"} <= {one.name for one in chosen("core,mimir", every)}
        assert "remember_many" not in {one.name for one in chosen("core,mimir", every)}
        with pytest.raises(BadInput, match="memory_get would be the name of two tools"):
            chosen("mnemon,memini", every)


def _json(written):
    try:
        return json.loads(written)
    except ValueError:
        return written


@pytest.mark.parametrize(
    ("name", "case"),
    [(names[0][0], one) for one, names in TOGETHER.items()],
    ids=["-".join(tool for _, tool in names) for names in TOGETHER.values()],
)
def test_each_tool(name, case, session):
    """Takes their arguments, answers as theirs does, and does to the notes what is said."""
    session(name, case)


class TestLaws:
    """What holds whatever the other memory does."""

    def test_null_is_as_if_it_were_not_there(self, session):
        """For every argument that need not be given."""

        async def call(mimir):
            done = await mimir(
                "mimir_remember", category="facts", key="a", body_json='{"content": "x"}', tags=None, layer=None
            )
            assert "created" == done["action"]
            assert 1 == (await mimir("mimir_recall", query="x", limit=None, mode=None, category=None))["total"]
            assert "key" in await mimir.refused("mimir_remember", category="facts", key=None, body_json="{}")

        session("mimir", call)

    def test_what_is_much_alike_is_written_and_said(self, session):
        """A number that differs is what somebody wants to know."""

        async def call(mimir):
            for key, limit in (("a", 100), ("b", 500)):
                body = json.dumps({"content": f"The rate limit of the API is {limit} requests."})
                done = await mimir("mimir_remember", category="facts", key=key, body_json=body)
            assert "facts/a.md" in "".join(done["hints"])
            assert ("100", "500") == tuple(
                limit for key, limit in (("a", "100"), ("b", "500")) if limit in mimir.text(f"facts/{key}.md")
            )

        session("mimir", call)

    def test_what_a_person_wrote_is_replaced_only_by_who_has_read_it(self, session, folder):
        """And the advice names the tool of the profile."""

        async def call(mimir):
            await mimir("mimir_remember", category="facts", key="a", body_json='{"content": "x"}')
            text = mimir.text("facts/a.md")
            (folder / "facts" / "a.md").write_text(text.replace("\nx\n", "\nby hand\n"), "utf-8")
            body = '{"content": "y"}'
            said = await mimir.refused("mimir_remember", category="facts", key="a", body_json=body)
            assert "mimir_get_entity" in said
            assert "read_note" not in said
            read = await mimir("mimir_get_entity", id="facts/a")
            assert '{"content": "by hand"}' == read["body_json"]
            await mimir("mimir_remember", category="facts", key="a", body_json=body, expected=read["sha256"])
            assert "\ny\n" in mimir.text("facts/a.md")

        session("mimir", call)

    def test_an_update_keeps_what_it_does_not_name(self, session):
        """Links, tags, importance, and what the person has said of it."""

        async def call(mimir):
            for key in "ab":
                await mimir(
                    "mimir_remember",
                    category="f",
                    key=key,
                    body_json=json.dumps(f"note {key}"),
                    tags=["t"],
                    importance=0.9,
                )
            await mimir("mimir_link", from_category="f", from_key="a", to_id="f/b", relationship="uses")
            await mimir("mimir_remember", category="f", key="a", body_json='{"content":"new","n":1}')
            text = mimir.text("f/a.md")
            assert "new\n\n## Links\n\n- [[f/b]] (uses)\n" in text
            assert "importance: 0.9" in text
            read = await mimir("mimir_get_entity", id="f/a")
            assert ('{"content":"new","n":1}', ["t"]) == (read["body_json"], read["tags"])

        session("mimir", call)

    def test_filters_hold_in_every_mode(self, session):
        """By category, type, workspace, agent, layer and topic."""

        async def call(mimir):
            for number, terms in enumerate(
                (
                    {"category": "b"},
                    {"type": "decision"},
                    {"workspace_hash": "one"},
                    {"agent_id": "me"},
                    {"layer": "core"},
                    {"topic_path": "a/b"},
                    {},
                )
            ):
                given = {"category": "a", "key": f"k{number}", "body_json": json.dumps(f"teapot {number}")} | terms
                await mimir("mimir_remember", **given)

            async def keys(**terms):
                return {one["key"] for one in (await mimir("mimir_recall", query="teapot", **terms))["items"]}

            for mode in ("fts5", "hybrid"):
                assert {"k0"} == await keys(mode=mode, category="b")
                assert {"k1"} == await keys(mode=mode, type="decision")
                assert {"k3"} == await keys(mode=mode, agent_id="me")
                assert {"k4"} == await keys(mode=mode, layer="world")
                assert {"k5"} == await keys(mode=mode, topic_path="a/b")
                assert "k2" not in await keys(mode=mode, workspace_hash="two")
                assert "k2" in await keys(mode=mode, workspace_hash="one")
                assert 7 == len(await keys(mode=mode))
            assert {"k4"} == await keys(layer="core", limit=1)

        session("mimir", call)

    def test_names_that_no_file_can_have(self, session):
        """They come back as they were, and two of them stay two."""

        async def call(mimir):
            for key in ("svc:redis", "svc-redis", "svc/redis"):
                done = await mimir("mimir_remember", category="a:b", key=key, body_json=json.dumps(key))
                assert ("created", key) == (done["action"], done["key"])
            found = (await mimir("mimir_recall", query="redis", category="a:b"))["items"]
            assert {("a:b", key) for key in ("svc:redis", "svc-redis", "svc/redis")} == {
                (one["category"], one["key"]) for one in found
            }
            assert (await mimir("mimir_forget", category="a:b", key="svc:redis"))["found"]
            assert "can't name a note" in await mimir.refused(
                "mimir_remember", category="f", key="a\0b", body_json='"x"'
            )

        session("mimir", call)

    @pytest.mark.parametrize(
        "body", ['{"content": "---\\nid: x\\n---\\ntext"}', '"\\u0007bell"', '{"content":"a\\r\\nb"}', "[1]"]
    )
    def test_bodies_that_no_note_can_hold_as_they_are(self, body, session):
        """They come back to the byte too."""

        async def call(mimir):
            await mimir("mimir_remember", category="f", key="a", body_json=body)
            assert body == (await mimir("mimir_get_entity", id="f/a"))["body_json"]
            await mimir("mimir_remember", category="f", key="a", body_json='{"content": "x"}')
            assert '{"content": "x"}' == (await mimir("mimir_get_entity", id="f/a"))["body_json"]

        session("mimir", call)

    @pytest.mark.parametrize(("answered", "is_erased"), [("accept", True), ("decline", False)])
    def test_nothing_is_erased_that_nobody_agreed_to(self, answered, is_erased, session, folder):
        """Nor what is there under a name that something forgotten had."""

        async def person(_context, _request):
            return ElicitResult(action=answered, content={"erase": True} if answered == "accept" else None)

        async def call(mimir):
            for key in ("a", "b"):
                await mimir("mimir_remember", category="f", key=key, body_json=json.dumps(f"note {key}"))
                await mimir("mimir_forget", category="f", key=key)
            await mimir("mimir_remember", category="f", key="b", body_json='"there again"')
            assert 1 == (await mimir("mimir_purge", dry_run=True))["entities_deleted"]
            if not is_erased:
                assert "has not agreed" in await mimir.refused("mimir_purge")
                return
            done = await mimir("mimir_purge")
            assert 1 == done["entities_deleted"]
            assert ["f/b.md: f/b.md is there: forget it first", "archive/f/b.md is still there"] == done["hints"]
            assert "there again" in mimir.text("f/b.md")

        session("mimir", call, elicitation_callback=person)
        assert is_erased != any((folder / ".memwell" / "archive").rglob("a*.md"))
        assert any((folder / ".memwell" / "archive").rglob("b*.md"))

    def test_two_vaults(self, folder, environment, tmp_path, engine):
        """Each tool takes the name of one."""
        Engine.create(tmp_path / "other")
        with Engine.open(tmp_path / "other", env=environment) as other:
            described = describe(engine, "memini", {"a": engine, "b": other})
        assert list(SYSTEMS["memini"].served) == [tool.name for tool in described.tools]

    def test_a_workspace_bounds_them(self, in_memory, run, folder, engine):
        """What a note of another one says is neither found nor listed."""
        engine.remember(Memory("A teapot.", category="f", key="hidden"), within=engine.reach("other"))
        engine.remember(Memory("A teapot.", category="f", key="seen"))

        async def call(mimir):
            for tool, arguments in (
                ("mimir_recall", {"query": "teapot", "workspace_hash": "mine"}),
                ("mimir_recall", {"query": " ", "workspace_hash": "mine"}),
                ("mimir_semantic_search", {"query": "teapot", "workspace_hash": "mine"}),
            ):
                assert "hidden" not in json.dumps(await mimir(tool, **arguments))
            assert "names" not in await mimir.refused("mimir_recall", query="teapot", workspace_hash="*")

        async def it():
            async with in_memory(profile="mimir") as client:
                await call(Called(client, "mimir", folder))

        run(it())
