"""How often somebody may do something: a token bucket. Never reads a clock."""


class Bucket:
    """Holds up to `size` and fills by `per_s` in each second; it begins full."""

    __slots__ = ("_left", "_per_s", "_size", "_then_s")

    def __init__(self, size: float, per_s: float, now_s: float) -> None:
        self._size = self._left = size
        self._per_s = per_s
        self._then_s = now_s

    def wait_s(self, now_s: float) -> float:
        """Seconds until one can be taken; 0: now."""
        self._left = min(self._size, self._left + max(0.0, now_s - self._then_s) * self._per_s)
        self._then_s = max(now_s, self._then_s)
        return 0.0 if self._left >= 1.0 else (1.0 - self._left) / self._per_s

    def take(self, now_s: float) -> float:
        """Take one if there is one; else tells after how many seconds there is."""
        wait_s = self.wait_s(now_s)
        if not wait_s:
            self._left -= 1.0
        return wait_s

    @property
    def full(self) -> bool:
        """Nothing has been taken lately; see wait_s() for when that was worked out."""
        return self._left >= self._size
