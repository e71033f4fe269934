"""What a client is told at an event, from an open vault."""

from collections.abc import Mapping
from typing import Any

from vault_engine.engine import Engine, Mode
from vault_engine.hooks.events import MAX_CONTEXT_CHARS, MAX_PROMPT_CHARS

CHARS_PER_TOKEN = 4
_FLOOR = 0.3  # of a score: a note that answers worse would rather distract
_FLOOR_BY_WORDS = 0.34  # likewise, where nothing but words was compared
_FEW_NOTES = 30  # in a vault of fewer each word is in a large share of them, and all scores are lower


def context_for(engine: Engine, request: Mapping[str, Any]) -> str:
    """Give the context for a request, between the marks by which it is known again; "" where nothing fits.

    Args:
        engine: the open vault.
        request: ``event``, ``prompt`` and ``budget`` in tokens, checked here, as they may come from anybody.

    Raises:
        ValueError: it is no such request.
    """
    event, prompt, budget = request.get("event"), request.get("prompt"), request.get("budget")
    if event not in ("prompt", "session-start") or not isinstance(prompt, str) or type(budget) is not int:
        raise ValueError("no request")
    tokens = min(max(budget, 1), MAX_CONTEXT_CHARS // CHARS_PER_TOKEN)
    if event == "session-start":
        return engine.context(budget_tokens=tokens, trusted=True).markdown
    if not prompt.strip():
        return ""
    prompt = prompt[:MAX_PROMPT_CHARS]
    best = engine.recall(prompt, limit=1, trusted=True)
    floor = _FLOOR_BY_WORDS if best.mode is Mode.KEYWORD else _FLOOR
    floor *= 0.2 + 0.8 * min(best.notes_searched / _FEW_NOTES, 1)
    if not best.hits or best.hits[0].score < floor:
        return ""
    return engine.context(prompt, budget_tokens=tokens, min_score=floor, pinned=False, trusted=True).markdown
