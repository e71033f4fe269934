"""The page about moving from other memories, written from the table: ``python -m memwell_cli.migrating_page``."""

import sys

from vault_engine.server.mcp.compat.systems import SYSTEMS
from vault_engine.server.mcp.compat.table import Parameter, Row, System

_HEAD = """# Moving from another memory

Written by `make docs` from the table that the server itself goes by.

If an agent's prompts and habits name the tools of another memory, they go on to work: a profile has those names and
arguments, and your Markdown notes behind them.

```sh
memwell serve --profile mimir
```

The profiles are `mimir`, `mnemon` and `memini`; `memwell serve --describe --profile mimir` says what each of its tools
costs an agent, and `--profile mimir,history` adds some of ours. `mnemon` and `memini` have tools of one name, so they
don't go together. In a client's file the profile stands behind `serve`, among the arguments that
[`memwell setup`](setup.md) has written there.

What holds in every profile, whatever the other memory does:

- Nothing is dropped, and nobody's text is replaced unseen. What is much like another note is written and said. What a
  person has edited is replaced only by who names the revision that it has read (`expected`, the `sha256` of the note).
- Nothing is erased without a person's word. What is forgotten goes into the archive, and can be restored.
- No filter lets through what it should not, however the search is done.
- Tags are those of Markdown: `release 2` is written `release-2`, `2026` is `_2026`, and the answer says so.
- Whatever is not named stays as it is. `null` for an argument is as if it were not there.
- What concerns the whole vault is refused to a token for one folder, and in a workspace: see [The server](server.md).

In the tables `*` is behind an argument that must be given, `+` before one of ours. *Ours* are tools of
[the other profiles](server.md#tools-resources-prompts), or commands. What is *not there yet*, or not for an agent, is
left out of the profile.

## Bringing memories along

There is no importer of their databases yet. A memory whose notes are Markdown files, as of an export, can be copied
into the vault as it is, and `memwell status` says what could not be read; see [Format](format.md) for the properties
that Memwell knows. `memwell remember --batch FILE.jsonl` keeps many memories at once, a JSON object a line.
"""


def page() -> str:
    """Give the whole page."""
    return "\n".join([_HEAD, *(_part(system) for system in SYSTEMS.values())])


def _part(system: System) -> str:
    count = f"{len(system.served)} of its {len(system.rows)} tools" if system.has_profile else "No profile"
    profile = f"{count}: `memwell serve --profile {system.name}`." if system.has_profile else f"{count}."
    about = "\n".join(f"- {one}" for one in system.about)
    rows = "\n".join(map(_row, system.rows))
    return (
        f"## {system.title}\n\n{profile}\n\n{about}\n\n"
        f"| tool and its arguments | answers | ours | what is different |\n|---|---|---|---|\n{rows}\n"
    )


def _row(row: Row) -> str:
    arguments = " ".join(map(_parameter, row.parameters))
    named = f"`{row.tool}` {arguments}".strip()
    answers = (
        ", ".join(row.returns)
        if row.returns in (("list",), ("text",))
        else ", ".join(f"`{one}`" for one in row.returns)
    )
    left_out = {"served": "", "later": "**Not there yet.** ", "elsewhere": "**Not in the profile.** "}[row.way]
    return f"| {named} | {answers} | {row.ours} | {left_out}{row.differs} |".replace("  |", " |")


def _parameter(one: Parameter) -> str:
    ours, needed = "+" if one.is_ours else "", "*" if one.is_required else ""
    default = "" if one.default is None else f"={one.default}"
    return f"`{ours}{one.name}{needed}:{one.type}{default}`"


if __name__ == "__main__":
    sys.stdout.write(page())
