"""A sorted table: written once from first key to last, then only read; FORMAT.md has its grammar.

Every block carries a checksum that also says where it belongs; what does not agree is Corruption naming file and byte,
never a value. A table is whole when its footer is; the manifest says which tables count.
Reading is safe in any thread. Never changes a file, never decides what is newer: version.py does.
"""

import re
import struct
import zlib
from array import array
from bisect import bisect_right
from collections.abc import Iterator
from itertools import chain
from struct import Struct
from typing import Final, NamedTuple

import lz4.block

from crowkis.interfaces import File, Filesystem, RandomFile
from crowkis.storage import bloom
from crowkis.storage.block import MISSING, Block, Missing, encode_block
from crowkis.storage.cache import BlockCache
from crowkis.storage.errors import Corruption, UnknownFormat
from crowkis.storage.memtable import Pair
from crowkis.storage.ranges import NONE, Ranges, later_end
from crowkis.storage.record import HEADER_BYTES, TABLE_MAGIC, encode_header, read_header
from crowkis.values.limits import KIB, MIB

BLOCK_BYTES = 16 * KIB
"""A block is closed when its keys and values reach this; one larger value is a block of its own."""
WRITE_BYTES = 128 * KIB
SYNC_BYTES = 8 * MIB
"""Synced so often while written, so that the log's syncs never wait behind a whole table."""
TABLE_VERSION = 1
FOOTER_MAGIC = b"CROWKEND"

_PLAIN, _LZ4 = 0, 1
_BLOCK_HEAD = Struct("<IBII")
_BLOCK_LABEL = Struct("<BII")
_CRC = Struct("<I")
BLOCK_HEAD_BYTES = _BLOCK_HEAD.size
_PLACE = Struct("<4sQQ")
_FOOTER = Struct("<IBQQQQQQQ")
_FOOTER_END = Struct("<I8s")
FOOTER_BYTES = _FOOTER.size + _FOOTER_END.size
_OFFSET = Struct("<Q")

_TABLE_NAME = re.compile(r"(\d{6,})\.table")


def table_name(number: int) -> str:
    """The file name of a table."""
    return f"{number:06}.table"


def table_number(name: str) -> int | None:
    """The number of the table called `name`, or None for other files."""
    match = _TABLE_NAME.fullmatch(name)
    return int(match[1]) if match and table_name(int(match[1])) == name else None


class Facts(NamedTuple):
    """What a footer says."""

    version: int
    level: int
    """The level it was written for."""
    entries: int
    """Removed keys included."""
    removed: int
    held_bytes: int
    """Keys and values together."""
    index_at: int
    filter_at: int
    ranges_at: int
    number: int


class Written(NamedTuple):
    """A table just written, as the manifest names it."""

    number: int
    size_bytes: int
    footer_crc: int
    facts: Facts


def _seed(mark: bytes, number: int, offset: int) -> int:
    return zlib.crc32(_PLACE.pack(mark, number, offset))


class TableWriter:
    """Add pairs in key order, then finish(). Raises OSError."""

    def __init__(self, filesystem: Filesystem, number: int, level: int, mark: bytes) -> None:
        self._number = number
        self._level = level
        self._mark = mark
        self._file: File = filesystem.create(table_name(number))
        self._buffer = bytearray(encode_header(TABLE_MAGIC, number, mark))
        self.size_bytes = len(self._buffer)
        self._unsynced_bytes = 0
        self._keys: list[bytes] = []
        self._values: list[bytes | None] = []
        self._block_bytes = 0
        self._firsts: list[bytes] = []
        self._offsets: list[bytes | None] = []
        self._hashes = array("I")
        self._removed = 0
        self._held_bytes = 0
        self._last = b""

    @property
    def entries(self) -> int:
        """Pairs added so far."""
        return len(self._hashes)

    def add(self, key: bytes, value: bytes | None) -> None:
        """The next pair; None is a removed key."""
        self._keys.append(key)
        self._values.append(value)
        self._hashes.append(zlib.crc32(key))
        if value is None:
            self._removed += 1
            self._block_bytes += len(key)
        else:
            self._block_bytes += len(key) + len(value)
        if self._block_bytes >= BLOCK_BYTES:
            self._close_block()

    def finish(self, ranges: Ranges) -> Written:
        """Write what is left, index, filter, ranges and footer; durable when this returns, but for its name."""
        if self._keys:
            self._close_block()
        index_at = self.size_bytes
        if self._firsts:
            self._firsts.append(self._last)
            self._offsets.append(_OFFSET.pack(index_at))
        self._write_block(encode_block(self._firsts, self._offsets))
        filter_at = self.size_bytes
        self._write_block(bloom.build(self._hashes))
        ranges_at = self.size_bytes
        starts, ends = [start for start, _ in ranges.intervals], [end for _, end in ranges.intervals]
        self._write_block(encode_block(starts, ends))
        facts = Facts(TABLE_VERSION, self._level, self.entries, self._removed, self._held_bytes,
                      index_at, filter_at, ranges_at, self._number)  # fmt: skip
        footer = _FOOTER.pack(*facts)
        crc = zlib.crc32(footer, _seed(self._mark, self._number, self.size_bytes))
        self._buffer += footer + _FOOTER_END.pack(crc, FOOTER_MAGIC)
        self.size_bytes += FOOTER_BYTES
        self._file.append(bytes(self._buffer))
        self._file.sync()
        self._file.close()
        return Written(self._number, self.size_bytes, crc, facts)

    def give_up(self) -> None:
        """Let go of the file; the caller removes it."""
        self._file.close()

    def _close_block(self) -> None:
        self._firsts.append(self._keys[0])
        self._offsets.append(_OFFSET.pack(self.size_bytes))
        self._last = self._keys[-1]
        self._held_bytes += self._block_bytes
        self._write_block(encode_block(self._keys, self._values))
        self._keys, self._values, self._block_bytes = [], [], 0

    def _write_block(self, raw: bytes) -> None:
        codec, stored = _LZ4, lz4.block.compress(raw, store_size=False)
        if len(stored) > len(raw) - len(raw) // 16:
            codec, stored = _PLAIN, raw
        label = _BLOCK_LABEL.pack(codec, len(raw), len(stored))
        crc = zlib.crc32(stored, zlib.crc32(label, _seed(self._mark, self._number, self.size_bytes)))
        self._buffer += _CRC.pack(crc) + label + stored
        self.size_bytes += BLOCK_HEAD_BYTES + len(stored)
        if len(self._buffer) >= WRITE_BYTES:
            self._file.append(bytes(self._buffer))
            self._unsynced_bytes += len(self._buffer)
            self._buffer.clear()
            if self._unsynced_bytes >= SYNC_BYTES:
                self._file.sync()
                self._unsynced_bytes = 0


class Table:
    """An open table. Its file is let go with the last reference, so readers may outlive its removal."""

    __slots__ = ("_cache", "_file", "_filter", "_firsts", "_mark", "_offsets", "end", "facts", "footer_crc", "last",
                 "name", "number", "ranges", "size_bytes", "start")  # fmt: skip

    def __init__(self, filesystem: Filesystem, number: int, cache: BlockCache) -> None:
        """Read everything but the blocks. Raises OSError, Corruption or UnknownFormat."""
        self.number: Final = number
        self.name: Final = table_name(number)
        self._cache = cache
        try:
            self._file: RandomFile = filesystem.open(self.name)
        except FileNotFoundError:
            raise Corruption(self.name, 0, "is missing, though the manifest names it") from None
        self.size_bytes = self._file.size_bytes
        self._mark = read_header(self.name, self._file.read_at(0, HEADER_BYTES), TABLE_MAGIC, number)
        footer_at = self.size_bytes - FOOTER_BYTES
        self.facts, self.footer_crc = self._read_footer(footer_at)
        facts = self.facts
        index = self._decoded(facts.index_at, facts.filter_at - facts.index_at)
        ranges = self._decoded(facts.ranges_at, footer_at - facts.ranges_at)
        self._filter = bloom.load(self._read(facts.filter_at, facts.ranges_at - facts.filter_at))
        self._firsts = index.keys()
        self._offsets = array("Q", [_OFFSET.unpack(offset or b"")[0] for offset in index.values()])
        self.last: Final = self._firsts.pop() if self._firsts else b""
        """The last key, where there is one."""
        self.ranges: Final = Ranges(ranges.pairs()) if ranges.count else NONE
        starts = [start for start, _ in self.ranges.intervals[:1]] + self._firsts[:1]
        self.start: Final = min(starts, default=b"")
        """Nothing in it is before this key."""
        end: bytes | None = self.last + b"\0" if self._firsts else self.start
        for _, range_end in self.ranges.intervals[-1:]:
            end = later_end(end, range_end)
        self.end: Final = end
        """Everything in it is before this key; None: there is no such key."""

    @property
    def blocks(self) -> int:
        """How many blocks of pairs there are."""
        return len(self._firsts)

    @property
    def memory_bytes(self) -> int:
        """Memory held for index and filter, approximately."""
        return 8 * len(self._filter) + sum(map(len, self._firsts)) + 49 * len(self._firsts)

    def may_hold(self, wanted: bloom.Places) -> bool:
        """False: there is no pair with this key."""
        return bloom.may_hold(self._filter, wanted)

    def find(self, key: bytes, wanted: bloom.Places) -> bytes | Missing | None:
        """The key's value, None where this table removes it, MISSING where it does not speak of it."""
        chosen, bits = wanted
        words = self._filter
        if words and words[chosen * len(words) >> 32] & bits == bits:  # bloom.may_hold(), without the call
            at = bisect_right(self._firsts, key) - 1
            if at >= 0:
                found = self.block(at).find(key)
                if found is not MISSING:
                    return found
        return None if self.ranges and self.ranges.covers(key) else MISSING

    def block(self, at: int, *, keep: bool = True) -> Block:
        """Block number `at`, from the cache where it is there. Raises OSError or Corruption."""
        name = self.number << 32 | at
        block = self._cache.find(name)
        if block is None:
            offset = self._offsets[at]
            block = self._decoded(offset, self._offsets[at + 1] - offset)
            if keep:
                self._cache.keep(name, block)
        return block

    def pairs(self, start: bytes = b"", *, keep: bool = False) -> Iterator[Pair]:
        """Pairs in key order from the first key not less than `start`; blocks read stay in the cache if `keep`."""
        at = max(0, bisect_right(self._firsts, start) - 1)
        if at >= self.blocks:
            return iter(())
        first = self.block(at, keep=keep)
        rest = (self.block(number, keep=keep).pairs() for number in range(at + 1, self.blocks))
        return chain(first.pairs(first.index_from(start)), chain.from_iterable(rest))

    def _read_footer(self, footer_at: int) -> tuple[Facts, int]:
        if footer_at < HEADER_BYTES:
            raise Corruption(self.name, self.size_bytes, "is too short for a footer")
        data = self._file.read_at(footer_at, FOOTER_BYTES)
        if len(data) != FOOTER_BYTES:
            raise Corruption(self.name, footer_at, "ends within its footer")
        crc, magic = _FOOTER_END.unpack_from(data, _FOOTER.size)
        if magic != FOOTER_MAGIC:
            raise Corruption(self.name, footer_at, "does not end like a table")
        if crc != zlib.crc32(data[: _FOOTER.size], _seed(self._mark, self.number, footer_at)):
            raise Corruption(self.name, footer_at, "the footer's checksum does not agree")
        facts = Facts(*_FOOTER.unpack_from(data))
        if facts.version != TABLE_VERSION:
            raise UnknownFormat(self.name, footer_at, f"table version {facts.version}; this program reads 1")
        return facts, crc

    def _decoded(self, offset: int, size_bytes: int) -> Block:
        return parse_block(self.name, offset, self._read(offset, size_bytes))

    def _read(self, offset: int, size_bytes: int) -> bytes:
        data = self._file.read_at(offset, size_bytes)
        return unpack_block(self.name, data, self._mark, self.number, offset, size_bytes)


def parse_block(file: str, offset: int, raw: bytes) -> Block:
    """A block from its unpacked bytes. Raises Corruption."""
    try:
        return Block(raw)
    except (struct.error, ValueError, IndexError) as error:
        raise Corruption(file, offset, f"not a block: {error}") from error


def unpack_block(file: str, data: bytes, mark: bytes, number: int, offset: int, size_bytes: int) -> bytes:
    """What a block of `size_bytes` holds, given its bytes as they lie at `offset`. Raises Corruption, UnknownFormat."""
    if len(data) != size_bytes or size_bytes < BLOCK_HEAD_BYTES:
        raise Corruption(file, offset, "ends within a block")
    crc, codec, raw_bytes, stored_bytes = _BLOCK_HEAD.unpack_from(data)
    view = memoryview(data)
    if crc != zlib.crc32(view[_CRC.size :], _seed(mark, number, offset)):
        raise Corruption(file, offset, "a block's checksum does not agree")
    stored = view[BLOCK_HEAD_BYTES:]
    if codec not in (_PLAIN, _LZ4):
        raise UnknownFormat(file, offset, f"block codec {codec}, written by a newer program")
    try:
        raw = bytes(stored) if codec == _PLAIN else lz4.block.decompress(stored, uncompressed_size=raw_bytes)
    except lz4.block.LZ4BlockError as error:
        raise Corruption(file, offset, f"a block does not unpack: {error}") from error
    if (len(raw), len(stored)) != (raw_bytes, stored_bytes):
        raise Corruption(file, offset, "a block of another size than its head says")
    return bytes(raw)


def stored_bytes_at(data: bytes, offset: int) -> int | None:
    """How long the block at `offset` says it is, head included; None where there is no room for a head."""
    if offset + BLOCK_HEAD_BYTES > len(data):
        return None
    return BLOCK_HEAD_BYTES + int(_BLOCK_HEAD.unpack_from(data, offset)[3])
