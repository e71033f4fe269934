"""How often each caller may ask, and how many sessions it may have. Pure: the time is an argument."""

_KEPT = 1_000  # callers that are remembered; who has not asked for long has a full bucket again anyway


class Rates:
    """A bucket for each caller: every request takes one out, and it fills again with time."""

    def __init__(self, per_s: float, burst: float) -> None:
        """Begin with full buckets.

        Args:
            per_s: how many requests a second go in.
            burst: how many a full bucket has.
        """
        self._per_s, self._burst = per_s, burst
        self._buckets: dict[str, tuple[float, float]] = {}  # how many there were, and when

    def take(self, caller: str, now_s: float) -> float:
        """Take one request out; give 0, or the seconds to wait where none is left."""
        level, then_s = self._buckets.get(caller, (self._burst, now_s))
        level = min(level + (now_s - then_s) * self._per_s, self._burst)
        is_empty = level < 1
        self._buckets[caller] = (level if is_empty else level - 1, now_s)
        if len(self._buckets) > _KEPT:
            self._forget_full(now_s)
        return (1 - level) / self._per_s if is_empty else 0.0

    def _forget_full(self, now_s: float) -> None:
        full_s = self._burst / self._per_s
        self._buckets = {caller: one for caller, one in self._buckets.items() if now_s - one[1] < full_s}


class Sessions:
    """The sessions of each caller, as far as their last requests tell."""

    def __init__(self, most: int, idle_s: float) -> None:
        """Begin with none.

        Args:
            most: of one caller.
            idle_s: after so long without a request a session is over.
        """
        self._most, self._idle_s = most, idle_s
        self._used_s: dict[str, dict[str, float]] = {}  # by caller and session: when it was used last

    def use(self, caller: str, session: str, now_s: float) -> None:
        """Note that a caller has opened or used a session."""
        self._used_s.setdefault(caller, {})[session] = now_s

    def end(self, caller: str, session: str) -> None:
        """Note that a session is over."""
        self._used_s.get(caller, {}).pop(session, None)

    def are_full(self, caller: str, now_s: float) -> bool:
        """Say whether a caller has as many as it may have."""
        used = {session: at for session, at in self._used_s.get(caller, {}).items() if now_s - at < self._idle_s}
        self._used_s[caller] = used
        return len(used) >= self._most
