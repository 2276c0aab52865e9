"""Several sorted streams of changes, newest first, as the one stream they amount to.

The newest word on a key is the only one that counts; a removed range silences every older stream within it.
Never decides what may be dropped for good: tree.py does.
"""

from collections.abc import Iterable, Iterator, Sequence
from heapq import merge
from typing import NamedTuple

from crowkis.storage.memtable import Pair
from crowkis.storage.ranges import NONE, Ranges


class Source(NamedTuple):
    """One stream: its pairs are newer than its own ranges, and both are newer than every later source."""

    pairs: Iterable[Pair]
    ranges: Ranges = NONE


def merged(sources: Sequence[Source]) -> Iterator[Pair]:
    """Pairs in key order, each key once, None where it is removed; newest source first."""
    if len(sources) == 1:
        return iter(sources[0].pairs)
    tagged = [_tagged(source.pairs, age) for age, source in enumerate(sources)]
    return _newest(merge(*tagged), [source.ranges for source in sources])


def _tagged(pairs: Iterable[Pair], age: int) -> Iterator[tuple[bytes, int, bytes | None]]:
    return ((key, age, value) for key, value in pairs)


def _newest(stream: Iterator[tuple[bytes, int, bytes | None]], ranges: list[Ranges]) -> Iterator[Pair]:
    last = None
    silencing = [[newer for newer in ranges[:age] if newer] for age in range(len(ranges))]
    for key, age, value in stream:
        if key == last:
            continue
        last = key
        if not any(newer.covers(key) for newer in silencing[age]):
            yield key, value
