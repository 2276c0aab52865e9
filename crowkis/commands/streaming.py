"""An answer cut into pieces that arrive one by one. Pieces join to the exact bytes and never split a character."""

import itertools
import re

from crowkis.values.limits import KIB
from crowkis.values.reply import Reply, Stream

STREAM_PARTS_MAX = 16_384
"""A longer answer comes in bigger pieces."""

TOKEN_CHARS_MAX = 8
"""A token is up to this many characters of one word with the white space after it."""

WORDS_BYTES_MAX = 64 * KIB
"""Finding the words of a longer answer would hold everybody else up: 2 MB take 0.14 s."""

CHARACTER_BYTES_MAX = 4

_TOKENS = re.compile(rf"\S{{1,{TOKEN_CHARS_MAX}}}\s*|\s+")
_stream_ids = itertools.count(1)


def stream_of(answer: bytes, chunk_tokens: int, delay_ms: int, push: bool, tail: Reply) -> Stream:
    """The stream of an answer, `chunk_tokens` tokens a piece."""
    return Stream(pieces(answer, chunk_tokens), delay_ms, push, next(_stream_ids), tail)


def pieces(answer: bytes, chunk_tokens: int) -> list[bytes]:
    """Cut an answer; a very long one, or one that is not UTF-8, without regard to words."""
    if len(answer) > WORDS_BYTES_MAX:
        return _even(answer, chunk_tokens)
    try:
        tokens = [token.encode() for token in _TOKENS.findall(answer.decode())]
    except UnicodeDecodeError:
        return _even(answer, chunk_tokens)
    size = max(chunk_tokens, -(-len(tokens) // STREAM_PARTS_MAX))
    return [b"".join(tokens[at : at + size]) for at in range(0, len(tokens), size)]


def _even(answer: bytes, chunk_tokens: int) -> list[bytes]:
    """Pieces of about the same length that end between two characters wherever there are any."""
    size = max(chunk_tokens * TOKEN_CHARS_MAX, -(-len(answer) // STREAM_PARTS_MAX) + CHARACTER_BYTES_MAX)
    found, at = [], 0
    while at < len(answer):
        end = at + size
        for earlier in range(end, end - CHARACTER_BYTES_MAX, -1):
            if earlier >= len(answer) or answer[earlier] & 0xC0 != 0x80:
                end = earlier
                break
        found.append(answer[at:end])
        at = end
    return found
