"""The cases of `compat_cases` for mnemon and memini."""

from compat_cases import case


def mnemon(*names):
    """Make a function the case of tools of mnemon."""
    return case("mnemon", *(f"memory_{name}" for name in names))


def memini(*names):
    """Make a function the case of tools of memini."""
    return case("memini", *(f"memory_{name}" for name in names))


async def document(call, title, content, **more):
    """Have a document; give its id."""
    said = await call("memory_save", title=title, content=content, **more)
    return said.partition("#")[2].partition(":")[0]


async def memory(call, content, **more):
    """Have a memory; give its id."""
    return (await call("memory_remember", content=content, **more))["id"]


# ---- mnemon


@mnemon("search")
async def _(call):
    await document(call, "Port", "Redis is at 6379.", content_type="decision")
    await document(call, "Tea", "Redis has tea at four.")
    (one,) = await call("memory_search", query="redis", limit=1, content_type="decision")
    assert ("Port", "Redis is at 6379.", "decision") == (one["title"], one["content"], one["content_type"])
    assert {"doc_id", "confidence", "composite_score", "vector_similarity", "created_at"} <= one.keys()
    assert 2 == len(await call("memory_search", query="redis", content_type=None))


@mnemon("get")
async def _(call):
    content = "# A heading of its own\n\n---\nand a rule"
    found = await call("memory_get", id=await document(call, "Port", content))
    assert ("Port", content) == (found["title"], found["content"])
    assert {"error": "not_found", "id": "12"} == await call("memory_get", id="12")


@mnemon("timeline")
async def _(call):
    for title in ("a", "b"):
        await document(call, title, f"text {title}")
    await document(call, "c", "text c", content_type="decision")
    assert ["c"] == [one["title"] for one in await call("memory_timeline", limit=2, content_type="decision")]
    assert 2 == len(await call("memory_timeline", limit=2))


@mnemon("related")
async def _(call):
    target = await document(call, "Port", "It is at 6379.", source_key="port")
    await document(call, "Cache", "See [[port]].", source_key="cache")
    found = await call("memory_related", id=target)
    assert ["Cache"] == [one["title"] for one in found]
    assert {"relation_type", "weight"} <= found[0].keys()


@mnemon("save")
async def _(call):
    said = await call(
        "memory_save", title="Port", content="It is 80.", content_type="decision", collection="ops", source_key="a/b"
    )
    assert said.startswith("Saved memory #")
    assert said.endswith(': "Port" [decision]')
    text = call.text("ops/a%2Fb.md")
    assert text.endswith("\n# Port\n\nIt is 80.\n")
    assert "type: decision" in text
    await call("memory_save", title="Port", content="It is 81.", collection="ops", source_key="a/b")
    assert "# Port\n\nIt is 81.\n" in call.text("ops/a%2Fb.md")
    old = await document(call, "Limit", "The limit is 100.", source_key="old", source_client="cli")
    said = await call("memory_save", title="Limit", content="The limit is 500.", correction_of=old)
    assert f"in the place of #{old}" in said
    assert "status: deprecated" in call.text("notes/old.md")
    await call.refused("memory_save", title="x", content="never saved", correction_of="none")
    assert not await call("memory_search", query="never saved")


@mnemon("pin", "promote", "demote", "list_standing")
async def _(call):
    one = await document(call, "Port", "It is 80.", source_key="port")
    assert f"Pinned memory #{one}." == await call("memory_pin", id=one)
    assert "pinned: true" in call.text("notes/port.md")
    assert ["Port"] == [found["title"] for found in await call("memory_list_standing")]
    await call("memory_demote", id=one)
    assert "pinned" not in call.text("notes/port.md")
    await call("memory_promote", id="port")
    assert "pinned: true" in call.text("notes/port.md")
    assert "Memory #12 was not found." == await call("memory_pin", id="12")


@case("mnemon", "profile_get", "profile_update")
async def _(call):
    said = await call("profile_update", title="Tea", content="I prefer tea at four.")
    assert said.endswith(': "Tea" [preference]')
    assert "type: preference" in call.text("preferences/tea.md")
    await document(call, "Database", "We use Postgres.", content_type="decision")
    found = await call("profile_get")
    assert [("Tea", "I prefer tea at four.")] == [(one["title"], one["content"]) for one in found["preferences"]]
    assert ["Database"] == [one["title"] for one in found["decisions"]]


@mnemon("forget")
async def _(call):
    one = await document(call, "Port", "It is 80.", source_key="port")
    assert f"Forgot memory #{one}." == await call("memory_forget", id=one)
    assert not (call.folder / "notes" / "port.md").exists()
    assert "not found" in await call("memory_forget", id=one)


@mnemon("status")
async def _(call):
    one = await document(call, "Port", "It is 80.", content_type="decision")
    await call("memory_pin", id=one)
    found = await call("memory_status")
    assert (1, 1, 0) == (found["total_documents"], found["pinned"], found["invalidated"])
    assert [{"content_type": "decision", "count": 1}] == found["by_type"]


@mnemon("sweep")
async def _(call):
    (call.folder / "old.md").write_text("---\nupdated: 2020-01-01T00:00:00Z\ntype: handoff\n---\nOld.\n", "utf-8")
    shown = await call("memory_sweep")
    assert (0, "handoff") == (shown["archived"], shown["candidates"][0]["content_type"])
    assert (call.folder / "old.md").exists()
    assert 1 == (await call("memory_sweep", dry_run=False))["archived"]
    assert not (call.folder / "old.md").exists()


@mnemon("rebuild")
async def _(call):
    await document(call, "Port", "It is 80.")
    assert "1 memories" in await call("memory_rebuild")


@mnemon("check_contradictions")
async def _(call):
    await document(call, "Limit", "The limit is 100.", source_key="old")
    one = await document(call, "Limit", "The limit is 500.", source_key="new")
    assert "notes/old.md and notes/new.md" in await call("memory_check_contradictions", id=one, dry_run=True)
    assert "deprecated" not in call.text("notes/old.md")
    assert "in its place now" in await call("memory_check_contradictions", id=one)
    assert "status: deprecated" in call.text("notes/old.md")
    assert "Nothing contradicts" in await call("memory_check_contradictions", id=one)


# ---- memini


@memini("remember")
async def _(call):
    done = await call(
        "memory_remember",
        content="---\nThe limit is 100.",
        id="0f6b-aa",
        importance=0.6,
        confidence=0.5,
        tags=["db"],
        tier="semantic",
        ttl_seconds=3600,
        metadata={"source": "chat", "room": 1},
        summary="limit",
        valid_from="2026-01-01",
    )
    assert ("0f6b-aa", "semantic", True) == (done["id"], done["tier"], done["stored"])
    (file,) = (call.folder / "memories").iterdir()
    text = file.read_text("utf-8")
    assert text.endswith("\n---\nThe limit is 100.\n")
    for line in ("tier: semantic", "importance: 0.6", "metadata:\n  source: chat\n  room: 1", "summary: limit"):
        assert f"\n{line}\n" in text
    assert "\nexpires: 20" in text
    assert (await call("memory_remember", content="---\nThe limit is 100."))["reinforced"]
    await call("memory_remember", content="The limit is 200 now.", id="0f6b-aa")
    assert "200 now" in file.read_text("utf-8")
    like = await call("memory_remember", content="The limit is 500 now.")
    assert "0f6b-aa" == like["merge_hint"]["similar_id"]
    assert "expires" not in (await call("memory_get", id=await memory(call, "Stays.", ttl_seconds=-1)))["metadata"]


@memini("recall")
async def _(call):
    one = await memory(call, "The teapot is blue.", tier="semantic", metadata={"room": "kitchen"}, tags=["tea"])
    other = await memory(call, "A teapot was broken.", tier="episodic")
    found = await call("memory_recall", query="teapot")
    assert {one, other} == {hit["memory"]["id"] for hit in found["results"]}
    for terms in (
        {"tiers": ["semantic"]},
        {"exclude_ids": [other]},
        {"metadata": {"room": "kitchen"}},
        {"tags": ["tea"]},
        {"levels": None, "tiers": ["semantic"], "response_format": "detailed", "scope": "project"},
    ):
        assert [one] == [
            hit["memory"]["id"] for hit in (await call("memory_recall", query="teapot", **terms))["results"]
        ]
    left = await call("memory_recall", query="teapot", exclude_metadata={"room": "kitchen"}, include_handoffs=False)
    assert [other] == [hit["memory"]["id"] for hit in left["results"]]


@memini("briefing")
async def _(call):
    await memory(call, "The port is 80.", tier="semantic")
    await memory(call, "Press the button.", tier="procedural")
    found = await call("memory_briefing", per_section=1, per_section_recent=0)
    assert ["The port is 80."] == [one["content"] for one in found["facts"]]
    assert ["Press the button."] == [one["content"] for one in found["procedures"]]
    assert ([], []) == (found["pinned"], found["recent"])


@memini("list")
async def _(call):
    for number in range(3):
        await memory(call, f"Memory {number}.", tier="semantic")
    await memory(call, "Over.", ttl_seconds=0)
    page = await call("memory_list", limit=2, offset=1, tier="semantic")
    assert (2, False) == (len(page["memories"]), page["has_more"])
    assert 3 == len((await call("memory_list"))["memories"])
    assert 4 == len((await call("memory_list", include_expired=True, include_superseded=True))["memories"])


@memini("get")
async def _(call):
    found = await call("memory_get", id=await memory(call, "The port is 80.", metadata={"n": 1}))
    assert ("The port is 80.", {"n": 1}) == (found["content"], found["metadata"])


@memini("history")
async def _(call):
    one = await memory(call, "The port is 80.")
    await call("memory_update", id=one, content="The port is 81.")
    assert ["The port is 81.", "The port is 80."] == [
        found["content"] for found in await call("memory_history", id=one)
    ]


@memini("update")
async def _(call):
    one = await memory(call, "The port is 80.", metadata={"a": 1, "b": 2}, ttl_seconds=3600)
    (file,) = (call.folder / "memories").iterdir()
    found = await call("memory_update", id=one, metadata={"a": None, "c": 3}, tags=["x y"], ttl_seconds=-1)
    assert ({"b": 2, "c": 3}, ["x-y"], "The port is 80.") == (found["metadata"], found["tags"], found["content"])
    assert "expires" not in file.read_text("utf-8")
    await call("memory_update", id=one, metadata={"b": None, "c": None}, importance=0.9)
    assert "metadata" not in file.read_text("utf-8")
    await call("memory_update", id=one, content="The port is 81.", tier="semantic")
    assert file.read_text("utf-8").endswith("\nThe port is 81.\n")
    file.write_text(file.read_text("utf-8").replace("is 81", "is 82 by hand"), "utf-8")
    await call.refused("memory_update", id=one, content="The port is 83.")
    read = await call("memory_get", id=one)
    await call("memory_update", id=one, content="The port is 83.", expected=read["sha256"])
    assert file.read_text("utf-8").endswith("\nThe port is 83.\n")


@memini("forget")
async def _(call):
    one = await memory(call, "The port is 80.")
    assert {"deleted": True} == await call("memory_forget", id=one)
    assert not list((call.folder / "memories").iterdir())
    assert {"deleted": False} == await call("memory_forget", id=one)
