"""Whatever is put in: an answer, or an error that says what to do; never a changed note."""

import os
import subprocess
import sys
import time

import pytest

from vault_engine import Engine, Memory, MemwellError
from vault_engine.engine.memory import draft
from vault_engine.errors import BadInput, BadName, ConfigBroken, NoteMissing, VaultMissing


def files_of(vault):
    return {file for file in vault.rglob("*") if ".memwell" not in file.parts}


@pytest.mark.parametrize("where", ["absent", "a-file", "no-vault"])
def test_where_there_is_no_vault(tmp_path, env, where):
    """Absent, a file, or a folder that was never made a vault: VaultMissing, naming it; nothing is created."""
    (tmp_path / "a-file").write_text("x", "utf-8")
    (tmp_path / "no-vault").mkdir()

    with pytest.raises(VaultMissing, match=where):
        Engine.open(tmp_path / where, env=env)

    assert ["a-file", "no-vault"] == sorted(file.name for file in tmp_path.iterdir())


def test_the_vault_is_found_as_git_finds_its_own(vault, env, monkeypatch):
    """The nearest parent with a ``.memwell`` folder, unless one is named."""
    (vault / "deep/er").mkdir(parents=True)
    monkeypatch.chdir(vault / "deep/er")
    with Engine.open(env=env) as engine:
        assert str(vault.resolve()) == engine.status().vault
    monkeypatch.chdir("/")
    with pytest.raises(VaultMissing):
        Engine.open(env=env)
    with Engine.open(env=env | {"MEMWELL_VAULT": str(vault)}) as engine:
        assert str(vault.resolve()) == engine.status().vault


def test_a_file_is_not_made_a_vault(tmp_path):
    """A vault is a folder."""
    (tmp_path / "file").write_text("x", "utf-8")

    for path in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(MemwellError):
            Engine.create(path)

    assert "x" == (tmp_path / "file").read_text("utf-8")


def test_a_vault_that_goes_away_is_said_to_be_gone(engine, vault, write_note):
    """An unmounted drive is not an empty vault: nothing is forgotten over it."""
    write_note("a.md", "lantern")
    assert 1 == len(engine.recall("lantern").hits)
    vault.rename(vault.with_name("elsewhere"))

    with pytest.raises(VaultMissing):
        engine.recall("lantern")

    vault.with_name("elsewhere").rename(vault)
    assert 1 == len(engine.recall("lantern").hits)


@pytest.mark.parametrize("verb", ["read", "forget"])
@pytest.mark.parametrize("ref", ["bert", "facts/berth", "../../etc/passwd", "", "x" * 5000, "\0", "\ud800", ".memwell"])
def test_a_missing_note(engine, verb, ref):
    """NoteMissing, with the names that look like it."""
    engine.remember(Memory("Forty.", category="facts", key="berths"))

    with pytest.raises(NoteMissing) as raised:
        getattr(engine, verb)(ref)

    assert (("facts/berths.md",) if "bert" in ref else ()) == raised.value.near


IMPOSSIBLE_NAMES = ["../../x", "con", "a/b", ".hidden", "nul\0", "a\u202eb", "x" * 300, "\ud800"]


@pytest.mark.parametrize(
    ("part", "name"),
    [
        *(("key", name) for name in IMPOSSIBLE_NAMES),
        *(("category", name) for name in IMPOSSIBLE_NAMES if name != "a/b"),  # a category may have levels
    ],
    ids=ascii,
)
def test_a_name_that_can_not_be(engine, vault, part, name):
    """A key or level of a category that some device could not hold: BadName, and no file anywhere."""
    with pytest.raises(BadName):
        engine.remember(Memory("words", **{part: name}))

    assert set() == files_of(vault)


@pytest.mark.parametrize(
    "memory",
    [
        Memory(""),
        Memory(" \n\t "),
        Memory("x" * (1 << 20) + "x"),
        Memory("nul \0"),
        Memory("escape \x1b[31m"),
        Memory("half a pair \ud800"),
        Memory("x", title="two\nlines"),
        Memory("x", title=" "),
        Memory("x", title="x" * 501),
        Memory("x", title="half a pair \ud800"),
        Memory("x", tags=("half a pair \ud800",)),
        Memory("x", tags=("a",) * 51),
        Memory("x", tags=("",)),
        Memory("x", type="\0"),
        Memory("x", importance=1.1),
        Memory("x", importance=-0.1),
        Memory("x", importance=float("nan")),
    ],
    ids=lambda memory: ascii(memory)[12:60],
)
def test_a_memory_that_can_not_be_kept(engine, vault, memory):
    """It is refused with a MemwellError before anything is written."""
    with pytest.raises(MemwellError):
        engine.remember(memory)

    assert (set(), 0) == (files_of(vault), engine.status().journal_entries)


@pytest.mark.parametrize(
    "asked",
    [{"query": ""}, {"query": " \n"}, {"query": "x" * 4001}, {"query": "x", "limit": 0}, {"query": "x", "limit": 201},
     {"query": "x", "mode": "clever"}],
    ids=lambda asked: str(asked)[:40],
)  # fmt: skip
def test_a_question_that_can_not_be_answered(engine, asked):
    """Empty, endless or out of bounds: BadInput, saying what to do."""
    with pytest.raises(BadInput):
        engine.recall(**asked)


@pytest.mark.parametrize("query", ["!!!", "the", "\0", "\ud800 berths", "(((", "a AND", '"', "*", "\u202e", "x" * 4000])
def test_any_other_question_is_answered(engine, write_note, query):
    """Signs, stop words, half characters and query syntax are words like any other."""
    write_note("a.md", "berths")

    assert len(engine.recall(query).hits) <= 1


def test_half_a_character_is_answered_with_the_real_model(harbour):
    """A question that is not quite Unicode is answered by meaning, or by words with the reason said."""
    recalled = harbour.recall("boats in one berth \ud800")

    assert recalled.hits


@pytest.mark.parametrize("budget", [0, -1, 100_001])
def test_a_budget_out_of_bounds(engine, budget):
    """A context has between 1 and 100,000 tokens."""
    with pytest.raises(BadInput):
        engine.context(budget_tokens=budget)


@pytest.mark.parametrize(
    "content", [b"embedder = ", b"\xff\xfe", b"= 1", b'colour = "red"', b"language = 5", b'embedder = ""']
)
def test_settings_that_can_not_be_understood(vault, env, content):
    """Not TOML, an unknown name, a wrong type: ConfigBroken, naming the file."""
    (vault / ".memwell/config.toml").write_bytes(content)

    with pytest.raises(ConfigBroken, match=r"config\.toml"):
        Engine.open(vault, env=env)


def test_a_setting_that_is_not_there_has_its_default(vault, env):
    """A vault works without its settings file."""
    (vault / ".memwell/config.toml").unlink()

    with Engine.open(vault, env=env) as engine:
        assert "created" == engine.remember(Memory("x")).action


def test_a_huge_note_is_searched_in_its_first_mebibyte(engine, write_note):
    """It is found by its beginning, the status says so, and not one byte of it changes."""
    content = b"# Log\n\nlantern\n\n" + b"boring words\n\n" * 370_000 + b"anchor\n"
    file = write_note("huge.md", content)
    began = time.monotonic()

    assert ["huge.md"] == [hit.path for hit in engine.recall("lantern").hits]
    assert () == engine.recall("anchor").hits
    (problem,) = engine.status().problems
    assert ("huge.md", "5.2 MB: only the first 1 MiB is searched") == (problem.path, problem.problem)
    assert content == file.read_bytes()
    assert time.monotonic() - began < 30


@pytest.mark.parametrize("end", [(1 << 20) - 1, (1 << 20) - 2, 1 << 20])
def test_a_character_cut_by_the_limit_is_no_damage(engine, write_note, end):
    """The limit counts bytes; a note is not called damaged because a character stands across it."""
    write_note("huge.md", b"x " * (end // 2) + b"y" * (end % 2) + "⚓ and more".encode())

    (problem,) = engine.status().problems
    assert "only the first 1 MiB" in problem.problem


def test_a_folder_of_the_notes_name_is_not_replaced(engine, vault):
    """StorageFailed, the folder stays, the journal says that nothing happened."""
    (vault / "notes/berths.md").mkdir(parents=True)

    with pytest.raises(MemwellError):
        engine.remember(Memory("x", key="berths"))

    assert (vault / "notes/berths.md").is_dir()
    assert () == engine.status().journal_problems


@pytest.mark.parametrize("garbage", ["file", "folders", "read-only"])
def test_a_cache_that_can_not_be_used(vault, env, tmp_path, write_note, endpoint, garbage):
    """The index is a convenience: without a place to keep it, every question is answered all the same."""
    write_note("a.md", "lantern")
    with Engine.open(vault, env=env) as engine:
        cache = tmp_path / "cache" / engine.index_state().cache_dir.rpartition("/")[2]
    if garbage == "file":
        cache.parent.mkdir(exist_ok=True)
        subprocess.run(["rm", "-rf", cache], check=True)
        cache.write_text("garbage", "utf-8")
    elif garbage == "folders":
        for name in ("CURRENT", "lock", "generation-x/catalogue.json"):
            subprocess.run(["rm", "-rf", cache / name], check=True)
            (cache / name).mkdir(parents=True)
    else:
        env = env | {"MEMWELL_CACHE_DIR": "/proc/nowhere"}  # not even root may write there

    for embedder in ("none", endpoint.setting):
        with Engine.open(vault, env=env | {"MEMWELL_EMBEDDER": embedder}) as engine:
            assert ["a.md"] == [hit.path for hit in engine.recall("lantern").hits]
            assert "created" == engine.remember(Memory("x", key=f"after-{len(embedder)}")).action
            engine.build_index()


READ_ONLY = """
set -e
mount --bind "$1" "$1"
mount -o remount,ro,bind "$1"
shift
exec "$@"
"""


def on_a_read_only_disk(vault, env, *arguments):
    command = [
        "unshare",
        "-m",
        "sh",
        "-c",
        READ_ONLY,
        "sh",
        str(vault),
        sys.executable,
        "-m",
        "memwell_cli",
        *arguments,
    ]
    return subprocess.run(command, env=os.environ | env, capture_output=True, text=True, check=False)


def test_a_read_only_vault_is_read_and_a_write_is_refused(vault, env, write_note):
    """Searching works from a read-only disk; remembering ends with the exit code for "denied"."""
    write_note("a.md", "lantern")
    try:
        found = on_a_read_only_disk(vault, env, "recall", "lantern", "--json", "--vault", str(vault))
    except FileNotFoundError:
        pytest.skip("no unshare on this system")
    if "unshare" in found.stderr or "mount" in found.stderr:
        pytest.skip(f"no read-only mount here: {found.stderr.strip()}")

    assert (0, True) == (found.returncode, "a.md" in found.stdout)
    assert 0 == on_a_read_only_disk(vault, env, "status", "--vault", str(vault)).returncode
    refused = on_a_read_only_disk(vault, env, "remember", "x", "--vault", str(vault))
    assert (13, True) == (refused.returncode, "error:" in refused.stderr)


@pytest.mark.parametrize("before", ["", "plain text", "\t\r\n", "grün \U0001f600 "])
@pytest.mark.parametrize("bad", "\0\x08\x0b\x0e\x1f\x7f\x85\x9f\ud800\udfff", ids=ascii)
def test_what_no_text_holds_is_refused_wherever_it_stands(before, bad):
    """Behind plain text, behind other letters, at the beginning."""
    with pytest.raises(BadInput):
        draft(Memory(f"{before}{bad}x"))
    assert draft(Memory(f"{before}x")).body.endswith("x")
