"""What a server loads before its first answer: an agent waits for all of it."""

import json
import os
import re
import subprocess
import sys

from memwell_cli.main import run

RARELY_NEEDED = [
    "jsonschema",
    "vault_engine.engine.bulk",
    "vault_engine.engine.check",
    "vault_engine.engine.conflicts",
    "vault_engine.engine.fsck",
    "vault_engine.engine.graph_formats",
    "vault_engine.engine.history",
    "vault_engine.engine.mirror",
    "vault_engine.engine.past",
    "vault_engine.engine.purge",
    "vault_engine.engine.remote",
    "vault_engine.engine.resembling",
    "vault_engine.engine.superseding",
    "vault_engine.engine.tokens",
    "vault_engine.engine.undo",
    "vault_engine.server.http",
    "vault_engine.server.mcp.fixtures",
    "vault_engine.server.mcp.graph_tools",
    "vault_engine.server.mcp.history_tools",
    "vault_engine.server.mcp.lifecycle_tools",
    "vault_engine.server.mcp.upkeep_tools",
    "vault_engine.sync.bucket",
    "vault_engine.sync.logseq",
]
HELLO = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}
MESSAGES = (
    {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": HELLO},
    {"jsonrpc": "2.0", "method": "notifications/initialized"},
    {
        "jsonrpc": "2.0",
        "id": 2,
        "method": "tools/call",
        "params": {"name": "recall", "arguments": {"query": "harbour", "mode": "keyword"}},
    },
)


def test_a_server_loads_nothing_for_its_first_answer_that_it_does_not_need(tmp_path):
    """Of a vault with a note, asked for a word of it."""
    vault = tmp_path / "vault"
    assert 0 == run(["init", str(vault)])
    (vault / "a.md").write_text("the harbour\n", "utf-8")
    env = os.environ | {"MEMWELL_CACHE_DIR": str(tmp_path / "cache"), "MEMWELL_EMBEDDER": "none"}
    command = [sys.executable, "-X", "importtime", "-m", "memwell_cli", "serve", "--vault", str(vault)]
    log = tmp_path / "log"
    with (
        log.open("wb") as stderr,
        subprocess.Popen(command, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=stderr) as server,
    ):
        server.stdin.write(b"".join(json.dumps(message).encode() + b"\n" for message in MESSAGES))
        server.stdin.flush()
        answer = next(found for found in map(json.loads, server.stdout) if found.get("id") == 2)
        loaded = set(re.findall(r"\| +([\w.]+)$", log.read_text("utf-8"), re.MULTILINE))
        server.stdin.close()

    assert ["a.md"] == [hit["path"] for hit in answer["result"]["structuredContent"]["hits"]]
    assert "vault_engine.server.mcp.tools" in loaded
    assert [] == sorted(loaded.intersection(RARELY_NEEDED))
