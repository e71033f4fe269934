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


async def entity(call, key, content="Redis is at 6379.", category="facts", **more):
    """Have an entity; give its id."""
    body = json.dumps({"content": content})
    return (await call("mimir_remember", category=category, key=key, body_json=body, **more))["id"]


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
    assert ["content_weight has no effect here", "what was forgotten is not searched"] == told["hints"][:2]
    assert "no embedder is set" in told["hints"]


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


@mimir("ingest_file")
async def _(call):
    file = call.folder.parent / "shelf" / "plan.txt"
    file.write_text("The plan is to mend the build.", "utf-8")
    done = await call("mimir_ingest_file", path=str(file), tags=["a b"])
    assert ("created", "document", 30) == (done["action"], done["category"], done["chars"])
    assert "mend the build" in call.text(f"document/{done['key']}.md")
    assert "only from" in await call.refused("mimir_ingest_file", path="/etc/passwd")


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
