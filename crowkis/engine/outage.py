"""Writing that a disk error has stopped, and when it is tried again. Soft state: INFO and the gate are told from it.

Never touches a disk: upkeep.py does what is due here.
"""

from crowkis.engine.gate import House
from crowkis.metrics import Metrics

RETRY_FIRST_MS = 200
"""How long after the error resuming is tried first; each further pause is twice as long."""
RETRY_MS_MAX = 5_000


class Outage:
    """At most one at a time. Owned by the actor."""

    def __init__(self, house: House, metrics: Metrics) -> None:
        self._house = house
        self._metrics = metrics
        self.began_ms = 0
        """When writing stopped; 0 while it has not."""
        self.tries = 0
        """Attempts to resume since then that failed."""
        self.failure = ""
        """What went wrong in the last of them, or empty."""
        self.next_ms = 0
        """When it is tried next."""

    def begin(self, cause: str, now_ms: int) -> bool:
        """Refuse writes from now on; False where they are refused already: the first cause counts."""
        if self._house.writes_stopped:
            return False
        self._house.writes_stopped = cause
        self.began_ms, self.tries, self.failure = now_ms, 0, ""
        self.next_ms = now_ms + RETRY_FIRST_MS
        self._metrics.count("writing_stops_total")
        return True

    def try_due(self, now_ms: int) -> bool:
        """Is it time to try again? A clock that was put back does not make it wait."""
        return bool(self._house.writes_stopped) and not self.next_ms - RETRY_MS_MAX <= now_ms < self.next_ms

    def go_on(self, failure: str, now_ms: int) -> int:
        """It was tried in vain; tells how long the pause is now."""
        self.tries += 1
        self.failure = failure
        pause_ms = min(RETRY_MS_MAX, RETRY_FIRST_MS << min(self.tries, 10))
        self.next_ms = now_ms + pause_ms
        return pause_ms

    def end(self) -> None:
        """Take writes again."""
        self._house.writes_stopped = ""
        self.began_ms = 0
