"""Worker threads that turn texts into vectors beside the event loop.

Texts wait in one bounded queue; the same text asked twice while in flight is embedded once. Everything but the
embedding itself - counting, the memo, telling who asked - happens on the loop's thread, so nothing here is locked.
Never blocks the loop's thread (close() excepted) and never lets a failing embedder end a worker.
"""

import contextlib
import os
import sys
import threading
from collections import deque
from collections.abc import Callable
from queue import Empty, SimpleQueue
from time import perf_counter
from typing import NamedTuple

from crowkis.embed.memo import Memo
from crowkis.interfaces import Embedder, EmbedderError, TextRefusedError
from crowkis.values.vector import Vector

WORKER_NICENESS = 5
"""Linux: workers give way to the loop's thread, which answers everybody else meanwhile."""

Result = Vector | EmbedderError
Done = Callable[[Result], object]
Deliver = Callable[[Callable[[], None]], object]
"""Runs a function on the loop's thread soon; e.g. loop.call_soon_threadsafe."""


class Finished(NamedTuple):
    """What one run of a worker brought: a result per text."""

    texts: list[str]
    results: list[Result]
    seconds: float


class EmbedPool:
    """Embeds on `workers` threads. All methods and counters belong to the loop's thread.

    Counters only grow: `submitted` texts taken (`joined` of them onto one in flight), `refused` for want of room,
    `embedded` and `failed` texts that came back, `busy_seconds` spent by all workers together.
    """

    def __init__(
        self,
        embedder: Embedder,
        workers: int,
        queue_texts_max: int,
        memo: Memo,
        deliver: Deliver,
        niceness: int = WORKER_NICENESS,
    ) -> None:
        self.memo = memo
        self.submitted = self.joined = self.refused = self.embedded = self.failed = 0
        self.busy_seconds = 0.0
        self._embedder = embedder
        self._queue_texts_max = queue_texts_max
        self._deliver = deliver
        self._niceness = niceness
        self._closed = False
        self._queue: SimpleQueue[str | None] = SimpleQueue()
        self._waiting: dict[str, list[Done]] = {}
        self._finished: deque[Finished] = deque()
        self._due: deque[tuple[Done, Result]] = deque()
        self._woken = False
        self._threads = [
            threading.Thread(target=self._work, name=f"crowkis-embed-{number}", daemon=True)
            for number in range(workers)
        ]
        for thread in self._threads:
            thread.start()

    def recall(self, text: str) -> Vector | None:
        """The vector of a text embedded before, if it is still remembered."""
        return self.memo.get(text)

    def submit(self, text: str, done: Done) -> bool:
        """Embed `text` and call done(vector or EmbedderError) on the loop's thread, never from within submit().

        False, and nothing will happen, where the queue is full or the pool closed. A text already in flight
        needs no room in the queue.
        """
        dones = self._waiting.get(text)
        if dones is not None:
            dones.append(done)
            self.joined += 1
        elif self._closed or self._queue.qsize() >= self._queue_texts_max:
            self.refused += 1
            return False
        else:
            self._waiting[text] = [done]
            self._queue.put(text)
        self.submitted += 1
        return True

    @property
    def queue_texts(self) -> int:
        """How many texts no worker has taken yet."""
        return self._queue.qsize()

    @property
    def flight_texts(self) -> int:
        """How many texts were taken in and not told of yet, waiting ones included."""
        return len(self._waiting)

    def close(self, timeout_s: float) -> bool:
        """Stop: texts being embedded get `timeout_s` to finish, waiting ones fail at once. True if all workers ended.

        Everybody who waits has been told when this returns. Call it on the loop's thread; the embedder stays open.
        """
        self._closed = True
        with contextlib.suppress(Empty):
            while True:
                self._queue.get_nowait()
        for _ in self._threads:
            self._queue.put(None)
        end = perf_counter() + timeout_s
        for thread in self._threads:
            thread.join(max(0.0, end - perf_counter()))
        ended = not any(thread.is_alive() for thread in self._threads)
        self._drain()
        for dones in self._waiting.values():
            self._due.extend((done, EmbedderError("the server is stopping")) for done in dones)
        self._waiting.clear()
        self._drain()
        return ended

    def _drain(self) -> None:
        """On the loop's thread: remember what came back and tell who asked. One that raises does not stop the rest."""
        self._woken = False
        while self._finished:
            texts, results, seconds = self._finished.popleft()
            self.busy_seconds += seconds
            for text, result in zip(texts, results, strict=True):
                self._take_in(text, result)
        try:
            while self._due:
                done, result = self._due.popleft()
                done(result)
        finally:
            if self._due:
                self._wake()

    def _take_in(self, text: str, result: Result) -> None:
        if isinstance(result, EmbedderError):
            self.failed += 1
        else:
            self.embedded += 1
            self.memo.put(text, result)
        self._due.extend((done, result) for done in self._waiting.pop(text, ()))

    def _wake(self) -> None:
        """Ask for one _drain(); while one is asked for, what else comes back needs none of its own."""
        if not self._woken:
            self._woken = True
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody is left to be told
                self._deliver(self._drain)

    def _work(self) -> None:
        """A worker's life. Touches the queue, the embedder and `_finished`; the rest is the loop's."""
        lower_priority(self._niceness)
        while (text := self._queue.get()) is not None:
            texts = [text]
            with contextlib.suppress(Empty):
                while len(texts) < self._embedder.batch_texts_max:
                    following = self._queue.get_nowait()
                    if following is None:
                        self._queue.put(None)
                        break
                    texts.append(following)
            started = perf_counter()
            results = self._embed(texts)
            self._finished.append(Finished(texts, results, perf_counter() - started))
            self._wake()

    def _embed(self, texts: list[str]) -> list[Result]:
        """A result for every text. Where one text is refused, each is tried alone: it must not fail the others."""
        try:
            vectors = self._embedder.embed(texts)
        except TextRefusedError as error:
            return [error] if len(texts) == 1 else [self._embed([text])[0] for text in texts]
        except EmbedderError as error:
            return [error] * len(texts)
        except Exception as error:  # a worker outlives whatever an embedder throws  # noqa: BLE001
            return [EmbedderError(f"the embedder failed ({type(error).__name__})")] * len(texts)
        if len(vectors) != len(texts):
            return [EmbedderError(f"the embedder made {len(vectors)} vectors of {len(texts)} texts")] * len(texts)
        return list(vectors)


def lower_priority(niceness: int) -> None:
    """Let this thread give way to others. Linux alone knows priorities per thread; elsewhere nothing happens."""
    if sys.platform == "linux" and niceness:
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), niceness)
