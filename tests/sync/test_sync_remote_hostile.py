"""A remote, or a repository that came from elsewhere, may want programs run or files written: none is."""

import pytest
from git_person import run
from machines import told

from vault_engine.engine.remote_files import check_file
from vault_engine.errors import BadName, GitUnusable, SyncBlocked

pytestmark = pytest.mark.usefixtures("person")

HOOKS = (
    *("pre-push", "post-merge", "post-checkout", "pre-auto-gc", "reference-transaction", "post-index-change"),
    *("pre-receive", "update", "post-receive", "post-update", "proc-receive", "push-to-checkout", "pre-commit"),
)
SETTINGS = """\
[core]
	fsmonitor = {touch} fsmonitor
	sshCommand = {touch} ssh
	gitProxy = {touch} proxy
	askPass = {touch} askpass
	alternateRefsCommand = {touch} alternates
	hooksPath = {hooks}
[remote "origin"]
	uploadpack = {touch} uploadpack
	receivepack = {touch} receivepack
	vcs = evil
	promisor = true
[url "ext::{touch} instead "]
	insteadOf = /
[protocol]
	allow = always
[credential]
	helper = !{touch} credential
[uploadpack]
	packObjectsHook = {touch} packobjects
[receive]
	denyCurrentBranch = updateInstead
[gc]
	auto = 1
	recentObjectsHook = {touch} gc
[push]
	gpgSign = true
[gpg]
	program = {touch} gpg
[fetch]
	recurseSubmodules = true
"""


@pytest.fixture
def canaries(tmp_path):
    """A folder that stays empty as long as nothing runs."""
    folder = tmp_path / "canaries"
    folder.mkdir()
    program = tmp_path / "touch.sh"
    program.write_text(f'#!/bin/sh\n: > "{folder}/$1"\nexit 0\n')
    program.chmod(0o755)
    return folder


def make_hostile(inside, canaries):
    """Let everything in git's own folder that can name a program name one."""
    program = canaries.parent / "touch.sh"
    (inside / "hooks").mkdir(exist_ok=True)
    for name in HOOKS:
        (inside / "hooks" / name).write_text(f"#!/bin/sh\n{program} hook-{name}\n")
        (inside / "hooks" / name).chmod(0o755)
    with (inside / "config").open("a") as config:
        config.write(SETTINGS.format(touch=program, hooks=inside / "hooks"))


def commit_there(tmp_path, mode, path):
    """Push a commit from a third place that has an entry as no vault makes one."""
    folder = tmp_path / "third"
    run(tmp_path, "clone", "-q", str(tmp_path / "remote.git"), str(folder))
    oid = run(folder, "rev-parse", "HEAD" if mode == "160000" else "HEAD:start.md").strip()
    run(folder, "update-index", "--add", "--cacheinfo", f"{mode},{oid},{path}")
    run(folder, "commit", "-qm", "evil")
    run(folder, "push", "-q", "origin", "HEAD:main")


def test_nothing_that_a_repository_names_is_run(pair, canaries, tmp_path):
    """Neither of the vault's own, nor of a remote on the same machine: transports, helpers, hooks, maintenance."""
    anna, bert = pair
    make_hostile(anna.folder / ".git", canaries)
    make_hostile(tmp_path / "remote.git", canaries)
    anna.write("a.md", "a\n")
    bert.write("b.md", "b\n")

    bert.sync()
    anna.sync()
    bert.sync()
    anna.engine.sync_state()

    assert [] == list(canaries.iterdir())
    assert anna.files == bert.files
    assert "a.md" in run(tmp_path / "remote.git", "ls-tree", "--name-only", "main")

    run(anna.folder, "status", check=False)
    assert [] != list(canaries.iterdir())


@pytest.mark.parametrize(
    "address",
    ["ext::sh -c evil", "-uevil", "fd::0", "https::x", "evil://host/x", "a\nb", "./inside.git", "file://{vault}/x", ""],
)
def test_an_address_that_is_more_than_a_place_is_refused(pair, address):
    """It is looked at before git sees it."""
    anna, _ = pair
    run(anna.folder, "config", "remote.origin.url", address.format(vault=anna.folder))

    with pytest.raises(GitUnusable):
        anna.pull()


@pytest.mark.parametrize(
    ("mode", "path"),
    [("120000", "link.md"), ("160000", "module"), ("100644", ".memwell/LOCAL/device"), ("100644", "a\x01.md")],
)
def test_what_is_no_plain_file_of_a_vault_is_refused(pair, tmp_path, mode, path):
    """Nothing of that commit is brought in."""
    _, bert = pair
    commit_there(tmp_path, mode, path)
    before = bert.files

    with pytest.raises(SyncBlocked) as caught:
        bert.pull()

    assert (path,) == caught.value.paths
    assert before == bert.files


def test_what_belongs_to_one_machine_does_not_travel(pair, tmp_path):
    """It is left out of what is brought in, and of the branch from then on."""
    _, bert = pair
    commit_there(tmp_path, "100644", ".memwell/local/git.json")

    bert.sync()

    assert not (bert.folder / ".memwell" / "local" / "git.json").exists()
    assert ".memwell/local" not in run(tmp_path / "remote.git", "ls-tree", "-r", "--name-only", "main")


def test_rules_for_git_are_left_to_the_person(pair):
    """Else git would change what files hold, or pass them through programs."""
    anna, bert = pair
    (anna.folder / ".gitattributes").write_text("*.md filter=evil\n")
    anna.git("add", ".gitattributes")
    anna.git("commit", "-qm", "rules")
    anna.git("push", "-q", "origin", "main")

    with pytest.raises(SyncBlocked):
        bert.pull()


@pytest.mark.parametrize(
    "path",
    [
        *("../a.md", "a/../../b.md", "/etc/a.md", ".git/config", "a/.GIT/hooks/pre-commit", "git~1/config", ".git /x"),
        *(".git::$INDEX_ALLOCATION/config", ".memwell/local/device", ".memwell/Local/x", "a//b", "a/./b", "\u202ea.md"),
    ],
)
def test_a_path_that_leads_elsewhere_is_none(path):
    """Whatever a tree of git's may hold."""
    with pytest.raises(BadName):
        check_file(path)


def test_a_journal_that_was_changed_elsewhere_is_not_taken(pair):
    """It only grows; another one is refused and told, and all else is brought in."""
    anna, bert = pair
    journal = next((anna.folder / ".memwell" / "journal" / "anna").glob("*.jsonl"))
    before = (bert.folder / journal.relative_to(anna.folder)).read_bytes()
    anna.engine.close()
    journal.write_bytes(b"{}\n" + journal.read_bytes())
    anna.write("a.md", "a\n")
    anna.git("add", ".")
    anna.git("commit", "-qm", "forged")
    anna.git("push", "-q", "origin", "main")

    pulled = bert.pull()

    assert [("added", "a.md")] == told(pulled)
    assert [journal.relative_to(anna.folder).as_posix()] == [one.path for one in pulled.left]
    assert before == (bert.folder / journal.relative_to(anna.folder)).read_bytes()
