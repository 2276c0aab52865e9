"""What hits save, how long answers live and what an outage shows, through the gateway's real port."""

import hmac
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import anthropic
import httpx
import openai
import pytest
from prometheus_client.parser import text_string_to_metric_families

from crowkis.testing.upstream import Behaviour, FakeUpstream

pytestmark = [pytest.mark.process]

HOW = "How do I reset my password?"
PRICES = """
date = 2026-11-30
[usd_per_million_tokens]
"house" = { input = 1000.0, output = 100000.0 }
"house-embed" = { input = 50000.0 }
"""
TTL_S = 1
STALE_S = 60


class Billing:
    """Notes what it is posted."""

    def __init__(self):
        self.posts = []
        billing = self

        class Answering(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                billing.posts.append((body, self.headers.get("x-crowkis-signature")))
                self.send_response(200)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *told):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/saved?account=7"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def events(self):
        return [event for body, _ in list(self.posts) for event in json.loads(body)]

    def stop(self):
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture(scope="module")
def billing():
    made = Billing()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def house_upstream():
    made = FakeUpstream()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def server(start_module_server, tmp_path_factory, house_upstream, billing):
    prices = tmp_path_factory.mktemp("prices") / "prices.toml"
    prices.write_text(PRICES)
    ttls = f"/v1/completions={TTL_S},/v1/embeddings=0,short-*={TTL_S},/v1/messages={TTL_S}"
    return start_module_server(
        "--gateway-upstreams", house_upstream.url, "--gateway-anthropic-upstreams", house_upstream.url,
        "--gateway-retries", "0", "--gateway-prices", str(prices), "--gateway-log-saved", "yes",
        "--gateway-webhook", billing.url, "--gateway-webhook-key", "billing-secret", "--gateway-ttls", ttls,
        "--gateway-stale", str(STALE_S),
    )  # fmt: skip


@pytest.fixture
def upstream(house_upstream):
    house_upstream.script.clear()
    house_upstream.asked.clear()
    house_upstream.usual = Behaviour()
    return house_upstream


@pytest.fixture
def client(server, wire, upstream):
    with openai.OpenAI(base_url=f"http://127.0.0.1:{server.http_port}/v1", api_key="sk-me", max_retries=0) as made:
        yield made


def chat(client, text=HOW, model="house", **more):
    return client.chat.completions.with_raw_response.create(
        model=model, messages=[{"role": "user", "content": text}], **more
    )


def completion(client, text=HOW, **more):
    return client.completions.with_raw_response.create(model="house", prompt=text, **more)


def embedding(client, text=HOW):
    return client.embeddings.with_raw_response.create(model="house-embed", input=text)


def how(raw):
    return raw.headers["x-crowkis-cache"]


def until(ask, wanted="hit"):
    deadline = time.monotonic() + 20
    while how(raw := ask()) != wanted:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return raw


def figures(server, name, label):
    """The values of a metric by its label, from /metrics as prometheus-client reads it."""
    text = httpx.get(f"http://127.0.0.1:{server.probe_port}/metrics", trust_env=False).text
    return {
        sample.labels.get(label, ""): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == f"crowkis_{name}"
    }


class TestPrices:
    def test_a_hit_says_what_it_saved_by_the_operators_table(self, client):
        miss = chat(client)
        hit = until(lambda: chat(client))

        words = len(miss.parse().choices[0].message.content.split())
        assert "x-crowkis-money-saved" not in miss.headers
        assert str(11 + words) == hit.headers["x-crowkis-tokens-saved"]
        assert (11 * 1000 + words * 100_000) / 1e6 == pytest.approx(float(hit.headers["x-crowkis-money-saved"]))

    def test_an_edition_of_a_model_has_its_price_and_an_unknown_model_has_none(self, client):
        assert "x-crowkis-money-saved" in until(lambda: chat(client, model="house-2026-11-01")).headers
        assert "x-crowkis-money-saved" not in until(lambda: chat(client, model="house-large")).headers

    def test_the_tables_date_is_in_the_log(self, server):
        told = server.wait_for("prices")

        assert ("2026-11-30", 2) == (told["date"], told["models"])

    @pytest.mark.parametrize(
        ("text", "why"), [("date = 1", "say when these prices were right"), ("x", "cannot read"), (None, "cannot read")]
    )
    def test_a_bad_table_ends_the_start_with_one_clear_line(self, start_server, tmp_path, text, why):
        file = tmp_path / "wrong.toml"
        if text is not None:
            file.write_text(text)
        refused = start_server("--gateway-prices", str(file), ready=False)

        assert 0 != refused.wait()
        assert f"gateway_prices: {'' if 'cannot' in why else str(file) + ': '}{why}" in refused.log


class TestSavedCalls:
    """Row 23 of the acceptance: an event per saved call for billing, with tokens and money."""

    def test_an_event_per_saved_call_with_tokens_and_money_is_counted_and_exported(
        self, server, client, upstream, billing
    ):
        before = figures(server, "gateway_saved_calls_total", "kind")
        dollars = figures(server, "gateway_money_saved_usd_total", "kind").get("exact", 0.0)
        seen = len(billing.events)
        hit = until(lambda: chat(client))
        until(lambda: embedding(client, "a b c"))
        upstream.script.append(Behaviour(before_s=0.5))
        with ThreadPoolExecutor(3) as threads:
            list(threads.map(lambda _: chat(client, "How many moons has Mars?"), range(3)))

        deadline = time.monotonic() + 20
        while len(billing.events) < seen + 4:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        events = billing.events[seen:]
        kinds = [event["kind"] for event in events]
        assert ["coalesced", "coalesced", "embedding", "exact"] == sorted(kinds)
        exact, embedded = events[kinds.index("exact")], events[kinds.index("embedding")]
        assert ("house", "/v1/chat/completions") == (exact["model"], exact["path"])
        assert exact["tenant"].startswith("key-")
        assert str(exact["prompt_tokens"] + exact["completion_tokens"]) == hit.headers["x-crowkis-tokens-saved"]
        assert exact["usd"] == pytest.approx(float(hit.headers["x-crowkis-money-saved"]))
        assert (3, 0, 0.15) == (embedded["prompt_tokens"], embedded["completion_tokens"], embedded["usd"])
        assert len(events) == len({event["id"] for event in events})
        after = figures(server, "gateway_saved_calls_total", "kind")
        assert [1, 2, 1] == [after[kind] - before.get(kind, 0) for kind in ("exact", "coalesced", "embedding")]
        money = figures(server, "gateway_money_saved_usd_total", "kind")
        assert exact["usd"] == pytest.approx(money["exact"] - dollars)
        assert figures(server, "gateway_webhook_events_total", "result")["sent"] >= len(events)

    def test_batches_are_signed_and_neither_they_nor_the_log_hold_texts(self, server, client, billing):
        seen = len(billing.posts)
        hit = until(lambda: chat(client, "Which secret word is never told?"))
        deadline = time.monotonic() + 20
        while len(billing.posts) == seen:
            assert time.monotonic() < deadline
            time.sleep(0.05)

        for body, signature in billing.posts:
            assert f"sha256={hmac.digest(b'billing-secret', body, 'sha256').hex()}" == signature
            assert b"secret word" not in body
        told = server.wait_for("saved call")
        assert {"kind", "tenant", "model", "prompt_tokens", "completion_tokens", "usd"} <= set(told)
        assert "secret word" not in server.log
        assert "answer" in hit.parse().choices[0].message.content

    def test_a_stop_tells_what_has_not_been_told(self, start_server, upstream, billing):
        own = start_server("--gateway-upstreams", upstream.url, "--gateway-webhook", billing.url)
        with openai.OpenAI(base_url=f"http://127.0.0.1:{own.http_port}/v1", api_key="sk-me", max_retries=0) as client:
            until(lambda: chat(client, model="told-at-the-end"))
        assert 0 == own.stop()

        assert "told-at-the-end" in [event["model"] for event in billing.events]
        assert "saved call" not in own.log

    def test_a_webhook_where_nobody_listens_delays_no_answer_and_no_stop(self, start_server, upstream):
        own = start_server("--gateway-upstreams", upstream.url, "--gateway-webhook", "http://127.0.0.1:9/x")
        with openai.OpenAI(base_url=f"http://127.0.0.1:{own.http_port}/v1", api_key="sk-me", max_retries=0) as client:
            until(lambda: chat(client))
            began = time.monotonic()
            for _ in range(20):
                chat(client)
            assert time.monotonic() - began < 2
        began = time.monotonic()

        assert 0 == own.stop()
        assert time.monotonic() - began < 10


class TestLifetimes:
    """Row 11 of the acceptance: TTL per route."""

    def test_two_routes_have_two_lifetimes_and_a_header_goes_before_both(self, client):
        until(lambda: completion(client))
        until(lambda: chat(client))
        until(lambda: embedding(client))
        until(lambda: chat(client, model="short-one"))
        lasting = {"x-crowkis-ttl": "600"}
        until(lambda: completion(client, "Which plans are there?", extra_headers=lasting))
        time.sleep(TTL_S + 0.3)

        asked = [completion(client), chat(client, model="short-one"), chat(client), embedding(client)]
        assert ["miss", "miss", "hit", "hit"] == [how(raw) for raw in asked]
        assert "hit" == how(completion(client, "Which plans are there?"))


class TestOutage:
    @pytest.fixture
    def late(self, client):
        """An answer that is past its end."""
        until(lambda: completion(client))
        time.sleep(TTL_S + 0.2)

    @pytest.mark.parametrize("status", [500, 503, 529, 429])
    def test_an_answer_past_its_end_is_served_and_marked(self, client, upstream, late, status):
        upstream.script.append(Behaviour(status=status, headers={"retry-after": "60"}))
        raw = completion(client)

        assert ("stale", "exact") == (how(raw), raw.headers["x-cache-match"])
        assert 0 <= int(raw.headers["x-crowkis-stale"]) <= STALE_S
        assert "answer 1 to: " + HOW == raw.parse().choices[0].text
        assert "x-crowkis-tokens-saved" not in raw.headers

    def test_it_is_a_miss_while_the_upstream_answers_and_then_replaced(self, client, upstream, late):
        assert "miss" == how(completion(client))
        hit = until(lambda: completion(client))

        assert "answer 1 to: " + HOW != hit.parse().choices[0].text

    @pytest.mark.parametrize("status", [400, 401, 404])
    def test_what_the_upstream_refuses_is_refused(self, client, upstream, late, status):
        upstream.script.append(Behaviour(status=status))
        with pytest.raises(openai.APIStatusError, match=f"fake failure {status}"):
            completion(client)

    def test_a_stream_is_served_late_too(self, client, upstream, late):
        upstream.script.append(Behaviour(status=500))
        with client.completions.create(model="house", prompt=HOW, stream=True) as stream:
            told = "".join(chunk.choices[0].text for chunk in stream if chunk.choices)

        assert "answer 1 to: " + HOW == told

    def test_whoever_asks_for_a_new_answer_gets_no_old_one(self, client, upstream, late):
        upstream.script.append(Behaviour(status=500))
        with pytest.raises(openai.InternalServerError):
            completion(client, extra_headers={"x-crowkis-cache-control": "refresh"})

    def test_where_nothing_is_stored_the_upstreams_own_error_is_shown(self, client, upstream):
        upstream.script.append(Behaviour(status=503))
        with pytest.raises(openai.InternalServerError, match="fake failure 503"):
            completion(client, "Which plans are there?")

    def test_where_no_upstream_answers_at_all_it_is_served_late(self, start_server):
        upstream = FakeUpstream()
        flags = ("--gateway-ttls", "/v1/completions=1", "--gateway-stale", "60", "--gateway-retries", "0")
        own = start_server("--gateway-upstreams", upstream.url, *flags)
        with openai.OpenAI(base_url=f"http://127.0.0.1:{own.http_port}/v1", api_key="sk-me", max_retries=0) as client:
            until(lambda: completion(client))
            time.sleep(1.2)
            upstream.stop()
            assert "stale" == how(completion(client))
            assert own.figure("gateway_requests_total_stale") == 1

    def test_anthropics_answers_too(self, server, client, upstream):
        with anthropic.Anthropic(
            base_url=f"http://127.0.0.1:{server.http_port}", api_key="sk-ant", max_retries=0
        ) as claude:

            def ask():
                asked = [{"role": "user", "content": HOW}]
                return claude.messages.with_raw_response.create(model="house", max_tokens=99, messages=asked)

            until(ask)
            time.sleep(TTL_S + 0.2)
            upstream.script.append(Behaviour(status=529))
            raw = ask()
        assert ("stale", "answer 1 to: " + HOW) == (how(raw), raw.parse().content[0].text)

    def test_without_leave_nothing_is_served_late(self, start_server, upstream):
        own = start_server("--gateway-upstreams", upstream.url, "--gateway-ttls", "/v1/completions=1",
                           "--gateway-retries", "0")  # fmt: skip
        with openai.OpenAI(base_url=f"http://127.0.0.1:{own.http_port}/v1", api_key="sk-me", max_retries=0) as client:
            until(lambda: completion(client))
            time.sleep(1.2)
            upstream.script.append(Behaviour(status=500))
            with pytest.raises(openai.InternalServerError, match="fake failure 500"):
                completion(client)
