"""Anthropic's client with the cache in its own process; what it shares with OpenAI's is tested in test_openai.py."""

import asyncio

import anthropic
import pytest

from crowkis.integrations.anthropic import AsyncCachedAnthropic, CachedAnthropic, ChatCache
from crowkis.testing.upstream import Behaviour

pytestmark = pytest.mark.process

HOW = "how do i log in"
ASKED = {"model": "fake", "max_tokens": 99, "messages": [{"role": "user", "content": HOW}]}


@pytest.fixture
def claude(server, wire, upstream):
    cache = ChatCache(port=server.port)
    with CachedAnthropic(cache=cache, base_url=upstream.url, api_key="sk-ant", max_retries=0) as made:
        yield made


def streamed(claude):
    with claude.messages.stream(**ASKED) as stream:
        return "".join(stream.text_stream), stream.get_final_message()


def test_the_second_time_no_model_is_asked(claude, upstream):
    first, second = claude.messages.create(**ASKED), claude.messages.create(**ASKED)

    assert [False, True] == [first.cached, second.cached]
    assert first.content == second.content
    assert not claude.messages.create(**ASKED, system="Be rude.").cached
    assert 2 == len(upstream.asked)


def test_streams_there_and_back(claude, upstream):
    upstream.script.append(Behaviour(text="one two three four five six"))
    (text, whole), (again, replayed) = streamed(claude), streamed(claude)

    assert ["one two three four five six"] * 2 == [text, again]
    assert [False, True] == [whole.cached, replayed.cached]
    assert (whole.id, whole.usage, "end_turn") == (replayed.id, replayed.usage, replayed.stop_reason)
    assert claude.messages.create(**ASKED).cached


def test_errors_keep_status_and_body_and_are_not_stored(claude, upstream):
    upstream.script += [Behaviour(status=529), Behaviour(finish="length")]
    with pytest.raises(anthropic.APIStatusError, match="fake failure 529") as refused:
        claude.messages.create(**ASKED)

    assert 529 == refused.value.status_code
    assert [False, False, True] == [claude.messages.create(**ASKED).cached for _ in range(3)]


def test_tasks_ask_and_stream_too(server, wire, upstream):
    async def use():
        cache = ChatCache(port=server.port)
        async with AsyncCachedAnthropic(cache=cache, base_url=upstream.url, api_key="sk-ant") as claude:
            texts = []
            for _ in range(2):
                async with claude.messages.stream(**ASKED) as stream:
                    texts.append(await stream.get_final_text())
            return texts, (await claude.messages.create(**ASKED)).cached

    assert (["answer 1 to: " + HOW] * 2, True) == asyncio.run(use())
