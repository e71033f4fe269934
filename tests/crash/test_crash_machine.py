"""Whatever people, agents, crashes and disks do to a vault, in whatever order: nothing is lost, all has an author."""

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from vault_machine import VaultMachine

from vault_engine.engine import bulk, changing, move, together, write

CALM = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large, HealthCheck.large_base_example]


def run(examples: int, steps: int, **options: object) -> None:
    """Let so many vaults live through so many steps each."""
    bounds = settings(
        max_examples=examples, stateful_step_count=steps, deadline=None, suppress_health_check=CALM, **options
    )
    run_state_machine_as_test(VaultMachine, settings=bounds)


def test_no_order_of_events_loses_a_text():
    """A sample: every text acknowledged or entered is in a note, the archive or history, under its author's name."""
    run(45, 25)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_no_longer_order_of_events_loses_a_text():
    """The same for many more vaults, each of which lives longer."""
    run(600, 50)


def found_out() -> None:
    """Check that the rules are broken by an engine that lacks a part."""
    with pytest.raises(AssertionError):
        run(200, 25, phases=[Phase.generate], derandomize=True, database=None, print_blob=False)


def test_an_engine_that_enters_nothing_is_found_out(monkeypatch):
    """Without the part that enters what people did, the rules are broken."""
    monkeypatch.setattr(changing, "enter_external", lambda _session, **_: 0)

    found_out()


@pytest.mark.slow
def test_an_engine_that_keeps_nothing_is_found_out(monkeypatch):
    """Without the part that keeps what is replaced, the rules are broken."""
    for module in (bulk, changing, move, together, write):
        monkeypatch.setattr(module, "saw", lambda *_: None)

    found_out()
