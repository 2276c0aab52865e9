"""The table of policies in docs/gateway.md, row by row, with the official clients through the gateway's real port."""

import time

import anthropic
import openai
import pytest

from crowkis.testing.upstream import Behaviour, FakeUpstream

pytestmark = [pytest.mark.process]

HOW = "How do I reset my password?"
TOOL = {"type": "function", "function": {"name": "look_up", "parameters": {"type": "object", "properties": {}}}}
SCHEMA = {"type": "json_schema", "json_schema": {"name": "a", "schema": {"type": "object", "properties": {}}}}
READ_ONLY = {"x-crowkis-cache-control": "read-only"}


def picture(url):
    parts = [{"type": "text", "text": HOW}, {"type": "image_url", "image_url": {"url": f"http://127.0.0.1/{url}"}}]
    return [{"role": "user", "content": parts}]


@pytest.fixture(scope="module")
def house_upstream():
    made = FakeUpstream()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def server(start_module_server, house_upstream):
    url = house_upstream.url
    return start_module_server(
        "--gateway-upstreams", url, "--gateway-anthropic-upstreams", url, "--gateway-retries", "0",
        "--gateway-temperature-max", "1.2",
    )  # fmt: skip


@pytest.fixture
def upstream(house_upstream):
    house_upstream.script.clear()
    house_upstream.asked.clear()
    return house_upstream


@pytest.fixture
def chat(server, wire, upstream):
    """Asks OpenAI's chat; tells hit, miss or bypass, and why it is a bypass."""
    with openai.OpenAI(base_url=f"http://127.0.0.1:{server.http_port}/v1", api_key="sk-me", max_retries=0) as client:

        def ask(**more):
            asked = {"model": "m", "messages": [{"role": "user", "content": HOW}], **more}
            raw = client.chat.completions.with_raw_response.create(**asked)
            return raw.headers["x-crowkis-cache"], raw.headers.get("x-crowkis-bypass", "")

        yield ask


@pytest.fixture
def claude(server, wire, upstream):
    """The same with Anthropic's messages."""
    with anthropic.Anthropic(base_url=f"http://127.0.0.1:{server.http_port}", api_key="sk", max_retries=0) as client:

        def ask(**more):
            asked = {"model": "m", "max_tokens": 99, "messages": [{"role": "user", "content": HOW}], **more}
            raw = client.messages.with_raw_response.create(**asked)
            return raw.headers["x-crowkis-cache"], raw.headers.get("x-crowkis-bypass", "")

        yield ask


def stored(ask, **more):
    deadline = time.monotonic() + 10
    while ask(**more)[0] != "hit":
        assert time.monotonic() < deadline
        time.sleep(0.02)


def never_stored(ask, **more):
    """It was a miss just now; is it one again, a while later?"""
    time.sleep(0.2)
    return ask(**more, extra_headers=READ_ONLY)[0] == "miss"


class TestOpenAI:
    @pytest.mark.parametrize(
        ("more", "why"),
        [({"n": 2}, "more than one answer"), ({"temperature": 1.3}, "temperature"),
         ({"logprobs": True}, "probabilities"),
         ({"web_search_options": {"search_context_size": "low"}}, "web"),
         ({"modalities": ["text", "audio"], "audio": {"voice": "alloy", "format": "wav"}}, "sound"),
         ({"messages": [{"role": "user", "content": HOW}, {"role": "assistant", "content": "Well,"}]}, "not a user's"),
         ({"messages": [{"role": "user", "content": HOW}, {"role": "assistant", "tool_calls": [
             {"id": "c", "type": "function", "function": {"name": "look_up", "arguments": "{}"}}]},
             {"role": "tool", "tool_call_id": "c", "content": "1"}]}, "not a user's"),
         ({"messages": [{"role": "user", "content": [{"type": "file", "file": {"file_id": "f"}}]}]}, "other than")],
        ids=["n", "temperature", "logprobs", "web search", "audio", "prefix", "tool result", "file"],
    )  # fmt: skip
    def test_it_goes_through(self, chat, more, why):
        stored(chat)
        how, told = chat(**more)

        assert "bypass" == how
        assert why in told

    @pytest.mark.parametrize(
        "more",
        [{"temperature": 1.1}, {"seed": 7}, {"top_p": 0.5}, {"max_tokens": 50}, {"reasoning_effort": "low"},
         {"response_format": {"type": "json_object"}}, {"response_format": SCHEMA}, {"tools": [TOOL]},
         {"messages": picture("a.png")}, {"stop": ["\n"]}],
        ids=["temperature", "seed", "top_p", "max_tokens", "reasoning", "JSON", "schema", "tools", "image", "stop"],
    )  # fmt: skip
    def test_it_counts_exactly_and_the_answer_is_stored_under_it(self, chat, more):
        stored(chat)

        assert "miss" == chat(**more, extra_headers=READ_ONLY)[0]
        stored(chat, **more)
        assert "hit" == chat()[0]

    def test_two_schemas_two_tools_and_two_images_are_told_apart(self, chat):
        other = {"type": "json_schema", "json_schema": {"name": "b", "schema": {"type": "object", "properties": {}}}}
        elsewhere = {"type": "function", "function": {"name": "search", "parameters": {}}}
        for mine, theirs in [
            ({"response_format": SCHEMA}, {"response_format": other}), ({"tools": [TOOL]}, {"tools": [elsewhere]}),
            ({"messages": picture("a.png")}, {"messages": picture("b.png")}),
        ]:  # fmt: skip
            stored(chat, **mine)
            assert "miss" == chat(**theirs, extra_headers=READ_ONLY)[0]

    @pytest.mark.parametrize(
        "how", [Behaviour(tool_call=True), Behaviour(finish="length"), Behaviour(finish="content_filter")],
        ids=["tool call", "cut off", "filtered"],
    )  # fmt: skip
    def test_the_answer_is_not_stored(self, chat, upstream, how):
        upstream.script.append(how)
        assert "miss" == chat(tools=[TOOL])[0]

        assert never_stored(chat, tools=[TOOL])

    def test_who_asks_and_how_the_upstream_is_to_bill_do_not_count(self, chat):
        stored(chat)

        for more in ({"user": "7"}, {"metadata": {"a": "b"}}, {"store": True}, {"service_tier": "flex"}):
            assert "hit" == chat(**more)[0]


class TestAnthropic:
    @pytest.mark.parametrize(
        ("more", "why"),
        [({"thinking": {"type": "enabled", "budget_tokens": 1024}, "max_tokens": 2048}, "thinking"),
         ({"thinking": {"type": "adaptive"}}, "thinking"), ({"extra_body": {"temperature": 1.3}}, "temperature"),
         ({"messages": [{"role": "user", "content": HOW}, {"role": "assistant", "content": "{"}]}, "not a user's"),
         ({"messages": [{"role": "user", "content": [
             {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "x"}}]}]},
          "other than"),
         ({"messages": [{"role": "user", "content": [
             {"type": "tool_result", "tool_use_id": "t", "content": "1"}]}]}, "other than")],
        ids=["thinking", "adaptive thinking", "temperature", "prefix", "document", "tool result"],
    )  # fmt: skip
    def test_it_goes_through(self, claude, more, why):
        stored(claude)
        how, told = claude(**more)

        assert "bypass" == how
        assert why in told

    @pytest.mark.parametrize(
        "more",
        [{"system": "Be kind."}, {"extra_body": {"temperature": 0.5}}, {"max_tokens": 50}, {"stop_sequences": ["x"]},
         {"tools": [{"name": "look_up", "input_schema": {"type": "object"}}]}],
        ids=lambda more: next(iter(more)),
    )  # fmt: skip
    def test_it_counts_exactly(self, claude, more):
        stored(claude)

        assert "miss" == claude(**more, extra_headers=READ_ONLY)[0]

    def test_marks_for_the_upstreams_prompt_cache_do_not_count(self, claude):
        def marked(**mark):
            said = [{"type": "text", "text": HOW, **mark}]
            return {
                "system": [{"type": "text", "text": "Be kind.", **mark}],
                "messages": [{"role": "user", "content": said}],
            }

        stored(claude, **marked(cache_control={"type": "ephemeral"}))

        assert "hit" == claude(**marked())[0]

    @pytest.mark.parametrize(
        "how", [Behaviour(tool_call=True), Behaviour(finish="length"), Behaviour(finish="refusal")],
        ids=["tool use", "cut off", "refusal"],
    )  # fmt: skip
    def test_the_answer_is_not_stored(self, claude, upstream, how):
        upstream.script.append(how)
        assert "miss" == claude()[0]

        assert never_stored(claude)
