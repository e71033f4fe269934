"""How a note's strength falls with time. Pure: of ages, counts and half-lives, computed anew at each reading.

A note that nobody has used is half as strong after its type's half-life, a quarter after two. Each use makes the
half-life longer by a tenth, up to three times as long. Nothing is deleted for being weak.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

NEVER = math.inf
DEFAULT_TYPE = "note"  # of a note that states no type, or one that is not known


def _half_lives() -> Mapping[str, float]:
    return MappingProxyType(
        {
            "decision": NEVER,
            "preference": NEVER,
            "antipattern": NEVER,
            "correction": NEVER,
            "profile": NEVER,
            "document": 365.0,
            "fact": 180.0,
            "insight": 180.0,
            "project": 120.0,
            "observation": 90.0,
            "research": 90.0,
            "note": 60.0,
            "handoff": 30.0,
        }
    )


def _confidences() -> Mapping[str, float]:
    return MappingProxyType(
        {
            "correction": 0.9,
            "decision": 0.85,
            "preference": 0.8,
            "antipattern": 0.8,
            "profile": 0.8,
            "fact": 0.7,
            "observation": 0.7,
            "research": 0.7,
            "insight": 0.65,
            "project": 0.65,
            "document": 0.6,
            "handoff": 0.6,
            "note": 0.5,
        }
    )


@dataclass(frozen=True, slots=True)
class DecayRules:
    """Every constant of the curve. They are common among memories for agents, so that notes brought along keep pace."""

    half_life_days: Mapping[str, float] = field(default_factory=_half_lives)  # by type; config.toml overrides it
    confidence: Mapping[str, float] = field(default_factory=_confidences)  # by type, of a note that states none
    extension_per_use: float = 0.1  # of the half-life
    most_extension: float = 3.0  # times the half-life
    pinned_floor: float = 1.0  # what is pinned does not fade: it is pinned to be at hand
    verified_floor: float = 0.2  # what somebody has checked stays worth finding

    def with_settings(self, half_life_days: Mapping[str, float], confidence: Mapping[str, float]) -> "DecayRules":
        """Give the rules with other half-lives, in days, and other confidences for some types."""
        return replace(
            self,
            half_life_days={**self.half_life_days, **half_life_days},
            confidence={**self.confidence, **confidence},
        )

    def half_life_of(self, type: str | None) -> float:
        """Give the half-life of a type in days, `NEVER` for one that does not fade."""
        return _of_type(self.half_life_days, type)

    def confidence_of(self, type: str | None) -> float:
        """Give how far a note of a type is to be relied on that does not say so itself, in [0, 1]."""
        return _of_type(self.confidence, type)

    def floor(self, *, pinned: bool, verified: bool) -> float:
        """Give what a note never falls below."""
        return max(self.pinned_floor * pinned, self.verified_floor * verified)


def _of_type(known: Mapping[str, float], type: str | None) -> float:
    return known.get((type or DEFAULT_TYPE).casefold(), known[DEFAULT_TYPE])


RULES = DecayRules()


def strengths(
    age_days: NDArray[np.float64],
    uses: NDArray[np.float64],
    half_life_days: NDArray[np.float64],
    floors: NDArray[np.float64],
    rules: DecayRules = RULES,
) -> NDArray[np.float64]:
    """Give the strength of many notes.

    Args:
        age_days: since each was last changed, shape ``(n,)``; an age before its time counts as none.
        uses: how often each was used, shape ``(n,)``.
        half_life_days: of each, shape ``(n,)``, above 0; `NEVER` for what does not fade.
        floors: what each never falls below, shape ``(n,)``, in [0, 1].
        rules: the constants of the curve.

    Returns:
        Shape ``(n,)``, in [0, 1].
    """
    longer = np.minimum(1.0 + rules.extension_per_use * np.maximum(uses, 0.0), rules.most_extension)
    return np.maximum(np.exp2(-np.maximum(age_days, 0.0) / (half_life_days * longer)), floors)


def strength(age_days: float, uses: float, half_life_days: float, floor: float, rules: DecayRules = RULES) -> float:
    """Give the strength of one note, as `strengths` does of many."""
    age, used, half_life, least = (np.array([value], np.float64) for value in (age_days, uses, half_life_days, floor))
    return float(strengths(age, used, half_life, least, rules)[0])
