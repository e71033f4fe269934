"""memini's tools. A memory is a note; what it says of itself are the note's properties."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

from mcp.server.mcpserver import Context
from pydantic import Field

from vault_engine.engine import (
    MAX_QUERY_CHARS,
    MAX_TEXT_BYTES,
    Memory,
    NoteParts,
    Scope,
    SetProperty,
    UnsetProperty,
)
from vault_engine.errors import NoteMissing
from vault_engine.server.mcp.compat.base import Compat, Found, Lines, MaybeShare, Need, Sha256, Word, filed_in, number
from vault_engine.server.mcp.compat.words import as_tags, as_theirs, changed_tags, split_links, with_links

Content = Annotated[str, Field(max_length=MAX_TEXT_BYTES)]
Limit = Annotated[int, Field(ge=1, le=100)]
Section = Annotated[int | None, Field(ge=0, le=100)]
Tier = Literal["working", "episodic", "semantic", "procedural"]
Tiers = Annotated[list[Tier] | None, Field(max_length=4)]
Moment = Annotated[str | None, Field(max_length=100)]
Seconds = Annotated[int | None, Field(ge=-1_000_000_000, le=1_000_000_000)]
Metadata = dict[str, Any]
Answer = dict[str, Any]

_CATEGORY = "memories"
_SHOWN_OF_SIMILAR = 200
_ALL_SCOPES = "full"


class Memini(Compat):
    """Its tools. The docstrings are what the agent reads."""

    def memory_remember(
        self,
        context: Context,
        content: Content,
        confidence: MaybeShare = None,
        id: Word = None,
        importance: MaybeShare = None,
        level: Word = None,
        metadata: Metadata | None = None,
        summary: Annotated[str | None, Field(max_length=2000)] = None,
        tags: Lines = None,
        tier: Tier | None = None,
        ttl_seconds: Seconds = None,
        valid_from: Moment = None,
        valid_to: Moment = None,
        visibility: Word = None,
        expected: Sha256 = None,
    ) -> Answer:
        """Remember something; the id of a memory updates it."""
        asked = self._asked(context, Scope.WRITE)
        known = self._note(id, asked) if id else None
        folder = asked.within.folder if asked.within else None
        category = filed_in(known) if known else folder or _CATEGORY
        similar = () if known else self._engine.alike(content, category, within=asked.within)
        memory = Memory(
            text=with_links(f"\n{content}", split_links(known.body)[1] if known else ""),
            category=category,
            key=known.key if known else None,
            id=id or None,
            expected=expected,
            importance=importance,
            tags=as_tags(tags or ()),
            properties=_stated(
                confidence=confidence,
                level=level,
                metadata=metadata,
                summary=summary,
                tier=tier,
                expires=_expiry(ttl_seconds),
                valid_from=valid_from,
                valid_to=valid_to,
                visibility=visibility,
            ),
        )
        done = self._engine.remember(memory, actor=asked.actor, within=asked.within)
        answer: Answer = {"id": done.id or done.path, "tier": tier, "stored": True, "hints": changed_tags(tags or ())}
        if done.inferred:
            answer["inferred"] = done.inferred
        if done.action == "unchanged":
            answer["reinforced"] = True
        like = next((note for one in similar if (note := self._note(one.path, asked))), None)
        if like and like.path != done.path:
            answer["merge_hint"] = {
                "similar_id": like.name,
                "similar_content": _content(like)[:_SHOWN_OF_SIMILAR],
                "score": next(one.similarity for one in similar if one.path == like.path),
                "tier": like.properties.get("tier"),
            }
        return answer

    def memory_recall(
        self,
        context: Context,
        query: Annotated[str, Field(max_length=MAX_QUERY_CHARS)],
        as_of: Moment = None,
        exclude_ids: Annotated[list[str] | None, Field(max_length=512)] = None,
        exclude_metadata: Metadata | None = None,
        include_fresh_turns: bool | None = None,
        include_handoffs: bool | None = None,
        levels: Lines = None,
        limit: Limit = 10,
        metadata: Metadata | None = None,
        min_rank_score: MaybeShare = None,
        query_rewrite: bool | None = None,
        response_format: Literal["concise", "detailed"] = "concise",
        scope: Literal["project", "full", "everywhere"] = "full",
        tags: Lines = None,
        tiers: Tiers = None,
    ) -> Answer:
        """Search the memories by words and by meaning."""
        del include_fresh_turns, query_rewrite  # there are no such turns, and nothing rewrites a question
        asked = self._asked(context)
        excluded = set(exclude_ids or ())
        passes = _filter(metadata, exclude_metadata, levels, tiers)

        def keeps(one: Found) -> bool:
            is_left_out = one.note.id in excluded or one.note.path in excluded
            is_handoff = include_handoffs is False and one.note.type == "handoff"
            return not is_left_out and not is_handoff and passes(one.note)

        is_filtered = bool(excluded or metadata or exclude_metadata or levels or tiers) or include_handoffs is False
        found = self._search(
            asked,
            query,
            limit,
            keeps if is_filtered else None,
            as_of=as_of,
            min_score=min_rank_score,
            tags=as_tags(tags or ()),
        )
        self._use((one.note for one in found), asked)
        results = [
            {"memory": _record(one.note, is_whole=response_format == "detailed"), "score": one.score, "from": "vault"}
            for one in found
        ]
        note = None if scope == _ALL_SCOPES else "the scope is what this server reaches, whatever is asked for"
        return {"results": results, "degraded": None, "note": note, "omitted": 0}

    def memory_briefing(
        self,
        context: Context,
        per_section: Annotated[int, Field(ge=0, le=100)] = 5,
        per_section_facts: Section = None,
        per_section_pinned: Section = None,
        per_section_procedures: Section = None,
        per_section_recent: Section = None,
        scope: Literal["project", "full", "everywhere"] = "full",
    ) -> Answer:
        """Give what to know at the start of a session."""
        del scope  # it is what this server reaches
        asked = self._asked(context)

        def section(wanted: int | None, **terms: Any) -> list[Answer]:
            most = per_section if wanted is None else wanted
            return [_record(one.note) for one in (self._newest(asked, most, **terms) if most else [])]

        return {
            "pinned": section(per_section_pinned, pinned=True),
            "facts": section(per_section_facts, tier="semantic"),
            "procedures": section(per_section_procedures, tier="procedural"),
            "recent": section(per_section_recent),
        }

    def memory_list(
        self,
        context: Context,
        limit: Limit = 20,
        offset: Annotated[int, Field(ge=0, le=1900)] = 0,
        tier: Tier | None = None,
        tags: Lines = None,
        include_expired: bool = False,
        include_superseded: bool = False,
    ) -> Answer:
        """List memories, those changed last first."""
        now = datetime.now(UTC)

        def keeps(one: Found) -> bool:
            is_over = not include_expired and _is_past(one.note.properties.get("expires"), now)
            return not is_over and (include_superseded or one.note.status != "deprecated")

        found = self._newest(self._asked(context), offset + limit + 1, keeps, tier=tier, tags=as_tags(tags or ()))
        shown = [_record(one.note) for one in found[offset : offset + limit]]
        return {"memories": shown, "limit": limit, "offset": offset, "has_more": len(found) > offset + limit}

    def memory_get(self, context: Context, id: Need) -> Answer:
        """Give one memory whole."""
        return _record(self._engine.parts(id, is_use=True, within=self._asked(context).within))

    def memory_history(self, context: Context, id: Need) -> list[Answer]:
        """List the versions of a memory, the newest first."""
        within = self._free(context).within
        past = self._engine.history(id, within=within)
        return [
            _record(self._engine.parts(past.path, line.entry, within=within))
            | {"version": line.entry, "at": line.at, "by": line.actor.name, "what": line.what}
            for line in past.versions
            if line.sha256 and line.kept
        ]

    def memory_update(
        self,
        context: Context,
        id: Need,
        content: Annotated[str | None, Field(max_length=MAX_TEXT_BYTES)] = None,
        confidence: MaybeShare = None,
        importance: MaybeShare = None,
        level: Word = None,
        metadata: Metadata | None = None,
        summary: Annotated[str | None, Field(max_length=2000)] = None,
        tags: Lines = None,
        tier: Tier | None = None,
        ttl_seconds: Seconds = None,
        valid_from: Moment = None,
        valid_to: Moment = None,
        visibility: Word = None,
        expected: Sha256 = None,
    ) -> Answer:
        """Change what is given of a memory; the rest keeps every byte."""
        asked = self._asked(context, Scope.WRITE)
        note = self._engine.parts(id, within=asked.within)
        stated = _stated(
            confidence=confidence,
            importance=importance,
            level=level,
            metadata=_merged(note.properties.get("metadata"), metadata),
            summary=summary,
            tags=list(as_tags(tags)) if tags is not None else None,
            tier=tier,
            expires=_expiry(ttl_seconds),
            valid_from=valid_from,
            valid_to=valid_to,
            visibility=visibility,
        )
        gone = [
            name
            for name, is_gone in (("metadata", stated.get("metadata") == {}), ("expires", (ttl_seconds or 0) < 0))
            if is_gone and name in note.properties
        ]
        stated = {name: value for name, value in stated.items() if value != {}} | dict.fromkeys(gone)
        if content is not None:
            memory = Memory(
                text=with_links(f"\n{content}", split_links(note.body)[1]),
                category=filed_in(note),
                key=note.key,
                expected=expected,
                properties=stated,
            )
            self._engine.remember(memory, actor=asked.actor, within=asked.within)
        elif stated:
            edits = [
                UnsetProperty(name) if value is None else SetProperty(name, value) for name, value in stated.items()
            ]
            self._engine.edit(note.path, *edits, expected=expected, actor=asked.actor, within=asked.within)
        return _record(self._engine.parts(note.path, within=asked.within))

    def memory_forget(self, context: Context, id: Need) -> Answer:
        """Archive a memory; a person can restore it."""
        asked = self._asked(context, Scope.WRITE)
        try:
            self._engine.forget(id, actor=asked.actor, within=asked.within)
        except NoteMissing:
            return {"deleted": False}
        return {"deleted": True}


def _record(note: NoteParts, *, is_whole: bool = True) -> Answer:
    stated = note.properties
    brief = {
        "id": note.name,
        "tier": stated.get("tier"),
        "content": _content(note),
        "summary": stated.get("summary"),
        "tags": list(note.tags),
        "importance": number(stated.get("importance"), 0.5),
        "created_at": stated.get("created"),
    }
    if not is_whole:
        return brief
    return brief | {
        "namespace": as_theirs(note.category),
        "metadata": stated.get("metadata") or {},
        "confidence": stated.get("confidence"),
        "level": stated.get("level"),
        "updated_at": stated.get("updated"),
        "expires_at": stated.get("expires"),
        "valid_from": stated.get("valid_from"),
        "valid_to": stated.get("valid_to"),
        "superseded_by": stated.get("superseded_by"),
        "pinned": note.pinned,
        "sha256": note.sha256,
    }


def _content(note: NoteParts) -> str:
    return split_links(note.body)[0]


def _stated(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _expiry(seconds: int | None) -> str | None:
    """Say when a time to live is over; None for one that never is."""
    if seconds is None or seconds < 0:
        return None
    over = datetime.now(UTC) + timedelta(seconds=seconds)
    return over.replace(tzinfo=None).isoformat(timespec="seconds")  # in UTC, as notes have it


def _merged(held: object, given: Metadata | None) -> Metadata | None:
    """Put metadata into what is held; null takes a key away. None: nothing was given."""
    if given is None:
        return None
    both = {**(held if isinstance(held, dict) else {}), **given}
    return {name: value for name, value in both.items() if value is not None}


def _filter(
    metadata: Metadata | None, without: Metadata | None, levels: list[str] | None, tiers: list[Tier] | None
) -> Callable[[NoteParts], bool]:
    """Make the filter that the search itself does not know."""

    def passes(note: NoteParts) -> bool:
        stated = note.properties
        held = stated.get("metadata")
        own = held if isinstance(held, dict) else {}
        return (
            all(own.get(name) == value for name, value in (metadata or {}).items())
            and not any(name in own and own[name] == value for name, value in (without or {}).items())
            and (not levels or stated.get("level") in levels)
            and (not tiers or stated.get("tier") in tiers)
        )

    return passes


def _is_past(moment: object, now: datetime) -> bool:
    if not isinstance(moment, str):
        return False
    try:
        read = datetime.fromisoformat(moment)
    except ValueError:
        return False
    return (read if read.tzinfo else read.replace(tzinfo=UTC)) <= now
