"""Keyword indexes of others on the notes' bodies: any of the words, BM25, English stemming; filters before ranking."""

import json
import re
import sqlite3
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from bench.machine import size_of
from bench.peers.job import LIMIT, Job, NotRun, Search, asked, built, notes_of
from bench.peers.questions import Question

_FIELDS = ("category", "type", "tag")
_INSTALL = "not installed: pip install 'memwell[bench]'"


def fts5_build(job: Job) -> None:
    """Build SQLite's: a table of columns beside a contentless full-text one, merged at the end."""

    def build() -> None:
        database = sqlite3.connect(job.folder / "fts5.db")
        database.executescript(
            "CREATE TABLE notes(id INTEGER PRIMARY KEY, path TEXT, category TEXT, type TEXT);"
            "CREATE TABLE tags(tag TEXT, id INTEGER, PRIMARY KEY (tag, id)) WITHOUT ROWID;"
            "CREATE VIRTUAL TABLE texts USING fts5(body, content='', tokenize='porter unicode61');"
        )
        with database:
            for number, note in enumerate(notes_of(job.vault)):
                database.execute("INSERT INTO notes VALUES(?, ?, ?, ?)", (number, note.path, note.category, note.type))
                database.executemany("INSERT INTO tags VALUES(?, ?)", ((tag, number) for tag in note.tags))
                database.execute("INSERT INTO texts(rowid, body) VALUES(?, ?)", (number, note.text))
            database.execute("INSERT INTO texts(texts) VALUES('optimize')")
        database.close()

    try:
        built(job, build, lambda: size_of(job.folder))
    except sqlite3.OperationalError as error:
        raise NotRun(f"SQLite {sqlite3.sqlite_version}: {error}") from error


def fts5_ask(job: Job) -> None:
    """Ask SQLite's."""
    job.report(version=sqlite3.sqlite_version)

    def open_index() -> tuple[Search, Search]:
        database = sqlite3.connect(job.folder / "fts5.db")

        def ask(match: str, question: Question) -> list[str]:
            where = {"category": "n.category = ?", "type": "n.type = ?"}
            where["tag"] = "EXISTS (SELECT 1 FROM tags WHERE tags.tag = ? AND tags.id = n.id)"
            wanted = {name: value for name in _FIELDS if (value := getattr(question, name))}
            filters = "".join(f" AND {where[name]}" for name in wanted)
            rows = database.execute(
                f"SELECT n.path FROM texts JOIN notes n ON n.id = texts.rowid WHERE texts MATCH ?{filters}"
                f" ORDER BY rank LIMIT {LIMIT}",
                (match, *wanted.values()),
            )
            return [path for (path,) in rows]

        def search(question: Question) -> list[str]:
            return ask(" OR ".join(f'"{word}"' for word in question.text.split()), question)

        return search, lambda question: ask(f'"{question.text}"', question)

    asked(job, open_index)


def whoosh_build(job: Job) -> None:
    """Build Whoosh's own."""
    from whoosh import fields, index
    from whoosh.analysis import StemmingAnalyzer

    schema = fields.Schema(
        path=fields.ID(stored=True),
        category=fields.ID,
        type=fields.ID,
        tag=fields.KEYWORD,
        body=fields.TEXT(analyzer=StemmingAnalyzer()),
    )

    def build() -> None:
        writer = index.create_in(str(_inner(job)), schema).writer(limitmb=256, procs=1)
        for note in notes_of(job.vault):
            tag = " ".join(note.tags)
            writer.add_document(path=note.path, category=note.category, type=note.type, tag=tag, body=note.text)
        writer.commit()

    built(job, build, lambda: size_of(_inner(job)))


def whoosh_ask(job: Job) -> None:
    """Ask Whoosh's own."""
    from whoosh import index, versionstring
    from whoosh.qparser import OrGroup, QueryParser
    from whoosh.query import And, Term

    job.report(version=versionstring())

    def open_index() -> tuple[Search, Search]:
        opened = index.open_dir(str(_inner(job)))
        searcher = opened.searcher()
        parser = QueryParser("body", opened.schema, group=OrGroup)

        def ask(text: str, question: Question) -> list[str]:
            terms = [Term(name, value) for name in _FIELDS if (value := getattr(question, name))]
            hits = searcher.search(parser.parse(text), limit=LIMIT, filter=And(terms) if terms else None)
            return [hit["path"] for hit in hits]

        return lambda question: ask(question.text, question), lambda question: ask(f'"{question.text}"', question)

    asked(job, open_index)


def tantivy_build(job: Job) -> None:
    """Build tantivy's, with one thread."""
    tantivy = _imported("tantivy")
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("path", stored=True, tokenizer_name="raw", index_option="basic")
    for name in _FIELDS:
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("body", tokenizer_name="en_stem", index_option="position")
    schema = builder.build()

    def build() -> None:
        index = tantivy.Index(schema, path=str(_inner(job)))
        writer = index.writer(heap_size=256_000_000, num_threads=1)
        for note in notes_of(job.vault):
            document = tantivy.Document(path=note.path, category=note.category, type=note.type, body=note.text)
            for tag in note.tags:
                document.add_text("tag", tag)
            writer.add_document(document)
        writer.commit()
        writer.wait_merging_threads()

    built(job, build, lambda: size_of(_inner(job)))


def tantivy_ask(job: Job) -> None:
    """Ask tantivy's."""
    tantivy = _imported("tantivy")
    job.report(version=version(tantivy.__name__))

    def open_index() -> tuple[Search, Search]:
        index = tantivy.Index.open(str(_inner(job)))
        searcher = index.searcher()

        def ask(text: str, question: Question) -> list[str]:
            query = index.parse_query(text, ["body"])
            wanted = [(name, value) for name in _FIELDS if (value := getattr(question, name))]
            if wanted:
                parts = [query, *(tantivy.Query.term_query(index.schema, name, value) for name, value in wanted)]
                query = tantivy.Query.boolean_query([(tantivy.Occur.Must, part) for part in parts])
            return [searcher.doc(address)["path"][0] for _, address in searcher.search(query, LIMIT).hits]

        return lambda question: ask(question.text, question), lambda question: ask(f'"{question.text}"', question)

    asked(job, open_index)


def bm25s_build(job: Job) -> None:
    """Build bm25s's: scores counted beforehand. It has no stemmer of its own."""
    bm25s = _imported("bm25s")

    def build() -> None:
        notes = list(notes_of(job.vault))
        tokens = bm25s.tokenize([note.text for note in notes], stopwords="en", show_progress=False)
        retriever = bm25s.BM25()
        retriever.index(tokens, show_progress=False)
        retriever.save(str(_inner(job)))
        columns = [[note.path, note.category, note.type, note.tags] for note in notes]
        (_inner(job) / "columns.json").write_text(json.dumps(columns), "utf-8")

    built(job, build, lambda: size_of(_inner(job)))


def bm25s_ask(job: Job) -> None:
    """Ask bm25s's; filters as arrays of zeros and ones."""
    bm25s = _imported("bm25s")
    job.report(version=bm25s.__version__)

    def open_index() -> tuple[Search, None]:
        retriever = bm25s.BM25.load(str(_inner(job)), mmap=True)
        columns = json.loads((_inner(job) / "columns.json").read_text("utf-8"))
        paths = [path for path, *_ in columns]
        masks, nobody = _masks(columns), np.zeros(len(columns), np.bool_)
        word = re.compile(r"\b\w\w+\b")

        def search(question: Question) -> list[str]:
            wanted = [masks.get((name, value), nobody) for name in _FIELDS if (value := getattr(question, name))]
            mask = np.logical_and.reduce(wanted).astype(np.float32) if wanted else None
            found, scores = retriever.retrieve(
                [[term for term in word.findall(question.text.lower()) if term in retriever.vocab_dict] or [""]],
                k=min(LIMIT, len(paths)),
                weight_mask=mask,
                show_progress=False,
            )
            return [paths[row] for row, score in zip(found[0], scores[0], strict=True) if score > 0]

        return search, None

    asked(job, open_index)


def _masks(columns: list[list[Any]]) -> dict[tuple[str, str], Any]:
    """Say by filter which notes pass it."""
    masks: dict[tuple[str, str], Any] = {}
    for row, (_, category, type, tags) in enumerate(columns):
        for key in (("category", category), ("type", type), *(("tag", tag) for tag in tags)):
            masks.setdefault(key, np.zeros(len(columns), np.bool_))[row] = True
    return masks


def _inner(job: Job) -> Path:
    """Give the folder that holds the index and nothing else."""
    folder = job.folder / "index"
    folder.mkdir(exist_ok=True)
    return folder


def _imported(name: str) -> Any:
    try:
        return __import__(name)
    except ImportError as error:
        raise NotRun(_INSTALL) from error
