"""The profiles of other memories over HTTP: what a token is for holds for their tools too."""

import json

from vault_engine.server.mcp.compat.systems import SYSTEMS

FOLDER = {
    "work/tea.md": "# Tea\n\nTea is at four. [[secret plan]]\n",
    "private/secret plan.md": "The canary has tea.\n",
}
SAMPLES = {
    "string": "tea",
    "integer": 1,
    "number": 0.5,
    "boolean": False,
    "array": [],
    "object": {},
}


def arguments(row):
    """Give what a tool needs, about the note that the token does not reach where that can be said."""
    given = {one.name: SAMPLES[one.type] for one in row.parameters if one.is_required}
    named = {"id": "private/secret plan.md", "to_id": "private/secret plan.md", "layer": "episodic"}
    named |= {"category": "private", "key": "secret plan", "from_category": "private", "from_key": "secret plan"}
    return (
        given
        | {name: value for name, value in named.items() if name in given}
        | {name: "{}" for name in ("body_json", "value_json") if name in given}
    )


def test_no_tool_tells_of_what_a_token_does_not_reach(serve, token, folder):
    """Nor changes it; one to read changes nothing at all."""
    for path, text in FOLDER.items():
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_text(text)
    reader, narrow = token("reader", scope="read"), token("narrow", prefix="work")
    server = serve("--profile", "mimir", "--rate", "1000")
    for row in SYSTEMS["mimir"].rows:
        if row.way != "served":
            continue
        if row.does != "reads":
            assert 403 == server.call(reader, row.tool, **arguments(row)).status, row.tool
        answer = server.call(narrow, row.tool, **arguments(row))
        said = json.dumps(answer.result) if answer.status == 200 else ""
        assert "canary" not in said, row.tool
    found = server.call(narrow, "mimir_recall", query="tea").result["structuredContent"]["items"]
    assert ["work"] == [one["category"] for one in found]
    assert FOLDER["private/secret plan.md"] == (folder / "private/secret plan.md").read_text()
