"""On what terms a server listens: pure, so without one."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault_engine.errors import BadInput, CannotServe
from vault_engine.server.http import HttpTerms
from vault_engine.server.http.names import Hosts, Origins, is_loopback
from vault_engine.server.http.rate import Rates, Sessions

BEYOND = ("0.0.0.0", "::", "", "192.0.2.1", "2001:db8::1", "notes.test", "127.0.0.1.evil.test", "128.0.0.1")
HERE = ("127.0.0.1", "localhost", "::1", "127.8.8.8", "LOCALHOST")
TLS = {"tls_cert": Path("cert.pem"), "tls_key": Path("key.pem")}


class TestStrangers:
    """Who could come in, or listen."""

    @pytest.mark.parametrize("host", BEYOND)
    def test_beyond_this_machine_it_takes_a_token_and_tls(self, host):
        """Or somebody says that something else encrypts; without a token it is refused whatever they say."""
        terms = HttpTerms(host)
        assert not terms.is_local
        for secured in (terms, replace(terms, **TLS), replace(terms, plain_http=True)):
            with pytest.raises(CannotServe, match="memwell token create"):
                secured.check_closed(has_token=False)
        with pytest.raises(CannotServe, match="--plain-http"):
            terms.check_closed(has_token=True)
        replace(terms, **TLS).check_closed(has_token=True)
        replace(terms, plain_http=True).check_closed(has_token=True)

    @pytest.mark.parametrize("host", HERE)
    def test_on_this_machine_neither_is_needed(self, host):
        """There the kernel keeps strangers out."""
        assert is_loopback(host)
        HttpTerms(host).check_closed(has_token=False)


@pytest.mark.parametrize(
    "terms",
    [
        {"port": -1},
        {"port": 65_536},
        {"rate": 0},
        {"tls_cert": Path("cert.pem")},
        {"tls_key": Path("key.pem")},
        {"allow_hosts": ("a b",)},
        {"allow_hosts": ("",)},
        {"allow_hosts": ("https://a",)},
        {"allow_hosts": ("*",)},
        {"allow_origins": ("page.test",)},
        {"allow_origins": ("*",)},
        {"allow_origins": ("null",)},
        {"allow_origins": ("https://a:b",)},
        {"public_url": "ftp://x"},
        {"public_url": "https://user@x"},
        {"public_url": "https://"},
    ],
    ids=str,
)
def test_terms_that_make_no_sense(terms):
    """Are refused before anything is begun."""
    with pytest.raises(BadInput):
        HttpTerms(**terms)


@given(st.text(max_size=40), st.sampled_from(["", ":80", ":8765", ":x"]))
def test_only_known_names_are_answered_to(name, port):
    """Whatever a request calls the server."""
    hosts = Hosts.of(["localhost", "::1", "notes.test:8765"])
    expected = (name.lower(), port) in {
        *((own, one) for own in ("localhost", "[::1]") for one in ("", ":80", ":8765")),
        ("notes.test", ":8765"),
        *((f"{own}{one}", "") for own in ("localhost", "[::1]") for one in (":80", ":8765")),
        ("notes.test:8765", ""),
    }
    assert hosts.allows(name + port) is expected or ":" in name


@given(st.sampled_from(["http://", "https://", "file://", ""]), st.text(max_size=30))
def test_only_known_pages_may_ask(scheme, rest):
    """A page of this machine is one of exactly three names."""
    names = ("localhost", "127.0.0.1", "[::1]")
    if Origins.of([], loopback=True).allows(scheme + rest):
        assert scheme in ("http://", "https://")
        assert rest.lower().split("/")[0].rpartition(":")[0].strip() in names or rest.lower().split("/")[0] in names
    assert not Origins.of([], loopback=False).allows(scheme + rest)


@given(st.lists(st.floats(0, 5), max_size=60))
def test_nobody_asks_more_often_than_allowed(pauses):
    """In any stretch of time: not more than a full bucket and what came in since; and who is refused is told when."""
    rates, now_s, granted = Rates(per_s=10, burst=5), 0.0, 0
    for pause_s in pauses:
        now_s += pause_s / 10
        wait_s = rates.take("a", now_s)
        granted += wait_s == 0
        assert granted <= 5 + 10 * now_s + 1e-6
        if wait_s:
            assert 0 == rates.take("b" * granted, now_s)
            assert 0 < wait_s <= 0.1


def test_nobody_has_more_sessions_than_allowed():
    """Those that were ended or not used for long do not count; another caller has its own."""
    sessions = Sessions(most=2, idle_s=10)
    sessions.use("a", "1", 0)
    assert not sessions.are_full("a", 0)
    sessions.use("a", "2", 5)
    assert sessions.are_full("a", 9)
    assert not sessions.are_full("b", 9)
    assert not sessions.are_full("a", 10)
    sessions.use("a", "3", 11)
    sessions.end("a", "2")
    sessions.end("c", "2")
    assert not sessions.are_full("a", 11)
