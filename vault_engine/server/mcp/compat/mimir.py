"""Mimir's tools about single entities: written, read, found. An entity is a note, its identity category and key."""

from typing import Annotated, Any, Literal

from mcp.server.mcpserver import Context
from pydantic import Field

from vault_engine.engine import MAX_QUERY_CHARS, MAX_TEXT_BYTES, AddLink, Faded, Memory, NoteParts, RemoveLink, Scope
from vault_engine.errors import NoteMissing, VersionMissing
from vault_engine.server.mcp.calling import Asked
from vault_engine.server.mcp.compat.base import (
    MODES,
    Compat,
    Found,
    Lines,
    MaybeShare,
    Need,
    Sha256,
    Share,
    Word,
    milliseconds,
    moment_of,
    number,
)
from vault_engine.server.mcp.compat.words import (
    BODY,
    LAYERS,
    as_category,
    as_key,
    as_tags,
    as_theirs,
    changed_tags,
    layer_of,
    read_body,
    shown,
    split_links,
    with_links,
    write_body,
)

Body = Annotated[str, Field(max_length=MAX_TEXT_BYTES, description="JSON")]
Layer = Literal["buffer", "working", "core", "episodic", "semantic", "world"]
Asking = Annotated[str, Field(max_length=MAX_QUERY_CHARS)]
Limit = Annotated[int, Field(ge=1, le=1000)]
Offset = Annotated[int, Field(ge=0, le=10_000)]
Answer = dict[str, Any]

_MOST_VERSIONS = 1000
_UNUSED = ("expansion", "content_weight", "trust_weight", "recency_half_life_secs")


def ref_of(category: str, key: str) -> str:
    """Name the note of a category and key."""
    return f"{as_category(category)}/{as_key(key)}"


def raw_of(note: NoteParts) -> str:
    """Give the body of a note as JSON."""
    return read_body(split_links(note.body)[0], note.properties.get(BODY))


def entity(note: NoteParts, faded: Faded | None = None) -> Answer:
    """Show a note as an entity."""
    stated = note.properties
    return {
        "id": note.name,
        "category": as_theirs(note.category),
        "key": as_theirs(note.key),
        "body_json": raw_of(note),
        "status": note.status or "active",
        "entity_type": note.type or "insight",
        "tags": list(note.tags),
        "decay_score": faded.decay if faded else None,
        "retrieval_count": faded.access_count if faded else None,
        "layer": layer_of(stated.get("tier")),
        "always_on": note.pinned,
        "certainty": number(stated.get("confidence"), 0.5),
        "importance": number(stated.get("importance"), 0.5),
        "verified": note.verified,
        "topic_path": stated.get("topic_path"),
        "agent_id": stated.get("agent_id"),
        "created_at_unix_ms": milliseconds(_text(stated.get("created"))),
        "sha256": note.sha256,
    }


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


class MimirNotes(Compat):
    """Its tools about entities. The docstrings are what the agent reads."""

    def mimir_remember(
        self,
        context: Context,
        category: Need,
        key: Need,
        body_json: Body,
        status: Word = None,
        type: Word = None,
        tags: Lines = None,
        importance: MaybeShare = None,
        topic_path: Word = None,
        workspace_hash: Word = None,
        agent_id: Word = None,
        recall_when: Lines = None,
        always_on: bool | None = None,
        certainty: MaybeShare = None,
        visibility: Word = None,
        layer: Layer | None = None,
        expected: Sha256 = None,
    ) -> Answer:
        """Store an entity, or update the one of the same category and key."""
        asked = self._in(context, workspace_hash, Scope.WRITE)
        known = self._own(ref_of(category, key), asked)
        body = write_body(body_json)
        stated = {
            "status": status,
            "topic_path": topic_path,
            "agent_id": agent_id,
            "visibility": visibility,
            "confidence": certainty,
            "tier": LAYERS[layer] if layer else None,
        }
        memory = Memory(
            text=with_links(f"\n{body.text}", split_links(known.body)[1] if known else ""),
            category=as_category(category),
            key=as_key(key),
            type=type or (None if known else "insight"),
            tags=as_tags(tags or ()),
            importance=importance,
            pinned=always_on,
            recall_when=tuple(recall_when or ()),
            expected=expected or None,
            on_similar="hint",
            properties={name: value for name, value in stated.items() if value not in (None, "")}
            | {BODY: body.template},
        )
        done = self._engine.remember(memory, actor=asked.actor, within=asked.within)
        return {
            "id": done.id or done.path,
            "action": done.action,
            "category": category,
            "key": key,
            "sha256": done.sha256,
            "hints": [*done.hints, *changed_tags(tags or ())],
        }

    def mimir_get_entity(self, context: Context, id: Need) -> Answer:
        """Give one entity whole."""
        note = self._engine.parts(id, is_use=True, within=self._asked(context).within)
        return entity(note, self._fading([note]).get(note.path))

    def mimir_recall(
        self,
        context: Context,
        query: Asking,
        category: Word = None,
        type: Word = None,
        limit: Limit = 10,
        offset: Offset = 0,
        min_decay: Share = 0.0,
        topic_path: Word = None,
        mode: Literal["fts5", "dense", "hybrid"] = "hybrid",
        include_archived: bool = False,
        include_confidence: bool = False,
        expansion: dict[str, Any] | None = None,
        preview_cap: Annotated[int | None, Field(ge=1)] = None,
        content_weight: float | None = None,
        trust_weight: float | None = None,
        diversity_halving: Share = 1.0,
        recency_half_life_secs: float | None = None,
        workspace_hash: Word = None,
        agent_id: Word = None,
        layer: Layer | None = None,
    ) -> Answer:
        """Search the entities by words and by meaning."""
        asked = self._in(context, workspace_hash)
        wanted = {"topic_path": topic_path, "agent_id": agent_id}
        stated = {name: value for name, value in wanted.items() if value}

        def keeps(one: Found) -> bool:
            return (
                all(one.note.properties.get(name) == value for name, value in stated.items())
                and (layer is None or layer_of(one.note.properties.get("tier")) == layer_of(LAYERS[layer]))
                and (not min_decay or self._fading([one.note])[one.note.path].decay >= min_decay)
            )

        terms = {
            "mode": MODES[mode],
            "category": as_category(category) if category else None,
            "type": type or None,
            "diverse": diversity_halving < 1,
        }
        is_filtered = bool(stated or layer or min_decay)
        if query.strip():
            found = self._search(asked, query, offset + limit, keeps if is_filtered else None, **terms)
        else:
            found = self._newest(asked, offset + limit, keeps, category=terms["category"], type=terms["type"])
        found = found[offset:]
        self._use((one.note for one in found), asked)
        answer = self._items(found)
        for item, one in zip(answer["items"], found, strict=True):
            if include_confidence:
                trust = 1.0 if one.note.verified else item["certainty"]
                item["confidence"] = round(0.5 * one.score + 0.3 * trust + 0.2 * item["decay_score"], 3)
            if preview_cap and len(item["body_json"]) > preview_cap:
                item["body_json"] = f"{item['body_json'][:preview_cap]}… use mimir_get_entity({item['id']!r})"
        given = {
            "expansion": expansion,
            "content_weight": content_weight,
            "trust_weight": trust_weight,
            "recency_half_life_secs": recency_half_life_secs,
        }
        hints = [f"{name} has no effect here" for name in _UNUSED if given[name]]
        return answer | {"hints": [*hints, *(["what was forgotten is not searched"] if include_archived else [])]}

    def mimir_recall_layer(self, context: Context, layer: Layer, limit: Limit = 10) -> Answer:
        """List the entities of a layer, those changed last first."""
        asked = self._asked(context)
        wanted = layer_of(LAYERS[layer])
        found = self._newest(asked, limit, lambda one: layer_of(one.note.properties.get("tier")) == wanted)
        self._use((one.note for one in found), asked)
        return self._items(found)

    def mimir_semantic_search(
        self,
        context: Context,
        query: Asking,
        limit: Limit = 10,
        category: Word = None,
        workspace_hash: Word = None,
        agent_id: Word = None,
    ) -> Answer:
        """Search by meaning alone."""
        asked = self._in(context, workspace_hash)

        def keeps(one: Found) -> bool:
            return one.note.properties.get("agent_id") == agent_id

        return self._items(
            self._search(
                asked,
                query,
                limit,
                keeps if agent_id else None,
                mode=MODES["dense"],
                category=as_category(category) if category else None,
            )
        )

    def mimir_recall_when(
        self, ctx: Context, context: Asking, limit: Annotated[int, Field(ge=1, le=100)] = 10
    ) -> Answer:
        """List the entities that matter in a situation."""
        notes = self._engine.situated(context, limit=limit, within=self._asked(ctx).within)
        found = self._items([Found(None, note) for note in notes])
        return {"items": found["items"], "total": found["total"], "context": context}

    def mimir_history(self, context: Context, category: Need, key: Need, limit: Limit = 20) -> list[Answer]:
        """List the earlier versions of an entity, the newest first."""
        within = self._free(context).within
        try:
            past = self._engine.history(ref_of(category, key), limit=_MOST_VERSIONS, within=within)
        except NoteMissing:
            return []
        versions, until = list[Answer](), None
        for line in past.versions:
            if line.sha256 and line.kept and not line.current and until is not None:
                note = self._engine.parts(past.path, line.entry, within=within)
                times = {"recorded_at_unix_ms": milliseconds(line.at), "invalidated_at_unix_ms": until}
                versions.append(entity(note) | times | {"id": line.entry, "superseded_by": note.name})
            until = milliseconds(line.at)
        return versions[:limit]

    def mimir_as_of(self, context: Context, category: Need, key: Need, as_of_unix_ms: int) -> Answer:
        """Give an entity as it was known at a time."""
        within = self._free(context).within
        found = {"as_of_unix_ms": as_of_unix_ms, "category": category, "key": key}
        try:
            note = self._engine.parts(ref_of(category, key), moment_of(as_of_unix_ms), within=within)
        except (NoteMissing, VersionMissing):
            return {"found": False, "id": None, "body_json": None, "status": None, "entity_type": None} | found
        return {"found": True} | entity(note) | found

    def mimir_forget(self, context: Context, category: Need, key: Need, reason: Word = None) -> Answer:
        """Archive an entity; a person can restore it."""
        asked = self._asked(context, Scope.WRITE)
        ref, is_there = ref_of(category, key), True
        try:
            self._engine.forget(ref, reason=reason or "", actor=asked.actor, within=asked.within)
        except NoteMissing:
            is_there = False
        return {"found": is_there, "category": category, "key": key}

    def mimir_link(
        self, context: Context, from_category: Need, from_key: Need, to_id: Need, relationship: str = "related"
    ) -> Answer:
        """Add a typed link from one entity to another."""
        asked = self._asked(context, Scope.WRITE)
        source, target = self._ends(from_category, from_key, to_id, asked)
        edit = AddLink(target.path.removesuffix(".md"), relationship)
        self._engine.edit(source.path, edit, actor=asked.actor, within=asked.within)
        return {"success": True, "from": source.name, "to": target.name, "relationship": relationship}

    def mimir_unlink(self, context: Context, from_category: Need, from_key: Need, to_id: Need) -> Answer:
        """Remove the typed links from one entity to another."""
        asked = self._asked(context, Scope.WRITE)
        source, target = self._ends(from_category, from_key, to_id, asked)
        links = self._engine.links(source.path, within=asked.within).links
        written = {(one.target, one.relation) for one in links if one.path == target.path and one.relation}
        edits = [RemoveLink(name, relation) for name, relation in sorted(written)]
        if edits:
            self._engine.edit(source.path, *edits, actor=asked.actor, within=asked.within)
        return {"success": bool(edits), "from": source.name, "to": target.name}

    def _ends(self, category: str, key: str, to_id: str, asked: Asked) -> tuple[NoteParts, NoteParts]:
        within = asked.within
        return self._engine.parts(ref_of(category, key), within=within), self._engine.parts(to_id, within=within)

    def _items(self, found: list[Found]) -> Answer:
        fading = self._fading(one.note for one in found)
        items = [
            shown(raw_of(one.note)) | entity(one.note, fading.get(one.note.path)) | {"score": one.score}
            for one in found
        ]
        return {"items": items, "total": len(items), "variants": []}
