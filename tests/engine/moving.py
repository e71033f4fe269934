"""A vault whose notes link to one that is moved, for the tests of moving."""

from vault_engine import Actor
from vault_engine.config import load_config
from vault_engine.engine.session import Session
from vault_engine.journal.entry import Op

TESTER = Actor("agent", "tester", "python")
CANVAS = '{"nodes":[{"id":"1","type":"file","file":"a/N.md"}]}'
NOTES = {
    "a/N.md": "# N\n[[./B]] [[N#N]]\n",
    "a/B.md": "---\nup: '[[N]]' # c\n---\r\n[[N|n]] [t](N.md \"x\") `[[N]]`\r\n",
    "other.md": "\ufeff![[a/N#H|100]]",
    "plain.md": "The word N.\n",
}


def opened(vault, env) -> Session:
    return Session(load_config(vault, env), TESTER)


def files_of(vault) -> dict[str, bytes]:
    """Give every file of the vault that is its owner's."""
    files = [file for file in vault.rglob("*") if file.is_file() and ".memwell" not in file.parts]
    return {file.relative_to(vault).as_posix(): file.read_bytes() for file in files}


def own_entries(session):
    """Give the entries of our own changes."""
    return [entry for entry in session.journal.entries() if entry.change.op is not Op.EXTERNAL]
