"""What is known of the person: who they are, what they prefer, what they have decided."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Literal

from vault_engine.engine.marked import marked
from vault_engine.engine.memory import Memory
from vault_engine.engine.read import opening
from vault_engine.engine.recalling import CHARS_PER_TOKEN, MAX_BUDGET_TOKENS
from vault_engine.engine.results import Remembered
from vault_engine.engine.session import Session
from vault_engine.engine.survey import Survey
from vault_engine.engine.write import remember
from vault_engine.errors import BadInput
from vault_engine.index.filters import TYPE
from vault_engine.index.record import Record
from vault_engine.journal.entry import Actor
from vault_engine.note.validity import validity
from vault_engine.search.query import UNTRUSTED
from vault_engine.search.run import DEPRECATED
from vault_engine.vault.reach import Within

MAX_TRAITS = 50
TraitType = Literal["profile", "preference", "decision"]

_CATEGORIES: Mapping[TraitType, str] = {"profile": "profile", "preference": "preferences", "decision": "decisions"}
_HEADINGS: Mapping[TraitType, str] = {"profile": "About", "preference": "Preferences", "decision": "Decisions"}


@dataclass(frozen=True)
class Trait:
    """One thing that is known of the person, by one note."""

    path: str
    title: str
    text: str  # the beginning of the note
    pinned: bool


@dataclass(frozen=True)
class Profile:
    """What is known of the person; of each kind the pinned first, then the newest."""

    markdown: str  # all of it, with the marks around by which it is not remembered again; "" when nothing is known
    about: tuple[Trait, ...]  # by notes of the type ``profile``
    preferences: tuple[Trait, ...]
    decisions: tuple[Trait, ...]
    tokens: int  # estimated, four characters each
    left_out: int  # notes for which there was no room


def profile(session: Session, *, budget_tokens: int = 1000, limit: int = MAX_TRAITS, within: Within = None) -> Profile:
    """Give what notes of the types ``profile``, ``preference`` and ``decision`` say of the person.

    What is deprecated, does not hold now, or is untrusted is left out. Where the budget is short, each kind gets its
    share of it.

    Args:
        session: the open vault.
        budget_tokens: how long the Markdown may be, in tokens of four characters.
        limit: how many of each kind at most.
        within: what may be reached.

    Raises:
        BadInput: budget or limit are out of bounds.
    """
    if not 1 <= budget_tokens <= MAX_BUDGET_TOKENS:
        raise BadInput(f"a budget of {budget_tokens} tokens is not between 1 and {MAX_BUDGET_TOKENS}")
    if not 1 <= limit <= MAX_TRAITS:
        raise BadInput(f"limit {limit} is not between 1 and {MAX_TRAITS}")
    with session.guard:
        session.bring_in()
        survey = Survey(session, within)
        found = {type: _known(session, survey, type) for type in _HEADINGS}
        wanted = {type: [_trait(session, one) for one in records[:limit]] for type, records in found.items()}
    shown = _within_budget(wanted, budget_tokens)
    markdown = _written(shown)
    return Profile(
        markdown,
        about=tuple(shown["profile"]),
        preferences=tuple(shown["preference"]),
        decisions=tuple(shown["decision"]),
        tokens=-(-len(markdown) // CHARS_PER_TOKEN),
        left_out=sum(map(len, found.values())) - sum(map(len, shown.values())),
    )


def update_profile(
    session: Session,
    memory: Memory,
    type: TraitType = "preference",
    *,
    actor: Actor | None = None,
    within: Within = None,
) -> Remembered:
    """Remember something of the person as a note of a type, in the folder of that type where none is named.

    Takes what `remember` takes.

    Raises:
        BadInput: there is no such type, or what is to be remembered is wrong in itself.
        NoteChanged, VaultBusy, VaultDenied, StorageFailed: as `remember`.
    """
    if type not in _CATEGORIES:
        raise BadInput(f"{type!r} is no type of a profile (there are {', '.join(_CATEGORIES)})")
    category = memory.category or _CATEGORIES[type]
    return remember(session, replace(memory, type=type, category=category), actor, within=within)


def _known(session: Session, survey: Survey, type: TraitType) -> list[Record]:
    """Give the notes of a type that hold now, the pinned first, then the newest."""
    records = session.index.records
    numbers = survey.having(TYPE, type).nonzero()[0].tolist()
    newest = sorted(numbers, key=lambda number: (-int(survey.changed_us[number]), survey.path(number)))
    found = [record for number in newest if _holds(record := records[survey.path(number)], survey.now_us)]
    return sorted(found, key=lambda record: not record.is_pinned)


def _holds(record: Record, now_us: int) -> bool:
    is_trusted = (record.text("trust") or "").casefold() != UNTRUSTED
    return is_trusted and record.status != DEPRECATED and validity(record.properties).holds(now_us)


def _trait(session: Session, record: Record) -> Trait:
    return Trait(record.path, record.title, opening(session, record), record.is_pinned)


Traits = Mapping[TraitType, list[Trait]]


def _within_budget(wanted: Traits, budget_tokens: int) -> Traits:
    """Take of each kind in turn until the budget is spent."""
    left = budget_tokens * CHARS_PER_TOKEN - len(marked(" "))
    shown: dict[TraitType, list[Trait]] = {type: [] for type in wanted}
    for row in zip_longest(*([(type, trait) for trait in traits] for type, traits in wanted.items())):
        for type, trait in filter(None, row):
            cost = len(_line(trait)) + 1 + (0 if shown[type] else len(_heading(type)) + 2)
            if cost > left:
                return shown
            left -= cost
            shown[type].append(trait)
    return shown


def _written(shown: Traits) -> str:
    parts = [[_heading(type), *map(_line, traits)] for type, traits in shown.items() if traits]
    return marked("\n\n".join("\n".join(part) for part in parts))


def _heading(type: TraitType) -> str:
    return f"## {_HEADINGS[type]}"


def _line(trait: Trait) -> str:
    return f"- [[{trait.path.removesuffix('.md')}|{trait.title}]]: {trait.text}"
