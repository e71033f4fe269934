"""mnemon's tools, and what each is here. Pure."""

from vault_engine.server.mcp.compat.table import System, row

_DOCUMENT = "list"
_DASHBOARD = "It is for a dashboard of its own; people have `memwell graph export`."

MNEMON = System(
    "mnemon",
    "mnemon",
    (
        "A document is a note; its title is the heading, its content what follows, its type the note's `type`, its"
        " collection the category (`notes` for `default`).",
        "Ids are those of the notes, instead of numbers.",
        "A filter holds before anything is ranked, so a search by type finds as many as it is asked for.",
        "`confidence` is what the note states, else its type's, times how far it has faded; `vector_similarity`"
        " is null.",
    ),
    (
        row("memory_search", "query*:str, limit:int=10, content_type:str", _DOCUMENT, "`recall`"),
        row(
            "memory_get",
            "id*:str",
            "doc_id title content content_type confidence created_at",
            "`read_note`",
            "A path or a name will do too.",
        ),
        row(
            "memory_timeline",
            "limit:int=20, content_type:str",
            _DOCUMENT,
            "`memwell note list`, `context`",
            "By when they were changed last.",
        ),
        row(
            "memory_related",
            "id*:str, limit:int=10",
            _DOCUMENT,
            "`related`",
            "Links first, then what has links, tags or meaning in common; `relation_type` is `similar` without a link.",
        ),
        row(
            "memory_save",
            "title*:str, content*:str, content_type:str=note, collection:str=default, source_client:str,"
            " source_key:str, correction_of:str",
            "text",
            "`remember`, `supersede`",
            "Nothing is dropped: what is much like another memory is written, and the answer names that."
            " `source_key` is"
            " the note's key: the same one updates the note, whose history has what was before. `correction_of` marks"
            ' the other note as deprecated. Text such as "supersedes #12" has no effect.',
            does="writes",
        ),
        row("memory_pin", "id*:str", "text", "`pin`", "Pinned is pinned: a second time adds nothing.", does="writes"),
        row("memory_forget", "id*:str", "text", "`forget`", does="archives"),
        row(
            "memory_status",
            "",
            "total_documents total_vectors invalidated pinned by_type vault_path",
            "`status`, `stats`",
            "`invalidated` counts what is deprecated or forgotten; vectors are those of parts of notes.",
        ),
        row(
            "memory_sweep",
            "dry_run:bool=true",
            "archived candidates waiting entry",
            "`sweep`",
            "What has faded to half, its uses counted. Pinned and verified notes stay; one call takes a tenth of"
            " all notes"
            " at most, and `undo_together` with `entry` brings them back.",
            does="archives",
        ),
        row("memory_rebuild", "", "text", "`build_index` with `fresh`", "Of all notes.", does="writes"),
        row(
            "memory_check_contradictions",
            "id*:str, dry_run:bool=false",
            "text",
            "`contradictions`, `supersede`",
            "By rules, in the note's category. What gives way is superseded, and can be taken back; confidences stay.",
            does="writes",
        ),
        row(
            "profile_get",
            "",
            "preferences decisions about",
            "`profile_get`",
            "`about` has notes of the type profile. What is deprecated or untrusted is left out.",
        ),
        row(
            "profile_update",
            "title*:str, content*:str",
            "text",
            "`profile_update`",
            "In the folder `preferences`.",
            does="writes",
        ),
        row(
            "memory_promote",
            "id*:str",
            "text",
            "`pin`",
            "A standing memory is a pinned note; there is no cap.",
            does="writes",
        ),
        row("memory_demote", "id*:str", "text", "`pin` with `pinned: false`", does="writes"),
        row("memory_list_standing", "", _DOCUMENT, "`context`", "All pinned notes."),
        row("memory_export_vectors", "", "list", "–", _DASHBOARD, "elsewhere"),
        row("memory_export_coords", "", "list", "–", _DASHBOARD, "elsewhere"),
        row("memory_export_relations", "", "list", "`memwell graph export`", _DASHBOARD, "elsewhere"),
    ),
)
