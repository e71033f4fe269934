"""LoCoMo at the level of turns, through the public interface.

Every turn of a conversation is one note (``Speaker: text``, and the caption of an image it shows; the session's date
among its properties), every conversation is one vault, and every question is asked as it stands. A question counts
when one of the turns that its evidence names (``D<session>:<turn>``) is among the hits. Questions without evidence
are left out. The data is not part of Memwell: give the path of ``locomo10.json`` or of a part of it.
"""

import argparse
import json
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.machine import facts_line, isolated_env, table
from bench.ranking import Quality
from vault_engine import Engine

DEPTH = 10  # hits that are looked at; the reciprocal rank of anything later counts as 0
_EVIDENCE = re.compile(r"D(\d+):(\d+)")


@dataclass(frozen=True, slots=True)
class Question:
    """One question and the notes that answer it."""

    text: str
    gold: frozenset[str]  # paths


@dataclass(frozen=True, slots=True)
class Conversation:
    """One conversation: its notes by path, and what is asked of it."""

    name: str
    notes: dict[str, str]
    questions: tuple[Question, ...]


def read_conversations(file: Path, wanted: Sequence[str] = ()) -> list[Conversation]:
    """Read the conversations of a LoCoMo file, all or those named."""
    samples = json.loads(file.read_text("utf-8"))
    return [_conversation(sample) for sample in samples if not wanted or sample["sample_id"] in wanted]


def fill_vault(folder: Path, notes: dict[str, str]) -> None:
    """Make a vault of note texts by path; a file that holds its text already is left alone."""
    Engine.create(folder)
    for path, text in notes.items():
        file = folder / path
        if not file.exists() or file.read_text("utf-8") != text:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, "utf-8")


def measure(conversation: Conversation, folder: Path, mode: str) -> Quality:
    """Ask everything of one conversation. Vault and index lie in ``folder`` and are used again if they are there."""
    vault = folder / conversation.name
    fill_vault(vault, conversation.notes)
    quality = Quality()
    with Engine.open(vault, env=isolated_env(folder / "index", "none" if mode == "keyword" else None)) as engine:
        engine.build_index()
        for question in conversation.questions:
            hits = engine.recall(question.text, limit=DEPTH, mode=mode).hits
            quality.add([hit.path for hit in hits], question.gold)
    return quality


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program; see the module's text."""
    options = _options(arguments)
    conversations = read_conversations(options.file, options.conversations)
    if not conversations:
        print("no such conversation in the file", file=sys.stderr)
        return 2
    place = nullcontext(options.cache) if options.cache else tempfile.TemporaryDirectory(prefix="memwell-locomo-")
    rows: list[tuple[str, ...]] = [("conversation", "questions", "any@5", "any@10", "MRR@10")]
    total = Quality()
    with place as folder:
        for conversation in conversations:
            quality = measure(conversation, Path(folder), options.mode)
            total.ranks += quality.ranks
            rows.append(_row(conversation.name, quality))
    rows.append(_row("all", total))
    print(table(rows))
    print(f"mode {options.mode}; {facts_line()}")
    if options.json:
        options.json.write_text(json.dumps({"format": 1, "mode": options.mode, **total.as_json(1, 5, 10)}, indent=1))
    return 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.locomo", description="LoCoMo, turn level, through recall.")
    parser.add_argument("file", type=Path, help="locomo10.json or a part of it")
    parser.add_argument("--conversations", nargs="+", default=[], metavar="NAME", help="such as conv-26; default: all")
    parser.add_argument("--mode", choices=("hybrid", "keyword", "semantic"), default="hybrid")
    parser.add_argument("--cache", type=Path, help="keep vaults and embeddings here for the next run")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here as well")
    return parser.parse_args(arguments)


def _row(name: str, quality: Quality) -> tuple[str, ...]:
    figures = (quality.recall_any(5), quality.recall_any(10), quality.mrr)
    return (name, str(len(quality.ranks)), *(f"{figure:.1f}" for figure in figures))


def _conversation(sample: dict[str, Any]) -> Conversation:
    notes = {_path(*ids): text for ids, text in _turns(sample["conversation"])}
    asked = ((entry["question"], _gold(entry.get("evidence") or [])) for entry in sample["qa"])
    return Conversation(sample["sample_id"], notes, tuple(Question(text, gold) for text, gold in asked if gold))


def _turns(conversation: dict[str, Any]) -> Iterator[tuple[tuple[int, int], str]]:
    """Give each turn's numbers and the text of its note."""
    for name, turns in conversation.items():
        if isinstance(turns, list):
            date = conversation.get(f"{name}_date_time", "")
            for turn in turns:
                yield _ids(turn["dia_id"])[0], _note(turn, date)


def _note(turn: dict[str, Any], date: str) -> str:
    caption = f"\n[image: {turn['blip_caption']}]" if turn.get("blip_caption") else ""
    return f'---\ndate: "{date}"\n---\n{turn["speaker"]}: {turn["text"]}{caption}\n'


def _gold(evidence: Sequence[str]) -> frozenset[str]:
    return frozenset(_path(*ids) for entry in evidence for ids in _ids(entry))


def _ids(text: str) -> list[tuple[int, int]]:
    """Read every ``D<session>:<turn>``; some in the data have zeros in front, some entries name several."""
    return [(int(session), int(turn)) for session, turn in _EVIDENCE.findall(text)]


def _path(session: int, turn: int) -> str:
    """Name a turn's note by one word that no question holds, so that names do not help the search."""
    return f"session-{session}/d{session}t{turn}.md"


if __name__ == "__main__":
    sys.exit(main())
