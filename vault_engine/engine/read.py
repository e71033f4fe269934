"""The verbs that answer. None of them changes a byte of a note."""

from typing import Any

from vault_engine.engine.find import find
from vault_engine.engine.results import Context, Hit, Listed, NoteLine, NoteView, RawNote, Recalled
from vault_engine.engine.session import Session
from vault_engine.engine.write import archived_paths
from vault_engine.errors import BadInput, MemwellError
from vault_engine.index.filters import PINNED
from vault_engine.index.record import Record, decode, describe
from vault_engine.note.invisible import invisible_marks
from vault_engine.search.excerpt import excerpt
from vault_engine.search.fuse import Scored
from vault_engine.search.query import Mode, Query
from vault_engine.search.run import did_you_mean, search
from vault_engine.vault.paths import is_within

EMBED_BEFORE_ANSWERING = 64  # chunks: about a second of work; a bigger backlog is the index build's or the server's
_CHARS_PER_TOKEN = 4
_MAX_BUDGET_TOKENS = 100_000
_CONTEXT_NOTES = 50


def recall(session: Session, query: Query) -> Recalled:
    """Search the vault as it is at this moment.

    Raises:
        BadInput: the query is empty or out of bounds.
        VaultMissing: the vault's folder is gone.
    """
    with session.guard:
        session.bring_in()
        index = session.index
        question = index.embeddings.question(query.text) if query.mode is not Mode.KEYWORD else None
        if question is not None:
            index.embed(limit=EMBED_BEFORE_ANSWERING)
        answer, view = search(index, query, question), index.view.within(query.within)
        return Recalled(
            mode=answer.mode,
            hits=tuple(_hit(session, scored, query.text) for scored in answer.hits),
            notes_searched=view.note_count,
            chunks_waiting=len(index.embeddings.waiting(view.distinct_keys)),
            degraded=answer.degraded,
            unused=answer.unused,
            did_you_mean=did_you_mean(index, query) if not answer.hits else None,
        )


def read(session: Session, ref: str, *, within: str | None = None) -> NoteView:
    """Give one whole note; given a folder, as if there were no notes but those ``within`` it.

    Raises:
        NoteMissing, NoteAmbiguous: ``ref`` does not mean one note.
        VaultDenied: the file may not be read.
    """
    with session.guard:
        session.bring_in()
        record = find(ref, session.index.records, within)
        data = session.vault.read(record.path)
        fresh = describe(record.path, data, session.index.rules).record
        graph = session.index.graph
        linked = graph.links_of(record, within)
        text = data.decode("utf-8", "replace")
        return NoteView(
            id=fresh.id,
            path=fresh.path,
            title=fresh.title,
            sha256=fresh.sha256,
            properties=dict(fresh.properties),
            tags=fresh.tags,
            links=linked.files,
            backlinks=tuple(path for path in graph.backlinks_of(fresh.path) if is_within(path, within)),
            unresolved=linked.unresolved,
            problem=fresh.problem,
            invisible=invisible_marks(text),
            text=text,
        )


def raw(session: Session, ref: str) -> RawNote:
    """Give the bytes of a note as they are. Raises as `read` does."""
    with session.guard:
        session.bring_in()
        record = find(ref, session.index.records)
        return RawNote(record.path, session.vault.read(record.path), record.problem)


def list_notes(
    session: Session,
    *,
    category: str | None = None,
    type: str | None = None,
    tags: tuple[str, ...] = (),
    limit: int = 1000,
    archived: bool = False,
) -> Listed:
    """List notes by path, those that pass every filter given.

    Raises:
        BadInput: the limit is not positive.
    """
    if limit < 1:
        raise BadInput(f"limit {limit} is not positive")
    with session.guard:
        session.refresh()
        wanted = Query("*", category=category, type=type, tags=tags)
        if archived:
            archive = sorted(_archived_lines(session), key=lambda line: line[0].path)
            lines = [_line(record, name) for record, name in archive if wanted.allows(record)]
            return Listed(tuple(lines[:limit]), len(lines))
        records = session.index.records
        found = records.selected(wanted.filters)
        return Listed(tuple(_line(records[path], None) for path in found[:limit]), len(found))


def context(session: Session, query: str | None, *, budget_tokens: int = 2000, within: str | None = None) -> Context:
    """Put together what an agent should know: pinned notes, then what answers the query or changed last.

    Given a folder, as if there were no notes but those ``within`` it.

    Raises:
        BadInput: the budget is not between 1 and 100,000 tokens.
    """
    if not 1 <= budget_tokens <= _MAX_BUDGET_TOKENS:
        raise BadInput(f"a budget of {budget_tokens} tokens is not between 1 and {_MAX_BUDGET_TOKENS}")
    with session.guard:
        session.refresh()
        records = session.index.records
        shown = {
            path: _opening(session, records[path]) for path in records.having(PINNED, "true") if is_within(path, within)
        }
        mode: Mode | None = None
        if query is None:
            for path in _newest(session, within):
                shown.setdefault(path, _opening(session, records[path]))
        else:
            answer = recall(session, Query(query, limit=_CONTEXT_NOTES, within=within))
            mode = answer.mode
            for hit in answer.hits:
                shown.setdefault(hit.path, hit.excerpt)
        lines, paths = _within_budget(session, shown, budget_tokens)
        markdown = "\n".join(lines)
        return Context(markdown, paths, -(-len(markdown) // _CHARS_PER_TOKEN), mode)


def _newest(session: Session, within: str | None) -> list[str]:
    records = session.index.records
    newest = records.newest(_CONTEXT_NOTES if within is None else len(records))
    return [path for path in newest if is_within(path, within)][:_CONTEXT_NOTES]


def _hit(session: Session, scored: Scored, query: str) -> Hit:
    record = session.index.records[scored.path]
    chunk = record.chunks[session.index.view.owner(scored.row).ordinal]
    analyser = session.index.analyser
    text = _without_heading(_text_of(session, record)[chunk.start : chunk.end])
    return Hit(
        id=record.id,
        path=record.path,
        title=record.title,
        score=round(min(scored.score, 1.0), 4),
        excerpt=excerpt(text, analyser.counts(query), analyser),
        heading=chunk.headings[-1] if chunk.headings else None,
        category=record.category,
        type=record.type,
        status=record.status,
        tags=record.tags,
        updated=_updated(record),
    )


def _without_heading(text: str) -> str:
    """Leave out the heading a chunk begins with: a hit shows it on its own."""
    first, _, rest = text.lstrip().partition("\n")
    return rest if first.startswith("#") and rest.strip() else text


def _text_of(session: Session, record: Record) -> str:
    """Read a note for showing a part of it; "" if it went away since it was found."""
    try:
        return decode(session.vault.read(record.path))[0]
    except MemwellError:
        return ""


def _opening(session: Session, record: Record) -> str:
    """Give the beginning of a note's body."""
    start = record.chunks[0].start if record.chunks else 0
    text = _without_heading(_text_of(session, record)[start : start + 2000])
    return excerpt(text, (), session.index.analyser)


def _line(record: Record, archived: str | None) -> NoteLine:
    return NoteLine(
        id=record.id,
        path=record.path,
        title=record.title,
        category=record.category,
        type=record.type,
        status=record.status,
        tags=record.tags,
        updated=_updated(record),
        size=record.size,
        archived=archived,
    )


def _updated(record: Record) -> str | None:
    """Say when a note was last changed, as the note itself has it."""
    stated: Any = record.properties.get("updated") or record.properties.get("created")
    return stated if isinstance(stated, str) else None


def _archived_lines(session: Session) -> list[tuple[Record, str | None]]:
    return [
        (describe(path, session.vault.read_archived(name), session.index.rules).record, name)
        for name, path in archived_paths(session).items()
    ]


def _within_budget(session: Session, shown: dict[str, str], budget_tokens: int) -> tuple[list[str], tuple[str, ...]]:
    """Write a line a note until the budget is spent."""
    left = budget_tokens * _CHARS_PER_TOKEN
    lines: list[str] = []
    paths: list[str] = []
    for path, opening in shown.items():
        title = session.index.records[path].title
        line = f"- [[{path.removesuffix('.md')}|{title}]]: {opening}"
        if len(line) + 1 > left:
            break
        left -= len(line) + 1
        lines.append(line)
        paths.append(path)
    return lines, tuple(paths)
