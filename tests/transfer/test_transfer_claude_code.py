"""Importing Claude Code's conversations: what becomes a note, what does not, and that it happens once."""

import json
from datetime import UTC, datetime

import pytest
from transcripts import answer, tool_result, user, write

from vault_engine.engine.marked import marked
from vault_engine.errors import BadInput
from vault_engine.transfer.claude_code import ClaudeCode
from vault_engine.transfer.item import id_of
from vault_engine.transfer.run import import_from


@pytest.fixture
def folder(tmp_path):
    """Two conversations, with all that is not said in them."""
    projects = tmp_path / "projects"
    write(
        projects / "-home-a-proj" / "5d0c7a11-aaaa.jsonl",
        {"type": "summary", "summary": "Build"},
        {"type": "file-history-snapshot", "snapshot": {}},
        user("<command-name>/clear</command-name>", "c1"),
        user("be brief", "m1", isMeta=True),
        user("Why does the build fail?", "u1"),
        answer("Let me look.", "a1"),
        tool_result("error: TOOL-NOISE", "r1"),
        answer("A header is missing.", "a2"),
        user("from a subagent", "s1", isSidechain=True),
        user([{"type": "text", "text": "And this picture?"}, {"type": "image", "source": {}}], "u2"),
        answer("It shows the same failure.", "a3"),
        user("never answered, so it is left out", "u3"),
    )
    write(
        projects / "-home-a-other" / "77aa0000-bbbb.jsonl",
        user("Where do the logs go to?", "v1", session="77aa0000-bbbb", cwd="/home/a/other"),
        answer("To standard output, one line an event.", "v2", session="77aa0000-bbbb"),
    )
    return projects


def test_each_exchange_becomes_a_note_with_where_it_comes_from(engine, vault, folder):
    """Both sides are kept as turns, with time, session, branch, tier and source; what nobody said is not."""
    done = import_from(engine, ClaudeCode(folder))

    assert (3, 3, 0, 0, 0) == (done.total, done.imported, done.skipped, done.duplicates, done.failed)
    text = (vault / "conversations/proj/2026-05-01-5d0c7a11/0001-why-does-the-build-fail.md").read_text()
    assert "**User:** Why does the build fail?\n\n**Assistant:** Let me look.\n\nA header is missing.\n" in text
    for stated in ("type: conversation", "tier: episodic", "source: claude-code", "trust: untrusted", "branch: main"):
        assert f"\n{stated}\n" in text
    everything = "".join(file.read_text() for file in vault.rglob("conversations/**/*.md"))
    for unsaid in ("TOOL-NOISE", "hmm", "be brief", "subagent", "/clear", "never answered"):
        assert unsaid not in everything
    assert 'created: "2026-05-01T10:00:00Z"' in text or "created: 2026-05-01T10:00:00Z" in text


def test_a_second_run_imports_nothing(engine, vault, folder):
    """Not what is there, not what a person has moved or edited, not what was forgotten."""
    first = import_from(engine, ClaudeCode(folder))
    engine.move(first.notes[0], "mine/build.md")
    engine.forget(first.notes[1])
    edited = vault / first.notes[2]
    edited.write_text(edited.read_text() + "\nSeen.\n")
    before = {file: file.read_bytes() for file in vault.rglob("*.md")}

    again = import_from(engine, ClaudeCode(folder))

    assert (3, 0, 3) == (again.total, again.imported, again.duplicates)
    assert before == {file: file.read_bytes() for file in vault.rglob("*.md")}


def test_a_dry_run_gives_the_same_counts_and_writes_nothing(engine, vault, folder):
    """What it says would be done is what is done then."""
    tried = import_from(engine, ClaudeCode(folder), dry_run=True)
    assert [] == list(vault.rglob("*.md"))

    done = import_from(engine, ClaudeCode(folder))

    assert (tried.total, tried.imported, tried.notes) == (done.total, done.imported, done.notes)


def test_one_bad_line_never_stops_it(engine, tmp_path):
    """Lines that are no JSON, too long, too deep or of another shape are told of with their place."""
    good = (user("What is the port?", "g1"), answer("The service listens on 8080.", "g2"))
    bad = (b"{not json", b"[1]", b"[" * 200_000, b'{"type":"user","message":3}', b"\xff\xfe", b'"' + b"x" * (11 << 20))
    write(tmp_path / "t" / "s.jsonl", *bad, *good)

    done = import_from(engine, ClaudeCode(tmp_path / "t"))

    assert (1, len(bad)) == (done.imported, done.failed)
    assert [f"s.jsonl:{number}" for number in range(1, len(bad) + 1)] == [one.where for one in done.errors]


def test_long_sides_are_cut_and_secrets_and_contexts_taken_out(engine, vault, tmp_path):
    """A note holds at most 4,000 characters a side, no key, nothing that Memwell itself injected, no control signs."""
    injected = marked("- [[a|A]]: INJECTED")
    write(
        tmp_path / "t" / "s.jsonl",
        user(f"{injected}\nUse ghp_{'a1B2' * 9} \x1b[31mred\x1b[0m\x07 " + "word " * 2000, "u1"),
        answer("done, it is in place", "a1"),
    )

    done = import_from(engine, ClaudeCode(tmp_path / "t"))

    text = (vault / done.notes[0]).read_text()
    assert "[...truncated]" in text
    assert len(text) < 5000
    for hidden in ("INJECTED", "ghp_", "\x1b", "\x07"):
        assert hidden not in text
    assert "Use [secret removed] red" in text


def test_since_and_limit_leave_the_rest_out(engine, folder):
    """What is older, or more than was asked for, counts as left out and may come later."""
    assert 3 == import_from(engine, ClaudeCode(folder), since=datetime(2026, 6, 1, tzinfo=UTC), dry_run=True).skipped
    few = import_from(engine, ClaudeCode(folder), limit=1)
    assert (1, 2) == (few.imported, few.skipped)
    assert 2 == import_from(engine, ClaudeCode(folder)).imported


def test_a_conversation_that_goes_on_brings_only_what_is_new(engine, tmp_path):
    """Lines that were appended to a transcript, or copied into that of a resumed session, are not made twice."""
    first = (user("What is the port?", "g1"), answer("The service listens on 8080.", "g2"))
    more = (user("And the host name?", "g3"), answer("It is harbour.example.", "g4"))
    write(tmp_path / "t" / "s.jsonl", *first)
    import_from(engine, ClaudeCode(tmp_path / "t"))
    write(tmp_path / "t" / "s.jsonl", *first, *more)
    write(tmp_path / "t" / "resumed.jsonl", *first, *more)

    done = import_from(engine, ClaudeCode(tmp_path / "t"))

    assert (4, 1, 3) == (done.total, done.imported, done.duplicates)


def test_a_note_of_somebody_else_is_never_replaced(engine, vault, folder, write_note):
    """Where a note has the name already, that exchange fails and the others go on."""
    mine = write_note("conversations/proj/2026-05-01-5d0c7a11/0001-why-does-the-build-fail.md", "Mine.\n")

    done = import_from(engine, ClaudeCode(folder))

    assert (2, 1) == (done.imported, done.failed)
    assert "Mine.\n" == mine.read_text()


def test_hostile_names_stay_inside_the_folder(engine, vault, tmp_path):
    """A working folder or session that would lead elsewhere names a folder as any other."""
    hostile = {"cwd": "/x/..", "session": "../../../etc", "gitBranch": "x\ny: z"}
    write(tmp_path / "t" / "s.jsonl", user("../../escape me please", "u1", **hostile), answer("No, thank you.", "a1"))

    done = import_from(engine, ClaudeCode(tmp_path / "t"))

    assert (1, 0) == (done.imported, done.failed)
    assert done.notes[0].startswith("conversations/elsewhere/")
    assert (vault / done.notes[0]).is_file()


def test_no_transcripts_is_an_error_that_says_so(engine, tmp_path):
    """A path that leads nowhere is named."""
    with pytest.raises(BadInput, match="no transcripts at"):
        import_from(engine, ClaudeCode(tmp_path / "nothing"))


def test_the_id_of_an_item_never_changes():
    """Another version must make the same id, or everything would be imported again."""
    assert "d6e9b248-f505-5a29-9838-6164b961fa8a" == id_of("claude-code", "u1")


def test_the_command_reports_as_json(folder, memwell):
    """`memwell import claude-code` prints what was done, in counts."""
    run = memwell("import", "claude-code", str(folder), "--json")

    out, err = run.communicate(timeout=60)

    told = json.loads(out)
    assert (0, 3, 3) == (run.returncode, told["total"], told["imported"]), err
