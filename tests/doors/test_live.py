"""Promises of crowkis/doors/live.py, through the real door: figures once, as a stream, and each look-up on a socket."""

import json
import socket
import time
from contextlib import ExitStack, contextmanager
from itertools import pairwise

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from crowkis.doors.live import STREAMS_MAX
from crowkis.testing.upstream import FakeUpstream

pytestmark = pytest.mark.process

HOW, ANSWER = "How do I reset my password?", "Settings > Security > Reset."


@pytest.fixture
def web(server, wire):
    with httpx.Client(base_url=f"http://127.0.0.1:{server.http_port}", trust_env=False) as client:
        yield client


@contextmanager
def events(base, query="", **headers):
    """The events of a stream: name and value of each."""
    with httpx.stream("GET", f"{base}/api/metrics/stream{query}", headers=headers, timeout=20) as response:
        yield response, parsed(response.iter_lines())


def parsed(lines):
    name = ""
    for line in lines:
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data: "):
            yield name, json.loads(line.removeprefix("data: "))


def base_of(server):
    return f"http://127.0.0.1:{server.http_port}"


def until(done, within_s=10.0):
    deadline = time.monotonic() + within_s
    while not (found := done()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return found


def test_figures_are_told_once(web, wire):
    before = web.get("/api/metrics").json()["global"]
    wire("CSET", HOW, ANSWER, "COST", "0.5")
    wire("CGET", HOW)
    wire("CGET", "an entirely different matter")
    figures = web.get("/api/metrics").json()
    after = figures["global"]

    assert [2, 1, 1] == [after[name] - before[name] for name in ("total_requests", "total_hits", "total_misses")]
    assert 0.5 == pytest.approx(after["dollars_saved_total"] - before["dollars_saved_total"])
    assert after["dollars_saved_total"] == pytest.approx(after["dollars_saved_today"])
    assert len(ANSWER) // 4 == after["tokens_saved"] - before["tokens_saved"]
    assert {"tenants", "budgets", "system", "recent_log", "top_questions", "top_misses", "refusals"} <= figures.keys()
    missed, served = figures["recent_log"][:2]
    assert ("exact", HOW, 1.0, None) == tuple(served[name] for name in ("verdict", "question", "confidence", "reason"))
    assert "an entirely different matter" == missed["question"]
    assert missed["reason"]
    assert missed["meaning"]


def test_the_stream_tells_what_has_happened_since(server, web, wire):
    wire("CSET", HOW, ANSWER)
    with events(base_of(server)) as (response, told):
        assert ("text/event-stream", "no-store") == tuple(
            response.headers[name].partition(";")[0] for name in ("content-type", "cache-control")
        )
        name, first = next(told)
        assert "metrics" == name
        wire("CGET", HOW)
        _, second = next(told)

    assert 1 == second["global"]["total_hits"] - first["global"]["total_hits"]
    assert 0.8 <= (second["now_ms"] - first["now_ms"]) / 1000 <= 8


@pytest.mark.parametrize("every", ["0", "61", "x", ""])
def test_the_pace_is_from_one_to_sixty_seconds(web, every):
    assert 400 == web.get(f"/api/metrics/stream?every={every}").status_code


def test_no_more_streams_than_there_may_be_and_those_that_end_make_room(server, web):
    with ExitStack() as stack:
        opened = [stack.enter_context(events(base_of(server), "?every=60"))[1] for _ in range(STREAMS_MAX)]
        assert ["metrics"] * STREAMS_MAX == [next(told)[0] for told in opened]
        refused = web.get("/api/metrics/stream")
        assert (429, "too_many_streams") == (refused.status_code, refused.json()["error"]["code"])
        assert refused.headers["retry-after"]
        with pytest.raises(InvalidStatus) as denied:
            connect(f"ws://127.0.0.1:{server.http_port}/ws/live")
        assert 429 == denied.value.response.status_code
        assert 200 == web.get("/api/metrics").status_code

    def room():
        with events(base_of(server)) as (response, told):
            return response.status_code == 200 and next(told)[0] == "metrics"

    assert until(room)


def test_each_look_up_comes_over_the_socket_in_its_order(server, wire):
    wire("CSET", HOW, ANSWER)
    with connect(f"ws://127.0.0.1:{server.http_port}/ws/live") as live:
        for text in (HOW, "something else", HOW):
            wire("CGET", text)
        lines = [json.loads(live.recv(timeout=5)) for _ in range(3)]

    assert [HOW, "something else", HOW] == [line["question"] for line in lines]
    assert ["exact", "exact"] == [lines[0]["verdict"], lines[2]["verdict"]]
    assert [1, 1] == [later["number"] - earlier["number"] for earlier, later in pairwise(lines)]


def test_a_socket_that_cannot_keep_up_is_told_how_many_it_missed(server, wire):
    wire("CSET", HOW, ANSWER)
    with connect(f"ws://127.0.0.1:{server.http_port}/ws/live") as live:
        for _ in range(3_000):
            wire.send("CGET", HOW)
        wire.replies(3_000)
        told = []
        while len(told) < 2 or sum(line.get("skipped", 1) for line in told) < 3_000:
            told.append(json.loads(live.recv(timeout=10)))

    assert 3_000 == sum(line.get("skipped", 1) for line in told)


def test_whoever_speaks_on_the_socket_is_hung_up_on(server):
    with connect(f"ws://127.0.0.1:{server.http_port}/ws/live") as live:
        live.send("hello")
        with pytest.raises(ConnectionClosed) as closed:
            live.recv(timeout=5)

    assert 1003 == closed.value.rcvd.code


def test_pages_of_other_sites_see_nothing(server, web):
    refused = web.get("/api/metrics", headers={"origin": "http://evil.test"})
    with pytest.raises(InvalidStatus) as denied:
        connect(f"ws://127.0.0.1:{server.http_port}/ws/live", origin="http://evil.test")
    with (
        socket.create_connection(("127.0.0.1", server.http_port)) as own,
        pytest.raises(InvalidStatus) as rebound,
    ):
        connect("ws://evil.test/ws/live", sock=own, origin="http://evil.test")

    assert [403, 403, 403] == [refused.status_code, *(one.value.response.status_code for one in (denied, rebound))]


@pytest.fixture(scope="module")
def own(start_module_server):
    """A server that asks for a token."""
    return start_module_server(environ={"CROWKIS_AUTH_TOKEN": "secret"})


class TestWithCredentials:
    @pytest.fixture
    def admin(self, own):
        with httpx.Client(base_url=base_of(own), headers={"x-crowkis-key": "secret"}, trust_env=False) as client:
            yield client

    @pytest.fixture
    def wire(self, own):
        wire = own.connect()
        wire("AUTH", "secret")
        wire("FLUSHALL")
        yield wire
        wire.close()

    def test_nobody_sees_anything_without(self, own):
        base = base_of(own)
        assert [401, 401] == [
            httpx.get(f"{base}/api/metrics{path}", trust_env=False).status_code for path in ("", "/stream")
        ]
        with pytest.raises(InvalidStatus) as denied:
            connect(f"ws://127.0.0.1:{own.http_port}/ws/live")

        assert 401 == denied.value.response.status_code

    def test_the_token_opens_all_three(self, own):
        headers = {"authorization": "Bearer secret"}
        assert 200 == httpx.get(f"{base_of(own)}/api/metrics", headers=headers, trust_env=False).status_code
        with events(base_of(own), **headers) as (response, told):
            assert (200, "metrics") == (response.status_code, next(told)[0])
        with connect(f"ws://127.0.0.1:{own.http_port}/ws/live", additional_headers=headers):
            pass

    def test_a_key_bound_to_a_tenant_sees_that_tenant_alone(self, own, admin, wire):
        for tenant in ("acme", "globex"):
            wire("CSET", f"{tenant} asks how", f"{tenant} answers", "TENANT", tenant)
            wire("CGET", f"{tenant} asks how", "TENANT", tenant)
            wire("CGET", f"what {tenant} misses", "TENANT", tenant)
        key = admin.post("/api/v1/keys", json={"name": "acme", "role": "reader", "tenant": "acme"}).json()["key"]
        told = httpx.get(f"{base_of(own)}/api/metrics", headers={"x-crowkis-key": key}, trust_env=False)
        figures = told.json()

        assert "globex" in admin.get("/api/metrics").text
        assert "globex" not in told.text
        assert ["acme", 2, None] == [figures["tenant"], figures["global"]["total_requests"], figures["system"]]
        assert ["what acme misses", "acme asks how"] == [line["question"] for line in figures["recent_log"]]
        with connect(f"ws://127.0.0.1:{own.http_port}/ws/live", additional_headers={"x-crowkis-key": key}) as live:
            wire("CGET", "globex asks how", "TENANT", "globex")
            wire("CGET", "acme asks how", "TENANT", "acme")
            assert "acme asks how" == json.loads(live.recv(timeout=5))["question"]

    def test_a_reader_of_every_tenant_sees_no_figures_of_the_whole_server(self, own, admin):
        keys = {role: admin.post("/api/v1/keys", json={"name": role, "role": role}).json()["key"] for role in
                ("reader", "auditor")}  # fmt: skip
        shown = {
            role: httpx.get(f"{base_of(own)}/api/metrics", headers={"x-crowkis-key": key}, trust_env=False).json()
            for role, key in keys.items()
        }

        assert shown["reader"]["system"] is None
        assert shown["auditor"]["system"]["memory"]["used_bytes"]

    def test_a_revoked_key_ends_its_stream(self, own, admin):
        made = admin.post("/api/v1/keys", json={"name": "soon gone", "role": "reader"}).json()
        with events(base_of(own), **{"x-crowkis-key": made["key"]}) as (_, told):
            assert "metrics" == next(told)[0]
            assert 204 == admin.delete(f"/api/v1/keys/{made['id']}").status_code
            names = [name for name, _ in told]

        assert "refused" == names[-1]
        assert len(names) <= 3


def test_questions_are_not_kept_where_that_is_switched_off(start_server):
    own = start_server("--live-questions", "no")
    wire = own.connect()
    wire("CSET", HOW, ANSWER)
    wire("CGET", HOW)
    wire("CGET", "what nobody should see")
    told = httpx.get(f"{base_of(own)}/api/metrics", trust_env=False)

    assert HOW not in told.text
    assert "nobody" not in told.text
    assert [False, 2] == [told.json()["questions_kept"], told.json()["global"]["total_requests"]]
    wire("CONFIG", "SET", "live_questions", "yes")
    wire("CGET", HOW)
    assert HOW == httpx.get(f"{base_of(own)}/api/metrics", trust_env=False).json()["recent_log"][0]["question"]


def test_hits_of_the_gateway_save_what_their_answers_and_the_prices_tell(start_server):
    upstream = FakeUpstream()
    try:
        own = start_server("--gateway-upstreams", upstream.url)
        body = {"model": "gpt-4o", "messages": [{"role": "user", "content": HOW}]}

        def saved():
            told = httpx.post(f"{base_of(own)}/v1/chat/completions", json=body, trust_env=False).headers
            if told["x-crowkis-cache"] == "hit":
                return int(told["x-crowkis-tokens-saved"]), float(told["x-crowkis-money-saved"])
            return None

        tokens, usd = until(saved)
        figures = httpx.get(f"{base_of(own)}/api/metrics", trust_env=False).json()["global"]
    finally:
        upstream.stop()

    assert (tokens, 1) == (figures["tokens_saved"], figures["total_hits"])
    assert usd == pytest.approx(figures["dollars_saved_total"], abs=1e-6)


def test_neither_questions_nor_answers_get_into_the_log(server, web, wire):
    wire("CSET", "a question of mine", "an answer of mine")
    wire("CGET", "a question of mine")
    web.get("/api/metrics")

    assert "of mine" not in server.log
