"""`memwell workspace`, and the option that names one."""

import pytest

from vault_engine import Engine


@pytest.fixture
def workspaces(home, cli):
    """One note of each of two workspaces, and one of none; all of one category and key."""
    for name in ("acme", "beta", "default"):
        made = cli("remember", f"{name} deploys", "--category", "decisions", "--key", "deploy", "--workspace", name)
        assert made.code == 0, made.err


def paths(outcome):
    """Give the notes that an answer has."""
    return [one["path"] for one in outcome.json["notes" if "notes" in outcome.json else "hits"]]


class TestNamingOne:
    """Commands about notes keep to it."""

    def test_each_has_its_own_note(self, workspaces, cli):
        """Of the same category and key."""
        assert ["decisions/deploy.md", "workspaces/acme/decisions/deploy.md"] == paths(
            cli("note", "list", "--workspace", "acme", "--json")
        )
        assert "beta deploys" in cli("note", "show", "decisions/deploy", "--workspace", "beta").out
        assert "default deploys" in cli("note", "show", "decisions/deploy.md", "--workspace", "beta").out

    @pytest.mark.parametrize(
        "command",
        [
            ("recall", "deploys"),
            ("context", "deploys"),
            ("note", "list"),
            ("note", "history", "deploy"),
            ("note", "diff", "deploy", "--from", "now"),
            ("note", "links", "deploy"),
            ("note", "backlinks", "deploy"),
            ("link", "neighbours", "deploy"),
            ("link", "traverse", "deploy"),
            ("link", "path", "deploy", "decisions/deploy.md"),
            ("link", "orphans"),
            ("link", "hubs"),
            ("link", "related", "deploy"),
            ("status",),
        ],
        ids=" ".join,
    )
    def test_no_command_tells_of_another_one(self, command, workspaces, cli):
        """Whether it prints text or JSON."""
        for form in ((), ("--json",)):
            outcome = cli(*command, "--workspace", "acme", *form)
            assert outcome.code == 0, outcome.err
            assert "beta" not in outcome.out + outcome.err

    def test_what_changes_a_note_keeps_to_it_too(self, workspaces, cli, home):
        """Editing, forgetting, restoring, taking back; a note of another one is not there."""
        mine = ("--workspace", "acme")
        assert cli("note", "append", "decisions/deploy", "Mine.", *mine).code == 0
        assert "Mine." in (home / "workspaces/acme/decisions/deploy.md").read_text()
        assert cli("note", "undo", "decisions/deploy", *mine).code == 0
        assert "forgot workspaces/acme/" in cli("note", "forget", "decisions/deploy", *mine).out
        assert cli("note", "restore", "workspaces/acme/decisions/deploy.md", "--workspace", "beta").code == 10
        assert cli("note", "restore", "deploy", *mine).code == 0
        assert cli("note", "append", "workspaces/beta/decisions/deploy.md", "x", *mine).code == 10

    def test_the_environment_and_the_setting_name_one(self, workspaces, cli, home, monkeypatch):
        """The option comes before them; '*' means all notes."""
        (home / ".memwell/config.toml").write_text('workspace = "beta"\n')
        assert "workspaces/beta/decisions/deploy.md" in paths(cli("recall", "deploys", "--json"))
        monkeypatch.setenv("MEMWELL_WORKSPACE", "acme")
        assert "workspaces/acme/decisions/deploy.md" in paths(cli("recall", "deploys", "--json"))
        assert ["decisions/deploy.md"] == paths(cli("recall", "deploys", "--workspace", "default", "--json"))
        assert 3 == len(paths(cli("recall", "deploys", "--workspace", "*", "--json")))

    def test_auto_is_the_project_of_the_current_folder(self, workspaces, cli, home, tmp_path, monkeypatch):
        """Wherever the vault is."""
        (tmp_path / "elsewhere/.git").mkdir()
        (tmp_path / "elsewhere/.git/config").write_text('[remote "origin"]\nurl = git@example.org:team/beta.git\n')
        monkeypatch.chdir(tmp_path / "elsewhere")
        listed = cli("workspace", "list", "--vault", str(home))
        assert ("here: all notes\n", 0) == (listed.err, listed.code)
        monkeypatch.setenv("MEMWELL_WORKSPACE", "auto")
        assert "here: beta\n" == cli("workspace", "list", "--vault", str(home)).err

    @pytest.mark.parametrize("name", ["../x", "a/b", ".git", "con"])
    def test_a_name_that_can_not_be_one_is_refused(self, name, workspaces, cli):
        """As a mistake in the call."""
        outcome = cli("recall", "x", "--workspace", name)
        assert (2, "") == (outcome.code, outcome.out)
        assert "can't name a workspace" in outcome.err

    def test_a_batch_goes_there(self, home, cli):
        """Every line of it."""
        lines = b'{"text": "One.", "key": "one"}\n{"text": "Two.", "key": "two"}\n'
        done = cli("remember", "--batch", "-", "--workspace", "acme", "--json", stdin=lines)
        assert ["workspaces/acme/notes/one.md", "workspaces/acme/notes/two.md"] == paths(done)


class TestSharing:
    """From one workspace to another, and to another vault."""

    def test_one_note(self, workspaces, cli):
        """A second time it is as it was; where another note is, nothing is done."""
        share = ("workspace", "share", "workspaces/acme/decisions/deploy.md", "--to")
        said = "workspaces/new/decisions/deploy.md (from workspaces/acme/decisions/deploy.md)\n"
        assert f"created {said}" == cli(*share, "new", "--dry-run").out
        assert f"created {said}" == cli(*share, "new").out
        assert f"unchanged {said}" == cli(*share, "new").out
        assert 11 == cli(*share, "beta").code

    def test_a_whole_workspace(self, workspaces, cli, tmp_path):
        """The plan comes first; what can't be shared is named, and the exit code says so."""
        assert "created 1, updated 0, unchanged 0" in cli("workspace", "federate", "acme", "new", "--dry-run").out
        assert ("created 1, updated 0, unchanged 0\n", 0) == cli("workspace", "federate", "acme", "new")[1::-1]
        refused = cli("workspace", "federate", "acme", "beta")
        assert 3 == refused.code
        assert "not shared: workspaces/acme/decisions/deploy.md: " in refused.err
        Engine.create(tmp_path / "other")
        there = ("--to-vault", str(tmp_path / "other"))
        assert "created 1, " in cli("workspace", "federate", "acme", "acme", *there).out
        listed = cli("workspace", "list", "--vault", str(tmp_path / "other")).out
        assert ["default", "0", "acme", "1"] == listed.split()
