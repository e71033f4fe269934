"""What a token is for: which tools, and which notes."""

import json

import pytest

READS = {
    "recall": {"query": "tea"},
    "context": {"query": "tea"},
    "read_note": {"note": "tea"},
    "status": {},
}
WRITES = {
    "remember": {"text": "x", "key": "k", "category": "work"},
    "edit_note": {"note": "cake", "action": "append", "text": "x"},
    "link": {"note": "cake", "target": "tea"},
    "forget": {"note": "tea"},
}


@pytest.fixture
def notes(shared):
    """Notes in two folders, and no others."""
    made = []
    for path, text in {
        "work/tea.md": "# Tea\n\nTea is at four. [[secret plan]]\n",
        "work/cake.md": "# Cake\n\nCake with tea.\n",
        "private/secret plan.md": "# Secret plan\n\nThe canary sings at four, with tea. [[work/tea]]\n",
    }.items():
        file = shared.folder / path
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
        made.append(file)
    yield made
    for file in shared.folder.rglob("*.md"):
        if ".memwell" not in file.parts:
            file.unlink()


class TestScopes:
    """A token to read changes nothing."""

    def test_every_tool_asks_for_a_scope(self, shared, notes):
        """This is the list of all; a new one must be put here."""
        listed = shared.server.send(shared.token(scope="read"), "tools/list").result["tools"]
        assert sorted(READS | WRITES) == sorted(tool["name"] for tool in listed)

    def test_a_token_to_read_may_read(self, shared, notes):
        """Every tool that only reads."""
        server, secret = shared.server, shared.token(scope="read")
        for tool, arguments in READS.items():
            assert not server.call(secret, tool, **arguments).result["isError"], tool

    def test_a_token_to_read_may_not_write(self, shared, notes):
        """The answer says which scope it takes; nothing happened, by either protocol."""
        server, secret = shared.server, shared.token(scope="read")
        session = server.open_session(secret)
        for tool, arguments in WRITES.items():
            body = {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": {"name": tool, "arguments": arguments}}
            for answer in (server.call(secret, tool, **arguments), server.ask("POST", "/mcp", session, body)):
                assert 403 == answer.status
                challenge = answer.headers["www-authenticate"]
                assert 'error="insufficient_scope"' in challenge
                assert 'scope="write"' in challenge
                assert "resource_metadata=" in challenge
        assert all(file.exists() for file in notes)
        assert not (shared.folder / "work/k.md").exists()

    def test_the_tools_ask_again(self, shared, notes):
        """Where the door was shown another tool than the one that is called."""
        server, secret = shared.server, shared.token(scope="read")
        headers = server.open_session(secret)
        call = '{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"forget","arguments":{"note":"tea"}}'
        for body in (
            call + ',"params":{"name":"status"}}',
            '{"params":{"name":"status"},' + call[1:] + "}",
            call.replace('"forget"', '"status","name":"forget"') + "}",
            call.replace('"forget"', '"forget","name":"status"') + "}",
        ):
            server.ask("POST", "/mcp", headers, body)
        assert (shared.folder / "work/tea.md").exists()

    @pytest.mark.parametrize("scope", ["write", "admin"])
    def test_a_token_to_write_may_do_both(self, scope, shared, notes):
        """And one to administer as well."""
        server, secret = shared.server, shared.token(scope=scope)
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
        ("context", {}),
        ("context", {"query": "canary"}),
        ("edit_note", {"note": "private/secret plan.md", "action": "append", "text": "x"}),
        ("edit_note", {"note": "plan", "action": "replace", "old": "four", "text": "five"}),
        ("link", {"note": "secret plan", "target": "tea"}),
    )
    ASKED_OF_ALL = (
        ("note_history", {"note": "private/secret plan.md"}),
        ("backlinks", {"note": "work/tea.md"}),
        ("neighbours", {"note": "work/tea.md"}),
        ("list_notes", {}),
        ("notes_at", {"as_of": "now"}),
        ("journal", {}),
        ("check_vault", {}),
        ("hubs", {}),
    )

    def test_nothing_tells_of_other_notes(self, shared, notes):
        """Neither an answer nor an error has a path, a word or the place of another note."""
        before = (shared.folder / "private/secret plan.md").read_bytes()
        self.ask(self.ASKED, shared.server, shared.token(prefix="work"), shared.folder)

        assert before == (shared.folder / "private/secret plan.md").read_bytes()

    def test_nobody_is_told_of_other_notes(self, shared, notes):
        """A session of the older protocol subscribes to what it reaches; the rest is missing, as one that never was."""
        server, secret = shared.server, shared.token(prefix="work")
        session = server.open_session(secret)

        def subscribe(path):
            params = {"uri": f"note:///{path}"}
            body = {"jsonrpc": "2.0", "id": 2, "method": "resources/subscribe", "params": params}
            return server.ask("POST", "/mcp", session, body).body.decode()

        assert '"result":{}' in subscribe("work/tea.md")
        refused = [subscribe(path).replace(path, "") for path in ("private/secret plan.md", "private/nothing.md")]
        assert refused[0] == refused[1]
        assert "error" in refused[0]

    def test_nothing_tells_where_every_tool_is_offered(self, serve, token, folder):
        """What concerns the whole vault is refused."""
        for name in ("work/tea.md", "private/secret plan.md"):
            (folder / name).parent.mkdir()
            (folder / name).write_text("# Secret plan\n\nThe canary sings. [[tea]] [[secret plan]]\n")
        self.ask(self.ASKED_OF_ALL, serve("--profile", "full"), token(prefix="work"), folder)

    def ask(self, asked, server, secret, folder):
        for tool, arguments in asked:
            said = server.call(secret, tool, **arguments).body.decode()
            told = {part for part in ("private", "canary", "Secret plan", str(folder)) if part in said}
            assert told <= {part for part in told if part in json.dumps(arguments)}, (tool, arguments)

    def test_its_own_notes_are_all_there(self, shared, notes):
        """They are found, counted, read, made and forgotten."""
        server, secret = shared.server, shared.token(prefix="work")
        found = server.call(secret, "recall", query="tea").result["structuredContent"]
        assert {"work/tea.md", "work/cake.md"} == {hit["path"] for hit in found["hits"]}
        assert 2 == found["notes_searched"]
        view = server.call(secret, "read_note", note="tea").result["structuredContent"]
        assert (["secret plan"], []) == (view["unresolved"], view["backlinks"])
        assert 2 == server.call(secret, "status").result["structuredContent"]["notes"]
        assert "work/new.md" == server.call(secret, "remember", text="x", key="new").result["structuredContent"]["path"]
        assert not server.call(secret, "forget", note="new").result["isError"]

    def test_both_tokens_at_once_see_each_its_own(self, shared, notes):
        """One engine answers both, and what it remembers of one search is not another's."""
        server, some, every = shared.server, shared.token(prefix="work"), shared.token()
        for _ in range(3):
            for secret, count in ((some, 2), (every, 3)):
                assert count == len(server.call(secret, "recall", query="tea").result["structuredContent"]["hits"])
