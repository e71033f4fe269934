"""Counting how often notes are used: by several processes at once, whatever a crash leaves of the file."""

import os
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vault_engine.journal import counters as module
from vault_engine.journal.counters import Access, Counters, access_of, name_of

A_DAY_US = 86_400_000_000
COUNTING = """
import sys
from pathlib import Path
from vault_engine.journal.counters import Counters
counters = Counters(Path(sys.argv[1]))
for number in range(int(sys.argv[2])):
    counters.used(["a.md", sys.argv[3]], number)
    print(number, flush=True)
"""


@pytest.fixture
def counters(tmp_path):
    """The counters of a vault that has none yet."""
    return Counters(tmp_path / "local")


def file_of(folder):
    return folder / "local" / "counters.log"


def counting(folder, times, name):
    """Start a process that counts uses of ``a.md`` and another note, and says so each time."""
    arguments = [sys.executable, "-c", COUNTING, str(folder / "local"), str(times), name]
    return subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True)


def test_what_was_never_used_has_no_count(counters, tmp_path):
    """Looking makes no file."""
    assert ({}, {}) == counters.load()
    counters.used([], 1)
    assert not file_of(tmp_path).exists()


def test_each_use_counts_and_the_last_is_remembered(counters, tmp_path):
    """Another process sees the same at once."""
    counters.used(["a.md", "b.md"], 2 * A_DAY_US)
    counters.used(["a.md"], A_DAY_US)

    for one in (counters, Counters(tmp_path / "local")):
        assert {"a.md": Access(2, 2 * A_DAY_US), "b.md": Access(1, 2 * A_DAY_US)} == one.load().accesses


def test_processes_count_at_once(counters, tmp_path, quick_disk):
    """No use is lost, even while the file is made compact."""
    processes = [counting(tmp_path, 200, f"{number}.md") for number in range(4)]
    while any(process.poll() is None for process in processes):
        with counters._lock.held():
            counters._compact()
        for process in processes:
            process.stdout.readline()

    assert 800 == counters.load().accesses["a.md"].times
    assert {200} == {counters.load().accesses[f"{number}.md"].times for number in range(4)}


def test_a_use_that_was_counted_outlives_its_process(counters, tmp_path):
    """A process that is killed takes no use with it that it had counted."""
    process = counting(tmp_path, 10**9, "b.md")
    said = [process.stdout.readline() for _ in range(50)]
    process.kill()
    process.wait()

    assert 50 == len(said) <= counters.load().accesses["b.md"].times


@settings(deadline=None)  # a disk may be slow
@given(cut=st.integers(0, 1000), junk=st.binary(max_size=40))
def test_a_torn_file_costs_only_what_was_torn(tmp_path_factory, cut, junk):
    """What is counted after it counts; what stands before it does too."""
    folder = tmp_path_factory.mktemp("torn")
    counters = Counters(folder / "local")
    counters.used(["a.md"], 1)
    whole = file_of(folder).stat().st_size
    counters.used(["a.md"], 2)
    data = file_of(folder).read_bytes()
    torn = data[: whole + cut % (len(data) - whole - 1)]  # without the line's last bracket
    file_of(folder).write_bytes(torn + junk.translate(None, b"[]"))

    counters.used(["b.md"], 3)

    assert {"a.md": Access(1, 1), "b.md": Access(1, 3)} == Counters(folder / "local").load().accesses


@settings(deadline=None)  # a disk may be slow
@given(st.binary(max_size=200) | st.lists(st.text('[]"+>@,0123456789ae.-', max_size=30)).map("\n".join))
def test_whatever_the_file_holds_it_can_be_read_and_counted_into(tmp_path_factory, data):
    """Nothing in it is trusted."""
    folder = tmp_path_factory.mktemp("any")
    file_of(folder).parent.mkdir()
    file_of(folder).write_bytes(data if isinstance(data, bytes) else data.encode())
    counters = Counters(folder / "local")
    before = counters.load().accesses.get("a.md", Access()).times

    counters.used(["a.md"], 1)

    assert before + 1 == counters.load().accesses["a.md"].times


@pytest.mark.parametrize(
    "line",
    [
        '["+", 1, -5, "a.md"]',
        '["+", 1, 0, "a.md"]',
        '["+", -1, 1, "a.md"]',
        '["+", 1, 1, ""]',
        '["+", 1, 1, 7]',
        '["+", 1e3, 1, "a.md"]',
        '["+", 999999999999999999999, 1, "a.md"]',
        '["+", 1, 99999999999999, "a.md"]',
        '["@", 1, "a.md"]',
        '[">", "a.md"]',
        "[" * 100_000,
    ],
)
def test_a_line_that_makes_no_sense_says_nothing(counters, tmp_path, line):
    """No note gets a count that it can't have."""
    file_of(tmp_path).parent.mkdir()
    file_of(tmp_path).write_text(line)

    assert ({}, {}) == counters.load()


def test_a_file_that_is_no_file_stops_nobody(counters, tmp_path):
    """Nothing is counted then."""
    file_of(tmp_path).mkdir(parents=True)
    counters.used(["a.md"], 1)

    assert ({}, {}) == counters.load()


@pytest.mark.skipif(os.name == "nt" or os.getuid() == 0, reason="permissions stop nobody here")
def test_a_folder_that_may_not_be_written_stops_nobody(counters, tmp_path):
    """Nothing is counted then."""
    (tmp_path / "local").mkdir(mode=0o500)
    counters.used(["a.md"], 1)

    assert ({}, {}) == counters.load()


def test_counts_follow_a_note(counters):
    """From path to path; what was counted at the new path before was another note's."""
    counters.used(["a.md", "b.md", "b.md"], 1)
    counters.says_as_before("a.md", "ff", 7)
    counters.renamed(("a.md", "b.md"), ("b.md", "c.md"))

    assert ({"c.md": Access(1, 1)}, {"c.md": {"ff": 7}}) == counters.load()


def test_a_note_that_gets_an_identity_keeps_its_counts(counters):
    """Those of its path and of its identity are one note's."""
    counters.used([name_of("a.md", None)], 1)
    counters.used([name_of("a.md", "01A")], 2)

    assert Access(2, 2) == access_of(counters.load(), "a.md", "01A")
    assert Access(1, 2) == access_of(counters.load(), "moved.md", "01A")
    assert Access(1, 1) == access_of(counters.load(), "a.md", None)


def test_since_when_a_note_says_what_it_says_is_known_of_its_last_two_revisions(counters):
    """The one before counts as long as the write that follows may fail."""
    for number, sha256 in enumerate(("aa", "bb", "cc")):
        counters.says_as_before("a.md", sha256, number)

    assert {"a.md": {"bb": 1, "cc": 2}} == counters.load().said_before


@settings(deadline=None)  # a disk may be slow
@given(
    st.lists(
        st.tuples(st.sampled_from("+>@"), st.sampled_from("abc"), st.sampled_from("abc"), st.integers(0, 100)),
        max_size=20,
    )
)
def test_what_is_made_compact_says_the_same(tmp_path_factory, steps):
    """One line a note, whatever was counted and renamed before; and counting goes on behind it."""
    counters = Counters(tmp_path_factory.mktemp("compact") / "local")
    for kind, one, other, at in steps:
        if kind == "+":
            counters.used([one, other], at)
        elif kind == ">":
            counters.renamed((one, other))
        else:
            counters.says_as_before(one, other, at)
    before = counters.load()
    counters._compact()

    assert before == counters.load()
    counters.used(["a"], 1)
    assert before.accesses.get("a", Access()).times + 1 == counters.load().accesses["a"].times


def test_the_file_stays_small_whoever_looks(counters, tmp_path, monkeypatch):
    """Who looks at the counters makes them compact, and where nobody looks, who counts."""
    monkeypatch.setattr(module, "_WORTH_COMPACTING", 1000)
    for number in range(100):
        counters.used(["a.md"], number)
        counters.load()
    assert file_of(tmp_path).stat().st_size < 1200

    monkeypatch.setattr(module, "_TOO_MUCH", 2000)
    sizes = []
    for number in range(300):
        counters.used(["a.md"], number)
        sizes.append(file_of(tmp_path).stat().st_size)
    assert max(sizes) < 2200
    assert 400 == counters.load().accesses["a.md"].times


WRITTEN = st.sampled_from(
    (
        b'\n["+", 5, 1, "a.md"]\n',
        b'\n["+", 7, 2, "b.md", "a.md"]\n',
        b'\n[">", "a.md", "b.md"]\n',
        b'\n["+", 9',
        b', 1, "a.md"]\n',
        b'\n["@", 3, "a.md", "aa"]\n["@", 4, "a.md", "bb"]\n["@", 5, "a.md", "cc"]\n',
        b'\n["+", 1, 1, "c.md"]',
        b"\n",
        b"",
    )
)


@settings(max_examples=60, deadline=None)
@given(st.lists(WRITTEN, max_size=8), st.booleans())
def test_what_is_read_bit_by_bit_is_what_is_read_at_once(tmp_path_factory, written, replaced):
    """Whatever is cut short between two looks; what was given before stays as it was."""
    folder = tmp_path_factory.mktemp("counted")
    (folder / "local").mkdir()
    watching, given_before = Counters(folder / "local"), []
    for number, data in enumerate(written):
        with file_of(folder).open("ab") as file:
            file.write(data)
        if replaced and number == 3:
            file_of(folder).write_bytes(b'\n["+", 8, 4, "d.md"]\n')
        anew = Counters(folder / "local").load()
        assert anew == watching.load()
        given_before.append((watching.load(), anew))

    assert all(before == as_it_was for before, as_it_was in given_before)
