"""The settings of a vault."""

import pytest

from vault_engine.config import MEMWELL_DIR, load_config
from vault_engine.errors import ConfigBroken


@pytest.fixture
def settings(tmp_path):
    """The settings file of a folder that has nothing else."""
    (tmp_path / MEMWELL_DIR).mkdir()
    return tmp_path / MEMWELL_DIR / "config.toml"


@pytest.mark.parametrize(
    ("content", "env", "profile"),
    [
        ("", {}, None),
        ('profile = "logseq"', {}, "logseq"),
        ('profile = "obsidian"', {}, "obsidian"),
        ('profile = "logseq"', {"MEMWELL_PROFILE": "obsidian"}, "obsidian"),
        ("", {"MEMWELL_PROFILE": "logseq"}, "logseq"),
        ('profile = "logseq"', {"MEMWELL_PROFILE": ""}, "logseq"),
    ],
)
def test_a_vaults_profile(settings, tmp_path, content, env, profile):
    """Said in the file or in the environment, which overrides it; else nobody has said."""
    settings.write_text(content, "utf-8")

    assert profile == load_config(tmp_path, env).profile


@pytest.mark.parametrize("content", ['profile = "roam"', 'profile = ""', "profile = 5", 'profile = "Logseq"'])
def test_a_profile_that_nobody_knows(settings, tmp_path, content):
    """The file is named, and what is known instead."""
    settings.write_text(content, "utf-8")

    with pytest.raises(ConfigBroken, match=r"config\.toml.*profile"):
        load_config(tmp_path, {})


def test_a_profile_in_the_environment_that_nobody_knows(settings, tmp_path):
    """The variable is named, and what is known instead."""
    with pytest.raises(ConfigBroken, match=r"MEMWELL_PROFILE: profile 'roam' is not known \(known: obsidian logseq\)"):
        load_config(tmp_path, {"MEMWELL_PROFILE": "roam"})


def test_an_unknown_setting_is_told_the_known_ones(settings, tmp_path):
    """A misspelt name is not passed over."""
    settings.write_text('profil = "logseq"', "utf-8")

    texts = "embedder, reranker, contradictions, language, profile, watch, workspace"
    numbers = "keep_days, keep_versions, look_seconds, rest_seconds, late_megabytes"
    known = f"{texts}, {numbers}, boosts, half_lives, confidences, tier_days, infer, groom_every"
    with pytest.raises(ConfigBroken, match=rf"unknown setting 'profil' \(known: {known}\)"):
        load_config(tmp_path, {})


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ("boosts = 2", "boosts must be a table"),
        ("boosts = { titel = 2 }", "boosts.titel is not known"),
        ('boosts = { title = "2" }', "boosts.title must be a number"),
        ("boosts = { title = true }", "boosts.title must be a number"),
        ("boosts = { title = -1 }", "boosts.title must be a number"),
        ("boosts = { title = nan }", "boosts.title must be a number"),
    ],
)
def test_boosts_are_numbers_of_known_fields(settings, tmp_path, written, problem):
    """Anything else is told."""
    settings.write_text(written, "utf-8")

    with pytest.raises(ConfigBroken, match=problem):
        load_config(tmp_path, {})


def test_boosts_that_are_not_given_stay_as_they_are(settings, tmp_path):
    """Only what is given is kept here."""
    settings.write_text("boosts = { title = 5 }", "utf-8")

    assert {"title": 5.0} == load_config(tmp_path, {}).boosts


@pytest.mark.parametrize("name", ["two\nlines", "x" * 101])
def test_a_session_is_one_short_line(tmp_path, name):
    """It stands in every line of the journal."""
    with pytest.raises(ConfigBroken, match="MEMWELL_SESSION: must be one line"):
        load_config(tmp_path, {"MEMWELL_SESSION": name})


@pytest.mark.parametrize("scheme", ["http://", "https://", "chat:http://", "chat:https://"])
@pytest.mark.parametrize("name", ["embedder", "reranker", "contradictions"])
def test_a_vault_sends_nothing_to_another_machine(settings, tmp_path, scheme, name):
    """Only the environment may name one: a vault may have come from elsewhere."""
    settings.write_text(f'{name} = "{scheme}127.0.0.1:9/v1#m"', "utf-8")
    assert f"{scheme}127.0.0.1:9/v1#m" == getattr(load_config(tmp_path, {}), name)
    settings.write_text(f'{name} = "{scheme}example.org/v1#m"', "utf-8")

    with pytest.raises(ConfigBroken, match=f"MEMWELL_{name.upper()}"):
        load_config(tmp_path, {})


@pytest.mark.parametrize(("written", "hours"), [("12h", 12), ("1d", 24), ("2w", 336), ("never", 0)])
def test_how_often_a_server_grooms(settings, tmp_path, written, hours):
    """In hours, days or weeks; not at all, unless that is said."""
    assert 0 == load_config(tmp_path, {}).groom_hours
    settings.write_text(f'groom_every = "{written}"', "utf-8")

    assert hours == load_config(tmp_path, {}).groom_hours


@pytest.mark.parametrize("written", ["groom_every = 1", 'groom_every = "0d"', 'groom_every = "1m"', "infer = 1"])
def test_settings_of_grooming_that_nobody_can_mean(settings, tmp_path, written):
    """The setting is named."""
    settings.write_text(written, "utf-8")

    with pytest.raises(ConfigBroken, match=written.partition(" ")[0]):
        load_config(tmp_path, {})
