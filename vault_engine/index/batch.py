"""Notes on their way to becoming a segment."""

from collections.abc import Mapping

from vault_engine.index.catalogue import Catalogue
from vault_engine.index.filters import Value, filters_of
from vault_engine.index.graph import HeldNames
from vault_engine.index.keyword.analyse import Analyser
from vault_engine.index.keyword.build import Builder
from vault_engine.index.keyword.columns import make_columns
from vault_engine.index.record import Described, Record
from vault_engine.index.segment import Segment
from vault_engine.vault.walk import Signature


class Batch:
    """Takes notes one by one; of their texts only the terms are kept."""

    def __init__(self, analyser: Analyser, boosts: Mapping[str, float], held_names: HeldNames) -> None:
        self._held_names = held_names
        self._builder = Builder(analyser, boosts)
        self._records: list[Record] = []
        self._signatures: list[Signature | None] = []
        self._filters: list[Mapping[str, Value]] = []
        self.row_count = 0

    def __len__(self) -> int:
        return len(self._records)

    def add(self, described: Described, signature: Signature | None) -> None:
        """Take in a note, and what was seen of its file."""
        for fields in described.fields:
            self._builder.add(fields)
        self._records.append(described.record)
        self._signatures.append(signature)
        self._filters.append(filters_of(described.record, self._held_names.of(described.record)))
        self.row_count += len(described.fields)

    def finish(self, gone: tuple[str, ...] = ()) -> Segment:
        """Make the segment, which also says which notes are ``gone``. The batch is used up."""
        return Segment(
            Catalogue.of(self._records, self._signatures), self._builder.finish(), make_columns(self._filters), gone
        )
