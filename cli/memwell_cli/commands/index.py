"""``memwell index …``."""

import click

from memwell_cli.opening import open_vault, vault_option
from memwell_cli.output import json_option, progress, show
from vault_engine.engine import Built, IndexState


@click.group()
def index() -> None:
    """Look after the search index. It is derived from the notes: deleting it loses nothing."""


@index.command("build")
@click.option("--fresh", is_flag=True, help="Start from nothing instead of from what has changed.")
@vault_option
@json_option
def build(fresh: bool, vault: str | None, as_json: bool) -> None:
    """Bring the index up to date with the notes, vectors included."""
    with open_vault(vault) as engine, progress() as advance:
        built = engine.build_index(advance, fresh=fresh)
    show(built, as_json=as_json, text=_built)


@index.command("status")
@vault_option
@json_option
def status(vault: str | None, as_json: bool) -> None:
    """Say how far the index has followed the notes."""
    with open_vault(vault) as engine:
        show(engine.index_state(), as_json=as_json, text=state_lines)


def _built(built: Built) -> str:
    counts = f"{built.added:,} added, {built.edited:,} edited, {built.gone:,} gone; {built.embedded:,} parts embedded"
    return f"index up to date: {counts}\n{state_lines(built.index)}"


def state_lines(state: IndexState) -> str:
    """Describe an index in three lines."""
    ready = state.chunks - state.chunks_waiting
    vectors = f"{ready:,} of {state.chunks:,} parts of notes have a vector ({state.embedder})"
    if state.embedder is None:
        vectors = "no vectors: keyword search only"
    if state.embedder_problem:
        vectors += f"\nproblem: {state.embedder_problem}"
    kept = f"kept in {state.cache_dir}" if state.cache_problem is None else f"not kept: {state.cache_problem}"
    links = f"{state.links:,} links, {state.unresolved_links:,} to notes that are not there"
    if state.ambiguous_links:
        links += f", {state.ambiguous_links:,} by names that several notes have"
    return f"{state.notes:,} notes, {links}\n{vectors}\n{kept}"
