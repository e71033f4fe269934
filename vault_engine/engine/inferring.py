"""What a new note could state of itself and does not: its type and its tier, as its text seems to be."""

from vault_engine.engine.memory import Draft
from vault_engine.lifecycle.kinds import infer


def inferred(drafted: Draft) -> dict[str, str]:
    """Give the type and the tier that a memory does not state, as far as its text tells."""
    stated = drafted.properties
    if stated.get("type") and stated.get("tier"):
        return {}
    kind = infer(drafted.body)
    found = {"type": kind.type, "tier": kind.tier.value if kind.tier else None}
    return {name: value for name, value in found.items() if value and not stated.get(name)}
