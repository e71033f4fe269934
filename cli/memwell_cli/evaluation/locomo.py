"""LoCoMo: long conversations, and questions about them.

Every turn of a conversation is one note (``Speaker: text``, and the caption of an image it shows; the session's date
among its properties), every session a folder, every conversation a vault, and every question is asked as it stands. A
question counts when one of the turns that its evidence names (``D<session>:<turn>``) is among the hits, or its session.
Questions without evidence are left out. The data is not part of Memwell: give ``locomo10.json`` or a part of it.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from memwell_cli.evaluation.corpus import Corpus, Question

_EVIDENCE = re.compile(r"D(\d+):(\d+)")
_NAME = re.compile(r"[\w-]{1,80}")


def read_conversations(
    samples: Sequence[Mapping[str, Any]], wanted: Sequence[str], *, by_session: bool
) -> list[Corpus]:
    """Read the conversations of a LoCoMo file, all or those named.

    Raises:
        KeyError, TypeError, ValueError, AttributeError: it is no such file.
    """
    named = [sample for sample in samples if not wanted or sample["sample_id"] in wanted]
    return [_conversation(sample, by_session) for sample in named]


def _conversation(sample: Mapping[str, Any], by_session: bool) -> Corpus:
    name = sample["sample_id"]
    if not _NAME.fullmatch(name):
        raise ValueError(f"a conversation is called {name!r}")
    notes = {_path(*ids): text for ids, text in _turns(sample["conversation"])}
    asked = ((entry["question"], _gold(entry.get("evidence") or [], by_session)) for entry in sample["qa"])
    return Corpus(name, notes, tuple(Question(text, gold) for text, gold in asked if gold))


def _turns(conversation: Mapping[str, Any]) -> Iterator[tuple[tuple[int, int], str]]:
    """Give each turn's numbers and the text of its note."""
    for name, turns in conversation.items():
        if isinstance(turns, list):
            date = conversation.get(f"{name}_date_time", "")
            for turn in turns:
                yield _ids(turn["dia_id"])[0], _note(turn, date)


def _note(turn: Mapping[str, Any], date: str) -> str:
    caption = f"\n[image: {turn['blip_caption']}]" if turn.get("blip_caption") else ""
    return f'---\ndate: "{date}"\n---\n{turn["speaker"]}: {turn["text"]}{caption}\n'


def _gold(evidence: Sequence[str], by_session: bool) -> frozenset[str]:
    paths = (_path(*ids) for entry in evidence for ids in _ids(entry))
    return frozenset(path.rpartition("/")[0] if by_session else path for path in paths)


def _ids(text: str) -> list[tuple[int, int]]:
    """Read every ``D<session>:<turn>``; some in the data have zeros in front, some entries name several."""
    return [(int(session), int(turn)) for session, turn in _EVIDENCE.findall(text)]


def _path(session: int, turn: int) -> str:
    """Name a turn's note by one word that no question holds, so that names do not help the search."""
    return f"session-{session}/d{session}t{turn}.md"
