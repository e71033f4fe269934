"""mimir-core's tools, and what each is here. Pure."""

from vault_engine.server.mcp.compat.table import System, row

_LATER = "Its layer that learns is not there yet."

MIMIR_CORE = System(
    "mimir-core",
    "mimir-core",
    (
        "It has no profile: its tools are few, and agents use those of `core` as well.",
        "A memory is a note, in its [workspace](workspaces.md); nothing is kept only until the server ends.",
    ),
    (
        row(
            "store",
            "text*:str, importance:num=1.0",
            "stored text memory_count capacity_usage",
            "`remember`",
            "Durable at once.",
            "elsewhere",
        ),
        row(
            "recall",
            "query*:str, top_k:int=5, min_score:num=0.0",
            "query results",
            "`recall`",
            "`limit` instead of `top_k`.",
            "elsewhere",
        ),
        row("consolidate", "", "consolidated memories_reinforced memory_count", "`promote`", _LATER, "later"),
        row(
            "forget",
            "",
            "forgotten cleared_memories memory_count",
            "`forget`, `sweep`",
            "One note at a time, or what has faded; nothing clears all of it.",
            "elsewhere",
        ),
        row(
            "checkpoint",
            "name*:str",
            "checkpoint saved memory_count",
            "–",
            "Every moment can be had back: `note_at`, `memwell vault at`.",
            "elsewhere",
        ),
        row("restore", "name*:str", "checkpoint restored memory_count", "`undo`, `memwell vault at`", "", "elsewhere"),
        row("status", "", "workspace memory_count capacity_usage checkpoints", "`status`", "", "elsewhere"),
        row("summarize_memories", "", "list", "`list_notes`, `context`", "", "elsewhere"),
        row(
            "replace_memories",
            "memories*:list",
            "replaced memory_count",
            "`supersede`, `forget`",
            "Note by note, each of which can be taken back.",
            "elsewhere",
        ),
    ),
    has_profile=False,
)
