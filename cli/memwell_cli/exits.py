"""Exit codes, and what to do next after each error."""

from collections.abc import Callable
from shlex import quote
from typing import Any

from vault_engine import Kind, MemwellError, errors

DONE = 0
FAILED = 1
USAGE = 2
PARTLY = 3
DAMAGED = 14
CANCELLED = 130

EXIT_CODES: dict[Kind, int] = {
    Kind.FAILED: FAILED,
    Kind.USAGE: USAGE,
    Kind.NOT_FOUND: 10,
    Kind.CONFLICT: 11,
    Kind.LOCKED: 12,
    Kind.DENIED: 13,
    Kind.DAMAGED: DAMAGED,
}

_ADVICE: dict[type[MemwellError], Callable[[Any], str]] = {
    errors.BadName: lambda _: (
        "Choose another --category, --key, path or --workspace; letters, digits and '-' are always fine."
    ),
    errors.NeedsConfirmation: lambda error: (
        f"See the links with `memwell note move {quote(error.old)} {quote(error.new)} --dry-run`, then say --yes."
    ),
    errors.NotesVanished: lambda _: (
        "If a drive or a cloud folder is missing, bring it back. If they were deleted on purpose, say --yes."
    ),
    errors.NeedsYes: lambda error: (
        f"See what would go with `memwell note purge {quote(error.path)} --dry-run`, then say --yes."
    ),
    errors.BadInput: lambda _: "See `memwell --help`.",
    errors.ConfigBroken: lambda _: "Correct the setting, or take it out to have the default.",
    errors.VaultMissing: lambda _: "Name the vault with --vault or MEMWELL_VAULT, or make one with `memwell init DIR`.",
    errors.VaultDenied: lambda _: "Check who owns the folder and whether its disk is mounted read-only.",
    errors.VaultBusy: lambda _: "Try again in a moment.",
    errors.NoteInUse: lambda _: "Try again when nobody types there; see `rest_seconds` in config.toml.",
    errors.NoteOpen: lambda _: "Close it there, or try again when it has been saved.",
    errors.StorageFailed: lambda _: "Free some space or check the disk, then run the command again.",
    errors.NotConfirmed: lambda _: "Check the disk, and look at the note before you do it again.",
    errors.NoteMissing: lambda error: (
        "List what was forgotten with `memwell note list --archived`."
        if error.where == "the archive"
        else "List the notes with `memwell note list`, or search with `memwell recall`."
    ),
    errors.NoteAmbiguous: lambda error: f"Name one by its path: `memwell note show {quote(error.paths[0])}`.",
    errors.NoteExists: lambda error: (
        f"Read it with `memwell note show {quote(error.path)}`; then choose another --key,"
        f" or replace it with `--expect {error.found[:8]}`."
    ),
    errors.NameTaken: lambda _: "Choose another name: another --key, or another path.",
    errors.VersionMissing: lambda error: f"`memwell note history {quote(error.path)}` lists the versions.",
    errors.ClientFileBusy: lambda _: "Close the program, or try again in a moment.",
    errors.ClientFileUnusable: lambda _: "Put the file in order, or change it by hand: see docs/clients.",
    errors.NotAllowed: lambda _: "See `memwell token list` for what each token may do.",
    errors.TokenMissing: lambda _: "`memwell token list` lists them.",
    errors.CannotServe: lambda _: "See `memwell serve --help` and docs/server.md.",
    errors.SyncBlocked: lambda _: (
        "Put that in order, with `git pull` where it is a git remote or on the machine that sent it,"
        " then run the command again."
    ),
    errors.BucketUnusable: lambda _: "Put that in order, then run the command again: it goes on where it was.",
    errors.BucketDamaged: lambda _: (
        "Bring the object back from a copy of the bucket, or empty the bucket and run"
        " `memwell sync --unrelated` on each machine: their vaults are whole."
    ),
    errors.GitUnusable: lambda _: "See `memwell git status`; what waits is committed later.",
    errors.EntryMissing: lambda _: "`memwell journal tail` lists the newest.",
    errors.NoteChanged: lambda error: (
        f"Read it again with `memwell note show {quote(error.path)}`, then write over it with"
        f" `--expect {error.found[:8]}`{_or_merge(error)}."
        if error.found
        else "It is not there any more: leave --expect out to make it anew."
    ),
    errors.CannotMerge: lambda error: (
        f"See both texts with `memwell note diff {quote(error.path)} --from {error.expected[:8]} --to now`,"
        f" then edit it again with `--expect {error.found[:8]}`."
    ),
    errors.EditRefused: lambda error: (
        f"Look at it with `memwell note show {quote(error.path)}`, then ask for what fits it, or edit it by hand."
    ),
    errors.NoteDamaged: lambda _: "Mend the note in an editor; it stays readable and searchable meanwhile.",
    errors.JudgeFailed: lambda _: "Correct the setting contradictions.",
    errors.RerankerFailed: lambda _: "Correct the reranker setting, or leave --rerank out.",
    errors.EmbedderFailed: lambda _: "Correct the embedder setting; keyword search works without.",
}


def _or_merge(error: errors.NoteChanged) -> str:
    return ", or keep both changes with `--merge` where the command has it" if error.expected else ""


def exit_code(error: MemwellError) -> int:
    """Give the exit code of an error."""
    return EXIT_CODES[error.kind]


def advice(error: MemwellError) -> str:
    """Say what the person can do next."""
    return next((_ADVICE[kind](error) for kind in type(error).__mro__ if kind in _ADVICE), "")
