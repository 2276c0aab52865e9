"""Do two answers say the same? A few bytes of each tell, without reading either again.

A sketch holds a digest of the answer, one of its words with digits, and the smallest hashes of its words (a bottom-k
sketch, Broder 1997), by which the share of words in common is estimated. Models word one answer differently each time:
many words in common and the same figures are taken for the same answer, few for another; in between nothing is said.
Short answers are the same only if they are equal: "yes" and "no" have their length in common.
"""

import re
import struct
from hashlib import blake2b
from zlib import crc32

READ_BYTES_MAX = 4_096
"""Of a longer answer its beginning is looked at for words; the digest is of all of it."""
DIGEST_BYTES = 16
KEPT = 16
WORDS_MIN = 8
"""Distinct words below which only equal answers are the same."""
SAME_SHARE = 0.5
OTHER_SHARE = 0.25

_WORD = re.compile(rb"[^\W_]+")
_HEAD = struct.Struct("<16s4s")


def digest_of(answer: bytes) -> bytes:
    """16 bytes that name an answer, whatever white space is around it."""
    return blake2b(answer.strip(), digest_size=DIGEST_BYTES).digest()


def digest_in(found: bytes) -> bytes:
    """The digest of the sketched answer; of an empty sketch nothing."""
    return found[:DIGEST_BYTES]


def sketch(answer: bytes) -> bytes:
    """20 bytes, and 4 more for each of up to 16 words kept; fewer than WORDS_MIN words: none are."""
    words = set(_WORD.findall(answer.strip()[:READ_BYTES_MAX].lower()))
    figures = b" ".join(sorted(word for word in words if any(48 <= byte <= 57 for byte in word)))
    head = _HEAD.pack(digest_of(answer), blake2b(figures, digest_size=4).digest())
    if len(words) < WORDS_MIN:
        return head
    hashes = sorted(map(crc32, words))[:KEPT]
    return head + struct.pack(f"<{len(hashes)}I", *hashes)


def alike(one: bytes, other: bytes) -> bool | None:
    """Whether the sketched answers say the same; None where that cannot be told, as with an empty sketch."""
    if not one or not other:
        return None
    if one == other:
        return True
    (_, figures), (_, other_figures) = _HEAD.unpack_from(one), _HEAD.unpack_from(other)
    mine, theirs = _hashes(one), _hashes(other)
    if figures != other_figures or not mine or not theirs:
        return False
    smallest = sorted(mine | theirs)[:KEPT]
    share = len(mine & theirs & set(smallest)) / len(smallest)
    return True if share >= SAME_SHARE else False if share <= OTHER_SHARE else None


def _hashes(found: bytes) -> set[int]:
    return set(struct.unpack(f"<{(len(found) - _HEAD.size) // 4}I", found[_HEAD.size :]))
