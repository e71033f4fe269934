"""Which of many texts are worth comparing: those that share rare words. Pure."""

from collections import defaultdict
from collections.abc import Sequence
from itertools import combinations
from math import log

from vault_engine.lifecycle.contradict import Claim
from vault_engine.lifecycle.words import PRONOUNS

MOST_PAIRS = 10_000
_MOST_WITH_A_WORD = 120  # texts: a word that more have tells little of what they are about
_MOST_COUNTED = 150_000  # pairs that are weighed


def pairs(texts: Sequence[Sequence[Claim]], most: int = MOST_PAIRS) -> list[tuple[int, int]]:
    """Give the pairs that share most, the likeliest first.

    Args:
        texts: what each text claims.
        most: how many pairs at most.
    """
    having: dict[str, list[int]] = defaultdict(list)
    for number, said in enumerate(texts):
        for word in frozenset().union(*(claim.stems for claim in said)) - PRONOUNS:
            having[word].append(number)
    weights: dict[tuple[int, int], float] = defaultdict(float)
    for _, numbers in sorted(having.items(), key=lambda one: (len(one[1]), one[0])):
        if len(numbers) > _MOST_WITH_A_WORD or len(weights) > _MOST_COUNTED:
            break
        weight = log(len(texts) / len(numbers)) + 0.1
        for pair in combinations(numbers, 2):
            weights[pair] += weight
    return sorted(weights, key=lambda pair: (-weights[pair], pair))[:most]
