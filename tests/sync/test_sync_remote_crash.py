"""A sync that is cut short anywhere is taken up by the next one, to the same end."""

import shutil

import pytest
from diverged import Killed, Steps, check, diverge
from git_person import is_clean, run
from machines import Machine, machines

from vault_engine.sync import git_command

pytestmark = pytest.mark.usefixtures("person")

MOST_STEPS = 250


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """Two machines of which each has changed what the other has changed; made once."""
    patch = pytest.MonkeyPatch()
    folder = tmp_path_factory.mktemp("prepared")
    (folder / "gitconfig").write_text(
        "[user]\n\tname = Anna\n\temail = anna@example.org\n[init]\n\tdefaultBranch = main\n"
    )
    patch.setenv("GIT_CONFIG_GLOBAL", str(folder / "gitconfig"))
    patch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    anna, bert = machines(folder, "anna", "bert")
    diverge(anna, bert)
    for machine in (anna, bert):
        machine.engine.close()
    patch.undo()
    return folder


@pytest.fixture
def copied(prepared, tmp_path):
    """Gives a fresh copy of the two machines as often as wanted."""
    made = []

    def copy():
        folder = tmp_path / str(len(made))
        for name in ("anna", "bert", "remote.git"):
            shutil.copytree(prepared / name, folder / name, symlinks=True)
        for name in ("anna", "bert"):
            run(folder / name, "remote", "set-url", "origin", str(folder / "remote.git"))
        made.append(tuple(Machine(folder / name, name, folder / "cache") for name in ("anna", "bert")))
        return made[-1]

    yield copy
    for machine in (machine for pair in made for machine in pair):
        machine.engine.close()


def check_all(anna, bert):
    """Both hold the same, and git has nothing to add."""
    check(anna, bert)
    assert is_clean(anna.folder)
    assert is_clean(bert.folder)


def killed_at(step, copied, monkeypatch):
    """Sync until a step, and then again; say whether it came to that step."""
    anna, bert = copied()
    with monkeypatch.context() as patch:
        steps = Steps(patch, step, (git_command, "_call"))
        try:
            bert.sync()
        except Killed:
            pass
        else:
            return False
    assert steps.seen >= step
    again = Machine(bert.folder, "bert", bert.folder.parent / "again")
    again.sync()
    anna.sync()
    check_all(anna, again)
    again.engine.close()
    return True


def test_without_a_crash_both_come_to_hold_the_same(copied):
    """What the trials below are compared with."""
    anna, bert = copied()

    bert.sync()
    anna.sync()

    check_all(anna, bert)


@pytest.mark.parametrize("step", [60, 76, 84, 94, 101, 108, 118])
def test_a_sync_killed_at_some_steps_is_taken_up(copied, monkeypatch, step):
    """Every command of git's and every file put in its place is a step."""
    assert killed_at(step, copied, monkeypatch)


@pytest.mark.slow
def test_a_sync_killed_at_any_step_is_taken_up(copied, monkeypatch):
    """All of them, one after the other."""
    done = [step for step in range(1, MOST_STEPS) if killed_at(step, copied, monkeypatch)]

    assert 100 < len(done) < MOST_STEPS - 1
