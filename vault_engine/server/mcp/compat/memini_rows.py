"""memini's tools, and what each is here. Pure."""

from vault_engine.server.mcp.compat.table import System, row

_FIELDS = (
    "importance:num, level:str, metadata:obj, summary:str, tags:list, tier:str, ttl_seconds:int,"
    " valid_from:str, valid_to:str, visibility:str, +expected:str"
)

MEMINI = System(
    "memini",
    "memini",
    (
        "A memory is a note in the folder `memories`; what it says of itself are the note's properties,"
        " `metadata` one of"
        " them.",
        "A namespace is a [workspace](workspaces.md): `--workspace auto` takes the project's.",
        "Ids are those of the notes, whole; a new memory may bring its own.",
        "Nothing is too short to be kept, and a tier is written only where it is given.",
    ),
    (
        row(
            "memory_remember",
            f"content*:str, confidence:num, id:str, {_FIELDS}",
            "id tier stored hints",
            "`remember`",
            "What is much like another memory is written, and `merge_hint` names that. The same text again is"
            " `reinforced`. An `id` that there is is updated; what a person has edited only with `expected`. No"
            " secret is"
            " taken out: do not store any.",
            does="writes",
        ),
        row(
            "memory_recall",
            "query*:str, as_of:str, exclude_ids:list, exclude_metadata:obj, include_fresh_turns:bool,"
            " include_handoffs:bool, levels:list, limit:int=10, metadata:obj, min_rank_score:num, query_rewrite:bool,"
            " response_format:str=concise, scope:str=full, tags:list, tiers:list",
            "results degraded note omitted",
            "`recall`",
            "`scope` is what the server reaches: its workspace and the notes of none. `include_fresh_turns` and"
            " `query_rewrite` have no effect. Of filters by metadata, level and tier the first 2,000 hits are"
            " looked at.",
        ),
        row(
            "memory_answer",
            "query*:str, limit:int=10, reasoning_level:str",
            "answer sources",
            "`recall`; the agent answers itself",
            "It needs a language model, which Memwell does not have.",
            "later",
        ),
        row(
            "memory_briefing",
            "per_section:int=5, per_section_facts:int, per_section_pinned:int, per_section_procedures:int,"
            " per_section_recent:int, scope:str=full",
            "pinned facts procedures recent",
            "`context`",
            "Facts are notes of the tier semantic, procedures of the tier procedural.",
        ),
        row(
            "memory_list",
            "limit:int=20, offset:int=0, tier:str, tags:list, include_expired:bool=false,"
            " include_superseded:bool=false",
            "memories limit offset has_more",
            "`list_notes`",
            "Those changed last come first.",
        ),
        row(
            "memory_get",
            "id*:str",
            "id content tags metadata tier",
            "`read_note`",
            "The whole id, a path or a name; the beginning of an id is none.",
        ),
        row("memory_history", "id*:str", "list", "`note_history`, `note_at`"),
        row(
            "memory_update",
            f"id*:str, content:str, confidence:num, {_FIELDS}",
            "id content tags metadata tier",
            "`edit_note`",
            "Only what is given changes. Tags are replaced, `metadata` is merged, and `null` in it deletes a"
            " key. What a"
            " person has edited gets other text only with `expected`.",
            does="writes",
        ),
        row(
            "memory_forget",
            "id*:str",
            "deleted",
            "`forget`",
            "It goes into the archive, from where a person can restore it.",
            does="archives",
        ),
    ),
)
