"""Three vaults and a bucket, at random: no line is lost, all come to hold the same, and then nothing is written."""

import random
from itertools import count
from pathlib import Path

import pytest
from bucket_server import Member, Place
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from hypothesis.strategies import integers, sampled_from

from vault_engine import Memory

NAMES = ("anna", "bert", "carl")
PATHS = ("a.md", "b.md", "folder/c.md", "folder/d.md", "board.canvas")
EDITED = (".md", ".canvas")

numbers = count()
whose = sampled_from(range(len(NAMES)))
chances = integers(0, 1 << 16)


class Vaults(RuleBasedStateMachine):
    """Three machines with a vault each, and a place of their own in a bucket."""

    url, folder = "", Path()

    @initialize()
    def begin(self):
        self.lines = set()
        here = self.folder / str(next(numbers))
        place = Place(self.url, f"{self.folder.name}/{here.name}")
        self.place = place
        self.machines = [Member(here / name, name, here / "cache", place) for name in NAMES]

    def line(self):
        line = f"line {next(numbers)}"
        self.lines.add(line)
        return line

    def there(self, machine):
        return [path for path in machine.files if path.endswith(EDITED)]

    @rule(who=whose, path=sampled_from(PATHS))
    def create(self, who, path):
        machine = self.machines[who]
        if path not in machine.files:
            machine.write(path, "".join(f"{path} {at}\n\n" for at in range(8)) + f"{self.line()}\n")

    @rule(who=whose, chance=chances)
    def edit(self, who, chance):
        machine, some = self.machines[who], random.Random(chance)
        if there := self.there(machine):
            path = some.choice(there)
            lines = machine.read(path).split("\n")
            lines.insert(some.randrange(len(lines)), self.line())
            machine.write(path, "\n".join(lines))

    @rule(who=whose)
    def remember(self, who):
        line = self.line()
        self.machines[who].engine.remember(Memory(line, category="kept", key=line.replace(" ", "-")))

    @rule(who=whose, chance=chances)
    def delete(self, who, chance):
        machine = self.machines[who]
        if there := self.there(machine):
            path = random.Random(chance).choice(there)
            self.lines -= set(machine.read(path).split("\n"))
            machine.remove(path)

    @rule(who=whose, chance=chances)
    def rename(self, who, chance):
        machine = self.machines[who]
        if there := [path for path in self.there(machine) if path.endswith(".md")]:
            to = machine.folder / "moved" / f"{next(numbers)}.md"
            to.parent.mkdir(exist_ok=True)
            (machine.folder / random.Random(chance).choice(there)).rename(to)

    @rule(who=whose)
    def sync(self, who):
        self.machines[who].sync(yes=True, unrelated=True)

    @rule(who=whose)
    def pull(self, who):
        self.machines[who].engine.sync_pull(self.place.where, yes=True, unrelated=True)

    def teardown(self):
        if not hasattr(self, "machines"):
            return
        for machine in (*self.machines, *self.machines):
            machine.sync(yes=True, unrelated=True)
        files = self.machines[0].files
        assert all(machine.files == files for machine in self.machines)
        held = {line for text in files.values() for line in text.split("\n")}
        assert set() == self.lines - held
        assert 1 == len(self.place.heads())
        before = self.place.held
        assert [()] * 3 == [machine.sync(yes=True).files for machine in self.machines]
        assert before == self.place.held
        for machine in self.machines:
            verified = machine.engine.verify()
            assert ((), (), ()) == (verified.damaged, verified.missing, verified.differing)
            machine.engine.close()


def run(server, folder, *, examples, steps):
    options = settings(
        max_examples=examples, stateful_step_count=steps, deadline=None, suppress_health_check=list(HealthCheck)
    )
    here = type("Vaults", (Vaults,), {"url": server.url, "folder": folder})
    run_state_machine_as_test(here, settings=options)


def test_three_vaults_and_a_bucket_come_to_hold_the_same(server, place, tmp_path):
    """A line that nobody has deleted is in a note or a copy; running again writes nothing."""
    run(server, tmp_path, examples=3, steps=12)


@pytest.mark.slow
def test_three_vaults_and_a_bucket_come_to_hold_the_same_after_much(server, place, tmp_path):
    """The same, for longer."""
    run(server, tmp_path, examples=40, steps=40)
