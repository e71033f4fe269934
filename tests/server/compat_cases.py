"""For each tool of another memory's profile: a call as theirs is called, and what it must do here."""

import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

Case = Callable[[Any], Awaitable[None]]
CASES: dict[tuple[str, str], Case] = {}


def case(*names: str) -> Callable[[Case], Case]:
    """Make a function the case of tools: the profile, then their names."""

    def add(function: Case) -> Case:
        CASES.update({(names[0], name): function for name in names[1:]})
        return function

    return add


def mimir(*names):
    """Make a function the case of tools of Mimir, without their prefix."""
    return case("mimir", *(f"mimir_{name}" for name in names))


def mnemon(*names):
    """Make a function the case of tools of mnemon."""
    return case("mnemon", *(f"memory_{name}" for name in names))


def memini(*names):
    """Make a function the case of tools of memini."""
    return case("memini", *(f"memory_{name}" for name in names))


async def entity(call, key, content="Redis is at 6379.", category="facts", **more):
    """Have an entity; give its id."""
    body = json.dumps({"content": content})
    return (await call("mimir_remember", category=category, key=key, body_json=body, **more))["id"]


async def document(call, title, content, **more):
    """Have a document; give its id."""
    said = await call("memory_save", title=title, content=content, **more)
    return said.partition("#")[2].partition(":")[0]


async def memory(call, content, **more):
    """Have a memory; give its id."""
    return (await call("memory_remember", content=content, **more))["id"]


def now_ms():
    """Read the clock."""
    return int(datetime.now(UTC).timestamp() * 1000)


# ---- Mimir


@mimir("remember")
async def _(call):
    given = {
        "category": "facts",
        "key": "redis",
        "body_json": '{"content": "Redis is at 6379.", "host": "db-01"}',
        "type": "decision",
        "tags": ["infra", "on call"],
        "importance": 0.8,
        "topic_path": "ops/db",
        "agent_id": "me",
        "recall_when": ["the cache is slow"],
        "always_on": True,
        "certainty": 0.9,
        "layer": "semantic",
        "status": "draft",
    }
    done = await call("mimir_remember", **given)
    assert ("created", "facts", "redis") == (done["action"], done["category"], done["key"])
    assert ["the tag 'on call' is written 'on-call'"] == done["hints"]
    text = call.text("facts/redis.md")
    assert text.endswith("\n\nRedis is at 6379.\n")
    for line in (
        "type: decision",
        "pinned: true",
        "tier: semantic",
        "confidence: 0.9",
        "agent_id: me",
        "status: draft",
    ):
        assert f"\n{line}\n" in text
    assert "updated" == (await call("mimir_remember", **given | {"body_json": '"other"'}))["action"]
    again = await call("mimir_remember", **given | {"body_json": '"other"', "workspace_hash": "w"})
    assert "created" == again["action"]
    assert "other" in call.text("workspaces/w/facts/redis.md")


@mimir("recall")
async def _(call):
    await entity(call, "redis", certainty=0.8)
    await entity(call, "tea", "Tea is at four.")
    found = await call("mimir_recall", query="redis", mode="fts5", include_confidence=True, preview_cap=5, expansion={})
    (one,) = found["items"]
    assert ("redis", "Redis is at 6379.") == (one["key"], one["content"])
    assert "use mimir_get_entity" in one["body_json"]
    assert 0 < one["confidence"] <= 1
    assert ["redis"] == [one["key"] for one in (await call("mimir_recall", query="redis", min_decay=0.5))["items"]]
    pages = [await call("mimir_recall", query="", limit=1, offset=number) for number in range(3)]
    assert ["redis", "tea"] == sorted(one["key"] for page in pages for one in page["items"])
    assert 4 == (await call("mimir_get_entity", id="facts/redis"))["retrieval_count"]
    told = await call("mimir_recall", query="redis", include_archived=True, content_weight=1)
    assert 2 == len(told["hints"])


@mimir("recall_layer")
async def _(call):
    await entity(call, "a", layer="core")
    await entity(call, "b", layer="working")
    await entity(call, "c")
    for layer, keys in (("world", ["a"]), ("semantic", ["b"]), ("episodic", ["c"])):
        assert keys == [one["key"] for one in (await call("mimir_recall_layer", layer=layer))["items"]]


@mimir("semantic_search")
async def _(call):
    await entity(call, "redis")
    assert 0 == (await call("mimir_semantic_search", query="redis", category="other"))["total"]


@mimir("get_entity")
async def _(call):
    found = await call("mimir_get_entity", id=await entity(call, "redis", type="fact"))
    assert ('{"content": "Redis is at 6379."}', "fact", "buffer") == (
        found["body_json"],
        found["entity_type"],
        found["layer"],
    )
    assert "mimir_recall" in await call.refused("mimir_get_entity", id="mem-0123456789ab")


@mimir("history")
async def _(call):
    for text in ("one", "two", "three"):
        await entity(call, "redis", text)
    versions = await call("mimir_history", category="facts", key="redis")
    assert ['{"content": "two"}', '{"content": "one"}'] == [one["body_json"] for one in versions]
    assert versions[0]["recorded_at_unix_ms"] <= versions[0]["invalidated_at_unix_ms"]
    assert [] == await call("mimir_history", category="facts", key="none")


@mimir("as_of")
async def _(call):
    assert not (await call("mimir_as_of", category="facts", key="redis", as_of_unix_ms=now_ms()))["found"]
    await entity(call, "redis", "one")
    then = now_ms() + 1
    while now_ms() <= then:
        pass
    await entity(call, "redis", "two")
    found = await call("mimir_as_of", category="facts", key="redis", as_of_unix_ms=then)
    assert (True, '{"content": "one"}') == (found["found"], found["body_json"])
    assert not (await call("mimir_as_of", category="facts", key="redis", as_of_unix_ms=0))["found"]


@mimir("forget")
async def _(call):
    await entity(call, "redis")
    assert (await call("mimir_forget", category="facts", key="redis", reason="wrong"))["found"]
    assert not (call.folder / "facts" / "redis.md").exists()
    assert not (await call("mimir_forget", category="facts", key="redis"))["found"]


@mimir("embed")
async def _(call):
    assert 0 == (await call("mimir_embed", category="facts", key="redis"))["embedded"]


@mimir("prune", "compact")
async def _(call):
    for number in range(20):
        path = call.folder / "facts" / f"k{number}.md"
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"---\nupdated: 2020-01-01T00:00:00Z\n---\nOld {number}.\n", "utf-8")
    shown = await call("mimir_prune", min_decay=0.5, older_than_days=30, dry_run=True)
    assert (2, True) == (shown["archived"], shown["dry_run"])
    assert 1 == (await call("mimir_prune", min_decay=0.5, limit=1, category="facts"))["archived"]
    assert 19 == len(list((call.folder / "facts").iterdir()))
    assert "needs min_decay" in await call.refused("mimir_prune", category="facts")
    done = await call("mimir_compact", min_decay=0.5)
    assert (1, 19) == (done["entities_archived"], done["entities_examined"])
    assert "brings all of them back" in " ".join(done["hints"])


@mimir("link", "unlink")
async def _(call):
    await entity(call, "a")
    target = await entity(call, "b", "Other.")
    for relation in ("uses", "needs"):
        await call("mimir_link", from_category="facts", from_key="a", to_id=target, relationship=relation)
    assert "- [[facts/b]] (uses)\n- [[facts/b]] (needs)\n" in call.text("facts/a.md")
    assert (await call("mimir_unlink", from_category="facts", from_key="a", to_id=target))["success"]
    assert "[[facts/b]]" not in call.text("facts/a.md")
    assert not (await call("mimir_unlink", from_category="facts", from_key="a", to_id=target))["success"]
    assert "nothing" not in await call.refused("mimir_link", from_category="facts", from_key="a", to_id="none")


@mimir("state_set", "state_get", "state_delete", "state_list")
async def _(call):
    held = await call("mimir_state_set", key="job/1", value_json='{"step": 3}', ttl_seconds=600)
    assert 0 < held["expires_at_unix_ms"] - now_ms() <= 600_000
    assert {"step": 3} == (await call("mimir_state_get", key="job/1"))["value"]
    assert ["job/1"] == (await call("mimir_state_list", prefix="job"))["keys"]
    assert (await call("mimir_state_delete", key="job/1"))["found"]
    assert not (await call("mimir_state_get", key="job/1"))["found"]


@mimir("health")
async def _(call):
    assert {"status": "healthy", "problems": []} == await call("mimir_health")


@mimir("stats")
async def _(call):
    await entity(call, "a", layer="core", type="fact")
    await entity(call, "b", category="x:y")
    found = await call("mimir_stats")
    assert (2, {"facts": 1, "x:y": 1}) == (found["total_entities"], found["by_category"])
    assert {"core": 1, "buffer": 1} == found["by_layer"]
    assert found["oldest_unix_ms"] <= found["newest_unix_ms"] <= now_ms()


@mimir("purge")
async def _(call):
    await entity(call, "a")
    await call("mimir_forget", category="facts", key="a")
    assert 1 == (await call("mimir_purge", dry_run=True))["entities_deleted"]
    assert "can't be asked" in await call.refused("mimir_purge")
    assert list((call.folder / ".memwell" / "archive").rglob("a*.md"))


@mimir("context")
async def _(call):
    await entity(call, "a", "Tea is at four.")
    await entity(call, "b", "Coffee is at ten.", category="other", always_on=True)
    told = await call("mimir_context", categories=["facts"])
    assert "four" in told["markdown"]
    assert "ten" not in told["markdown"]
    assert len(told["markdown"]) == told["total_chars"]
    assert "ten" in (await call("mimir_context", limit=5))["markdown"]


@mimir("extract")
async def _(call):
    found = await call("mimir_extract", text="The port is 80. I prefer tea.")
    assert {"fact", "preference"} == {one["kind"] for one in found["items"]}
    assert 0 == (await call("mimir_extract", text="The port is 80.", strategy="none"))["total"]
    await entity(call, "a", "The port is 80.")
    assert 1 == (await call("mimir_extract", category="facts", key="a"))["total"]


@mimir("traverse")
async def _(call):
    for key in "abc":
        await entity(call, key, f"note {key}")
    for source, target in ("ab", "bc"):
        await call("mimir_link", from_category="facts", from_key=source, to_id=f"facts/{target}")
    found = await call("mimir_traverse", category="facts", key="a", max_depth=5)
    assert [("b", 1, "related"), ("c", 2, "related")] == [
        (one["key"], one["depth"], one["relationship"]) for one in found["traversed"]
    ]
    assert "a" == found["entity"]["key"]


@mimir("score")
async def _(call):
    await entity(call, "a")
    assert (await call("mimir_score", category="facts", key="a", score=0.7))["found"]
    assert "importance: 0.7" in call.text("facts/a.md")
    assert "verified" not in call.text("facts/a.md")
    assert not (await call("mimir_score", category="facts", key="none", score=0.7))["found"]


@mimir("conflicts")
async def _(call):
    await entity(call, "old", "The limit is 100.", certainty=0.3)
    await entity(call, "new", "The limit is 500.", certainty=0.9)
    await entity(call, "tea", "Tea is at four.")
    found = await call("mimir_conflicts", category="facts", threshold=0.4)
    assert [("facts/old.md", "facts/new.md")] == [(one["entity_a"], one["entity_b"]) for one in found["conflicts"]]
    assert [] == found["invalidations"]
    assert 1 == len((await call("mimir_conflicts", category="facts", resolve=True))["invalidations"])
    assert "deprecated" not in call.text("facts/old.md")
    assert (await call("mimir_conflicts", category="facts", resolve=True, dry_run=False))["entry"]
    assert "status: deprecated" in call.text("facts/old.md")


@mimir("decay")
async def _(call):
    await entity(call, "a")
    before = call.text("facts/a.md")
    found = await call("mimir_decay")
    assert (1, 0) == (found["entities_checked"], found["entities_updated"])
    assert before == call.text("facts/a.md")


@mimir("reindex")
async def _(call):
    await entity(call, "a")
    assert 1 == (await call("mimir_reindex"))["reindexed"]


@mimir("workspace_list")
async def _(call):
    await entity(call, "a", workspace_hash="one")
    found = await call("mimir_workspace_list")
    assert (["facts"], ["default", "one"]) == (found["categories"], found["workspaces"])


@mimir("recall_when")
async def _(call):
    await entity(call, "a", recall_when=["deploy on friday"])
    await entity(call, "b", "Tea.", recall_when=["friday"])
    found = await call("mimir_recall_when", context="Shall we deploy this on Friday?")
    assert ["a", "b"] == [one["key"] for one in found["items"]]
    assert 0 == (await call("mimir_recall_when", context="the deployment"))["total"]


@mimir("share")
async def _(call):
    await entity(call, "a")
    done = await call("mimir_share", category="facts", key="a", to_workspace="two")
    assert ("created", "default", "two") == (done["action"], done["from_workspace"], done["to_workspace"])
    assert "Redis is at 6379." in call.text("workspaces/two/facts/a.md")


@mimir("federate")
async def _(call):
    await entity(call, "a", workspace_hash="one")
    done = await call("mimir_federate", from_workspace="one", to_workspace="two", vault_dir="/tmp/nowhere")
    assert (1, 1, []) == (done["exported"], done["imported"], done["import_errors"])
    assert "Redis is at 6379." in call.text("workspaces/two/facts/a.md")


@mimir("correct")
async def _(call):
    done = await call(
        "mimir_correct", wrong_approach="npm", user_correction="Use pnpm.", task_context="a build", session_id="s1"
    )
    text = call.text(f"correction/{done['key']}.md")
    assert "## Right\n\nUse pnpm." in text
    assert "confidence: 1.0" in text
    assert done["journal_id"]
    assert 1 == (await call("mimir_recall", query="pnpm", category="correction"))["total"]


@mimir("supersede")
async def _(call):
    await entity(call, "old")
    await entity(call, "new", "Redis is at 6380.")
    done = await call(
        "mimir_supersede", from_category="facts", from_key="old", to_category="facts", to_key="new", reason="moved"
    )
    assert (True, "old", "new") == (done["status_updated"], done["from_entity_key"], done["to_entity_key"])
    assert "status: deprecated" in call.text("facts/old.md")
    assert "supersedes: " in call.text("facts/new.md")


@mimir("journal", "timeline")
async def _(call):
    one = await entity(call, "redis")
    before = now_ms()
    told = {"evaluated": {"options": ["a", "b"]}, "acted": {"took": "a"}}
    done = await call("mimir_journal", **told, entity_id=one, agent_id="me")
    assert "decision" == done["event_type"]
    await call("mimir_journal", event_type="idea", forward={"try": "b"}, category="plans", key="next")
    found = await call("mimir_timeline", from_ms=before - 1, event_type="decision")
    assert (1, done["id"]) == (found["total"], found["items"][0]["id"])
    assert (told["evaluated"], "me") == (found["items"][0]["evaluated"], found["items"][0]["agent_id"])
    assert ["idea", "decision"] == [item["event_type"] for item in (await call("mimir_timeline"))["items"]]
    assert 1 == (await call("mimir_timeline", category="plans"))["total"]
    assert 1 == (await call("mimir_timeline", entity_id=one))["total"]
    assert 0 == (await call("mimir_timeline", to_ms=before - 1))["total"]


@mimir("bench")
async def _(call):
    given = {"turns_taken": 3, "tokens_used": 900, "memory_recall_used": True, "recall_count": 2, "task_success": True}
    done = await call("mimir_bench", task_description="Mend the build.", **given, session_id="s1", tags=["ci"])
    (one,) = (await call("mimir_timeline", event_type="benchmark"))["items"]
    assert (done["entity_id"], "Mend the build.", 3) == (one["id"], one["evaluated"], one["acted"]["turns"])
    assert {"session_id": "s1", "tags": ["ci"]} == one["forward"]


@mimir("cohere", "autocohere")
async def _(call):
    for number in range(10):
        path = call.folder / "facts" / f"k{number}.md"
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"---\nexpires: 2020-01-01\nupdated: 2020-01-01\n---\nOld {number}.\n", "utf-8")
    shown = await call("mimir_cohere", dry_run=True, max_links=100, promote_threshold=3)
    assert (1, 10, True) == (shown["archived"], shown["entities_examined"], shown["dry_run"])
    assert 10 == len(list((call.folder / "facts").iterdir()))
    assert 1 == (await call("mimir_cohere"))["archived"]
    assert 9 == len(list((call.folder / "facts").iterdir()))
    shown = await call("mimir_autocohere", dry_run=True)
    assert 9 == len(list((call.folder / "facts").iterdir()))
    done = await call("mimir_autocohere")
    assert (1, 1) == (done["archived_entities"], done["compact_archived_count"])
    assert 7 == len(list((call.folder / "facts").iterdir()))
    assert 2 == len(done["hints"])
    assert (1, 0) == (shown["archived_entities"], shown["compact_archived_count"])


@mimir("maintenance")
async def _(call):
    for name in ("a", "b"):
        (call.folder / f"{name}.md").write_text("The very same text, to [[nowhere]].\n", "utf-8")
    shown = await call("mimir_maintenance")
    assert (1, 2, True) == (shown["dedup_archived"], shown["orphan_links_found"], shown["dry_run"])
    assert 2 == len(list(call.folder.glob("*.md")))
    done = await call("mimir_maintenance", dedup=True, reindex=True)
    assert (1, 1, []) == (done["dedup_archived"], done["reindex_rows_affected"], done["errors"])
    assert 1 == len(list(call.folder.glob("*.md")))


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
    file.write_text(file.read_text("utf-8").replace("81", "82 by hand"), "utf-8")
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
