"""Committing in the background, and what is remembered of it on this machine."""

import json
import shutil
import threading
from datetime import timedelta

import pytest
from git_person import is_clean, run

from vault_engine import Actor, Engine, Memory
from vault_engine.engine import Append, git
from vault_engine.engine.committing import Committer
from vault_engine.engine.git import Committed, Postponed

DEADLINE_S = 60
CLAUDE = Actor("agent", "claude", "mcp")
OWN = "memwell: keep journal and revisions (memwell)"

pytestmark = pytest.mark.usefixtures("person")


def remember(engine, key, text="text"):
    return engine.remember(Memory(text, category="notes", key=key), actor=CLAUDE)


def subjects(folder):
    return run(folder, "log", "--format=%s").splitlines()


def committed(folder):
    return set(run(folder, "ls-tree", "--name-only", "-r", "HEAD", "notes").splitlines())


@pytest.fixture
def committers(session):
    """Starts threads that commit what is settled for a hundredth of a second."""
    started = []

    def start(open_session=session):
        started.append(Committer(open_session, quiet_s=0.01, at_most_s=0.1))
        started[-1].start()
        return started[-1]

    yield start
    for each in started:
        each.stop()


def test_what_is_changed_is_committed_after_a_while(committers, engine, repository, until):
    """What waits at the start, and what comes later."""
    remember(engine, "a")
    committer = committers()
    until(lambda: "notes/a.md" in committed(repository))

    remember(engine, "b")
    committer.poke()
    until(lambda: "notes/b.md" in committed(repository))

    committer.stop()
    assert (None, False) == (committer.problem, any(t.name == "memwell-git" for t in threading.enumerate()))


def test_two_that_are_poked_at_once_commit_everything_once(committers, open_engine, engine, repository, until):
    """Two servers have one vault open, and two threads poke each of them."""
    other = open_engine()
    pair = [committers(), committers(other._session)]
    paths = {f"notes/{number}.md" for number in range(12)}

    def write(one, committer, numbers):
        for number in numbers:
            remember(one, str(number))
            committer.poke()

    ways = [(engine, pair[0]), (engine, pair[1]), (other, pair[0]), (other, pair[1])]
    writers = [
        threading.Thread(target=write, args=(one, committer, range(start, 12, 4)))
        for start, (one, committer) in enumerate(ways)
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()

    def all_committed():
        pair[0].poke()
        return paths == committed(repository)

    until(all_committed)
    for committer in pair:
        committer.stop()
    git.commit_pending(engine._session)
    assert is_clean(repository)
    assert ["A"] * 12 == [
        line[0] for line in run(repository, "log", "--format=", "--name-status", "notes").splitlines()
    ]


def test_a_problem_is_said_and_ends_nothing(committers, engine, repository, until):
    """The thread goes on, and commits when the repository is back."""
    (repository / ".git").rename(repository.parent / "away")
    remember(engine, "a")
    committer = committers()
    until(lambda: committer.problem is not None)

    (repository.parent / "away").rename(repository / ".git")
    committer.poke()

    until(lambda: "notes/a.md" in committed(repository))


def test_whatever_goes_wrong_the_thread_lives(committers, monkeypatch, until):
    """Also what nobody has thought of."""
    monkeypatch.setattr(git, "commit_pending", lambda *_, **__: 1 / 0)
    committer = committers()

    until(lambda: committer.problem == "division by zero")
    committer.stop()


def test_where_it_is_not_enabled_nothing_is_committed(committers, session, engine, repository):
    """Git is not even asked."""
    assert not git.disable(session).enabled
    remember(engine, "a")

    assert Postponed("not enabled on this machine") == git.commit_pending(session)
    assert ["first"] == subjects(repository)


def test_nobody_who_writes_is_waited_for(session, engine, repository):
    """Committing neither takes the vault's lock nor waits for it."""
    remember(engine, "a")
    held, done = threading.Event(), threading.Event()

    def hold():
        with session.vault.lock.held():
            held.set()
            done.wait(DEADLINE_S)

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait(DEADLINE_S)
    outcome = git.commit_pending(session)
    done.set()
    holder.join()

    assert 2 == len(outcome.commits)


def test_edits_by_hand_are_committed_where_the_person_asked_for_it(session):
    """The setting is remembered, and can be taken back."""
    assert [True, True, False] == [git.enable(session, everything=each).everything for each in (True, True, False)]


def test_enabling_again_forgets_nothing(session, engine, repository):
    """What was waiting still is."""
    remember(engine, "a")

    assert 1 == git.enable(session).waiting


def test_what_was_there_before_it_was_enabled_is_the_persons(repository, engine):
    """Nobody asked to have it committed."""
    remember(engine, "a")
    git.enable(engine._session)

    assert [OWN] == [commit.subject for commit in git.commit_pending(engine._session).commits]


def test_a_copy_of_the_vault_does_not_begin_to_commit(session, repository, env):
    """The setting holds for one folder on one machine, also where it was copied with everything else."""
    shutil.copytree(repository, repository.parent / "copy")
    with Engine.open(repository.parent / "copy", env=env) as copy:
        remember(copy, "a")

        assert "enable it again" in git.commit_pending(copy._session).reason
        assert "enable it again" in git.state(copy._session).problem


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b'{"format": 2, "toplevel": "/"}',
        b'{"format": 1, "toplevel": 5}',
        b'{"format": 1, "toplevel": "/", "marks": {"x": [1, 2]}}',
        b'{"format": 1, "toplevel": "/", "more": 1}',
    ],
)
def test_a_setting_that_can_not_be_understood_is_none(content, session, repository):
    """Then nothing is committed until somebody enables it again."""
    (repository / ".memwell" / "local" / "git.json").write_bytes(content)

    assert not git.state(session).enabled
    assert isinstance(git.commit_pending(session), Postponed)


def test_our_own_files_are_not_committed_with_every_note(session, engine, repository, monkeypatch):
    """Git keeps a whole copy of a changed file, so in the background they wait for ten minutes."""
    found = []
    for number, minutes in enumerate([0, 9, 11]):
        later = session.now() + timedelta(minutes=minutes)
        monkeypatch.setattr(type(session), "now", lambda _, later=later: later)
        remember(engine, str(number))
        found.append([commit.subject for commit in git.commit_pending(session, thorough=False).commits])

    assert [True, False, True] == [OWN in subjects for subjects in found]


def test_other_devices_commit_their_own_journal(session, engine, repository):
    """Two that committed one file at two lengths would have a conflict."""
    remember(engine, "a")
    (repository / ".memwell" / "journal" / "phone").mkdir()
    (repository / ".memwell" / "journal" / "phone" / "2026-11.jsonl").write_text("{}\n")

    git.commit_pending(session)

    assert "?? .memwell/journal/phone/\n" == run(repository, "status", "--porcelain")


def test_a_journal_that_was_rolled_back_is_followed_by_time(session, engine, repository):
    """A checkout may put an older state of it there: what comes afterwards is committed all the same."""
    remember(engine, "a")
    git.commit_pending(session)
    (journal,) = (repository / ".memwell" / "journal").glob("*/*.jsonl")
    journal.unlink()
    remember(engine, "b")

    outcome = git.commit_pending(session)

    assert ("notes/b.md",) == outcome.commits[0].paths


def test_a_line_that_is_being_written_is_not_committed(session, engine, repository):
    """Of the journal only whole lines are."""
    remember(engine, "a")
    (journal,) = (repository / ".memwell" / "journal").glob("*/*.jsonl")
    whole = journal.read_text()
    journal.write_text(whole + '{"v":1,"se')

    git.commit_pending(session)

    assert whole == run(repository, "show", f"HEAD:{journal.relative_to(repository)}")


def test_what_is_remembered_is_small_and_readable(session, engine, repository):
    """A person may want to look at it."""
    remember(engine, "a")
    git.commit_pending(session)

    stored = json.loads((repository / ".memwell" / "local" / "git.json").read_text())

    assert (1, str(repository), False) == (stored["format"], stored["toplevel"], stored["everything"])
    assert Committed((), (), 0) == git.commit_pending(session)


def test_a_foreign_change_in_between_is_kept_apart(session, engine, repository, write_note):
    """Where an agent adds to what a person wrote and did not commit, the commit holds both."""
    remember(engine, "a")
    git.commit_pending(session)
    with (repository / "notes" / "a.md").open("a") as note:
        note.write("by hand\n")
    engine.edit("notes/a.md", Append("agent"), actor=CLAUDE)

    git.commit_pending(session)

    assert "by hand" in run(repository, "show", "HEAD~1:notes/a.md")
    assert is_clean(repository)
