"""The commands of ``memwell note`` that change part of a note, or its path."""

import json
import re
import sys
from collections.abc import Callable
from typing import Any, NoReturn

import click

from memwell_cli.exits import DONE, PARTLY
from memwell_cli.opening import open_vault, reach, vault_option, workspace_option
from memwell_cli.output import json_option, problem_line, remark, show
from vault_engine.engine import (
    AddLink,
    AddTag,
    Append,
    Changed,
    Edit,
    Moved,
    RemoveLink,
    RemoveTag,
    RenameProperty,
    Replace,
    ReplaceSection,
    SetProperty,
    UnsetProperty,
)
from vault_engine.engine.edit import read_value
from vault_engine.errors import BadInput

_TEXT_LIKE_AN_OPTION = re.compile(r"-(?:\s|\.?[0-9])")
_MARK = "\0"  # what no argument of a process can hold


class TextCommand(click.Command):
    """A command that takes ``- an item`` and ``-5`` for texts, not for options."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the arguments, hiding from click how such texts begin."""
        try:
            rest = super().parse_args(ctx, [_MARK + arg if _TEXT_LIKE_AN_OPTION.match(arg) else arg for arg in args])
        except click.UsageError as error:
            message = error.format_message().replace(_MARK, "").replace(repr(_MARK)[1:-1], "")
            raise click.UsageError(message, ctx) from None
        ctx.params = {name: _unmarked(value) for name, value in ctx.params.items()}
        return rest


_note = click.argument("ref", metavar="NOTE")
_dry_run = click.option("--dry-run", is_flag=True, help="Print what would change, and write nothing.")


def _under(*, required: bool) -> Callable[[Any], Any]:
    words = "Its heading; repeat it from the outermost inwards."
    return click.option("--under", multiple=True, required=required, metavar="HEADING", help=words)


def _options(command: Any) -> Any:
    """Add the options that every edit has; they go on to `_edit`."""
    expect = click.option(
        "--expect", "expected", metavar="SHA256", help="Change this revision of the note, or none; 8 digits do."
    )
    merge = click.option(
        "--merge", is_flag=True, help="If NOTE has changed since --expect, keep that change too, or change nothing."
    )
    for option in (json_option, vault_option, workspace_option, _dry_run, merge, expect):
        command = option(command)
    return command


@click.command("set", cls=TextCommand)
@_note
@click.argument("key")
@click.argument("values", metavar="VALUE...", nargs=-1)
@click.option("--text", "as_text", is_flag=True, help="Each VALUE is a text: 012, 1.10 and true too.")
@click.option("--json-value", metavar="JSON", help="The value as JSON, in place of VALUE; null leaves it empty.")
@_options
def set_property(
    ref: str, key: str, values: tuple[str, ...], as_text: bool, json_value: str | None, **options: Any
) -> None:
    """Give the property KEY of NOTE a value.

    Several VALUEs make a list. A VALUE is read as YAML reads it: true and false, numbers, else text.
    """
    if as_text and json_value is not None:
        raise click.UsageError("--text is about VALUE; in --json-value a text stands in quotes")
    if bool(values) == (json_value is not None):
        raise click.UsageError(
            "give one VALUE or more, or --json-value; `memwell note unset NOTE KEY` takes a property away"
        )
    if json_value is not None:
        value = _read_json(json_value)
    else:
        read = [text if as_text else read_value(text) for text in values]
        value = read if len(read) > 1 else read[0]
    _edit(ref, SetProperty(key, value), **options)


@click.command("unset")
@_note
@click.argument("keys", metavar="KEY...", nargs=-1, required=True)
@_options
def unset_property(ref: str, keys: tuple[str, ...], **options: Any) -> None:
    """Take properties of NOTE away: all these KEYs or none."""
    _edit(ref, *(UnsetProperty(key) for key in keys), **options)


@click.command("rename-property")
@_note
@click.argument("old")
@click.argument("new")
@_options
def rename_property(ref: str, old: str, new: str, **options: Any) -> None:
    """Rename the property OLD of NOTE to NEW; its value stays."""
    _edit(ref, RenameProperty(old, new), **options)


@click.command("append", cls=TextCommand)
@_note
@click.argument("text", required=False)
@_under(required=False)
@_options
def append(ref: str, text: str | None, under: tuple[str, ...], **options: Any) -> None:
    """Add TEXT at the end of NOTE, or of a section of it.

    '-' reads TEXT from stdin; so does leaving it out, unless stdin is a terminal.
    """
    _edit(ref, Append(_text(text), under), **options)


@click.command("replace", cls=TextCommand)
@_note
@click.argument("old")
@click.argument("new")
@click.option("--count", type=click.IntRange(min=1), default=1, show_default=True, help="How often OLD stands there.")
@_options
def replace(ref: str, old: str, new: str, count: int, **options: Any) -> None:
    """Replace the exact text OLD in the body of NOTE by NEW.

    Refused unless OLD stands there exactly as often as --count says.
    """
    _edit(ref, Replace(old, new, count), **options)


@click.command("replace-section", cls=TextCommand)
@_note
@click.argument("text", required=False)
@_under(required=True)
@click.option("--expect-section", metavar="SHA256", help="Replace only this text of the section; 8 digits do.")
@_options
def replace_section(
    ref: str, text: str | None, under: tuple[str, ...], expect_section: str | None, **options: Any
) -> None:
    """Replace what stands below a heading of NOTE by TEXT.

    Sub-sections are replaced too, the heading stays. '-' reads TEXT from stdin; so does leaving it out, unless
    stdin is a terminal.
    """
    _edit(ref, ReplaceSection(under, _text(text), expect_section), **options)


@click.command("tag")
@_note
@click.argument("tags", metavar="TAG...", nargs=-1, required=True)
@_options
def tag(ref: str, tags: tuple[str, ...], **options: Any) -> None:
    """Add each TAG to the property tags of NOTE."""
    _edit(ref, *(AddTag(name.removeprefix("#")) for name in tags), **options)


@click.command("untag")
@_note
@click.argument("tags", metavar="TAG...", nargs=-1, required=True)
@_options
def untag(ref: str, tags: tuple[str, ...], **options: Any) -> None:
    """Take each TAG out of the property tags of NOTE."""
    _edit(ref, *(RemoveTag(name.removeprefix("#")) for name in tags), **options)


@click.command("link")
@_note
@click.argument("target")
@click.argument("relation")
@click.option("--label", help="What the link is shown as.")
@_options
def link(ref: str, target: str, relation: str, label: str | None, **options: Any) -> None:
    """Add a link to TARGET to the section Links of NOTE.

    RELATION says what TARGET is to NOTE; it stands behind the link: - [[TARGET]] (RELATION)
    """
    _edit(ref, AddLink(target, relation, label), **options)


@click.command("unlink")
@_note
@click.argument("target")
@click.argument("relation", required=False)
@_options
def unlink(ref: str, target: str, relation: str | None, **options: Any) -> None:
    """Take links to TARGET out of the section Links.

    With RELATION only the one that has it.
    """
    _edit(ref, RemoveLink(target, relation), **options)


@click.command("move")
@_note
@click.argument("to")
@click.option("--yes", is_flag=True, help="Even if more than 20 files change.")
@_dry_run
@vault_option
@json_option
def move(ref: str, to: str, yes: bool, dry_run: bool, vault: str | None, as_json: bool) -> int:
    """Give NOTE the path TO; links that would break follow.

    TO is a path in the vault; with '/' at its end a folder, and NOTE keeps its name. The exit code is 3 if somebody
    edited a file meanwhile, so that its links were left as they are.
    """
    with open_vault(vault) as engine:
        moved = engine.move(ref, to, dry_run=dry_run, yes=yes)
    return _show_moved(moved, as_json=as_json, text=_plan if dry_run else _moved)


@click.command("undo-move")
@click.argument("entry", required=False)
@vault_option
@json_option
def undo_move(entry: str | None, vault: str | None, as_json: bool) -> int:
    """Take a move back, byte for byte.

    ENTRY is what the move said; without it the latest is meant. Refused if one of the files was changed since. The
    exit code is 3 if somebody edited a file at that moment, so that it was left as it is.
    """
    with open_vault(vault) as engine:
        moved = engine.undo_move(entry)
    return _show_moved(moved, as_json=as_json, text=_undone)


EDITING: tuple[click.Command, ...] = (
    set_property,
    unset_property,
    rename_property,
    append,
    replace,
    replace_section,
    tag,
    untag,
    link,
    unlink,
    move,
    undo_move,
)
"""What belongs to the group ``note``."""


def _edit(
    ref: str,
    *edits: Edit,
    expected: str | None,
    merge: bool,
    dry_run: bool,
    vault: str | None,
    as_json: bool,
) -> None:
    with open_vault(vault) as engine:
        changed = engine.edit(ref, *edits, expected=expected, merge=merge, dry_run=dry_run, within=reach(engine))
    show(changed, as_json=as_json, text=_diff if dry_run else _changed)


def _show_moved(moved: Moved, *, as_json: bool, text: Callable[[Moved], str]) -> int:
    show(moved, as_json=as_json, text=text)
    if not as_json:
        for problem in moved.left:
            remark(f"left as it is: {problem_line(problem)}")
    return PARTLY if moved.left else DONE


def _text(text: str | None) -> str:
    """Take the text from where the person has put it; that nothing came is an answer only to ``-``."""
    if text is not None and text != "-":
        return text
    data = b"" if sys.stdin is None or (text is None and sys.stdin.isatty()) else sys.stdin.buffer.read()
    if text is None and not data:
        raise click.UsageError("give TEXT as an argument, or on stdin")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInput(f"stdin is not UTF-8 (byte {error.start})") from None


def _read_json(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=refuse_constant)
    except (ValueError, RecursionError) as error:
        raise click.BadParameter(f"not JSON: {error}", param_hint="--json-value") from None


def refuse_constant(name: str) -> NoReturn:
    """Refuse NaN and Infinity, which Python reads in JSON and JSON does not have.

    Raises:
        ValueError: always.
    """
    raise ValueError(f"{name} is no number of JSON's")


def _unmarked(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(map(_unmarked, value))
    return value.removeprefix(_MARK) if isinstance(value, str) else value


def _changed(changed: Changed) -> str:
    return f"{changed.action} {changed.path}"


def _diff(changed: Changed) -> str:
    return changed.diff or _changed(changed)


def _plan(moved: Moved) -> str:
    links = (f"{link.path}:{link.line}  {link.old} → {link.new}" for link in moved.links)
    return "\n".join([f"{moved.old} -> {moved.new}", *links])


def _moved(moved: Moved) -> str:
    counts = f"files: {len(moved.files)}, links: {len(moved.links)}"
    return f"moved {moved.old} -> {moved.new} ({counts}; `memwell note undo-move {moved.entry}` takes it back)"


def _undone(moved: Moved) -> str:
    return f"moved {moved.old} -> {moved.new} (files: {len(moved.files)}, as they were)"
