"""What a server loads before its first answer: an agent waits for all of it."""

import json
import re
import subprocess
import sys

from memwell_cli.main import run

RARELY_NEEDED = [
    "fastembed",
    "frontmatter",
    "jsonschema",
    "numpy.ma",
    "onnxruntime",
    "tokenizers",
    "vault_engine.engine.bulk",
    "vault_engine.engine.check",
    "vault_engine.engine.conflicts",
    "vault_engine.engine.edit",
    "vault_engine.engine.find",
    "vault_engine.engine.fsck",
    "vault_engine.engine.git",
    "vault_engine.engine.graph_formats",
    "vault_engine.engine.history",
    "vault_engine.engine.maintain",
    "vault_engine.engine.merging",
    "vault_engine.engine.mirror",
    "vault_engine.engine.past",
    "vault_engine.engine.purge",
    "vault_engine.engine.read",
    "vault_engine.engine.remote",
    "vault_engine.engine.reports",
    "vault_engine.engine.resembling",
    "vault_engine.engine.sharing",
    "vault_engine.engine.superseding",
    "vault_engine.engine.sweeping",
    "vault_engine.engine.tokens",
    "vault_engine.engine.undo",
    "vault_engine.engine.write",
    "vault_engine.index.keyword.language",
    "vault_engine.index.keyword.run",
    "vault_engine.index.keyword.schema",
    "vault_engine.index.keyword.suggest",
    "vault_engine.note.body",
    "vault_engine.note.change",
    "vault_engine.note.chunker",
    "vault_engine.note.edit",
    "vault_engine.note.frontmatter",
    "vault_engine.note.logseq.page",
    "vault_engine.note.parser",
    "vault_engine.note.relink",
    "vault_engine.note.scan",
    "vault_engine.search.syntax",
    "vault_engine.server.http",
    "vault_engine.server.mcp.everywhere",
    "vault_engine.server.mcp.fixtures",
    "vault_engine.server.mcp.graph_tools",
    "vault_engine.server.mcp.history_tools",
    "vault_engine.server.mcp.lifecycle_tools",
    "vault_engine.server.mcp.upkeep_tools",
    "vault_engine.sync.bucket",
    "vault_engine.sync.commits",
    "vault_engine.sync.git",
    "vault_engine.sync.logseq",
    "vault_engine.sync.merge",
    "vault_engine.sync.plan",
    "vault_engine.sync.shown",
    "vault_engine.sync.written_over",
    "whoosh.analysis",
    "whoosh.highlight",
    "whoosh.qparser",
    "whoosh.query",
    "whoosh.searching",
    "yaml",
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


def test_a_server_loads_nothing_for_its_first_answer_that_it_does_not_need(tmp_path, monkeypatch):
    """Of a vault with a note, whose index and journal know it, asked for a word of it."""
    vault = tmp_path / "vault"
    monkeypatch.setenv("MEMWELL_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("MEMWELL_EMBEDDER", "none")
    assert 0 == run(["init", str(vault)])
    (vault / "a.md").write_text("the harbour\n", "utf-8")
    assert 0 == run(["recall", "harbour", "--vault", str(vault)])
    command = [sys.executable, "-X", "importtime", "-m", "memwell_cli", "serve", "--vault", str(vault)]
    log = tmp_path / "log"
    with (
        log.open("wb") as stderr,
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=stderr) as server,
    ):
        server.stdin.write(b"".join(json.dumps(message).encode() + b"\n" for message in MESSAGES))
        server.stdin.flush()
        answer = next(found for found in map(json.loads, server.stdout) if found.get("id") == 2)
        loaded = set(re.findall(r"\| +([\w.]+)$", log.read_text("utf-8"), re.MULTILINE))
        server.stdin.close()

    assert ["a.md"] == [hit["path"] for hit in answer["result"]["structuredContent"]["hits"]]
    assert "vault_engine.server.mcp.tools" in loaded
    assert [] == sorted(loaded.intersection(RARELY_NEEDED))
