"""LongMemEval: many sessions with an assistant, and questions of which one or a few sessions hold the answer.

Every turn is one note (``user: text``), every session a folder, every instance a vault. A question counts when one of
its sessions is among the first. Questions that can't be answered (``…_abs``) are left out. The data is not part of
Memwell: give a file of the official form; one whose instances have several questions is read as well.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from memwell_cli.evaluation.corpus import Corpus, Question

_ABSTENTION = "_abs"


def read_instances(instances: Sequence[Mapping[str, Any]], wanted: Sequence[str]) -> list[Corpus]:
    """Read the instances of a LongMemEval file, all or those named by their question's id.

    Raises:
        KeyError, TypeError, ValueError, AttributeError: it is no such file.
    """
    named = [one for one in instances if not wanted or one["question_id"] in wanted]
    return [_instance(one) for one in named if not str(one["question_id"]).endswith(_ABSTENTION)]


def _instance(one: Mapping[str, Any]) -> Corpus:
    ids = [str(name) for name in one["haystack_session_ids"]]
    folder_of = {name: f"session-{number}" for number, name in enumerate(ids, 1)}
    sessions = zip(ids, one["haystack_dates"], one["haystack_sessions"], strict=True)
    notes = {
        f"{folder_of[name]}/t{number}.md": _note(turn, str(date))
        for name, date, turns in sessions
        for number, turn in enumerate(turns, 1)
    }
    questions = tuple(
        Question(text, frozenset(folder_of[name] for name in answers if name in folder_of))
        for text, answers in _asked(one)
    )
    digest = hashlib.sha256(str(one["question_id"]).encode()).hexdigest()[:12]
    return Corpus(f"instance-{digest}", notes, tuple(question for question in questions if question.gold))


def _asked(one: Mapping[str, Any]) -> Iterator[tuple[str, Sequence[str]]]:
    """Give each question with the sessions that answer it."""
    if "questions" in one:
        yield from zip(one["questions"], one["answer_session_ids"], strict=True)
    else:
        yield one["question"], one["answer_session_ids"]


def _note(turn: Mapping[str, Any], date: str) -> str:
    return f'---\ndate: "{date.replace(chr(34), "")}"\n---\n{turn["role"]}: {turn["content"]}\n'
