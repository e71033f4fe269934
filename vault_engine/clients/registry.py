"""The clients that can be told of the server: which file, which place in it, which words. Pure.

A client is a frozen value. What it keeps in files is a `Setting`: its server, and where it has them, the commands that
it runs at its events, which may stand in the same file or in one of their own.
"""

import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from vault_engine.clients.places import Location, Platform, Surroundings
from vault_engine.clients.tree import Spot, Syntax
from vault_engine.hooks.events import EVENTS, settings_for

SERVER_NAME = "memwell"
HOOKS_NAME = "memwell hook"

Entry = Mapping[str, Any]


@dataclass(frozen=True)
class Stdio:
    """A server that the client starts itself."""

    command: str  # a whole path
    args: tuple[str, ...]


@dataclass(frozen=True)
class Remote:
    """A server that runs already."""

    url: str
    token_env: str | None = None  # the environment variable that holds the token; its value is in no file


@dataclass(frozen=True)
class Hooked:
    """What a client is to run at its events."""

    command: tuple[str, ...]  # a whole path first
    vault: str


@dataclass(frozen=True)
class Setting:
    """One thing in one file of a client."""

    location: Location
    syntax: Syntax
    spot: Spot
    blank: str = ""  # what a new file begins with


@dataclass(frozen=True)
class Client:
    """A program that speaks MCP."""

    name: str  # as in `memwell setup NAME`
    title: str
    server: Setting
    stdio: Callable[[Stdio], Entry]
    remote: Callable[[Remote], Entry | str]  # the entry, or why there can be none
    then: str  # what to do for the client to notice
    hooks: Setting | None = None
    signs: tuple[str, ...] = ()  # templates of what is there when it is installed; without, the folder of its file

    def entry(self, server: Stdio | Remote) -> Entry | str:
        """Give what the client's file must say of a server, or why it can't."""
        return self.stdio(server) if isinstance(server, Stdio) else self.remote(server)

    @property
    def events(self) -> Mapping[str, str]:
        """Its events that we answer, and which command of `memwell hook` each is for."""
        return EVENTS[self.name] if self.hooks else {}

    def hooks_entry(self, hooked: Hooked, platform: Platform) -> Entry:
        """Give what the client's file must say for its events to reach us. For one that has ``hooks``."""
        command, vault = _line((*hooked.command, "hook"), platform), _line((hooked.vault,), platform)
        events: Entry = settings_for(self.name, command, vault)["hooks"]
        return events

    def signs_in(self, around: Surroundings) -> tuple[str, ...]:
        """Give the paths one of which is there when the client is installed."""
        folder = str(self.server.location.folder_in(around))
        return tuple(str(around.path(sign)) for sign in self.signs) or (folder,)


def _line(words: tuple[str, ...], platform: Platform) -> str:
    """Write words as a shell reads them: on Windows in double quotes, which both of its shells and bash take."""
    if platform == "windows":
        return " ".join(f'"{word}"' if set(word) & set(" \\&()^%!'") else word for word in words)
    return shlex.join(words)


def _plain(server: Stdio) -> Entry:
    return {"command": server.command, "args": list(server.args)}


def _typed(server: Stdio) -> Entry:
    return {"type": "stdio", **_plain(server)}


def _zed(server: Stdio) -> Entry:
    return {"source": "custom", "enabled": True, **_plain(server), "env": {}}


def _opencode(server: Stdio) -> Entry:
    return {"type": "local", "command": [server.command, *server.args], "enabled": True}


def _listed(server: Stdio) -> Entry:
    return {"name": SERVER_NAME, **_plain(server)}


def _by_header(first: Entry, url_key: str, variable: str) -> Callable[[Remote], Entry]:
    """Make entries with a header; ``variable`` is how the client names one of the environment, here VAR."""

    def make(server: Remote) -> Entry:
        entry = {**first, url_key: server.url}
        if server.token_env:
            entry["headers"] = {"Authorization": f"Bearer {variable.replace('VAR', server.token_env)}"}
        return entry

    return make


def _by_name(key: str) -> Callable[[Remote], Entry]:
    """Make entries that name the variable under a key of its own."""

    def make(server: Remote) -> Entry:
        return {"url": server.url} | ({key: server.token_env} if server.token_env else {})

    return make


def _without_token(client: str) -> Callable[[Remote], Entry | str]:
    def make(server: Remote) -> Entry | str:
        if server.token_env:
            return f"{client} reads no environment variables there, and a token is not written into a file"
        return {"url": server.url}

    return make


def _no_remote(server: Remote) -> str:
    return f"its file takes no remote server; add {server.url} in its settings, under Connectors"


def _continue_remote(server: Remote) -> Entry:
    entry = {"name": SERVER_NAME, "type": "streamable-http", "url": server.url}
    if not server.token_env:
        return entry
    bearer = "Bearer ${{ secrets.VAR }}".replace("VAR", server.token_env)
    return entry | {"requestOptions": {"headers": {"Authorization": bearer}}}


def _setting(location: Location, *keys: str, syntax: Syntax = Syntax.JSON, listed: bool = False) -> Setting:
    return Setting(location, syntax, Spot(keys, SERVER_NAME, listed=listed))


def _hooks(folder: str, name: str, *, variable: str = "", blank: str = "") -> Setting:
    spot = Spot(("hooks",), HOOKS_NAME, grouped=True)
    return Setting(Location(folder, (name,), variable=variable), Syntax.JSON, spot, blank)


CLIENTS = (
    Client(
        name="claude-code",
        title="Claude Code",
        server=_setting(Location("~", (".claude.json",), variable="CLAUDE_CONFIG_DIR"), "mcpServers"),
        stdio=_typed,
        remote=_by_header({"type": "http"}, "url", "${VAR}"),
        then="Start a new session; `/mcp` lists it.",
        hooks=_hooks("~/.claude", "settings.json", variable="CLAUDE_CONFIG_DIR"),
        signs=("~/.claude", "~/.claude.json"),
    ),
    Client(
        name="claude-desktop",
        title="Claude Desktop",
        server=_setting(Location("$app/Claude", ("claude_desktop_config.json",)), "mcpServers"),
        stdio=_plain,
        remote=_no_remote,
        then="Quit Claude Desktop, also from the tray, and start it again.",
    ),
    Client(
        name="cursor",
        title="Cursor",
        server=_setting(Location("~/.cursor", ("mcp.json",)), "mcpServers"),
        stdio=_plain,
        remote=_by_header({}, "url", "${env:VAR}"),
        then="Cursor notices by itself.",
        hooks=_hooks("~/.cursor", "hooks.json", blank='{\n  "version": 1\n}\n'),
    ),
    Client(
        name="windsurf",
        title="Windsurf",
        server=_setting(Location("~/.codeium/windsurf", ("mcp_config.json",)), "mcpServers"),
        stdio=_plain,
        remote=_by_header({}, "serverUrl", "${env:VAR}"),
        then="Refresh the list of MCP servers.",
    ),
    Client(
        name="vscode",
        title="VS Code",
        server=_setting(Location("$app/Code/User", ("mcp.json",)), "servers"),
        stdio=_typed,
        remote=_by_header({"type": "http"}, "url", "${env:VAR}"),
        then="Start it from `MCP: List Servers`.",
    ),
    Client(
        name="continue",
        title="Continue",
        server=Setting(
            Location("~/.continue", ("config.yaml", "config.yml")),
            Syntax.YAML,
            Spot(("mcpServers",), SERVER_NAME, listed=True),
            blank="name: Local Config\nversion: 1.0.0\nschema: v1\n",
        ),
        stdio=_listed,
        remote=_continue_remote,
        then="Use it in agent mode. A token's variable is read from `~/.continue/.env`.",
    ),
    Client(
        name="zed",
        title="Zed",
        server=_setting(Location("$config/zed", ("settings.json",), windows="$app/Zed"), "context_servers"),
        stdio=_zed,
        remote=_without_token("Zed"),
        then="Zed notices by itself.",
    ),
    Client(
        name="codex",
        title="Codex CLI",
        server=_setting(
            Location("~/.codex", ("config.toml",), variable="CODEX_HOME"), "mcp_servers", syntax=Syntax.TOML
        ),
        stdio=_plain,
        remote=_by_name("bearer_token_env_var"),
        then="Start a new session; `/mcp` lists it.",
        hooks=_hooks("~/.codex", "hooks.json", variable="CODEX_HOME"),
    ),
    Client(
        name="gemini",
        title="Gemini CLI",
        server=_setting(Location("~/.gemini", ("settings.json",)), "mcpServers"),
        stdio=_plain,
        remote=_by_header({}, "httpUrl", "${VAR}"),
        then="Start a new session; `/mcp` lists it. If `mcp.allowed` is set there, add memwell to it.",
        hooks=_hooks("~/.gemini", "settings.json"),
    ),
    Client(
        name="opencode",
        title="opencode",
        server=_setting(
            Location("$config/opencode", ("opencode.json", "opencode.jsonc"), windows="~/.config/opencode"), "mcp"
        ),
        stdio=_opencode,
        remote=_by_header({"type": "remote", "enabled": True}, "url", "{env:VAR}"),
        then="Start it again.",
    ),
    Client(
        name="kimi",
        title="Kimi Code",
        server=_setting(Location("~/.kimi-code", ("mcp.json",), variable="KIMI_CODE_HOME"), "mcpServers"),
        stdio=_plain,
        remote=_by_name("bearerTokenEnvVar"),
        then="Start a new session; `/mcp` lists it.",
    ),
    Client(
        name="kimi-cli",
        title="Kimi CLI",
        server=_setting(Location("~/.kimi", ("mcp.json",)), "mcpServers"),
        stdio=_plain,
        remote=_without_token("Kimi CLI"),
        then="Start a new session; `/mcp` lists it.",
    ),
    Client(
        name="hermes",
        title="Hermes",
        server=_setting(
            Location("~/.hermes", ("config.yaml",), variable="HERMES_HOME", windows="$local/hermes"),
            "mcp_servers",
            syntax=Syntax.YAML,
        ),
        stdio=_plain,
        remote=_by_header({}, "url", "${VAR}"),
        then="Start a new session. A token's variable may stand in `~/.hermes/.env`.",
    ),
)
"""Every client, in the order in which they are shown."""
