"""The protocol's older library, ``mcp`` 1.x, as a client: most clients that are in use are built on it."""

import json
import subprocess
import sys
import textwrap
import venv

import pytest

INSTALLING_S, DEADLINE_S = 200, 60

pytestmark = pytest.mark.slow

CLIENT = textwrap.dedent("""
    import asyncio, json, sys
    from mcp import ClientSession, StdioServerParameters
    from mcp.client.stdio import stdio_client
    from mcp.client.streamable_http import streamablehttp_client

    told = asyncio.Queue()

    async def hear(message):
        await told.put(str(message.root.params.uri) if "updated" in message.root.method else message.root.method)

    async def use(transport):
        async with transport as streams, ClientSession(*streams[:2], message_handler=hear) as session:
            hello = await session.initialize()
            tools = (await session.list_tools()).tools
            kept = await session.call_tool("remember", {"text": "Tea at four.", "key": "tea"})
            found = await session.call_tool("recall", {"query": "tea"})
            await session.subscribe_resource("note:///" + kept.structuredContent["path"])
            await session.call_tool("remember", {"text": "Tea at five.", "key": "tea"})
            while (updated := await told.get()).startswith("notifications/"):
                pass
            refused = await session.call_tool("read_note", {"note": "nothing of that name"})
            invalid = await session.call_tool("recall", {"limit": 1})
            return {
                "server": hello.serverInfo.name,
                "tools": len(tools),
                "updated": updated,
                "kept": kept.structuredContent["path"],
                "found": [hit["path"] for hit in found.structuredContent["hits"]],
                "errors": [kept.isError, found.isError, refused.isError, invalid.isError],
                "said": refused.content[0].text,
            }

    config = json.loads(sys.argv[1])["mcpServers"]["memwell"]
    if "url" in config:
        transport = streamablehttp_client(config["url"], headers=config["headers"])
    else:
        transport = stdio_client(StdioServerParameters(**config))
    print(json.dumps(asyncio.run(use(transport))))
""")


@pytest.fixture(scope="module")
def older(tmp_path_factory):
    """Gives what runs a program of the older library, in an environment of its own; skipped without an index."""
    folder = tmp_path_factory.mktemp("older")
    venv.create(folder, with_pip=True)
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    command = [str(python), "-m", "pip", "install", "--quiet", "--retries", "0", "mcp<2"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=INSTALLING_S, check=False)
    if done.returncode:
        pytest.skip(f"mcp 1.x can't be installed here: {done.stderr.strip().splitlines()[-1]}")

    def run(config):
        settings = json.dumps({"mcpServers": {"memwell": config}})
        asked = [str(python), "-c", CLIENT, settings]
        done = subprocess.run(asked, capture_output=True, text=True, timeout=DEADLINE_S, check=False)
        assert 0 == done.returncode, done.stderr
        return json.loads(done.stdout)

    return run


def _check(outcome):
    assert {"server": "memwell", "tools": 8} == {name: outcome[name] for name in ("server", "tools")}
    assert [outcome["kept"]] == outcome["found"]
    assert f"note:///{outcome['kept']}" == outcome["updated"]
    assert [False, False, True, True] == outcome["errors"]
    assert "Find it with recall." in outcome["said"]


def test_over_stdio(older, folder, environment):
    """By the settings that README shows: initialize, list, calls, an error that can be read."""
    command = {"command": sys.executable, "args": ["-m", "memwell_cli", "serve", "--vault", str(folder)]}
    _check(older(command | {"env": environment}))


def test_over_http(older, serve, token):
    """By the settings that docs/server.md shows, with a token."""
    url = f"http://127.0.0.1:{serve().port}/mcp"
    _check(older({"url": url, "headers": {"Authorization": f"Bearer {token()}"}}))
