"""mnemon's tools. A document is a note, its type the note's, its collection the category."""

from collections.abc import Iterable
from typing import Annotated, Any

from mcp.server.mcpserver import Context
from pydantic import Field

from vault_engine.engine import (
    MAX_QUERY_CHARS,
    MAX_TEXT_BYTES,
    Faded,
    Memory,
    NoteParts,
    Scope,
    SweepFilter,
    SweptNote,
    Trait,
)
from vault_engine.errors import BadInput
from vault_engine.server.mcp.calling import Asked, reporter
from vault_engine.server.mcp.compat.base import Compat, Found, Need, Word, number
from vault_engine.server.mcp.compat.words import as_category, as_key, as_theirs, split_links, with_links

Limit = Annotated[int, Field(ge=1, le=1000)]
Text = Annotated[str, Field(max_length=MAX_TEXT_BYTES)]
Title = Annotated[str, Field(max_length=500)]
Answer = dict[str, Any]

_DEFAULT_COLLECTION = "default"
_PROFILE_CLIENT = "mcp-profile"
_ALL_TOKENS = 100_000
_FADED = 0.5  # strength: what has come to its half-life


def content_of(note: NoteParts) -> str:
    """Give what a note says, without the heading that its title is."""
    return split_links(note.body)[0].removeprefix(f"# {note.title}\n").removeprefix("\n")


class Mnemon(Compat):
    """Its tools. The docstrings are what the agent reads."""

    def memory_search(
        self,
        context: Context,
        query: Annotated[str, Field(max_length=MAX_QUERY_CHARS)],
        limit: Limit = 10,
        content_type: Word = None,
    ) -> list[Answer]:
        """Search the memories by words and by meaning."""
        asked = self._asked(context)
        found = self._search(asked, query, limit, type=content_type or None).found
        self._use((one.note for one in found), asked)
        return self._documents(found)

    def memory_get(self, context: Context, id: Need) -> Answer:
        """Give one memory whole."""
        note = self._note(id, self._asked(context), is_use=True)
        return self._documents([Found(None, note)])[0] if note else {"error": "not_found", "id": id}

    def memory_timeline(self, context: Context, limit: Limit = 20, content_type: Word = None) -> list[Answer]:
        """List the memories that were changed last."""
        return self._documents(self._newest(self._asked(context), limit, type=content_type or None))

    def memory_related(self, context: Context, id: Need, limit: Limit = 10) -> list[Answer]:
        """List memories that share links, tags or meaning with one."""
        asked = self._free(context)
        within = asked.within
        direct = self._engine.neighbours(id, within=within)
        linked = {one.node.path: one.relation or "link" for one in direct.neighbours if one.node.path}
        like = {one.path: one.score for one in self._engine.related(direct.path, limit=limit, within=within).notes}
        answers = []
        for path in list(dict.fromkeys([*linked, *like]))[:limit]:
            if note := self._note(path, asked):
                relation = {"relation_type": linked.get(path, "similar"), "weight": like.get(path, 1.0)}
                answers.append(self._documents([Found(None, note)])[0] | relation)
        return answers

    def memory_save(
        self,
        context: Context,
        title: Title,
        content: Text,
        content_type: Annotated[str, Field(max_length=50)] = "note",
        collection: Annotated[str, Field(max_length=200)] = _DEFAULT_COLLECTION,
        source_client: Word = None,
        source_key: Word = None,
        correction_of: Word = None,
    ) -> str:
        """Save a memory; the same source_key updates it, correction_of puts it in the place of another."""
        asked = self._asked(context, Scope.WRITE)
        if correction_of:
            actor = self._whole(context, Scope.WRITE)
            old = self._engine.parts(correction_of)  # else nothing is saved
        title = _line(title)
        category = None if collection == _DEFAULT_COLLECTION else as_category(collection)
        known = self._keyed(category, source_key, asked)
        memory = Memory(
            text=with_links(f"# {title}\n\n{content}", split_links(known.body)[1] if known else ""),
            title=title,
            type=content_type,
            category=category,
            key=as_key(source_key) if source_key else None,
            source=source_client or None,
            on_similar="hint",
        )
        done = self._engine.remember(memory, actor=asked.actor, within=asked.within)
        said = [f'Saved memory #{done.id or done.path}: "{title}" [{content_type}]', *done.hints]
        if correction_of and old.path != done.path:
            replaced = self._engine.supersede(old.path, done.path, actor=actor)
            said.append(f"It is in the place of #{old.name}; entry {replaced.entry} takes that back.")
        return "\n".join(said)

    def _keyed(self, category: str | None, source_key: str | None, asked: Asked) -> NoteParts | None:
        return self._own(f"{category or 'notes'}/{as_key(source_key)}", asked) if source_key else None

    def memory_pin(self, context: Context, id: Need) -> str:
        """Have a memory at hand always."""
        return self._marked(context, id, "Pinned", pinned=True)

    def memory_promote(self, context: Context, id: Need) -> str:
        """Have a memory at hand always, as memory_pin does."""
        return self._marked(context, id, "Promoted", pinned=True)

    def memory_demote(self, context: Context, id: Need) -> str:
        """Have a memory at hand always no more."""
        return self._marked(context, id, "Demoted", pinned=False)

    def _marked(self, context: Context, id: str, done: str, *, pinned: bool) -> str:
        asked = self._asked(context, Scope.WRITE)
        note = self._note(id, asked)
        if note is None:
            return f"Memory #{id} was not found."
        self._engine.pin(note.path, pinned=pinned, actor=asked.actor, within=asked.within)
        return f"{done} memory #{note.name}."

    def profile_get(self, context: Context) -> Answer:
        """Give what is known of the person."""
        asked = self._asked(context)
        found = self._engine.profile(budget_tokens=_ALL_TOKENS, within=asked.within)

        def documents(traits: Iterable[Trait]) -> list[Answer]:
            return self._documents([Found(None, note) for one in traits if (note := self._note(one.path, asked))])

        return {
            "preferences": documents(found.preferences),
            "decisions": documents(found.decisions),
            "about": documents(found.about),
        }

    def profile_update(self, context: Context, title: Title, content: Text) -> str:
        """Save a preference of the person."""
        asked = self._asked(context, Scope.WRITE)
        title = _line(title)
        text = f"# {title}\n\n{content}"
        memory = Memory(text=text, title=title, source=_PROFILE_CLIENT, on_similar="hint")
        done = self._engine.update_profile(memory, actor=asked.actor, within=asked.within)
        return "\n".join([f'Saved memory #{done.id or done.path}: "{title}" [preference]', *done.hints])

    def memory_list_standing(self, context: Context) -> list[Answer]:
        """List the memories that are at hand always."""
        return self._documents(self._newest(self._asked(context), 1000, pinned=True))

    def memory_forget(self, context: Context, id: Need) -> str:
        """Archive a memory; a person can restore it."""
        asked = self._asked(context, Scope.WRITE)
        note = self._note(id, asked)
        if note is None:
            return f"Memory #{id} was not found."
        self._engine.forget(note.path, actor=asked.actor, within=asked.within)
        return f"Forgot memory #{note.name}."

    def memory_status(self, context: Context) -> Answer:
        """Say how many memories there are."""
        self._whole(context)
        status, stats = self._engine.status(), self._engine.stats()
        return {
            "total_documents": stats.notes,
            "total_vectors": status.index.chunks - status.index.chunks_waiting,
            "invalidated": stats.statuses.get("deprecated", 0) + status.archived,
            "pinned": stats.pinned,
            "by_type": [{"content_type": name, "count": count} for name, count in stats.types.items()],
            "vault_path": status.vault,
        }

    def memory_sweep(self, context: Context, dry_run: bool = True) -> Answer:
        """Archive the memories that have faded to half; a dry run only lists them."""
        actor = self._whole(context, Scope.READ if dry_run else Scope.WRITE)
        wanted = SweepFilter(below=_FADED)
        done = self._engine.sweep(wanted, actor=actor)
        known = {one.path: self._note(one.path, Asked(actor, None)) for one in done.archived}
        if not dry_run:
            done = self._engine.sweep(wanted, dry_run=False, actor=actor)
        candidates = [_candidate(one, known.get(one.path)) for one in done.archived]
        return {
            "archived": 0 if dry_run else len(done.archived),
            "candidates": candidates,
            "waiting": done.found - len(done.archived),
            "entry": done.entry,
        }

    def memory_rebuild(self, context: Context) -> str:
        """Make the index anew, vectors included."""
        self._whole(context, Scope.WRITE)
        report = reporter(context)
        built = self._engine.build_index(lambda _what, done, of: report(done, of), fresh=True)
        return f"Rebuilt the index of {built.index.notes} memories; {built.index.chunks_waiting} vectors are missing."

    def memory_check_contradictions(self, context: Context, id: Need, dry_run: bool = False) -> str:
        """Say what contradicts a memory; unless it is a dry run, the less certain or older one is superseded."""
        actor = self._whole(context, Scope.READ if dry_run else Scope.WRITE)
        note = self._engine.parts(id)
        found = self._engine.contradictions(note.category, limit=1000, by_rules=True).found
        lines = []
        for one in found:
            if note.path not in (one.old, one.new):
                continue
            line = f"{one.kind}: {one.old} and {one.new} ({one.why})"
            if one.undecided:
                line += f"; {one.undecided}"
            elif not dry_run:
                done = self._engine.supersede(one.old, one.new, reason=one.why, actor=actor)
                line += f"; {one.new} is in its place now, entry {done.entry} takes that back"
            lines.append(line)
        return "\n".join(lines) or f"Nothing contradicts memory #{note.name}."

    def _documents(self, found: list[Found]) -> list[Answer]:
        fading = self._fading(one.note for one in found)
        return [_document(one, fading.get(one.note.path)) for one in found]


def _line(title: str) -> str:
    """Give a title as one line. Raises BadInput: there is none."""
    line = " ".join(title.split())
    if not line:
        raise BadInput("a memory needs a title")
    return line


def _candidate(one: SweptNote, note: NoteParts | None) -> Answer:
    named = (note.name, note.title, note.type or "note") if note else (one.path, one.path, None)
    return {"id": named[0], "title": named[1], "content_type": named[2], "age_days": one.age_days}


def _document(one: Found, faded: Faded | None) -> Answer:
    note = one.note
    return {
        "doc_id": note.name,
        "title": note.title,
        "content": content_of(note),
        "content_type": note.type or "note",
        "collection": as_theirs(note.category),
        "confidence": number(note.properties.get("confidence"), faded.confidence if faded else 0.5),
        "composite_score": one.score,
        "vector_similarity": None,
        "created_at": note.properties.get("created"),
        "pinned": note.pinned,
        "access_count": faded.access_count if faded else 0,
    }
