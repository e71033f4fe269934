"""``memwell eval``: how well recall answers questions whose answers are known."""

import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any, TypeVar

import click

from memwell_cli.evaluation.corpus import DEPTH, Asking, Corpus, measure
from memwell_cli.evaluation.labelled import Answers, ask_all, read_questions
from memwell_cli.evaluation.locomo import read_conversations
from memwell_cli.evaluation.longmemeval import read_instances
from memwell_cli.evaluation.ranking import Interval, Quality
from memwell_cli.opening import open_vault, vault_option
from memwell_cli.output import columns, json_line, json_option, progress, progress_option, remark
from vault_engine import Mode
from vault_engine.engine import By
from vault_engine.errors import BadInput

T = TypeVar("T")

Gain = tuple[float, Interval]

_KS = (1, 5, 10)
_FIGURES = {**{f"any@{k}": k for k in _KS}, f"MRR@{DEPTH}": None}
_OWN_FIGURES = {**{f"hit@{k}": k for k in (1, 3, 5)}, f"MRR@{DEPTH}": None}
_NO_FIGURES = ("",) * (len(_OWN_FIGURES) + 1)
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
@click.option("--min-score", type=float, help="Leave out worse hits; 0: also where nothing seems to answer.")
@_options
def vault(file: Path, vault: str | None, min_score: float | None, **how: Any) -> None:
    """Ask a vault questions of your own: JSON Lines with query, notes.

    FILE holds {"query": "…", "notes": ["path of a note that answers it", …]} on each line. Where nothing answers, notes
    is [], and no answer is the right one. A line may have a kind, by which the figures are given as well, and a type,
    category or tags to filter by.
    """
    questions = _read(file, read_questions, lines=True)
    with open_vault(vault) as engine:
        engine.recall("the model is loaded now", mode=how["mode"])
        _report_answers(ask_all(engine, questions, {**_arguments(how), "min_score": min_score}), how)


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
    return Asking({**_arguments(how), "by": by}, by_folder)


def _arguments(how: Mapping[str, Any]) -> dict[str, Any]:
    """Give the arguments of `Engine.recall` that all measurements have in common."""
    return {"mode": how["mode"], "rerank": how["rerank"]}


def _report(found: Mapping[str, Quality], how: Mapping[str, Any]) -> None:
    """Print the figures, and what they are compared with."""
    total = found["all"]
    gains = _gains(total, how, _FIGURES)
    if how["as_json"]:
        click.echo(json_line({"mode": how["mode"], "depth": DEPTH, **total.as_json(*_KS), **_compared(gains)}))
        return
    rows = [("", "questions", *_FIGURES)]
    for name, one in found.items():
        rows.append((name, f"{len(one.ranks):,}", *_written(one, _FIGURES)))
    click.echo(columns([*rows, *_how_sure(total, gains, _FIGURES)]))
    remark(f"mode {how['mode']}; what is not among the first {DEPTH} counts as not found")


def _report_answers(answers: Answers, how: Mapping[str, Any]) -> None:
    """Print the figures of questions about a vault of one's own, by kind and together."""
    quality = answers.quality
    gains = _gains(quality, how, _OWN_FIGURES)
    if how["as_json"]:
        facts = {**answers.as_json(), "kinds": {name: one.as_json() for name, one in answers.kinds.items()}}
        click.echo(json_line({"mode": how["mode"], "depth": DEPTH, **facts, **_compared(gains)}))
        return
    rows = [("", "questions", *_OWN_FIGURES, f"nDCG@{DEPTH}", "silent")]
    for name, one in {**answers.kinds, "all": answers.answerable, "unanswerable": answers.unanswerable}.items():
        figures = (*_written(one.quality, _OWN_FIGURES), f"{one.ndcg:.1f}") if one.quality.ranks else _NO_FIGURES
        rows.append((name, f"{len(one.all):,}", *figures, f"{one.silent:.1f}" if one.all else ""))
    rows += [(*row, "", "") for row in _how_sure(quality, gains, _OWN_FIGURES)]
    click.echo(columns(rows))
    took = f"{answers.took_ms(50):.0f} ms at the median, {answers.took_ms(95):.0f} ms at the 95th percentile"
    remark(f"mode {how['mode']}; {took}; what is not among the first {DEPTH} counts as not found")


def _gains(total: Quality, how: Mapping[str, Any], figures: Mapping[str, int | None]) -> dict[str, Gain]:
    """Give by how much each figure is better than in the answer to compare with; nothing without one."""
    before = _before(how["compare"])
    if before is None:
        return {}
    if len(before.ranks) != len(total.ranks):
        raise BadInput(f"{how['compare']} is about {len(before.ranks)} questions, not {len(total.ranks)}")
    return {name: total.gain(before, k) for name, k in figures.items()}


def _compared(gains: Mapping[str, Gain]) -> dict[str, Any]:
    compared = {name: {"gain": by, "interval": list(sure)} for name, (by, sure) in gains.items()}
    return {"compared": compared} if compared else {}


def _how_sure(total: Quality, gains: Mapping[str, Gain], figures: Mapping[str, int | None]) -> list[tuple[str, ...]]:
    """Give the rows below the figures: where they lie with 95 % confidence, and what was gained."""
    rows = [("95 %", "", *("{:.1f} to {:.1f}".format(*total.interval(k)) for k in figures.values()))]
    if gains:
        rows.append(("gain", "", *(f"{by:+.1f}" for by, _ in gains.values())))
        rows.append(("95 %", "", *(f"{sure.low:+.1f} to {sure.high:+.1f}" for _, sure in gains.values())))
    return rows


def _written(quality: Quality, figures: Mapping[str, int | None]) -> list[str]:
    return [f"{quality.mrr if k is None else quality.recall_any(k):.1f}" for k in figures.values()]


def _before(file: Path | None) -> Quality | None:
    """Read the ranks of an answer of ``--json``."""
    if file is None:
        return None
    (ranks,) = _read(file, lambda data: [data["ranks"]])
    if not isinstance(ranks, list) or not all(rank is None or (type(rank) is int and rank > 0) for rank in ranks):
        raise BadInput(f"{file} is no answer of `memwell eval … --json`")
    return Quality(ranks)
