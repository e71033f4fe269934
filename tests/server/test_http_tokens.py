"""Until when a token is good, whose its sessions are, and in whose name its changes."""

import json
import threading

from http_world import ACCEPT, until


class TestTheEndOfAToken:
    """A running server notices at once."""

    def test_a_revoked_token_opens_nothing(self, serve, token, memwell):
        """Nor does the session that it has opened."""
        server, secret = serve(), token()
        headers = server.open_session(secret)
        assert 200 == server.send(secret, "tools/list").status
        assert 0 == memwell("token", "revoke", "laptop").returncode
        assert 401 == server.send(secret, "tools/list").status
        body = {"jsonrpc": "2.0", "id": 2, "method": "tools/list"}
        assert 401 == server.ask("POST", "/mcp", headers, body).status

    def test_an_open_stream_ends(self, serve, token, memwell):
        """It would else go on telling what happens."""
        server, secret = serve(), token()
        connection = server.connect()
        connection.request("GET", "/mcp", headers=server.open_session(secret) | {"Accept": "text/event-stream"})
        stream = connection.getresponse()
        assert 200 == stream.status
        ended = threading.Event()

        def read():
            try:
                while stream.read1():
                    pass
            except Exception:  # noqa: BLE001 - cut off is ended too
                pass
            ended.set()

        threading.Thread(target=read, daemon=True).start()
        assert not ended.wait(0.5)
        memwell("token", "revoke", "laptop")
        assert ended.wait(30)
        connection.close()

    def test_a_token_expires(self, serve, token, folder):
        """By the clock of the server."""
        server, secret = serve(), token(expires="1h")
        assert 200 == server.send(secret, "tools/list").status
        file = folder / ".memwell/local/tokens.json"
        said = json.loads(file.read_text())
        said["tokens"][0]["expires"] = "2026-01-01T00:00:00.000000Z"
        file.write_text(json.dumps(said))
        assert 401 == server.send(secret, "tools/list").status

    def test_the_first_token_closes_the_door(self, serve, token, memwell):
        """Until then whoever uses this machine may come in; afterwards nobody without one, ever."""
        server = serve()
        assert any("no token is needed" in line for line in server.log)
        assert 200 == server.send(None, "tools/list").status
        secret = token()
        assert 401 == server.send(None, "tools/list").status
        assert 200 == server.send(secret, "tools/list").status
        memwell("token", "revoke", "laptop")
        assert 401 == server.send(None, "tools/list").status
        server.end()
        assert 401 == serve().send(None, "tools/list").status

    def test_its_last_use_is_kept(self, serve, token, memwell):
        """When the server ends, at the latest."""
        server, secret = serve(), token()
        server.send(secret, "tools/list")
        server.end()
        listed = json.loads(memwell("token", "list", "--json").stdout)["tokens"]
        assert listed[0]["last_used"] is not None


class TestSessions:
    """A session of the older protocol belongs to who opened it."""

    def test_another_token_can_not_use_it(self, serve, token):
        """To it, there is no such session."""
        server, mine, other = serve(), token("mine"), token("other")
        stolen = server.open_session(mine) | {"Authorization": f"Bearer {other}"}
        body = {"jsonrpc": "2.0", "id": 2, "method": "tools/list"}
        assert 404 == server.ask("POST", "/mcp", stolen, body).status
        assert 404 == server.ask("DELETE", "/mcp", stolen).status
        assert 404 == server.ask("GET", "/mcp", stolen).status

    def test_what_nobody_opened_is_not_there(self, serve, token):
        """Names of sessions are not taken from clients."""
        headers = ACCEPT | {"Authorization": f"Bearer {token()}", "Mcp-Session-Id": "mine"}
        body = {"jsonrpc": "2.0", "id": 2, "method": "tools/list"}
        assert 404 == serve().ask("POST", "/mcp", headers, body).status


def test_each_change_is_in_the_name_of_its_token(serve, token, journal):
    """With what the client calls itself, and the session; whatever the environment says."""
    server = serve(MEMWELL_ACTOR="human:boss")
    one, two = token("laptop"), token("phone")
    server.call(one, "remember", text="x", key="a")
    session = server.open_session(two)
    arguments = {"name": "remember", "arguments": {"text": "y", "key": "b"}}
    server.ask("POST", "/mcp", session, {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": arguments})
    until(lambda: len(journal()) == 2)
    first, second = (entry["actor"] for entry in journal())
    assert ("agent", "laptop", "raw client") == (first["kind"], first["name"], first["client"])
    assert ("agent", "phone", "raw") == (second["kind"], second["name"], second["client"])
    assert session["Mcp-Session-Id"].startswith(second["session"])
    assert first["session"] != second["session"]
