"""Many clients at once, by the program that measures it: whatever it takes, nobody is refused and nothing is lost."""

from bench.mcp_load import main


def test_many_connections_and_sessions_over_http(capsys):
    """Readers and searchers, beside the library's own server, and sessions of the older protocol."""
    small = ["--notes", "60", "--seconds", "0.5", "--connections", "8", "--sessions", "100"]
    assert 0 == main(small), capsys.readouterr().out
    assert "nothing failed" in capsys.readouterr().out


def test_many_stdio_servers_in_one_vault(capsys):
    """What was answered is there, is found, and the journal verifies."""
    assert 0 == main(["--stdio", "3", "--notes", "60", "--seconds", "1"]), capsys.readouterr().out
    assert "nothing failed" in capsys.readouterr().out
