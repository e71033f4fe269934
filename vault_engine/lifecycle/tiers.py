"""How long notes are meant to last: the tiers, and how use moves a note from one to another. Pure.

A note has the tier that it states, and none if it states none: then nothing expires and nothing moves.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

NEVER = math.inf


class Tier(StrEnum):
    """How long a note is meant to last, the shortest first."""

    WORKING = "working"  # for the task at hand
    EPISODIC = "episodic"  # what happened
    SEMANTIC = "semantic"  # what is so
    PROCEDURAL = "procedural"  # how it is done
    CORE = "core"  # what everything else rests on


_NAMES = {tier.value: tier for tier in Tier} | {
    "buffer": Tier.EPISODIC,
    "world": Tier.CORE,
    "procedure": Tier.PROCEDURAL,
}


def tier_of(stated: str | None) -> Tier | None:
    """Read a tier as notes state it, names that other memories have for it too; None for anything else."""
    return _NAMES.get((stated or "").strip().casefold())


def _days() -> Mapping[str, float]:
    return MappingProxyType({Tier.WORKING: 3.0, Tier.EPISODIC: 30.0})


class Life(NamedTuple):
    """What a note's tier is judged by."""

    tier: Tier
    uses: int  # on this machine
    idle_days: float  # since it was last changed or used
    strength: float  # in [0, 1]
    is_kept: bool  # pinned or verified: somebody has said that it stays


@dataclass(frozen=True, slots=True)
class TierRules:
    """Every constant of the tiers."""

    days: Mapping[str, float] = field(default_factory=_days)  # unused, until it expires; of others never
    uses_to_episodic: int = 3
    uses_to_semantic: int = 5
    uses_to_core: int = 20
    lately_days: float = 90.0  # core is what was used or changed within them
    core_strength: float = 0.5  # below it, what was not used lately is core no more

    def with_days(self, days: Mapping[str, float]) -> "TierRules":
        """Give the rules with other times for some tiers."""
        return replace(self, days={**self.days, **days})

    def days_of(self, tier: Tier | None) -> float:
        """Say after how many days without use a note of a tier expires, `NEVER` where it does not."""
        return self.days.get(tier, NEVER) if tier else NEVER

    def after_use(self, life: Life) -> Tier:
        """Say which tier a note should have: one further up by its uses, or from core back to semantic.

        What has expired stays what it is. A note comes up one tier at a time.
        """
        if life.idle_days >= self.days_of(life.tier):
            return life.tier
        is_late = life.idle_days <= self.lately_days
        if life.tier is Tier.WORKING and life.uses >= self.uses_to_episodic:
            return Tier.EPISODIC
        if life.tier is Tier.EPISODIC and life.uses >= self.uses_to_semantic:
            return Tier.SEMANTIC
        if life.tier is Tier.SEMANTIC and life.uses >= self.uses_to_core and is_late:
            return Tier.CORE
        is_faded = life.strength < self.core_strength and not is_late and not life.is_kept
        return Tier.SEMANTIC if life.tier is Tier.CORE and is_faded else life.tier


RULES = TierRules()
