"""What the gateway needs to know of an API of models: how a question is read, an answer kept, a stream replayed.

One Shape per API: `chat.py` is OpenAI's, `messages.py` Anthropic's. All are pure functions over values of JSON.
"""

import json
from collections.abc import Callable, Iterator
from hashlib import blake2b
from typing import Any, NamedTuple, Protocol

SCHEMA = 1
"""Goes into every identity: a new way of building it must not meet answers stored under the old one."""
WORDS_PER_PART = 4
"""Of a stored answer that is replayed as a stream."""


class Asked(NamedTuple):
    """What a request asks."""

    text: str
    """Of the last user message."""
    context: bytes
    """For CONTEXT: digests of instructions and history, as a list of messages."""
    image: str
    """Digest of the images beside the text; empty: none."""
    model: str
    stream: bool
    wants_usage: bool
    """The stream is to end with an event that holds the usage alone."""
    bypass: str
    """Why it is not looked up at all; empty: it is."""
    exact: bool = False
    """Only what was stored for the very same text will do, never for one that means the same."""


class Tokens(NamedTuple):
    """What an answer took."""

    prompt: int = 0
    completion: int = 0

    @property
    def total(self) -> int:
        """Both together."""
        return self.prompt + self.completion


class Assembler(Protocol):
    """Puts a stream's events together into the body the same answer would have had without streaming."""

    def take(self, data: bytes) -> bool:
        """The data of one event; tells whether it is one that holds the usage alone."""

    def answer(self) -> dict[str, Any] | None:
        """The whole answer; None where the stream was cut off or holds something else."""


class Shape(NamedTuple):
    """One API."""

    path: str
    read: Callable[[object, float], Asked]
    """The body and the highest temperature that is looked up. Raises ValueError where the body is no object."""
    worth_keeping: Callable[[object], bool]
    """Is it one whole answer in words? Cut off, filtered, empty, or a call of tools is not."""
    tokens_of: Callable[[dict[str, Any]], Tokens]
    """The tokens an answer took; 0: not told."""
    replayed: Callable[[dict[str, Any], bool], Iterator[bytes]]
    """A whole answer as the events of a stream, the usage alone at its end if asked for."""
    assembler: Callable[[], Assembler]
    sent: Callable[[bytes, Asked], bytes]
    """The body as the upstream is sent it."""
    error: Callable[[str, str], dict[str, Any]]
    """An error of this kind and text."""


def digest(value: object) -> str:
    """Of a JSON value in canonical form: the order of keys and the white space do not count."""
    canonical = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return blake2b(canonical.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def context_of(instructions: object, history: list[Any]) -> bytes:
    """For CONTEXT: what steers the answer and what came before, as digests."""
    told = [{"role": "system", "content": digest([SCHEMA, instructions])}]
    if history:
        told.append({"role": "user", "content": digest(history)})
    return json.dumps(told).encode()


def used(answer: dict[str, Any], prompt: str, completion: str) -> Tokens:
    """The tokens an answer tells of in its usage, under these names."""
    usage = answer.get("usage")
    told = [usage.get(name) for name in (prompt, completion)] if isinstance(usage, dict) else []
    return Tokens(*(value if isinstance(value, int) else 0 for value in told))


def too_hot(body: dict[str, Any], temperature_max: float) -> bool:
    """Is a temperature asked for above the highest that is looked up?"""
    temperature = body.get("temperature")
    return isinstance(temperature, (int, float)) and temperature > temperature_max


def text_and_image(content: object, image_kind: str, called: str, text_kind: str = "text") -> tuple[str, str]:
    """The text of a message and the digest of its images; `called`: how the API calls pieces. Raises ValueError."""
    if isinstance(content, str) and content.strip():
        return content, ""
    texts, images = [], []
    for piece in content if isinstance(content, list) else ():
        kind = piece.get("type") if isinstance(piece, dict) else None
        if kind == text_kind and isinstance(piece.get("text"), str):
            texts.append(piece["text"])
        elif kind == image_kind:
            images.append({name: value for name, value in piece.items() if name != "cache_control"})
        else:
            raise ValueError(f"the last message holds {called} other than text and images")
    text = "\n".join(texts)
    if not text.strip():
        raise ValueError("the last message has no text")
    return text, digest(images) if images else ""


def parts_of(text: str) -> Iterator[str]:
    """A few words at a time; together they are the text."""
    words = text.split(" ")
    for place in range(0, len(words), WORDS_PER_PART):
        last = place + WORDS_PER_PART >= len(words)
        yield " ".join(words[place : place + WORDS_PER_PART]) + ("" if last else " ")


def compact(value: object) -> bytes:
    """A JSON value as it is stored and sent: UTF-8, with halves of characters escaped as they came."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return (text if is_unicode(text) else json.dumps(value, separators=(",", ":"))).encode()


def is_unicode(text: str) -> bool:
    """Can it be written as UTF-8? JSON can name halves of characters (RFC 8259, section 8.2)."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


class Events:
    """Cuts the bytes of a stream into whole events, as they came (WHATWG HTML, server-sent events)."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[tuple[bytes, bytes]]:
        """Each event that became whole: its bytes, and its data."""
        self._rest += data
        found: list[tuple[bytes, bytes]] = []
        while True:
            ends = [(place, len(mark)) for mark in (b"\n\n", b"\r\n\r\n") if (place := self._rest.find(mark)) >= 0]
            if not ends:
                return found
            place, size = min(ends)
            whole, self._rest = self._rest[: place + size], self._rest[place + size :]
            lines = [line.removeprefix(b"data:").strip() for line in whole.splitlines() if line.startswith(b"data:")]
            found.append((whole, b"\n".join(lines)))

    @property
    def rest(self) -> bytes:
        """What has come of an event that is not whole."""
        return self._rest
