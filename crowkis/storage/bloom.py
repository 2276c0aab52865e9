"""A Bloom filter: says for certain that a key is not in a table, and is wrong about one in a hundred the other way.

A key becomes 32 bits by CRC-32; mixed, they choose one 64-bit word of the filter and PROBES bits in it. One word a key
makes a filter somewhat larger than scattered bits would, and asking it several times quicker: one look, one comparison.
Made in bulk by NumPy, asked one key at a time in plain Python. Never holds keys.
"""

import sys
import zlib
from array import array

import numpy as np
from numpy.typing import NDArray

BITS_PER_KEY = 13
PROBES = 6
CHUNK_KEYS = 2_048
"""Keys marked at one stretch: NumPy lets no other thread run meanwhile."""

_MASK = (1 << 64) - 1
_MIX = 0x9E3779B97F4A7C15
_SHIFT = 14
_TWO_BITS = tuple(1 << (two & 63) | 1 << (two >> 6) for two in range(4_096))

Places = tuple[int, int]
"""What a key must find in any filter that knows it: a number that chooses the word, and the bits in it."""


def key_hash(key: bytes) -> int:
    """The 32 bits a filter knows of a key."""
    return zlib.crc32(key)


def places(key: bytes) -> Places:
    """Work out a key's places, once for all filters."""
    mixed = zlib.crc32(key) * _MIX & _MASK
    low = mixed >> _SHIFT
    return mixed >> 32, _TWO_BITS[low & 4095] | _TWO_BITS[low >> 12 & 4095] | _TWO_BITS[low >> 24 & 4095]


def build(hashes: "array[int]") -> bytes:
    """The filter of all keys whose key_hash() is given; empty for none."""
    words: NDArray[np.uint64] = np.zeros((len(hashes) * BITS_PER_KEY + 63) // 64, "<u8")
    if not len(words):
        return b""
    every = np.frombuffer(hashes, np.uint32)
    mix, one, last = np.uint64(_MIX), np.uint64(1), np.uint64(63)
    for begin in range(0, len(every), CHUNK_KEYS):
        mixed = every[begin : begin + CHUNK_KEYS].astype(np.uint64) * mix
        bits = np.zeros(len(mixed), np.uint64)
        for probe in range(PROBES):
            bits |= one << ((mixed >> np.uint64(_SHIFT + 6 * probe)) & last)
        np.bitwise_or.at(words, ((mixed >> np.uint64(32)) * np.uint64(len(words))) >> np.uint64(32), bits)
    return words.tobytes()


def load(data: bytes) -> "array[int]":
    """A filter's words, to ask."""
    words = array("Q")
    words.frombytes(data)
    if sys.byteorder == "big":
        words.byteswap()
    return words


def may_hold(words: "array[int]", wanted: Places) -> bool:
    """False: a key with these places was not among those the filter was built from."""
    chosen, bits = wanted
    return bool(words) and words[chosen * len(words) >> 32] & bits == bits
