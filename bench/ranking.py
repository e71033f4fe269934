"""How good rankings are: recall_any@k and the mean reciprocal rank, in percent. Pure."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field


@dataclass(slots=True)
class Quality:
    """Ranks of the first right answer, one a question; None where none was among the hits."""

    ranks: list[int | None] = field(default_factory=list)  # from 1

    def add(self, found: Sequence[str], gold: Collection[str]) -> None:
        """Take in the answer to one question: the notes found, best first, and those that would be right."""
        self.ranks.append(next((rank for rank, name in enumerate(found, 1) if name in gold), None))

    def recall_any(self, k: int) -> float:
        """Say how many questions have a right answer among the first ``k``, in percent."""
        return self._percent(sum(rank is not None and rank <= k for rank in self.ranks))

    @property
    def mrr(self) -> float:
        """Give the mean of 1 / rank, 0 where nothing right was found, in percent."""
        return self._percent(sum(1 / rank for rank in self.ranks if rank is not None))

    def as_json(self, *ks: int) -> dict[str, object]:
        """Give the figures in the shape of ``eval --json``."""
        return {
            "n": len(self.ranks),
            "recall_any": {str(k): round(self.recall_any(k), 2) for k in ks},
            "mrr": round(self.mrr, 2),
        }

    def _percent(self, count: float) -> float:
        return 100 * count / max(len(self.ranks), 1)
