"""How often each word was run and how long it took: what INFO commandstats, latencystats and LATENCY HISTOGRAM show.

The actor adds to a row for each call (decision: two additions to one list), so a row is a plain list of numbers:

    0 to 63    calls that took from 2**(place - 1) up to 2**place - 1 nanoseconds
    NS         nanoseconds of all calls together
    FAILED     calls that ended with an error; they are in no other place
    REJECTED   requests that never became a call: not allowed, not possible now, or with wrong arguments

A call that waits for an errand is counted once, when it begins; what it does afterwards is added to NS.
Never reads a clock.
"""

from typing import NamedTuple

CLASSES = 64
NS, FAILED, REJECTED = CLASSES, CLASSES + 1, CLASSES + 2
PERCENTILES = (50.0, 99.0, 99.9)


class Tally(NamedTuple):
    """What a row says, in the units INFO uses."""

    calls: int
    usec: int
    rejected: int
    failed: int


class Tallies(dict[str, list[int]]):
    """Rows by the words' names in COMMANDS; a word begins with its first call."""

    def __missing__(self, name: str) -> list[int]:
        row = self[name] = [0] * (CLASSES + 3)
        return row

    def fail(self, name: str, rejected: bool) -> None:
        """A request for this word was answered with an error; `rejected`: before it was run."""
        self[name][REJECTED if rejected else FAILED] += 1

    def read(self, name: str) -> Tally:
        """A word's row, added up."""
        row = self[name]
        return Tally(sum(row[:CLASSES]) + row[FAILED], row[NS] // 1000, row[REJECTED], row[FAILED])

    def percentiles(self, name: str) -> list[float] | None:
        """Microseconds under which so many of a hundred calls stay (PERCENTILES); None: it never ran to its end.

        Each is the upper end of a class, so it is at most twice what it should be.
        """
        row, found = self[name][:CLASSES], []
        total = sum(row)
        if not total:
            return None
        for share in PERCENTILES:
            wanted, seen, place = total * share / 100, 0, 0
            while seen < wanted:
                seen += row[place]
                place += 1
            found.append((1 << max(0, place - 1)) / 1000)
        return found

    def histogram(self, name: str) -> dict[int, int]:
        """Calls that took at most so many microseconds, each a power of two; those that add nothing are left out."""
        row, found, seen = self[name][:CLASSES], {}, 0
        for place, count in enumerate(row):
            if count:
                seen += count
                found[max(1, 1 << max(0, place - 10))] = seen
        return found
