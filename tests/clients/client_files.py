"""Files of settings as people have them: comments, other servers, odd indentation, tabs, CRLF, marks and the like."""

from vault_engine.clients import CLIENTS, Client
from vault_engine.clients.tree import Syntax

_JSON = {
    "empty": "",
    "blank": "\n\n",
    "braces": "{}",
    "braces with a line end": "{}\n",
    "one line": '{"theme":"dark","KEY":{}}',
    "one line with a server": '{"KEY": {"git": {"command": "git-mcp"}}, "n": 1.50e3}\n',
    "two blanks": '{\n  "theme": "dark",\n  "KEY": {\n    "git": {\n      "command": "git-mcp"\n    }\n  }\n}\n',
    "four blanks": '{\n    "KEY": {\n        "git": {"args": ["a",  "b"]}\n    },\n    "last": [1, 2]\n}',
    "tabs": '{\n\t"KEY": {\n\t\t"git": {}\n\t}\n}\n',
    "odd indentation": '{\n "theme": "dark",\n       "KEY":{\n   "git": { "command":"x" } ,\n "hub":{}\n}}',
    "no such key": '{\n  "theme": "dark",\n  "list": [\n    1\n  ]\n}\n',
    "empty map": '{\n  "KEY": {},\n  "theme": "dark"\n}\n',
    "empty map over lines": '{\n  "KEY": {\n  }\n}\n',
    "comments": (
        '// my settings\n{\n  // servers\n  "KEY": {\n    "git": {} // keep, and "this"\n'
        '    /* "old": {} */\n  },\n  "url": "http://x//y" // not a comment\n}\n// end\n'
    ),
    "only a comment in the map": '{\n  "KEY": {\n    // none yet\n  }\n}\n',
    "only a comment": "// nothing here yet",
    "commas at the end": '{\n  "KEY": {\n    "git": {},\n  },\n}\n',
    "CRLF": '{\r\n  "KEY": {\r\n    "git": {}\r\n  }\r\n}\r\n',
    "byte order mark": '\ufeff{\r\n\t"KEY": {}\r\n}',
    "another memwell": '{\n  "KEY": {\n    "memwell": {"command": "old", "timeout": 5},\n    "git": {}\n  }\n}\n',
    "our name elsewhere": '{\n  "memwell": {"KEY": {"memwell": 1}},\n  "s": "\\u007b\\"memwell\\" \\ud83d é"\n}\n',
}
_TOML = {
    "empty": "",
    "comments": '# mine\nmodel = "o"  # the model\n\n[mcp_servers.git]\ncommand = "git-mcp"\nargs = [\n  "a", # b\n]\n',
    "no line end": 'model = "o"\n[tui]\nnotifications = true',
    "CRLF": 'model = "o"\r\n\r\n[mcp_servers.git]\r\ncommand = "x"\r\n',
    "byte order mark": '\ufeffmodel = "o"\n',
    "blank lines": "a = 1\n\n\n[b]\nc = nan\nd = 1.50\ne = 2026-11-21T10:00:00Z\n\n\n",
    "another memwell": '[mcp_servers.memwell]\ncommand = "old"\n[mcp_servers.memwell.env]\nA = "1"\n# of git\n[git]\n',
    "memwell on a line": '[mcp_servers]\nmemwell = { command = "old" }\ngit = { command = "x" }\n[z]\n',
    "a header in a text": 'x = """\n[mcp_servers.memwell]\ncommand = "no"\n"""\n[[hooks]]\nevent = "Stop"\n',
    "tabs": "[mcp_servers]\n\t[mcp_servers.git]\n\tcommand = 'x'\n",
}
_YAML = {
    "empty": "",
    "comment": "# nothing yet\n",
    "no such key": "model: opus # the model\nlist:\n- a\n- b",
    "null": "KEY:\nmodel: x\n",
    "null with a comment": "KEY: # servers\n\nmodel: x\n",
    "null in words": "KEY: null\nmodel: x\n",
    "CRLF": "model: x\r\nother:\r\n  a: 1\r\n",
    "byte order mark": "\ufeffmodel: x\n",
    "marks of a document": "---\nmodel: x\n...\n",
    "anchors": "base: &base {a: 1}\nuse:\n  <<: *base\ntext: |+\n  two lines\n\n",
    "between braces": '{"model": "x", "n": [1]}\n',
}
_YAML_MAP = {
    "servers": "mcp_servers:\n  git:\n    command: x # why\n    # tail\n  # hub:\n  #   command: y\nmodel: x\n",
    "four blanks": "mcp_servers:\n    git:\n        command: x\n",
    "between braces": "mcp_servers: {git: {command: x}}\nmodel: y\n",
    "braces": "mcp_servers: {}\nmodel: y\n",
    "another memwell": "mcp_servers:\n  memwell:\n    command: old\n    args: [a]\n  git: {}\n",
    "kept text": "mcp_servers:\n  git:\n    note: |\n      memwell:\n        command: no\n\n\nmodel: y\n",
}
_YAML_LIST = {
    "servers": "name: Mine\nmcpServers:\n  - name: git\n    command: x\n  # more\nmodels:\n  - name: m\n",
    "no indentation": "mcpServers:\n- name: git\n  command: x\nmodels: []\n",
    "brackets": "mcpServers: []\nmodels: []\n",
    "between brackets": "mcpServers: [{name: git, command: x}]\n",
    "another memwell": "mcpServers:\n  - name: memwell\n    command: old\n  - name: git\n",
    "dash on its own line": "mcpServers:\n  -\n    name: git\n    command: x\n",
}
BROKEN = {
    Syntax.JSON: (
        "{",
        '{"a": }',
        '{"a": 1} x',
        "[]",
        '"text"',
        '{"KEY": []}',
        '{"KEY": 1}',
        '{"KEY": null}',
        '{"a": 1, "a": 2}',
        "{'a': 1}",
        '{"a": "\x01"}',
        '{"a": "\\x"}',
        "/* {}",
        '{"a": 01}',
        "[" * 100_000,
    ),
    Syntax.TOML: (
        "a = ",
        "[a\n",
        "a = 1\na = 2\n",
        "mcp_servers = 1\n",
        "mcp_servers = {}\n",
        "a = " + "[" * 100_000,
        "a = 1" + "0" * 5_000,
    ),
    Syntax.YAML: (
        "a: [",
        "a: b: c",
        "- a\n",
        "text",
        "KEY: 1\n",
        "a: 1\na: 2\n",
        "a: 1\n---\nb: 1\n",
        "KEY: *no\n",
        "KEY: &all\n  a: {}\nb: *all\n",
        "\ta: 1\n",
        "- " * 5_000,
    ),
}
"""What does not parse, or has something else where the entry belongs."""


def files_of(client: Client) -> dict[str, bytes]:
    """Give files that a client may have, by what is odd about them."""
    setting = client.server
    texts = {Syntax.JSON: _JSON, Syntax.TOML: _TOML, Syntax.YAML: _YAML}[setting.syntax]
    if setting.syntax is Syntax.YAML:
        own = _YAML_LIST if setting.spot.listed else _YAML_MAP
        texts = texts | {f"{name}, ours": text for name, text in own.items()}
    key = setting.spot.keys[0]
    return {name: text.replace("KEY", key).encode() for name, text in texts.items()}


EVERY_FILE = [(client.name, name) for client in CLIENTS for name in files_of(client)]
ONE_OF_A_KIND = [pair for pair in EVERY_FILE if pair[0] in ("cursor", "codex", "hermes", "continue")]
EVERY_BROKEN = [(client.name, at) for client in CLIENTS for at in range(len(BROKEN[client.server.syntax]))]
