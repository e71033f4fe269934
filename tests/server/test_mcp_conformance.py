"""The protocol's own conformance suite on a real server, through a proxy that brings the token."""

import os
import re
import shutil
import socket
import subprocess
from pathlib import Path

import pytest
from http_world import free_port

KIT = Path(__file__).parents[3] / "shared" / "tools" / "mcp_conformance"
OFTEN = "1000"  # the suite asks more often than any client would
DEADLINE_S = 200

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not KIT.exists(), reason="shared/ is not beside the project"),
    pytest.mark.skipif(not shutil.which("npm"), reason="npm is needed to install the suite"),
    pytest.mark.skipif(not shutil.which("bash"), reason="bash is needed to run the suite"),
]


@pytest.fixture
def suite(request, serve, token):
    """Runs one part of the suite; gives its exit code and what it printed. It is installed once."""
    kit = request.config.cache.mkdir("mcp-conformance")
    for file in KIT.rglob("*"):
        if file.is_file():
            target = kit / file.relative_to(KIT)
            target.parent.mkdir(exist_ok=True)
            target.write_bytes(file.read_bytes())
    (kit / "conformance.sh").chmod(0o755)

    def run(part, *options):
        server = serve("--port", str(_two_free_ports()), "--rate", OFTEN, *options)
        url = f"http://127.0.0.1:{server.port}/mcp"
        command = ["bash", str(kit / "conformance.sh"), url, token(scope="admin"), part]
        environment = os.environ | {"OUT": str(kit / "out"), "no_proxy": "127.0.0.1"}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=DEADLINE_S, check=False)
        if not (kit / "conf" / "node_modules").exists():
            pytest.skip("the suite could not be installed")
        return done.returncode, done.stdout

    return run


def _two_free_ports() -> int:
    """Give a port that is free, as is the one after it, where the proxy listens."""
    while True:
        port = free_port()
        with socket.socket() as one:
            if one.connect_ex(("127.0.0.1", port + 1)) != 0:
                return port


def test_what_any_server_must_pass(suite):
    """Seventeen runs, by both revisions, without anything made for the suite."""
    code, said = suite("generic")
    assert 17 == len(re.findall(r"^Passed: (\d+)/\1|^Passed: 26/28", said, re.MULTILINE)), said
    assert 0 == code, said


def test_what_the_revisions_require(suite):
    """Every scenario that is required by the older and by the newest revision, with the suite's own tools."""
    code, said = suite("full", "--conformance-fixtures")
    assert 2 == len(re.findall(r"^Total: \d+ passed", said, re.MULTILINE)), said
    failed = re.findall(r"^  ✗ \S+ \((\w+)\)$", said, re.MULTILINE)
    assert set(failed) <= {"extension", "pending"}, said
    assert 0 == code, said


def test_nobody_else_has_the_suites_tools(serve, token):
    """They are there by the hidden switch only."""
    listed = serve().send(token(), "tools/list").result["tools"]
    assert not [tool["name"] for tool in listed if tool["name"].startswith("test_")]
