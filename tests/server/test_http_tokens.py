"""What a token is for: which tools, which notes, until when, and in whose name."""

import json
import threading

import pytest
from http_world import ACCEPT, until

READS = {"recall": {"query": "tea"}, "read_note": {"note": "tea"}, "status": {}}
WRITES = {"remember": {"text": "x", "key": "k", "category": "work"}, "forget": {"note": "tea"}}


@pytest.fixture
def notes(folder):
    """Notes in two folders."""
    for path, text in {
        "work/tea.md": "# Tea\n\nTea is at four. [[secret plan]]\n",
        "work/cake.md": "# Cake\n\nCake with tea.\n",
        "private/secret plan.md": "# Secret plan\n\nThe canary sings at four, with tea. [[work/tea]]\n",
    }.items():
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_text(text)


class TestScopes:
    """A token to read changes nothing."""

    def test_every_tool_asks_for_a_scope(self, serve, token, notes):
        """This is the list of all; a new one must be put here."""
        listed = serve().send(token(scope="read"), "tools/list").result["tools"]
        assert sorted(READS | WRITES) == sorted(tool["name"] for tool in listed)

    def test_a_token_to_read_may_read(self, serve, token, notes):
        """Every tool that only reads."""
        server, secret = serve(), token(scope="read")
        for tool, arguments in READS.items():
            assert not server.call(secret, tool, **arguments).result["isError"], tool

    def test_a_token_to_read_may_not_write(self, serve, token, notes, folder, journal):
        """The answer says which scope it takes; nothing happened, by either protocol."""
        server, secret = serve(), token(scope="read")
        session = server.open_session(secret)
        for tool, arguments in WRITES.items():
            body = {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": {"name": tool, "arguments": arguments}}
            for answer in (server.call(secret, tool, **arguments), server.ask("POST", "/mcp", session, body)):
                assert 403 == answer.status
                challenge = answer.headers["www-authenticate"]
                assert 'error="insufficient_scope"' in challenge
                assert 'scope="write"' in challenge
                assert "resource_metadata=" in challenge
        assert 3 == len(list(folder.glob("*/*.md")))
        assert {"external"} >= {entry["op"] for entry in journal()}

    def test_the_tools_ask_again(self, serve, token, notes, folder):
        """Where the door was shown another tool than the one that is called."""
        server, secret = serve(), token(scope="read")
        headers = server.open_session(secret)
        call = '{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"forget","arguments":{"note":"tea"}}'
        for body in (
            call + ',"params":{"name":"status"}}',
            '{"params":{"name":"status"},' + call[1:] + "}",
            call.replace('"forget"', '"status","name":"forget"') + "}",
            call.replace('"forget"', '"forget","name":"status"') + "}",
        ):
            server.ask("POST", "/mcp", headers, body)
        assert (folder / "work/tea.md").exists()

    @pytest.mark.parametrize("scope", ["write", "admin"])
    def test_a_token_to_write_may_do_both(self, scope, serve, token, notes):
        """And one to administer as well."""
        server, secret = serve(), token(scope=scope)
        for tool, arguments in (READS | WRITES).items():
            assert not server.call(secret, tool, **arguments).result["isError"], tool


class TestPrefixes:
    """A token for one folder: there is nothing else."""

    ASKED = (
        ("recall", {"query": "canary"}),
        ("recall", {"query": "canray"}),
        ("recall", {"query": "tea", "limit": 50}),
        ("recall", {"query": "tea", "category": "private"}),
        ("recall", {"query": "tea", "mode": "keyword"}),
        ("read_note", {"note": "private/secret plan.md"}),
        ("read_note", {"note": "secret plan"}),
        ("read_note", {"note": "../private/secret plan.md"}),
        ("read_note", {"note": "work/../private/secret plan.md"}),
        ("read_note", {"note": "plan"}),
        ("forget", {"note": "private/secret plan.md"}),
        ("remember", {"text": "x", "category": "private", "key": "secret plan"}),
        ("remember", {"text": "x", "category": "work", "key": "secret plan"}),
        ("remember", {"text": "x", "category": "work/../private", "key": "k"}),
        ("remember", {"text": "---\ncategory: private\n---\nx", "key": "secret plan"}),
        ("status", {}),
    )

    def test_nothing_tells_of_other_notes(self, serve, token, notes, folder):
        """Neither an answer nor an error has a path, a word or the place of another note."""
        server, secret, before = serve(), token(prefix="work"), (folder / "private/secret plan.md").read_bytes()
        for tool, arguments in self.ASKED:
            said = server.call(secret, tool, **arguments).body.decode()
            told = {part for part in ("private", "canary", "Secret plan", str(folder)) if part in said}
            assert told <= {part for part in told if part in json.dumps(arguments)}, (tool, arguments)
        assert before == (folder / "private/secret plan.md").read_bytes()

    def test_its_own_notes_are_all_there(self, serve, token, notes, folder):
        """They are found, counted, read, made and forgotten."""
        server, secret = serve(), token(prefix="work")
        found = server.call(secret, "recall", query="tea").result["structuredContent"]
        assert {"work/tea.md", "work/cake.md"} == {hit["path"] for hit in found["hits"]}
        assert 2 == found["notes_searched"]
        view = server.call(secret, "read_note", note="tea").result["structuredContent"]
        assert (["secret plan"], []) == (view["unresolved"], view["backlinks"])
        assert 2 == server.call(secret, "status").result["structuredContent"]["notes"]
        assert "work/new.md" == server.call(secret, "remember", text="x", key="new").result["structuredContent"]["path"]
        assert not server.call(secret, "forget", note="new").result["isError"]

    def test_both_tokens_at_once_see_each_its_own(self, serve, token, notes):
        """One engine answers both, and what it remembers of one search is not another's."""
        server, some, every = serve(), token("some", prefix="work"), token("every")
        for _ in range(3):
            for secret, count in ((some, 2), (every, 3)):
                assert count == len(server.call(secret, "recall", query="tea").result["structuredContent"]["hits"])


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
