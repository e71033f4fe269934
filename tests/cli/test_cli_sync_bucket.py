"""``memwell sync --to s3://…``: two machines and a bucket, as people at terminals meet them."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "sync"))


@pytest.fixture(scope="module")
def server():
    """A server that speaks S3; skipped where the extra is not installed."""
    from bucket_server import running

    yield from running()


@pytest.fixture
def there(server, home, monkeypatch, tmp_path):
    """A place in the bucket, as options."""
    from bucket_server import Place, use_keys

    use_keys(monkeypatch, tmp_path)
    Place(server.url, tmp_path.name).create()
    return ("--to", f"s3://notes/{tmp_path.name}", "--endpoint-url", server.url)


@pytest.fixture
def laptop(cli, there, home, tmp_path):
    """The vault in the bucket, and another one that has it from there."""
    (home / "a.md").write_text("one\n\ntwo\n\nthree\n")
    assert 0 == cli("sync", *there).code
    assert 0 == cli("init", str(tmp_path / "laptop")).code
    assert 0 == cli("sync", *there, "--vault", str(tmp_path / "laptop")).code
    return tmp_path / "laptop"


def test_what_is_written_here_is_found_there(cli, laptop, home, there):
    """With one word on each machine, once the target is kept."""
    for vault in (home, laptop):
        assert 0 == cli("sync", *there, "--keep", "--vault", str(vault)).code
    cli("remember", "text", "--category", "notes", "--key", "b")

    sent, had, again = cli("sync"), cli("sync", "--vault", str(laptop)), cli("sync")

    assert (0, "") == (sent.code, sent.err)
    assert sent.out.startswith(f"nothing new from {there[1]}\npushed ")
    assert sent.out.endswith(f" bytes) to {there[1]}\n")
    assert 0 == had.code
    assert had.out.startswith(f"added     notes/b.md\npulled 1 changes from {there[1]}\n")
    assert (home / "notes" / "b.md").read_bytes() == (laptop / "notes" / "b.md").read_bytes()
    assert (0, f"nothing new from {there[1]}\nnothing to push to {there[1]}\n", "") == again


def test_a_conflict_copy_is_exit_code_3_and_can_be_resolved(cli, laptop, home, there):
    """The way from the first word to the last."""
    (home / "a.md").write_text("one\n\ntwo here\n\nthree\n")
    (laptop / "a.md").write_text("one\n\ntwo there\n\nthree\n")
    cli("sync", "push", *there, "--vault", str(laptop))
    planned = cli("sync", "pull", *there, "--dry-run")

    done = cli("sync", *there)

    assert 0 == planned.code
    assert planned.out.startswith("conflict  a (conflicted copy ")
    assert 3 == done.code
    assert "! 1 conflict copies: see `memwell conflicts list`\n" in done.out
    assert 0 == cli("conflicts", "resolve", "a.md", "--take", "theirs").code
    assert 0 == cli("sync", *there).code
    assert 0 == cli("sync", *there, "--vault", str(laptop)).code
    assert "one\n\ntwo there\n\nthree\n" == (laptop / "a.md").read_text() == (home / "a.md").read_text()


def test_the_state_is_told_without_asking_there(cli, laptop, there, monkeypatch):
    """How many files have changed."""
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "")
    told = cli("sync", "status", *there, "--vault", str(laptop))
    assert (0, f"{there[1]}\n0 files changed since the last sync\n", "") == told
    (laptop / "b.md").write_text("b\n")
    state = cli("sync", "status", *there, "--vault", str(laptop), "--json").json
    assert (1, 1, None, there[1]) == tuple(state[name] for name in ("format", "uncommitted", "problem", "remote"))


def test_as_json_it_is_one_object(cli, laptop, there):
    """Of each command."""
    (laptop / "b.md").write_text("b\n")

    pushed = cli("sync", "push", *there, "--vault", str(laptop), "--json").json
    pulled = cli("sync", "pull", *there, "--json").json
    synced = cli("sync", *there, "--json").json

    assert (1, there[1], "", None, []) == tuple(
        pushed[name] for name in ("format", "remote", "branch", "pulled", "left")
    )
    assert pushed["objects"] > 0 < pushed["size"]
    assert [{"what": "added", "path": "b.md", "to": ""}] == pulled["files"]
    assert ([], 0) == (synced["pulled"]["files"], synced["pushed"]["sent"])


def test_what_is_wrong_is_told_with_what_to_do(cli, home, there):
    """A target that is none, options that do not go together, a bucket that is not there."""
    for arguments in (
        *(("--to", "s3://x"), ("--to", "notes"), ("--remote", "origin", *there), ("--endpoint-url", "http://x")),
        *(("--keep",), ("--to", there[1], "push")),
    ):
        done = cli("sync", *arguments)
        assert (2, "") == (done.code, done.out), arguments
    gone = cli("sync", "--to", "s3://absent-bucket", *there[2:])
    assert (1, "") == (gone.code, gone.out)
    assert "s3://absent-bucket: there is no such bucket" in gone.err
    assert "run the command again" in gone.err
