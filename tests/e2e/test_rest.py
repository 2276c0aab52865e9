"""The management API, through the real door: look, change, remove, explain, report, invalidate, set bars."""

import json
import socket

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

pytestmark = pytest.mark.process

ENTRIES = "/api/v1/cache/entries"


@pytest.fixture
def web(server, wire):
    with httpx.Client(base_url=f"http://127.0.0.1:{server.http_port}") as client:
        yield client


def keys(web, **query):
    return [row["key"] for row in web.get(ENTRIES, params=query).json()["entries"]]


class TestEntries:
    def test_they_are_listed_by_pages_and_shown_whole(self, web, wire):
        for number in range(7):
            wire("CSET", f"what is rule {number}", f"rule {number}", "TAG", "law", "SOURCE", "book", "EX", "60")
        rows, cursor, pages = [], "0", 0
        while pages == 0 or cursor != "0":
            told = web.get(ENTRIES, params={"limit": 3, "cursor": cursor}).json()
            rows, cursor, pages = rows + told["entries"], told["cursor"], pages + 1
        assert {f"what is rule {number}" for number in range(7)} == {row["query"] for row in rows}
        assert pages >= 2
        first = web.get(f"{ENTRIES}/{rows[0]['key']}").json()
        assert (f"rule {rows[0]['query'][-1]}", ["law"], "book", False) == tuple(
            first[name] for name in ("answer", "tags", "source", "pinned")
        )
        assert 58 <= first["ttl"] <= 60

    def test_patterns_tags_namespaces_and_tenants_choose(self, web, wire):
        wire("CSET", "how do i log in", "a", "TAG", "x")
        wire("CSET", "how do i log out", "b", "NAMESPACE", "n")
        wire("CSET", "how do i pay", "c", "TENANT", "acme")

        assert [1, 1, 1, 1, 0] == [len(keys(web, **query)) for query in (
            {"match": "*log in"}, {"tag": "x"}, {"namespace": "n"}, {"tenant": "acme"}, {"tenant": "zoo"})]  # fmt: skip

    def test_one_is_edited_pinned_and_removed(self, web, wire):
        wire("CSET", "how do i log in", "wrong", "EX", "60")
        (key,) = keys(web)
        told = web.patch(f"{ENTRIES}/{key}", json={"answer": "right", "ttl_s": 0, "pinned": True})
        assert (200, "right", -1, True) == (
            told.status_code,
            *(told.json()[name] for name in ("answer", "ttl", "pinned")),
        )
        assert b"right" == wire("CGET", "how do i log in")
        assert 100 >= web.patch(f"{ENTRIES}/{key}", json={"ttl_s": 100}).json()["ttl"] > 90
        assert b"right" == wire("CGET", "how do i log in"), "a new end leaves the answer as it was"
        assert {"removed": 1, "dry_run": False, "keys": [key]} == web.delete(f"{ENTRIES}/{key}").json()
        assert [404, 404, 404] == [web.delete(f"{ENTRIES}/{key}").status_code, web.get(f"{ENTRIES}/{key}").status_code,
                                   web.patch(f"{ENTRIES}/{key}", json={"pinned": True}).status_code]  # fmt: skip

    @pytest.mark.parametrize(
        "body", [{}, {"answer": ""}, {"answer": 5}, {"ttl_s": -1}, {"pinned": "yes"}, {"other": 1}]
    )
    def test_a_change_that_makes_no_sense_changes_nothing(self, web, wire, body):
        wire("CSET", "how do i log in", "as it was")
        (key,) = keys(web)
        told = web.patch(f"{ENTRIES}/{key}", json=body)

        assert 400 == told.status_code
        assert told.json()["error"]["message"]
        assert b"as it was" == wire("CGET", "how do i log in")

    @pytest.mark.parametrize("key", ["nonsense", "0" * 31, "0" * 32, "z" * 32, "%00"])
    def test_a_key_that_is_none_is_not_there(self, web, key):
        assert 404 == web.get(f"{ENTRIES}/{key}").status_code

    def test_answers_that_are_no_text_are_still_shown(self, web, wire):
        wire("CSET", "what are the bytes", b"\xff\xfe\x00")
        (key,) = keys(web)

        assert "\ufffd\ufffd\x00" == web.get(f"{ENTRIES}/{key}").json()["answer"]


class TestWhy:
    def test_an_explanation_names_the_gate_and_a_report_sticks(self, web, wire):
        wire("CSET", "how do i log in", "Like so.")
        told = web.post("/api/v1/explain", json={"query": "how do i log in"}).json()
        assert ("served", "exact") == (told["verdict"], told["hit_type"])
        assert {"gate", "passes", "measure", "limit"} <= set(told["candidates"][0]["gates"][0])
        told = web.post("/api/v1/feedback", json={"key": told["key"], "verdict": "bad", "query": "how do i log in"})
        assert 200 == told.status_code
        assert wire("CGET", "how do i log in") is None
        wire("CSET", "how do i log in", "Like so.")
        assert "feedback.flagged" == web.post("/api/v1/explain", json={"query": "how do i log in"}).json()["reason"]
        wire("CFLUSH", "REPORTS")

    def test_a_report_that_makes_no_sense_is_told(self, web):
        for body in ({"key": "x", "verdict": "bad"}, {"key": "0" * 32, "verdict": "so so"}, {"verdict": "bad"}):
            assert 400 == web.post("/api/v1/feedback", json=body).status_code


class TestInvalidation:
    @pytest.fixture
    def stored(self, wire):
        for number, (source, model, tag) in enumerate((("a", "m1", "x"), ("a", "m2", "y"), ("b", "m1", "x"))):
            wire("CSET", f"what is rule {number}", "r", "SOURCE", source, "MODEL", model, "TAG", tag, "TENANT", "acme")
        wire("CSET", "what is rule 0", "r", "SOURCE", "a", "MODEL", "m1", "TAG", "x")

    @pytest.mark.parametrize(
        ("what", "count"),
        [({"source_id": "a"}, 2), ({"model": "m1"}, 2), ({"tag": "y"}, 1), ({"prefix": "What is rule"}, 3),
         ({"source_id": "a", "tag": "x"}, 1), ({"prefix": "nothing"}, 0)],
    )  # fmt: skip
    def test_a_dry_run_tells_what_the_real_one_removes(self, web, wire, stored, what, count):
        dry = web.post("/api/v1/invalidate", json={"tenant": "acme", **what}).json()
        assert (count, True, count) == (dry["removed"], dry["dry_run"], len(dry["keys"]))
        assert 3 == len(keys(web, tenant="acme"))
        real = web.post("/api/v1/invalidate", json={"tenant": "acme", "dry_run": False, **what}).json()
        assert (count, False, dry["keys"]) == (real["removed"], real["dry_run"], real["keys"])
        assert 3 - count == len(keys(web, tenant="acme"))
        assert 1 == len(keys(web)), "another tenant's stay"

    def test_everything_is_not_invalidated_by_saying_nothing(self, web, stored):
        assert 400 == web.post("/api/v1/invalidate", json={"tenant": "acme", "dry_run": False}).status_code
        assert 3 == len(keys(web, tenant="acme"))

    def test_a_tenant_is_flushed_alone(self, web, stored):
        assert 3 == web.post("/api/v1/tenants/acme/flush").json()["removed"]
        assert (0, 1) == (len(keys(web, tenant="acme")), len(keys(web)))


class TestFigures:
    def test_stats_count_what_happened(self, web, wire):
        before = web.get("/stats").json()
        wire("CSET", "how do i log in", "Like so.")
        wire("CGET", "how do i log in")
        wire("CGET", "what is the capital of peru")
        after = web.get("/stats").json()

        assert [2, 1, 1] == [after[name] - before[name] for name in ("total_requests", "total_hits", "total_misses")]
        assert 0 < after["hit_rate_pct"] < 100
        assert after["memory_limit_bytes"] > after["memory_used_bytes"] > 0

    def test_bars_are_read_and_set(self, web, wire):
        before = web.get("/config/thresholds").json()
        told = web.put("/config/thresholds", json={"confidence_min": 0.9, "intents": {"temporal": 0.95, "code": None}})
        assert (200, 0.9, 0.95) == (told.status_code, told.json()["confidence_min"], told.json()["intents"]["temporal"])
        assert b"0.9" in wire("CONFIG", "GET", "confidence_min")
        for wrong in ({}, {"confidence_min": 2}, {"intents": {"nonsense": 0.5}}, {"intents": {"code": 7}}, {"x": 1}):
            assert 400 == web.put("/config/thresholds", json=wrong).status_code
        assert 0.9 == web.get("/config/thresholds").json()["confidence_min"]
        web.put("/config/thresholds", json=before)
        assert before == web.get("/config/thresholds").json()

    def test_tenants_are_listed_with_what_they_hold(self, web, wire):
        wire("CSET", "how do i log in", "12345", "TENANT", "acme")
        row = next(row for row in web.get("/api/v1/tenants").json()["tenants"] if row["tenant"] == "acme")

        assert (1, 5 + len("how do i log in")) == (row["entries"], row["bytes"])


class TestManners:
    @pytest.mark.parametrize(("method", "path"), [("POST", ENTRIES), ("PUT", "/stats"), ("GET", "/api/v1/explain")])
    def test_a_wrong_method_is_told_so(self, web, method, path):
        assert 405 == web.request(method, path).status_code

    @pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"query": 1}', b'{"query": "\xff"}', b"[" * 100_000, b"null"])
    def test_a_body_that_is_none_is_told_so(self, web, body):
        told = web.post("/api/v1/explain", content=body)

        assert 400 == told.status_code
        assert {"error"} == set(told.json())

    def test_unknown_and_doubled_parameters_are_told(self, web):
        for query in ("?nonsense=1", "?limit=0", "?limit=x", "?limit=1&limit=2", "?cursor=-1", "?cursor=x"):
            assert 400 == web.get(ENTRIES + query).status_code, query

    def test_a_body_too_large_is_refused_before_it_has_come(self, server):
        with socket.create_connection(("127.0.0.1", server.http_port), timeout=10) as raw:
            raw.sendall(b"POST /api/v1/explain HTTP/1.1\r\nHost: localhost\r\nContent-Length: 999999999999\r\n\r\n")
            assert raw.recv(200).startswith(b"HTTP/1.1 413 ")

    def test_errors_are_json_of_one_shape(self, web):
        told = web.get(ENTRIES + "?nonsense=1")

        assert "application/json" == told.headers["content-type"]
        assert {"code", "message"} == set(json.loads(told.text)["error"])


def test_health_is_open_and_metrics_parse(web, wire):
    wire("CGET", "how do i log in")

    assert {"status": "ok"} == web.get("/health").json()
    families = {row.name: row for row in text_string_to_metric_families(web.get("/metrics").text)}
    assert {"exact", "miss"} & {sample.labels.get("result") for sample in families["crowkis_lookups"].samples}
