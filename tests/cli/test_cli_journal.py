"""``memwell journal``: looking at it, checking it, mending it, dropping what is old."""

import hashlib
import json
import re
import shutil
from datetime import UTC, datetime, timedelta

import pytest

from vault_engine import Actor
from vault_engine.engine.session import Session
from vault_engine.journal.entry import NO_PREVIOUS, Change, Op, encode

ULID = r"[0-9A-HJKMNP-TV-Z]{26}"
DEAD = f"{1 << 30}-0-left"  # a temporary file of a process that no system has
HASH = r"[0-9a-f]{64}"
TIME = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"


@pytest.fixture(autouse=True)
def ann(monkeypatch):
    monkeypatch.setenv("MEMWELL_ACTOR", "human:ann")


@pytest.fixture
def written(cli, home):
    """Two notes made, one of them forgotten."""
    cli("remember", "One.", "--key", "a")
    cli("remember", "Two.", "--key", "b")
    cli("note", "forget", "a", "--reason", "old")


@pytest.fixture
def hostile(home):
    """An entry of another device with a name that would move the cursor, and one with half a character."""
    file = home / ".memwell/journal/other/2026-01.jsonl"
    file.parent.mkdir(parents=True)
    lines, previous = b"", NO_PREVIOUS
    for seq, path in ((1, "\x1b[2J../../etc/passwd\r"), (2, "half\ue000.md")):
        change = Change(Op.CREATE, path, "", "0" * 64, reason="\x9b31m")
        line = encode(change, seq=seq, id=f"{seq:026}", ts="when\x07", actor=Actor("agent", "\x1b]0;x"), prev=previous)
        unsealed = line[:-73].replace("\ue000".encode(), rb"\ud800")
        previous = hashlib.sha256(unsealed).hexdigest()
        lines += b'%s,"h":"%s"}\n' % (unsealed, previous.encode())
    file.write_bytes(lines)


class TestTail:
    """The newest entries."""

    def test_an_entry_is_a_line_and_the_newest_is_the_last(self, cli, written):
        """Number, time, who, what, which note, why."""
        done = cli("journal", "tail", "-n", "2")

        assert (0, "") == (done.code, done.err)
        assert re.fullmatch(
            rf"#2  {TIME}  ann via cli  create   notes/b\.md\n"
            rf"#3  {TIME}  ann via cli  archive  notes/a\.md -> archive/notes/a\.md  old\n",
            done.out,
        )

    def test_as_json_lines(self, cli, written):
        """One object an entry."""
        printed = [json.loads(line) for line in cli("journal", "tail", "--json").out.splitlines()]

        assert [(1, "create"), (1, "create"), (1, "archive")] == [(one["format"], one["op"]) for one in printed]

    def test_an_empty_journal(self, cli, home):
        """A word on stderr; nothing in JSON."""
        assert (0, "", "the journal is empty\n") == cli("journal", "tail")
        assert (0, "", "") == cli("journal", "tail", "--json")

    def test_what_another_device_sent_can_not_command_the_terminal(self, cli, hostile):
        """Control characters are shown as what they are: nothing."""
        done = cli("journal", "tail")

        assert 0 == done.code
        assert [] == [char for char in done.out if not char.isprintable() and char != "\n"]
        assert "../../etc/passwd" in done.out

    def test_half_a_character_is_an_escape_in_json(self, cli, hostile):
        """Which reads as what was sent."""
        lines = cli("journal", "tail", "--json").out.splitlines()

        assert "half\ud800.md" in {json.loads(line)["path"] for line in lines}


class TestShow:
    """One entry in full."""

    def test_an_entry_is_shown_with_all_that_it_says(self, cli, written):
        """A fact a line; what is empty is left out."""
        done = cli("journal", "show", "#3")

        facts = dict(line.split(maxsplit=1) for line in done.out.splitlines())
        assert ("archive", "notes/a.md", "archive/notes/a.md", "old", "human ann via cli") == tuple(
            facts[name] for name in ("change", "path", "to", "reason", "actor")
        )
        assert "after" not in facts
        assert re.fullmatch(rf"{ULID} \(#3\)", facts["entry"])

    def test_by_its_id_and_by_a_path(self, cli, written):
        """All that name the path."""
        found = cli("journal", "show", "--path", "notes/a.md", "--json").json

        assert (1, 3, ["create", "archive"]) == (
            found["format"],
            found["total"],
            [one["op"] for one in found["entries"]],
        )
        assert found["entries"][:1] == cli("journal", "show", found["entries"][0]["id"], "--json").json["entries"]

    @pytest.mark.parametrize(
        ("arguments", "code"), [(["#9"], 10), (["--path", "x"], 10), ([], 2), (["#1", "--path", "x"], 2)]
    )
    def test_what_is_not_there_or_not_said(self, cli, written, arguments, code):
        """Missing, or a mistake."""
        assert code == cli("journal", "show", *arguments).code

    def test_an_entry_that_is_not_there_is_advised_to_be_looked_for(self, cli, written):
        """With the command that lists what there is."""
        assert "`memwell journal tail` lists the newest." in cli("journal", "show", "#9").err

    def test_a_hostile_entry_is_shown_harmless(self, cli, hostile):
        """In every fact."""
        done = cli("journal", "show", "#1")

        assert 0 == done.code
        assert [] == [char for char in done.out if not char.isprintable() and char != "\n"]


def tamper(home, old=b'"reason":"old"', new=b'"reason":"new"'):
    """Rewrite the one journal there is behind its back."""
    file = next((home / ".memwell/journal").rglob("*.jsonl"))
    assert old in file.read_bytes()
    file.write_bytes(file.read_bytes().replace(old, new))


def lose_revisions(home):
    for file in (home / ".memwell/revisions").rglob("*"):
        if file.is_file():
            file.unlink()


def crash(home):
    """Leave what a process leaves that dies while it writes."""
    (home / ".memwell/local/tmp").mkdir(parents=True, exist_ok=True)
    (home / ".memwell/local/tmp" / DEAD).write_bytes(b"half")


class TestVerify:
    """``memwell journal verify``."""

    def test_where_nothing_is_wrong_only_the_head_is_printed(self, cli, written):
        """It names the device, the number of its last entry and that one's hash."""
        done = cli("journal", "verify")

        assert (0, "3 entries: nothing found; --read-data looks at revisions and notes too\n") == (done.code, done.err)
        assert re.fullmatch(rf"head: [\w-]+:3:{HASH}\n", done.out)
        assert "3 entries: nothing found\n" == cli("journal", "verify", "--read-data").err

    def test_an_empty_journal(self, cli, home):
        """Is whole."""
        assert (0, "", "0 entries: nothing found\n") == cli("journal", "verify", "--read-data")

    def test_a_line_that_was_rewritten_is_named(self, cli, home, written):
        """Exit code 14, and where it stands."""
        tamper(home)

        done = cli("journal", "verify")

        assert 14 == done.code
        assert re.fullmatch(r"2 entries: \d damaged; --read-data looks at revisions and notes too\n", done.err)
        assert re.match(r"\.memwell/journal/[\w-]+/\d{4}-\d\d\.jsonl:3: ", done.out)

    def test_a_head_that_was_noted_is_still_there(self, cli, written):
        """However much was written since."""
        head = cli("journal", "verify", "--json").json["heads"][0]
        cli("remember", "Three.", "--key", "c")

        assert 0 == cli("journal", "verify", "--against", head).code

    def test_a_journal_that_was_written_anew_lacks_the_head(self, cli, home, written):
        """Which no chain of hashes in itself can tell, on a machine that does not remember."""
        heads = cli("journal", "verify", "--json").json["heads"]
        file = next((home / ".memwell/journal").rglob("*.jsonl"))
        file.write_bytes(b"".join(file.read_bytes().splitlines(keepends=True)[:-1]))
        shutil.rmtree(home / ".memwell/local")

        assert 0 == cli("journal", "verify").code
        done = cli("journal", "verify", "--against", heads[0])
        assert (14, True) == (done.code, "entry 3 is not there, or not the one that was known" in done.out)

    @pytest.mark.parametrize("head", ["", "x", "a:1", "a:x:" + "0" * 64, "a:1:0"])
    def test_what_is_no_head_is_refused(self, cli, written, head):
        """Exit code 2."""
        assert 2 == cli("journal", "verify", "--against", head).code

    def test_revisions_that_are_lost_are_missing(self, cli, home, written):
        """Exit code 14; only who reads them can tell."""
        lose_revisions(home)

        assert 0 == cli("journal", "verify").code
        done = cli("journal", "verify", "--read-data")
        assert (14, "3 entries: 2 missing\n") == (done.code, done.err)
        assert re.search(r"^notes/a\.md: its revision [0-9a-f]{8} is not kept$", done.out, re.MULTILINE)

    def test_a_note_that_the_journal_does_not_know_is_no_damage(self, cli, put, written):
        """Exit code 3: the next write enters it."""
        put("mine.md", "x")

        assert 0 == cli("journal", "verify").code
        done = cli("journal", "verify", "--read-data")
        assert (3, "3 entries: 1 not in the journal yet\n") == (done.code, done.err)
        assert done.out.startswith("mine.md: was changed and is not in the journal yet\n")

    @pytest.mark.parametrize(("more", "code"), [([], 0), (["--read-data"], 3)])
    def test_what_a_crash_left_is_named(self, cli, home, written, more, code):
        """A quick look leaves it at that: the next write settles it."""
        crash(home)

        done = cli("journal", "verify", *more)

        assert (code, True) == (done.code, done.out.startswith(f"local/tmp/{DEAD}: left by a crash\n"))

    def test_as_json_it_is_one_object(self, cli, home, written):
        """With the exit code that the words have."""
        lose_revisions(home)

        done = cli("journal", "verify", "--read-data", "--json")

        assert (14, "") == (done.code, done.err)
        assert {"format", "entries", "heads", "damaged", "missing", "loose", "differing", "data_was_read"} == set(
            done.json
        )
        assert ["notes/a.md", "notes/b.md"] == sorted(one["path"] for one in done.json["missing"])

    def test_what_another_device_sent_can_not_command_the_terminal(self, cli, home, hostile):
        """Nor can the name of its folder."""
        (home / ".memwell/journal/other").rename(home / ".memwell/journal/\x1b[2Jother")

        done = cli("journal", "verify", "--read-data")

        assert 14 == done.code
        assert [] == [char for char in done.out if not char.isprintable() and char != "\n"]

    def test_it_writes_no_note_and_no_entry(self, cli, home, put, tree, written):
        """However much it finds."""
        put("mine.md", "x")
        before = tree(home)

        cli("journal", "verify", "--read-data")

        assert (before, 3) == (tree(home), len(cli("journal", "tail").out.splitlines()))


class TestRepair:
    """``memwell journal repair``."""

    def test_where_there_is_nothing_to_mend_it_says_so(self, cli, written):
        """On stderr."""
        assert (0, "", "nothing to mend\n") == cli("journal", "repair")

    def test_what_waits_is_entered_and_settled(self, cli, home, put, written):
        """A line each; then all is well."""
        put("mine.md", "x")
        crash(home)

        done = cli("journal", "repair")

        assert (0, "") == (done.code, done.err)
        assert {
            f"mended: local/tmp/{DEAD}: left by a crash",
            "mended: mine.md: was changed and is not in the journal yet",
        } == set(done.out.splitlines())
        assert 0 == cli("journal", "verify", "--read-data").code
        assert not (home / ".memwell/local/tmp" / DEAD).exists()

    def test_a_dry_run_says_so_and_does_nothing(self, cli, home, put, tree, written):
        """The same lines, in the conditional."""
        put("mine.md", "x")
        crash(home)
        before = tree(home)

        done = cli("journal", "repair", "--dry-run")

        assert (0, 2) == (done.code, done.out.count("would mend: "))
        assert (before, True) == (tree(home), (home / ".memwell/local/tmp" / DEAD).exists())
        assert 3 == cli("journal", "verify", "--read-data").code

    def test_what_can_not_be_had_again_is_left(self, cli, home, written):
        """Exit code 14; what a note or the archive still holds is kept again."""
        cli("remember", "Two, in other words.", "--key", "b")
        lose_revisions(home)

        done = cli("journal", "repair")

        assert (14, "") == (done.code, done.err)
        assert "mended: notes/b.md: kept again" in done.out
        assert re.search(r"^left: notes/b\.md: its revision [0-9a-f]{8} is not kept$", done.out, re.MULTILINE)

    def test_no_entry_is_cut_away(self, cli, home, written):
        """A damaged line stays where it is, and stays named."""
        tamper(home)
        file = next((home / ".memwell/journal").rglob("*.jsonl"))
        before = file.read_bytes()

        done = cli("journal", "repair", "--json")

        assert (14, {"format", "done", "left"}) == (done.code, set(done.json))
        assert any(one["path"].endswith(f"{file.name}:3") for one in done.json["left"])
        assert file.read_bytes().startswith(before)


class TestPrune:
    """``memwell journal prune``."""

    @pytest.fixture
    def old(self, cli, home, monkeypatch):
        """A note of three versions, a month ago; the settings keep one of them and a day."""
        for text in ("one", "two", "three"):
            cli("remember", text, "--key", "n")
        (home / ".memwell/config.toml").write_text("keep_days = 1\nkeep_versions = 1\n")
        monkeypatch.setattr(Session, "now", lambda _: datetime.now(UTC) + timedelta(days=30))

    def test_without_settings_nothing_is_dropped(self, cli, written):
        """Which is the default."""
        assert (0, "dropped nothing: keep_days in .memwell/config.toml is not set\n", "") == cli("journal", "prune")

    def test_old_revisions_are_dropped_and_no_entry(self, cli, home, old, tree):
        """The note and its newest version stay."""
        before = tree(home)

        done = cli("journal", "prune")

        assert (0, "") == (done.code, done.err)
        assert re.fullmatch(rf"dropped 2 revisions replaced before {TIME}: [\d,]+ bytes\n", done.out)
        assert (before, 3) == (tree(home), len(cli("journal", "tail").out.splitlines()))
        kept = [version["kept"] for version in cli("note", "history", "n", "--json").json["versions"]]
        assert [True, False, False] == kept

    def test_a_dry_run_drops_nothing(self, cli, old):
        """It says how much there is to drop."""
        dry = cli("journal", "prune", "--dry-run", "--json")

        assert (0, {"format", "revisions", "bytes_freed", "since"}) == (dry.code, set(dry.json))
        assert cli("journal", "prune", "--dry-run").out.startswith("would drop 2 revisions")
        assert dry.json["revisions"] == cli("journal", "prune", "--json").json["revisions"] == 2
