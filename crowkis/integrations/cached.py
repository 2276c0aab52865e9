"""A function that answers questions, asked once for what means the same.

    @cached(Crowkis(), ttl_s=86400)
    def answer(question: str, language: str = "en") -> str: ...

The first parameter is the question (or the one `question` names); all others, and which function it is, are compared
exactly. Functions that yield an answer piece by piece, `async def`, and both in one are taken too: those that are async
need an AsyncCrowkis. Where the cache fails, the function is called.
"""

import functools
import inspect
import json
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from hashlib import blake2b
from typing import Any, NamedTuple, TypeVar

import redis

from crowkis.client import AsyncCrowkis, Crowkis

F = TypeVar("F", bound=Callable[..., Any])


def cached(
    cache: Crowkis | AsyncCrowkis, *, question: str = "", ignore: Sequence[str] = (), name: str = "",
    ttl_s: float = 0.0, threshold: float | None = None, tags: Sequence[str] = (), pace_ms: int = 0,
) -> Callable[[F], F]:  # fmt: skip
    """`ignore` names parameters that do not change the answer, such as a client or `self`; `name` stands for the
    function (else its module and name): give another one when the function answers differently than before."""

    def wrap(function: F) -> F:
        is_async = inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function)
        if is_async != isinstance(cache, AsyncCrowkis):
            raise TypeError(
                f"{function.__qualname__} needs {'an AsyncCrowkis' if is_async else 'a Crowkis'} as its cache"
            )
        asked = _Asked(function, question, ignore, name, tags, threshold)
        options = _Options(ttl_s, pace_ms)
        if inspect.isasyncgenfunction(function):
            made: Any = _async_pieces(cache, function, asked, options)
        elif is_async:
            made = _awaited(cache, function, asked, options)
        elif inspect.isgeneratorfunction(function):
            made = _pieces(cache, function, asked, options)
        else:
            made = _plain(cache, function, asked, options)
        return functools.wraps(function)(made)  # type: ignore[return-value]

    return wrap


class _Options(NamedTuple):
    ttl_s: float
    pace_ms: int


class _Asked:
    """Reads a call: the question, and what must agree exactly."""

    def __init__(
        self, function: Callable[..., Any], question: str, ignore: Sequence[str], name: str, tags: Sequence[str],
        threshold: float | None,
    ) -> None:  # fmt: skip
        self._signature = inspect.signature(function)
        kept = [each for each in self._signature.parameters if each not in ignore]
        unknown = {*([question] if question else []), *ignore} - self._signature.parameters.keys()
        if unknown or not kept:
            raise TypeError(f"{function.__qualname__} has no parameter {', '.join(sorted(unknown)) or 'to ask with'}")
        self._question = question or kept[0]
        self._exact = [each for each in kept if each != self._question]
        self._name = name or f"{function.__module__}.{function.__qualname__}"
        self._tags = tags
        self._threshold = threshold

    def __call__(self, args: Any, kwargs: Any) -> tuple[str, dict[str, Any]]:
        bound = self._signature.bind(*args, **kwargs)
        bound.apply_defaults()
        text = bound.arguments[self._question]
        if not isinstance(text, str):
            raise TypeError(f"{self._question} must be the question as text; name another one: cached(question=...)")
        try:
            exact = json.dumps([bound.arguments[each] for each in self._exact], sort_keys=True)
        except (TypeError, ValueError):
            raise TypeError(
                f"{self._name}: {', '.join(self._exact)} must be plain values, so that they can be compared; name "
                "what does not change the answer: cached(ignore=[...])"
            ) from None
        model = f"{self._name} {blake2b(exact.encode(), digest_size=16).hexdigest()}"
        return text, {"model": model, "tags": self._tags, "threshold": self._threshold}


def _stored(about: dict[str, Any], options: _Options) -> dict[str, Any]:
    return {"model": about["model"], "tags": about["tags"], "ttl_s": options.ttl_s}


def _text(answer: object, function: Callable[..., Any]) -> str:
    if not isinstance(answer, str):
        raise TypeError(f"{function.__qualname__} must answer with text to be cached, not {type(answer).__name__}")
    return answer


def _plain(cache: Any, function: Callable[..., str], asked: _Asked, options: _Options) -> Callable[..., str]:
    def call(*args: Any, **kwargs: Any) -> str:
        text, about = asked(args, kwargs)
        answer: str = cache.get_or_compute(
            text, lambda: _text(function(*args, **kwargs), function), ttl_s=options.ttl_s, **about
        )
        return answer

    return call


def _awaited(cache: Any, function: Callable[..., Any], asked: _Asked, options: _Options) -> Callable[..., Any]:
    async def call(*args: Any, **kwargs: Any) -> str:
        text, about = asked(args, kwargs)

        async def compute() -> str:
            return _text(await function(*args, **kwargs), function)

        answer: str = await cache.get_or_compute(text, compute, ttl_s=options.ttl_s, **about)
        return answer

    return call


def _pieces(cache: Any, function: Callable[..., Any], asked: _Asked, options: _Options) -> Callable[..., Any]:
    """What is yielded is kept when all of it was; many who ask at once are each answered by the function."""

    def call(*args: Any, **kwargs: Any) -> Iterator[str]:
        text, about = asked(args, kwargs)
        served = False
        try:
            for piece in cache.stream(text, pace_ms=options.pace_ms, **about):
                served = True
                yield piece
        except redis.RedisError as error:
            if served:
                raise
            cache.outage.tell(error)
        if served:
            return
        pieces = []
        for piece in function(*args, **kwargs):
            pieces.append(_text(piece, function))
            yield piece
        with cache.outage:
            if answer := "".join(pieces):
                cache.store(text, answer, **_stored(about, options))

    return call


def _async_pieces(cache: Any, function: Callable[..., Any], asked: _Asked, options: _Options) -> Callable[..., Any]:
    """See _pieces()."""

    async def call(*args: Any, **kwargs: Any) -> AsyncIterator[str]:
        text, about = asked(args, kwargs)
        served = False
        try:
            async for piece in cache.stream(text, pace_ms=options.pace_ms, **about):
                served = True
                yield piece
        except redis.RedisError as error:
            if served:
                raise
            cache.outage.tell(error)
        if served:
            return
        pieces = []
        async for piece in function(*args, **kwargs):
            pieces.append(_text(piece, function))
            yield piece
        with cache.outage:
            if answer := "".join(pieces):
                await cache.store(text, answer, **_stored(about, options))

    return call
