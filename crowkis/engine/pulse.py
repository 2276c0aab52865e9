"""How busy the server is now: commands and bytes per second, over the last second or two."""

from collections import deque
from typing import NamedTuple

from crowkis.metrics import Metrics

BEATS = 16
BEAT_MS = 100


class Rates(NamedTuple):
    """Per second."""

    commands: float
    input_bytes: float
    output_bytes: float


class Pulse:
    """The last BEATS readings of the counters."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._beats: deque[tuple[int, int, int, int]] = deque(maxlen=BEATS)

    def beat(self, now_ms: int) -> None:
        """To be called a few times a second."""
        if self._beats and now_ms - self._beats[-1][0] < BEAT_MS:
            return
        plain = self._metrics.plain
        self._beats.append(
            (now_ms, plain["commands_total"], plain["net_input_bytes_total"], plain["net_output_bytes_total"])
        )

    def rates(self) -> Rates:
        """From the oldest reading to the newest; 0 while there are no two, or where the counters were set back."""
        if len(self._beats) < 2:
            return Rates(0.0, 0.0, 0.0)
        old, new = self._beats[0], self._beats[-1]
        seconds = max(1, new[0] - old[0]) / 1000
        return Rates(*(max(0, after - before) / seconds for before, after in zip(old[1:], new[1:], strict=True)))
