"""The official Node clients of OpenAI and Anthropic through the gateway: promises, streams, tools, JSON mode, errors.

Each test runs one case of a script in a new Node process. They are skipped, saying why, where Node or npm is missing or
npm cannot install the clients; what it installed is kept in pytest's cache.
"""

import json
import subprocess
import time

import pytest

from crowkis.testing.upstream import Behaviour, FakeUpstream

pytestmark = pytest.mark.process

HOW = "how do i log in"
SCRIPT = """
const { OpenAI } = require('openai');
const { Anthropic } = require('@anthropic-ai/sdk');
const [url, name, retries] = process.argv.slice(2);
const options = { apiKey: 'sk-me', maxRetries: Number(retries || 0) };
const client = new OpenAI({ ...options, baseURL: url + '/v1' });
const claude = new Anthropic({ ...options, baseURL: url });
const messages = [{ role: 'user', content: 'how do i log in' }];
const chat = { model: 'fake', messages };
const message = { model: 'fake', max_tokens: 99, messages };
const schema = { type: 'object', properties: {} };
const tools = [{ type: 'function', function: { name: 'look_up', parameters: schema } }];
const twice = async (once) => [await once(), await (new Promise((done) => setTimeout(done, 400)).then(once))];
const cache = (response) => response.headers.get('x-crowkis-cache');

const told = async (asked) => {
  const { data, response } = await client.chat.completions.create(asked).withResponse();
  return { cache: cache(response), text: data.choices[0].message.content, tokens: data.usage.total_tokens };
};
const streamed = async (asked) => {
  const { data, response } = await client.chat.completions
    .create({ ...asked, stream: true, stream_options: { include_usage: true } }).withResponse();
  let text = '', tokens = 0, parts = 0;
  for await (const chunk of data) {
    text += chunk.choices[0]?.delta?.content || '';
    tokens = chunk.usage?.total_tokens || tokens;
    parts += 1;
  }
  return { cache: cache(response), text, tokens, parts };
};
const failure = async (asking) => {
  try { await asking; } catch (error) {
    return { class: error.constructor.name, status: error.status, id: error.requestID ?? null,
             body: error.error, message: error.message };
  }
  return null;
};
const cases = {
  openai_whole: () => twice(() => told(chat)),
  openai_stream: async () => [...await twice(() => streamed(chat)), await told(chat)],
  openai_helper: () => twice(async () => (await client.chat.completions.stream(chat).finalContent())),
  openai_json: () => twice(() => told({ ...chat, response_format: { type: 'json_object' } })),
  openai_tools: async () => {
    const whole = await client.chat.completions.create({ ...chat, tools });
    const stream = await client.chat.completions.stream({ ...chat, tools }).finalMessage();
    return [whole.choices[0].message, stream].map((said) => said.tool_calls[0].function);
  },
  openai_image: async () => {
    const parts = (n) => [{ type: 'text', text: 'what is this' },
                          { type: 'image_url', image_url: { url: 'data:image/png;base64,' + n } }];
    const ask = (n) => told({ ...chat, messages: [{ role: 'user', content: parts(n) }] });
    return [...await twice(() => ask('aaaa')), await ask('bbbb')].map((one) => one.cache);
  },
  openai_error: async () => [await failure(client.chat.completions.create(chat)),
                             await failure(client.chat.completions.create({ ...chat, stream: true }))],
  openai_abort: async () => {
    const stream = await client.chat.completions.create({ ...chat, stream: true });
    for await (const chunk of stream) break;
    return true;
  },
  openai_many: () => Promise.all(Array.from({ length: 8 }, () => told(chat))),
  anthropic_whole: () => twice(async () => {
    const { data, response } = await claude.messages.create(message).withResponse();
    return { cache: cache(response), text: data.content[0].text, tokens: data.usage.output_tokens };
  }),
  anthropic_stream: () => twice(async () => {
    const stream = claude.messages.stream(message);
    let text = '';
    stream.on('text', (part) => { text += part; });
    const final = await stream.finalMessage();
    return { text, same: final.content[0].text === text, ended: final.stop_reason, id: final.id };
  }),
  anthropic_tools: async () => {
    const asked = { ...message, tools: [{ name: 'look_up', input_schema: schema }] };
    const whole = await claude.messages.create(asked);
    const stream = await claude.messages.stream(asked).finalMessage();
    return [whole, stream].map((said) => [said.stop_reason, said.content[0].name]);
  },
  anthropic_error: async () => [await failure(claude.messages.create(message)),
                                await failure(claude.messages.create({ ...message, stream: true }))],
};
cases[name]().then((found) => console.log(JSON.stringify(found)),
                   (error) => { console.error(error); process.exit(1); });
"""


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
    house_upstream.cancelled = 0
    return house_upstream


@pytest.fixture
def run(server, upstream, node_sdks):
    """Runs a case and returns what it found."""

    (node_sdks / "use.js").write_text(SCRIPT)

    def play(case, retries=0):
        ran = subprocess.run(
            ["node", "use.js", f"http://127.0.0.1:{server.http_port}", case, str(retries)],
            cwd=node_sdks, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert ran.returncode == 0, ran.stderr
        return json.loads(ran.stdout)

    return play


class TestOpenAI:
    def test_the_second_time_is_a_hit(self, run, upstream):
        first, second = run("openai_whole")

        assert {"cache": "miss", "text": f"answer 1 to: {HOW}", "tokens": 19} == first
        assert first | {"cache": "hit"} == second
        assert "Bearer sk-me" == upstream.headers[0]["authorization"]

    def test_streams_there_and_back(self, run):
        first, second, whole = run("openai_stream")

        assert ["miss", "hit", "hit"] == [one["cache"] for one in (first, second, whole)]
        assert [f"answer 1 to: {HOW}"] * 3 == [one["text"] for one in (first, second, whole)]
        assert [19] * 3 == [one["tokens"] for one in (first, second, whole)]
        assert second["parts"] > 3

    def test_the_helper_for_streams_works_on_hits(self, run):
        assert [f"answer 1 to: {HOW}"] * 2 == run("openai_helper")

    def test_json_mode_is_cached_in_its_own_form(self, run, upstream):
        upstream.script.append(Behaviour(text='{"name": "Oslo"}'))
        first, second = run("openai_json")

        assert ["miss", "hit"] == [first["cache"], second["cache"]]
        assert {"name": "Oslo"} == json.loads(second["text"])
        assert {"type": "json_object"} == upstream.asked[0]["response_format"]

    def test_calls_of_tools_come_whole_and_streamed(self, run, upstream):
        upstream.script += [Behaviour(tool_call=True)] * 2

        assert [("look_up", "{}")] * 2 == [(one["name"], one["arguments"]) for one in run("openai_tools")]
        assert 2 == len(upstream.asked)

    def test_images_belong_to_the_question(self, run):
        assert ["miss", "hit", "miss"] == run("openai_image")

    @pytest.mark.parametrize(
        ("status", "name"), [(400, "BadRequestError"), (429, "RateLimitError"), (500, "InternalServerError")]
    )
    def test_errors_keep_class_status_and_body(self, run, upstream, status, name):
        upstream.script += [Behaviour(status=status, headers={"x-request-id": "req_1"})] * 2

        for found in run("openai_error"):
            assert (name, status, "req_1") == (found["class"], found["status"], found["id"])
            assert {"code": "fake", "type": "fake_error"}.items() <= found["body"].items()
            assert f"fake failure {status}" in found["message"]

    def test_the_client_s_own_retries_work(self, run, upstream):
        upstream.script.append(Behaviour(status=429, headers={"retry-after": "0"}))

        assert "miss" == run("openai_whole", retries=1)[0]["cache"]

    def test_a_reader_that_leaves_ends_the_work_upstream(self, run, upstream):
        upstream.script.append(Behaviour(text="word " * 200, between_s=0.02))
        assert run("openai_abort")
        deadline = time.monotonic() + 10
        while not upstream.cancelled:
            assert time.monotonic() < deadline
            time.sleep(0.02)

    def test_many_at_once_reach_the_upstream_once(self, run, upstream):
        upstream.script.append(Behaviour(before_s=0.5))

        assert {f"answer 1 to: {HOW}"} == {one["text"] for one in run("openai_many")}
        assert 1 == len(upstream.asked)


class TestAnthropic:
    def test_the_second_time_is_a_hit(self, run):
        first, second = run("anthropic_whole")

        assert {"cache": "miss", "text": f"answer 1 to: {HOW}", "tokens": 8} == first
        assert first | {"cache": "hit"} == second

    def test_streams_there_and_back(self, run, upstream):
        first, second = run("anthropic_stream")

        assert {"text": f"answer 1 to: {HOW}", "same": True, "ended": "end_turn", "id": "msg_1"} == first == second
        assert 1 == len(upstream.asked)

    def test_calls_of_tools_come_whole_and_streamed(self, run, upstream):
        upstream.script += [Behaviour(tool_call=True)] * 2

        assert [["tool_use", "look_up"]] * 2 == run("anthropic_tools")

    @pytest.mark.parametrize(
        ("status", "name"), [(400, "BadRequestError"), (429, "RateLimitError"), (500, "InternalServerError")]
    )
    def test_errors_keep_class_status_and_body(self, run, upstream, status, name):
        upstream.script += [Behaviour(status=status, headers={"request-id": "req_1"})] * 2

        for found in run("anthropic_error"):
            assert (name, status, "req_1") == (found["class"], found["status"], found["id"])
            assert "fake_error" == found["body"]["error"]["type"]
