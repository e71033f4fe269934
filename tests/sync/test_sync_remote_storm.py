"""Three machines write, rename, delete and sync at random: all come to hold the same, and no line is lost."""

import random

import pytest
from git_person import is_clean
from machines import machines

from vault_engine import Memory

pytestmark = pytest.mark.usefixtures("person")

PATHS = ("a.md", "b.md", "folder/c.md", "folder/d.md", "board.canvas")


def act(machine, chance, number, lines):
    """Do something that a person may do."""
    path = chance.choice(PATHS)
    there = [one for one in machine.files if one.endswith((".md", ".canvas"))]
    what = chance.choice(["edit", "edit", "edit", "create", "delete", "rename", "remember"])
    if what == "remember":
        machine.engine.remember(Memory(f"line {number}", category="kept", key=f"k{number}"))
        lines.add(f"line {number}")
    elif what == "create" or not there:
        if path not in there:
            machine.write(path, "".join(f"{path} {at}\n\n" for at in range(8)) + f"line {number}\n")
            lines.add(f"line {number}")
    elif what == "edit":
        path = chance.choice(there)
        some = machine.read(path).split("\n")
        some.insert(chance.randrange(len(some)), f"line {number}")
        machine.write(path, "\n".join(some))
        lines.add(f"line {number}")
    elif what == "delete":
        path = chance.choice(there)
        lines -= set(machine.read(path).split("\n"))
        machine.remove(path)
    else:
        path, to = chance.choice(there), f"moved/{number}.md"
        if path.endswith(".md"):
            (machine.folder / "moved").mkdir(exist_ok=True)
            (machine.folder / path).rename(machine.folder / to)


def verified(made):
    return [machine.engine.verify() for machine in made]


def storm(tmp_path, seed, rounds):
    chance = random.Random(seed)
    made = machines(tmp_path, "anna", "bert", "carl")
    lines = set()
    for number in range(rounds):
        machine = chance.choice(made)
        act(machine, chance, number, lines)
        if chance.random() < 0.3:
            machine.sync(yes=True)
    for machine in (*made, *made):
        machine.sync(yes=True)
    anna = made[0]
    held = {line for text in anna.files.values() for line in text.split("\n")}
    assert all(machine.files == anna.files for machine in made)
    assert all(is_clean(machine.folder) for machine in made)
    assert [((), (), ())] * 3 == [(one.damaged, one.missing, one.differing) for one in verified(made)]
    heads = [machine.git("rev-parse", "HEAD") for machine in made]
    for machine in made:
        assert () == machine.sync().files
    assert heads == [machine.git("rev-parse", "HEAD") for machine in made]
    for machine in made:
        machine.engine.close()
    return lines - held


@pytest.mark.parametrize("seed", [1])
def test_three_machines_come_to_hold_the_same(tmp_path, seed):
    """A line that nobody has deleted is in a note or a copy, on each of them; running again changes nothing."""
    assert set() == storm(tmp_path, seed, 15)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 112))
def test_three_machines_come_to_hold_the_same_after_much(tmp_path, seed):
    """The same, for longer."""
    assert set() == storm(tmp_path, seed, 120)
