"""A Bloom filter: says for certain that a key is not in a table, and is wrong about one in a hundred the other way.

A key becomes 32 bits by CRC-32; two numbers mixed from them give PROBES places in the filter. Made in bulk by NumPy,
asked one key at a time in plain Python. Never holds keys.
"""

import zlib
from array import array

import numpy as np
from numpy.typing import NDArray

BITS_PER_KEY = 10
PROBES = 7
CHUNK_KEYS = 32_768
"""Keys marked at one stretch: NumPy lets no other thread run meanwhile."""

_MASK = 0xFFFFFFFF
_FIRST = 0x9E3779B1
_SECOND = 0x85EBCA77
_BITS = tuple(1 << bit for bit in range(8))

Places = tuple[int, int]
"""Where a key's first place is and how far apart the others are, before the filter's size is known."""


def key_hash(key: bytes) -> int:
    """The 32 bits a filter knows of a key."""
    return zlib.crc32(key)


def places(key: bytes) -> Places:
    """Work out a key's places, once for all filters."""
    mixed = zlib.crc32(key)
    mixed = ((mixed ^ (mixed >> 15)) * _FIRST) & _MASK
    mixed ^= mixed >> 13
    return mixed, (((mixed * _SECOND) & _MASK) >> 3) | 1


def build(hashes: "array[int]") -> bytes:
    """The filter of all keys whose key_hash() is given; empty for none."""
    if not hashes:
        return b""
    size_bytes = (len(hashes) * BITS_PER_KEY + 7) // 8
    flags: NDArray[np.uint8] = np.zeros(size_bytes * 8, np.uint8)
    every = np.frombuffer(hashes, np.uint32)
    for begin in range(0, len(every), CHUNK_KEYS):
        mixed = every[begin : begin + CHUNK_KEYS].astype(np.uint64)
        mixed = ((mixed ^ (mixed >> np.uint64(15))) * np.uint64(_FIRST)) & np.uint64(_MASK)
        mixed ^= mixed >> np.uint64(13)
        step = (((mixed * np.uint64(_SECOND)) & np.uint64(_MASK)) >> np.uint64(3)) | np.uint64(1)
        for probe in range(PROBES):
            flags[(mixed + np.uint64(probe) * step) % np.uint64(len(flags))] = 1
    packed = bytearray()
    for begin in range(0, len(flags), CHUNK_KEYS * 8):
        packed += np.packbits(flags[begin : begin + CHUNK_KEYS * 8], bitorder="little").tobytes()
    return bytes(packed)


def may_hold(bits: bytes, wanted: Places) -> bool:
    """False: a key with these places was not among those the filter was built from."""
    place, step = wanted
    size = len(bits) * 8
    if not size:
        return False
    for _ in range(PROBES):
        at = place % size
        if not bits[at >> 3] & _BITS[at & 7]:
            return False
        place += step
    return True
