"""``memwell token``: what it prints where, and its exit codes."""

import json

import pytest


def test_the_secret_alone_is_on_stdout(cli, home):
    """So that a script can take it; what is said to the person is on stderr."""
    made = cli("token", "create", "laptop", "--scope", "write", "--prefix", "work/", "--expires", "2999-01-31")
    assert 0 == made.code
    assert made.out.startswith("memwell_")
    assert 1 == len(made.out.split())
    assert "laptop may write work/ until 2999-" in made.err
    assert made.out.strip() not in made.err


def test_as_json(cli, home):
    """Every command has it."""
    made = cli("token", "create", "laptop", "--json").json
    assert (1, "laptop", "read", None, None) == tuple(
        made[name] for name in ("format", "name", "scope", "prefix", "expires")
    )
    listed = cli("token", "list", "--json").json["tokens"]
    assert [("laptop", "valid", None)] == [(one["name"], one["state"], one["last_used"]) for one in listed]
    assert made["token"] not in json.dumps(listed)
    assert {"format": 1, "name": "laptop", "left": 0} == cli("token", "revoke", "laptop", "--json").json
    assert {"format": 1, "tokens": []} == cli("token", "list", "--json").json


def test_a_list_for_people(cli, home):
    """A line for each, with a head; an empty one says so on stderr."""
    assert ("", "no tokens\n") == cli("token", "list")[1:]
    cli("token", "create", "b", "--scope", "admin")
    cli("token", "create", "a", "--prefix", "work", "--expires", "30d")
    head, first, second = cli("token", "list").out.splitlines()
    assert ["NAME", "SCOPE", "PREFIX", "CREATED", "EXPIRES", "LAST", "USED"] == head.split()
    assert ["a", "read", "work"] == first.split()[:3]
    assert ["b", "admin", "-"] == second.split()[:3]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("create", ""), 2),
        (("create", "a", "--scope", "all"), 2),
        (("create", "a", "--prefix", "../b"), 2),
        (("create", "a", "--expires", "yesterday"), 2),
        (("revoke", "a"), 10),
    ],
)
def test_what_is_refused(arguments, code, cli, home):
    """By the usual exit codes; no token is made."""
    assert code == cli("token", *arguments).code
    assert [] == cli("token", "list", "--json").json["tokens"]
