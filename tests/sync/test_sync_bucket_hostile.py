"""What a bucket holds may be damaged, or made by somebody: nothing of it is believed, and nothing here is lost."""

import json

import pytest
from bucket_server import Member, Place
from machines import told

from vault_engine.engine.remote import Where
from vault_engine.errors import BadInput, BucketDamaged, BucketUnusable, NotesVanished, SyncBlocked
from vault_engine.sync.bucket_format import Commit, Entry, entry_of, name_of, parts_of, write_commit, write_lists

START = "# Start\n\none\n\ntwo\n\nthree\n"
AT = "2026-11-21T10:00:00Z"


def state(folder):
    """Give every file of a vault but the locks and indexes of this machine."""
    found = (file for file in folder.rglob("*") if file.is_file() and "local" not in file.parts)
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in found}


def send(place, files, **facts):
    """Push a commit as somebody may make one who has the keys."""
    parents = tuple(place.heads())
    depth = max((json.loads(place.held[f"commits/{name}"])["depth"] for name in parents), default=0) + 1
    tree = {path: file if isinstance(file, Entry) else entry_of(file) for path, file in files.items()}
    for data in (file for file in files.values() if isinstance(file, bytes)):
        for part in parts_of(data):
            put_object(place, part)
    lists = facts.pop("lists", None) or write_lists(tree)
    for data in lists:
        put_object(place, data)
    commit = write_commit(Commit(parents, facts.pop("depth", depth), tuple(map(name_of, lists)), "mallory", AT))
    data = json.dumps(json.loads(commit) | facts).encode()
    place.write(f"commits/{name_of(data)}", data)
    place.write(f"heads/{name_of(data)}", b"")


def put_object(place, data):
    name = name_of(data)
    place.write(f"objects/{name[:2]}/{name[2:]}", data)


def object_of(place, data):
    """Give the key of the object that holds some bytes."""
    return next(key for key, held in place.held.items() if held == data and key.startswith("objects/"))


# ---- damage


@pytest.mark.parametrize("harm", [lambda data: b"x" + data[1:], lambda data: data[:-1], lambda data: data + b"x", None])
def test_a_damaged_or_missing_object_is_named_and_changes_nothing(duo, place, harm):
    """Whole again, it is brought in."""
    anna, bert = duo
    anna.write("a.md", "a by Anna\n")
    anna.write("b.md", "b by Anna\n")
    anna.sync()
    key = object_of(place, b"b by Anna\n")
    place.erase(key)
    if harm:
        place.write(key, harm(b"b by Anna\n"))
    before = state(bert.folder)

    with pytest.raises(BucketDamaged, match=key):
        bert.sync()

    assert before == state(bert.folder)
    place.write(key, b"b by Anna\n")
    assert [("added", "a.md"), ("added", "b.md")] == told(bert.sync())


@pytest.mark.parametrize("kind", ["commits/", "objects/"])
def test_a_damaged_commit_or_list_is_named_and_changes_nothing(duo, place, kind):
    """Also one that is not there at all."""
    anna, bert = duo
    before = place.held
    anna.write("a.md", "a by Anna\n")
    anna.sync()
    added = [key for key, data in place.held.items() if key not in before and key.startswith(kind)]
    for key in added:
        place.write(key, b"{" + place.held[key])
    held = state(bert.folder)

    with pytest.raises(BucketDamaged):
        bert.sync()

    assert held == state(bert.folder)


def test_what_a_newer_memwell_wrote_is_refused_with_a_clear_text(duo, place):
    """Nothing is changed."""
    _, bert = duo
    send(place, {"a.md": b"a\n"}, format=2)

    with pytest.raises(BucketUnusable, match="format 2, which a newer Memwell wrote"):
        bert.sync()

    assert {"start.md": START} == bert.files


@pytest.mark.parametrize("facts", [{"depth": 1}, {"lists": [b"[" * 100_000]}])
def test_a_commit_that_nobody_of_us_makes_is_refused(duo, place, facts):
    """Whatever it has that it may not have."""
    _, bert = duo
    send(place, {"a.md": b"a\n"}, **facts)

    with pytest.raises(BucketDamaged):
        bert.sync()

    assert {"start.md": START} == bert.files


EVIL = (
    *("../evil.md", "a/../../evil.md", "/etc/evil.md", ".git/config", "a/.GIT/hooks/x", ".obsidian/plugins/x.js"),
    *(".memwell/LOCAL/device", ".memwell/evil", ".bashrc", "a//b.md", "\u202ea.md", "a\x01.md", "a\x00.md"),
)


def test_a_path_that_no_vault_sends_is_refused(duo, place):
    """Nothing of that commit is brought in."""
    _, bert = duo
    before, heads = state(bert.folder), place.heads()
    for path in EVIL:
        send(place, {"start.md": START.encode(), "a.md": b"a\n", path: b"evil\n"})

        with pytest.raises(SyncBlocked) as caught:
            bert.sync()

        assert (path,) == caught.value.paths
        for head in place.heads():
            if head not in heads:
                place.erase(f"heads/{head}")
    assert before == state(bert.folder)
    assert not (bert.folder.parent / "evil.md").exists()


def test_what_belongs_to_one_machine_does_not_travel(duo, place):
    """It is passed over, and is not in what is sent from then on."""
    _, bert = duo
    held = {"start.md": START.encode(), ".memwell/local/sync-target.json": b"{}"}
    send(place, held)

    bert.write("b.md", "b\n")
    bert.sync()

    assert not (bert.folder / ".memwell" / "local" / "sync-target.json").exists()
    assert 1 == sum(b"sync-target" in data for data in place.held.values())


def test_a_file_that_would_be_written_over_a_link_is_refused(duo, place, tmp_path):
    """A link in the vault leads nowhere for what comes."""
    _, bert = duo
    (tmp_path / "outside").mkdir()
    (bert.folder / "linked").symlink_to(tmp_path / "outside")
    send(place, {"start.md": START.encode(), "linked/a.md": b"a\n"})

    with pytest.raises(SyncBlocked):
        bert.sync()

    assert [] == list((tmp_path / "outside").iterdir())


def test_a_file_that_claims_to_be_large_is_refused(duo, place):
    """Before anything of it is fetched."""
    _, bert = duo
    send(place, {"a.bin": Entry("0" * 64, 1 << 40, False, ("0" * 64,) * (1 << 10))})

    with pytest.raises(BucketDamaged):
        bert.sync()


def test_many_notes_that_go_at_once_are_asked_about(duo):
    """A disk may be missing here; nothing is deleted for the others."""
    anna, _ = duo
    for number in range(20):
        anna.write(f"{number}.md", f"{number}\n")
    anna.sync()
    for number in range(15):
        anna.remove(f"{number}.md")

    with pytest.raises(NotesVanished):
        anna.sync()
    anna.sync(yes=True)


def test_a_journal_that_was_changed_elsewhere_is_not_taken(duo, place):
    """It only grows; another one is refused and told, and all else is brought in."""
    anna, bert = duo
    journal = next((anna.folder / ".memwell" / "journal" / "anna").glob("*.jsonl"))
    path = journal.relative_to(anna.folder).as_posix()
    before = (bert.folder / path).read_bytes()
    send(place, {"start.md": START.encode(), "a.md": b"a\n", path: b"{}\n" + before})

    pulled = bert.sync()

    assert [("added", "a.md")] == told(pulled)
    assert [path] == [one.path for one in pulled.left]
    assert before == (bert.folder / path).read_bytes()


def test_other_objects_in_the_place_are_nobodys_business(duo, place):
    """They are left alone."""
    anna, bert = duo
    place.write("heads/README", b"hello")
    place.write("other.txt", b"other")
    anna.write("a.md", "a\n")
    anna.sync()

    assert [("added", "a.md")] == told(bert.sync())
    assert b"hello" == place.held["heads/README"]


# ---- what can't be reached


def test_a_bucket_that_was_emptied_is_not_begun_anew_unasked(duo, place):
    """It may be the wrong one; with ``--unrelated`` it is filled again, and the others join."""
    anna, bert = duo
    for key in place.held:
        place.erase(key)
    anna.write("a.md", "a\n")
    for attempt in (anna.sync, lambda: anna.engine.sync_push(anna.where)):
        with pytest.raises(BucketUnusable, match="--unrelated"):
            attempt()

    anna.sync(unrelated=True)
    with pytest.raises(BucketDamaged):
        bert.sync()
    bert.sync(unrelated=True)

    assert {"start.md": START, "a.md": "a\n"} == anna.files == bert.files
    assert () == bert.sync().files


def test_what_can_not_be_reached_is_told_and_changes_nothing(duo, server):
    """The bucket, the server or the network is not there."""
    anna, _ = duo
    before = state(anna.folder)
    for where, text in (
        (Where(to="s3://absent-bucket/x", endpoint_url=server.url), "there is no such bucket"),
        (Where(to="s3://notes/x", endpoint_url="http://127.0.0.1:9"), "127.0.0.1:9"),
        (Where(to="s3://notes/x", endpoint_url="http://name.invalid"), "name.invalid"),
    ):
        with pytest.raises(BucketUnusable, match=text):
            anna.engine.sync(where)
    assert before == state(anna.folder)


def test_without_keys_it_is_told_where_they_are_looked_for(duo, monkeypatch):
    """And no other keys are tried."""
    anna, _ = duo
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")

    with pytest.raises(BucketUnusable, match="AWS_ACCESS_KEY_ID"):
        anna.sync()


def test_keys_are_written_nowhere(duo):
    """Not into the vault, nor beside it."""
    anna, _ = duo
    anna.engine.sync(anna.where._replace(keep=True))

    files = [file for file in anna.folder.parent.rglob("*") if file.is_file()]

    assert [] == [file for file in files if b"a-secret-of-anna" in file.read_bytes()]


def test_a_target_that_is_none_is_refused(duo):
    """Before anybody is asked."""
    anna, _ = duo
    for where in (
        *(Where(to="s3://x"), Where(to="s3:///prefix"), Where(to="https://bucket/x"), Where(to="s3://bucket/../x")),
        *(Where(to="s3://bucket/a?b"), Where(to=""), Where(to="s3://bucket/a", remote="origin")),
        *(Where(endpoint_url="http://x"), Where(to="s3://bucket", endpoint_url="file:///etc")),
        Where(to="s3://bucket", endpoint_url="https://user:word@host"),
    ):
        with pytest.raises(BadInput):
            anna.engine.sync(where)


def test_without_the_extra_it_is_named(duo, monkeypatch):
    """With the command that installs it."""
    anna, _ = duo
    monkeypatch.setitem(__import__("sys").modules, "botocore.session", None)

    with pytest.raises(BucketUnusable, match=r"memwell\[s3\]"):
        anna.sync()


def test_a_kept_target_counts_for_this_folder_only(duo, place, tmp_path):
    """A vault that came from elsewhere does not send its notes out."""
    anna, _ = duo
    anna.engine.sync(anna.where._replace(keep=True))
    assert place.where.to == anna.engine.sync_state().remote
    anna.engine.close()
    anna.folder.rename(tmp_path / "moved")
    moved = Member(tmp_path / "moved", "anna", tmp_path / "cache", Place(place.where.endpoint_url, "elsewhere"))

    assert moved.engine.sync_state().remote is None
