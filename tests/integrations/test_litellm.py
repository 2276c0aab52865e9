"""LiteLLM asks the cache first: through its own completion functions, with a fake model behind them."""

import asyncio
import os
import time

import pytest

os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")  # or importing it asks the network for prices
pytest.importorskip("litellm")

import litellm

from crowkis.integrations.litellm import ChatCache, CrowkisCache
from crowkis.testing.upstream import Behaviour

pytestmark = pytest.mark.process

HOW = "how do i log in"


@pytest.fixture(autouse=True)
def quiet(monkeypatch):
    monkeypatch.setattr(litellm, "telemetry", False, raising=False)
    yield
    litellm.cache = None


@pytest.fixture
def cached(server, wire):
    litellm.cache = CrowkisCache(cache=ChatCache(port=server.port, namespace="litellm"))
    return litellm.cache


def request(upstream, text, more):
    messages = [{"role": "user", "content": text}]
    return {"model": "openai/gpt-4o-mini", "api_base": f"{upstream.url}/v1", "api_key": "sk-me", "caching": True,
            "messages": messages, "max_retries": 0, **more}  # fmt: skip


def ask(upstream, text=HOW, **more):
    return litellm.completion(**request(upstream, text, more))


def stored(upstream, text=HOW, **more):
    """Ask until the answer comes from the cache: LiteLLM stores beside the reply."""
    deadline = time.monotonic() + 20
    while True:
        told = ask(upstream, text, **more)
        if told._hidden_params.get("cache_hit"):
            return told
        assert time.monotonic() < deadline
        time.sleep(0.05)


def text_of(chunks):
    return "".join(chunk.choices[0].delta.content or "" for chunk in chunks)


def test_the_second_time_no_model_is_asked(cached, upstream):
    first = ask(upstream)
    second = stored(upstream)
    count = len(upstream.asked)
    third = ask(upstream)

    assert 1 == len({told.choices[0].message.content for told in (first, second, third)})
    assert (third.id, third.usage.total_tokens) == (first.id, first.usage.total_tokens)
    assert count == len(upstream.asked)


def test_whatever_else_differs_is_another_question(cached, upstream):
    stored(upstream)
    count = len(upstream.asked)
    rude = [{"role": "system", "content": "Be rude."}, {"role": "user", "content": HOW}]
    tools = [{"type": "function", "function": {"name": "look_up", "parameters": {}}}]
    others = [{"temperature": 0.5}, {"messages": rude}, {"model": "openai/gpt-4o"}, {"tools": tools},
              {"text": "which colours are there"}, {"metadata": {"user_api_key": "other"}}]  # fmt: skip
    for other in others:
        ask(upstream, **other)

    assert count + len(others) == len(upstream.asked)
    ask(upstream, user="42")
    assert count + len(others) == len(upstream.asked)


def test_streams_there_and_back(cached, upstream):
    upstream.script.append(Behaviour(text="one two three four five six"))
    first = text_of(ask(upstream, stream=True))
    whole = stored(upstream)
    count = len(upstream.asked)
    again = text_of(ask(upstream, stream=True))

    assert ["one two three four five six"] * 3 == [first, whole.choices[0].message.content, again]
    assert count == len(upstream.asked)


def test_errors_and_what_was_cut_off_are_not_kept(cached, upstream):
    upstream.script += [Behaviour(status=400), Behaviour(finish="length"), Behaviour(tool_call=True)]
    with pytest.raises(litellm.BadRequestError):
        ask(upstream)
    ask(upstream)
    ask(upstream)
    time.sleep(0.3)
    ask(upstream)

    assert 4 == len(upstream.asked)


def test_long_chats_are_known_by_what_was_said_before(cached, upstream):
    def chat(what):
        said = [("user", f"Which {what} are there?"), ("assistant", "Two."), ("user", "Which are new?"),
                ("assistant", "Both."), ("user", "What does it cost?")]  # fmt: skip
        return [{"role": role, "content": text} for role, text in said]

    stored(upstream, messages=chat("plans"))
    count = len(upstream.asked)
    ask(upstream, messages=chat("plans"))
    assert count == len(upstream.asked)
    ask(upstream, messages=chat("tools"))
    assert count + 1 == len(upstream.asked)


def test_answers_live_as_long_as_told_and_are_as_old_as_allowed(cached, upstream):
    stored(upstream, cache={"ttl": 1})
    time.sleep(1.2)
    count = len(upstream.asked)
    stored(upstream)
    assert count < len(upstream.asked)
    time.sleep(2.1)
    count = len(upstream.asked)
    ask(upstream, cache={"s-maxage": 1})
    assert count + 1 == len(upstream.asked)


def test_tasks_ask_and_stream_too(cached, upstream):
    async def use():
        await litellm.acompletion(**request(upstream, HOW, {}))
        deadline = time.monotonic() + 20
        while not (told := await litellm.acompletion(**request(upstream, HOW, {})))._hidden_params.get("cache_hit"):
            assert time.monotonic() < deadline
            await asyncio.sleep(0.05)
        count = len(upstream.asked)
        stream = await litellm.acompletion(**request(upstream, HOW, {"stream": True}))
        return told.choices[0].message.content, text_of([chunk async for chunk in stream]), count

    whole, text, count = asyncio.run(use())

    assert whole == text
    assert count == len(upstream.asked)


def test_without_a_cache_models_are_asked(upstream):
    litellm.cache = CrowkisCache(cache=ChatCache(port=1))

    assert [f"answer {number} to: {HOW}" for number in (1, 2)] == [
        ask(upstream).choices[0].message.content for _ in range(2)
    ]


@pytest.mark.model
def test_the_same_in_other_words_is_a_hit_and_the_opposite_is_not(start_server, model_flags, upstream):
    own = start_server(*model_flags, embedder="minilm")
    litellm.cache = CrowkisCache(cache=ChatCache(port=own.port))
    stored(upstream, "How do I reset my password?")
    count = len(upstream.asked)
    ask(upstream, "how can i reset my password")
    text_of(ask(upstream, "how can i reset my password?", stream=True))
    assert count == len(upstream.asked)
    ask(upstream, "how can i not reset my password")
    assert count + 1 == len(upstream.asked)
