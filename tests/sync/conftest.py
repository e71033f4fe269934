"""A person with a git identity, and a vault in a repository, for the tests of git."""

import os

import pytest
from bucket_server import Place, members, running, use_keys
from git_person import run
from machines import machines

from vault_engine.engine import git
from vault_engine.sync import git_command


@pytest.fixture
def person(tmp_path, monkeypatch):
    """A person with a git identity and no other settings."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    settings = tmp_path / "gitconfig"
    settings.write_text("[user]\n\tname = Anna\n\temail = anna@example.org\n[init]\n\tdefaultBranch = main\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    unsynced = tuple(word.replace("core.fsync=all", "core.fsync=none") for word in git_command._OPTIONS)
    monkeypatch.setattr(git_command, "_OPTIONS", unsynced)  # no test cuts the power


@pytest.fixture
def repository(vault, engine):
    """The vault in a repository with one commit of the person's."""
    run(vault, "init", "-q")
    (vault / "hand.md").write_text("by hand\n")
    run(vault, "add", ".")
    run(vault, "commit", "-qm", "first")
    return vault


@pytest.fixture
def session(repository, engine):
    """The open vault, committing."""
    git.enable(engine._session)
    return engine._session


@pytest.fixture
def pair(person, tmp_path):
    """Two machines that have the same, through a git remote."""
    made = machines(tmp_path, "anna", "bert")
    yield made
    for machine in made:
        machine.engine.close()


@pytest.fixture(scope="session")
def server():
    """A server that speaks S3; the tests that need it are skipped where the extra is not installed."""
    yield from running()


@pytest.fixture
def place(server, monkeypatch, tmp_path):
    """A prefix of a bucket that nobody has used yet, and the keys for it."""
    use_keys(monkeypatch, tmp_path)
    made = Place(server.url, tmp_path.name)
    made.create()
    return made


@pytest.fixture
def duo(place, tmp_path):
    """Two machines that have the same, through a bucket."""
    made = members(tmp_path, place, "anna", "bert")
    yield made
    for machine in made:
        machine.engine.close()


@pytest.fixture(params=["pair", "duo"], ids=["git", "bucket"])
def meeting(request):
    """Two machines that have the same, wherever they meet."""
    return request.getfixturevalue(request.param)
