"""What is kept of a conversation at its stops and its end: little, once, without secrets, and in the background."""

import json
import os

import pytest
from transcripts import answer, tool_result, user, write

from bench.capture import quality, read, small_talk
from vault_engine import Memory
from vault_engine.engine.marked import marked
from vault_engine.errors import BadInput, VaultBusy
from vault_engine.hooks.capturing import capture
from vault_engine.hooks.worth import worth_keeping
from vault_engine.vault.lock import Lock

DECISION = "We decided to keep the invoices in PostgreSQL instead of MongoDB."
PREFERENCE = "Always run the linter before you commit anything."
SECRET = "sk-ant-" + "api03-" + "Zz9-" * 10


@pytest.fixture
def transcript(tmp_path):
    """A conversation with a decision, a preference and much else."""
    return write(
        tmp_path / "abc123.jsonl",
        user(
            f"{marked('- [[a|A]]: We agreed to use Oracle for everything.')}\nWhy does the build of the app fail?", "u1"
        ),
        answer("A header is missing. I'll use grep to find it.", "a1"),
        tool_result("We decided that TOOL OUTPUT is worth keeping.", "r1"),
        user(f"{DECISION} Can you write the migration?", "u2"),
        answer("Done.", "a2"),
        user(f"{PREFERENCE}\n```\nnever_do = 'We decided to put code into notes.'\n```", "u3"),
        answer("Understood: the linter runs first now.", "a3"),
    )


@pytest.fixture
def kept(vault, env):
    """Captures a transcript."""

    def run(file, event="stop", **options):
        return capture(vault, file, event=event, session="abc123", client="claude-code", env=env, **options)

    return run


def texts(vault):
    """Give the notes of the vault by their folder."""
    found = {}
    for file in sorted(vault.glob("*/*.md")):
        found.setdefault(file.parent.name, []).append(file.read_text())
    return found


def test_decisions_and_preferences_become_notes_with_where_they_come_from(vault, kept, transcript):
    """Each is a sentence, with its sort, who said it, the client and the session; nothing else is kept."""
    done = kept(transcript)

    assert (2, 0, None) == (len(done.kept), done.known, done.handoff)
    notes = texts(vault)
    assert ["decisions", "preferences"] == list(notes)
    assert notes["decisions"][0].endswith(f"\n{DECISION}\n")
    for stated in ("type: decision", "source: claude-code", "trust: user", "agent: claude-code", "session: abc123"):
        assert f"\n{stated}\n" in notes["decisions"][0]
    assert PREFERENCE in notes["preferences"][0]


def test_only_what_is_new_is_looked_at(vault, kept, transcript, open_engine):
    """What was read stays read, also when its notes were forgotten; what is appended counts."""
    for path in kept(transcript).kept:
        open_engine().forget(path)

    assert () == kept(transcript).kept
    with transcript.open("ab") as file:
        file.write(json.dumps(user("Never push directly to the main branch.", "u9")).encode() + b"\n" + b'{"half')
    assert 1 == len(kept(transcript).kept)


def test_what_a_note_says_already_is_not_written_again(vault, kept, transcript, engine):
    """Said again in another session, or in nearly the same words, it is counted as known."""
    engine.remember(Memory("We decided to keep the invoices in PostgreSQL, instead of MongoDB.", category="decisions"))

    done = kept(transcript)

    assert (1, 1) == (len(done.kept), done.known)
    assert 1 == len(texts(vault)["decisions"])


def test_the_contrary_of_a_note_is_kept(kept, tmp_path, engine):
    """A changed decision is no duplicate."""
    engine.remember(Memory("The API listens on port 8080.", category="corrections"))

    said = user("No, the API listens on port 8443, not on 8080.", "u1")

    assert 1 == len(kept(write(tmp_path / "s.jsonl", said)).kept)


def test_the_end_of_a_session_leaves_one_note_for_the_next(vault, kept, transcript):
    """What was asked first and last and where it stood; the same session updates it, and a person's edit stays."""
    done = kept(transcript, "session-end")

    note = vault / done.handoff
    assert "handoffs/session-abc123.md" == done.handoff
    for part in ("Why does the build of the app fail?", PREFERENCE[:40], "> Understood: the linter runs first now."):
        assert part in note.read_text()
    assert "Oracle" not in note.read_text()
    assert kept(transcript, "session-end").handoff is None, "nothing was said since"
    note.write_text(note.read_text() + "\nMine.\n")
    with transcript.open("ab") as file:
        file.write(json.dumps(answer("All is done now.", "a9")).encode() + b"\n")
    assert kept(transcript, "session-end").handoff is None
    assert note.read_text().endswith("\nMine.\n")


def test_no_secret_reaches_a_note(vault, kept, tmp_path):
    """Neither in what is kept nor in the note for the next session."""
    file = write(
        tmp_path / "s.jsonl",
        user(f"Here is the key {SECRET}, please set it up for the service.", "u1"),
        answer(f"I have set ANTHROPIC_API_KEY={SECRET} there.", "a1"),
        user(f"We decided to rotate the key {SECRET} every month from the first of May.", "u2"),
        answer("OK.", "a2"),
    )

    done = kept(file, "session-end")

    assert done.handoff is not None
    everything = b"".join(one.read_bytes() for one in vault.rglob("*") if one.is_file())
    assert SECRET.encode() not in everything
    assert b"[secret removed]" in everything


@pytest.mark.parametrize("content", [b"", b"\x00" * 1000, b"{broken\n" * 100, b"[]\n3\nnull\n", b'{"type":"user"}\n'])
def test_a_corrupt_transcript_gives_nothing_and_stops_nothing(kept, tmp_path, content):
    """Lines that can't be read are left out; those that can are looked at."""
    file = tmp_path / "s.jsonl"
    file.write_bytes(content + b"\n" + json.dumps(user(DECISION)).encode() + b"\n")

    assert 1 == len(kept(file).kept)


def test_a_transcript_that_was_written_anew_is_read_anew(kept, tmp_path):
    """It is shorter than what was read of it; what is known already is not written twice."""
    file = write(tmp_path / "s.jsonl", user("x" * 1000), user(DECISION))
    assert 1 == len(kept(file).kept)

    done = kept(write(file, user(DECISION)))

    assert ((), 1) == (done.kept, done.known)


def test_only_transcripts_are_read(kept, tmp_path):
    """Not what is called otherwise, is not there, or would keep the reader waiting."""
    pipe = tmp_path / "pipe.jsonl"
    os.mkfifo(pipe)
    for path in (pipe, tmp_path / "gone.jsonl", tmp_path):
        with pytest.raises(BadInput, match="is no transcript"):
            kept(path)


def test_one_at_a_time_works_on_a_vault(vault, kept, transcript):
    """Another one gives way, and the next one finds what is new."""
    with Lock(vault / ".memwell" / "local" / "hooks.lock").held(), pytest.raises(VaultBusy):
        kept(transcript)
    (vault / ".memwell" / "local" / "hooks.json").write_text('{"format":1,"transcripts":{"x":[-1,"y"]}}')

    assert 2 == len(kept(transcript).kept)


def test_a_paste_is_not_a_flood_of_notes(kept, tmp_path):
    """At most ten notes are made of what was said since the last time."""
    said = [user(f"We decided to name the server number {word} harbour-{word}.", f"u{word}") for word in range(30)]

    assert 10 >= len(kept(write(tmp_path / "s.jsonl", *said)).kept) > 5


@pytest.mark.parametrize("event", ["stop", "session-end", "pre-compact"])
def test_the_hook_hands_over_and_returns(hook, log, vault, transcript, until, event):
    """The client is told nothing and goes on; the notes come a moment later, from a process of its own."""
    said = {"session_id": "abc123", "transcript_path": str(transcript), "cwd": "/", "stop_hook_active": False}

    ran = hook(event, said, "--deadline", "30000")

    assert (0, "", "") == ran[:3]
    assert f"{event} handed-over" in ran.log
    until(lambda: any(line.startswith(f"capture-{event}") for line in log()))
    assert {"decisions", "preferences"} <= texts(vault).keys()


def test_a_transcript_of_five_megabytes_is_no_burden(hook, log, vault, tmp_path, until):
    """The hook does not read it; the process in the background finds the one thing in it."""
    noise = tool_result("x" * 5000, "r")
    file = write(tmp_path / "big.jsonl", *[noise] * 1000, user(DECISION), *[noise] * 50)
    assert file.stat().st_size > 5 << 20

    hook("stop", {"session_id": "s", "transcript_path": str(file)}, "--deadline", "30000")

    until(lambda: any(line.startswith("capture-stop") for line in log()))
    assert DECISION in texts(vault)["decisions"][0]


def test_a_stop_without_a_transcript_starts_nothing(hook):
    """Nor does one that another hook has caused."""
    assert ["stop nothing-said"] == hook("stop", {"session_id": "s"}).log[-1:]
    said = {"transcript_path": "/x.jsonl", "stop_hook_active": True}
    assert ["stop nothing-said"] == hook("stop", said).log[-1:]


def test_the_rules_are_as_good_as_the_documentation_says():
    """On the excerpts they were not made with, at least nine of ten things that are kept are worth it."""
    excerpts = read()
    held = quality(one for one in excerpts if one["id"] % 2)
    tuned = quality(one for one in excerpts if not one["id"] % 2)

    assert len(excerpts) >= 40
    assert held.precision >= 90
    assert held.recall >= 85
    assert tuned.precision >= 95


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "piece", ["<a>", "<system-reminder>", "```\n", "<!-- memwell context -->", "no, it is not ", "a. "]
)
def test_a_text_that_never_ends_is_got_over(kept, tmp_path, piece):
    """Marks that are opened again and again, in megabytes: what else was said is kept, and what was read stays read."""
    file = write(tmp_path / "s.jsonl", user(piece * (5_000_000 // len(piece))), user(DECISION))

    assert 1 == len(kept(file).kept)
    assert 0 == len(kept(file).kept)


def test_small_talk_and_injected_contexts_leave_nothing():
    """A thousand turns, as often as one likes."""
    for seed in range(3):
        assert [] == worth_keeping(small_talk(1000, seed))
