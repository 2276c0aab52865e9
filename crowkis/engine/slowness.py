"""Calls that took long, and other long stretches: what SLOWLOG and LATENCY show. Soft: forgotten at a restart.

Holds of a request what may be shown of it and no more; see line() of feed.py. Never reads a clock.
"""

from collections import deque
from typing import NamedTuple

from crowkis.settings import Settings
from crowkis.values.limits import SLOW_ARGUMENT_BYTES_MAX, SLOW_ARGUMENTS_MAX, SPIKES_MAX

NEVER_NS = 1 << 63


class SlowCall(NamedTuple):
    """A line of SLOWLOG."""

    number: int
    at_s: int
    took_us: int
    words: list[bytes]
    address: str
    client_name: str


class Spike(NamedTuple):
    """The longest of one kind of event within a second."""

    at_s: int
    took_ms: int


class Slowness:
    """The last slow calls, and by event the last seconds in which something took long."""

    def __init__(self, settings: Settings) -> None:
        self.calls: deque[SlowCall] = deque()
        """The newest first, at most slowlog_max_len."""
        self.spikes: dict[str, deque[Spike]] = {}
        """By event, the newest last."""
        self.longest_ms: dict[str, int] = {}
        """By event, since it was last reset."""
        self.notable_ns = NEVER_NS
        """Whatever takes at least so long is to be noted."""
        self._settings = settings
        self._last = -1
        self.refresh()

    def refresh(self) -> None:
        """The settings may have changed."""
        slow_us, spike_ms = self._settings.slowlog_log_slower_than, self._settings.latency_monitor_threshold
        self.notable_ns = min(slow_us * 1_000 if slow_us >= 0 else NEVER_NS, spike_ms * 1_000_000 or NEVER_NS)

    def note_call(self, words: list[bytes], address: str, name: str, took_ns: int, now_ms: int) -> None:
        """A call took long, perhaps; `words` are what may be shown of it."""
        slow_us, took_us = self._settings.slowlog_log_slower_than, took_ns // 1_000
        if not 0 <= slow_us <= took_us:
            return
        self._last += 1
        self.calls.appendleft(SlowCall(self._last, now_ms // 1000, took_us, shortened(words), address, name))
        while len(self.calls) > self._settings.slowlog_max_len:
            self.calls.pop()

    def note_event(self, event: str, took_ns: int, now_ms: int) -> None:
        """Something took long, perhaps."""
        threshold_ms, took_ms, at_s = self._settings.latency_monitor_threshold, took_ns // 1_000_000, now_ms // 1000
        if not threshold_ms or took_ms < threshold_ms:
            return
        rows = self.spikes.setdefault(event, deque(maxlen=SPIKES_MAX))
        self.longest_ms[event] = max(self.longest_ms.get(event, 0), took_ms)
        if rows and rows[-1].at_s == at_s:
            took_ms = max(took_ms, rows.pop().took_ms)
        rows.append(Spike(at_s, took_ms))

    def forget_events(self, events: list[str]) -> int:
        """Forget these events, or all; tells how many there were."""
        gone = [event for event in (events or list(self.spikes)) if event in self.spikes]
        for event in gone:
            del self.spikes[event], self.longest_ms[event]
        return len(gone)


def shortened(words: list[bytes]) -> list[bytes]:
    """A request as a line holds it: so many words, each so long, with a note of what was left out."""
    kept = words if len(words) <= SLOW_ARGUMENTS_MAX else words[: SLOW_ARGUMENTS_MAX - 1]
    cut = [
        word if len(word) <= SLOW_ARGUMENT_BYTES_MAX
        else word[:SLOW_ARGUMENT_BYTES_MAX] + b"... (%d more bytes)" % (len(word) - SLOW_ARGUMENT_BYTES_MAX)
        for word in kept
    ]  # fmt: skip
    return [*cut, b"... (%d more arguments)" % (len(words) - len(kept))] if len(kept) < len(words) else cut
