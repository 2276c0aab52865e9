"""A circuit breaker: after a few failures in a row, stop asking for a while.

closed --failures_max failures--> open --back-off over--> half-open --success--> closed, --failure--> open, longer.
May be used from several threads. Never waits; time is passed in.
"""

import threading
from collections.abc import Callable
from typing import Literal

State = Literal["closed", "open", "half-open"]

FAILURES_MAX = 3
BACKOFF_FIRST_S = 1.0
BACKOFF_S_MAX = 30.0


class Breaker:
    """Ask permits() before each call, then say succeeded() or failed()."""

    def __init__(self, monotonic_s: Callable[[], float], failures_max: int = FAILURES_MAX) -> None:
        self._monotonic_s = monotonic_s
        self._failures_max = failures_max
        self._lock = threading.Lock()
        self._failures = 0
        self._backoff_s = 0.0
        self._opened_s = 0.0
        self._probe_s: float | None = None

    @property
    def state(self) -> State:
        """Closed: calls go through. Open: none does. Half-open: the back-off is over, one may try."""
        with self._lock:
            return self._state()

    def permits(self) -> bool:
        """May a call be made now? When half-open one caller is let through; the others wait for its word.

        A probe that never reports back stops counting after the longest back-off.
        """
        with self._lock:
            state = self._state()
            if state != "half-open":
                return state == "closed"
            now_s = self._monotonic_s()
            if self._probe_s is not None and now_s - self._probe_s < BACKOFF_S_MAX:
                return False
            self._probe_s = now_s
            return True

    def succeeded(self) -> None:
        """The other side answered."""
        with self._lock:
            self._failures = 0
            self._backoff_s = 0.0
            self._probe_s = None

    def failed(self) -> None:
        """The other side did not answer, or not usefully. Failures that arrive while open (late ones) do not count."""
        with self._lock:
            if self._state() == "open":
                return
            self._failures += 1
            self._probe_s = None
            if self._failures >= self._failures_max:
                self._backoff_s = min(BACKOFF_S_MAX, 2 * self._backoff_s or BACKOFF_FIRST_S)
                self._opened_s = self._monotonic_s()

    def _state(self) -> State:
        if not self._backoff_s:
            return "closed"
        return "open" if self._monotonic_s() - self._opened_s < self._backoff_s else "half-open"
