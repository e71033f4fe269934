"""What ``setup`` and ``uninstall`` share: clients by their names, what went wrong with one, and whom one can ask."""

import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import click

from memwell_cli.exits import DONE, EXIT_CODES, PARTLY
from memwell_cli.output import plain, remark
from vault_engine import Kind
from vault_engine.clients import CLIENTS, Client, Configured, Taken, What
from vault_engine.errors import BadInput


@dataclass(frozen=True)
class Failure:
    """A client's file that was left as it is."""

    client: str
    file: str
    problem: str
    advice: str
    kind: Kind
    snippet: str | None = None  # what belongs into the file, for whoever writes it there
    what: What = "server"

    def remark(self) -> None:
        """Say it, with what belongs into the file."""
        remark(f"{click.style('error:', fg='red')} {plain(self.problem)}\n  {self.advice}")
        if self.snippet:
            remark(f"  This belongs into {plain(self.file)}:\n")
            remark("".join(f"    {line}\n" for line in self.snippet.splitlines()))


def by_name(name: str) -> Client:
    """Give a client by its name.

    Raises:
        BadInput: there is none of that name.
    """
    for client in CLIENTS:
        if client.name == name.lower():
            return client
    raise BadInput(f"{name!r} is no client; there are {', '.join(client.name for client in CLIENTS)}")


def title_of(name: str) -> str:
    """Give what a client is called, also one that this version does not know."""
    return next((client.title for client in CLIENTS if client.name == name), name)


def by_what(outcomes: Sequence[Configured | Taken | Failure]) -> dict[str, list[dict[str, object]]]:
    """Give outcomes for programs: those of servers by the clients' names, and those of hooks."""
    facts = {"clients": "server", "hooks": "hooks"}
    return {name: [asdict(one) for one in outcomes if one.what == what] for name, what in facts.items()}


def taken_line(one: Taken, *, dry_run: bool) -> str:
    """Say what became of a client's file from which something of ours was taken out."""
    file, is_server = plain(one.file), one.what == "server"
    it, as_before = ("the entry", "as it was") if is_server else ("the hooks", "as it was before the hooks")
    gone = f"{'no entry is' if is_server else 'no hooks are'} in {file} any more"
    done, would = {
        "restored": (f"{file} is {as_before}", f"{file} would be {as_before}"),
        "removed": (f"removed {file}, which setup had made", f"would remove {file}, which setup made"),
        "taken out": (f"took {it} out of {file}", f"would take {it} out of {file}"),
        "gone": (gone, gone),
    }[one.action]
    copies = "".join(f"\n  kept: {plain(copy)}" for copy in one.left)
    return f"{title_of(one.client)}: {would if dry_run else done}{copies}"


def may_ask() -> bool:
    """Say whether a person is there to answer."""
    return sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty()


def verdict(outcomes: Sequence[object]) -> int:
    """Give the exit code: that of the first failure where nothing was done, 3 where something was."""
    failures = [one for one in outcomes if isinstance(one, Failure)]
    if not failures:
        return DONE
    return EXIT_CODES[failures[0].kind] if len(failures) == len(outcomes) else PARTLY
