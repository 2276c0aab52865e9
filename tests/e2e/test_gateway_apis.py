"""Responses, completions and embeddings through the gateway's real port, with OpenAI's official client."""

import asyncio
import time

import anthropic
import httpx
import openai
import pytest

from crowkis.testing.upstream import Behaviour, FakeUpstream

pytestmark = [pytest.mark.process, pytest.mark.model]

HOW = "How do I reset my password?"
SAME = "how can i reset my password"
MODEL = "gpt-fake"
WORDS = "one two three four five six"


@pytest.fixture(scope="module")
def house_upstream():
    made = FakeUpstream()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def server(start_module_server, model_flags, house_upstream):
    url = house_upstream.url
    flags = ("--gateway-upstreams", url, "--gateway-anthropic-upstreams", url, "--gateway-retries", "0")
    return start_module_server(*model_flags, *flags, embedder="minilm")


@pytest.fixture
def upstream(house_upstream):
    house_upstream.script.clear()
    house_upstream.asked.clear()
    return house_upstream


@pytest.fixture
def client(server, wire, upstream):
    with openai.OpenAI(base_url=f"http://127.0.0.1:{server.http_port}/v1", api_key="sk-me", max_retries=0) as made:
        yield made


def until_hit(ask):
    """What `ask` brings, once it comes from the cache: it is stored beside the first reply."""
    deadline = time.monotonic() + 20
    while True:
        found, how = ask()
        if how[1] == "hit":
            return found, how
        assert time.monotonic() < deadline
        time.sleep(0.02)


def told(raw):
    return raw.parse(), (raw.headers["x-cache-match"], raw.headers["x-crowkis-cache"])


class TestResponses:
    def ask(self, client, given=HOW, **more):
        return told(client.responses.with_raw_response.create(model=MODEL, input=given, **more))

    def test_new_same_and_reworded(self, client, upstream):
        first, how = self.ask(client)
        again, exact = until_hit(lambda: self.ask(client))
        other, semantic = self.ask(client, SAME)

        assert [("none", "miss"), ("exact", "hit"), ("semantic", "hit")] == [how, exact, semantic]
        assert "answer 1 to: " + HOW == first.output_text == again.output_text == other.output_text
        assert first == again
        assert ("none", "miss") == self.ask(client, "how can i not reset my password")[1]

    def test_a_list_of_messages_asks_the_same_and_what_steers_counts(self, client):
        until_hit(lambda: self.ask(client))
        listed = [{"role": "user", "content": [{"type": "input_text", "text": HOW}]}]

        assert ("exact", "hit") == self.ask(client, listed)[1]
        assert ("none", "miss") == self.ask(client, instructions="Be rude.")[1]
        assert ("none", "miss") == self.ask(client, [{"role": "developer", "content": "Be rude."}, *listed])[1]
        assert ("none", "miss") == self.ask(client, text={"format": {"type": "json_object"}})[1]
        assert ("none", "miss") == self.ask(client, store=False)[1]

    def test_a_stream_passes_word_by_word_and_is_then_a_hit_both_ways(self, client, upstream):
        upstream.script.append(Behaviour(text=WORDS, between_s=0.05))
        began = time.monotonic()
        with client.responses.stream(model=MODEL, input=HOW) as stream:
            seen = [(time.monotonic() - began, event.type) for event in stream]
            whole = stream.get_final_response()
        again, _ = until_hit(lambda: self.ask(client))
        with client.responses.stream(model=MODEL, input=HOW) as stream:
            replayed = [event.type for event in stream]
            final = stream.get_final_response()

        assert seen[-1][0] - seen[0][0] > 0.3
        assert WORDS == whole.output_text == again.output_text == final.output_text
        assert (whole.id, whole.usage) == (final.id, final.usage)
        assert 1 == len(upstream.asked)
        once = list(dict.fromkeys(replayed))
        assert list(dict.fromkeys(kind for _, kind in seen)) == once
        assert ["response.created", "response.completed"] == [once[0], once[-1]]

    def test_a_stored_body_is_replayed_as_a_stream(self, client, upstream):
        upstream.script.append(Behaviour(text="Open Settings,  then\nSecurity. Wait a minute."))
        until_hit(lambda: self.ask(client))
        with client.responses.create(model=MODEL, input=HOW, stream=True) as stream:
            events = list(stream)

        deltas = [event.delta for event in events if event.type == "response.output_text.delta"]
        assert "Open Settings,  then\nSecurity. Wait a minute." == "".join(deltas)
        assert len(deltas) > 1
        assert list(range(len(events))) == [event.sequence_number for event in events]

    @pytest.mark.parametrize(
        "how", [Behaviour(status=500), Behaviour(finish="length"), Behaviour(tool_call=True), Behaviour(text=" ")]
    )
    def test_nothing_but_a_whole_answer_in_words_is_stored(self, client, upstream, how):
        upstream.script.append(how)
        if how.status == 200:
            self.ask(client)
        else:
            with pytest.raises(openai.InternalServerError, match="fake failure 500"):
                self.ask(client)
        time.sleep(0.3)

        assert ("none", "miss") == self.ask(client)[1]

    def test_a_stream_that_breaks_off_is_not_stored(self, client, upstream):
        upstream.script.append(Behaviour(cut_after=5))
        with pytest.raises((httpx.HTTPError, openai.APIError)):
            list(client.responses.create(model=MODEL, input=HOW, stream=True))
        time.sleep(0.3)

        assert ("none", "miss") == self.ask(client)[1]

    @pytest.mark.parametrize(
        "more",
        [{"previous_response_id": "resp_1"}, {"store": True}, {"background": True}, {"conversation": "conv_1"},
         {"tools": [{"type": "web_search"}]}, {"include": ["reasoning.encrypted_content"]}],
        ids=lambda more: next(iter(more)),
    )  # fmt: skip
    def test_what_the_upstream_keeps_or_looks_up_goes_through(self, client, more):
        until_hit(lambda: self.ask(client))

        assert ("none", "bypass") == self.ask(client, **more)[1]


class TestCompletions:
    def ask(self, client, prompt=HOW, **more):
        return told(client.completions.with_raw_response.create(model=MODEL, prompt=prompt, **more))

    def streamed(self, client, **more):
        with client.completions.create(model=MODEL, prompt=HOW, stream=True, **more) as stream:
            return list(stream)

    def test_new_same_and_reworded(self, client, upstream):
        first, how = self.ask(client)
        again, exact = until_hit(lambda: self.ask(client))

        assert [("none", "miss"), ("exact", "hit")] == [how, exact]
        assert first == again
        assert ("semantic", "hit") == self.ask(client, SAME)[1]
        assert ("none", "miss") == self.ask(client, max_tokens=5)[1]

    def test_streams_there_and_back(self, client, upstream):
        upstream.script.append(Behaviour(text=WORDS))
        chunks = self.streamed(client)
        again, _ = until_hit(lambda: self.ask(client))
        replayed = self.streamed(client, stream_options={"include_usage": True})

        assert [WORDS] * 2 == ["".join(c.choices[0].text for c in cs if c.choices) for cs in (chunks, replayed)]
        assert WORDS == again.choices[0].text
        assert all(chunk.choices for chunk in chunks), "the usage was not asked for"
        assert again.usage == replayed[-1].usage
        assert 1 == len(upstream.asked)

    @pytest.mark.parametrize(
        "more", [{"n": 2}, {"best_of": 2}, {"echo": True}, {"logprobs": 1}, {"prompt": ["a", "b"]}]
    )
    def test_what_asks_for_more_goes_through(self, client, more):
        assert ("none", "bypass") == self.ask(client, **more)[1]


class TestEmbeddings:
    def ask(self, client, given="x", **more):
        return told(client.embeddings.with_raw_response.create(model="e", input=given, **more))

    @pytest.mark.parametrize(
        "given", ["How do I reset?", ["one", "two"], [[1, 2], [3]]], ids=["text", "texts", "tokens"]
    )
    @pytest.mark.parametrize("form", ["float", "base64"])
    def test_the_very_same_request_is_a_hit(self, client, upstream, given, form):
        first, how = self.ask(client, given, encoding_format=form)
        again, exact = until_hit(lambda: self.ask(client, given, encoding_format=form))

        assert [("none", "miss"), ("exact", "hit")] == [how, exact]
        assert first == again
        assert 1 == len(upstream.asked)

    def test_nothing_like_it_will_do(self, client):
        until_hit(lambda: self.ask(client, HOW))

        assert [0.0, 1.0] == self.ask(client, HOW)[0].data[0].embedding
        for given, more in [(SAME, {}), (HOW.lower(), {}), ([HOW], {}), (HOW, {"dimensions": 2}),
                            (HOW, {"encoding_format": "float"})]:  # fmt: skip
            assert ("none", "miss") == self.ask(client, given, **more)[1]

    def test_no_vector_of_ours_is_made_for_it(self, client, server, wire):
        before = server.figure("embed_texts_total")
        until_hit(lambda: self.ask(client, "a text never seen before"))

        assert before == server.figure("embed_texts_total")
        assert 0 == wire("CVECCOUNT")

    def test_a_failure_is_not_stored(self, client, upstream):
        upstream.script.append(Behaviour(status=429))
        with pytest.raises(openai.RateLimitError):
            self.ask(client)

        assert ("none", "miss") == self.ask(client)[1]


def test_the_clients_for_asyncio_read_the_same(server, wire, upstream):
    async def responses(base):
        async with openai.AsyncOpenAI(base_url=f"{base}/v1", api_key="sk-me", max_retries=0) as client:
            found = []
            for _ in range(2):
                async with client.responses.stream(model=MODEL, input=HOW) as stream:
                    found.append("".join([e.delta async for e in stream if e.type == "response.output_text.delta"]))
                    await stream.get_final_response()
                await asyncio.sleep(0.5)
            vectors = await client.embeddings.create(model="e", input=["a", "b"])
            return [*found, len(vectors.data)]

    async def messages(base):
        asked = {"model": MODEL, "max_tokens": 99, "messages": [{"role": "user", "content": HOW}]}
        async with anthropic.AsyncAnthropic(base_url=base, api_key="sk", max_retries=0) as client:
            async with client.messages.stream(**asked) as stream:
                first = "".join([part async for part in stream.text_stream])
            await asyncio.sleep(0.5)
            again = await client.messages.create(**asked)
            return first, again.content[0].text

    base = f"http://127.0.0.1:{server.http_port}"
    assert ["answer 1 to: " + HOW] * 2 + [2] == asyncio.run(responses(base))
    assert ("answer 3 to: " + HOW,) * 2 == asyncio.run(messages(base))
