"""Reading back what a client's file says of the server."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault_engine.clients import CLIENTS, Remote, Stdio
from vault_engine.clients.told import Reached, Started, Unset, Untold, is_off, read_told

URL = "https://notes.example.org/mcp"


@pytest.fixture(params=CLIENTS, ids=lambda client: client.name)
def client(request):
    """Each client."""
    return request.param


def test_what_setup_writes_is_read_back(client):
    """Command, arguments and vault, whatever the client's words for them."""
    server = Stdio("/opt/memwell", ("serve", "--vault", "/home/ada/my notes"))

    told = read_told(client.entry(server), {})

    assert Started(server.command, server.args) == told
    assert "/home/ada/my notes" == told.vault


def test_an_address_is_read_back_with_its_token(client):
    """The token comes from the environment; a client that can't name a variable has none."""
    with_token, without = client.entry(Remote(URL, "NOTES_TOKEN")), client.entry(Remote(URL))

    if not isinstance(without, str):
        assert Reached(URL) == read_told(without, {})
    if not isinstance(with_token, str):
        assert Reached(URL, {"Authorization": "Bearer abc"}) == read_told(with_token, {"NOTES_TOKEN": "abc"})
        with pytest.raises(Unset, match="NOTES_TOKEN"):
            read_told(with_token, {})


@pytest.mark.parametrize("args", [["--vault", "/v"], ["serve", "--vault=/v"]])
def test_the_vault_is_found_in_the_arguments(args):
    """In the next one, or behind an equals sign."""
    assert "/v" == read_told({"command": "x", "args": args}, {}).vault


def test_the_vault_is_found_in_the_environment():
    """Which the entry may add to."""
    told = read_told({"command": "x", "env": {"MEMWELL_VAULT": "${HOME}/v"}, "cwd": "/w"}, {"HOME": "/h"})

    assert ("/h/v", "/w") == (told.vault, told.cwd)


def test_a_default_stands_in_for_a_variable():
    """As shells write it."""
    assert "/usr/bin/x" == read_told({"command": "${NONE:-/usr/bin/x}"}, {}).command


@pytest.mark.parametrize(
    "entry",
    [
        None,
        [],
        {},
        {"command": ""},
        {"command": 3},
        {"command": []},
        {"command": "x\0"},
        {"command": "x", "args": "serve"},
        {"command": "x", "args": [1]},
        {"command": "x", "env": "A=B"},
        {"url": 7},
        {"url": "file:///etc/passwd"},
        {"url": "http://[broken"},
        {"url": URL, "headers": ["x"]},
    ],
)
def test_what_names_no_server_is_refused(entry):
    """With the reason, and never a crash."""
    with pytest.raises(Untold):
        read_told(entry, {})


_WORDS = (
    "url",
    "httpUrl",
    "command",
    "args",
    "env",
    "cwd",
    "headers",
    "requestOptions",
    "bearerTokenEnvVar",
    "enabled",
)
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from(("${A}", "{env:B}", "http://x")),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.integers() | st.sampled_from(_WORDS), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(_VALUES, st.sampled_from(({}, {"A": "a", "B": "b\n"})))
def test_whatever_an_entry_says_it_names_a_server_or_is_refused(entry, variables):
    """Files are other people's."""
    with contextlib.suppress(Untold):
        told = read_told(entry, variables)
        words = (told.url, *told.headers.values()) if isinstance(told, Reached) else (told.command, *told.args)
        assert all(isinstance(word, str) and "\0" not in word for word in words)
    assert isinstance(is_off(entry), bool)


def test_a_token_that_can_not_be_sent_is_not_shown():
    """A line end that came with it would be."""
    entry = {"url": URL, "headers": {"Authorization": "Bearer ${TOKEN}"}}

    with pytest.raises(Untold) as refused:
        read_told(entry, {"TOKEN": "secret\n"})

    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(("entry", "off"), [({"enabled": False}, True), ({"disabled": True}, True), ({}, False)])
def test_an_entry_can_be_turned_off(entry, off):
    """Clients have two words for it."""
    assert off == is_off(entry)
