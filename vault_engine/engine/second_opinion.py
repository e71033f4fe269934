"""Asking a model about what the rules found, and about what they leave open. Nothing is changed by what it says."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from vault_engine.config import RULES
from vault_engine.engine.pair_judges import PairJudge
from vault_engine.errors import JudgeFailed
from vault_engine.index.record import Record
from vault_engine.lifecycle.contradict import Verdict, VerdictKind
from vault_engine.search.judging import Deadline

MOST_ASKED = 200  # pairs of sentences
BUDGET_S = 20.0  # for all of them, loading a model apart: a client waits for an answer a minute or so


class Weighed(NamedTuple):
    """Two notes, how they stand to each other, and who says so."""

    old: Record  # the one that is to give way, if that can be told
    new: Record
    verdict: Verdict
    judge: str = RULES


@dataclass(frozen=True)
class Opinion:
    """What came of asking."""

    conflicts: tuple[Weighed, ...]
    dismissed: tuple[Weighed, ...] = ()  # conflicts by the rules, and none by the model
    judge: str = RULES
    asked: int = 0  # pairs of sentences
    degraded: str | None = None  # why it could not be asked, or not about all


def second_opinion(judge: PairJudge, found: Sequence[Weighed], undecided: Sequence[Weighed]) -> Opinion:
    """Ask a model about pairs: first those that the rules found, then those that they leave open, in the order given.

    Args:
        judge: the model.
        found: conflicts by the rules. They stay if the model can't be asked.
        undecided: pairs about one thing; only what the model finds of them is a conflict.
    """
    queue = [*found, *undecided]
    answers, failure = _answers(judge, queue[:MOST_ASKED])
    conflicts, dismissed = list(found[len(answers) :]), list[Weighed]()
    told: set[tuple[str, str]] = set()
    for number, (pair, kind) in enumerate(zip(queue, answers, strict=False)):
        is_found, names = number < len(found), (pair.old.path, pair.new.path)
        if kind is None:
            conflicts += [pair] if is_found else []
        elif is_found:
            judged = pair._replace(verdict=_as(pair.verdict, kind), judge=judge.name)
            (conflicts if kind.is_conflict else dismissed).append(judged)
        elif kind.is_conflict and names not in told:
            told.add(names)
            why = f"{judge.name} says that not both can hold"
            conflicts.append(pair._replace(verdict=_as(pair.verdict, kind, why), judge=judge.name))
    if not failure and (unread := answers.count(None)):
        failure = f"{judge.name} answered what can't be read ({unread:,} of {len(answers):,})"
    degraded = f"{failure}; the rules alone judge what it did not" if failure else None
    return Opinion(tuple(conflicts), tuple(dismissed), judge.name, len(answers), degraded)


def _answers(judge: PairJudge, queue: Sequence[Weighed]) -> tuple[list[VerdictKind | None], str | None]:
    """Give the answers about the first pairs, as many as there are before it fails; and why it did."""
    answers: list[VerdictKind | None] = []
    try:
        if queue:
            judge.load()
        deadline = Deadline(judge.name, BUDGET_S, JudgeFailed)
        for pair in queue:
            answers.append(judge.judge(pair.verdict.old, pair.verdict.new, deadline))
    except JudgeFailed as error:
        return answers, str(error)
    return answers, None


def _as(verdict: Verdict, kind: VerdictKind, why: str = "") -> Verdict:
    return Verdict(kind, why or verdict.why, verdict.old, verdict.new)
