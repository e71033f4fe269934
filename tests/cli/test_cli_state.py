"""``memwell state set``, ``get``, ``delete`` and ``list``."""

import pytest


def test_a_value_comes_and_goes(cli, home):
    """As JSON, or as a text where that is said."""
    assert "job is kept\n" == cli("state", "set", "job", '{"step": 3}').out
    assert '{"step": 3}\n' == cli("state", "get", "job").out
    cli("state", "set", "name", "true", "--text")
    assert "true" == cli("state", "get", "name", "--json").json["value"]
    assert ["job", "name"] == [line.split()[0] for line in cli("state", "list").out.splitlines()]
    assert "job is deleted\n" == cli("state", "delete", "job").out
    assert "job held nothing\n" == cli("state", "delete", "job").out
    assert ["name"] == [one["key"] for one in cli("state", "list", "--json").json["values"]]


def test_a_value_lasts_as_long_as_is_said(cli, home):
    """Then it is not there any more."""
    assert "until 2" in cli("state", "set", "a", "1", "--ttl", "2h").out
    assert cli("state", "get", "a", "--json").json["expires"].endswith("Z")
    cli("state", "set", "a", "1", "--ttl", "0.000001")

    done = cli("state", "get", "a")
    assert (10, "", "a holds nothing\n") == (done.code, done.out, done.err)
    assert not cli("state", "get", "a", "--json").json["found"]
    assert "nothing is kept\n" == cli("state", "list").err


@pytest.mark.parametrize(
    "arguments",
    [("set", "a", "{"), ("set", "../a", "1"), ("set", "a", "1", "--ttl", "soon"), ("set", "a", "1", "--ttl", "0")],
)
def test_what_is_wrong_is_refused(cli, home, arguments):
    """With exit code 2."""
    assert 2 == cli("state", *arguments).code


def test_it_is_no_note_and_not_synced(cli, home):
    """It lies in what belongs to this machine."""
    cli("state", "set", "a", '"quokka"')

    assert (home / ".memwell" / "local" / "state" / "state.json").is_file()
    assert "quokka" not in cli("recall", "quokka").out
