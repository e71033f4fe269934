"""What is kept between two processes' lives is never trusted."""

import shutil
from pathlib import Path

import pytest
from index_twin import answers

from vault_engine import Engine
from vault_engine.index.generation import Entry, Generation, read_current, write_current
from vault_engine.index.reading import Reader

NOTES = {
    "berths.md": "---\ntags: [north]\naliases: [moorings]\n---\n# Berths\n\nThe harbour office owns the berths.\n",
    "tides.md": "# Tide tables\n\nNorth wind holds the tide.\n\n## Lantern\n\nThe lantern is lit at dusk. [[berths]]\n",
    "潮位.md": "潮位データ\n",
}


@pytest.fixture
def kept(write_note, open_engine, tmp_path):
    """A vault whose index was kept by a process that has ended; gives the folder it is in."""
    for path, text in NOTES.items():
        write_note(path, text)
    engine = open_engine()
    engine.build_index()
    engine.close()
    (current,) = (tmp_path / "cache").rglob("CURRENT")
    return current.parent


@pytest.fixture
def truth(kept, vault, tmp_path):
    """What an index made from nothing answers."""
    with Engine.open(vault, env={"MEMWELL_CACHE_DIR": str(tmp_path / "twin"), "MEMWELL_EMBEDDER": "none"}) as engine:
        return answers(engine)


def files_of(folder: Path) -> list[Path]:
    return sorted(file for file in folder.rglob("*") if file.is_file() and file.name != "lock")


def test_what_was_kept_is_used(kept, truth, open_engine, monkeypatch):
    """The next process reads no note that has not changed."""
    monkeypatch.setattr(Reader, "read", lambda self, path, indexed, now_ns: pytest.fail(f"{path} was read"))

    assert truth == answers(open_engine())


def damages(data: bytes) -> list[bytes]:
    """Give a file's bytes damaged in several ways: empty, cut short, garbage, with zeros, with bytes flipped."""
    flipped = []
    for at in range(0, len(data), 1 + len(data) // 300):
        damaged = bytearray(data)
        damaged[at] ^= 0x01
        flipped.append(bytes(damaged))
    half = len(data) // 2
    return [b"", data[:half], data[:-1], b"\xff" * 50, data[:half] + bytes(len(data) - half), *flipped]


def test_a_damaged_file_is_made_again(kept, truth, vault, env):
    """Whatever happens to any file of the index: the answers are those of the notes, and nobody is asked to help."""
    backup = kept.with_name("backup")
    shutil.copytree(kept, backup)
    wrong = []
    for file in files_of(backup):
        for number, damaged in enumerate(damages(file.read_bytes())):
            shutil.rmtree(kept)
            shutil.copytree(backup, kept)
            (kept / file.relative_to(backup)).write_bytes(damaged)
            with Engine.open(vault, env=env) as engine:
                if answers(engine) != truth:
                    wrong.append((file.name, number))

    assert [] == wrong


def test_a_missing_file_is_made_again(kept, truth, vault, env):
    """Each file of the index may be deleted on its own."""
    for name in [file.name for file in files_of(kept)]:
        for file in kept.rglob(name):
            file.unlink()
        with Engine.open(vault, env=env) as engine:
            assert truth == answers(engine)


def test_another_language_is_made_again(kept, vault, open_engine):
    """Terms of one language's endings don't answer questions in another's."""
    (vault / ".memwell" / "config.toml").write_text('language = "fi"\n', "utf-8")

    engine = open_engine()

    assert {"berths.md", "tides.md"} == {hit.path for hit in engine.recall("berths", mode="keyword").hits}
    assert [] == list(engine.recall("berth", mode="keyword").hits)


@pytest.mark.parametrize("name", ["../../etc", "", "\0", "x/../..", "CURRENT", 3, None], ids=ascii)
def test_what_current_names_is_checked(kept, truth, open_engine, name):
    """Even where its checksum is right: what it names is no segment, so the notes are read again."""
    write_current(kept, Generation(read_current(kept).settings, (Entry(name, 1, 1, 1),)))

    assert truth == answers(open_engine())


def test_only_the_last_generation_is_kept(kept, open_engine, write_note):
    """The files of what was put together are removed, and nothing else is left."""
    for number in range(3):
        write_note(f"more{number}.md", "anchor")
        engine = open_engine()
        engine.recall("anchor")
        engine.close()

    named = {entry.name for entry in read_current(kept).segments}
    assert {"CURRENT", "lock", *named} == {file.name for file in kept.iterdir()}


def test_the_index_of_one_vault_is_not_that_of_another_of_its_name(env, tmp_path):
    """Two folders called the same have an index each."""
    for parent, word in (("one", "lantern"), ("two", "anchor")):
        Engine.create(tmp_path / parent / "vault")
        (tmp_path / parent / "vault" / "a.md").write_text(word, "utf-8")
        with Engine.open(tmp_path / parent / "vault", env=env) as engine:
            assert ["a.md"] == [hit.path for hit in engine.recall(word).hits]

    assert 2 == len(list((tmp_path / "cache").iterdir()))


def test_a_fresh_build_forgets_what_was_kept(kept, truth, open_engine):
    """`build_index(fresh=True)` reads every note again."""
    built = open_engine().build_index(fresh=True)

    assert (3, 0, 0) == (built.added, built.edited, built.gone)
    assert truth == answers(open_engine())
