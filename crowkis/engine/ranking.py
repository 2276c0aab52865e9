"""What is met most often, in bounded memory: counters that are thinned out when there are too many (Misra and Gries).

Whatever is met more often than once in KEPT times stays; one look-up in a dictionary per meeting, and a purge now and
then. Never reads a clock.
"""

from collections.abc import Callable

KEPT = 512
"""Counters left by a purge;"""
COUNTERS_MAX = 4 * KEPT
"""one comes when there would be more than so many."""


class Counter:
    """One thing and how often it was met since it entered."""

    __slots__ = ("at_ms", "count", "exact", "reason", "tenant", "text", "usd", "weight")

    def __init__(self, tenant: str) -> None:
        self.tenant = tenant
        self.weight = 0
        """What competes: meetings less what purges took."""
        self.count = 0
        self.exact = 0
        """Of them those in the very same words."""
        self.usd = 0.0
        self.text = ""
        self.reason = ""
        self.at_ms = 0
        """Of the last meeting."""


class Ranking:
    """Counters by key."""

    def __init__(self) -> None:
        self.by_key: dict[bytes, Counter] = {}

    def meet(self, key: bytes, tenant: str, now_ms: int, times: int = 1) -> Counter:
        """The counter of a key, raised."""
        counter = self.by_key.get(key)
        if counter is None:
            if len(self.by_key) >= COUNTERS_MAX:
                self._purge()
            counter = self.by_key[key] = Counter(tenant)
        counter.weight += times
        counter.count += times
        counter.at_ms = now_ms
        return counter

    def top(self, most: int, wanted: Callable[[Counter], bool]) -> list[tuple[bytes, Counter]]:
        """The keys met most often, the lately met first where that is equal."""
        rows = [row for row in self.by_key.items() if wanted(row[1])]
        return sorted(rows, key=lambda row: (-row[1].count, -row[1].at_ms))[:most]

    def drop(self, tenant: str | None) -> None:
        """Forget a tenant's, or (None) all."""
        self.by_key = {key: row for key, row in self.by_key.items() if tenant not in (None, row.tenant)}

    def _purge(self) -> None:
        """All but the greatest go, of equals those met longest ago; the others lose what the best of it had."""
        rows = sorted(self.by_key.items(), key=lambda row: (-row[1].weight, -row[1].at_ms))
        taken = rows[KEPT][1].weight
        self.by_key = dict(rows[:KEPT])
        for counter in self.by_key.values():
            counter.weight -= taken
