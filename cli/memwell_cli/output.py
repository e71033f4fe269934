"""What goes where: the answer to stdout, all else to stderr, progress only to a terminal."""

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

import click

from memwell_cli.exits import advice
from vault_engine import MemwellError
from vault_engine.engine import Problem

JSON_FORMAT = 1

json_option = click.option("--json", "as_json", is_flag=True, help='Print one JSON object with "format": 1.')

progress_option = click.option(
    "--progress", "with_progress", is_flag=True, help="Show how far it is even where that is no terminal."
)


def show(result: Any, *, as_json: bool, text: Callable[[Any], str]) -> None:
    """Print a result of the engine: as JSON, or as ``text`` makes it."""
    if as_json:
        click.echo(json_line(asdict(result)))
    elif shown := text(result):
        click.echo(escaped(shown))


def remark(text: str) -> None:
    """Say something beside the answer."""
    click.echo(escaped(text), err=True)


def json_line(facts: Mapping[str, Any]) -> str:
    """Write an object of ours on one line."""
    return escaped(json.dumps({"format": JSON_FORMAT, **facts}, ensure_ascii=False))


def escaped(text: str) -> str:
    """Write half a surrogate pair, which a file's name or another device may bring, as its escape: no UTF-8 has it."""
    return text.encode("utf-8", "backslashreplace").decode()


def plain(text: str) -> str:
    """Make a text that may be another device's harmless for the terminal that shows it."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)


def problem_line(problem: Problem) -> str:
    """Write where something is wrong, and what."""
    return f"{plain(problem.path)}: {plain(problem.problem)}"


def show_error(error: MemwellError, *, as_json: bool) -> None:
    """Say what happened, what state the data is in and what to do next."""
    if as_json:
        facts = {
            name: value for name, value in vars(error).items() if isinstance(value, str | int | float | tuple | list)
        }
        message = {"kind": error.kind.value, "message": str(error), "state": error.state, "advice": advice(error)}
        remark(json_line({"error": message | {"facts": facts}}))
    else:
        remark(f"{click.style('error:', fg='red')} {error}")
        remark(f"  {error.state} {advice(error)}")


def show_usage_error(error: click.ClickException, *, as_json: bool) -> None:
    """Say what is wrong with the command line itself."""
    if as_json:
        message = {
            "kind": "usage",
            "message": error.format_message(),
            "state": MemwellError.state,
            "advice": f"See `{_command(error)} --help`.",
        }
        remark(json_line({"error": message}))
    else:
        remark(f"{click.style('error:', fg='red')} {error.format_message()}")
        remark(f"  {MemwellError.state} See `{_command(error)} --help`.")


def _command(error: click.ClickException) -> str:
    context = getattr(error, "ctx", None)
    return context.command_path if isinstance(context, click.Context) else "memwell"


def show_bytes(data: bytes) -> None:
    """Print bytes as they are."""
    if sys.stdout is not None:
        sys.stdout.buffer.write(data)


@contextmanager
def progress(*, always: bool = False) -> Iterator[Callable[[str, int, int], None] | None]:
    """Give a callback that moves a bar per kind of work; None when nobody is there to see it, unless ``always``."""
    if not (always or sys.stderr.isatty()):
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description:>14}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as bars:
        tasks: dict[str, Any] = {}

        def advance(doing: str, done: int, total: int) -> None:
            task = tasks.get(doing)
            if task is None:
                task = tasks[doing] = bars.add_task(doing, total=total)
            bars.update(task, completed=done, total=total)

        yield advance


def columns(rows: Sequence[tuple[str, ...]]) -> str:
    """Set rows of texts in columns, as wide as their widest cell needs."""
    from rich.cells import cell_len, set_cell_size

    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(set_cell_size(cell, width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )
