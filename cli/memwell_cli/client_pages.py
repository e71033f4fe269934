"""The pages about clients, written from the registry: ``python -m memwell_cli.client_pages docs/clients``."""

import sys
from pathlib import Path

from vault_engine.clients import CLIENTS, Client, Hooked, Remote, Stdio, Surroundings, hooks_snippet, snippet
from vault_engine.errors import BadInput

_STDIO = Stdio("/home/you/.local/bin/memwell", ("serve", "--vault", "/home/you/memwell"))
_HOOKED = Hooked((_STDIO.command,), "/home/you/memwell")
_REMOTE = Remote("https://notes.example.org/mcp")
_TOKEN = Remote(_REMOTE.url, "MEMWELL_TOKEN")
_MACHINES = {
    "Linux": Surroundings("linux", "/home/you", {}),
    "macOS": Surroundings("macos", "/Users/you", {}),
    "Windows": Surroundings("windows", r"C:\Users\you", {}),
}
_WRITTEN = "Written by `make docs` from what `memwell setup` itself does."


def pages() -> dict[str, str]:
    """Give every page by its file's name."""
    return {"README.md": _index()} | {f"{client.name}.md": _page(client) for client in CLIENTS}


def _index() -> str:
    rows = "\n".join(
        f"| [{client.title}]({client.name}.md) | `memwell setup {client.name}` | `{_files(client, 'Linux')[0]}` |"
        for client in CLIENTS
    )
    return (
        f"# Clients\n\n{_WRITTEN} [Setting up](../setup.md) says what it does and what it leaves alone.\n\n"
        f"| client | command | its file, on Linux |\n|---|---|---|\n{rows}\n\n"
        "Any other client of MCP that starts a server itself takes the same command and arguments, and any client of\n"
        "Streamable HTTP the address of [a server that runs already](../server.md#http).\n"
    )


def _page(client: Client) -> str:
    setting = client.server
    lines = [
        f"# {client.title}",
        "",
        _WRITTEN,
        "",
        "```sh",
        f"memwell setup {client.name}",
        "```",
        "",
        "puts this into its file and leaves the rest of it as it is:",
        "",
        *_fenced(client, _STDIO),
        "",
        client.then,
        "",
        "| system | file |",
        "|---|---|",
        *(f"| {name} | `{'` or `'.join(_files(client, name))}` |" for name in _MACHINES),
        "",
    ]
    if setting.location.variable:
        lines += [f"`{setting.location.variable}` names another folder for it.", ""]
    if setting.blank:
        lines += ["Where there is no file yet it begins with:", "", *_block(setting.syntax, setting.blank), ""]
    return "\n".join(
        [*lines, *_remote(client), *_hooks(client), "`memwell uninstall " + client.name + "` takes it back.", ""]
    )


def _remote(client: Client) -> list[str]:
    head = ["## A server that runs already", ""]
    try:
        with_token = _fenced(client, _TOKEN)
    except BadInput as error:
        reason = str(error).removeprefix(f"{client.title}: ").replace(_REMOTE.url, "its address")
        return [*head, *_remote_without(client, f"{reason[0].upper()}{reason[1:]}.")]
    command = f"memwell setup {client.name} --remote {_TOKEN.url} --token-env {_TOKEN.token_env}"
    text = "The token stays in the environment; the file has the variable's name only:"
    return [*head, "```sh", command, "```", "", text, "", *with_token, ""]


def _hooks(client: Client) -> list[str]:
    if not client.hooks:
        return []
    setting = client.hooks
    text = (
        "It also has [hooks](../hooks.md) run at its events, beside those that are there; `--no-hooks` leaves them out:"
    )
    rows = [f"| `{theirs}` | `memwell hook {ours}` |" for theirs, ours in client.events.items()]
    files = [f"| {name} | `{setting.location.files_in(around)[0]}` |" for name, around in _MACHINES.items()]
    snippet = _block(setting.syntax, hooks_snippet(client, _HOOKED, "linux"))
    tables = ["| event | runs |", "|---|---|", *rows, "", "| system | file |", "|---|---|", *files, ""]
    return ["## Hooks", "", text, "", *snippet, "", *tables]


def _remote_without(client: Client, reason: str) -> list[str]:
    try:
        plain = _fenced(client, _REMOTE)
    except BadInput:
        return [reason, ""]
    command = f"memwell setup {client.name} --remote {_REMOTE.url}"
    return ["```sh", command, "```", "", *plain, "", f"{reason} So the server must be one that asks for none.", ""]


def _files(client: Client, machine: str) -> tuple[str, ...]:
    return tuple(map(str, client.server.location.files_in(_MACHINES[machine])))


def _fenced(client: Client, server: Stdio | Remote) -> list[str]:
    return _block(client.server.syntax, snippet(client, server))


def _block(syntax: str, text: str) -> list[str]:
    return [f"```{syntax}", *text.splitlines(), "```"]


if __name__ == "__main__":
    for name, text in pages().items():
        Path(sys.argv[1], name).write_text(text, "utf-8")
