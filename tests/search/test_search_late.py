"""Turns of conversations are looked at again by themselves, with vectors of tokens that are kept."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from vault_engine import Mode
from vault_engine.engine import By, recalling
from vault_engine.index.embedder import FastembedModel, packaged_model_folder
from vault_engine.index.token_store import Tokens
from vault_engine.index.token_vectors import QuestionTokens, TokenVectors
from vault_engine.search import rerank
from vault_engine.search.judging import Judged
from vault_engine.search.late import Late, max_sim
from vault_engine.search.weights import WEIGHTS

SAID = (
    "Ann: When does the ferry leave?",
    "Bob: At noon, every day.",
    "Ann: I have bought a puppy last week.",
    "Bob: A dog! What is it called?",
    "Ann: Nelson, after the admiral.",
    "Bob: My sister has three cats.",
    "Ann: The harbour was full of boats.",
    "Bob: We went sailing in May.",
    "Ann: I would rather stay on land.",
    "Bob: Then bring the dog to the beach.",
)
QUESTION = "what is the dog called?"
CODES = arrays(np.int8, (3, 4), elements=st.integers(-127, 127))


@pytest.fixture
def talk(write_note):
    """A conversation, a note for each turn."""
    for number, text in enumerate(SAID, 1):
        write_note(f"talk/t{number}.md", text)


@pytest.fixture
def engine(open_engine, talk):
    """The vault with the packaged model, indexed."""
    engine = open_engine(MEMWELL_EMBEDDER="packaged")
    engine.build_index()
    return engine


def is_reranked(engine, **asked):
    """Say whether any hit was looked at again."""
    hits = engine.recall(QUESTION, explain=True, **asked).hits
    assert hits
    return any("reranker" in hit.explain.parts for hit in hits)


def test_turns_are_ranked_again_by_default(engine, open_engine):
    """Unless that is not wanted, or only words or only meaning are asked for."""
    assert is_reranked(engine)
    assert not is_reranked(engine, rerank=False)
    assert not is_reranked(engine, mode=Mode.KEYWORD)
    assert not is_reranked(engine, mode=Mode.SEMANTIC)
    engine.close()
    assert not is_reranked(open_engine(MEMWELL_EMBEDDER="packaged", MEMWELL_RERANKER="none"))
    assert not is_reranked(open_engine(MEMWELL_EMBEDDER="none"))


def test_a_conversation_counts_for_what_its_turns_say_together(engine, write_note):
    """Where folders are wanted; a folder of other notes is let alone, and so are turns that are found by themselves."""
    for number, text in enumerate(
        ("Cid: I have a cat.", "Dan: It is called Tom.", "Cid: What is a dog?", "Dan: An animal."), 1
    ):
        write_note(f"chat/t{number}.md", text)
    write_note("pages/note.md", "The dog is called Nelson. " + "It is a long story. " * 30)

    folders = {hit.path.split("/")[0]: hit for hit in engine.recall(QUESTION, explain=True, by=By.FOLDER).hits}
    alone = engine.recall(QUESTION, explain=True, by=By.FOLDER, weights=replace(WEIGHTS, together=0)).hits
    turns = engine.recall(QUESTION, explain=True).hits

    together = {name: hit.explain.parts.get("together", 0) for name, hit in folders.items()}
    assert together["talk"] > together["chat"] > together["pages"] == 0
    assert folders["pages"].score == {hit.path.split("/")[0]: hit.score for hit in alone}["pages"]
    assert not any("together" in hit.explain.parts for hit in turns)


def test_other_notes_are_let_alone(engine, write_note):
    """Beside a conversation, and where there is none."""
    write_note("note.md", "The dog is called Nelson. " + "It is a long story. " * 30)

    hits = {hit.path: hit.explain.parts for hit in engine.recall(QUESTION, explain=True).hits}

    assert "reranker" in hits["talk/t4.md"]
    assert "reranker" not in hits["note.md"]


def test_the_next_process_finds_what_was_made(engine, open_engine, vault):
    """Of every turn, and the answers are the same."""
    expected = engine.recall(QUESTION).hits
    engine.close()
    again = open_engine(MEMWELL_EMBEDDER="packaged")

    assert expected == again.recall(QUESTION).hits
    session = again._session
    keys = [key.tobytes() for key in session.index.view.distinct_keys]
    assert (10, True) == (len(keys), all(session.token_vectors.kept(keys)))


def test_what_is_not_kept_is_made_when_it_is_asked_for(open_engine, talk, vault, monkeypatch):
    """With no room on disk an answer that nobody asked to be ranked again does not wait for it."""
    monkeypatch.setattr(recalling, "_SOON_MADE", 2)
    (vault / ".memwell/config.toml").write_text("late_megabytes = 0\n", "utf-8")
    engine = open_engine(MEMWELL_EMBEDDER="packaged")
    engine.build_index()
    assert not list((vault.parent / "cache").rglob("late-*"))

    assert not is_reranked(engine)
    assert is_reranked(engine, rerank=True)
    assert is_reranked(engine)
    assert not list((vault.parent / "cache").rglob("late-*.i8"))


def test_what_is_asked_for_is_done_in_parts(open_engine, talk, monkeypatch):
    """The likeliest texts first, as many as can be made soon; the answer says so, and the next one goes on."""
    monkeypatch.setattr(rerank, "_MOST_MADE", 3)
    engine = open_engine(MEMWELL_EMBEDDER="packaged")

    answers = [engine.recall(QUESTION, rerank=True, explain=True) for _ in range(3)]

    assert [
        "3 of the best 8 were looked at again, as more would take too long now; ask again for more",
        "6 of the best 8 were looked at again, as more would take too long now; ask again for more",
        None,
    ] == [answer.degraded for answer in answers]
    assert 3 == sum("reranker" in hit.explain.parts for hit in answers[0].hits)
    assert answers[2].hits == engine.recall(QUESTION, rerank=True, explain=True).hits


def test_a_lower_bound_frees_the_disk(engine, open_engine, vault):
    """At the next build, or in a server."""
    engine.close()
    assert list((vault.parent / "cache").rglob("late-*.i8"))
    (vault / ".memwell/config.toml").write_text("late_megabytes = 0\n", "utf-8")

    open_engine(MEMWELL_EMBEDDER="packaged").build_index()

    assert not list((vault.parent / "cache").rglob("late-*.i8"))


def test_a_turn_that_is_new_is_looked_at_too(engine, write_note):
    """The few that wait are made before the answer."""
    write_note("talk/t11.md", "Ann: The dog is called Nelson.")

    hit = engine.recall(QUESTION, explain=True).hits[0]

    assert ("talk/t11.md", True) == (hit.path, "reranker" in hit.explain.parts)


def test_vectors_of_a_purged_turn_are_gone(engine, vault):
    """Those of others stay."""
    keys = engine._session.index.view.distinct_keys
    engine.forget("talk/t3.md")

    engine.purge("talk/t3.md", yes=True)

    kept = engine._session.token_vectors.kept([key.tobytes() for key in keys])
    assert 9 == sum(one is not None for one in kept)


def test_what_a_chunk_no_longer_holds_is_not_kept_for_it(tmp_path):
    """A text that changed since the index looked is judged as it is, and remembered by nobody."""
    tokens = TokenVectors(tmp_path, 1_000_000, FastembedModel("late", folder=packaged_model_folder()))
    old, new = (Judged(bytes([number] * 16), lambda: "a dog", lambda now=number: now == 1) for number in range(2))

    judged = Late(tokens).judge("dog", [old, new], len)

    assert judged[0] == judged[1] > 0
    assert [True, False] == [one is None for one in tokens.kept([old.key, new.key])]


@given(st.lists(CODES, max_size=4), CODES, arrays(np.float32, 3, elements=st.floats(0.125, 2, width=32)))
def test_late_interaction_is_the_weighted_mean_of_the_best_products(texts, asked, told):
    """As the definition has it, text by text."""
    ones = np.full(3, 1 / 128, np.float32)

    found = max_sim(
        QuestionTokens(Tokens(asked, ones), (0, 1, 2), (0, 0, 0)), [Tokens(text, ones) for text in texts], told
    )

    for text, score in zip(texts, found, strict=True):
        best = (asked.astype(np.float64) @ text.T.astype(np.float64)).max(axis=1) / 128**2
        assert min(max(best @ told / told.sum(), 0), 1) == pytest.approx(float(score), abs=1e-5)


def test_a_text_without_words_is_worth_nothing():
    """Whatever stands around it."""
    some, none = np.ones((1, 4), np.int8), np.ones((0, 4), np.int8)
    asked = QuestionTokens(Tokens(some, np.ones(1, np.float32)), (0,), (0,))
    texts = [Tokens(codes, np.full(len(codes), 0.1, np.float32)) for codes in (none, some, none)]

    assert [True, False, True] == (max_sim(asked, texts, np.ones(1, np.float32)) == 0).tolist()


def test_parts_judged_together_are_as_one_text(engine):
    """Each part is worth what its group is, and a group at least what the best of its parts is."""
    late = Late(engine._session.token_vectors)
    texts = [Judged(bytes([number]) * 16, lambda text=text: text) for number, text in enumerate(SAID[:3])]
    groups = np.array([7, 3, 7])

    alone = late.judge(QUESTION, texts, lambda _: 1.0)
    together = late.judge_together(QUESTION, texts, groups, lambda _: 1.0)

    assert together[0] == together[2] >= alone[[0, 2]].max()
    assert together[1] == alone[1]
