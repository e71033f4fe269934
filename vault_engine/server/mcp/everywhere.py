"""One question to all vaults of a server: each answers as it would by itself, and the answers are put together."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any, NamedTuple

from vault_engine.engine import Context as Briefing
from vault_engine.engine import Hit, Mode, Recalled
from vault_engine.engine.recalling import CHARS_PER_TOKEN, within_budget
from vault_engine.errors import BadInput, MemwellError, NotAllowed

Tools = Mapping[str, Callable[..., Any]]
"""What does the same in several vaults, by their names."""


@dataclass(frozen=True)
class HitOfSeveral(Hit):
    """One search result of several vaults."""

    vault: str = ""  # the name of the one that it is from


@dataclass(frozen=True)
class BriefingOfSeveral(Briefing):
    """What an agent should know, from several vaults."""

    vaults: tuple[str, ...] = ()  # of each of the notes, the vault that it is from


class _Answers(NamedTuple):
    """What the vaults have said, by their names."""

    given: dict[str, Any]
    failed: dict[str, MemwellError]  # those that could not answer


def recall_everywhere(tools: Tools, *, limit: int, budget: int, cursor: str | None, **asked: Any) -> Recalled:
    """Search all vaults that the caller may reach; the best hits of all come first, each with its vault's name.

    Raises:
        BadInput: the question can't be asked so; an answer of several vaults has no cursor to go on from.
        MemwellError: none of the vaults could answer.
    """
    if cursor:
        raise BadInput("a cursor goes on in one vault: name it, or ask all with a higher limit")
    answers = _asked(tools, lambda tool, _: tool(limit=limit, budget=budget, cursor=None, **asked))
    found = answers.given.values()
    hits = [_named(hit, name) for name, answer in answers.given.items() for hit in answer.hits]
    best = sorted(hits, key=lambda hit: -hit.score)[:limit]
    return Recalled(
        mode=_common([answer.mode for answer in found]),
        hits=tuple(within_budget(best, budget)),
        notes_searched=sum(answer.notes_searched for answer in found),
        chunks_waiting=sum(answer.chunks_waiting for answer in found),
        degraded="; ".join(_why_less(answers)) or None,
        unused=tuple(dict.fromkeys(each for answer in found for each in answer.unused)),
        did_you_mean=None if hits else next(filter(None, (answer.did_you_mean for answer in found)), None),
    )


def context_everywhere(tools: Tools, *, budget: int, **asked: Any) -> BriefingOfSeveral:
    """Say what all vaults that the caller may reach have to say, the first first; what one leaves others may use.

    Raises:
        MemwellError: none of the vaults could answer.
    """
    parts: dict[str, str] = {}

    def ask(tool: Callable[..., Any], name: str) -> Briefing:
        left = budget - _tokens(parts.values())
        share = left // (len(tools) - list(tools).index(name)) - _tokens([_heading(name)])
        answer: Briefing = tool(budget=max(share, 1), **asked)
        if answer.markdown:
            parts[name] = _heading(name) + answer.markdown
        return answer

    answers = _asked(tools, ask)
    if any(answers.failed):
        parts[""] = "; ".join(_why_less(answers))
    return BriefingOfSeveral(
        markdown="\n\n".join(parts.values()),
        notes=tuple(path for answer in answers.given.values() for path in answer.notes),
        tokens=_tokens(parts.values()),
        mode=next((answer.mode for answer in answers.given.values()), None),
        vaults=tuple(name for name, answer in answers.given.items() for _ in answer.notes),
    )


TOGETHER: Mapping[str, Callable[..., Any]] = {"recall": recall_everywhere, "context": context_everywhere}
"""What asks all vaults, by the name of the tool that asks one."""


def _asked(tools: Tools, ask: Callable[[Callable[..., Any], str], Any]) -> _Answers:
    """Ask each; of those that the caller may not reach nothing is told."""
    answers, refused = _Answers({}, {}), list[NotAllowed]()
    for name, tool in tools.items():
        try:
            answers.given[name] = ask(tool, name)
        except NotAllowed as error:
            refused.append(error)
        except BadInput:
            raise
        except MemwellError as error:
            answers.failed[name] = error
    if not answers.given:
        raise next(iter((*answers.failed.values(), *refused)))
    return answers


def _named(hit: Hit, vault: str) -> HitOfSeveral:
    return HitOfSeveral(**{field.name: getattr(hit, field.name) for field in fields(hit)}, vault=vault)


def _common(modes: list[Mode]) -> Mode:
    """Give the mode that all have searched in; where one could do less than others, that is by words."""
    return modes[0] if len(set(modes)) == 1 else Mode.KEYWORD


def _why_less(answers: _Answers) -> Iterator[str]:
    for name, answer in answers.given.items():
        if why := getattr(answer, "degraded", None):
            yield f"{name}: {why}"
    for name, error in answers.failed.items():
        yield f"{name}: {error}"


def _heading(vault: str) -> str:
    return f"In the vault {vault}:\n"


def _tokens(texts: Any) -> int:
    return -(-sum(len(text) + 2 for text in texts) // CHARS_PER_TOKEN)
