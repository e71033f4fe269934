"""``memwell uninstall``: a person's clients do not know the vault any more."""

import pytest

pytestmark = pytest.mark.usefixtures("person")


def test_everything_is_as_it_was_and_the_notes_stay(cli, person, files):
    """No copy and no record is left."""
    (person / ".claude.json").write_bytes(b'{"numStartups": 7}')
    before = files()
    cli("setup", "--yes")
    cli("remember", "Tea at four.", "--vault", str(person / "memwell"), "--key", "tea")
    notes = {name: data for name, data in files().items() if name.startswith("memwell/")}

    done = cli("uninstall", "--yes")

    assert (0, before | notes) == (done.code, files())
    assert f"The notes in {person / 'memwell'} stay." in done.err
    assert not (person / ".local" / "share" / "memwell").exists()


def test_one_client_can_be_left_out_of_it(cli, person):
    """The others stay as they are, and can be taken back later."""
    cli("setup", "--yes")

    cli("uninstall", "cursor")

    assert (False, True) == ((person / ".cursor" / "mcp.json").exists(), (person / ".claude.json").exists())
    rest = cli("uninstall", "--yes", "--json").json
    assert ["claude-code"] == [one["client"] for one in rest["clients"]] == [one["client"] for one in rest["hooks"]]


def test_a_dry_run_does_nothing(cli, files):
    """It says what would be done."""
    cli("setup", "--yes")
    before = files()

    shown = cli("uninstall", "--dry-run")

    assert (0, before) == (shown.code, files())
    assert 4 == shown.out.count("would remove")


def test_without_a_terminal_nothing_is_done_unasked(cli, files):
    """It says what to say."""
    cli("setup", "--yes")
    before = files()

    refused = cli("uninstall")

    assert (2, "", before) == (refused.code, refused.out, files())
    assert "--yes" in refused.err


def test_where_nothing_was_set_up_there_is_nothing_to_take_back(cli, files):
    """Which is no failure."""
    done = cli("uninstall")

    assert (0, "nothing to take back\n", {}) == (done.code, done.out, files())


def test_a_file_that_was_broken_meanwhile_is_left_and_can_be_taken_back_later(cli, person):
    """The record of it stays."""
    cli("setup", "--yes")
    file = person / ".cursor" / "mcp.json"
    whole = file.read_text()
    file.write_text(whole + "}")

    partly = cli("uninstall", "--yes")

    assert (3, whole + "}") == (partly.code, file.read_text())
    file.write_text(whole)
    assert 0 == cli("uninstall", "--yes").code
    assert not file.exists()


def test_a_vault_that_setup_made_can_be_erased(cli, person):
    """Only with --yes; a dry run names it."""
    cli("setup", "--yes")

    assert 2 == cli("uninstall", "--delete-vault").code
    assert "would erase" in cli("uninstall", "--delete-vault", "--dry-run").out
    assert (person / "memwell").is_dir()
    assert 0 == cli("uninstall", "--delete-vault", "--yes").code
    assert not (person / "memwell").exists()


def test_notes_that_were_there_before_are_never_erased(cli, person):
    """A folder that was adopted is somebody's."""
    (person / "notes").mkdir()
    (person / "notes" / "Home.md").write_text("mine")
    cli("setup", "--yes", "--vault", str(person / "notes"))

    done = cli("uninstall", "--delete-vault", "--yes", "--json")

    assert (0, [], [str(person / "notes")]) == (done.code, done.json["erased"], done.json["kept"])
    assert "mine" == (person / "notes" / "Home.md").read_text()


@pytest.mark.parametrize(
    "options", [("--keep-vault", "--delete-vault", "--yes"), ("cursor", "--delete-vault", "--yes")]
)
def test_options_that_do_not_go_together_are_refused(options, cli, person):
    """Nothing is erased."""
    cli("setup", "--yes")

    assert 2 == cli("uninstall", *options, "--yes").code
    assert (person / "memwell").is_dir()
