"""Where clients keep their files, on each platform."""

import json
from pathlib import Path

import pytest
from client_world import EVERY_CLIENT, client

from vault_engine.clients import CLIENTS, Desk, Surroundings, obsidian_vaults

LINUX = Surroundings("linux", "/home/you", {})
MACOS = Surroundings("macos", "/Users/you", {})
WINDOWS = Surroundings("windows", r"C:\Users\you", {"APPDATA": r"C:\Users\you\AppData\Roaming"})


@pytest.mark.parametrize(
    ("name", "linux", "macos", "windows"),
    [
        ("claude-code", "/home/you/.claude.json", "/Users/you/.claude.json", r"C:\Users\you\.claude.json"),
        (
            "claude-desktop",
            "/home/you/.config/Claude/claude_desktop_config.json",
            "/Users/you/Library/Application Support/Claude/claude_desktop_config.json",
            r"C:\Users\you\AppData\Roaming\Claude\claude_desktop_config.json",
        ),
        (
            "vscode",
            "/home/you/.config/Code/User/mcp.json",
            "/Users/you/Library/Application Support/Code/User/mcp.json",
            r"C:\Users\you\AppData\Roaming\Code\User\mcp.json",
        ),
        (
            "zed",
            "/home/you/.config/zed/settings.json",
            "/Users/you/.config/zed/settings.json",
            r"C:\Users\you\AppData\Roaming\Zed\settings.json",
        ),
        (
            "opencode",
            "/home/you/.config/opencode/opencode.json",
            "/Users/you/.config/opencode/opencode.json",
            r"C:\Users\you\.config\opencode\opencode.json",
        ),
        (
            "hermes",
            "/home/you/.hermes/config.yaml",
            "/Users/you/.hermes/config.yaml",
            r"C:\Users\you\AppData\Local\hermes\config.yaml",
        ),
    ],
)
def test_the_file_of_a_client_on_each_platform(name, linux, macos, windows):
    """Known without that platform at hand."""
    location = client(name).server.location

    assert [linux, macos, windows] == [str(location.files_in(around)[0]) for around in (LINUX, MACOS, WINDOWS)]


@pytest.mark.parametrize(
    ("name", "variable", "file"),
    [
        ("claude-code", "CLAUDE_CONFIG_DIR", "/else/.claude.json"),
        ("codex", "CODEX_HOME", "/else/config.toml"),
        ("kimi", "KIMI_CODE_HOME", "/else/mcp.json"),
        ("hermes", "HERMES_HOME", "/else/config.yaml"),
        ("zed", "XDG_CONFIG_HOME", "/else/zed/settings.json"),
        ("opencode", "XDG_CONFIG_HOME", "/else/opencode/opencode.json"),
    ],
)
def test_a_variable_of_the_client_moves_its_file(name, variable, file):
    """If it holds a whole path; else the client's own is meant, as the specification of XDG says."""
    location = client(name).server.location
    there, here = (
        Surroundings("linux", "/home/you", {variable: "/else"}),
        Surroundings("linux", "/home/you", {variable: "x"}),
    )

    assert file == str(location.files_in(there)[0])
    assert location.files_in(LINUX) == location.files_in(here)


def test_the_file_that_is_there_is_the_one_that_is_meant(desk):
    """Of those that a client reads."""
    folder = Path(desk.around.home, ".config", "opencode")
    folder.mkdir(parents=True)
    assert folder / "opencode.json" == desk.file_of(client("opencode"))

    (folder / "opencode.jsonc").write_text("{}")
    assert folder / "opencode.jsonc" == desk.file_of(client("opencode"))


@pytest.mark.parametrize("name", EVERY_CLIENT)
def test_a_client_is_found_by_its_folder(name, desk):
    """None is found on a machine without any."""
    assert not desk.has(client(name))

    Path(client(name).signs_in(desk.around)[0]).mkdir(parents=True)

    assert [name] == [one.name for one in CLIENTS if desk.has(one)]


def test_no_two_clients_share_a_name_or_a_place():
    """Each is configured on its own."""
    assert len(CLIENTS) == len({one.name for one in CLIENTS}) == len({one.server.location for one in CLIENTS})


class TestObsidian:
    """The vaults that Obsidian lists in a file of its own."""

    @staticmethod
    def listing(desk: Desk, text: str, where: str = ".config/obsidian") -> None:
        file = Path(desk.around.home, where, "obsidian.json")
        file.parent.mkdir(parents=True)
        file.write_text(text)

    def test_the_one_opened_last_is_first(self, desk, tmp_path):
        """Those that are not there, or are none any more, are left out."""
        for name in ("old", "new", "none"):
            (tmp_path / name / ".obsidian").mkdir(parents=True)
        (tmp_path / "none" / ".obsidian").rmdir()
        entries = [("old", 1), ("new", 2), ("none", 3), ("gone", 4)]
        vaults = {name: {"path": str(tmp_path / name), "ts": ts} for name, ts in entries}
        self.listing(desk, json.dumps({"vaults": vaults}))

        assert (str(tmp_path / "new"), str(tmp_path / "old")) == obsidian_vaults(desk.around)

    @pytest.mark.parametrize(
        "where", [".var/app/md.obsidian.Obsidian/config/obsidian", "snap/obsidian/current/.config/obsidian"]
    )
    def test_obsidian_in_a_box_is_found(self, where, desk, tmp_path):
        """As Flatpak and snap have it."""
        (tmp_path / "notes" / ".obsidian").mkdir(parents=True)
        self.listing(desk, json.dumps({"vaults": {"1": {"path": str(tmp_path / "notes")}}}), where)

        assert (str(tmp_path / "notes"),) == obsidian_vaults(desk.around)

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "{",
            "[]",
            "null",
            '{"vaults": []}',
            '{"vaults": {"a": 1, "b": {"path": 1}, "c": {"path": "a\\u0000b"}}}',
            '{"vaults": {"d": {"path": "rel", "ts": "x"}}}',
            "[" * 100_000,
        ],
        ids=lambda text: text[:20],
    )
    def test_whatever_the_file_holds_nothing_fails(self, text, desk):
        """It is another program's."""
        self.listing(desk, text)

        assert () == obsidian_vaults(desk.around)
