"""OpenAI's client with the cache in its own process: hits, streams, errors, and what is kept."""

import asyncio
import json
import time

import openai
import pytest
from pydantic import BaseModel

from crowkis.integrations.openai import AsyncCachedOpenAI, CachedOpenAI, ChatCache
from crowkis.testing.upstream import Behaviour

pytestmark = pytest.mark.process

HOW = "how do i log in"
OTHER = "which colours are there"
MODEL = "gpt-fake"


def cache_at(server, **more):
    return ChatCache(port=server.port, **more)


@pytest.fixture
def client(server, wire, upstream):
    with CachedOpenAI(cache=cache_at(server), base_url=f"{upstream.url}/v1", api_key="sk-me", max_retries=0) as made:
        yield made


def messages(text=HOW):
    return [{"role": "user", "content": text}]


def ask(client, text=HOW, **more):
    return client.chat.completions.create(model=MODEL, **{"messages": messages(text), **more})


def text_of(chunks):
    return "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)


class TestAsking:
    def test_the_second_time_no_model_is_asked(self, client, upstream):
        first, second = ask(client), ask(client)

        assert [False, True] == [first.cached, second.cached]
        assert first.model_dump(exclude={"cached"}) == second.model_dump(exclude={"cached"})
        assert 1 == len(upstream.asked)
        assert isinstance(client, openai.OpenAI)

    def test_whatever_else_differs_is_another_question(self, client, upstream):
        ask(client)
        tools = [{"type": "function", "function": {"name": "look_up", "parameters": {}}}]
        others = [{"temperature": 0.5}, {"tools": tools}, {"messages": [{"role": "system", "content": "Be rude."},
                                                                        *messages()]}]  # fmt: skip

        assert [False] * 3 == [ask(client, **other).cached for other in others]
        assert not ask(client, OTHER).cached
        assert not client.chat.completions.create(model="gpt-other", messages=messages()).cached
        assert ask(client, user="42").cached

    def test_another_server_s_model_of_that_name_is_another_model(self, client, upstream, server):
        ask(client)
        elsewhere = client.with_options(base_url=upstream.url.replace("127.0.0.1", "localhost") + "/v1")

        assert not ask(elsewhere).cached
        assert ask(client.with_options(timeout=5.0)).cached

    def test_parsed_answers_and_raw_responses_come_from_the_cache_too(self, client, upstream):
        class City(BaseModel):
            name: str

        upstream.script.append(Behaviour(text='{"name": "Oslo"}'))
        found = [client.chat.completions.parse(model=MODEL, messages=messages(), response_format=City) for _ in "ab"]
        raw = [client.chat.completions.with_raw_response.create(model=MODEL, messages=messages()) for _ in "ab"]

        assert ["Oslo", "Oslo"] == [one.choices[0].message.parsed.name for one in found]
        assert ["miss", "hit"] == [one.headers["x-crowkis-cache"] for one in raw]
        assert 2 == len(upstream.asked)

    def test_headers_turn_the_cache_off_read_only_and_refresh(self, client, upstream):
        def told(mode):
            return ask(client, extra_headers={"x-crowkis-cache-control": mode})

        assert not told("read-only").cached
        assert not ask(client).cached
        old = ask(client)
        new = told("refresh")
        assert old.choices[0].message.content != new.choices[0].message.content
        assert new.choices[0].message.content == ask(client).choices[0].message.content
        assert not hasattr(told("off"), "cached")

    def test_tenants_are_apart_and_lifetimes_end(self, server, client, upstream):
        options = {"base_url": client.base_url, "api_key": "sk-me"}
        with CachedOpenAI(cache=cache_at(server, tenant="acme", ttl_s=1), **options) as acme:
            ask(client)
            assert [False, True] == [ask(acme).cached, ask(acme).cached]
            time.sleep(1.2)
            assert not ask(acme).cached

    def test_other_paths_go_through(self, client):
        assert ["fake"] == [model.id for model in client.models.list()]


class TestStreams:
    def test_a_miss_passes_word_by_word_and_is_then_a_hit_both_ways(self, client, upstream):
        upstream.script.append(Behaviour(text="one two three four five six", between_s=0.1))
        began = time.monotonic()
        seen = [(time.monotonic() - began, chunk) for chunk in ask(client, stream=True)]
        again = list(ask(client, stream=True, stream_options={"include_usage": True}))
        whole = ask(client)

        assert ["one two three four five six"] * 2 == [text_of(chunk for _, chunk in seen), text_of(again)]
        assert seen[1][0] < 0.45 < seen[-1][0]
        assert all(chunk.choices and not chunk.cached for _, chunk in seen)
        assert all(chunk.cached for chunk in again)
        assert 17 == again[-1].usage.total_tokens == whole.usage.total_tokens
        assert whole.cached
        assert 1 == len(upstream.asked)

    def test_what_breaks_off_or_is_left_is_not_kept(self, client, upstream):
        upstream.script += [Behaviour(cut_after=3), Behaviour(text="word " * 200, between_s=0.02)]
        with pytest.raises(Exception, match=r"onnection|closed|peer|incomplete"):
            list(ask(client, stream=True))
        with ask(client, stream=True) as stream:
            next(iter(stream))
        deadline = time.monotonic() + 10
        while upstream.cancelled < 2:
            assert time.monotonic() < deadline
            time.sleep(0.02)

        assert not ask(client).cached

    def test_the_helper_for_streams_works_on_hits(self, client, upstream):
        found = []
        for _ in range(2):
            with client.chat.completions.stream(model=MODEL, messages=messages()) as stream:
                for _event in stream:
                    pass
                found.append(stream.get_final_completion().choices[0].message.content)

        assert ["answer 1 to: " + HOW] * 2 == found

    def test_hits_keep_the_pace_they_are_given(self, server, client, upstream):
        upstream.script.append(Behaviour(text="word " * 20))
        ask(client)
        options = {"base_url": client.base_url, "api_key": "sk-me"}
        with CachedOpenAI(cache=cache_at(server, pace_ms=100), **options) as slow:
            began = time.monotonic()
            text_of(ask(slow, stream=True))
            took_s = time.monotonic() - began

        assert 0.5 < took_s < 5


class TestOtherApis:
    def test_responses_are_answered_once_whole_and_streamed(self, client, upstream):
        upstream.script.append(Behaviour(text="one two three four five six"))
        texts, flags = [], []
        for _ in "ab":
            with client.responses.stream(model=MODEL, input=HOW) as stream:
                for _event in stream:
                    pass
                final = stream.get_final_response()
            texts.append(final.output_text)
            flags.append(final.cached)
        whole = client.responses.create(model=MODEL, input=HOW)

        assert ["one two three four five six"] * 3 == [*texts, whole.output_text]
        assert [False, True, True] == [*flags, whole.cached]
        assert not client.responses.create(model=MODEL, input=HOW, instructions="Be rude.").cached

    def test_completions_are_answered_once_whole_and_streamed(self, client, upstream):
        first = client.completions.create(model=MODEL, prompt=HOW)
        again = list(client.completions.create(model=MODEL, prompt=HOW, stream=True))

        assert first.choices[0].text == "".join(chunk.choices[0].text for chunk in again)
        assert ([False] + [True] * len(again)) == [one.cached for one in (first, *again)]
        assert not ask(client).cached, "a chat is another question"


class TestFailing:
    @pytest.mark.parametrize("how", [Behaviour(status=500), Behaviour(status=400), Behaviour(status=429)])
    def test_errors_keep_status_and_body_and_are_not_stored(self, client, upstream, how):
        upstream.script.append(how)
        with pytest.raises(openai.APIStatusError, match=f"fake failure {how.status}") as refused:
            ask(client)

        assert (how.status, "fake") == (refused.value.status_code, refused.value.code)
        assert not ask(client).cached

    @pytest.mark.parametrize(
        "how",
        [Behaviour(finish="length"), Behaviour(text=" "), Behaviour(tool_call=True)],
        ids=["cut", "empty", "tool"],
    )
    def test_nothing_but_one_whole_answer_is_kept(self, client, upstream, how):
        upstream.script.append(how)

        assert [False, False] == [ask(client).cached, ask(client).cached]
        assert 2 == len(ask(client, n=2).choices)
        assert not hasattr(ask(client, n=2), "cached")

    def test_without_a_cache_models_are_asked_and_the_log_says_so_once(self, upstream, caplog):
        cache = ChatCache(port=1)
        with CachedOpenAI(cache=cache, base_url=f"{upstream.url}/v1", api_key="sk-me") as client:
            assert [False, False] == [ask(client).cached, ask(client).cached]
            assert "answer 3 to: " + HOW == text_of(ask(client, stream=True))

        told = [one.getMessage() for one in caplog.records if one.name == "crowkis"]
        assert 1 == len(told)
        assert "models are asked every time" in told[0]
        assert HOW not in told[0]


class TestAsync:
    def test_asking_streaming_and_errors(self, server, wire, upstream):
        async def use():
            cache = cache_at(server)
            options = {"base_url": f"{upstream.url}/v1", "api_key": "sk-me", "max_retries": 0}
            async with AsyncCachedOpenAI(cache=cache, **options) as client:
                create = client.chat.completions.create
                flags = [(await create(model=MODEL, messages=messages())).cached for _ in range(2)]
                texts = []
                for _ in range(2):
                    stream = await create(model=MODEL, messages=messages(OTHER), stream=True)
                    texts.append(text_of([chunk async for chunk in stream]))
                flags.append((await create(model=MODEL, messages=messages(OTHER))).cached)
                upstream.script.append(Behaviour(status=429))
                with pytest.raises(openai.RateLimitError, match="fake failure 429"):
                    await create(model=MODEL, messages=messages("what is new"))
                upstream.script.append(Behaviour(text="word " * 200, between_s=0.02))
                async with await create(model=MODEL, messages=messages("what is new"), stream=True) as stream:
                    await anext(aiter(stream))
                flags.append((await create(model=MODEL, messages=messages("what is new"))).cached)
            return flags, texts

        flags, texts = asyncio.run(use())

        assert [False, True, True, False] == flags
        assert ["answer 2 to: " + OTHER] * 2 == texts

    def test_without_a_cache_models_are_asked(self, upstream):
        async def use():
            options = {"base_url": f"{upstream.url}/v1", "api_key": "sk-me"}
            async with AsyncCachedOpenAI(cache=ChatCache(port=1), **options) as client:
                return (await client.chat.completions.create(model=MODEL, messages=messages())).cached

        assert not asyncio.run(use())


class TestClientsUnderneath:
    def test_the_one_given_is_asked_where_the_cache_has_no_answer(self, server, wire, upstream):
        sent = []
        with openai.DefaultHttpxClient(event_hooks={"request": [sent.append]}) as over:
            client = CachedOpenAI(
                cache=cache_at(server), http_client=over, base_url=f"{upstream.url}/v1", api_key="sk-me"
            )
            assert [False, True] == [ask(client).cached, ask(client).cached]
        assert 1 == len(sent)
        assert HOW == json.loads(sent[0].content)["messages"][0]["content"]

    def test_one_of_another_library_is_refused(self):
        with pytest.raises(TypeError, match="http_client must be"):
            CachedOpenAI(http_client=object(), api_key="sk-me")


@pytest.mark.model
def test_the_same_in_other_words_is_a_hit_and_the_opposite_is_not(start_server, model_flags, upstream):
    own = start_server(*model_flags, embedder="minilm")
    with CachedOpenAI(cache=cache_at(own), base_url=f"{upstream.url}/v1", api_key="sk-me") as client:
        asked = ["How do I reset my password?", "how can i reset my password", "how can i not reset my password"]

        assert [False, True, False] == [ask(client, text).cached for text in asked]
    assert 2 == len(upstream.asked)
