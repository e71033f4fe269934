"""The tools for events and for looking back, through a session."""


def test_what_is_told_is_found_again(in_memory, mode, run, answer, refusal):
    """A text, an object or a list; by its type, note and teller; and what benchmarks took on average."""

    async def tell():
        async with in_memory(mode, "core,history") as client:
            await answer(client, "remember", text="Postgres.", category="decisions", key="db")
            told = {"evaluated": {"options": ["pg", "mysql"]}, "acted": "pg", "forward": ["migrate"]}
            done = await answer(client, "record_event", **told, note="db")
            assert ("decision", "decisions/db.md") == (done["type"], done["about"])
            await answer(client, "record_benchmark", task="t", turns=3, tokens=50, memory_used=True, success=True)

            found = await answer(client, "timeline", types=["decision"], note="db", actor="test-client")
            assert [(done["entry"], told)] == [
                (one["id"], {name: one["told"][name] for name in told}) for one in found["entries"]
            ]
            means = (await answer(client, "timeline", types=["benchmark"]))["benchmarks"]
            assert [(True, 1, 3.0, 50.0, 1.0)] == [
                (one["memory_used"], one["tasks"], one["turns"], one["tokens"], one["success"]) for one in means
            ]
            assert ["event", "event", "create"] == [one["op"] for one in (await answer(client, "timeline"))["entries"]]
            assert "what was evaluated" in await refusal(client, "record_event", type="decision")

    run(tell())
