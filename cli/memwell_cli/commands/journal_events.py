"""What is told to the journal: ``memwell journal record``, ``bench`` and ``erase``."""

import json
from typing import Any

import click

from memwell_cli.opening import open_vault, reach, vault_option, workspace_option
from memwell_cli.output import json_option, plain, show
from vault_engine.engine import Event, Recorded, Task, as_event
from vault_engine.engine.entries import EntryLine
from vault_engine.engine.purge import EventErased

_agent = click.option("--agent", metavar="NAME", help="Whose event it is, where that is not who tells of it.")


@click.command("record")
@click.option("--type", "type", default="decision", show_default=True, help="What kind of event it is.")
@click.option("--evaluated", metavar="WHAT", help="What was looked at.")
@click.option("--acted", metavar="WHAT", help="What was done.")
@click.option("--forward", metavar="WHAT", help="What follows.")
@click.option("--note", metavar="NOTE", help="The note that it is about.")
@click.option("--category", metavar="NAME", help="The folder that it is about, in place of a note.")
@click.option("--key", metavar="NAME", help="What in that folder it is about, whether that is a note or not.")
@_agent
@workspace_option
@vault_option
@json_option
def record(
    type: str,
    evaluated: str | None,
    acted: str | None,
    forward: str | None,
    note: str | None,
    category: str | None,
    key: str | None,
    agent: str | None,
    vault: str | None,
    as_json: bool,
) -> None:
    """Enter an event, such as a decision, in the journal.

    It changes no note and stays as it is told. WHAT is a text, or a JSON object or list, of at most 64 KiB.
    'memwell timeline' and 'journal show' give it back; 'journal erase' erases what it tells.
    """
    event = Event(
        _read(evaluated), _read(acted), _read(forward), type=type, note=note, category=category, key=key, agent=agent
    )
    with open_vault(vault) as engine:
        done = engine.record(event, within=reach(engine))
    show(done, as_json=as_json, text=_recorded)


@click.command("bench")
@click.argument("task", metavar="TASK")
@click.option("--turns", type=int, required=True, help="How many turns it took.")
@click.option("--tokens", type=int, required=True, help="How many tokens it took.")
@click.option("--memory/--no-memory", "memory_used", required=True, help="Whether memory was used.")
@click.option("--recalls", type=int, default=0, help="How often memory was asked.")
@click.option("--success/--failure", default=False, help="Whether it was done; without it not.")
@_agent
@workspace_option
@vault_option
@json_option
def bench(
    task: str,
    turns: int,
    tokens: int,
    memory_used: bool,
    recalls: int,
    success: bool,
    agent: str | None,
    vault: str | None,
    as_json: bool,
) -> None:
    """Enter what TASK took, with memory or without.

    It is an event of the type 'benchmark'; 'memwell timeline --type benchmark' adds the means of both.
    """
    event = as_event(Task(task, turns, tokens, memory_used, recalls, success), agent=agent)
    with open_vault(vault) as engine:
        done = engine.record(event, within=reach(engine))
    show(done, as_json=as_json, text=_recorded)


@click.command("erase")
@click.argument("entry", metavar="ENTRY")
@click.option("--yes", is_flag=True, help="Do it: it can't be taken back.")
@click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
@click.option("--reason", default="", help="Kept in the journal.")
@vault_option
@json_option
def erase(entry: str, yes: bool, dry_run: bool, reason: str, vault: str | None, as_json: bool) -> None:
    """Erase what an event tells, for good; ENTRY is its id.

    The journal keeps that there was one, when, of which type and by whom, and still verifies.
    """
    with open_vault(vault) as engine:
        done = engine.erase_event(entry, yes=yes, dry_run=dry_run, reason=reason)
    show(done, as_json=as_json, text=_would_erase if dry_run else _erased)


EVENTS: tuple[click.Command, ...] = (record, bench, erase)
"""What belongs to the group ``journal``."""


def told_rows(entry: EntryLine) -> list[tuple[str, str]]:
    """Write what an event tells as rows of a name and a text; none for any other entry."""
    if entry.op != "event":
        return []
    if entry.told is None:
        return [("told", "erased, or not to be had here")]
    told = entry.told
    place = {"category": told.category, "key": told.key, "agent": told.agent}
    parts = {"evaluated": told.evaluated, "acted": told.acted, "forward": told.forward}
    return [(name, written(value)) for name, value in (place | parts).items() if value is not None]


def written(value: Any) -> str:
    """Write a part of an event on one line."""
    return plain(" ".join(value.split()) if isinstance(value, str) else json.dumps(value, ensure_ascii=False))


def _read(part: str | None) -> Any:
    """Read a part of an event: JSON if it is an object or a list, else the text as it is."""
    if part is None or not part.lstrip().startswith(("{", "[")):
        return part
    try:
        return json.loads(part)
    except (ValueError, RecursionError):
        return part


def _recorded(done: Recorded) -> str:
    return f"{plain(done.type)} entered as {done.entry}" + (f", about {plain(done.about)}" if done.about else "")


def _would_erase(done: EventErased) -> str:
    return f"would erase {done.revisions} text of {done.entry}"


def _erased(done: EventErased) -> str:
    elsewhere = sum(done.elsewhere.values())
    left = f"; {elsewhere} copies on other devices go when these next write" if elsewhere else ""
    return f"erased {done.revisions} text of {done.entry}{left}"
