"""``memwell help``: the documentation, which comes with the package."""

from pathlib import Path

import click

from memwell_cli.output import json_line, json_option
from vault_engine.errors import BadInput

_INSTALLED = Path(__file__).parents[1] / "docs"
_IN_A_CLONE = Path(__file__).parents[3] / "docs"


@click.command()
@click.argument("topic", required=False)
@json_option
def help(topic: str | None, as_json: bool) -> None:
    """Read the documentation: a topic, or the list of them.

    TOPIC is a page such as 'quickstart', 'setup' or 'clients/cursor', or any command. The pages come with the package;
    no network is used.
    """
    context = click.get_current_context()
    text = _list(context, topics()) if topic is None else _page(topic) or _command_help(context, topic)
    if as_json:
        click.echo(json_line({"topic": topic, "topics": topics(), "text": text}))
    else:
        click.echo_via_pager(text)


def topics() -> list[str]:
    """Give the names of all pages."""
    folder = _folder()
    names = (file.relative_to(folder).with_suffix("").as_posix() for file in folder.rglob("*.md"))
    return sorted(name for name in names if not name.endswith("README"))


def _folder() -> Path:
    return _INSTALLED if _INSTALLED.is_dir() else _IN_A_CLONE


def _list(context: click.Context, names: list[str]) -> str:
    assert context.parent is not None, "it is a command of memwell"
    listed = "\n".join(f"  {name}" for name in names)
    return f"{context.parent.get_help()}\n\nPages for `memwell help TOPIC`:\n{listed}\n"


def _page(topic: str) -> str | None:
    if topic not in topics():  # which a path out of the folder never is
        return None
    return (_folder() / f"{topic}.md").read_text("utf-8")


def _command_help(context: click.Context, topic: str) -> str:
    top = context.parent
    assert top is not None, "it is a command of memwell"
    group = top.command
    command = group.get_command(top, topic) if isinstance(group, click.Group) else None
    if command is None:
        raise BadInput(f"there is no page and no command {topic!r}; `memwell help` lists the pages")
    return click.Context(command, info_name=topic, parent=top).get_help() + "\n"
