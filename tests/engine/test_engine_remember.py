"""`remember`: from a memory to a note, and never over somebody's text."""

import json

import pytest

from vault_engine import Actor, Memory
from vault_engine.errors import BadInput, ConfigBroken, NoteChanged, NoteDamaged, NoteExists
from vault_engine.note import parse
from vault_engine.vault.files import sha256_hex

FACT = Memory("There are forty berths.", category="facts", key="berths")


def properties(vault, path):
    return parse((vault / path).read_text("utf-8")).frontmatter.properties


def journal_lines(vault):
    return [json.loads(line) for file in (vault / ".memwell/journal").rglob("*.jsonl") for line in file.open("rb")]


def test_a_memory_becomes_a_note_that_a_person_can_read(engine, vault):
    """Frontmatter with where it belongs and when it was made, a blank line, the text, a line break."""
    remembered = engine.remember(Memory("Forty.", category="facts", key="berths", tags=("north",), importance=0.5))

    assert ("created", "facts/berths.md", ()) == (remembered.action, remembered.path, remembered.hints)
    text = (vault / "facts/berths.md").read_text("utf-8")
    note = parse(text)
    assert "\nForty.\n" == note.body
    stated = note.frontmatter.properties
    assert ["id", "category", "key", "importance", "created", "updated", "agent", "tags"] == list(stated)
    assert (remembered.id, "facts", "berths", "tester", ["north"]) == (
        stated["id"], stated["category"], stated["key"], stated["agent"], stated["tags"],
    )  # fmt: skip
    assert sha256_hex(text.encode()) == remembered.sha256


def test_the_same_category_and_key_is_the_same_note(engine, vault):
    """A second text for it is an update under the same id; the same text again changes no byte."""
    first = engine.remember(FACT)
    second = engine.remember(Memory("There are fifty.", category="facts", key="berths"))
    before = (vault / "facts/berths.md").stat()
    third = engine.remember(Memory("There are fifty.", category="facts", key="berths"))

    assert ["created", "updated", "unchanged"] == [one.action for one in (first, second, third)]
    assert first.id == second.id == third.id
    assert second.sha256 == third.sha256
    after = (vault / "facts/berths.md").stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


def test_an_update_keeps_what_it_was_not_asked_to_change(engine, vault, write_note):
    """Unknown properties, comments, order, quotes, blank lines and the note's mode stay as a person left them."""
    file = write_note(
        "facts/berths.md",
        "---\n# mine\nzebra: 'quoted'   # why\ncategory: facts\nkey: berths\nnested:\n  - {a: 1}\nupdated: 2026-01-01\n"
        "alpha: 012\n---\n\n\nOld.\n\n",
    )
    file.chmod(0o640)

    remembered = engine.remember(Memory("New.", category="facts", key="berths", expected=sha256_hex(file.read_bytes())))

    stamp = properties(vault, "facts/berths.md")["updated"]
    assert "updated" == remembered.action
    assert (
        "---\n# mine\nzebra: 'quoted'   # why\ncategory: facts\nkey: berths\nnested:\n  - {a: 1}\n"
        f"updated: {stamp}\nalpha: 012\n---\n\n\nNew.\n\n" == file.read_text("utf-8")
    )
    assert 0o640 == file.stat().st_mode & 0o777


def test_windows_line_ends_and_a_byte_order_mark_stay(engine, write_note):
    """A note that was made on Windows stays one, whatever the text it is given has."""
    file = write_note("facts/berths.md", b"\xef\xbb\xbf---\r\ncategory: facts\r\nkey: berths\r\n---\r\nOld.\r\n")

    engine.remember(
        Memory("One.\n\nTwo.\r\nThree.", category="facts", key="berths", expected=sha256_hex(file.read_bytes()))
    )

    data = file.read_bytes()
    assert data.startswith(b"\xef\xbb\xbf---\r\ncategory: facts\r\nkey: berths\r\nupdated: ")
    assert data.endswith(b"---\r\nOne.\r\n\r\nTwo.\r\nThree.\r\n")
    assert data.count(b"\n") == data.count(b"\r\n")


def test_a_note_that_was_moved_is_found_by_its_category_and_key(engine, vault):
    """A person files it elsewhere under another name; the agent's next update goes there."""
    engine.remember(FACT)
    (vault / "Harbour").mkdir()
    (vault / "facts/berths.md").rename(vault / "Harbour/How many berths.md")

    remembered = engine.remember(Memory("Fifty.", category="facts", key="berths"))

    assert ("updated", "Harbour/How many berths.md") == (remembered.action, remembered.path)
    assert not (vault / "facts/berths.md").exists()


def test_a_note_that_we_did_not_make_is_not_replaced(engine, write_note):
    """A person's note of that path is theirs, until the caller has read it and says so."""
    file = write_note("facts/berths.md", "Mine.\n")

    with pytest.raises(NoteExists) as raised:
        engine.remember(FACT)
    assert (b"Mine.\n", sha256_hex(b"Mine.\n")) == (file.read_bytes(), raised.value.found)

    remembered = engine.remember(
        Memory("Forty.", category="facts", key="berths", expected=raised.value.found)
    )  # fmt: skip
    assert ("updated", None) == (remembered.action, remembered.id)
    assert "Forty.\n" == parse(file.read_text("utf-8")).body


@pytest.mark.parametrize("digits", [64, 8, 12])
def test_a_note_edited_by_hand_is_not_replaced_unseen(engine, vault, digits):
    """Nobody's words are lost: the caller must name the revision it read, by eight digits or more."""
    engine.remember(FACT)
    file = vault / "facts/berths.md"
    file.write_text(file.read_text("utf-8").replace("forty", "forty-two"), "utf-8")
    edited = file.read_bytes()

    with pytest.raises(NoteExists, match="edited by hand"):
        engine.remember(Memory("Fifty.", category="facts", key="berths"))
    assert edited == file.read_bytes()

    named = sha256_hex(edited)[:digits]
    assert "updated" == engine.remember(Memory("Fifty.", category="facts", key="berths", expected=named)).action
    (write,) = [line for line in journal_lines(vault) if line["op"] == "write"]
    assert sha256_hex(edited) == write["before"]


@pytest.mark.parametrize("expected", ["0" * 64, "0" * 8, "", "zz"])
def test_a_stale_expectation_changes_nothing(engine, vault, expected):
    """The note on disk is not the revision the caller read: NoteChanged, with the revision that is there."""
    made = engine.remember(FACT)
    before = (vault / "facts/berths.md").read_bytes()

    with pytest.raises(NoteChanged) as raised:
        engine.remember(Memory("Fifty.", category="facts", key="berths", expected=expected))

    assert (made.sha256, before) == (raised.value.found, (vault / "facts/berths.md").read_bytes())


def test_too_few_digits_name_no_revision(engine):
    """Seven digits of the right revision are not enough."""
    made = engine.remember(FACT)
    with pytest.raises(NoteChanged):
        engine.remember(Memory("Fifty.", category="facts", key="berths", expected=made.sha256[:7]))


def test_expecting_a_note_that_is_not_there(engine, vault):
    """It is not made anew behind the caller's back; expecting none makes it."""
    with pytest.raises(NoteChanged):
        engine.remember(Memory("Forty.", category="facts", key="berths", expected="0" * 64))
    assert not (vault / "facts").exists()

    assert "created" == engine.remember(Memory("Forty.", category="facts", key="berths", expected="")).action


def test_without_a_key_no_other_note_is_touched(engine, vault, write_note):
    """The key comes from the text; where a note has it already, the next free number is taken."""
    mine = write_note("notes/berths.md", "Mine.\n")

    paths = [engine.remember(Memory(f"# Berths\n\nText {number}")).path for number in range(3)]

    assert ["notes/berths-2.md", "notes/berths-3.md", "notes/berths-4.md"] == paths
    assert b"Mine.\n" == mine.read_bytes()


def test_without_a_key_the_same_text_is_the_same_note(engine):
    """Remembering something twice leaves one note."""
    first, second = (engine.remember(Memory("We deploy on Tuesdays.")) for _ in range(2))

    assert ("created", "unchanged") == (first.action, second.action)
    assert first.path == second.path == "notes/we-deploy-on-tuesdays.md"


def test_a_title_becomes_the_heading_and_the_key(engine, vault):
    """Unless the text has one of its own."""
    one = engine.remember(Memory("Forty.", title="How many berths?"))
    two = engine.remember(Memory("# Own\n\nForty.", title="Other"))

    assert "notes/how-many-berths.md" == one.path
    assert "\n# How many berths?\n\nForty.\n" == parse((vault / one.path).read_text("utf-8")).body
    assert "\n# Own\n\nForty.\n" == parse((vault / two.path).read_text("utf-8")).body


def test_a_text_brings_its_own_frontmatter(engine, vault):
    """Properties in the text are the note's; what the caller states apart goes before; id and agent are ours."""
    text = (
        "---\ncategory: ops/backup\nkey: dump\nid: forged\nagent: forged\nmood: fine\ntags: [a]\n---\nNightly.\n"
    )  # fmt: skip

    remembered = engine.remember(Memory(text, tags=("b",)))

    assert "ops/backup/dump.md" == remembered.path
    stated = properties(vault, remembered.path)
    assert (remembered.id, "tester", "fine", ["b"]) == (
        stated["id"], stated["agent"], stated["mood"], stated["tags"],
    )  # fmt: skip
    assert "forged" not in (vault / remembered.path).read_text("utf-8")


def test_names_in_any_script(engine, vault):
    """A key may be Japanese; é in one character or two is the same key."""
    assert "研究/潮位 データ.md" == engine.remember(Memory("x", category="研究", key="潮位 データ")).path
    assert "created" == engine.remember(Memory("x", category="n", key="Cafe\u0301")).action
    assert "unchanged" == engine.remember(Memory("x", category="n", key="Caf\u00e9")).action
    assert "notes/größe-der-boxen.md" == engine.remember(Memory("Größe der Boxen")).path


def test_a_twin_that_differs_in_case_is_not_made(engine, vault):
    """On macOS and Windows ``API.md`` and ``api.md`` are one file: it would overwrite there."""
    engine.remember(Memory("One.", category="n", key="api"))

    with pytest.raises(NoteExists):
        engine.remember(Memory("Two.", category="n", key="API"))

    assert ["api.md"] == [file.name for file in (vault / "n").iterdir()]
    assert "n/api-2.md" == engine.remember(Memory("Three.", category="n", title="API")).path


def test_a_note_of_the_same_name_elsewhere_is_hinted_at(engine):
    """Two notes of one name are allowed; the caller is told how to link to them."""
    engine.remember(Memory("One.", category="a", key="same"))
    (hint,) = engine.remember(Memory("Two.", category="b", key="same")).hints

    assert "a/same.md" in hint
    assert "[[b/same]]" in hint


def test_what_is_in_the_way_is_not_written_through(engine, vault, tmp_path):
    """A symbolic link of the note's name leads elsewhere: nothing there is changed."""
    (tmp_path / "outside.md").write_text("theirs", "utf-8")
    (vault / "notes").mkdir()
    (vault / "notes/link.md").symlink_to(tmp_path / "outside.md")
    (vault / "out").symlink_to(tmp_path)
    for memory in (Memory("x", key="link"), Memory("x", category="out", key="new")):
        with pytest.raises(BadInput):
            engine.remember(memory)

    assert "theirs" == (tmp_path / "outside.md").read_text("utf-8")
    assert not (tmp_path / "new.md").exists()


def test_every_write_is_in_the_journal_with_who_and_what(engine, vault):
    """One line a write: the actor, the operation, the hashes before and after; what they name can be had back."""
    one = engine.remember(FACT)
    two = engine.remember(Memory("Fifty.", category="facts", key="berths"), actor=Actor("human", "ana", "cli"))
    engine.remember(Memory("Fifty.", category="facts", key="berths"))
    engine.forget("facts/berths", reason="moved to a table")

    told = [
        (e["actor"]["name"], e["op"], e["path"], e["before"], e["after"], e["reason"]) for e in journal_lines(vault)
    ]
    assert [
        ("tester", "create", "facts/berths.md", "", one.sha256, ""),
        ("ana", "write", "facts/berths.md", one.sha256, two.sha256, ""),
        ("tester", "archive", "facts/berths.md", two.sha256, "", "moved to a table"),
    ] == told
    status = engine.status()
    assert (3, ()) == (status.journal_entries, status.journal_problems)


def test_the_settings_name_the_actor(open_engine, vault):
    """``MEMWELL_ACTOR`` goes before whoever calls; ``MEMWELL_SESSION`` says in which conversation."""
    open_engine(MEMWELL_ACTOR="human:ana", MEMWELL_SESSION="monday").remember(FACT)

    (line,) = journal_lines(vault)
    assert {"kind": "human", "name": "ana", "client": "python", "session": "monday"} == line["actor"]
    assert "agent" not in properties(vault, "facts/berths.md")


@pytest.mark.parametrize("device", ["my laptop", "desk/1", "../../outside", "ünï"])
def test_any_device_name_keeps_its_journal(open_engine, vault, tmp_path, device):
    """Whatever ``MEMWELL_DEVICE`` says, the journal is where it is looked for, in the vault; or the name is refused."""
    try:
        engine = open_engine(MEMWELL_DEVICE=device)
        engine.remember(FACT)
    except ConfigBroken:
        return

    assert 1 == engine.status().journal_entries
    assert {vault / ".memwell"} == {file.parents[2] for file in tmp_path.rglob("*.jsonl")}


@pytest.mark.parametrize(
    "content",
    [b"---\ncategory: facts\nkey: berths\n---\ncaf\xe9\n", b"---\ncategory: facts\nkey: [berths\n---\nwords\n"],
    ids=["not UTF-8", "broken YAML"],
)
def test_a_damaged_note_is_not_edited(engine, write_note, content):
    """It is searched, read and named in the status; changing it would risk its bytes, and is refused."""
    file = write_note("facts/berths.md", content)
    sha256 = sha256_hex(content)

    assert (sha256, True) == (engine.read("facts/berths").sha256, bool(engine.read("facts/berths").problem))
    assert ["facts/berths.md"] == [hit.path for hit in engine.recall("words caf berths").hits]
    assert ["facts/berths.md"] == [problem.path for problem in engine.status().problems]
    with pytest.raises(NoteDamaged):
        engine.remember(Memory("Forty.", category="facts", key="berths", expected=sha256))
    assert content == file.read_bytes()
