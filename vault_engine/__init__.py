"""Memwell's engine: long-term memory for AI agents, kept as a folder of plain Markdown notes.

>>> from vault_engine import Engine, Memory
>>> with Engine.open("my-vault") as engine:
...     engine.remember(Memory("We answer errors as RFC 9457 problem details.", category="decisions"))
...     engine.recall("what do our API errors look like?").hits
"""

from vault_engine.engine import Actor, Engine, Memory, Mode
from vault_engine.errors import Kind, MemwellError

__version__ = "0.1.0"
__all__ = ["Actor", "Engine", "Kind", "Memory", "MemwellError", "Mode", "__version__"]
