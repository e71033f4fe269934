"""``memwell hook …``: what clients run at their events.

An event is answered in `vault_engine.hooks.entry`, before the command line is loaded. What comes here is a call for
help, a mistake in the options, or the process in the background that keeps what was said.
"""

import os
from collections.abc import Callable
from pathlib import Path

import click

from memwell_cli.choosing import own_command
from memwell_cli.clienting import by_name
from memwell_cli.opening import vault_option
from memwell_cli.output import plain, remark
from vault_engine.clients import Desk, Hooked, hooks_snippet
from vault_engine.config import find_vault
from vault_engine.hooks.entry import (
    BUDGET_TOKENS,
    DEADLINES_MS,
    LINGER_MIN,
    MAX_BUDGET_TOKENS,
    MAX_LINGER_MIN,
)
from vault_engine.hooks.events import DEFAULT_CLIENT, EVENTS, TELLING

_client_option = click.option(
    "--client", type=click.Choice(list(EVENTS)), default=DEFAULT_CLIENT, show_default=True, help="Who runs it."
)


@click.group()
def hook() -> None:
    """Answer a client's events; see docs/hooks.md.

    The client says on stdin, as JSON, what happened. Whatever goes wrong, the exit code is 0 and nothing is printed: a
    client is never held up. What became of each event stands in .memwell/local/hook.log, without what was said.
    """


class _Event(click.Command):
    """An event, whose exit code is 0 even where its options are wrong: another one would stop a client."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: object
    ) -> click.Context:
        try:
            return super().make_context(info_name, args, parent, **extra)
        except click.UsageError as error:
            remark(f"error: {error.format_message()}")
            raise click.exceptions.Exit(0) from None


def _event(name: str, help: str) -> None:
    def nothing(**_options: object) -> None:
        """Do nothing: the options were not such as an event takes, or there is no vault."""

    command: Callable[..., object] = click.option(
        "--deadline",
        type=click.IntRange(1, 60_000),
        default=DEADLINES_MS[name],
        show_default=True,
        help="In how many milliseconds it is over.",
    )(vault_option(_client_option(nothing)))
    if name not in TELLING:
        command = click.option(
            "--budget",
            type=click.IntRange(1, MAX_BUDGET_TOKENS),
            default=BUDGET_TOKENS,
            show_default=True,
            help="How long the answer may be, in tokens of four characters.",
        )(command)
        command = click.option(
            "--linger",
            type=click.IntRange(0, MAX_LINGER_MIN),
            default=LINGER_MIN,
            show_default=True,
            help="Without a server: minutes that a process stays to answer the next ones; 0: none is started.",
        )(command)
    hook.command(name, cls=_Event, help=help)(command)


_event("prompt", "Tell what is remembered about a prompt.")
_event("session-start", "Tell what is pinned and what is new.")
_event("stop", "Keep what was decided since the last look.")
_event("pre-compact", "Keep what was decided before it is compacted.")
_event("session-end", "Keep what was decided, and a handoff note.")


@hook.command("settings")
@_client_option
@vault_option
def settings(client: str, vault: str | None) -> None:
    """Print what a client's settings must say to run them.

    'memwell setup' puts it there. By hand it goes into the file that stderr names, beside what is there.
    """
    desk, one = Desk.here(), by_name(client)
    if one.hooks:
        remark(f"for {one.title}: {plain(str(desk.file_at(one.hooks.location)))}")
    hooked = Hooked(tuple(own_command()), str(find_vault(vault, os.environ, Path.cwd())))
    click.echo(hooks_snippet(one, hooked, desk.around.platform), nl=False)


@hook.command(hidden=True)
@click.argument("transcript", type=click.Path(path_type=Path))
@click.option("--event", type=click.Choice(TELLING), required=True, help="What has happened.")
@click.option("--session", default="", help="The client's name for the conversation.")
@_client_option
@vault_option
def capture(transcript: Path, event: str, session: str, client: str, vault: str | None) -> None:
    """Keep what is worth it of a transcript; the events run this."""
    from vault_engine.hooks.capturing import capture_in_background

    capture_in_background(vault, transcript, event=event, session=session, client=client)
