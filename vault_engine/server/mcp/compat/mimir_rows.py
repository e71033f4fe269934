"""Mimir's 46 tools, and what each is here. Pure."""

from vault_engine.server.mcp.compat.table import System, row

_LLM = "It needs a language model, which Memwell does not have."
_NO_EFFECT = "`threshold` and `certainty_margin` have no effect"

MIMIR = System(
    "mimir",
    "Mimir",
    (
        "An entity is a note, its identity the category and key: `facts` and `redis` are the note `facts/redis.md`.",
        "Marks that no file name can hold are written as `%3A` is for `:`, and come back as they were.",
        "`body_json` is stored as Markdown. The first of `content`, `text`, `body`, `summary`, `value` and"
        " `description` that is a text is what the note says, as is a JSON string; the property `body_json` holds the"
        ' JSON around it where that is more than `{"content": …}`. Any other JSON is a block of code. What comes'
        " back is"
        " what was stored, to the byte; of a note that a person has edited, the same JSON with the new text.",
        "Ids are those of the notes. Ids such as `mem-…` go on to work for notes that have them as their `id`.",
        "`workspace_hash` names a workspace, whose notes are in `workspaces/NAME/`: to it there are these and"
        " those of no"
        " workspace, and never those of another one.",
        "`agent_id` is kept as a property and can be asked for. The journal says on its own who called.",
        "`buffer` is the tier `episodic`, `working` is `semantic`, `core` is `core`; a note that states no tier"
        " is shown"
        " in the buffer, and does not expire. Nothing is moved between layers by being read.",
        "`null` for an argument is as if it were not there.",
    ),
    (
        row(
            "mimir_remember",
            "category*:str, key*:str, body_json*:str, status:str=active, type:str=insight, tags:list,"
            " importance:num=0.5, topic_path:str,"
            " workspace_hash:str, agent_id:str, recall_when:list, always_on:bool=false, certainty:num=0.5,"
            " visibility:str=workspace,"
            " layer:str, +expected:str",
            "id action category key sha256 hints",
            "`remember`",
            "Nothing is dropped: what is much like another entity is written, and `hints` names that. An update keeps"
            " what it does not name: tags, links, importance, `verified`. What was forgotten is not brought"
            " back. What a"
            " person has edited is replaced only with `expected`. `action` is created, updated or unchanged.",
            does="writes",
        ),
        row(
            "mimir_recall",
            "query*:str, category:str, type:str, limit:int=10, offset:int=0, min_decay:num=0.0, topic_path:str,"
            " mode:str=hybrid, include_archived:bool=false, include_confidence:bool=false, expansion:obj,"
            " preview_cap:int, content_weight:num=0, trust_weight:num=0.15, diversity_halving:num=1.0,"
            " recency_half_life_secs:num, workspace_hash:str, agent_id:str, layer:str",
            "items total variants hints",
            "`recall`",
            "Ranked by what answers, never by how often a note was read. Every filter holds in every mode. Of"
            " filters by"
            " layer, topic, agent and decay the first 2,000 hits are looked at. What was forgotten is not searched."
            " `expansion`, `content_weight`, `trust_weight` and `recency_half_life_secs` have no effect; below 1,"
            " `diversity_halving` puts hits that repeat others behind. Both words and"
            " meaning are asked without `mode`. No category is left out by itself.",
        ),
        row(
            "mimir_recall_layer",
            "layer*:str, limit:int=10",
            "items total variants",
            "`list_notes`",
            "Those changed last come first.",
        ),
        row(
            "mimir_semantic_search",
            "query*:str, limit:int=10, category:str, workspace_hash:str, agent_id:str",
            "items total variants",
            "`recall` with `mode: semantic`",
        ),
        row(
            "mimir_ask",
            "query*:str, top_k:int=5",
            "answer sources",
            "`recall`; the agent answers itself",
            _LLM,
            "later",
        ),
        row(
            "mimir_get_entity",
            "id*:str",
            "id category key body_json status entity_type decay_score retrieval_count layer always_on certainty",
            "`read_note`",
            "A path or a name will do too.",
        ),
        row(
            "mimir_history",
            "category*:str, key*:str, +limit:int=20",
            "list",
            "`note_history`, `note_at`",
            "The id of a version is that of its entry in the journal. Edits of properties and by hand are"
            " versions too.",
        ),
        row(
            "mimir_as_of",
            "category*:str, key*:str, as_of_unix_ms*:int",
            "found id category key body_json status entity_type as_of_unix_ms",
            "`note_at`, `notes_at`",
            "What was forgotten by then is not found.",
        ),
        row("mimir_forget", "category*:str, key*:str, reason:str", "found category key", "`forget`", does="archives"),
        row(
            "mimir_ingest",
            "connector:str, dry_run:bool=false",
            "ingested dry_run errors",
            "`memwell import`",
            "Connectors are not there yet.",
            "later",
        ),
        row(
            "mimir_ingest_file",
            "path*:str, category:str, key:str, tags:list",
            "id action category key chars",
            "`memwell import file`, `ingest_file`",
            "Agents have `ingest_file` only where `MEMWELL_INGEST_FROM` names folders, and only over stdio.",
            "elsewhere",
        ),
        row(
            "mimir_embed",
            "text:str, category:str, key:str, batch_category:str, batch_limit:int=100",
            "embedded dimensions",
            "`build_index`",
            "Vectors are made by themselves; whatever is named, all that are missing are made now.",
            does="writes",
        ),
        row(
            "mimir_prune",
            "category:str, min_decay:num, older_than_days:int, limit:int=100, dry_run:bool=false",
            "archived examined dry_run reason hints",
            "`sweep`",
            "Pinned and verified notes and those of the layer `core` stay. One call takes a tenth of all notes at most,"
            " one always may go; `hints` says how to bring all back. The age is that since the last change. There is no"
            " `purge_all`.",
            does="archives",
        ),
        row(
            "mimir_link",
            "from_category*:str, from_key*:str, to_id*:str, relationship:str=related",
            "success from to relationship",
            "`link`",
            "Several relationships to one entity are kept. The link stands in the note, below `## Links`.",
            does="writes",
        ),
        row(
            "mimir_unlink",
            "from_category*:str, from_key*:str, to_id*:str",
            "success from to",
            "`link` with `remove`",
            "Links in the text itself stay.",
            does="writes",
        ),
        row(
            "mimir_journal",
            "event_type:str=decision, evaluated:obj, acted:obj, forward:obj, category:str, key:str, entity_id:str,"
            " agent_id:str",
            "id event_type created_at_unix_ms",
            "`record_event`",
            "It is about `entity_id`, else about category and key. What it tells can be erased, that it was told"
            " can't be.",
            does="writes",
        ),
        row(
            "mimir_timeline",
            "from_ms:int, to_ms:int, event_type:str, category:str, entity_id:str, limit:int=50, offset:int=0",
            "items total",
            "`timeline`, `journal`",
            "Events, unless `event_type` is `change`, which stands for changes of notes. A category is one of"
            " any workspace.",
        ),
        row(
            "mimir_state_set",
            "key*:str, value_json*:str, ttl_seconds:int",
            "key ttl_seconds expires_at_unix_ms",
            "`state_set`",
            "A key has letters, digits and `. _ : / @ -`; the values stay on this machine.",
            does="writes",
        ),
        row("mimir_state_get", "key*:str", "found key value expires_at_unix_ms created_at_unix_ms", "`state_get`"),
        row("mimir_state_delete", "key*:str", "found key", "`state_delete`", does="archives"),
        row("mimir_state_list", "prefix:str", "keys total", "`state_list`"),
        row(
            "mimir_health",
            "",
            "status problems",
            "`health`",
            "A note is really written and read, beside the vault.",
            does="writes",
        ),
        row(
            "mimir_stats",
            "",
            "total_entities by_category by_type by_layer total_journal_events total_state_entries db_file_size_bytes"
            " oldest_unix_ms newest_unix_ms",
            "`stats`, `status`",
            "The size is that of the notes; categories and types are counted in small letters.",
        ),
        row(
            "mimir_compact",
            "min_decay:num=0.1, dry_run:bool=false",
            "entities_archived entities_examined dry_run completed_at_unix_ms hints",
            "`sweep`",
            "As `mimir_prune`; a dry run gives the numbers that it would have.",
            does="archives",
        ),
        row(
            "mimir_purge",
            "dry_run:bool=false",
            "entities_deleted bytes_freed dry_run completed_at_unix_ms hints",
            "`purge`, `memwell note purge`",
            "The person is asked first; where nobody can be asked, it is refused. The journal keeps that there"
            " was a note.",
            does="archives",
        ),
        row(
            "mimir_migrate",
            "from_path*:str",
            "total_old_memories entities_created entities_updated errors completed_at_unix_ms",
            "`memwell import`",
            "An importer of its database is not there yet; see [Bringing memories along](#bringing-memories-along).",
            "later",
        ),
        row(
            "mimir_context",
            "categories:list, limit:int=10",
            "markdown total_chars",
            "`context`",
            "Pinned notes, then those changed last, within sixty tokens for each note that is asked for. Other"
            " categories are left out wholly.",
        ),
        row(
            "mimir_extract",
            "text:str, category:str, key:str, strategy:str=rule_based",
            "items total strategy",
            "`extract`",
            "Also decisions. Numbers such as 3.14 stay whole, questions and wishes are not facts.",
        ),
        row(
            "mimir_traverse",
            "category*:str, key*:str, max_depth:int=3, max_nodes:int=100",
            "entity traversed",
            "`traverse`",
            "The nearest first; links in the text count too.",
        ),
        row(
            "mimir_score",
            "category*:str, key*:str, score*:num",
            "found category key score",
            "`score`",
            "Sets the importance. Whether a note is verified is up to people: `verify_note`.",
            does="writes",
        ),
        row(
            "mimir_conflicts",
            "category:str=general, threshold:num=0.4, limit:int=10, offset:int=0, resolve:bool=false,"
            " dry_run:bool=true,"
            " certainty_margin:num=0.2",
            "conflicts invalidations dry_run entry hints",
            "`contradictions`",
            "Only what speaks of the same and says otherwise, instead of all that has few letters in common."
            f" {_NO_EFFECT}. To resolve is to supersede; `undo_together` with `entry` takes it back.",
            does="writes",
        ),
        row(
            "mimir_vault_export",
            "vault_dir:str",
            "files_created files_updated errors vault_dir completed_at_unix_ms",
            "`memwell obsidian-sync DIR`",
            "The notes are Markdown files already. An agent can't have files written outside the vault.",
            "elsewhere",
        ),
        row(
            "mimir_vault_import",
            "vault_dir:str",
            "files_created files_updated errors vault_dir completed_at_unix_ms",
            "`memwell obsidian-sync DIR`, or copy the files into the vault",
            "An agent can't have files read from outside the vault.",
            "elsewhere",
        ),
        row(
            "mimir_decay",
            "",
            "entities_checked entities_updated auto_archived completed_at_unix_ms hints",
            "`decay`",
            "Fading is reckoned when it is asked for; nothing is written, and nothing archived.",
        ),
        row("mimir_reindex", "", "reindexed", "`build_index` with `fresh`", does="writes"),
        row(
            "mimir_workspace_list",
            "",
            "categories total workspaces",
            "`stats`, `workspaces`",
            "Categories, as there; `workspaces` has the workspaces.",
        ),
        row(
            "mimir_recall_when",
            "context*:str, limit:int=10",
            "items total context",
            "`recall`, `context`",
            "All words of a situation must be named, as words and not as parts of others; by path.",
        ),
        row(
            "mimir_cohere",
            "dry_run:bool=false, max_links:int=20, promote_threshold:int=3, archive_threshold:num=0.05",
            "promoted decayed linked archived entities_examined dry_run completed_at_unix_ms hints",
            "`cohere`",
            "A dry run gives the numbers that it would have. Links only join what shares a subject, at most"
            " fifty at a time;"
            " only what has expired is archived, a tenth of all notes at most; nothing is written of fading. The two"
            " thresholds have no effect, as there.",
            does="archives",
        ),
        row(
            "mimir_share",
            "category*:str, key*:str, to_workspace*:str",
            "shared_id action from_workspace to_workspace",
            "`share_note`",
            "Every property and link comes along; shared again, the copy is brought up to date.",
            does="writes",
        ),
        row(
            "mimir_federate",
            "from_workspace*:str, to_workspace*:str, vault_dir:str",
            "exported remapped imported import_errors",
            "`federate`",
            "Nothing is lost on the way, and `vault_dir` has no effect.",
            does="writes",
        ),
        row(
            "mimir_correct",
            "wrong_approach*:str, user_correction*:str, task_context*:str, session_id:str, tags:list,"
            " category:str=correction, visibility:str",
            "entity_id journal_id category key created_at_unix_ms",
            "`correct`",
            "The body is Markdown with the headings Wrong, Right and Context; `visibility` has no effect.",
            does="writes",
        ),
        row(
            "mimir_synthesize",
            "session_content*:str, session_id:str, tags:list, visibility:str",
            "lessons entities_created journal_id dry_run completed_at_unix_ms",
            "`extract`, hooks",
            _LLM,
            "later",
        ),
        row(
            "mimir_bench",
            "task_description*:str, turns_taken*:int, tokens_used*:int, memory_recall_used*:bool, recall_count:int=0,"
            " task_success:bool=false, session_id:str, tags:list",
            "entity_id created_at_unix_ms",
            "`record_benchmark`",
            "An event in the journal instead of an entity; `timeline` of the type `benchmark` gives the means.",
            does="writes",
        ),
        row(
            "mimir_autocohere",
            "dry_run:bool=false",
            "promoted_entities links_created archived_entities decay_updates compact_archived_count db_size_delta_bytes"
            " dry_run hints",
            "`cohere`, then `sweep`",
            "It links, and a dry run writes nothing. `hints` says how to take both back.",
            does="archives",
        ),
        row(
            "mimir_supersede",
            "from_category*:str, from_key*:str, to_category*:str, to_key*:str, reason:str, relationship:str=supersedes",
            "from_entity_id from_entity_category from_entity_key to_entity_id to_entity_category to_entity_key"
            " relationship status_updated entry hints",
            "`supersede`",
            "from is the old one, as there. It also says until when it held; both name each other; `undo_together` with"
            " `entry` takes it back.",
            does="writes",
        ),
        row(
            "mimir_maintenance",
            "dedup:bool=false, orphans:bool=false, vacuum:bool=false, reindex:bool=false, all:bool=false,"
            " dry_run:bool=false",
            "dedup_archived orphan_journal_entries_found orphan_links_found vacuum_reclaimed_bytes"
            " reindex_rows_affected"
            " dry_run errors hints",
            "`maintenance`, `check_vault`, `verify`",
            "Only exact copies go into the archive. The journal has no loose ends: `verify` checks it. How many"
            " bytes were"
            " freed is not known.",
            does="archives",
        ),
    ),
)
