"""The command line's reference page, written from the commands: ``python -m memwell_cli.reference > docs/cli.md``."""

from collections.abc import Iterator

import click

from memwell_cli.main import memwell

_HEAD = """\
# Command line

Written from the commands themselves; `memwell COMMAND --help` says the same.

The answer goes to stdout, all else to stderr. Every command that reads has `--json`, which prints one object with
`"format": 1`; fields may be added to it, none is renamed. With `--json` an error is an object on stderr.

| exit code | means | | exit code | means |
|---|---|---|---|---|
| 0 | done; a search without hits too | | 11 | conflict: a note is not what you think it is |
| 1 | failed | | 12 | locked: another process is writing |
| 2 | usage: an argument can't be used | | 13 | denied by the system |
| 3 | partly done | | 14 | damaged: a note, the journal or a kept revision |
| 10 | not found | | 130 | cancelled |

Shell completion: put the line for your shell into its start-up file.

| shell | line |
|---|---|
| bash | `eval "$(_MEMWELL_COMPLETE=bash_source memwell)"` |
| zsh | `eval "$(_MEMWELL_COMPLETE=zsh_source memwell)"` |
| fish | `_MEMWELL_COMPLETE=fish_source memwell \\| source` |
"""


def reference() -> str:
    """Write the page."""
    top = click.Context(memwell, info_name="memwell", **memwell.context_settings)
    sections = [_section(context) for context in _commands(top)]
    return "\n".join([_HEAD, *sections])


def _commands(context: click.Context) -> Iterator[click.Context]:
    """Give every command that does something, in the order of --help."""
    group = context.command
    if not isinstance(group, click.Group):
        yield context
        return
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield from _commands(click.Context(command, info_name=name, parent=context))


def _section(context: click.Context) -> str:
    usage = " ".join(context.command.collect_usage_pieces(context))
    lines = [f"## {context.command_path}", "", f"`{context.command_path} {usage}`", ""]
    lines += [_paragraphs(context.command.help or ""), ""]
    options = [
        parameter
        for parameter in context.command.params
        if isinstance(parameter, click.Option) and not parameter.hidden
    ]
    if options:
        lines += ["| option | |", "|---|---|", *(_row(option, context) for option in options), ""]
    return "\n".join(lines)


def _paragraphs(text: str) -> str:
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in text.split("\n\n"))


def _row(option: click.Option, context: click.Context) -> str:
    names, text = (part.replace("|", "\\|") for part in option.get_help_record(context) or ("", ""))
    return f"| `{names}` | {text} |"


if __name__ == "__main__":
    click.echo(reference(), nl=False)
