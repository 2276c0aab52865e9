"""The server as the quality bench sees it: many questions at once through redis-py, each pair in a place of its own.

Words and options that a server lacks are asked for, not assumed: `has()` reads COMMAND DOCS. Measures nothing.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np
import redis
from baselines import Played
from rig import HOST, Running

ANSWER = "Open the page of your account, choose the entry and confirm."
REQUESTS_AT_ONCE = 200
PAIRS_AT_ONCE = 250
"""Pairs stored side by side, in a namespace each, before all are dropped: spaces are cheap, ten thousand are not."""
EMBED_S_MAX = 120

Bar = float | None
"""THRESHOLD of a CGET; None: the server's default."""


class Side(NamedTuple):
    """One side of a pair as it is sent."""

    text: str
    options: tuple[str, ...] = ()


def bar_name(bar: Bar) -> str:
    """How tables call the server at this bar."""
    return "crowkis" if bar is None else f"crowkis {bar:g}"


def bar_options(bar: Bar) -> list[str]:
    """What a CGET says for this bar."""
    return [] if bar is None else ["THRESHOLD", str(bar)]


class Door:
    """A connection, and the vectors the server told so far."""

    def __init__(self, server: Running) -> None:
        self.client: Any = redis.Redis(HOST, server.port, protocol=3, socket_timeout=EMBED_S_MAX)
        self.known: dict[str, Any] = {}
        self.refused = 0
        """Answers the server would not store."""

    def has(self, word: str, token: str | None = None) -> bool:
        """Does the server know the word, and the option?"""
        docs = self.client.execute_command("COMMAND DOCS", word)
        if not docs:
            return False
        texts = {name: dict(rest) for name, rest in docs.items()}
        tokens = {argument.get(b"token") for argument in next(iter(texts.values())).get(b"arguments", [])}
        return token is None or token.encode() in tokens

    def send(self, requests: Iterable[Sequence[str]]) -> list[Any]:
        """The replies, errors among them, in order."""
        replies: list[Any] = []
        for part in parts_of(list(requests), REQUESTS_AT_ONCE):
            pipeline = self.client.pipeline(transaction=False)
            for request in part:
                pipeline.execute_command(*request)
            replies += pipeline.execute(raise_on_error=False)
        return replies

    def vectors(self, texts: Sequence[str]) -> Any:
        """One row a text, as the server embeds it. Raises what the server objects to."""
        missing = [text for text in dict.fromkeys(texts) if text not in self.known]
        for text, reply in zip(missing, self.send(("CEMBED", text) for text in missing), strict=True):
            if isinstance(reply, Exception):
                raise reply
            self.known[text] = np.array(reply, np.float32)
        return np.stack([self.known[text] for text in texts])

    def pairs(self, pairs: Sequence[tuple[Side, Side]], bars: Sequence[Bar]) -> dict[str, Any]:
        """At each bar, for each pair: is the answer stored for the first side served to the second?"""
        served = np.zeros((len(bars), len(pairs)), bool)
        for part in parts_of(list(enumerate(pairs)), PAIRS_AT_ONCE):
            places = [(number, pair, ["TENANT", "pairs", "NAMESPACE", str(number)]) for number, pair in part]
            self.store(("CSET", stored.text, ANSWER, *stored.options, *place) for _, (stored, _), place in places)
            for at, bar in enumerate(bars):
                asks = (
                    ("CGET", asked.text, *asked.options, *place, *bar_options(bar)) for _, (_, asked), place in places
                )
                for (number, _, _), reply in zip(places, self.send(asks), strict=True):
                    served[at, number] = isinstance(reply, dict)
            self.client.execute_command("CFLUSH", "TENANT", "pairs")
        return {bar_name(bar): served[at] for at, bar in enumerate(bars)}

    def store(self, requests: Iterable[Sequence[str]]) -> None:
        """Send CSETs; those refused are counted."""
        self.refused += sum(isinstance(reply, Exception) for reply in self.send(requests))

    def play(self, rows: Sequence[tuple[str, str]], bar: Bar, taken: Callable[[str, float], None]) -> Played:
        """Ask a stream's questions in order, store on a miss; tell `taken` the kind and time of each look-up."""
        served, wrong = np.zeros(len(rows), bool), np.zeros(len(rows), bool)
        scope = ["TENANT", "stream"]
        options = [*scope, *bar_options(bar)]
        for line, (question, answer) in enumerate(rows):
            began = perf_counter()
            found = self.client.execute_command("CGET", question, *options)
            seconds = perf_counter() - began
            if found is None:
                taken("miss", seconds)
                self.store([("CSET", question, answer, *scope)])
            else:
                taken(found[b"hit_type"].decode(), seconds)
                served[line] = True
                wrong[line] = found[b"response"] != answer.encode()
        self.client.execute_command("CFLUSH", *scope)
        return Played(served, wrong)


def parts_of(rows: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    """The rows in pieces."""
    return (rows[start : start + size] for start in range(0, len(rows), size))
