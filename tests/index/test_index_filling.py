"""Embedding in the background: resumable, stoppable, by one process at a time, and in nobody's way."""

import signal
import subprocess
import sys
import threading

import pytest
from embedding_fakes import FakeChunks, FakeEmbedder, cosines_of, in_thread, opened

from vault_engine import Mode
from vault_engine.index import embedder as embedder_module
from vault_engine.index import embeddings as embeddings_module
from vault_engine.index.embeddings import LOADING
from vault_engine.index.filling import Filling
from vault_engine.vault.lock import Lock

TEXTS = tuple(f"text {number} " + "and so on " * (number % 7) for number in range(100))
DEADLINE_S = 30


@pytest.fixture
def fake(monkeypatch) -> FakeEmbedder:
    """The embedder of every vault in this test."""
    made = FakeEmbedder("fake")
    monkeypatch.setattr(embeddings_module, "make_embedder", lambda config, **_: made)
    return made


def test_everything_is_embedded_once_and_progress_is_told(fake, tmp_path):
    """In steps, up to as many as there are; and no other process has anything left to do."""
    told = []

    assert 100 == opened(tmp_path).fill(FakeChunks(*TEXTS), progress=lambda done, total: told.append((done, total)))

    assert sorted(TEXTS) == sorted(fake.texts)
    assert ((0, 100), (100, 100)) == (told[0], told[-1])
    assert told == sorted(told)
    assert 0 == opened(tmp_path).fill(FakeChunks(*TEXTS))
    assert 100 == len(fake.texts)


def test_texts_of_like_length_are_embedded_together(fake, tmp_path):
    """Within what is held in memory at a time."""
    opened(tmp_path).fill(FakeChunks(*TEXTS[:60]))

    assert sorted(map(len, TEXTS[:60])) == list(map(len, fake.texts))


def test_it_stops_when_it_is_told_and_goes_on_where_it_was(fake, tmp_path):
    """Nothing that was embedded before is embedded again, in this process or the next."""
    stop, chunks = threading.Event(), FakeChunks(*TEXTS)
    fake.before_each = lambda: len(fake.texts) >= 40 and stop.set()
    done = opened(tmp_path).fill(chunks, stop=stop)
    assert len(TEXTS) > done >= 40
    fake.before_each, before = lambda: None, len(fake.texts)

    assert before - fake.texts_a_call <= 100 - len(opened(tmp_path).waiting(chunks.keys()))
    opened(tmp_path).fill(chunks)

    assert {*TEXTS} == {*fake.texts}
    assert len(fake.texts) <= 100 + fake.texts_a_call


def test_an_embedder_that_fails_is_no_error(fake, tmp_path):
    """What was done is kept, what is wrong is said, and it goes on when it is well again."""
    embeddings, chunks = opened(tmp_path), FakeChunks(*TEXTS)
    fake.before_each = lambda: setattr(fake, "fails", len(fake.texts) >= 20)
    assert (20, True) == (embeddings.fill(chunks), "told to" in embeddings.problem)

    fake.before_each, fake.fails = lambda: None, False
    assert (80, None) == (embeddings.fill(chunks), embeddings.problem)


def test_texts_that_went_away_are_left_out(fake, tmp_path):
    """A note that was edited since its chunks were counted."""
    chunks = FakeChunks(*TEXTS)
    keys = chunks.keys()
    chunks.set(*TEXTS[:10])
    chunks._keys = keys

    assert 10 == opened(tmp_path).fill(chunks)


def test_only_one_embeds_at_a_time_and_a_question_does_not_wait(fake, tmp_path):
    """While one is at it, another takes its vectors in; a question gets none of its own embedded, and is not kept."""
    embedding, go_on = threading.Event(), threading.Event()
    fake.before_each = lambda: (embedding.set(), go_on.wait(DEADLINE_S))
    chunks, first, second = FakeChunks(*TEXTS), opened(tmp_path), opened(tmp_path)
    counts = {}
    one = in_thread(lambda: counts.update(first=first.fill(chunks)))
    assert embedding.wait(DEADLINE_S)

    other = in_thread(lambda: counts.update(second=second.fill(chunks)))
    assert 0 == opened(tmp_path).embed_few(chunks, 64)
    assert 0 == first.embed_few(chunks, 64)
    assert first.question("where?") is not None
    go_on.set()
    one.join(DEADLINE_S)
    other.join(DEADLINE_S)

    assert {"first": 100, "second": 0} == counts
    assert (100, 0) == (len(fake.texts), len(second.waiting(chunks.keys())))


def test_a_question_has_the_little_embedded_that_is_new(fake, tmp_path):
    """At most so many; the rest waits."""
    embeddings, chunks = opened(tmp_path), FakeChunks(*TEXTS)

    assert (30, 70) == (embeddings.embed_few(chunks, 30), len(embeddings.waiting(chunks.keys())))


HOLDER = """
import sys, time
sys.path.insert(0, sys.argv[2])
from pathlib import Path
from embedding_fakes import FakeChunks, FakeEmbedder, opened
from vault_engine.index import embeddings
fake = FakeEmbedder("fake")
def hang():
    if len(fake.texts) >= 40:
        print("embedding", flush=True)
        time.sleep(60)
fake.before_each = hang
embeddings.make_embedder = lambda config, **_: fake
opened(Path(sys.argv[1])).fill(FakeChunks(*(f"text {n} " + "and so on " * (n % 7) for n in range(100))))
"""


def test_another_process_goes_on_when_the_one_that_embeds_is_killed(fake, tmp_path, request):
    """Without a sign of it: the kernel lets go of its lock. What it had done is not done again."""
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path), str(request.path.parent)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert "embedding\n" == holder.stdout.readline()
        embeddings, chunks = opened(tmp_path), FakeChunks(*TEXTS)
        waiting = in_thread(lambda: embeddings.fill(chunks))
        assert 0 == opened(tmp_path).embed_few(chunks, 64)
        assert [] == fake.texts
        holder.send_signal(signal.SIGKILL)
        waiting.join(DEADLINE_S)
    finally:
        holder.kill()
        holder.communicate()

    assert (60, 0) == (len(fake.texts), len(embeddings.waiting(chunks.keys())))


def test_a_cache_that_can_not_be_written_costs_the_next_process_only(fake, tmp_path, monkeypatch):
    """This one embeds for itself."""
    (tmp_path / "cache").write_text("a file where a folder should be")
    embeddings, chunks = opened(tmp_path), FakeChunks(*TEXTS)

    assert (100, 0) == (embeddings.fill(chunks), len(embeddings.waiting(chunks.keys())))
    question = embeddings.question(TEXTS[3])
    assert 1 == pytest.approx(float(cosines_of(question, chunks)[3]), abs=1e-5)


def test_closing_does_not_wait_for_an_embedder_that_hangs(fake, tmp_path, monkeypatch):
    """The thread is left alone after a moment; what it brings too late is not written any more."""
    monkeypatch.setattr("vault_engine.index.filling._STOPPING_S", 0.05)
    embedding, go_on = threading.Event(), threading.Event()
    fake.before_each = lambda: (embedding.set(), go_on.wait(DEADLINE_S))
    embeddings, chunks = opened(tmp_path), FakeChunks(*TEXTS)
    filling = Filling(lambda: (embeddings, chunks))
    filling.start()
    filling.poke()
    assert embedding.wait(DEADLINE_S)

    filling.stop()
    go_on.set()
    filling._thread.join(DEADLINE_S)

    assert not filling._thread.is_alive()
    assert fake.texts_a_call == len(fake.texts)
    assert 100 == len(opened(tmp_path).waiting(chunks.keys()))


def test_a_server_answers_by_words_until_its_model_is_loaded(open_engine, write_note, monkeypatch, until):
    """And says why; afterwards by both."""
    write_note("a.md", "the lantern is lit")
    loading, loaded = threading.Event(), threading.Event()
    really = embedder_module._load_folder
    monkeypatch.setattr(
        embedder_module, "_load_folder", lambda folder: (loading.set(), loaded.wait(DEADLINE_S), really(folder))[2]
    )
    engine = open_engine(MEMWELL_EMBEDDER="packaged")
    engine.watch()
    assert loading.wait(DEADLINE_S)

    for mode in ("hybrid", "semantic", "keyword"):
        found = engine.recall("lantern", mode=mode)
        assert (Mode.KEYWORD, ["a.md"]) == (found.mode, [hit.path for hit in found.hits])
        assert found.degraded == (None if mode == "keyword" else LOADING)
        assert 1 == found.chunks_waiting
    assert LOADING == engine.index_state().embedder_problem
    loaded.set()
    engine._session.index.embeddings._loading.acquire(timeout=DEADLINE_S)
    engine._session.index.embeddings._loading.release()

    until(lambda: engine.recall("lantern").mode is Mode.HYBRID)  # it is being embedded
    found = engine.recall("lantern")
    assert (Mode.HYBRID, None, 0) == (found.mode, found.degraded, found.chunks_waiting)


def test_the_lock_of_embedding_is_not_the_lock_of_the_index(fake, tmp_path):
    """Who embeds keeps nobody from saving the index; who saves it keeps nobody from embedding for long."""
    embedding, go_on = threading.Event(), threading.Event()
    fake.before_each = lambda: (embedding.set(), go_on.wait(DEADLINE_S))
    work = in_thread(lambda: opened(tmp_path).fill(FakeChunks(*TEXTS)))
    assert embedding.wait(DEADLINE_S)

    with Lock(tmp_path / "cache" / "lock").held(wait_s=0):
        go_on.set()
    work.join(DEADLINE_S)

    assert 100 == len(fake.texts)


def test_a_note_that_is_renamed_is_not_embedded_again(fake, open_engine, write_note, vault):
    """Though its name is its title, which is part of what is embedded; other notes of the same name are."""
    write_note("a.md", "words of the one\n\n## Part\n\nmore of them\n")
    write_note("b.md", "words of the other\n")
    engine = open_engine(MEMWELL_EMBEDDER="fake")
    engine.build_index()
    embedded = len(fake.texts)
    (vault / "a.md").rename(vault / "c.md")
    (vault / "b.md").rename(vault / "moved.md")

    built = engine.build_index()

    assert (2, 2, 0) == (built.added, built.gone, built.embedded)
    assert (embedded, 0) == (len(fake.texts), engine.index_state().chunks_waiting)
    write_note("c.md", "words of a third\n")
    assert 1 == engine.build_index().embedded
