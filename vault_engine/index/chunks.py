"""The chunks of an index, for those who embed them in another thread."""

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from vault_engine.index.record import judged_text
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

    def turn_keys(self) -> Keys:
        """Give the key of every turn of a conversation, distinct, shape ``(n, 16)``."""
        with self._guard:
            return self._index.view.turn_keys

    def texts(self, keys: Keys) -> dict[bytes, str]:
        """See `Chunks.texts`."""
        wanted = [key.tobytes() for key in keys]
        texts: dict[bytes, str] = {}
        with self._guard:
            for path in self._index.view.notes_with(keys):
                texts |= self._index.texts_of(path)
        return {key: texts[key] for key in wanted if key in texts}


class JudgedChunks:
    """The chunks of an index whose token vectors should be there, for those who make them; see `JudgedTexts`."""

    def __init__(self, chunks: IndexChunks, *, only_turns: bool) -> None:
        self._chunks, self._only_turns = chunks, only_turns

    def keys(self) -> Keys:
        """See `JudgedTexts.keys`."""
        return self._chunks.turn_keys() if self._only_turns else self._chunks.keys()

    def texts(self, keys: Keys) -> dict[bytes, str]:
        """See `JudgedTexts.texts`."""
        return {key: judged_text(text) for key, text in self._chunks.texts(keys).items()}
