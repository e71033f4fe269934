"""Crashes between file operations, as a recorder of the file system replays them; and the judge of what they leave."""

import json

import pytest

from bench.crash_check import EARLIER_ACKS, VARIANT, Broken, check
from bench.crash_points import CRASHLAB, main, missing
from bench.crash_steps import RECOVERY_STEP, STEPS, initial_notes, is_whole, line_of, steps_of, text_of, write_initial
from bench.crash_workload import main as workload

LACKING = missing(CRASHLAB)
recorded = pytest.mark.skipif(bool(LACKING), reason=f"this machine lacks {LACKING}")


@pytest.fixture
def vault_and_acks(tmp_path, monkeypatch):
    """A folder with its owner's notes, and where the workload says what it has done."""
    monkeypatch.delenv(VARIANT, raising=False)
    monkeypatch.delenv(EARLIER_ACKS, raising=False)
    (tmp_path / "vault").mkdir()
    write_initial(tmp_path / "vault")
    return tmp_path / "vault", tmp_path / "acks"


@recorded
def test_no_crash_breaks_a_promise(capsys):
    """A few points, three models of what the disk keeps: every acknowledged change is there, whole, with its actor."""
    code = main(["--points", "12", "--models", "kill,strict,random:1"])

    assert 0 == code, capsys.readouterr().out


@recorded
def test_no_crash_of_the_recovery_breaks_a_promise(capsys):
    """The same, where a crash comes while what a crash left is opened."""
    code = main(["--recovery", "1", "--models", "kill,ordered"])

    assert 0 == code, capsys.readouterr().out


@recorded
def test_no_refused_operation_breaks_a_promise(capsys):
    """The disk is full, broken, read-only, forbidden: what was acknowledged is there, what was refused is not."""
    code = main(["--faults", "5"])

    assert 0 == code, capsys.readouterr().out


@recorded
def test_a_writer_that_leaves_out_a_step_is_found_out(capsys):
    """The proof can fail: a writer that fsyncs nothing breaks its promises, one that leaves nothing out keeps them."""
    few = ["--points", "8", "--models", "metafirst"]

    assert 1 == main(["--variant", "naive", *few])
    assert "not one whole version" in capsys.readouterr().out
    assert 0 == main(["--variant", "right", *few])


def test_without_the_recorder_nothing_is_claimed(tmp_path, capsys):
    """The program says what is missing and ends with 2."""
    assert 2 == main(["--crashlab", str(tmp_path / "none.py")])
    assert "none.py" in capsys.readouterr().err


def test_the_workload_acknowledges_every_step(vault_and_acks):
    """Undisturbed, all steps are done, and the judge finds nothing wrong."""
    vault, acks = vault_and_acks

    assert 0 == workload([str(vault), str(acks)])
    said = [json.loads(line) for line in acks.read_text("utf-8").splitlines()]
    assert list(range(1, len(STEPS) + 1)) == [line["n"] for line in said if "notes" in line]
    check(str(vault), str(acks))


def test_the_workload_goes_on_where_another_ended(vault_and_acks, tmp_path, monkeypatch):
    """As after a crash: the vault is opened, one more note is written, and the judge asks for both runs' promises."""
    vault, acks = vault_and_acks
    assert 0 == workload([str(vault), str(acks)])
    assert 0 == workload([str(vault), str(tmp_path / "later"), "--recover"])
    monkeypatch.setenv(EARLIER_ACKS, str(acks))

    assert [1, RECOVERY_STEP] == [
        json.loads(line)["n"] for line in (tmp_path / "later").read_text("utf-8").splitlines()
    ]
    check(str(vault), str(tmp_path / "later"))


DAMAGES = {
    "an empty note": lambda vault: (vault / "Plans.md").write_bytes(b""),
    "a note cut short": lambda vault: (vault / "Plans.md").write_bytes((vault / "Plans.md").read_bytes()[:-9]),
    "an old version": lambda vault: (vault / "Plans.md").write_text(initial_notes()["Plans.md"], "utf-8"),
    "a lost note": lambda vault: (vault / "facts/tides.md").unlink(),
    "a lost archive": lambda vault: (vault / ".memwell/archive/facts/lights.md").unlink(),
    "a stray note": lambda vault: (vault / "stray.md").write_text(f"{line_of(1)}\n", "utf-8"),
    "a temporary file": lambda vault: (vault / ".memwell/local/tmp/1-a").write_bytes(b"x"),
    "a lost journal": lambda vault: [file.unlink() for file in (vault / ".memwell/journal").rglob("*.jsonl")],
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
def test_the_judge_finds_what_is_broken(vault_and_acks, damage):
    """Whatever was acknowledged and is not so any more."""
    vault, acks = vault_and_acks
    assert 0 == workload([str(vault), str(acks)])

    damage(vault)

    with pytest.raises(Broken):
        check(str(vault), str(acks))


def test_a_step_under_way_may_have_happened_or_not(vault_and_acks):
    """Of the last step, which was not acknowledged, either outcome is right; of the one before, only one."""
    vault, acks = vault_and_acks
    assert 0 == workload([str(vault), str(acks)])
    lines = acks.read_text("utf-8").splitlines(keepends=True)
    acks.write_text("".join(lines[:-1]), "utf-8")

    check(str(vault), str(acks))

    acks.write_text("".join(lines[:-2]), "utf-8")
    with pytest.raises(Broken, match=r"harbour/berths\.md|facts/tides\.md"):
        check(str(vault), str(acks))


def test_every_text_tells_whether_it_is_whole():
    """Every part of a text that a step writes is told from the whole."""
    text = text_of(3, "a.md").encode()

    assert is_whole(text)
    assert not any(is_whole(text[:size]) for size in range(len(text)))
    assert not is_whole(text + bytes(5) + b"\n")
    assert not is_whole(bytes(len(text)))


def test_the_small_writers_do_the_writes_only():
    """They know nothing of moving and archiving, and number their steps as the engine does."""
    assert set(steps_of("naive")) < set(steps_of("ours"))
    assert {"remember", "append", "property"} == {step.verb for step in steps_of("naive").values()}
