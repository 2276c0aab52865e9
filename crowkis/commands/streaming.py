"""An answer cut into pieces that arrive one by one. Pieces join to the exact bytes and never split a character."""

import itertools
import re

from crowkis.values.reply import Reply, Stream

STREAM_PARTS_MAX = 16_384
"""A longer answer comes in bigger pieces."""

TOKEN_CHARS_MAX = 8
"""A token is up to this many characters of one word with the white space after it."""

_TOKENS = re.compile(rf"\S{{1,{TOKEN_CHARS_MAX}}}\s*|\s+")
_stream_ids = itertools.count(1)


def stream_of(answer: bytes, chunk_tokens: int, delay_ms: int, push: bool, tail: Reply) -> Stream:
    """The stream of an answer, `chunk_tokens` tokens a piece."""
    return Stream(pieces(answer, chunk_tokens), delay_ms, push, next(_stream_ids), tail)


def pieces(answer: bytes, chunk_tokens: int) -> list[bytes]:
    """Cut an answer; one that is not UTF-8 is cut every TOKEN_CHARS_MAX bytes per token."""
    try:
        tokens = [token.encode() for token in _TOKENS.findall(answer.decode())]
    except UnicodeDecodeError:
        tokens = [answer[at : at + TOKEN_CHARS_MAX] for at in range(0, len(answer), TOKEN_CHARS_MAX)]
    size = max(chunk_tokens, -(-len(tokens) // STREAM_PARTS_MAX))
    return [b"".join(tokens[at : at + size]) for at in range(0, len(tokens), size)]
