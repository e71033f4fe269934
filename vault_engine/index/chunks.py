"""The chunks of an index, for those who embed them in another thread."""

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from vault_engine.index.vector_log import Keys

if TYPE_CHECKING:
    from vault_engine.index.store import Index


class IndexChunks:
    """The chunks of an index, for those who embed them; see `Chunks`."""

    def __init__(self, index: "Index", guard: AbstractContextManager[object]) -> None:
        self._index, self._guard = index, guard

    def keys(self) -> Keys:
        """See `Chunks.keys`."""
        with self._guard:
            return self._index.view.distinct_keys

    def texts(self, keys: Keys) -> dict[bytes, str]:
        """See `Chunks.texts`."""
        wanted = [key.tobytes() for key in keys]
        texts: dict[bytes, str] = {}
        with self._guard:
            for path in self._index.view.notes_with(keys):
                texts |= self._index.texts_of(path)
        return {key: texts[key] for key in wanted if key in texts}
