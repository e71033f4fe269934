"""The verbs that look after a vault: making one, bringing its index up to date, saying how it is."""

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import starmap
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import vault_engine.engine as verbs
from vault_engine.config import CONFIG_FILE, MEMWELL_DIR
from vault_engine.engine.external import missing
from vault_engine.engine.reports import Built, Created, IndexChecked
from vault_engine.engine.resting import find_written_over
from vault_engine.engine.results import IndexState, Problem, Status
from vault_engine.engine.session import Session
from vault_engine.engine.write import archived_paths
from vault_engine.errors import BadInput
from vault_engine.index.filters import PROBLEM
from vault_engine.journal.store import Head
from vault_engine.sync.mounts import why_poll
from vault_engine.vault.files import explained, fsync_folder, make_folder, write_atomic
from vault_engine.vault.reach import Reach, Within, is_within
from vault_engine.vault.store import LOCAL
from vault_engine.vault.walk import LOGSEQ_FOLDER, walk

if TYPE_CHECKING:
    from vault_engine.engine import routine  # noqa: F401 - as `verbs.…`

Kind = Literal["plain", "obsidian", "logseq"]
Progress = Callable[[str, int, int], None]
"""Called with what is being done, how many are done and how many there are."""

_CONFIG = """\
# Settings of this Memwell vault. The environment overrides them: MEMWELL_EMBEDDER and so on.

# What turns notes into vectors for semantic search:
#   "packaged"                          the model that comes with Memwell, no network (default)
#   "none"                              keyword search only
#   "fastembed:BAAI/bge-small-en-v1.5"  a model fastembed knows and may download
#   "/path/to/folder"                   a local ONNX model: model.onnx, tokenizer.json, config.json
#   "http://localhost:11434/v1#MODEL"   an OpenAI-compatible endpoint; its key in MEMWELL_EMBEDDER_KEY
# embedder = "packaged"

# What looks at the best hits again:
#   "auto"                                  the packaged model, at turns of conversations (default)
#   "none"                                  nothing
#   "late"                                  the packaged model, at all notes
#   "/path/to/folder"                       a cross-encoder
#   "http://localhost:8080/v1#MODEL"        a server with /rerank; its key in MEMWELL_RERANKER_KEY
#   "chat:http://localhost:11434/v1#MODEL"  a chat model of an OpenAI-compatible server
# reranker = "auto"
# How large the vectors of words that "auto" and "late" keep in the cache folder may become.
# late_megabytes = 256

# What judges contradictions in the list of them, beside the rules:
#   "rules"                            nothing (default)
#   "/path/to/folder"                  an ONNX model for inference (NLI): model.onnx, tokenizer.json, config.json
#   "http://localhost:11434/v1#MODEL"  a chat model, OpenAI-compatible; its key in MEMWELL_CONTRADICTIONS_KEY
# contradictions = "rules"

# The notes' main language, for stop words and stemming: ar da de en es fi fr hu it nl no pt ro ru sv tr
# or "auto": what most of them are in when the index is made.
# language = "auto"

# What a word counts for, by where in a note it stands.
# boosts = { title = 2.0, aliases = 2.0, headings = 1.5, tags = 1.5, properties = 1.0, body = 1.0 }

# In how many days notes of a type that nobody uses fade to half, and how far those are relied on that don't say.
# half_lives = { note = 60, handoff = 30, decision = "never" }
# confidences = { note = 0.5, decision = 0.85 }

# Whether new notes that state no type or tier state what their text seems to be.
# infer = false

# How often a server grooms the vault: what `memwell lifecycle cohere --yes` does. "12h", "1d", "2w"
# groom_every = "never"

# Whose rules links, tags and properties follow: "obsidian" or "logseq". Without it, the folder's own settings say.
# profile = "obsidian"

# Whether a server relies on being told of changes: "events", or "polling": it looks by the clock; "auto": on network
# drives it polls. And how often it looks at all of the vault anyway, in seconds.
# watch = "auto"
# look_seconds = 60
# Seconds for which a page is left alone that somebody has changed in Logseq, which holds it in memory.
# rest_seconds = 3

# The workspace that is meant where none is named: then its notes and those of none are all there is.
# "auto": the project that the current folder belongs to.
# workspace = "auto"

# How much of the history `memwell journal prune` keeps: everything held within so many days (0: everything ever held),
# and of each note so many versions, however old.
# keep_days = 0
# keep_versions = 20
"""
_GITIGNORE = "local/\n"


def create_vault(path: str) -> Created:
    """Make a folder, new or full of notes, a vault. Adds ``.memwell`` and touches nothing else.

    Raises:
        BadInput: there is a file of that name.
        VaultDenied, StorageFailed: the folder can't be written.
    """
    if not path:
        raise BadInput("the folder's name is empty")
    folder = Path(path).expanduser()
    with explained(folder):
        if folder.exists() and not folder.is_dir():
            raise BadInput(f"{folder} is a file; a vault is a folder")
    own = folder / MEMWELL_DIR
    action: Literal["created", "unchanged"] = "unchanged" if own.is_dir() else "created"
    with explained(folder):
        make_folder(folder)
        own.mkdir(mode=0o700, exist_ok=True)
        for name, text in ((CONFIG_FILE, _CONFIG), (".gitignore", _GITIGNORE)):
            if not (own / name).exists():
                write_atomic(own / name, text.encode(), own / LOCAL / "tmp")
        fsync_folder(folder)
    root = folder.resolve()
    inside = next((str(parent) for parent in root.parents if (parent / MEMWELL_DIR).is_dir()), None)
    return Created(str(root), action, _kind_of(root), len(walk(root).notes), inside)


def build_index(session: Session, progress: Progress, *, fresh: bool = False) -> Built:
    """Bring catalogue, postings and embeddings up to date with the vault.

    Args:
        session: the open vault.
        progress: called as notes are read and chunks are embedded.
        fresh: start from nothing; embeddings of unchanged chunks are kept all the same.
    """
    with session.guard:
        if fresh:
            session.index.discard()
        done = session.refresh(lambda done, total: progress("reading notes", done, total))
        session.index.save()
        session.index.fold(session.guard)
        embedded = session.index.embed(progress=lambda done, total: progress("embedding", done, total))
        session.fill_token_vectors(progress=lambda done, total: progress("embedding words of turns", done, total))
        return Built(*done, embedded=embedded, index=index_state(session))


def check_index(session: Session, progress: Progress, *, repair: bool = False) -> IndexChecked:
    """Compare the index with one made anew from the notes; ``repair`` it where they differ.

    Raises:
        VaultDenied, StorageFailed: there is no room for another index beside it.
    """
    with session.guard:
        session.refresh()
        index = session.index
        found = index.check(time.time_ns(), lambda done, total: progress("reading notes", done, total))
        checked = IndexChecked(len(index.records), *found, repaired=False)
        if repair and not checked.is_right:
            index.discard()
            session.refresh(lambda done, total: progress("reading notes", done, total))
            index.save()
            index.embed(progress=lambda done, total: progress("embedding", done, total))
            checked = replace(checked, repaired=True)
        return checked


def status(session: Session, *, within: Within = None) -> Status:
    """Look at everything that its owner would want to know of a vault.

    To who does not reach everything only what concerns the notes ``within`` reach is told, and nothing of the machine.
    """
    with session.guard:
        if within is not None:
            return _status_within(session, within)
        session.refresh()
        index, journal = session.index, session.journal
        found = index.walk
        return Status(
            vault=str(session.config.root),
            notes=len(index.records),
            other_files=len(found.others),
            archived=len(session.vault.archived()),
            journal_entries=len(journal.entries()),
            journal_problems=tuple(journal_problems(session)),
            index=index_state(session),
            problems=(*_problems(session), *starmap(Problem, find_written_over(session).items())),
            conflict_copies=tuple(sorted(found.conflict_copies)),
            writable=os.access(session.config.root, os.W_OK) and os.access(session.config.memwell_dir, os.W_OK),
            exchanges=session.vault.exchanges(),
            polled=why_poll(session.config.root, session.config.watch),
            missing=len(missing(session)),
            grooming=verbs.routine.grooming(session) if session.config.groom_hours else None,
        )


def _status_within(session: Session, within: str | Reach) -> Status:
    session.refresh()
    index, found = session.index, session.index.walk
    view, links = index.view.within(within), index.graph.within(within).count_links()
    state = IndexState(
        notes=view.note_count,
        chunks=view.keywords.live_count,
        chunks_waiting=len(index.embeddings.waiting(view.distinct_keys)),
        links=links.to_files,
        unresolved_links=links.unresolved,
        ambiguous_links=links.ambiguous,
        embedder=index.embeddings.name,
        answering=index.embeddings.serving,
        embedder_problem=None,
        cache_dir="",
        cache_problem=None,
        rebuilt=(),
    )
    return Status(
        vault=str(within),
        notes=view.note_count,
        other_files=sum(is_within(path, within) for path in found.others),
        archived=sum(is_within(path, within) for path in archived_paths(session).values()),
        journal_entries=sum(is_within(entry.change.path, within) for entry in session.journal.entries()),
        journal_problems=(),
        index=state,
        problems=tuple(problem for problem in _problems(session) if is_within(problem.path, within)),
        conflict_copies=tuple(sorted(path for path in found.conflict_copies if is_within(path, within))),
        writable=os.access(session.config.root, os.W_OK) and os.access(session.config.memwell_dir, os.W_OK),
        exchanges=session.vault.exchanges(),
    )


def journal_problems(session: Session, known: Sequence[Head] = ()) -> list[Problem]:
    """List what is wrong with the journals of all devices; ``known`` are heads that they must still hold."""
    return [
        Problem(f"{MEMWELL_DIR}/journal/{damage.file}" + (f":{damage.line}" if damage.line else ""), damage.problem)
        for damage in session.journal.verify(known)
    ]


def index_state(session: Session) -> IndexState:
    """Say how far the index has followed the notes, as of the last look."""
    index = session.index
    links = index.graph.count_links()
    return IndexState(
        notes=len(index.records),
        chunks=index.view.keywords.live_count,
        chunks_waiting=index.waiting(),
        links=links.to_files,
        unresolved_links=links.unresolved,
        ambiguous_links=links.ambiguous,
        embedder=index.embeddings.name,
        answering=index.embeddings.serving,
        embedder_problem=index.embeddings.problem,
        cache_dir=str(session.config.cache_dir),
        cache_problem=index.cache_problem,
        rebuilt=tuple(index.rebuilt),
    )


def _problems(session: Session) -> tuple[Problem, ...]:
    index = session.index
    found = [Problem(path, f"can't be read: {reason}") for path, reason in index.unread.items()]
    found += [Problem(path, "can't be listed") for path in index.walk.unreadable]
    noted = (index.records[path] for path in index.records.having(PROBLEM, "true"))
    found += [Problem(record.path, record.problem) for record in noted if record.problem]
    return tuple(sorted(found, key=lambda problem: problem.path))


def _kind_of(root: Path) -> Kind:
    if (root / ".obsidian").is_dir():
        return "obsidian"
    if (root / LOGSEQ_FOLDER / "config.edn").is_file():
        return "logseq"
    return "plain"
