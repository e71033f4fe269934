"""Another model: its vectors are made in the background, and those of the one before answer until they are complete."""

import shutil
import threading

import numpy as np
import pytest
from embedding_fakes import FakeChunks, FakeEmbedder, cosines_of, opened

from vault_engine import Mode
from vault_engine.index import embeddings as embeddings_module
from vault_engine.index.embedder import is_local, packaged_model_folder

TEXTS = tuple(f"text {number}" for number in range(30))
OLD, NEW, REMOTE = "fastembed:old", "fastembed:new", "http://127.0.0.1:9/v1#m"


@pytest.fixture
def fakes(monkeypatch) -> dict[str, FakeEmbedder]:
    """An embedder for each setting, of different dimensions."""
    made = {setting: FakeEmbedder(setting, dim) for setting, dim in ((OLD, 16), (NEW, 24), (REMOTE, 8))}
    monkeypatch.setattr(embeddings_module, "make_embedder", lambda config, **_: made.get(config.embedder))
    return made


@pytest.fixture
def chunks() -> FakeChunks:
    return FakeChunks(*TEXTS)


@pytest.fixture
def filled(fakes, chunks, tmp_path):
    """A vault whose every text was embedded by the old model."""
    opened(tmp_path, OLD).fill(chunks)
    return tmp_path


def served(embeddings, chunks, text=TEXTS[7]):
    """Give which model answers, and what it answers: the chunk whose text is the question."""
    question = embeddings.question(text)
    cosines = cosines_of(question, chunks)
    best = int(np.nanargmax(np.nan_to_num(cosines, nan=-2)))
    return embeddings.serving, len(question.vector), best, round(float(cosines[best]), 4)


def stop_after(fake, count):
    stop = threading.Event()
    fake.before_each = lambda: len(fake.texts) >= count and stop.set()
    return stop


def test_the_old_vectors_answer_until_the_new_are_complete(filled, fakes, chunks):
    """Over a process that was stopped half-way and one that goes on; then the new ones do, without anybody's doing."""
    embeddings = opened(filled, NEW)
    assert (NEW, OLD) == (embeddings.name, embeddings.serving)
    assert (OLD, 16, 7, 1.0) == served(embeddings, chunks)
    embeddings.fill(chunks, stop=stop_after(fakes[NEW], 12))
    assert (OLD, 16, 7, 1.0) == served(embeddings, chunks)
    assert 0 < len(embeddings.waiting(chunks.keys())) <= 22

    told, again = [], opened(filled, NEW)
    fakes[NEW].before_each = lambda: None
    assert (OLD, 16, 7, 1.0) == served(again, chunks)
    again.fill(chunks, progress=lambda done, total: told.append((done, total)))

    assert (NEW, 24, 7, 1.0) == served(again, chunks)
    assert (8, 30) <= told[0] < told[-1] == (30, 30)
    assert len(fakes[NEW].texts) <= 34
    embeddings.load_new()
    assert 0 == len(embeddings.waiting(chunks.keys()))
    assert (NEW, 24, 7, 1.0) == served(embeddings, chunks)
    assert (NEW, 24, 7, 1.0) == served(opened(filled, NEW), chunks)
    assert 30 == len(fakes[OLD].texts)


def test_questions_alone_complete_the_change(filled, fakes, chunks):
    """Each embeds as much as it would for one model, so that it comes to an end where no server runs."""
    for answers in (OLD, OLD, NEW):
        embeddings = opened(filled, NEW)
        assert 10 == embeddings.embed_few(chunks, 10)
        assert answers == embeddings.serving


def test_new_chunks_are_part_of_what_the_new_model_must_have(filled, fakes, chunks):
    """Those that come in meanwhile are embedded by the new model only; removed ones hold nothing up."""
    embeddings = opened(filled, NEW)
    embeddings.fill(chunks, stop=stop_after(fakes[NEW], 12))
    fakes[NEW].before_each = lambda: None
    chunks.set(*TEXTS[5:], "new text")
    assert OLD == served(embeddings, chunks)[0]

    embeddings.fill(chunks)

    assert NEW == embeddings.serving
    assert ("new text" in fakes[NEW].texts, "new text" in fakes[OLD].texts) == (True, False)


def test_back_to_the_old_model_nothing_is_embedded(filled, fakes, chunks):
    """Its vectors were kept, and serve at once."""
    opened(filled, NEW).fill(chunks)
    embeddings = opened(filled, OLD)
    assert 0 == embeddings.fill(chunks)

    assert (OLD, 16, 7, 1.0) == served(embeddings, chunks)
    assert 30 == len(fakes[OLD].texts)


def test_an_endpoint_is_not_asked_any_more_once_it_is_not_set(fakes, chunks, tmp_path):
    """Questions go nowhere that the settings do not name; its vectors do not answer, then."""
    opened(tmp_path, REMOTE).fill(chunks)
    embeddings = opened(tmp_path, OLD)

    assert OLD == embeddings.serving
    embeddings.question("where?")
    assert [] == fakes[REMOTE].questions
    assert REMOTE.encode() not in b"".join(f.read_bytes() for f in (tmp_path / "cache").iterdir())


def test_a_local_model_serves_until_an_endpoint_has_made_all_vectors(filled, fakes, chunks):
    """In the next process too; once complete, the endpoint answers from the first question on."""
    embeddings = opened(filled, REMOTE)
    assert OLD == embeddings.serving
    embeddings.fill(chunks)
    assert REMOTE == embeddings.serving == opened(filled, REMOTE).serving


def test_a_model_that_is_gone_does_not_serve(filled, fakes, chunks):
    """The new one does, as far as it has come."""
    del fakes[OLD]
    embeddings = opened(filled, NEW)
    assert NEW == embeddings.serving
    assert cosines_of(embeddings.question("where?"), chunks) is None


@pytest.mark.parametrize(
    "content", ["", "\n", "nonsense", "\x00" * 90, "0123456789ab\n/no/such/folder", "x\nfastembed:old"]
)
def test_a_broken_note_of_who_served_is_as_good_as_none(filled, fakes, content):
    """The model of the settings serves."""
    (filled / "cache" / "embeddings-serving").write_text(content)

    assert NEW == opened(filled, NEW).serving


def test_a_purge_reaches_the_vectors_of_both(filled, fakes, chunks):
    """While one model takes the place of another, each of them forgets."""
    embeddings = opened(filled, NEW)
    embeddings.fill(chunks, stop=stop_after(fakes[NEW], 12))
    embeddings.keep_only(chunks.keys()[:3])

    counts = [len(model.vectors) for model in embeddings._models()]
    assert 3 >= max(counts) >= 1
    assert (OLD, 3) == (embeddings.serving, len(opened(filled, OLD)._model.vectors))


def test_what_is_purged_while_it_is_being_embedded_is_not_kept(fakes, chunks, tmp_path):
    """Its vector comes too late; the other texts of the same call are embedded again."""
    embeddings = opened(tmp_path, OLD)
    embeddings.fill(chunks, stop=stop_after(fakes[OLD], 12))
    secret = chunks.keys()[29:]

    def purge():
        if len(fakes[OLD].texts) >= 32:
            fakes[OLD].before_each = lambda: None
            chunks.set(*TEXTS[:29])
            opened(tmp_path, OLD).keep_only(chunks.keys())

    fakes[OLD].before_each = purge
    embeddings.fill(chunks)

    assert TEXTS[29] in fakes[OLD].texts
    again = opened(tmp_path, OLD)
    assert (1, 0) == (len(again.waiting(secret)), len(again.waiting(chunks.keys())))


def test_which_settings_are_local():
    """An address is not, and none is no embedder."""
    assert [True, True, True, False, False, False] == [
        is_local(s) for s in ("packaged", "fastembed:m", "/folder", "http://a/v1#m", "https://a/v1#m", "none")
    ]


def test_from_the_packaged_model_to_one_in_a_folder(open_engine, write_note, tmp_path):
    """End to end, with real vectors: the packaged model answers until all was embedded with the other one."""
    write_note("light.md", "the lantern is lit")
    for number in range(79):
        write_note(f"{number}.md", f"berth {number} is free")
    engine = open_engine(MEMWELL_EMBEDDER="packaged")
    engine.build_index()
    before = engine.recall("is there light?", mode="semantic")
    assert "light.md" == before.hits[0].path
    engine.close()
    shutil.copytree(packaged_model_folder(), tmp_path / "model")

    other = open_engine(MEMWELL_EMBEDDER=str(tmp_path / "model"))
    found = other.recall("is there light?", mode="semantic")
    embeddings = other._session.index.embeddings
    assert ("packaged:all-MiniLM-L6-v2-int8", True) == (embeddings.serving, embeddings.name.startswith("folder:"))
    assert (Mode.SEMANTIC, None, 16) == (found.mode, found.degraded, found.chunks_waiting)
    assert before.hits == found.hits

    assert 16 == other.build_index().embedded

    found = other.recall("is there light?", mode="semantic")
    assert (embeddings.name, 0) == (embeddings.serving, found.chunks_waiting)
    assert before.hits == found.hits
