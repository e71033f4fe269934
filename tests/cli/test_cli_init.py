"""``memwell init``: a folder becomes a vault, and nothing that was in it changes."""

import json
import os
from pathlib import Path

import pytest


@pytest.fixture
def obsidian(tmp_path: Path) -> Path:
    folder = tmp_path / "obsidian"
    (folder / ".obsidian").mkdir(parents=True)
    (folder / ".obsidian" / "app.json").write_text('{"alwaysUpdateLinks": true}')
    (folder / "daily").mkdir()
    (folder / "daily" / "2026-11-21.md").write_bytes(b"- [ ] call Anna\r\n")
    (folder / "Home.md").write_text("---\ntags:   [moc]  # keep\n---\n[[2026-11-21]]\n")
    (folder / "photo.png").write_bytes(b"\x89PNG")
    return folder


@pytest.fixture
def logseq(tmp_path: Path) -> Path:
    folder = tmp_path / "graph"
    for name in ("logseq/bak", "pages", "journals"):
        (folder / name).mkdir(parents=True)
    (folder / "logseq" / "config.edn").write_text("{:meta/version 1}")
    (folder / "logseq" / "bak" / "old.md").write_text("- a backup, not a note")
    (folder / "pages" / "ideas.md").write_text("type:: idea\n\n- [[2026-11-21]]\n")
    (folder / "journals" / "2026_11_21.md").write_text("- today\n")
    return folder


def test_init_makes_the_current_folder_a_vault(cli, tmp_path):
    """Without DIR it is the folder one is in."""
    done = cli("init")

    assert (0, "") == (done.code, done.err)
    assert f"{tmp_path / 'elsewhere'} is a vault now (empty).\n" == done.out
    assert (tmp_path / "elsewhere" / ".memwell").is_dir()


def test_init_makes_a_folder_and_its_parents(cli, tmp_path):
    """DIR need not exist yet."""
    done = cli("init", str(tmp_path / "a" / "b"))

    assert 0 == done.code
    assert (tmp_path / "a" / "b" / ".memwell" / "config.toml").is_file()


def test_init_as_json_says_path_action_kind_and_notes(cli, tmp_path):
    """The object is the documented one and nothing else is on stdout."""
    done = cli("init", "here", "--json")

    assert {
        "format": 1,
        "path": str(tmp_path / "elsewhere" / "here"),
        "action": "created",
        "kind": "plain",
        "notes": 0,
        "inside": None,
    } == done.json
    assert "" == done.err


def test_init_twice_changes_nothing(cli, tmp_path):
    """The second time it says so, and the settings a person has written stay."""
    cli("init")
    config = tmp_path / "elsewhere" / ".memwell" / "config.toml"
    config.write_text('language = "de"\n')

    again = cli("init")

    assert 0 == again.code
    assert "is a vault already (0 notes)." in again.out
    assert 'language = "de"\n' == config.read_text()
    assert "unchanged" == cli("init", "--json").json["action"]


def test_init_on_a_file_is_refused(cli, tmp_path):
    """A vault is a folder; the file stays."""
    file = tmp_path / "elsewhere" / "note.md"
    file.write_text("mine")

    refused = cli("init", "note.md")

    assert (2, "") == (refused.code, refused.out)
    assert "note.md is a file; a vault is a folder" in refused.err
    assert "mine" == file.read_text()


def test_init_inside_a_file_is_refused_without_a_traceback(cli, tmp_path):
    """``note.md/x`` can't be a folder."""
    (tmp_path / "elsewhere" / "note.md").write_text("mine")

    assert cli("init", "note.md/x").code in (1, 2)


def test_init_of_a_name_too_long_for_the_disk_is_an_error_not_a_traceback(cli):
    """The system's refusal is explained like any other."""
    refused = cli("init", "n" * 300)

    assert 1 == refused.code
    assert "File name too long" in refused.err


def test_init_of_an_empty_name_is_refused(cli, tmp_path):
    """``memwell init "$UNSET"`` must not adopt whatever folder one is in."""
    refused = cli("init", "")

    assert 2 == refused.code
    assert not (tmp_path / "elsewhere" / ".memwell").exists()


@pytest.mark.parametrize(("kind", "whose"), [("obsidian", "Obsidian vault"), ("logseq", "Logseq graph")])
def test_init_adopts_other_programs_notes_without_touching_them(kind, whose, cli, request, tree):
    """Not a byte, not a date, and no file outside ``.memwell``."""
    folder = request.getfixturevalue(kind)
    before = tree(folder)

    done = cli("init", str(folder))

    assert f"{folder} is a vault now ({whose} with 2 notes, none of them touched).\n" == done.out
    assert before == tree(folder)
    assert (kind, 2) == tuple(cli("init", str(folder), "--json").json[name] for name in ("kind", "notes"))


def test_reading_an_adopted_vault_leaves_it_as_it_was(cli, obsidian, tree, monkeypatch):
    """Status, list, recall, context, show and index build write nothing among the notes."""
    cli("init", str(obsidian))
    before = tree(obsidian)
    monkeypatch.chdir(obsidian)

    for command in (["status"], ["note", "list"], ["recall", "Anna"], ["context"], ["note", "show", "Home"]):
        assert 0 == cli(*command).code
    assert 0 == cli("index", "build").code
    assert before == tree(obsidian)


def test_a_vault_inside_a_vault_is_the_one_that_its_folder_means(cli, home, put, monkeypatch):
    """The nearest parent wins; both keep working."""
    put("outer.md", "outer")
    put("sub/deep/inner.md", "inner")
    assert 0 == cli("init", "sub").code

    monkeypatch.chdir(home / "sub" / "deep")
    assert str(home / "sub") == cli("status", "--json").json["vault"]
    monkeypatch.chdir(home)
    assert str(home) == cli("status", "--json").json["vault"]


def test_git_is_told_to_leave_out_what_is_only_this_machines(cli, tmp_path):
    """Counters, locks and device name stay here when the vault is in git."""
    cli("init")

    assert "local/" in (tmp_path / "elsewhere" / ".memwell" / ".gitignore").read_text().split()


class TestWhichVault:
    """``--vault``, then ``MEMWELL_VAULT``, then the nearest parent."""

    @pytest.fixture
    def three(self, cli, tmp_path, monkeypatch) -> Path:
        for name in ("given", "set", "above"):
            cli("init", str(tmp_path / name))
        (tmp_path / "above" / "a" / "b").mkdir(parents=True)
        monkeypatch.chdir(tmp_path / "above" / "a" / "b")
        return tmp_path

    def test_the_nearest_parent(self, three, cli):
        """As git finds its repository."""
        assert str(three / "above") == cli("status", "--json").json["vault"]

    def test_the_environment_comes_before_the_parents(self, three, cli, monkeypatch):
        """``MEMWELL_VAULT`` is for those who have one vault."""
        monkeypatch.setenv("MEMWELL_VAULT", str(three / "set"))

        assert str(three / "set") == cli("status", "--json").json["vault"]

    def test_the_option_comes_before_the_environment(self, three, cli, monkeypatch):
        """What is said on the spot wins."""
        monkeypatch.setenv("MEMWELL_VAULT", str(three / "set"))

        assert str(three / "given") == cli("status", "--json", "--vault", str(three / "given")).json["vault"]

    def test_an_empty_variable_is_none(self, three, cli, monkeypatch):
        """``MEMWELL_VAULT=`` is how a shell takes a setting back."""
        monkeypatch.setenv("MEMWELL_VAULT", "")

        assert str(three / "above") == cli("status", "--json").json["vault"]

    def test_an_empty_option_is_refused(self, three, cli):
        """``--vault "$UNSET"`` must not write into another vault than the one meant."""
        refused = cli("remember", "x", "--vault", "")

        assert refused.code in (2, 10)
        assert [] == list((three / "above").rglob("x.md"))

    def test_a_home_folder_may_be_written_with_a_tilde(self, three, cli, monkeypatch):
        """An MCP client's configuration expands nothing."""
        monkeypatch.setenv("HOME", str(three))

        assert str(three / "given") == cli("status", "--json", "--vault", "~/given").json["vault"]

    @pytest.mark.parametrize("name", ["nowhere", "file", "plain", "n" * 300], ids=["gone", "file", "plain", "too-long"])
    def test_what_is_no_vault_is_not_found(self, name, three, cli):
        """Exit code 10, and what to do about it."""
        (three / "file").write_text("")
        (three / "plain").mkdir()

        missing = cli("status", "--vault", str(three / name))

        assert (10, "") == (missing.code, missing.out)
        assert "memwell init DIR" in missing.err

    def test_nowhere_at_all(self, cli, tmp_path):
        """Outside any vault the message names the folder one is in."""
        missing = cli("recall", "x", "--json")

        assert (10, "not_found") == (missing.code, missing.error["kind"])
        assert os.fspath(tmp_path / "elsewhere") == missing.error["facts"]["where"]
        assert json.loads(missing.err)["format"] == 1
