"""``memwell git …``."""

import click

from memwell_cli.exits import DONE, PARTLY
from memwell_cli.opening import open_vault, vault_option
from memwell_cli.output import json_option, show
from vault_engine.engine.git import Committed, GitState, Postponed

_SHOWN = 20


@click.group()
def git() -> None:
    """Commit to git what is changed, in the name of who did."""


@git.command("enable")
@click.option("--all", "everything", is_flag=True, help="Commit what people edit by hand, too.")
@vault_option
@json_option
def enable(everything: bool, vault: str | None, as_json: bool) -> None:
    """Commit from now on, in the background.

    The vault has to lie in a git repository. Only this machine commits: whoever clones the repository decides anew.
    Nothing is pushed.
    """
    with open_vault(vault) as engine:
        show(engine.git_enable(everything=everything), as_json=as_json, text=_state)


@git.command("disable")
@vault_option
@json_option
def disable(vault: str | None, as_json: bool) -> None:
    """Commit nothing any more. What was committed stays."""
    with open_vault(vault) as engine:
        show(engine.git_disable(), as_json=as_json, text=_state)


@git.command("status")
@vault_option
@json_option
def status(vault: str | None, as_json: bool) -> None:
    """Say what is committed, waiting, and left to you."""
    with open_vault(vault) as engine:
        show(engine.git_state(), as_json=as_json, text=_state)


@git.command("commit")
@vault_option
@json_option
def commit(vault: str | None, as_json: bool) -> int:
    """Commit now what is waiting. The exit code is 3 if something has to wait, else 0."""
    with open_vault(vault) as engine:
        outcome = engine.git_commit()
    show(outcome, as_json=as_json, text=_postponed if isinstance(outcome, Postponed) else _committed)
    return PARTLY if isinstance(outcome, Postponed) or outcome.waiting else DONE


def _state(state: GitState) -> str:
    if not state.enabled:
        where = f" (the repository is {state.repository})" if state.repository else ""
        lines = [f"not enabled{where}"]
    else:
        what = "everything" if state.everything else "what is changed through Memwell"
        lines = [f"committing {what} to {state.repository or 'nowhere'}", f"{state.waiting:,} changes waiting"]
    if state.problem:
        lines.append(f"! {state.problem}")
    if state.withheld:
        lines.append(f"! {state.withheld}: they are left to you")
    left = [f"left to you: {left.path}: {left.reason}" for left in state.left]
    return "\n".join(lines + left[:_SHOWN] + _more(left))


def _committed(done: Committed) -> str:
    commits = [f"{commit.id[:10]} {commit.subject}" for commit in done.commits]
    left = [f"left to you: {left.path}: {left.reason}" for left in done.left]
    return "\n".join((commits or ["nothing to commit"]) + left[:_SHOWN] + _more(left))


def _postponed(outcome: Postponed) -> str:
    return f"nothing was committed: {outcome.reason}"


def _more(left: list[str]) -> list[str]:
    return [f"and {len(left) - _SHOWN:,} more (--json lists all)"] if len(left) > _SHOWN else []
