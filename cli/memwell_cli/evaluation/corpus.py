"""Questions with known answers, and the vaults that they are asked of."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from memwell_cli.evaluation.ranking import Quality
from vault_engine import Engine
from vault_engine.errors import BadInput

DEPTH = 10  # answers that are looked at; the reciprocal rank of anything later counts as 0
_SETTINGS = ("MEMWELL_EMBEDDER", "MEMWELL_EMBEDDER_KEY", "MEMWELL_RERANKER", "MEMWELL_RERANKER_KEY")

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Question:
    """One question and what answers it: paths of notes, or of folders where whole sessions are looked for."""

    text: str
    gold: frozenset[str]


@dataclass(frozen=True, slots=True)
class Corpus:
    """One vault: its notes by path, and what is asked of it."""

    name: str
    notes: Mapping[str, str]
    questions: tuple[Question, ...]


class Asking(NamedTuple):
    """How questions are asked."""

    recall: Mapping[str, Any]  # arguments of `Engine.recall`
    by_folder: bool  # whether folders are looked for, by what is found in them


def measure(corpus: Corpus, folder: Path, asking: Asking, progress: Progress | None = None) -> Quality:
    """Ask everything of one corpus. Vault and index lie in ``folder`` and are used again if they are there."""
    vault = folder / corpus.name
    fill_vault(vault, corpus.notes)
    with Engine.open(vault, env=own_environment(folder / "index")) as engine:
        if asking.recall.get("mode") != "keyword":
            engine.build_index(progress)
        return ask(engine, corpus.questions, asking)


def ask(engine: Engine, questions: Sequence[Question], asking: Asking) -> Quality:
    """Ask questions of an open vault."""
    quality = Quality()
    for question in questions:
        hits = engine.recall(question.text, limit=DEPTH, **asking.recall).hits
        quality.add([hit.path.rpartition("/")[0] if asking.by_folder else hit.path for hit in hits], question.gold)
    return quality


def fill_vault(folder: Path, notes: Mapping[str, str]) -> None:
    """Make a vault of note texts by path; a file that holds its text already is left alone.

    Raises:
        BadInput: a folder is there that is no vault of ours, or a path leads out of it.
    """
    if folder.is_dir() and not (folder / ".memwell").is_dir() and any(folder.iterdir()):
        raise BadInput(f"{folder} holds something else: give an empty folder to --cache")
    folder.mkdir(parents=True, exist_ok=True)
    Engine.create(folder)
    for path, text in notes.items():
        file = folder / path
        if not file.resolve().is_relative_to(folder.resolve()):
            raise BadInput(f"{path!r} leads out of the vault")
        if not file.exists() or file.read_text("utf-8") != text:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, "utf-8")


def own_environment(cache: Path) -> dict[str, str]:
    """Give an environment with an index of its own and the models that the caller has set."""
    return {name: os.environ[name] for name in _SETTINGS if name in os.environ} | {"MEMWELL_CACHE_DIR": str(cache)}
