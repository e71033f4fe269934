"""``memwell eval``: how well recall answers questions whose answers are known."""

import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any, TypeVar

import click

from memwell_cli.evaluation.corpus import DEPTH, Asking, Corpus, Question, ask, measure
from memwell_cli.evaluation.locomo import read_conversations
from memwell_cli.evaluation.longmemeval import read_instances
from memwell_cli.evaluation.ranking import Quality
from memwell_cli.opening import open_vault, vault_option
from memwell_cli.output import columns, json_line, json_option, progress, progress_option, remark
from vault_engine import Mode
from vault_engine.engine import By
from vault_engine.errors import BadInput

T = TypeVar("T")

_KS = (1, 5, 10)
_MAX_FILE_BYTES = 2_000_000_000


@click.group("eval")
def eval() -> None:
    """Measure how well recall answers, on questions you have."""


def _options(command: Any) -> Any:
    """Add what all measurements have in common."""
    for option in (
        click.option(
            "--mode",
            type=click.Choice([mode.value for mode in Mode]),
            default=Mode.HYBRID.value,
            show_default=True,
            help="By words, by meaning, or both.",
        ),
        click.option("--rerank/--no-rerank", default=None, help="Look at the best again, or do not."),
        click.option("--compare", type=click.Path(dir_okay=False, path_type=Path), help="What --json gave before."),
        json_option,
    ):
        command = option(command)
    return command


_file = click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
_only = click.option("--only", multiple=True, metavar="NAME", help="Only this conversation or instance; repeatable.")
_cache = click.option("--cache", type=click.Path(file_okay=False, path_type=Path), help="Keep vaults and indexes here.")


@eval.command("locomo")
@_file
@click.option(
    "--level",
    type=click.Choice(["turn", "session"]),
    default="turn",
    show_default=True,
    help="Whether the turn that answers is looked for, or its session.",
)
@_only
@_cache
@progress_option
@_options
def locomo(file: Path, level: str, only: tuple[str, ...], **how: Any) -> None:
    """Ask LoCoMo's questions, FILE being locomo10.json."""
    by_session = level == "session"
    corpora = _read(file, lambda data: read_conversations(data, only, by_session=by_session))
    _report(_measured(corpora, how, by_folder=by_session), how)


@eval.command("longmemeval")
@_file
@_only
@_cache
@progress_option
@_options
def longmemeval(file: Path, only: tuple[str, ...], **how: Any) -> None:
    """Ask LongMemEval's questions, FILE being of its form."""
    _report(_measured(_read(file, lambda data: read_instances(data, only)), how, by_folder=True), how)


@eval.command("vault")
@_file
@vault_option
@_options
def vault(file: Path, vault: str | None, **how: Any) -> None:
    """Ask a vault questions of your own: JSON Lines with query, notes.

    FILE holds {"query": "…", "notes": ["path of a note that answers it", …]} on each line.
    """
    questions = _read(file, _own_questions, lines=True)
    with open_vault(vault) as engine:
        _report({"all": ask(engine, questions, _asking(how, by_folder=False))}, how)


def _own_questions(lines: Sequence[Mapping[str, Any]]) -> list[Question]:
    return [Question(str(line["query"]), frozenset(map(str, line["notes"]))) for line in lines]


def _read(file: Path, understand: Callable[[Any], list[T]], *, lines: bool = False) -> list[T]:
    """Read a file of questions.

    Raises:
        BadInput: it can't be read, is not of its form, or has no question.
    """
    try:
        if file.stat().st_size > _MAX_FILE_BYTES:
            raise BadInput(f"{file} is larger than {_MAX_FILE_BYTES:,} bytes")
        text = file.read_text("utf-8")
        data = [json.loads(line) for line in text.splitlines() if line.strip()] if lines else json.loads(text)
        found = understand(data)
    except OSError as error:
        raise BadInput(f"{file} can't be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
        raise BadInput(f"{file} is not of the form that is asked for: {type(error).__name__} {error}") from error
    if not found:
        raise BadInput(f"{file} has no such questions")
    return found


def _measured(corpora: Sequence[Corpus], how: Mapping[str, Any], *, by_folder: bool) -> dict[str, Quality]:
    """Ask each corpus in turn, and give what came out by name, with the sum of all."""
    kept = how["cache"]
    found: dict[str, Quality] = {}
    with (
        nullcontext(str(kept)) if kept else tempfile.TemporaryDirectory(prefix="memwell-eval-") as folder,
        progress(always=how["with_progress"]) as advance,
    ):
        for number, corpus in enumerate(corpora):
            if advance:
                advance("asking", number, len(corpora))
            found[corpus.name] = measure(corpus, Path(folder), _asking(how, by_folder=by_folder), advance)
    return found | {"all": Quality([rank for one in found.values() for rank in one.ranks])}


def _asking(how: Mapping[str, Any], *, by_folder: bool) -> Asking:
    by = By.FOLDER if by_folder else By.NOTE
    return Asking({"mode": how["mode"], "rerank": how["rerank"], "by": by}, by_folder)


def _report(found: Mapping[str, Quality], how: Mapping[str, Any]) -> None:
    """Print the figures, and what they are compared with."""
    total, before = found["all"], _before(how["compare"])
    if before is not None and len(before.ranks) != len(total.ranks):
        raise BadInput(f"{how['compare']} is about {len(before.ranks)} questions, not {len(total.ranks)}")
    gains = None if before is None else {name: total.gain(before, k) for name, k in _figures()}
    if how["as_json"]:
        facts = {"mode": how["mode"], "depth": DEPTH, **total.as_json(*_KS)}
        compared = {name: {"gain": by, "interval": list(sure)} for name, (by, sure) in (gains or {}).items()}
        click.echo(json_line(facts | ({"compared": compared} if compared else {})))
        return
    rows = [("", "questions", *(name for name, _ in _figures()))]
    for name, one in found.items():
        rows.append((name, f"{len(one.ranks):,}", *(f"{_figure(one, k):.1f}" for _, k in _figures())))
    rows.append(("95 %", "", *("{:.1f} to {:.1f}".format(*total.interval(k)) for _, k in _figures())))
    if gains:
        rows.append(("gain", "", *(f"{by:+.1f}" for by, _ in gains.values())))
        rows.append(("95 %", "", *(f"{sure.low:+.1f} to {sure.high:+.1f}" for _, sure in gains.values())))
    click.echo(columns(rows))
    remark(f"mode {how['mode']}; what is not among the first {DEPTH} counts as not found")


def _figures() -> list[tuple[str, int | None]]:
    return [*((f"any@{k}", k) for k in _KS), (f"MRR@{DEPTH}", None)]


def _figure(quality: Quality, k: int | None) -> float:
    return quality.mrr if k is None else quality.recall_any(k)


def _before(file: Path | None) -> Quality | None:
    """Read the ranks of an answer of ``--json``."""
    if file is None:
        return None
    (ranks,) = _read(file, lambda data: [data["ranks"]])
    if not isinstance(ranks, list) or not all(rank is None or (type(rank) is int and rank > 0) for rank in ranks):
        raise BadInput(f"{file} is no answer of `memwell eval … --json`")
    return Quality(ranks)
