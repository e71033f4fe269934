"""Memwell's engine: long-term memory for AI agents, kept as a folder of plain Markdown notes.

>>> from vault_engine import Engine, Memory
>>> with Engine.open("my-vault") as engine:
...     engine.remember(Memory("We answer errors as RFC 9457 problem details.", category="decisions"))
...     engine.recall("what do our API errors look like?").hits
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vault_engine.engine import Actor, Engine, Memory, Mode
    from vault_engine.errors import Kind, MemwellError

__version__ = "0.1.0"
__all__ = ["Actor", "Engine", "Kind", "Memory", "MemwellError", "Mode", "__version__"]

_FROM_ERRORS = ("Kind", "MemwellError")


def __getattr__(name: str) -> Any:
    """Load the engine when something of it is first asked for: what answers a hook has no time for it."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module(f"{__name__}.{'errors' if name in _FROM_ERRORS else 'engine'}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
