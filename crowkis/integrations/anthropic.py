"""Anthropic's client with the cache in front, in the same process: `CachedAnthropic()` in place of `Anthropic()`.

    client = CachedAnthropic(cache=ChatCache(tenant="acme", ttl_s=86400))
    told = client.messages.create(model="claude-sonnet-5", max_tokens=1024, messages=[...])
    told.cached                                     # True: no model was asked

It is an `anthropic.Anthropic`: all its arguments and methods are there, streams too. Messages alone are cached.
"""

from typing import Any

import anthropic

from crowkis.integrations.chats import ChatCache
from crowkis.integrations.sending import afronted, fronted
from crowkis.wire.messages import MESSAGES

__all__ = ["AsyncCachedAnthropic", "CachedAnthropic", "ChatCache"]


def _mark(answer: Any, cached: bool) -> None:
    """A message, or the event of a stream that begins one, says it."""
    if answer.get("type") == "message":
        answer["cached"] = cached
    elif answer.get("type") == "message_start":
        answer["message"]["cached"] = cached


_Http = fronted(anthropic.DefaultHttpxClient, [MESSAGES], _mark)
_AsyncHttp = afronted(anthropic.DefaultAsyncHttpxClient, [MESSAGES], _mark)


class CachedAnthropic(anthropic.Anthropic):
    """See the file's docstring. `http_client`: yours, asked where the cache has no answer."""

    def __init__(self, *, cache: ChatCache | None = None, http_client: Any = None, **options: Any) -> None:
        if not isinstance(http_client, _Http):
            http_client = _Http(cache or ChatCache(), http_client)
        super().__init__(http_client=http_client, **options)


class AsyncCachedAnthropic(anthropic.AsyncAnthropic):
    """See CachedAnthropic."""

    def __init__(self, *, cache: ChatCache | None = None, http_client: Any = None, **options: Any) -> None:
        if not isinstance(http_client, _AsyncHttp):
            http_client = _AsyncHttp(cache or ChatCache(), http_client)
        super().__init__(http_client=http_client, **options)
