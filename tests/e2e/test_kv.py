"""Values under keys, apart by tenant, and quotas: what the HTTP cache we replace promises (rows 9, 10, 16 to 21)."""

import random
import time

import httpx
import pytest

pytestmark = pytest.mark.process

MIB = 1 << 20
THIRTY_DAYS_S = 30 * 24 * 3600
QUOTAS = "/v1/cache/quotas"


@pytest.fixture
def web(server, wire):
    with httpx.Client(base_url=f"http://127.0.0.1:{server.http_port}") as client:
        for row in client.get(QUOTAS).json()["quotas"]:
            wire("CQUOTA", "DEL", row["tenant"])
        yield client


def kv(key, tenant="acme"):
    return f"/v1/cache/kv/{tenant}/{key}"


class TestValues:
    def test_what_is_put_is_got_until_it_is_deleted(self, web):
        assert 204 == web.put(kv("k"), content=b"v").status_code
        assert (200, b"v") == (web.get(kv("k")).status_code, web.get(kv("k")).content)
        assert 204 == web.put(kv("k"), content=b"another").status_code
        assert b"another" == web.get(kv("k")).content
        assert [204, 404, 404] == [web.delete(kv("k")).status_code, web.get(kv("k")).status_code,
                                   web.delete(kv("k")).status_code]  # fmt: skip

    def test_another_tenants_key_is_not_there(self, web):
        web.put(kv("k"), content=b"v")

        assert 404 == web.get(kv("k", "zoo")).status_code
        assert 404 == web.delete(kv("k", "zoo")).status_code
        assert b"v" == web.get(kv("k")).content

    @pytest.mark.parametrize(
        ("kind", "value"),
        [("application/json; charset=utf-8", b'{"a": 1}'), ("text/plain", "é ✓".encode()),
         ("application/x-anything", bytes(range(256))), ("text/html", b"<script>alert(1)</script>")],
    )  # fmt: skip
    def test_the_type_comes_back_with_the_bytes(self, web, kind, value):
        web.put(kv("typed"), content=value, headers={"content-type": kind})
        told = web.get(kv("typed"))

        assert (kind, value) == (told.headers["content-type"], told.content)
        assert ("nosniff", "sandbox") == tuple(
            told.headers[name] for name in ("x-content-type-options", "content-security-policy")
        ), "what somebody stored is no page of ours"

    @pytest.mark.parametrize("key", ["a/b/c", "with%20space", "é", "%2F..%2F", "How do I log in%3F", "cancel my order",
                                     "x" * 2_000, "%F0%9F%90%A6"])  # fmt: skip
    def test_any_text_is_a_key_and_only_the_very_same_one(self, web, key):
        assert 204 == web.put(kv(key), content=b"v").status_code
        assert 200 == web.get(kv(key)).status_code
        assert 404 == web.get(kv(key + "x")).status_code

    def test_keys_that_are_one_question_are_two_keys(self, web):
        for key in ("Key", "key", "key ", "how do i log in", "how can i log in"):
            web.put(kv(key.replace(" ", "%20")), content=key.encode())

        for key in ("Key", "key", "key ", "how do i log in", "how can i log in"):
            assert key.encode() == web.get(kv(key.replace(" ", "%20"))).content

    def test_a_life_is_cut_to_thirty_days_and_none_is_an_error(self, web):
        for asked, expected in (("60", 60), ("1000000000", THIRTY_DAYS_S), (None, THIRTY_DAYS_S)):
            web.put(kv("k") + ("" if asked is None else f"?ttl_seconds={asked}"), content=b"v")
            assert abs(expected - int(web.get(kv("k")).headers["x-crowkis-ttl"])) <= 2
        for wrong in ("0", "-5", "soon", "1.5", ""):
            told = web.put(kv("other") + f"?ttl_seconds={wrong}", content=b"v")
            assert 400 == told.status_code
            assert "ttl_seconds" in told.json()["error"]["message"]
        assert 404 == web.get(kv("other")).status_code

    def test_a_mebibyte_fits_and_a_byte_more_does_not(self, web):
        value = random.Random(1).randbytes(MIB)
        assert 204 == web.put(kv("large"), content=value).status_code
        assert value == web.get(kv("large")).content
        assert 413 == web.put(kv("large"), content=value + b"x").status_code
        assert 413 == web.put(kv("large"), content=iter([value, b"x"])).status_code, "told by no Content-Length"
        assert value == web.get(kv("large")).content

    def test_an_empty_value_is_refused(self, web):
        assert 400 == web.put(kv("k"), content=b"").status_code

    def test_a_packed_body_is_not_unpacked(self, web):
        told = web.put(kv("k"), content=b"\x1f\x8b" + b"0" * 50, headers={"content-encoding": "gzip"})

        assert 415 == told.status_code

    def test_a_value_is_never_the_answer_to_a_question(self, web, wire):
        web.put(kv("how%20do%20i%20log%20in"), content=b"v")

        assert wire("CGET", "how do i log in", "TENANT", "acme") is None
        assert wire("CGET", "how can i log in", "TENANT", "acme", "NAMESPACE", "kv") is None


class TestQuotas:
    def test_they_are_set_read_back_and_removed(self, web, wire):
        told = web.post(QUOTAS, json={"tenant": "acme", "entries_max": 2, "bytes_max": 100})
        expected = {"tenant": "acme", "entries": 0, "bytes": 0, "entries_max": 2, "bytes_max": 100}

        assert (200, expected) == (told.status_code, told.json())
        assert {"quotas": [expected]} == web.get(QUOTAS).json() == web.get(QUOTAS + "?tenant=acme").json()
        assert {"quotas": []} == web.get(QUOTAS + "?tenant=zoo").json()
        assert 50 == web.post(QUOTAS, json={"tenant": "acme", "bytes_max": 50}).json()["bytes_max"]
        assert 2 == web.get(QUOTAS).json()["quotas"][0]["entries_max"]
        assert 1 == wire("CQUOTA", "DEL", "acme")

    @pytest.mark.parametrize("body", [{}, {"tenant": "acme"}, {"tenant": "a:b", "entries_max": 1}, [],
                                      {"tenant": "acme", "entries_max": -1}, {"tenant": "acme", "entries_max": "1"},
                                      {"tenant": "acme", "entries_max": 1, "other": 2}])  # fmt: skip
    def test_a_wrong_one_is_told_and_not_set(self, web, body):
        assert 400 == web.post(QUOTAS, json=body).status_code
        assert {"quotas": []} == web.get(QUOTAS).json()

    def test_a_value_over_the_quota_is_refused_before_anything_is_written(self, web):
        web.post(QUOTAS, json={"tenant": "acme", "entries_max": 2})
        for key in ("a", "b"):
            assert 204 == web.put(kv(key), content=b"old").status_code
        told = web.put(kv("c"), content=b"new")

        assert (507, "QUOTA") == (told.status_code, told.json()["error"]["code"])
        assert [b"old", b"old"] == [web.get(kv(key)).content for key in ("a", "b")]
        assert 404 == web.get(kv("c")).status_code
        assert 204 == web.put(kv("b"), content=b"new").status_code, "one in its own place fits"
        web.post(QUOTAS, json={"tenant": "acme", "entries_max": 0, "bytes_max": 20})
        assert 507 == web.put(kv("b"), content=b"x" * 20).status_code
        assert b"new" == web.get(kv("b")).content

    def test_answers_make_room_the_least_lately_used_first_and_other_tenants_lose_nothing(self, web, wire):
        wire("CQUOTA", "SET", "acme", "ENTRIES", "3")
        for tenant in ("acme", "zoo"):
            for number in range(3):
                wire("CSET", f"what is rule {number}", f"rule {number}", "TENANT", tenant)
        assert b"rule 0" == wire("CGET", "what is rule 0", "TENANT", "acme")
        wire("CSET", "what is rule 9", "rule 9", "TENANT", "acme")

        kept = [number for number in (0, 1, 2, 9) if wire("CGET", f"what is rule {number}", "TENANT", "acme")]
        assert [0, 2, 9] == kept
        assert [b"rule 0", b"rule 1", b"rule 2"] == [
            wire("CGET", f"what is rule {number}", "TENANT", "zoo") for number in range(3)
        ]
        assert "kept.quota" in str(wire("CWHYEVICT", "what is rule 1", "TENANT", "acme"))

    def test_a_quota_that_shrinks_is_kept_to_soon(self, server, web, wire):
        for number in range(40):
            wire("CSET", f"what is rule {number}", "r", "TENANT", "acme")
        web.post(QUOTAS, json={"tenant": "acme", "entries_max": 5})
        deadline = time.monotonic() + 20
        while 5 != web.get(QUOTAS).json()["quotas"][0]["entries"]:
            assert time.monotonic() < deadline, "still over its quota"
            time.sleep(0.05)

    def test_quotas_and_values_survive_a_kill(self, start_server, tmp_path):
        data = tmp_path / "kept"
        own = start_server(data_dir=data)
        base = f"http://127.0.0.1:{own.http_port}"
        httpx.post(base + QUOTAS, json={"tenant": "acme", "entries_max": 1})
        httpx.put(base + kv("k"), content=b"v", headers={"content-type": "text/x-mine"})
        own.kill()
        own = start_server(data_dir=data)
        base = f"http://127.0.0.1:{own.http_port}"

        told = httpx.get(base + kv("k"))
        assert (b"v", "text/x-mine") == (told.content, told.headers["content-type"])
        assert 507 == httpx.put(base + kv("l"), content=b"v").status_code
        assert 1 == httpx.get(base + QUOTAS).json()["quotas"][0]["entries"]
