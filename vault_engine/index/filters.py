"""What of a note can be asked for exactly: the values of the index's filter columns. Pure."""

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime

from vault_engine.index.record import Record, stem_of
from vault_engine.note import path_key

Value = Sequence[str] | float | datetime

CATEGORY, TYPE, TAG, STATUS, TIER = "category", "type", "tag", "status", "tier"
PINNED, VERIFIED = "pinned", "verified"
SOURCE, AGENT, TRUST = "source", "agent", "trust"
ID, KEY, PATH, LINK = "id", "key", "path", "link"
NAME = "name"  # of the file
AT = "at"  # the path, as `path_key` gives it
FILED = "filed"  # the category and key that the note states
ADDRESS = "address"  # category and key as a path, stated or not
CALLED = "called"  # every name it goes by
PROBLEM = "problem"
SITUATION = "situation"  # whether the note says in which situations it matters
DATE = "date"  # the day that the note is about, by its property or its file's name

_DATES = ("created", "updated", "valid_from", "valid_to", "expires")
_NUMBERS = ("importance", "confidence")
_NAMED_DAY = re.compile(r"(?<!\d)(\d{4})([-_])(\d\d)\2(\d\d)(?!\d)", re.ASCII)


def filters_of(record: Record, held: Collection[str] = ()) -> dict[str, Value]:
    """Give a note's values by column; what it does not state is left out.

    Args:
        record: the note.
        held: the names it is found by as one that links somewhere or has a tag, as `HeldNames` gives them.
    """
    values: dict[str, Value] = {
        CATEGORY: (record.category.casefold(),),
        TAG: tuple(dict.fromkeys(tag.casefold() for tag in record.tags)),
        PATH: (record.path,),
        NAME: (path_key(stem_of(record.path)),),
        AT: (path_key(record.path),),
        KEY: (record.key,),
        ADDRESS: (f"{record.category}/{record.key}",),
        CALLED: tuple(dict.fromkeys(map(path_key, (stem_of(record.path), record.title, *record.aliases)))),
        LINK: tuple(held),
    }
    for name in (TYPE, STATUS, TIER, SOURCE, AGENT, TRUST):
        if text := record.text(name):
            values[name] = (text.casefold(),)
    if record.id:
        values[ID] = (record.id,)
    if filed := filed_as(record.properties):
        values[FILED] = (filed,)
    if record.problem:
        values[PROBLEM] = ("true",)
    if record.is_pinned:
        values[PINNED] = ("true",)
    if record.is_verified:
        values[VERIFIED] = ("true",)
    if record.properties.get("recall_when"):
        values[SITUATION] = ("true",)
    for name in _DATES:
        if moment := moment_of(record.properties.get(name)):
            values[name] = moment
    if day := _date_of(record):
        values[DATE] = day
    for name in _NUMBERS:
        number = record.properties.get(name)
        if isinstance(number, int | float) and not isinstance(number, bool):
            values[name] = float(number)
    return values


def filed_as(properties: Mapping[str, object]) -> str | None:
    """Give one word for the category and key that a note states, if it states both."""
    category, key = properties.get("category"), properties.get("key")
    return filed_word(category, key) if isinstance(category, str) and isinstance(key, str) else None


def filed_word(category: str, key: str) -> str:
    """Give one word for a category and key."""
    return f"{category}\0{key}"


def _date_of(record: Record) -> datetime | None:
    """Give what a note has as its date, else the first day its file is named by: ``2026-11-21 Kickoff.md``."""
    named = _NAMED_DAY.search(stem_of(record.path))
    by_name = "-".join(named.group(1, 3, 4)) if named else None
    return moment_of(record.properties.get(DATE)) or moment_of(by_name)


def moment_of(value: object) -> datetime | None:
    """Read a date or a time as notes have it, without a zone in UTC; None for anything else."""
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value.strip())
    except ValueError:
        return None
    try:
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (OverflowError, ValueError):  # at the edge of what years there are
        return None
