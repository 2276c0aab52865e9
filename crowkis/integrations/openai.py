"""OpenAI's client with the cache in front, in the same process: `CachedOpenAI()` in place of `OpenAI()`.

    client = CachedOpenAI(cache=ChatCache(tenant="acme", ttl_s=86400))
    told = client.chat.completions.create(model="gpt-4o-mini", messages=[...])
    told.cached                                     # True: no model was asked

It is an `openai.OpenAI`: all its arguments and methods are there, streams and `parse` too. Chats, responses and
completions are cached, all else goes through.
"""

from typing import Any

import openai

from crowkis.integrations.chats import ChatCache
from crowkis.integrations.sending import afronted, fronted
from crowkis.wire.chat import CHAT
from crowkis.wire.completions import COMPLETIONS
from crowkis.wire.responses import RESPONSES

__all__ = ["AsyncCachedOpenAI", "CachedOpenAI", "ChatCache"]

SHAPES = (CHAT, COMPLETIONS, RESPONSES)


def _mark(answer: Any, cached: bool) -> None:
    """An answer, the chunks of a streamed one, and of a response's events those that hold it, say it."""
    told = answer.get("response", answer)
    if "choices" in told or told.get("object") == "response":
        told["cached"] = cached


_Http = fronted(openai.DefaultHttpxClient, SHAPES, _mark)
_AsyncHttp = afronted(openai.DefaultAsyncHttpxClient, SHAPES, _mark)


class CachedOpenAI(openai.OpenAI):
    """See the file's docstring. `http_client`: yours, asked where the cache has no answer."""

    def __init__(self, *, cache: ChatCache | None = None, http_client: Any = None, **options: Any) -> None:
        if not isinstance(http_client, _Http):
            http_client = _Http(cache or ChatCache(), http_client)
        super().__init__(http_client=http_client, **options)


class AsyncCachedOpenAI(openai.AsyncOpenAI):
    """See CachedOpenAI."""

    def __init__(self, *, cache: ChatCache | None = None, http_client: Any = None, **options: Any) -> None:
        if not isinstance(http_client, _AsyncHttp):
            http_client = _AsyncHttp(cache or ChatCache(), http_client)
        super().__init__(http_client=http_client, **options)
