"""Two agents and a person in one vault at the same time: nothing lost, everybody sees everything."""

import asyncio
import json

AGENTS = 2
EACH = 12


def test_two_servers_and_a_command_line_lose_nothing(over_stdio, run, answer, memwell, folder, journal):
    """All write at once; then each finds the notes of all at its next recall; the journal verifies."""

    async def write(client, agent):
        for number in range(EACH):
            await answer(client, "remember", text=f"common word{agent}x{number}", category=agent, key=f"k{number}")

    async def type_in():
        for number in range(EACH // 3):
            done = await asyncio.to_thread(
                memwell, "remember", f"common wordcli{number}", "--category", "cli", "--key", f"k{number}"
            )
            assert 0 == done.returncode, done.stderr

    async def use():
        async with over_stdio("auto", "one") as one, over_stdio("legacy", "two") as two:
            await asyncio.gather(write(one, "one"), write(two, "two"), type_in())
            total = AGENTS * EACH + EACH // 3
            for client in (one, two):
                found = await answer(client, "recall", query="common", limit=50)
                assert total == len(found["hits"])
            seen = [hit["path"] for hit in (await answer(one, "recall", query="wordtwox3", limit=1))["hits"]]
            assert ["two/k3.md"] == seen
            status = await answer(two, "status")
            assert (total, [], []) == (status["notes"], status["journal_problems"], status["problems"])
            return total

    total = run(use())
    assert total == len(list(folder.glob("*/*.md")))
    assert {"one": EACH, "two": EACH} == {
        name: sum(entry["actor"]["name"] == name for entry in journal()) for name in ("one", "two")
    }
    assert total == json.loads(memwell("note", "list", "--json").stdout)["total"]


def test_two_agents_that_want_one_note(over_stdio, run, answer):
    """Of many writers of one key none fails, and the last one's text is whole."""

    async def write(client, name):
        for number in range(EACH):
            await answer(client, "remember", text=f"{name} {number}\n" * 50, key="shared")

    async def use():
        async with over_stdio("auto", "one") as one, over_stdio("auto", "two") as two:
            await asyncio.gather(write(one, "one"), write(two, "two"))
            texts = [(await answer(client, "read_note", note="shared"))["text"] for client in (one, two)]
            status = await answer(one, "status")
            assert (1, 2 * EACH, []) == (status["notes"], status["journal_entries"], status["journal_problems"])
            return texts

    first, second = run(use())
    body = first.partition("\n\n")[2].splitlines()
    assert first == second
    assert (50, 1) == (len(body), len(set(body)))


def test_what_one_forgets_the_other_does_not_find(over_stdio, run, answer, refusal, memwell):
    """And what a person restores, both find again."""

    async def use():
        async with over_stdio("auto", "one") as one, over_stdio("legacy", "two") as two:
            await answer(one, "remember", text="about walruses", key="k")
            assert 1 == len((await answer(two, "recall", query="walruses"))["hits"])
            await answer(two, "forget", note="k")
            assert [] == (await answer(one, "recall", query="walruses"))["hits"]
            assert "no note" in await refusal(one, "forget", note="k")
            assert 0 == (await asyncio.to_thread(memwell, "note", "restore", "k")).returncode
            assert 1 == len((await answer(one, "recall", query="walruses"))["hits"])

    run(use())
