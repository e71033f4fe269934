"""`bench.index`: the notes, what is asked about them, the verdicts, and a run of everything with 30 notes."""

import hashlib
import json
import re
import shutil
from collections import Counter
from dataclasses import replace
from itertools import islice
from types import SimpleNamespace

import pytest

from bench import index, together
from bench.index_tables import alone_result, exponents, ratios, remark, size_tables
from bench.peers import ours
from bench.peers.inside import random_embedder
from bench.peers.job import Job, found_after_ms, notes_of
from bench.peers.job import NotRun as NotMeasured
from bench.peers.questions import LENGTHS, Question, Questions, make_questions, word_bands
from bench.peers.run import PEERS, PROGRAMS
from bench.peers.run import main as run_step
from bench.peers.vectors import matrix, vector_of
from bench.vault_maker import make_notes, path_of, rare_word, write_vault
from vault_engine import Engine, __version__

NOTES = 30


@pytest.fixture
def job(tmp_path):
    """A job about 30 notes, not begun."""
    write_vault(tmp_path / "vault", NOTES, lengths=LENGTHS)
    make_questions(NOTES, 8).save(tmp_path / "questions.json")
    (tmp_path / "own").mkdir()
    return Job(
        tmp_path / "vault", tmp_path / "own", tmp_path / "questions.json", NOTES, NOTES, 1, 1, 0, tmp_path / "cache"
    )


def test_the_notes_are_the_same_on_every_machine():
    """Nothing but the arguments decides what a note holds."""
    digest = hashlib.sha256("".join(path + text for path, text in make_notes(50, lengths=LENGTHS)).encode())

    assert "cd0857afea09e945e2a9f2685d3684d2e6b10ab7ff76288102dcac1fed10b0b7" == digest.hexdigest()


def test_a_note_is_as_long_as_asked_and_alone_has_its_rare_word():
    """150 to 300 words, headings and the rare word apart."""
    texts = [text for _, text in make_notes(50, lengths=LENGTHS)]
    lengths = [
        len(re.findall(r"\b[a-z]{6}\b", re.sub(r"(?m)^#.*$|(?s:\A---.*?\n---\n)", "", text.lower()))) for text in texts
    ]

    assert LENGTHS[0] <= min(lengths)
    assert max(lengths) <= LENGTHS[1] + 1  # the word "nothing" has seven letters, a link none
    assert [[number] for number in range(50)] == [
        [at for at, text in enumerate(texts) if rare_word(number) in text] for number in range(50)
    ]


def test_links_make_hubs():
    """Some notes have many times the links that a note has on average."""
    linked = Counter(target for _, text in make_notes(1000) for target in re.findall(r"\[\[(.+?)\]\]", text))

    assert max(linked.values()) > 5 * linked.total() / 1000


def test_written_notes_are_read_as_peers_get_them(job):
    """Path, category, type, tags and body of each note."""
    notes = list(notes_of(job.vault))

    assert sorted(path_of(number) for number in range(NOTES)) == [note.path for note in notes]
    for note in notes:
        text = (job.vault / note.path).read_text("utf-8")
        assert note.path.startswith(f"{note.category}/")
        assert f"---\ntype: {note.type}\n" in text
        assert f"tags:\n  - {note.tags[0]}\n  - {note.tags[1]}\n---\n{note.text}" in text


def test_questions_are_the_same_each_time_and_survive_their_file(tmp_path):
    """Of one to eight words, with and without filters; rare words with the note that holds each."""
    questions = make_questions(100, 16)
    questions.save(tmp_path / "questions.json")

    assert questions == make_questions(100, 16) == Questions.load(tmp_path / "questions.json")
    assert [*range(1, 9)] * 2 == [len(question.text.split()) for question in questions.plain]
    assert all(question.category or question.type or question.tag for question in questions.filtered)
    assert all(rare_word(int(re.findall(r"note-(\d+)", path)[0])) == word for word, path in questions.rare)


def test_a_phrase_stands_in_a_note():
    """Its words are beside each other somewhere."""
    texts = [text.lower() for _, text in islice(make_notes(100, lengths=LENGTHS), 100)]

    assert [] == [q.text for q in make_questions(100, 1).phrases if not any(q.text in text for text in texts)]


def test_words_are_sorted_by_how_many_notes_hold_them():
    """More than a tenth, more than a hundredth, fewer; those of one note are left out."""
    texts = ["common between seldom"] * 2 + ["common between"] * 8 + ["common"] * 390 + ["other"] * 100 + ["once"]

    assert [["common", "other"], ["between"], ["seldom"]] == word_bands(texts)


def test_a_text_has_one_vector_of_length_1_near_its_cluster():
    """The same each time; any two are near each other or far apart."""
    vectors = matrix(100)
    cosines = vectors @ vectors[0]

    assert (vector_of("row 0") == vectors[0]).all()
    assert abs((vectors**2).sum(axis=1) - 1).max() < 1e-5
    assert not ((abs(cosines) > 0.3) & (cosines < 0.35)).any()


def test_growth_is_the_power_of_the_number_of_notes():
    """What doubles with the square of the notes grows by 2; what is 0 or there at one size only does not count."""
    sizes = {
        notes: [{"program": "a", "kind": "keyword", "cpu_s": notes**2 / 7, "zero_s": 0.0, "right": 3, "problem": "x"}]
        for notes in (10, 100, 1000)
    }
    sizes[10][0]["once_s"] = 1.0

    assert {"a (keyword)": {"cpu_s": 2.0}} == exponents(sizes)


def test_ratios_are_to_ours():
    """Figures that both have; ours being 0 or missing leaves them out."""
    assert {"p50_ms": 3.0} == ratios({"p50_ms": 6.0, "disk_mb": 1.0, "x": 2.0}, {"p50_ms": 2.0, "disk_mb": 0.0})


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"right": 20, "right_of": 20}, ""),
        ({"right": 19, "right_of": 20}, "WRONG: misses notes that hold a rare word; its times mean nothing"),
        ({"problem": "no network"}, "not run: no network"),
        ({"problem": "stopped after 1 min, in step 'build'"}, "stopped after 1 min, in step 'build'"),
    ],
    ids=["right", "wrong", "not run", "stopped"],
)
def test_the_table_says_what_a_row_is_worth(row, said):
    """A program that misses notes, could not run, or took too long, is named as that."""
    row = {"program": "a", "kind": "keyword"} | row

    assert said == remark(row)
    assert said in size_tables(10, [{"program": "memwell", "kind": "keyword"}, row])


def test_the_search_alone_is_a_row_of_its_own():
    """Taken from our figures; none where it could not be timed."""
    ours = {"program": "memwell", "kind": "keyword", "keyword_alone_p50_ms": 1.0, "vector_alone_p50_ms": 2.0}

    assert {"program": "memwell, search alone", "kind": "keyword", "keyword_p50_ms": 1.0} == alone_result(
        ours, "keyword"
    )
    assert {"program": "memwell, search alone", "kind": "vector", "vector_p50_ms": 2.0} == alone_result(ours, "vector")
    assert alone_result({"program": "memwell", "keyword_p50_ms": 1.0}, "keyword") is None


def test_an_edit_that_is_never_found_is_a_problem():
    """The wait for it ends."""
    with pytest.raises(NotMeasured, match="an edit was not found within 0 s"):
        found_after_ms(lambda: None, lambda: ["b.md"], "a.md", 0.0)


def test_a_program_that_takes_too_long_is_stopped(job):
    """It is ended, and the figures say so."""
    result = index._run("fts5", job, 0.0)

    assert {"program": "fts5", "kind": "keyword", "problem": "stopped after 0 min, in step 'build'"} == result


def test_a_program_that_fails_says_why(job):
    """The last line it wrote is the problem, and the next step is not tried."""
    result = index._run("fts5", replace(job, questions_file=job.folder / "none"), 60.0)

    assert result["problem"].startswith("ask: FileNotFoundError")
    assert result["build_cpu_s"] > 0


def test_what_is_not_installed_is_reported(job, monkeypatch):
    """Not an error: the other programs are measured all the same."""
    monkeypatch.setitem(__import__("sys").modules, "tantivy", None)
    job.save(job.folder / "job.json")

    assert 0 == run_step(["tantivy", "build", str(job.folder / "job.json")])
    assert {"problem": "not installed: pip install 'memwell[bench]'"} == job.reported()


def test_phrases_are_asked_as_soon_as_there_is_a_query_language():
    """By the parameter's name; without it, or where it takes no text in quotes, phrases are left out."""

    class Old:
        def recall(self, query, *, mode):
            raise AssertionError(query)

    class New:
        def recall(self, query, *, mode, query_syntax):
            return SimpleNamespace(hits=[SimpleNamespace(path=query)])

    class Other:
        def recall(self, query, *, mode, query_syntax):
            raise ValueError(query_syntax)

    phrase = Question("two words")
    assert ours._phrase(Old(), phrase) is None
    assert ours._phrase(Other(), phrase) is None
    assert ['"two words"'] == ours._phrase(New(), phrase)(phrase)


def test_an_index_that_does_not_follow_is_noticed(job, monkeypatch):
    """Answers after edits that differ from those of a fresh index are a problem."""
    ours.build(job)
    ours.churn(job)
    answers = iter(([[("a.md", 1.0)]], [[("a.md", 0.9)]]))
    monkeypatch.setattr(ours, "_scores", lambda *_: next(answers))
    shutil.rmtree(ours.vault_of(job))
    shutil.copytree(job.vault, ours.vault_of(job))
    Engine.create(ours.vault_of(job))

    with pytest.raises(NotMeasured, match="otherwise than a fresh one"):
        ours.churn(job)


def test_our_server_runs_where_another_is_asked_for():
    """Ours is always measured, from end to end only beside others."""
    assert ["memwell", "whoosh", "usearch"] == index.programs(["usearch", "whoosh"])
    assert ["memwell", "memwell-serve", "basic-memory"] == index.programs(["basic-memory"])
    assert [*PROGRAMS] == index.programs(PEERS)


def test_the_embedder_can_be_replaced():
    """Otherwise vectors are not measured: then the adapter is to be mended."""
    with random_embedder(str) as is_possible:
        assert is_possible


def test_a_run_gives_figures_of_everybody(tmp_path, capsys, monkeypatch):
    """30 notes, SQLite's and Whoosh's own index beside ours: every rare word finds its note, and nothing is missing."""
    file = tmp_path / "figures.json"
    monkeypatch.setattr(index, "RESULTS", tmp_path / "results")
    asked = ["--notes", str(NOTES), "--peers", "fts5,whoosh", "--questions", "8", "--repeats", "1"]

    assert 0 == index.main([*asked, "--folder", str(tmp_path), "--json", str(file), "--keep"])

    report = json.loads(file.read_text("utf-8"))
    kept = tmp_path / "results" / __version__ / f"index-{index.machine_name()}.json"
    assert report == json.loads(kept.read_text("utf-8"))
    results = report["sizes"][0]["results"]
    assert 1 == len({one["filtered_answered"] for one in results if one.get("right") == 20})  # their filters agree
    shown = capsys.readouterr().out
    assert ["memwell", "fts5", "whoosh"] == [one["program"] for one in results if one.get("right") == 20]
    assert [] == [one["problem"] for one in results if "problem" in one]
    figures = {"build_cpu_s", "disk_mb", "open_s", "keyword_p50_ms", "keyword_p95_ms", "filtered_p95_ms"}
    assert [set(), set(), set()] == [figures - set(one) for one in results if one.get("right") == 20]
    assert {"start_s", "edit_found_p50_ms", "remember_found_p95_ms", "vector_p50_ms"} <= set(results[0])
    assert all(f"\n{name}" in shown for name in ("memwell", "fts5", "whoosh", "start_s"))
    assert {"format", "version", "machine", "sizes", "exponents"} == set(report)


def test_questions_may_have_a_filter():
    """The parts of a question are named."""
    assert Question("a", category="b") == Question("a", "b", None, None)


def test_servers_a_command_line_and_a_person_agree(capsys):
    """For a moment, on a small vault."""
    assert 0 == together.main(["--seconds", "3", "--notes", "20"])
    assert "server 2" in capsys.readouterr().out
