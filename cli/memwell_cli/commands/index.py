"""``memwell index …``."""

import click

from memwell_cli.exits import DAMAGED, DONE
from memwell_cli.opening import open_vault, vault_option
from memwell_cli.output import json_option, progress, progress_option, show
from vault_engine.engine import Built, IndexChecked, IndexState


@click.group()
def index() -> None:
    """Look after the search index. It is derived from the notes: deleting it loses nothing."""


@index.command("build")
@click.option("--fresh", is_flag=True, help="Start from nothing instead of from what has changed.")
@progress_option
@vault_option
@json_option
def build(fresh: bool, with_progress: bool, vault: str | None, as_json: bool) -> None:
    """Bring the index up to date with the notes, vectors included."""
    _build(vault, fresh=fresh, with_progress=with_progress, as_json=as_json)


@index.command("rebuild")
@progress_option
@vault_option
@json_option
def rebuild(with_progress: bool, vault: str | None, as_json: bool) -> None:
    """Make the index anew from the notes. Vectors of what has not changed are kept."""
    _build(vault, fresh=True, with_progress=with_progress, as_json=as_json)


@index.command("check")
@click.option("--repair", is_flag=True, help="Make the index anew where it is not what the notes say.")
@progress_option
@vault_option
@json_option
def check(repair: bool, with_progress: bool, vault: str | None, as_json: bool) -> int:
    """Compare the index with one made anew from the notes.

    The exit code is 14 if they differ and the index was not made anew, else 0.
    """
    with open_vault(vault) as engine, progress(always=with_progress) as advance:
        checked = engine.check_index(advance, repair=repair)
    show(checked, as_json=as_json, text=_checked)
    return DONE if checked.is_right or checked.repaired else DAMAGED


@index.command("status")
@vault_option
@json_option
def status(vault: str | None, as_json: bool) -> None:
    """Say how far the index has followed the notes."""
    with open_vault(vault) as engine:
        show(engine.index_state(), as_json=as_json, text=state_lines)


def _build(vault: str | None, *, fresh: bool, with_progress: bool, as_json: bool) -> None:
    with open_vault(vault) as engine, progress(always=with_progress) as advance:
        built = engine.build_index(advance, fresh=fresh)
    show(built, as_json=as_json, text=_built)


def _checked(checked: IndexChecked) -> str:
    if checked.is_right:
        return f"the index is what the notes say ({checked.notes:,} notes)"
    lines = [f"damaged: {each}" for each in checked.damaged]
    lines += [f"not as in the note: {path}" for path in checked.differing]
    lines += [f"not as in the notes: {part}" for part in checked.differing_parts]
    if checked.damaged_vectors:
        lines.append(f"damaged vectors: {checked.damaged_vectors:,}")
    return "\n".join([*lines, "made anew" if checked.repaired else "`memwell index check --repair` makes it anew"])


def _built(built: Built) -> str:
    counts = f"{built.added:,} added, {built.edited:,} edited, {built.gone:,} gone; {built.embedded:,} parts embedded"
    return f"index up to date: {counts}\n{state_lines(built.index)}"


def state_lines(state: IndexState) -> str:
    """Describe an index in three lines."""
    ready = state.chunks - state.chunks_waiting
    vectors = f"{ready:,} of {state.chunks:,} parts of notes have a vector ({state.embedder})"
    if state.embedder is None:
        vectors = "no vectors: keyword search only"
    if state.answering != state.embedder:
        vectors += f"\nuntil all have one, those of {state.answering} answer"
    if state.embedder_problem:
        vectors += f"\nproblem: {state.embedder_problem}"
    kept = f"kept in {state.cache_dir}" if state.cache_problem is None else f"not kept: {state.cache_problem}"
    links = f"{state.links:,} links, {state.unresolved_links:,} to notes that are not there"
    if state.ambiguous_links:
        links += f", {state.ambiguous_links:,} by names that several notes have"
    rebuilt = "".join(f"\nwas damaged and read again from the notes: {each}" for each in state.rebuilt)
    return f"{state.notes:,} notes, {links}\n{vectors}\n{kept}{rebuilt}"
