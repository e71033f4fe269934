"""From nothing to an agent that remembers, and back: with a wheel, in an environment and a home folder of its own."""

import pytest

from bench.minute import build_wheel, from_nothing


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_a_wheel_in_a_fresh_environment_is_set_up_is_well_remembers_and_goes_without_a_trace(tmp_path):
    """Each part works, and the client's files are as they were; how long each takes `bench.minute` prints."""
    steps = from_nothing(build_wheel(tmp_path), tmp_path)

    assert [
        "make an environment",
        "install the wheel",
        "memwell setup --yes claude-code",
        "memwell doctor",
        "a session remembers",
        "the next one recalls",
        "a prompt is answered",
        "memwell uninstall",
    ] == [step.name for step in steps]
