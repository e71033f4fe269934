"""A real ``memwell serve --transport http`` as a process: where it listens, what it writes down, how it ends."""

import asyncio
import json
import os
import signal
import socket
import ssl
import subprocess
from concurrent.futures import ThreadPoolExecutor

import httpx2
import pytest
from http_world import ACCEPT, Served, free_port, headers_for, message, until

from vault_engine.errors import CannotServe
from vault_engine.server.http import HttpTerms
from vault_engine.server.http.serve import check_certificate, listening
from vault_engine.vault.lock import Lock


class TestWhereItListens:
    """No stranger gets in by accident."""

    def test_beyond_this_machine_a_token_is_needed(self, serve):
        """It does not even begin to listen."""
        server = serve("--host", "0.0.0.0", "--plain-http")
        assert 1 == server.end()
        assert "memwell token create" in "".join(server.log)

    def test_on_all_addresses_it_answers_only_to_its_names(self, serve, token):
        """A page can't have its own name lead here, wherever that is."""
        secret = token()
        server = serve("--host", "0.0.0.0", "--plain-http", "--allow-host", "notes.test")
        headers = ACCEPT | headers_for(secret, "tools/list", {})
        for host, status in (("notes.test", 200), ("evil.test", 421), ("0.0.0.0", 421)):
            answer = server.ask("POST", "/mcp", headers | {"Host": host}, message("tools/list", {}))
            assert status == answer.status
        origin = headers | {"Host": "notes.test", "Origin": "http://localhost:5000"}
        assert 403 == server.ask("POST", "/mcp", origin, message("tools/list", {})).status

    def test_behind_a_proxy_it_goes_by_the_public_name(self, serve, token):
        """What it says of itself has that address."""
        token()
        server = serve("--public-url", "https://notes.example.org")
        answer = server.ask("POST", "/mcp", ACCEPT | {"Host": "notes.example.org"}, {})
        assert 401 == answer.status
        assert '"https://notes.example.org/.well-known/' in answer.headers["www-authenticate"]

    def test_what_a_proxy_claims_is_not_believed(self, serve, token):
        """Anybody can send such headers."""
        token()
        claims = {"X-Forwarded-Host": "notes.test", "Forwarded": "host=notes.test", "X-Forwarded-For": "127.0.0.1"}
        answer = serve().ask("POST", "/mcp", ACCEPT | claims | {"X-Forwarded-Proto": "https"}, {})
        assert "notes.test" not in answer.headers["www-authenticate"]
        assert "https" not in answer.headers["www-authenticate"]

    def test_a_port_that_is_taken(self, serve):
        """Is said, and nothing is served."""
        port = str(serve().port)
        second = serve("--port", port)
        assert 1 == second.end()
        assert f"can't serve at 127.0.0.1:{port}" in "".join(second.log)

    def test_an_option_that_makes_no_sense(self, serve):
        """Is a mistake in the command, by its exit code."""
        assert 2 == serve("--allow-origin", "*").end()

    def test_options_of_http_mean_nothing_over_stdio(self, memwell):
        """Whoever gives them has forgotten to say that it is http."""
        done = memwell("serve", "--port", "1")
        assert 2 == done.returncode
        assert "--transport http" in done.stderr

    @pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
    def test_a_vault_that_anybody_may_write_to_is_not_served_beyond_this_machine(self, serve, token, folder):
        """Any user of the machine could make tokens."""
        token()
        (folder / ".memwell" / "local").chmod(0o777)
        assert 1 == serve("--host", "0.0.0.0", "--plain-http").end()
        assert any("chmod o-w" in line for line in serve().log)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate of our own for localhost, with and without a passphrase on its key."""
    folder = tmp_path_factory.mktemp("tls")
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost"
    command += " -addext subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout key.pem -out cert.pem"
    try:
        subprocess.run(command.split(), cwd=folder, check=True, capture_output=True)
        locked = "openssl ec -in key.pem -out locked.pem -aes256 -passout pass:x"
        subprocess.run(locked.split(), cwd=folder, check=True, capture_output=True)
    except FileNotFoundError:
        pytest.skip("there is no openssl to make a certificate with")
    return folder


class TestTls:
    """With a certificate, nothing crosses the network in the clear."""

    def test_it_speaks_tls(self, certificate, serve, token):
        """Beyond this machine too; and says so of itself."""
        secret = token()
        files = ("--tls-cert", str(certificate / "cert.pem"), "--tls-key", str(certificate / "key.pem"))
        server = serve("--host", "0.0.0.0", *files)
        trust = ssl.create_default_context(cafile=certificate / "cert.pem")
        with httpx2.Client(verify=trust, trust_env=False) as client:
            url = f"https://localhost:{server.port}/mcp"
            answer = client.post(url, headers=headers_for(secret, "tools/list", {}), json=message("tools/list", {}))
            assert 200 == answer.status_code
            assert f"https://localhost:{server.port}/" in client.post(url, headers=ACCEPT).headers["www-authenticate"]
        assert "https" == server.address[1]

    def test_a_certificate_that_can_not_be_used(self, certificate):
        """Is said at once; nobody is asked for a passphrase."""
        for cert, key in ("cert", "locked"), ("key", "key"), ("none", "key"), ("cert", "cert"):
            terms = HttpTerms(tls_cert=certificate / f"{cert}.pem", tls_key=certificate / f"{key}.pem")
            with pytest.raises(CannotServe, match="certificate"):
                check_certificate(terms)


class TestHowItEnds:
    """In good order."""

    @pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")
    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    def test_an_answer_under_way_is_finished(self, number, serve, token, folder):
        """An open stream does not keep it from ending; the exit code is 0."""
        server, secret = serve(), token()
        stream = server.connect()
        stream.request("GET", "/mcp", headers=server.open_session(secret) | {"Accept": "text/event-stream"})
        assert 200 == stream.getresponse().status
        with ThreadPoolExecutor() as pool:
            with Lock(folder / ".memwell" / "local" / "lock").held():  # so that the write has to wait
                written = pool.submit(server.call, secret, "remember", text="x", key="late")
                until(lambda: server.ask("GET", "/healthz").status == 200 and not written.done())
                until(lambda: _is_at_work(server))
                server.process.send_signal(number)
                until(lambda: any("ending" in line for line in server.log))
            assert "created" == written.result(30).result["structuredContent"]["action"]
        assert 0 == server.process.wait(30)
        assert (folder / "notes/late.md").exists()
        stream.close()

    def test_what_was_made_is_there_for_the_next(self, serve, token, folder, memwell):
        """The index is kept."""
        server, secret = serve(), token()
        server.call(secret, "remember", text="walrus", key="k")
        assert 0 == server.end()
        assert "notes/k.md" in memwell("recall", "walrus").stdout


def _is_at_work(server: Served) -> bool:
    """Say whether a thread of the server waits for the vault's lock: it opens the file again and again."""
    asked = [server.ask("GET", "/readyz").status for _ in range(3)]
    return asked == [200] * 3


def test_the_address_is_said_and_nothing_is_on_stdout(serve, token):
    """So that a script can read it from stderr."""
    port = free_port()
    server = serve("--port", str(port))
    assert port == server.port
    server.end()
    assert "" == server.process.stdout.read()
    assert not any(json_like(line) for line in server.log)


def json_like(line: str) -> bool:
    """Say whether a line is JSON."""
    try:
        json.loads(line)
    except ValueError:
        return False
    return True


def test_what_is_written_is_sent_at_once():
    """A connection knows that it is TCP, by which asyncio turns off what would hold an answer's end back for 40 ms."""

    async def served() -> int:
        async with asyncio.timeout(10):
            answered = asyncio.get_running_loop().create_future()

            def look(_reader, writer):
                found = writer.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
                writer.close()
                answered.set_result(found)

            with listening(HttpTerms(port=0)) as listener:
                async with await asyncio.start_server(look, sock=listener):
                    _, writer = await asyncio.open_connection(*listener.getsockname()[:2])
                    found = await answered
                    writer.close()
                    return found

    assert asyncio.run(served())
