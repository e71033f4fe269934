"""What holds for two machines wherever they meet: at a git remote, or in a bucket."""

from machines import told

from vault_engine.engine import Event, TimelineFilter
from vault_engine.engine.remote_files import AnyFiles

START = "# Start\n\none\n\ntwo\n\nthree\n"


def test_a_deletion_reaches_only_notes_that_nobody_has_changed(meeting):
    """What was edited on the other machine stays, or comes back."""
    anna, bert = meeting
    for name in "abc":
        anna.write(f"{name}.md", f"{name}\n")
    anna.sync()
    bert.sync()
    anna.remove("a.md")
    anna.remove("b.md")
    anna.write("c.md", "c by Anna\n")
    bert.write("b.md", "b by Bert\n")
    bert.remove("c.md")
    anna.sync()

    bert.sync()
    anna.sync()

    assert {"start.md": START, "b.md": "b by Bert\n", "c.md": "c by Anna\n"} == bert.files
    assert anna.files == bert.files


def test_a_renamed_note_takes_the_other_machines_edit_along(meeting):
    """In either direction."""
    anna, bert = meeting
    anna.write("a.md", START)
    anna.write("b.md", START + "b\n")
    anna.sync()
    bert.sync()
    anna.engine.move("a.md", "new/a.md")
    anna.write("b.md", START.replace("one", "by Anna") + "b\n")
    bert.write("a.md", START.replace("one", "by Bert"))
    (bert.folder / "b.md").rename(bert.folder / "c.md")
    anna.sync()

    pulled = bert.sync()
    anna.sync()

    assert ("renamed", "a.md") in told(pulled)
    assert {
        "start.md": START,
        "new/a.md": START.replace("one", "by Bert"),
        "c.md": START.replace("one", "by Anna") + "b\n",
    } == bert.files
    assert anna.files == bert.files


def test_a_push_that_comes_too_late_merges_first(meeting):
    """Nothing there is overwritten, and nobody has to ask for it."""
    anna, bert = meeting
    anna.write("a.md", "a\n")
    bert.write("b.md", "b\n")
    anna.push()

    pushed = bert.push()

    assert pushed.pulled
    assert [("added", "a.md")] == told(pushed.pulled)
    anna.pull()
    assert anna.files == bert.files == {"a.md": "a\n", "b.md": "b\n", "start.md": START}


def test_what_a_person_saves_meanwhile_is_merged_too(meeting, monkeypatch):
    """They save between the look at a note and the moment it is replaced: their text is in the note, and not lost."""
    anna, bert = meeting
    anna.write("start.md", START.replace("one", "one by Anna"))
    anna.sync()
    put, saved = AnyFiles.put, []

    def put_late(files, staged, path, before, keep):
        if not saved and path == "start.md":
            saved.append(path)
            bert.write(path, START.replace("three", "three by Bert"))
        put(files, staged, path, before, keep)

    with monkeypatch.context() as patch:
        patch.setattr(AnyFiles, "put", put_late)
        bert.sync()
    anna.sync()

    assert ["start.md"] == saved
    assert START.replace("one", "one by Anna").replace("three", "three by Bert") == bert.read("start.md")
    assert anna.files == bert.files


def test_what_one_machine_tells_the_other_reads(meeting):
    """And what it erases is erased there; both journals verify."""
    anna, bert = meeting
    told = anna.engine.record(Event(acted="by Anna", note="start"))
    bert.engine.record(Event(acted="by Bert"))
    for machine in (anna, bert, anna):
        machine.sync()

    both = [
        [line.told and line.told.acted for line in one.engine.timeline(TimelineFilter(types=("event",))).entries]
        for one in meeting
    ]
    assert [["by Bert", "by Anna"]] * 2 == both
    anna.engine.erase_event(told.entry, yes=True)
    anna.sync()
    bert.sync()

    assert None is bert.engine.find_entries(told.entry).entries[0].told
    assert [True, True] == [one.engine.verify(read_data=True).is_whole for one in meeting]
