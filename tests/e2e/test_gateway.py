"""The gateway through its real port: the official client on one side, a fake upstream on the other."""

import asyncio
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import anthropic
import httpx
import openai
import pytest

from crowkis.testing.upstream import Behaviour, FakeUpstream, usage
from crowkis.wire.fields import key_of

pytestmark = [pytest.mark.process, pytest.mark.model]

HOW = "How do I reset my password?"
SAME = "how can i reset my password"
MODEL = "gpt-fake"


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
def gateway(server, wire):
    return server


@pytest.fixture
def upstream(house_upstream):
    house_upstream.script.clear()
    house_upstream.asked.clear()
    house_upstream.headers.clear()
    house_upstream.cancelled = 0
    return house_upstream


@pytest.fixture
def client(gateway, upstream):
    with openai.OpenAI(base_url=f"http://127.0.0.1:{gateway.http_port}/v1", api_key="sk-me", max_retries=0) as made:
        yield made


def messages(*texts):
    roles = ("user", "assistant")
    return [{"role": roles[place % 2], "content": text} for place, text in enumerate(texts)]


def ask(client, text, **more):
    """The answer's text, and what the headers say of the cache: match, kind."""
    told = client.chat.completions.with_raw_response.create(model=MODEL, **{"messages": messages(text), **more})
    found = told.parse()
    return found.choices[0].message.content, (told.headers["x-cache-match"], told.headers["x-crowkis-cache"])


def stored(client, text, **more):
    """Ask until the answer comes from the cache: it is stored beside the first reply."""
    deadline = time.monotonic() + 20
    while ask(client, text, **more)[1][1] != "hit":
        assert time.monotonic() < deadline
        time.sleep(0.02)


def events(client, text, **more):
    """The chunks of a streamed answer."""
    with client.chat.completions.create(model=MODEL, messages=messages(text), stream=True, **more) as stream:
        return list(stream)


def text_of(chunks):
    return "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)


class TestMatching:
    def test_new_is_none_same_is_exact_reworded_is_semantic(self, client, upstream):
        answer, first = ask(client, HOW)
        stored(client, HOW)

        assert ("none", "miss") == first
        assert (answer, ("exact", "hit")) == ask(client, HOW)
        assert (answer, ("semantic", "hit")) == ask(client, SAME)
        assert [HOW] == [body["messages"][-1]["content"] for body in upstream.asked[:1]]
        assert ("none", "miss") == ask(client, "how can i not reset my password")[1]

    @pytest.mark.parametrize(
        "other",
        [{"temperature": 0.5}, {"model_": "gpt-other"}, {"response_format": {"type": "json_object"}}, {"seed": 7},
         {"tools": [{"type": "function", "function": {"name": "look_up", "parameters": {}}}]},
         {"messages": [{"role": "system", "content": "Be rude."}, *messages(HOW)]}],
        ids=lambda other: next(iter(other)),
    )  # fmt: skip
    def test_whatever_else_differs_is_another_question(self, client, other):
        stored(client, HOW)
        model = other.pop("model_", MODEL)
        told = client.chat.completions.with_raw_response.create(model=model, **{"messages": messages(HOW), **other})

        assert "none" == told.headers["x-cache-match"]

    def test_fields_that_say_nothing_about_the_answer_do_not_count(self, client):
        stored(client, HOW)

        assert ("exact", "hit") == ask(client, HOW, user="42", metadata={"a": "b"})[1]

    def test_a_question_that_leans_on_its_history_needs_the_same(self, client):
        before = messages("Which plans are there?", "Basic and Pro.", "What does it cost?")
        stored(client, "", messages=before)

        assert ("exact", "hit") == ask(client, "", messages=before)[1]
        other = messages("Which tools are there?", "Saw and drill.", "What does it cost?")
        assert ("none", "miss") == ask(client, "", messages=other)[1]

    def test_images_belong_to_the_question(self, client):
        def looking(url):
            parts = [
                {"type": "text", "text": "What is on this picture?"},
                {"type": "image_url", "image_url": {"url": url}},
            ]
            return [{"role": "user", "content": parts}]

        stored(client, "", messages=looking("http://127.0.0.1/a.png"))

        assert ("none", "miss") == ask(client, "", messages=looking("http://127.0.0.1/b.png"))[1]

    def test_another_key_is_another_customer(self, client):
        stored(client, HOW)

        assert ("none", "miss") == ask(client.with_options(api_key="sk-other"), HOW)[1]
        assert ("exact", "hit") == ask(client, HOW)[1]


class TestWhatIsKept:
    @pytest.mark.parametrize(
        "how",
        [Behaviour(status=500), Behaviour(status=400), Behaviour(status=429, headers={"retry-after": "60"}),
         Behaviour(finish="length"), Behaviour(finish="content_filter"), Behaviour(text=" "),
         Behaviour(tool_call=True)],
    )  # fmt: skip
    def test_nothing_but_one_whole_answer_is_stored(self, client, upstream, how):
        upstream.script.append(how)
        if how.status == 200:
            assert ("none", "miss") == ask(client, HOW)[1]
        else:
            with pytest.raises(openai.APIStatusError) as refused:
                ask(client, HOW)
            assert how.status == refused.value.status_code
            assert f"fake failure {how.status}" in str(refused.value)
            assert dict(how.headers).items() <= dict(refused.value.response.headers).items()
        time.sleep(0.3)

        assert ("none", "miss") == ask(client, HOW)[1]

    def test_a_stream_that_breaks_off_is_not_stored(self, client, upstream):
        upstream.script.append(Behaviour(cut_after=3))
        with pytest.raises((httpx.HTTPError, openai.APIError)):
            events(client, HOW)
        time.sleep(0.3)

        assert ("none", "miss") == ask(client, HOW)[1]

    def test_more_than_one_answer_and_other_paths_pass_through(self, client, upstream):
        told = client.chat.completions.with_raw_response.create(model=MODEL, messages=messages(HOW), n=2)
        assert ["bypass", 2] == [told.headers["x-crowkis-cache"], len(told.parse().choices)]
        models = client.models.with_raw_response.list()
        assert ["bypass", ["fake"]] == [models.headers["x-crowkis-cache"], [model.id for model in models.parse()]]

    def test_headers_turn_the_cache_off_read_only_and_refresh(self, client, upstream):
        def asked(mode):
            return ask(client, HOW, extra_headers={"x-crowkis-cache-control": mode})

        assert ("none", "miss") == asked("read-only")[1]
        time.sleep(0.3)
        assert ("none", "miss") == asked("read-only")[1]
        stored(client, HOW)
        old = ask(client, HOW)[0]
        assert ("none", "bypass") == asked("off")[1]
        new, how = asked("refresh")
        assert ("none", "miss") == how
        deadline = time.monotonic() + 10
        while ask(client, HOW)[0] != new:
            assert time.monotonic() < deadline
        assert old != new
        with pytest.raises(openai.BadRequestError, match="off, read-only or refresh"):
            asked("sometimes")

    def test_answers_live_as_long_as_the_request_says(self, client):
        stored(client, HOW, extra_headers={"x-crowkis-ttl": "1"})
        time.sleep(1.2)

        assert ("none", "miss") == ask(client, HOW)[1]


class TestStreams:
    def test_a_miss_passes_word_by_word_and_is_then_a_hit_both_ways(self, client, upstream):
        upstream.script.append(Behaviour(text="one two three four five six", between_s=0.1))
        began = time.monotonic()
        with client.chat.completions.create(model=MODEL, messages=messages(HOW), stream=True) as stream:
            seen = [(time.monotonic() - began, chunk) for chunk in stream]
        stored(client, HOW)

        assert "one two three four five six" == text_of(chunk for _, chunk in seen)
        assert seen[1][0] < 0.45 < seen[-1][0]
        assert all(chunk.choices for _, chunk in seen), "the usage was not asked for"
        answer, how = ask(client, HOW)
        assert ("one two three four five six", ("exact", "hit")) == (answer, how)
        whole = client.chat.completions.create(model=MODEL, messages=messages(HOW))
        assert usage(answer) == whole.usage.model_dump(include=set(usage(answer)))

    def test_a_hit_is_replayed_as_a_stream_with_its_usage(self, client, upstream):
        upstream.script.append(Behaviour(text="Open Settings,  then\nSecurity, then Reset. Wait a minute."))
        stored(client, HOW)

        chunks = events(client, HOW, stream_options={"include_usage": True})

        assert "Open Settings,  then\nSecurity, then Reset. Wait a minute." == text_of(chunks)
        assert len(chunks) > 4
        assert "stop" == chunks[-2].choices[0].finish_reason
        assert [[], 20] == [chunks[-1].choices, chunks[-1].usage.total_tokens]
        assert all(chunk.choices for chunk in events(client, HOW))

    def test_a_reader_that_leaves_ends_the_work_upstream(self, client, upstream):
        upstream.script.append(Behaviour(text="word " * 200, between_s=0.02))
        with client.chat.completions.create(model=MODEL, messages=messages(HOW), stream=True) as stream:
            next(iter(stream))
        deadline = time.monotonic() + 10
        while not upstream.cancelled:
            assert time.monotonic() < deadline
            time.sleep(0.02)


class TestManyAtOnce:
    def test_the_same_question_reaches_the_upstream_once(self, client, upstream):
        upstream.script.append(Behaviour(before_s=0.5))
        with ThreadPoolExecutor(8) as threads:
            answers = list(threads.map(lambda _: ask(client, HOW), range(8)))

        assert 1 == len({answer for answer, _ in answers})
        assert 1 == len(upstream.asked)

    def test_streams_are_shared_too_each_from_its_beginning(self, client, upstream):
        upstream.script.append(Behaviour(text="a b c d e f g h", between_s=0.1))
        with ThreadPoolExecutor(4) as threads:
            later = [threads.submit(events, client, HOW)]
            time.sleep(0.3)
            later += [threads.submit(events, client, HOW) for _ in range(2)]
            whole = threads.submit(ask, client, HOW)

        assert ["a b c d e f g h"] * 3 == [text_of(found.result()) for found in later]
        assert "a b c d e f g h" == whole.result()[0]
        assert 1 == len(upstream.asked)

    def test_where_the_first_fails_one_of_the_others_tries(self, client, upstream):
        upstream.script.append(Behaviour(before_s=0.5, status=500))
        with ThreadPoolExecutor(4) as threads:
            found = [threads.submit(ask, client, HOW) for _ in range(4)]
        failed = [one for one in found if one.exception()]

        assert 1 == len(failed)
        assert 2 == len(upstream.asked)

    def test_one_that_leaves_does_not_end_it_for_the_others(self, gateway, client, upstream):
        upstream.script.append(Behaviour(before_s=1.0))

        async def leave():
            async with openai.AsyncOpenAI(base_url=str(client.base_url), api_key="sk-me", max_retries=0) as impatient:
                asking = asyncio.create_task(impatient.chat.completions.create(model=MODEL, messages=messages(HOW)))
                await asyncio.sleep(0.3)
                asking.cancel()

        leaving = threading.Thread(target=lambda: asyncio.run(leave()))
        leaving.start()
        time.sleep(0.15)
        answer, _ = ask(client, HOW)
        leaving.join()

        assert "answer 1 to: " + HOW == answer


class TestNearlyTheSameAtOnce:
    """gateway_coalesce=semantic: whoever asks nearly the same waits, and is judged as with any stored answer."""

    @pytest.fixture(autouse=True)
    def semantic(self, gateway, wire):
        wire("CONFIG", "SET", "gateway_coalesce", "semantic")
        yield
        wire("CONFIG", "SET", "gateway_coalesce", "exact")

    def together(self, client, first, *others, after_s=0.3):
        with ThreadPoolExecutor(8) as threads:
            begun = threads.submit(ask, client, first)
            time.sleep(after_s)
            found = [threads.submit(ask, client, other) for other in others]
            return [begun.result(), *(one.result() for one in found)]

    def test_a_paraphrase_of_a_question_on_its_way_waits_for_its_answer(self, client, upstream):
        upstream.script.append(Behaviour(before_s=1.0))
        first, *others = self.together(client, HOW, SAME, SAME)

        assert 1 == len(upstream.asked)
        assert [(first[0], ("semantic", "hit"))] * 2 == others

    def test_one_that_says_something_else_gets_an_answer_of_its_own(self, client, upstream):
        upstream.script.append(Behaviour(before_s=1.0))
        other = "how can i not reset my password"
        _, found = self.together(client, HOW, other)

        assert (f"answer 2 to: {other}", ("none", "miss")) == found

    def test_a_question_about_something_else_does_not_wait(self, client, upstream):
        upstream.script.append(Behaviour(before_s=1.5))
        began = time.monotonic()
        with ThreadPoolExecutor(2) as threads:
            slow = threads.submit(ask, client, HOW)
            time.sleep(0.3)
            found = ask(client, "Which planets have rings?")
            took_s = time.monotonic() - began
            slow.result()

        assert ("none", "miss") == found[1]
        assert took_s < 1.2

    def test_where_the_first_fails_the_other_asks_itself(self, client, upstream):
        upstream.script.append(Behaviour(before_s=1.0, status=500))
        with ThreadPoolExecutor(2) as threads:
            first = threads.submit(ask, client, HOW)
            time.sleep(0.3)
            second = threads.submit(ask, client, SAME)

        assert isinstance(first.exception(), openai.InternalServerError)
        assert ("answer 2 to: " + SAME, ("none", "miss")) == second.result()

    def test_without_the_setting_each_asks_itself(self, client, upstream, wire):
        wire("CONFIG", "SET", "gateway_coalesce", "exact")
        upstream.script.append(Behaviour(before_s=1.0))
        self.together(client, HOW, SAME)

        assert 2 == len(upstream.asked)


class TestFailing:
    def test_the_next_upstream_is_asked_when_one_is_down(self, start_server, upstream):
        gone = FakeUpstream()
        gone.stop()
        own = start_server("--gateway-upstreams", f"{gone.url},{upstream.url}", "--gateway-retries", "0")
        with openai.OpenAI(base_url=f"http://127.0.0.1:{own.http_port}/v1", api_key="k", max_retries=0) as client:
            assert ("none", "miss") == ask(client, HOW)[1]

    def test_where_no_upstream_answers_the_error_says_so(self, start_server):
        gone = FakeUpstream()
        gone.stop()
        own = start_server("--gateway-upstreams", gone.url, "--gateway-retries", "0")
        with openai.OpenAI(base_url=f"http://127.0.0.1:{own.http_port}/v1", api_key="k", max_retries=0) as client:
            with pytest.raises(openai.APIStatusError, match="no upstream answered") as refused:
                ask(client, HOW)
            assert 502 == refused.value.status_code

    def test_a_failure_is_tried_again_as_the_upstream_asks(self, start_server, upstream):
        own = start_server("--gateway-upstreams", upstream.url)
        upstream.script += [Behaviour(status=503, headers={"retry-after": "0.2"}), Behaviour(status=500)]
        with openai.OpenAI(base_url=f"http://127.0.0.1:{own.http_port}/v1", api_key="k", max_retries=0) as client:
            assert "answer 3 to: " + HOW == ask(client, HOW)[0]

    def test_half_a_character_lets_the_request_through(self, gateway, upstream):
        url = f"http://127.0.0.1:{gateway.http_port}/v1/chat/completions"
        for text, model in (("how \\ud83d", "m"), ("how", "m\\udc00")):
            body = f'{{"model": "{model}", "messages": [{{"role": "user", "content": "{text}"}}]}}'
            upstream.script.append(Behaviour(status=418))
            told = httpx.post(url, content=body, timeout=20)
            assert (418, "bypass") == (told.status_code, told.headers["x-crowkis-cache"])

    def test_a_fault_of_the_cache_lets_the_request_through(self, client, upstream):
        long = "x" * 300_000
        assert ("none", "miss") == ask(client, long)[1]
        assert long == upstream.asked[0]["messages"][-1]["content"]

    def test_what_the_upstream_refuses_it_refuses_itself(self, client, upstream):
        upstream.script.append(Behaviour(status=400))
        with pytest.raises(openai.BadRequestError, match="fake failure 400"):
            client.chat.completions.create(model=MODEL, messages=[])


class TestCredentials:
    def test_a_token_is_asked_for_and_does_not_travel_on(self, start_server, upstream):
        own = start_server("--gateway-upstreams", upstream.url, "--gateway-key", "sk-house",
                           environ={"CROWKIS_AUTH_TOKEN": "secret"})  # fmt: skip
        base = f"http://127.0.0.1:{own.http_port}/v1"
        with openai.OpenAI(base_url=base, api_key="secret", max_retries=0) as client:
            assert ("none", "miss") == ask(client, HOW)[1]
            assert "Bearer sk-house" == upstream.headers[0]["authorization"]
            assert "secret" not in json.dumps(upstream.headers)
            for wrong in ("", "Secret", "secret2"):
                with pytest.raises(openai.AuthenticationError, match="credentials are not right"):
                    ask(client.with_options(api_key=wrong or "none"), HOW)
        assert 1 == len(upstream.asked)

    def test_without_a_key_of_the_house_the_token_has_a_field_of_its_own(self, start_server, upstream):
        own = start_server("--gateway-upstreams", upstream.url,
                           environ={"CROWKIS_AUTH_TOKEN": "secret"})  # fmt: skip
        base = f"http://127.0.0.1:{own.http_port}/v1"
        with openai.OpenAI(base_url=base, api_key="secret", max_retries=0) as client:
            with pytest.raises(openai.AuthenticationError):
                ask(client, HOW)
            mine = client.with_options(api_key="sk-mine", default_headers={"x-crowkis-key": "secret"})
            assert ("none", "miss") == ask(mine, HOW)[1]
        assert ["Bearer sk-mine"] == [told["authorization"] for told in upstream.headers]
        assert "secret" not in json.dumps(upstream.headers)


class TestAnthropic:
    """The same with Anthropic's API and its official client; what both share is tested above."""

    @pytest.fixture
    def claude(self, gateway, upstream):
        with anthropic.Anthropic(
            base_url=f"http://127.0.0.1:{gateway.http_port}", api_key="sk-ant", max_retries=0
        ) as made:
            yield made

    def ask(self, claude, text, **more):
        told = claude.messages.with_raw_response.create(
            model=MODEL, max_tokens=99, messages=[{"role": "user", "content": text}], **more
        )
        return told.parse().content[0].text, (told.headers["x-cache-match"], told.headers["x-crowkis-cache"])

    def stored(self, claude, text, **more):
        deadline = time.monotonic() + 20
        while self.ask(claude, text, **more)[1][1] != "hit":
            assert time.monotonic() < deadline
            time.sleep(0.02)

    def streamed(self, claude, text):
        with claude.messages.stream(model=MODEL, max_tokens=99, messages=[{"role": "user", "content": text}]) as stream:
            return "".join(stream.text_stream), stream.get_final_message()

    def test_new_same_and_reworded(self, claude, upstream):
        answer, first = self.ask(claude, HOW)
        self.stored(claude, HOW)

        assert ("none", "miss") == first
        assert (answer, ("exact", "hit")) == self.ask(claude, HOW)
        assert (answer, ("semantic", "hit")) == self.ask(claude, SAME)
        assert ("none", "miss") == self.ask(claude, HOW, system="Be rude.")[1]
        assert "sk-ant" == key_of(upstream.headers[0])

    def test_streams_there_and_back(self, claude, upstream):
        upstream.script.append(Behaviour(text="one two three four five six"))
        text, whole = self.streamed(claude, HOW)
        self.stored(claude, HOW)
        again, replayed = self.streamed(claude, HOW)

        assert ["one two three four five six"] * 2 == [text, again]
        assert (whole.id, whole.usage, "end_turn") == (replayed.id, replayed.usage, replayed.stop_reason)
        assert text == self.ask(claude, HOW)[0]
        assert 1 == len(upstream.asked)

    def test_errors_and_what_was_cut_off_are_not_stored(self, claude, upstream):
        upstream.script += [Behaviour(status=529), Behaviour(finish="length")]
        with pytest.raises(anthropic.APIStatusError, match="fake failure 529") as refused:
            self.ask(claude, HOW)
        assert 529 == refused.value.status_code
        self.ask(claude, HOW)
        time.sleep(0.3)

        assert ("none", "miss") == self.ask(claude, HOW)[1]
