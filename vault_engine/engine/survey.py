"""All notes at once, as arrays out of the index's columns: no note and no record is read."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vault_engine.engine.decay import RULES, strengths
from vault_engine.engine.session import Session
from vault_engine.index.filters import ID, PINNED, PROBLEM, TIER, TYPE, VERIFIED
from vault_engine.index.keyword.columns import NO_DATE, encoded
from vault_engine.journal.counters import Access
from vault_engine.lifecycle.sweep import Aged
from vault_engine.lifecycle.tiers import RULES as TIER_RULES
from vault_engine.lifecycle.tiers import Tier, tier_of
from vault_engine.vault.reach import Within

DAY_US = 86_400 * 1_000_000
_OF_ID = "id:"

Counts = NDArray[np.int64]
"""Times and the last one in microseconds, shape ``(n, 2)``."""


class Column(NamedTuple):
    """What notes state by one name: of each the number of its value."""

    values: tuple[str, ...]  # without regard to case
    codes: NDArray[np.int64]  # shape (n,); -1: it states none


class Uses(NamedTuple):
    """How often notes were used on this machine, and when last."""

    times: NDArray[np.float64]  # shape (n,)
    last_us: NDArray[np.int64]  # shape (n,); 0: never


class Survey:
    """The notes there are, numbered from 0. It holds as long as the index is not refreshed."""

    def __init__(self, session: Session, within: Within = None) -> None:
        self._session = session
        self._layers = session.index.records.layers
        kept = [layer.alive if within is None else layer.alive & layer.reached(within) for layer in self._layers]
        self._numbers = [np.flatnonzero(each) for each in kept]  # of notes in their segments
        self._firsts = np.cumsum([0, *map(len, self._numbers)])
        self.now_us = session.now_us()

    def __len__(self) -> int:
        return int(self._firsts[-1])

    def path(self, number: int) -> str:
        """Give the path of a note."""
        layer = int(np.searchsorted(self._firsts, number, "right")) - 1
        at = self._numbers[layer][number - int(self._firsts[layer])]
        return self._layers[layer].segment.catalogue.paths[int(at)]

    def column(self, name: str) -> Column:
        """Give a filter column; of a nested value, as of a category, the whole one."""
        values: dict[bytes, int] = {}
        codes = [np.empty(0, np.int64)]
        for layer, numbers in zip(self._layers, self._numbers, strict=True):
            column = layer.segment.columns.keywords.get(name)
            own = np.full(len(layer.segment), -1, np.int64)
            if column:
                every = np.array([values.setdefault(value, len(values)) for value in column.values], np.int64)
                own[column.notes] = np.repeat(every, np.diff(column.starts))  # the last counts, which is the longest
            codes.append(own[numbers])
        return Column(tuple(value.decode("utf-8", "replace") for value in values), np.concatenate(codes))

    def having(self, name: str, value: str) -> NDArray[np.bool_]:
        """Say which notes have a value in a filter column; of a nested one, or one below it."""
        found = [np.empty(0, np.bool_)]
        for layer, numbers in zip(self._layers, self._numbers, strict=True):
            has_it = np.zeros(len(layer.segment), np.bool_)
            has_it[layer.segment.columns.having(name, value)] = True
            found.append(has_it[numbers])
        return np.concatenate(found)

    def date(self, name: str) -> NDArray[np.int64]:
        """Give a date that notes state, in microseconds since 1970, `NO_DATE` where they do not."""
        found = [np.empty(0, np.int64)]
        for layer, numbers in zip(self._layers, self._numbers, strict=True):
            dates = layer.segment.columns.dates.get(name)
            found.append(np.full(len(numbers), NO_DATE) if dates is None else dates[numbers])
        return np.concatenate(found)

    @cached_property
    def sizes(self) -> NDArray[np.int64]:
        """The bytes of each note; 0 of one that was being saved at the last look."""
        return np.maximum(self._signatures[:, 0], 0)

    @cached_property
    def changed_us(self) -> NDArray[np.int64]:
        """When each note was changed last: by ``updated``, else ``created``, else its file's time."""
        seen = self._signatures[:, 1]
        changed = np.where(seen < 0, self.now_us, seen // 1000)
        is_stated = np.zeros(len(self), np.bool_)
        for name in ("created", "updated"):
            dates = self.date(name)
            is_stated |= dates != NO_DATE
            changed = np.where(dates != NO_DATE, dates, changed)
        said_before = self._session.counters.load().said_before
        for path, number in zip(said_before, self.numbers_of(said_before).tolist(), strict=True):
            if number >= 0 and not is_stated[number]:
                changed[number] = said_before[path].get(self._session.indexed(path)) or changed[number]
        return changed

    @cached_property
    def uses(self) -> Uses:
        """How often each was used."""
        times, last = np.zeros(len(self)), np.zeros(len(self), np.int64)
        accesses = self._session.counters.load().accesses
        by_path = [name for name in accesses if not name.startswith(_OF_ID)]
        numbers, used = self.numbers_of(by_path), _as_array([accesses[name] for name in by_path])
        is_there = numbers >= 0
        times[numbers[is_there]], last[numbers[is_there]] = used[is_there].T  # no two paths are one note
        notes, used = self._with_ids([name for name in accesses if name.startswith(_OF_ID)], accesses)
        np.add.at(times, notes, used[:, 0])
        np.maximum.at(last, notes, used[:, 1])
        return Uses(times, last)

    def _with_ids(self, names: Sequence[str], accesses: Mapping[str, Access]) -> tuple[NDArray[np.int64], Counts]:
        """Give the notes that carry identities, and the counts of each; several may carry one."""
        ids = self.column(ID)
        by_id = {value: number for number, value in enumerate(ids.values)}
        codes = [by_id.get(encoded(ID, name.removeprefix(_OF_ID)).decode("utf-8", "replace"), -1) for name in names]
        place = np.full(len(ids.values) + 1, -1, np.int64)  # of each identity among the names
        place[codes] = np.arange(len(names))
        place[-1] = -1
        notes = np.flatnonzero(place[ids.codes] >= 0)
        return notes, _as_array([accesses[name] for name in names])[place[ids.codes[notes]]]

    @cached_property
    def aged(self) -> Aged:
        """How each has fared, for a sweep."""
        config = self._session.config
        rules = RULES.with_settings(config.half_lives, config.confidences)
        types, uses = self.column(TYPE), self.uses
        half_lives = np.array([*map(rules.half_life_of, types.values), rules.half_life_of(None)])[types.codes]
        pinned, verified = self.having(PINNED, "true"), self.having(VERIFIED, "true")
        floors = np.maximum(pinned * rules.pinned_floor, verified * rules.verified_floor)
        ages = np.maximum(self.now_us - self.changed_us, 0) / DAY_US
        idle = np.maximum(self.now_us - np.maximum(self.changed_us, uses.last_us), 0) / DAY_US
        tiers = self.column(TIER)
        known = [*map(tier_of, tiers.values), None]
        days = TIER_RULES.with_days(config.tier_days)
        left = np.array([days.days_of(each) for each in known])[tiers.codes] - idle
        expires = self.date("expires")
        stated = np.where(expires == NO_DATE, np.inf, (expires - self.now_us) / DAY_US)
        is_core = np.array([each is Tier.CORE for each in known], np.bool_)[tiers.codes]
        return Aged(
            strength=strengths(ages, uses.times, half_lives, floors, rules),
            age_days=ages,
            idle_days=idle,
            days_left=np.minimum(left, stated),
            is_spared=pinned | verified | is_core | self.having(PROBLEM, "true"),
        )

    @property
    def _signatures(self) -> NDArray[np.int64]:
        parts = [
            layer.segment.catalogue.signatures[numbers]
            for layer, numbers in zip(self._layers, self._numbers, strict=True)
        ]
        return np.concatenate([np.empty((0, 3), np.int64), *parts])

    @cached_property
    def _places(self) -> dict[int, int]:
        return {id(layer): number for number, layer in enumerate(self._layers)}

    def numbers_of(self, paths: Iterable[str]) -> NDArray[np.int64]:
        """Give the numbers of the notes at some paths, -1 where there is none."""
        records = self._session.index.records
        places = [records.place(path) if path in records else None for path in paths]
        layers = np.array([self._places[id(one.layer)] if one else -1 for one in places], np.int64)
        inner = np.array([one.number if one else -1 for one in places], np.int64)
        found = np.full(len(places), -1, np.int64)
        for layer, numbers in enumerate(self._numbers):
            asked = np.flatnonzero(layers == layer)
            at = np.searchsorted(numbers, inner[asked])
            is_kept = at < len(numbers)
            is_kept[is_kept] = numbers[at[is_kept]] == inner[asked][is_kept]
            found[asked[is_kept]] = self._firsts[layer] + at[is_kept]
        return found


def _as_array(accesses: Sequence[Access]) -> Counts:
    return np.array(accesses, np.int64).reshape(-1, 2)
