"""Which notes have a name, and which are filed under a category and key: found without looking at every note."""

from vault_engine.index.filters import AT, FILED, NAME, filed_word
from vault_engine.index.layers import Layers
from vault_engine.note import path_key


class Names:
    """Paths by what a note is called. Spellings that some device takes for the same are the same."""

    def __init__(self, notes: Layers) -> None:
        self._notes = notes

    def named(self, stem: str) -> list[str]:
        """List the notes whose file has that name, wherever they are."""
        return self._notes.having(NAME, path_key(stem))

    def at(self, path: str) -> list[str]:
        """List the notes that some device finds at that path."""
        return self._notes.having(AT, path_key(path))

    def filed_as(self, category: str, key: str) -> list[str]:
        """List the notes that say of themselves that they have this category and key."""
        return self._notes.having(FILED, filed_word(category, key))
