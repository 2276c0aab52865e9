"""The official Python clients through the gateway, as their users use them: async, tools, JSON mode, images, errors.

What is cached and when is tested in test_gateway.py; here the clients must not notice that there is a gateway.
"""

import asyncio
import base64
import json
import time

import anthropic
import openai
import pytest
from pydantic import BaseModel

from crowkis.testing.upstream import Behaviour, FakeUpstream

pytestmark = pytest.mark.process

HOW = "how do i log in"
PNG = base64.b64encode(b"\x89PNG a picture").decode()
LOOK_UP = {"type": "object", "properties": {"word": {"type": "string"}}, "required": ["word"]}
TOOLS = [{"type": "function", "function": {"name": "look_up", "parameters": LOOK_UP}}]
CLAUDE_TOOLS = [{"name": "look_up", "input_schema": LOOK_UP}]
STATUSES = {400: "BadRequestError", 401: "AuthenticationError", 403: "PermissionDeniedError", 404: "NotFoundError",
            409: "ConflictError", 422: "UnprocessableEntityError", 429: "RateLimitError",
            500: "InternalServerError"}  # fmt: skip


class City(BaseModel):
    name: str


@pytest.fixture(scope="module")
def house_upstream():
    made = FakeUpstream()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def server(start_module_server, house_upstream):
    url = house_upstream.url
    return start_module_server(
        "--gateway-upstreams", url, "--gateway-anthropic-upstreams", url, "--gateway-retries", "0"
    )


@pytest.fixture
def upstream(house_upstream, wire):
    house_upstream.script.clear()
    house_upstream.asked.clear()
    house_upstream.headers.clear()
    return house_upstream


@pytest.fixture
def options(server):
    return {"base_url": f"http://127.0.0.1:{server.http_port}/v1", "api_key": "sk-me", "max_retries": 0}


@pytest.fixture
def client(options, upstream):
    with openai.OpenAI(**options) as made:
        yield made


@pytest.fixture
def claude_options(options):
    return {**options, "base_url": options["base_url"].removesuffix("/v1")}


@pytest.fixture
def claude(claude_options, upstream):
    with anthropic.Anthropic(**claude_options) as made:
        yield made


def chat(text=HOW, **more):
    return {"model": "fake", "messages": [{"role": "user", "content": text}], **more}


def message(text=HOW, **more):
    return {"max_tokens": 99, **chat(text, **more)}


def until_hit(create, **asked):
    """Ask until the answer comes from the cache: it is stored beside the first reply."""
    deadline = time.monotonic() + 20
    while (raw := create(**asked)).headers["x-crowkis-cache"] != "hit":
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return raw.parse()


class TestOpenAI:
    def test_json_mode_and_parsed_answers_are_cached_in_their_own_form(self, client, upstream):
        upstream.script.append(Behaviour(text='{"name": "Oslo"}'))
        asked = chat(response_format={"type": "json_object"})
        whole = until_hit(client.chat.completions.with_raw_response.create, **asked)
        assert {"name": "Oslo"} == json.loads(whole.choices[0].message.content)

        upstream.asked.clear()
        upstream.script += [Behaviour(text='{"name": "Bergen"}')]
        parse = client.chat.completions.with_raw_response.parse
        found = until_hit(parse, **chat(response_format=City))
        assert City(name="Bergen") == found.choices[0].message.parsed
        assert "json_schema" == upstream.asked[0]["response_format"]["type"]

    def test_calls_of_tools_come_whole_and_streamed_and_are_never_served_again(self, client, upstream):
        upstream.script += [Behaviour(tool_call=True)] * 4
        for _ in range(2):
            told = client.chat.completions.create(**chat(tools=TOOLS)).choices[0]
            assert ("tool_calls", "look_up") == (told.finish_reason, told.message.tool_calls[0].function.name)
            with client.chat.completions.stream(**chat(tools=TOOLS)) as stream:
                for _event in stream:
                    pass
                streamed = stream.get_final_completion().choices[0]
            assert ("call_1", "{}") == (
                streamed.message.tool_calls[0].id,
                told.message.tool_calls[0].function.arguments,
            )
            time.sleep(0.2)

        assert 4 == len(upstream.asked)
        assert TOOLS == upstream.asked[-1]["tools"]

    def test_the_answer_after_a_tool_s_result_is_asked_for_every_time(self, client, upstream):
        call = {"id": "call_1", "type": "function", "function": {"name": "look_up", "arguments": "{}"}}
        said = [{"role": "user", "content": HOW}, {"role": "assistant", "content": None, "tool_calls": [call]},
                {"role": "tool", "tool_call_id": "call_1", "content": "Press Log in."}]  # fmt: skip
        for _ in range(2):
            raw = client.chat.completions.with_raw_response.create(model="fake", messages=said, tools=TOOLS)
            assert "bypass" == raw.headers["x-crowkis-cache"]
        assert said == upstream.asked[-1]["messages"]

    def test_images_travel_and_belong_to_the_question(self, client, upstream):
        def looking(picture):
            url = {"url": f"data:image/png;base64,{picture}"}
            return [{"type": "text", "text": "what is this"}, {"type": "image_url", "image_url": url}]

        until_hit(client.chat.completions.with_raw_response.create, **chat(looking(PNG)))
        other = client.chat.completions.with_raw_response.create(**chat(looking(PNG[:-4])))

        assert "miss" == other.headers["x-crowkis-cache"]
        assert looking(PNG) == upstream.asked[0]["messages"][0]["content"]

    @pytest.mark.parametrize(("status", "name"), STATUSES.items())
    def test_errors_are_those_of_the_upstream(self, client, upstream, status, name):
        upstream.script += [Behaviour(status=status, headers={"x-request-id": "req_1"})] * 2
        for stream in (False, True):
            with pytest.raises(getattr(openai, name), match=f"fake failure {status}") as refused:
                client.chat.completions.create(**chat(stream=stream))

            assert (status, "fake", "fake_error") == (refused.value.status_code, refused.value.code, refused.value.type)
            assert "req_1" == refused.value.request_id

    def test_the_client_s_own_retries_work(self, client, upstream):
        upstream.script += [Behaviour(status=429, headers={"retry-after": "0"})]
        patient = client.with_options(max_retries=2)

        assert f"answer 2 to: {HOW}" == patient.chat.completions.create(**chat()).choices[0].message.content

    def test_the_client_s_own_timeout_works(self, client, upstream):
        upstream.script.append(Behaviour(before_s=2.0))
        with pytest.raises(openai.APITimeoutError):
            client.with_options(timeout=0.3).chat.completions.create(**chat())

    def test_tasks_ask_stream_and_hear_errors(self, options, upstream):
        async def use():
            async with openai.AsyncOpenAI(**options) as client:
                create = client.chat.completions.create
                texts = []
                for _ in range(2):
                    stream = await create(**chat(stream=True, stream_options={"include_usage": True}))
                    chunks = [chunk async for chunk in stream]
                    texts.append("".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices))
                    texts.append(str(chunks[-1].usage.total_tokens))
                    await asyncio.sleep(0.3)
                whole = await client.chat.completions.with_raw_response.create(**chat())
                upstream.script += [Behaviour(status=429), Behaviour(text='{"name": "Oslo"}')]
                with pytest.raises(openai.RateLimitError, match="fake failure 429"):
                    await create(**chat("which colours are there"))
                city = await client.chat.completions.parse(**chat("which city", response_format=City))
                return texts, whole.headers["x-crowkis-cache"], city.choices[0].message.parsed

        texts, cache, city = asyncio.run(use())

        assert [f"answer 1 to: {HOW}", "19"] * 2 == texts
        assert ("hit", City(name="Oslo")) == (cache, city)

    def test_many_tasks_at_once_each_get_their_answer(self, options, upstream):
        async def use():
            async with openai.AsyncOpenAI(**options) as client:
                names = [f"what is {name}" for name in ("a fox", "a cow", "a hen", "an owl", "a cat", "a dog")] * 4
                told = await asyncio.gather(*(client.chat.completions.create(**chat(name)) for name in names))
                return [(name, one.choices[0].message.content) for name, one in zip(names, told, strict=True)]

        assert all(text.endswith(f"to: {name}") for name, text in asyncio.run(use()))


class TestAnthropic:
    def test_calls_of_tools_come_whole_and_streamed_and_are_never_served_again(self, claude, upstream):
        upstream.script += [Behaviour(tool_call=True)] * 4
        for _ in range(2):
            told = claude.messages.create(**message(tools=CLAUDE_TOOLS))
            with claude.messages.stream(**message(tools=CLAUDE_TOOLS)) as stream:
                streamed = stream.get_final_message()
            assert ["look_up", "look_up"] == [one.content[0].name for one in (told, streamed)]
            assert "tool_use" == streamed.stop_reason
            time.sleep(0.2)

        assert 4 == len(upstream.asked)

    def test_images_travel_and_belong_to_the_question(self, claude, upstream):
        def looking(picture):
            source = {"type": "base64", "media_type": "image/png", "data": picture}
            return [{"type": "image", "source": source}, {"type": "text", "text": "what is this"}]

        until_hit(claude.messages.with_raw_response.create, **message(looking(PNG)))
        other = claude.messages.with_raw_response.create(**message(looking(PNG[:-4])))

        assert "miss" == other.headers["x-crowkis-cache"]
        assert looking(PNG) == upstream.asked[0]["messages"][0]["content"]

    @pytest.mark.parametrize(("status", "name"), STATUSES.items())
    def test_errors_are_those_of_the_upstream(self, claude, upstream, status, name):
        upstream.script += [Behaviour(status=status, headers={"request-id": "req_1"})] * 2
        for stream in (False, True):
            with pytest.raises(getattr(anthropic, name), match=f"fake failure {status}") as refused:
                claude.messages.create(**message(stream=stream))

            assert (status, "req_1") == (refused.value.status_code, refused.value.request_id)
            assert "fake_error" == refused.value.body["error"]["type"]

    def test_system_prompts_in_blocks_and_long_chats_travel(self, claude, upstream):
        system = [{"type": "text", "text": "Be kind.", "cache_control": {"type": "ephemeral"}}]
        said = [("user", "Which plans are there?"), ("assistant", "Basic and Pro."), ("user", "What does it cost?")]
        messages = [{"role": role, "content": text} for role, text in said]
        until_hit(claude.messages.with_raw_response.create, **message(system=system, messages=messages))

        assert (system, messages) == (upstream.asked[0]["system"], upstream.asked[0]["messages"])

    def test_tasks_ask_stream_and_hear_errors(self, claude_options, upstream):
        async def use():
            async with anthropic.AsyncAnthropic(**claude_options) as claude:
                texts = []
                for _ in range(2):
                    async with claude.messages.stream(**message()) as stream:
                        texts.append("".join([text async for text in stream.text_stream]))
                    await asyncio.sleep(0.3)
                whole = await claude.messages.with_raw_response.create(**message())
                upstream.script.append(Behaviour(status=429))
                with pytest.raises(anthropic.RateLimitError, match="fake failure 429"):
                    await claude.messages.create(**message("which colours are there"))
                return texts, whole.headers["x-crowkis-cache"]

        assert ([f"answer 1 to: {HOW}"] * 2, "hit") == asyncio.run(use())
