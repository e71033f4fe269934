"""What a request meets before any tool: names, web pages, methods, tokens, sizes, rates."""

import json
import socket

import pytest
from http_world import ACCEPT, INITIALIZE, LEGACY, MODERN, Served, bearer, headers_for, message


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """One server for all that changes nothing of it, and a token."""
    import os

    from vault_engine import Engine

    base = tmp_path_factory.mktemp("doors")
    ours = {name: value for name, value in os.environ.items() if not name.startswith("MEMWELL_")}
    environment = ours | {"MEMWELL_CACHE_DIR": str(base / "cache"), "MEMWELL_EMBEDDER": "none"}
    Engine.create(base / "vault")
    with Engine.open(base / "vault", env=environment) as engine:
        secret = engine.create_token("laptop", scope="write").token
    server = Served(base / "vault", environment, "--allow-host", "notes.test", "--allow-origin", "https://page.test")
    yield server, secret
    assert 0 == server.end()


@pytest.fixture
def server(world):
    """The server."""
    return world[0]


@pytest.fixture
def secret(world):
    """Its token."""
    return world[1]


class TestNames:
    """What a request calls the server: a page of somewhere else can't have its own name lead here."""

    @pytest.mark.parametrize(
        "host",
        [
            "evil.test",
            "evil.test:{port}",
            "127.0.0.1.evil.test",
            "localhost.evil.test:{port}",
            "",
            "127.0.0.1:{port}@x",
            "[::1",
            "127.0.0.1:{port}, evil.test",
            "notes.test.evil.test",
            "0.0.0.0",
            "127.0.0.2",
            "x" * 300,
        ],
    )
    def test_a_strange_name_is_refused(self, host, server, secret):
        """With a token or without."""
        headers = {"Host": host.format(port=server.port)}
        for known in ({}, bearer(secret)):
            assert server.ask("POST", "/mcp", ACCEPT | headers | known, INITIALIZE).status in (400, 421)

    @pytest.mark.parametrize("host", ["localhost", "LOCALHOST:{port}", "[::1]:{port}", "notes.test", "notes.test:1"])
    def test_its_own_names_are_fine(self, host, server, secret):
        """Those of this machine, and those that its owner has added."""
        headers = bearer(secret) | {"Host": host.format(port=server.port)}
        assert 200 == server.ask("POST", "/mcp", ACCEPT | headers, INITIALIZE).status

    def test_two_names_are_one_too_many(self, server):
        """Whoever stands between may have looked at the other one."""
        with socket.create_connection(("127.0.0.1", server.port)) as one:
            one.sendall(b"POST /mcp HTTP/1.1\r\nHost: localhost\r\nHost: evil.test\r\nContent-Length: 0\r\n\r\n")
            assert b" 400 " in one.recv(100)


class TestPages:
    """Which web pages may ask."""

    @pytest.mark.parametrize(
        "origin",
        [
            "http://evil.test",
            "null",
            "https://page.test.evil.test",
            "http://page.test",
            "https://page.test:444",
            "http://localhost.evil.test",
            "file://",
            "x",
            "http://127.0.0.1@evil.test",
        ],
    )
    def test_a_strange_page_is_refused(self, origin, server, secret):
        """Though it brings a token: a page may have found one."""
        for path in ("/mcp", "/.well-known/oauth-protected-resource"):
            answer = server.ask("POST", path, ACCEPT | bearer(secret) | {"Origin": origin}, INITIALIZE)
            assert 403 == answer.status
            assert "access-control-allow-origin" not in answer.headers

    @pytest.mark.parametrize("origin", ["http://localhost:6274", "http://127.0.0.1", "https://page.test"])
    def test_a_known_page_may_ask_and_read(self, origin, server, secret):
        """Those of this machine, and those that its owner has added."""
        answer = server.ask("POST", "/mcp", ACCEPT | bearer(secret) | {"Origin": origin}, INITIALIZE)
        assert 200 == answer.status
        assert origin == answer.headers["access-control-allow-origin"]

    def test_a_browser_that_asks_first_is_told(self, server):
        """The token's header is one that a page may send."""
        asks = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,mcp-method"}
        assert 200 == server.ask("OPTIONS", headers=asks | {"Origin": "https://page.test"}).status
        assert 403 == server.ask("OPTIONS", headers=asks | {"Origin": "https://evil.test"}).status

    @pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data", "text/plain", None])
    def test_a_form_is_no_message(self, kind, server, secret):
        """A page can send forms anywhere without asking first."""
        headers = headers_for(secret, "tools/list", {})
        del headers["Content-Type"]
        answer = server.ask(
            "POST", "/mcp", headers | ({"Content-Type": kind} if kind else {}), message("tools/list", {})
        )
        assert answer.status in (400, 415)


class TestTokens:
    """Who may come in."""

    @pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
    def test_who_brings_none_is_told_where_to_read_on(self, method, server):
        """That is no error yet, so none is named."""
        answer = server.ask(method, headers=ACCEPT, body=json.dumps(INITIALIZE) if method == "POST" else None)
        assert 401 == answer.status
        challenge = answer.headers["www-authenticate"]
        url = f"http://127.0.0.1:{server.port}/.well-known/oauth-protected-resource/mcp"
        assert challenge.startswith("Bearer ")
        assert f'resource_metadata="{url}"' in challenge
        assert 'scope="read"' in challenge
        assert "error=" not in challenge

    @pytest.mark.parametrize(
        "header",
        [
            "Bearer x",
            "Bearer ",
            "Bearer memwell_" + "A" * 43,
            "Bearer {secret}x",
            "Bearer x {secret}",
            "Bearer {secret},{secret}",
        ],
    )
    def test_who_brings_a_wrong_one_is_told_so(self, header, server, secret):
        """As RFC 6750 has it."""
        answer = server.ask("POST", "/mcp", ACCEPT | {"Authorization": header.format(secret=secret)}, INITIALIZE)
        assert 401 == answer.status
        assert 'error="invalid_token"' in answer.headers["www-authenticate"]

    @pytest.mark.parametrize("header", ["Basic {secret}", "{secret}", "Token {secret}"])
    def test_a_token_comes_as_a_bearer_token(self, header, server, secret):
        """Not in another way."""
        headers = ACCEPT | {"Authorization": header.format(secret=secret)}
        assert 401 == server.ask("POST", "/mcp", headers, INITIALIZE).status

    def test_a_token_in_the_address_opens_nothing(self, server, secret):
        """Addresses are written down in many places; here they are not."""
        assert 401 == server.ask("POST", f"/mcp?access_token={secret}", ACCEPT, INITIALIZE).status
        assert secret not in "".join(server.log)

    def test_two_tokens_are_one_too_many(self, server, secret):
        """Nobody could say whose request it is."""
        connection = server.connect()
        connection.putrequest("POST", "/mcp")
        for value in (secret, "memwell_" + "A" * 43):
            connection.putheader("Authorization", f"Bearer {value}")
        connection.putheader("Content-Length", "0")
        connection.endheaders()
        assert 401 == connection.getresponse().status
        connection.close()

    def test_the_kind_of_a_token_is_read_without_case(self, server, secret):
        """As HTTP has it."""
        headers = ACCEPT | {"Authorization": f"bEaReR {secret}"}
        assert 200 == server.ask("POST", "/mcp", headers, INITIALIZE).status

    @pytest.mark.parametrize("path", ["", "/mcp"])
    def test_the_server_describes_itself(self, path, server):
        """As RFC 9728 has it: the resource is the address that the client used."""
        answer = server.ask("GET", f"/.well-known/oauth-protected-resource{path}", {"Host": f"localhost:{server.port}"})
        assert 200 == answer.status
        assert f"http://localhost:{server.port}/mcp" == answer.json["resource"]
        assert ["read", "write", "admin"] == answer.json["scopes_supported"]
        assert ["header"] == answer.json["bearer_methods_supported"]
        assert answer.json["authorization_servers"]


class TestPaths:
    """What else can be asked for."""

    def test_whether_it_is_well_anybody_may_ask(self, server):
        """Whatever they call it: what watches over servers knows no names."""
        for path in ("/healthz", "/readyz"):
            assert 200 == server.ask("GET", path, {"Host": "10.0.0.7"}).status

    @pytest.mark.parametrize(("method", "path"), [("GET", "/sse"), ("POST", "/messages/?session_id=1")])
    def test_clients_of_the_old_transport_are_told_where_to_go(self, method, path, server):
        """In words that they may show."""
        answer = server.ask(method, path)
        assert 410 == answer.status
        assert "/mcp" in answer.json["error"]

    @pytest.mark.parametrize(
        "path",
        ["/", "/mcp/../healthz/x", "/mcp/", "/MCP", "//mcp", "/.memwell/config.toml", "/notes/a.md", "/%2e%2e/etc"],
    )
    def test_there_is_nothing_else(self, path, server, secret):
        """No file of the vault, and no other way to the endpoint."""
        answer = server.ask("GET", path, bearer(secret) | ACCEPT)
        assert answer.status in (307, 404)

    @pytest.mark.parametrize("method", ["PUT", "PATCH", "HEAD", "TRACE"])
    def test_other_methods_are_refused(self, method, server, secret):
        """The protocol has three."""
        assert server.ask(method, headers=bearer(secret) | ACCEPT).status in (400, 405)


class TestMessages:
    """What is in the body, and whether it fits the headers."""

    @pytest.mark.parametrize(
        "body", ["", "{", "null", "[]", "5", '"x"', "[" * 50_000, '{"jsonrpc": "1.0"}', '{"method": 5}', "\xff\xfe"]
    )
    @pytest.mark.parametrize("version", [LEGACY, MODERN])
    def test_what_is_no_message_is_refused(self, body, version, server, secret):
        """And the next request is answered."""
        headers = ACCEPT | bearer(secret) | {"MCP-Protocol-Version": version, "Mcp-Method": "ping"}
        assert 400 == server.ask("POST", "/mcp", headers, body.encode("latin-1")).status
        assert 200 == server.send(secret, "tools/list").status

    def test_headers_say_what_the_body_says(self, server, secret):
        """Whoever stands between decides by the headers."""
        params = {"name": "status", "arguments": {}}
        right = headers_for(secret, "tools/call", params)
        assert 200 == server.ask("POST", "/mcp", right, message("tools/call", params)).status
        for name, value in (("Mcp-Method", "tools/list"), ("Mcp-Name", "recall"), ("MCP-Protocol-Version", LEGACY)):
            answer = server.ask("POST", "/mcp", right | {name: value}, message("tools/call", params))
            assert 400 == answer.status

    def test_an_unknown_version_is_refused_with_those_there_are(self, server, secret):
        """So that the client can choose."""
        headers = headers_for(secret, "tools/list", {}) | {"MCP-Protocol-Version": "1999-01-01"}
        body = json.dumps(message("tools/list", {})).replace(MODERN, "1999-01-01")
        answer = server.ask("POST", "/mcp", headers, body)
        assert 400 == answer.status
        assert MODERN in answer.body.decode()


class TestSizes:
    """Nobody can have the server read or hold more than it will."""

    def test_a_large_body_is_refused_before_it_is_read(self, server, secret):
        """By what it says of its size."""
        connection = server.connect()
        connection.putrequest("POST", "/mcp")
        for name, value in (ACCEPT | bearer(secret) | {"Content-Length": str(1 << 40)}).items():
            connection.putheader(name, value)
        connection.endheaders()
        assert 413 == connection.getresponse().status
        connection.close()

    def test_a_body_of_unknown_size_is_read_so_far(self, server, secret):
        """And no further."""
        with socket.create_connection(("127.0.0.1", server.port)) as one:
            head = f"POST /mcp HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {secret}\r\n"
            one.sendall(head.encode() + b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
            chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
            sent = 0
            try:
                while sent < 1_000 and not _has_come(one):
                    one.sendall(chunk)
                    sent += 1
                answer = one.recv(100)
            except ConnectionError:
                answer = b" 413 "  # closed while we were writing
        assert b" 413 " in answer
        assert sent < 1_000

    def test_who_may_not_come_in_is_not_read_at_all(self, server):
        """The refusal comes although the body never does."""
        connection = server.connect()
        connection.putrequest("POST", "/mcp")
        connection.putheader("Content-Length", "1000")
        connection.endheaders()
        assert 401 == connection.getresponse().status
        connection.close()

    def test_a_long_head_is_refused(self, server):
        """Before anything is made of it."""
        with socket.create_connection(("127.0.0.1", server.port)) as one:
            try:
                one.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 1_000_000)
                answer = one.recv(100)
            except ConnectionError:
                answer = b" 400 "
        assert b" 400 " in answer or not answer


def _has_come(one: socket.socket) -> bool:
    one.setblocking(False)
    try:
        return bool(one.recv(1, socket.MSG_PEEK)) or True
    except BlockingIOError:
        return False
    finally:
        one.settimeout(60)
