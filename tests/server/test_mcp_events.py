"""The tools for events, for looking back, and for files, through a session."""

from mcp import Client

from vault_engine import Engine
from vault_engine.server.callers import http_caller, local_caller
from vault_engine.server.mcp import make_server
from vault_engine.server.mcp.profiles import offers


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
            await answer(client, "record_event", acted="x" * 5000, evaluated=["y" * 5000], type="long")
            for tool, limit, sizes in (
                ("timeline", 2, (1001, 1001)),
                ("journal", 2, (1001, 1001)),
                ("timeline", 1, (5000, 1)),
            ):
                entries = (await answer(client, tool, limit=limit))["entries"]
                (long,) = [one["told"] for one in entries if one["reason"] == "long"]
                assert sizes == (len(long["acted"]), len(long["evaluated"]))
            assert "what was evaluated" in await refusal(client, "record_event", type="decision")

    run(tell())


def test_a_file_is_read_only_from_the_folders_that_are_named(folder, environment, tmp_path, run, answer, refusal):
    """Links followed, and nothing above them; without such folders there is no such tool."""
    shelf, secret = tmp_path / "shelf", tmp_path / "secret.txt"
    shelf.mkdir()
    (shelf / "plan.txt").write_text("Sail at noon.")
    secret.write_text("Secret.")
    (shelf / "link.txt").symlink_to(secret)

    async def read():
        with Engine.open(folder, env=environment | {"MEMWELL_INGEST_FROM": str(shelf)}) as engine:
            async with Client(make_server(engine, "full")) as client:
                done = await answer(client, "ingest_file", path=str(shelf / "plan.txt"), tags=["sea"])
                assert ("created", "documents/plan.md") == (done["action"], done["path"])
                again = await answer(client, "ingest_file", path=str(shelf / ".." / "shelf" / "plan.txt"))
                assert "unchanged" == again["action"]
                for path in (secret, shelf / "link.txt", shelf / ".." / "secret.txt", "/etc/passwd", "a\0b", "~"):
                    said = await refusal(client, "ingest_file", path=str(path))
                    assert "files are read only from" in said or "no path" in said
                assert "No such file" in await refusal(client, "ingest_file", path=str(shelf / "none.txt"))

    run(read())
    with Engine.open(folder, env=environment) as engine:
        assert ["documents/plan.md"] == [line.path for line in engine.list().notes]
        assert "ingest_file" not in {offer.name for offer in offers(engine, local_caller)}
    with Engine.open(folder, env=environment | {"MEMWELL_INGEST_FROM": str(shelf)}) as engine:
        assert "ingest_file" in {offer.name for offer in offers(engine, local_caller)}
        assert "ingest_file" not in {offer.name for offer in offers(engine, http_caller)}
