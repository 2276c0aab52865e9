"""What is kept of a chat and what is found again, apart from any client."""

import asyncio

import pytest

from crowkis.client import Crowkis
from crowkis.integrations.chats import ChatCache, read
from crowkis.testing.upstream import Behaviour, completion
from crowkis.wire.chat import CHAT

pytestmark = pytest.mark.process

BODY = {"model": "m", "messages": [{"role": "user", "content": "how do i log in"}]}


@pytest.fixture
def cache(server, wire):
    return ChatCache(port=server.port, namespace="mine")


def test_an_answer_is_found_again_and_flushed(cache):
    asked, answer = read(CHAT.read, BODY, cache), completion(BODY, Behaviour(), "Like so.", 1)
    cache.keep(CHAT, asked, answer)

    assert (answer, True) == cache.find(CHAT, asked)
    assert cache.find(CHAT, asked._replace(text="how do i log out")) is None
    assert 1 == cache.flush()
    assert cache.find(CHAT, asked) is None


def test_tasks_find_and_keep_too(cache):
    asked, answer = read(CHAT.read, BODY, cache), completion(BODY, Behaviour(), "Like so.", 1)
    asyncio.run(cache.akeep(CHAT, asked, answer))

    assert (answer, True) == asyncio.run(cache.afind(CHAT, asked))


def test_what_is_no_whole_answer_is_neither_kept_nor_served(cache, server):
    asked = read(CHAT.read, BODY, cache)
    cache.keep(CHAT, asked, completion(BODY, Behaviour(finish="length"), "Like", 1))
    assert cache.find(CHAT, asked) is None

    strange = Crowkis(port=server.port, namespace="mine")
    for answer in ("no JSON", "[]", '{"choices": []}'):
        strange.store(asked.text, answer, model="m", context=asked.context.decode())
        assert cache.find(CHAT, asked) is None


def test_what_the_gateway_lets_pass_is_not_asked_for(cache):
    hot = ChatCache(port=1, temperature_max=1.0)

    assert read(CHAT.read, [], cache) is None
    assert read(CHAT.read, BODY | {"n": 2}, cache) is None
    assert read(CHAT.read, BODY | {"temperature": 1.5}, hot) is None
    assert read(CHAT.read, BODY | {"temperature": 1.5}, cache) is not None
