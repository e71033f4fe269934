"""The tools for what holds and what does not, and for small values, through a session."""

import pytest
from onnx_models import inference_folder

from vault_engine import Engine, Memory


@pytest.fixture
def facts(folder, environment):
    """Two notes that contradict each other."""
    with Engine.open(folder, env=environment) as engine:
        for key, limit in (("old", 100), ("new", 500)):
            engine.remember(Memory(f"The limit is {limit}.", category="facts", key=key))
    return folder / "facts"


def test_what_notes_say_is_settled(in_memory, mode, run, answer, facts):
    """Found, shown, settled, taken back; and one note put in the place of another by name."""
    before = (facts / "old.md").read_text("utf-8")

    async def settle():
        async with in_memory(mode, "upkeep") as client:
            found = await answer(client, "contradictions", category="facts")
            assert [("facts/old.md", "facts/new.md")] == [(one["old"], one["new"]) for one in found["found"]]
            shown = await answer(client, "contradictions", resolve=True)
            assert (1, before) == (shown["resolved"], (facts / "old.md").read_text("utf-8"))
            done = await answer(client, "contradictions", resolve=True, dry_run=False)
            assert "status: deprecated" in (facts / "old.md").read_text("utf-8")
            await answer(client, "undo_together", entry=done["entry"])
            assert before == (facts / "old.md").read_text("utf-8")
            assert "updated" == (await answer(client, "supersede", old="old", new="new"))["action"]

    run(settle())


@pytest.fixture
def judging_environment(environment, tmp_path):
    """That of the server, with a model that judges contradictions."""
    environment["MEMWELL_CONTRADICTIONS"] = str(inference_folder(tmp_path / "nli"))


def test_a_model_judges_what_is_listed(facts, judging_environment, in_memory, mode, run, answer):
    """The tool says who judged, and what was dismissed."""

    async def listed():
        async with in_memory(mode, "upkeep") as client:
            return await answer(client, "contradictions")

    found = run(listed())

    assert ([], "nli", 1) == (found["found"], found["judge"], found["asked"])
    assert ["nli"] == [one["judge"] for one in found["dismissed"]]


def test_what_a_text_says_is_listed_and_kept(in_memory, mode, run, answer, folder):
    """Kept only where that is asked for; and a correction is a note."""

    async def take_in():
        async with in_memory(mode, "upkeep") as client:
            found = await answer(client, "extract", text="I prefer tea. The port is 80.", kinds=["fact"])
            assert [("fact", "The port")] == [(one["kind"], one["subject"]) for one in found["items"]]
            assert not list(folder.glob("facts/*"))
            kept = await answer(client, "extract", text="I prefer tea.", remember=True, source="chat")
            assert "preferences/i-prefer-tea.md" == kept["notes"][0]["path"]
            done = await answer(client, "correct", wrong="npm", right="Use pnpm.", situation="a build")
            assert "corrections/use-pnpm.md" == done["path"]

    run(take_in())


def test_small_values_come_and_go(in_memory, mode, run, answer, refusal, folder):
    """With a time to live, listed by their beginning."""

    async def keep():
        async with in_memory(mode, "upkeep") as client:
            held = await answer(client, "state_set", key="job/1", value_json='{"step": [3]}', ttl_seconds=600)
            assert held["expires"]
            assert {"step": [3]} == (await answer(client, "state_get", key="job/1"))["value"]
            assert ["job/1"] == [one["key"] for one in (await answer(client, "state_list", prefix="job"))["values"]]
            assert (await answer(client, "state_delete", key="job/1"))["found"]
            assert not (await answer(client, "state_get", key="job/1"))["found"]
            assert "not JSON" in await refusal(client, "state_set", key="a", value_json="{")

    run(keep())


def test_what_is_known_of_the_person_grows(in_memory, mode, run, answer):
    """Told, given within a budget, superseded where that is asked for."""

    async def learn():
        async with in_memory(mode, "upkeep") as client:
            await answer(client, "profile_update", text="I prefer tea over coffee.")
            hinted = await answer(client, "profile_update", text="I prefer coffee over tea.", supersede=True)
            assert hinted["hints"]
            await answer(client, "profile_update", text="Lives in Lisbon.", type="profile", key="home")
            found = await answer(client, "profile_get")
            assert ["I prefer coffee over tea."] == [one["text"] for one in found["preferences"]]
            assert ["profile/home.md"] == [one["path"] for one in found["about"]]

    run(learn())
