"""Two machines and a bucket between them: what each has written reaches the other, and nothing is lost."""

import os
import shutil
from pathlib import Path

import pytest
from bucket_server import Member, members
from machines import told

from vault_engine import Engine, Memory
from vault_engine.engine import Append
from vault_engine.engine.remote_bucket import BucketGround
from vault_engine.errors import SyncBlocked
from vault_engine.sync.bucket import Bucket
from vault_engine.vault.copies import conflict_base
from vault_engine.vault.files import sha256_hex

SHARED_VAULTS = Path(__file__).parents[3] / "shared" / "vaults"
START = "# Start\n\none\n\ntwo\n\nthree\n"


def test_what_one_has_written_the_other_has(duo):
    """New, changed and deleted notes, without an entry of its own where the other's journal tells."""
    anna, bert = duo
    anna.engine.remember(Memory("Tuesdays.", category="howto", key="deploy"))
    anna.write("start.md", START + "\nfour\n")
    anna.write("other.md", "other\n")
    anna.sync()
    anna.remove("other.md")
    anna.sync()

    pulled = bert.pull()

    assert [("added", "howto/deploy.md"), ("updated", "start.md")] == told(pulled)
    assert anna.files == bert.files
    assert () == bert.pull().files
    assert 1 == len(bert.engine.history("howto/deploy.md").versions)


def test_changes_of_different_lines_are_merged(duo, place):
    """Both machines end with the same note, with both changes, and there is one head."""
    anna, bert = duo
    anna.write("start.md", START.replace("one", "one by Anna"))
    bert.write("start.md", START.replace("three", "three by Bert"))
    anna.sync()

    pulled = bert.sync()
    anna.sync()

    assert [("merged", "start.md")] == told(pulled)
    assert START.replace("one", "one by Anna").replace("three", "three by Bert") == bert.read("start.md")
    assert anna.files == bert.files
    assert 1 == len(place.heads())


def test_where_both_changed_the_same_lines_the_other_text_lies_beside_the_note(duo):
    """The note stays as it is here; the copy is known as one, reaches the other machine, and can be resolved."""
    anna, bert = duo
    anna.write("start.md", START.replace("two", "two by Anna"))
    bert.write("start.md", START.replace("two", "two by Bert"))
    anna.sync()

    pulled = bert.sync()
    anna.sync()

    ((what, path, copy),) = [(file.what, file.path, file.to) for file in pulled.files]
    assert ("conflict", "start.md", "start.md") == (what, path, conflict_base(copy))
    assert START.replace("two", "two by Bert") == bert.read("start.md")
    assert START.replace("two", "two by Anna") == bert.read(copy)
    assert anna.files == bert.files

    anna.engine.resolve_conflict(copy, "ours")
    anna.sync()
    bert.sync()

    assert {"start.md": START.replace("two", "two by Bert")} == bert.files


def test_every_visible_file_travels_and_no_hidden_one(duo):
    """Attachments go along, are taken whole or laid beside, and may be programs; an editor's settings stay here."""
    anna, bert = duo
    anna.write("pictures/a.png", b"\x89PNG a")
    anna.write("run.sh", "#!/bin/sh\n")
    anna.write("large.bin", b"\x00\x01\x02" * 700_000 + b"end")
    anna.write("empty.txt", b"")
    anna.write(".obsidian/app.json", "{}")
    (anna.folder / "run.sh").chmod(0o755)
    anna.sync()
    bert.sync()
    assert os.access(bert.folder / "run.sh", os.X_OK)
    assert {".obsidian/app.json"} == anna.files.keys() - bert.files.keys()
    assert {path: text for path, text in anna.files.items() if path != ".obsidian/app.json"} == bert.files

    anna.write("pictures/a.png", b"\x89PNG a by Anna")
    bert.write("pictures/a.png", b"\x89PNG a by Bert")
    (anna.folder / "run.sh").chmod(0o644)
    anna.sync()
    pulled = bert.sync()
    anna.sync()

    assert [("conflict", "pictures/a.png")] == told(pulled)
    assert not os.access(bert.folder / "run.sh", os.X_OK)
    assert anna.files.keys() - {".obsidian/app.json"} == bert.files.keys()


def test_running_again_changes_nothing(duo, place):
    """No object, no entry, no file."""
    anna, bert = duo
    bert.write("b.md", "b\n")
    anna.write("start.md", START + "four\n")
    anna.sync()
    bert.sync()
    anna.sync()
    before = place.held

    done = [machine.both() for machine in (*duo, *duo)]

    assert [()] * 4 == [one.pulled.files for one in done]
    assert [0] * 4 == [one.pushed.sent for one in done]
    assert before == place.held


def test_a_dry_run_says_what_would_change_and_changes_nothing(duo, place):
    """Also with changes here that were not sent."""
    anna, bert = duo
    anna.write("start.md", START.replace("one", "one by Anna"))
    anna.sync()
    bert.write("start.md", START.replace("three", "three by Bert"))
    before = place.held

    planned = bert.engine.sync_pull(bert.where, dry_run=True)

    assert planned.dry_run
    assert [("merged", "start.md")] == told(planned)
    assert START.replace("three", "three by Bert") == bert.read("start.md")
    assert before == place.held
    assert told(planned) == told(bert.pull())


def test_two_who_push_at_the_same_moment_leave_two_heads(duo, place, monkeypatch):
    """Each sees only what was there before; the next who pulls has both, and pushes one."""
    anna, bert = duo
    anna.write("start.md", START.replace("one", "one by Anna"))
    bert.write("start.md", START.replace("three", "three by Bert"))
    put, heads = Bucket.put, []

    def put_late(bucket, key, data):
        if "/heads/" in key and not heads:
            heads.append(key)
            anna.sync()
        put(bucket, key, data)

    with monkeypatch.context() as patch:
        patch.setattr(Bucket, "put", put_late)
        bert.sync()
    assert 2 == len(place.heads())
    anna.sync()
    bert.sync()

    assert START.replace("one", "one by Anna").replace("three", "three by Bert") == bert.read("start.md")
    assert anna.files == bert.files
    assert 1 == len(place.heads())


def test_two_who_bring_the_same_states_together_make_the_same_commit(duo, place, monkeypatch):
    """So that they are in step, and not two again."""
    anna, bert = duo
    anna.write("a.txt", "by Anna")
    bert.write("b.txt", "by Bert")
    with monkeypatch.context() as patch:  # each acts as if it had looked before the other came
        patch.setattr(BucketGround, "fetch", lambda ground, *, unrelated: [])
        patch.setattr(BucketGround, "_heads", lambda ground: {*ground._state.parents})
        for machine in duo:
            machine.sync()
    assert 2 == len(place.heads())
    for machine in duo:
        machine.pull()
    with monkeypatch.context() as patch:
        patch.setattr(BucketGround, "_heads", lambda ground: {*ground._state.parents})
        commits = [machine.engine.sync_push(machine.where).commit for machine in duo]

    assert commits[0] == commits[1]
    assert [commits[0]] == place.heads()
    assert {"start.md", "a.txt", "b.txt"} == anna.files.keys() == bert.files.keys()


def test_a_machine_that_was_away_for_long_is_merged_with_what_it_had_last(duo):
    """However many states came in between."""
    anna, bert = duo
    bert.write("start.md", START.replace("one", "one by Bert"))
    for number in range(8):
        anna.write("start.md", START.replace("three", f"three, {number}"))
        anna.sync()

    assert [("merged", "start.md")] == told(bert.sync())
    anna.sync()

    assert START.replace("one", "one by Bert").replace("three", "three, 7") == anna.read("start.md")
    assert anna.files == bert.files


def test_histories_do_not_double(duo):
    """Each version is there once, on both machines, in the name of who wrote it; each can bring back every text."""
    anna, bert = duo
    anna.engine.remember(Memory("Deploy on Tuesdays.\n\nAnd\n\nlater.", category="howto", key="deploy"))
    anna.sync()
    bert.sync()
    bert.engine.edit("howto/deploy.md", Append("By Bert."))
    bert.sync()
    anna.sync()

    histories = [machine.engine.history("howto/deploy.md").versions for machine in duo]

    assert [2, 2] == [len(versions) for versions in histories]
    assert ["bert", "anna"] == [version.actor.name for version in histories[0]]
    for machine in duo:
        verified = machine.engine.verify(read_data=True)
        assert ((), (), ()) == (verified.damaged, verified.missing, verified.differing)
        assert sha256_hex(machine.read("howto/deploy.md").encode()) == histories[0][0].sha256


# ---- where vaults begin


def test_a_vault_with_notes_joins_only_where_that_is_meant(duo, place, tmp_path):
    """Else it may be the wrong bucket. Equal notes are one, different ones are kept both."""
    anna, _ = duo
    anna.write("same.md", "same\n")
    anna.sync()
    carl = Member(tmp_path / "carl", "carl", tmp_path / "cache", place)
    carl.write("start.md", "# Another start\n")
    carl.write("same.md", "same\n")

    with pytest.raises(SyncBlocked, match="--unrelated"):
        carl.pull()
    assert {"start.md", "same.md"} == carl.files.keys()
    pulled = carl.both(unrelated=True).pulled

    assert ["conflict"] == [file.what for file in pulled.files]
    assert "# Another start\n" == carl.read("start.md")
    assert START == carl.read(pulled.files[0].to)
    anna.sync()
    assert anna.files == carl.files


@pytest.mark.parametrize("name", ["foam-docs", "logseq-docs"])
def test_a_real_vault_comes_over_byte_for_byte(place, tmp_path, name):
    """With its attachments; nothing in it is rewritten, here or there."""
    if not (SHARED_VAULTS / name).is_dir():
        pytest.skip("shared/ is not beside the project")
    shutil.copytree(SHARED_VAULTS / name, tmp_path / "anna")
    Engine.create(tmp_path / "anna")
    anna = Member(tmp_path / "anna", "anna", tmp_path / "cache", place)
    seen = {*anna.engine._session.vault.walk().notes, *anna.engine._session.vault.walk().others}
    before = {path: anna.files[path] for path in seen}
    anna.sync()

    bert = Member(tmp_path / "bert", "bert", tmp_path / "cache", place)
    bert.sync()

    assert 50 < len(before)
    assert before == bert.files
    assert before == {path: anna.files[path] for path in seen}


def test_a_vault_that_was_copied_joins_anew(duo, place, tmp_path):
    """What belongs to the other machine's folder is not taken for its own."""
    anna, _ = duo
    anna.engine.close()
    shutil.copytree(anna.folder, tmp_path / "copy")
    copy = Member(tmp_path / "copy", "copy", tmp_path / "cache", place)
    copy.write("new.md", "new\n")

    copy.both(unrelated=True)
    again = Member(anna.folder, "anna", tmp_path / "cache", place)
    again.sync()

    assert {"start.md": START, "new.md": "new\n"} == again.files == copy.files


def test_three_machines_come_to_hold_the_same(place, tmp_path):
    """With what each did while the others were away."""
    made = members(tmp_path, place, "anna", "bert", "carl")
    for machine in made:
        machine.write(f"by {machine.name}.md", machine.name)
        machine.write("start.md", START.replace("one", f"one by {machine.name}"))
    for machine in (*made, *made):
        machine.sync()

    assert {f"by {name}.md" for name in ("anna", "bert", "carl")} < made[0].files.keys()
    assert made[0].files == made[1].files == made[2].files
    held = "".join(made[0].files.values())
    assert ["one by anna" in held, "one by bert" in held, "one by carl" in held] == [True] * 3
    assert 1 == len(place.heads())
