"""Who is let in over HTTP, as whom, and who is not: the real door, real sockets, and people who try to get round it."""

import json
import socket
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from crowkis.testing.upstream import FakeUpstream

pytestmark = pytest.mark.process

ENTRIES, KEYS = "/api/v1/cache/entries", "/api/v1/keys"
TOKEN = "the server's own token"
SIGNER, FORGER = (rsa.generate_private_key(65537, 2048) for _ in range(2))


class KeySet(BaseHTTPRequestHandler):
    """Serves the public half of SIGNER."""

    def do_GET(self):
        row = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(SIGNER.public_key())) | {"kid": "one", "alg": "RS256"}
        body = json.dumps({"keys": [row]}).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


@pytest.fixture(scope="module")
def key_set():
    server = HTTPServer(("127.0.0.1", 0), KeySet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/keys.json"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def server(start_module_server, key_set):
    return start_module_server(
        "--jwt-jwks", key_set, "--jwt-audience", "crowkis", environ={"CROWKIS_AUTH_TOKEN": TOKEN}
    )


@pytest.fixture
def wire(server):
    made = server.connect()
    assert b"OK" == made("AUTH", TOKEN)
    made("CFLUSH", "ALL")
    yield made
    made.close()


@pytest.fixture
def visit(server):
    """visit(method, path, key="", **more) -> response; the key as a bearer."""
    with httpx.Client(base_url=f"http://127.0.0.1:{server.http_port}") as client:

        def run(method, path, key="", **more):
            headers = {**({"authorization": f"Bearer {key}"} if key else {}), **more.pop("headers", {})}
            return client.request(method, path, headers=headers, **more)

        yield run


@pytest.fixture
def new_key(visit):
    """new_key(role, tenant=None) -> the key as it is shown once."""

    def run(role, tenant=None, **more):
        told = visit(
            "POST", KEYS, TOKEN, json={"name": "k", "role": role, **more} | ({"tenant": tenant} if tenant else {})
        )
        assert 201 == told.status_code, told.text
        return told.json()

    return run


def bearer(key=SIGNER, **claims):
    told = {"sub": "ada", "aud": "crowkis", "tenant": "acme", "role": "writer", "exp": int(time.time()) + 300, **claims}
    return jwt.encode(told, key, "RS256", headers={"kid": "one"})


class TestCredentials:
    @pytest.mark.parametrize("path", [ENTRIES, KEYS, "/v1/cache/quotas", "/v1/cache/kv/t/k", "/stats",
                                      "/config/thresholds", "/v1/caches/c/health"])  # fmt: skip
    def test_nobody_is_let_in_without(self, visit, path):
        told = visit("GET", path)

        assert (401, "Bearer") == (told.status_code, told.headers.get("www-authenticate", "Bearer"))

    def test_the_token_opens_in_each_of_its_fields_and_a_wrong_one_in_none(self, start_server):
        own = start_server(environ={"CROWKIS_AUTH_TOKEN": TOKEN})
        base = f"http://127.0.0.1:{own.http_port}{ENTRIES}"
        shown = [{"authorization": f"Bearer {TOKEN}"}, {"authorization": f"bearer  {TOKEN}"}, {"x-crowkis-key": TOKEN},
                 {"x-crowkis-admin-key": TOKEN}, {"x-api-key": TOKEN}]  # fmt: skip

        assert [200] * 5 == [httpx.get(base, headers=fields).status_code for fields in shown]
        for wrong in (TOKEN[:-1], TOKEN + "x", TOKEN.upper(), "default"):
            assert 401 == httpx.get(base, headers={"x-crowkis-key": wrong}).status_code

    def test_a_wrong_key_is_not_made_good_by_a_right_one_in_another_field(self, visit):
        assert 401 == visit("GET", ENTRIES, TOKEN, headers={"x-crowkis-key": "wrong"}).status_code

    def test_who_keeps_trying_is_slowed_down_even_with_the_right_one(self, start_server):
        own = start_server(environ={"CROWKIS_AUTH_TOKEN": TOKEN})
        base = f"http://127.0.0.1:{own.http_port}{ENTRIES}"
        told = [httpx.get(base, headers={"x-crowkis-key": f"guess {n}"}).status_code for n in range(14)]

        assert {401, 429} == set(told)
        assert sorted(told) == told
        refused = httpx.get(base, headers={"x-crowkis-key": TOKEN})
        assert 429 == refused.status_code
        assert 0 < int(refused.headers["retry-after"]) < 10

    def test_a_call_limit_holds_for_each_key_apart(self, start_server):
        own = start_server("--http-calls-per-minute", "3", environ={"CROWKIS_AUTH_TOKEN": TOKEN})
        base = f"http://127.0.0.1:{own.http_port}"
        with httpx.Client(base_url=base, headers={"x-crowkis-key": TOKEN}) as admin:
            key = admin.post(KEYS, json={"name": "k"}).json()["key"]
            told = [admin.get(ENTRIES).status_code for _ in range(3)]
        assert [200, 200, 429] == told
        with httpx.Client(base_url=base, headers={"x-crowkis-key": key}) as other:
            assert [200, 200, 200, 429] == [other.get(ENTRIES).status_code for _ in range(4)]


class TestApiKeys:
    def test_a_key_is_shown_once_kept_as_a_hash_and_survives_a_restart(self, start_server, tmp_path):
        data = tmp_path / "kept"
        own = start_server(data_dir=data, environ={"CROWKIS_AUTH_TOKEN": TOKEN})
        base = f"http://127.0.0.1:{own.http_port}"
        made = httpx.post(base + KEYS, headers={"x-crowkis-key": TOKEN}, json={"name": "ci", "role": "reader"}).json()
        assert made["key"].startswith("crwk_")
        listed = httpx.get(base + KEYS, headers={"x-crowkis-key": TOKEN})
        assert [(made["id"], "ci", "reader", None)] == [
            (row["id"], row["name"], row["role"], row["tenant"]) for row in listed.json()["keys"]
        ]
        assert made["key"].rpartition("_")[2] not in listed.text
        own.kill()
        kept = b"".join(path.read_bytes() for path in data.rglob("*") if path.is_file())
        assert b"argon2id" in kept
        assert made["key"].rpartition("_")[2].encode() not in kept
        assert made["key"] not in own.log
        own = start_server(data_dir=data, environ={"CROWKIS_AUTH_TOKEN": TOKEN})
        base = f"http://127.0.0.1:{own.http_port}"
        assert 200 == httpx.get(base + ENTRIES, headers={"x-crowkis-key": made["key"]}).status_code

    def test_rotating_ends_the_old_key_and_revoking_both(self, visit, new_key):
        made = new_key("reader")
        assert 200 == visit("GET", ENTRIES, made["key"]).status_code
        fresh = visit("POST", f"{KEYS}/{made['id']}/rotate", TOKEN).json()
        assert made["id"] == fresh["id"]
        assert [401, 200] == [visit("GET", ENTRIES, key).status_code for key in (made["key"], fresh["key"])]
        assert 204 == visit("DELETE", f"{KEYS}/{made['id']}", TOKEN).status_code
        assert 401 == visit("GET", ENTRIES, fresh["key"]).status_code
        assert [404, 404] == [
            visit("DELETE", f"{KEYS}/{made['id']}", TOKEN).status_code,
            visit("POST", f"{KEYS}/{made['id']}/rotate", TOKEN).status_code,
        ]

    def test_a_late_key_opens_nothing(self, visit, new_key):
        made = new_key("reader", ttl_s=1)
        assert 200 == visit("GET", ENTRIES, made["key"]).status_code
        deadline = time.monotonic() + 10
        while 401 != visit("GET", ENTRIES, made["key"]).status_code:
            assert time.monotonic() < deadline
            time.sleep(0.1)

    def test_over_redis_a_key_can_be_made_too_but_not_by_everybody(self, wire, visit):
        made = wire("CAPIKEY", "CREATE", "laptop", "ROLE", "writer", "TENANT", "acme")
        shown = dict(zip(made[::2], made[1::2], strict=True))

        assert b"writer" == shown[b"role"]
        assert 200 == visit("GET", ENTRIES, shown[b"key"].decode()).status_code
        wire("ACL", "SETUSER", "bob", "on", ">pw", "+@all", "-@admin", "~*")
        wire("AUTH", "bob", "pw")
        assert "NOPERM" in str(wire("CAPIKEY", "LIST"))


class TestRoles:
    STEPS = (
        ("PUT", "/v1/cache/kv/acme/k", {"content": b"v"}), ("GET", "/v1/cache/kv/acme/k", {}),
        ("GET", ENTRIES + "?tenant=acme", {}), ("POST", "/api/v1/explain", {"json": {"query": "q", "tenant": "acme"}}),
        ("POST", "/api/v1/tenants/acme/flush", {}), ("GET", "/stats", {}), ("GET", KEYS, {}),
        ("POST", "/v1/cache/quotas", {"json": {"tenant": "zoo", "entries_max": 5}}),
        ("PUT", "/config/thresholds", {"json": {"max_error": 0.0}}),
    )  # fmt: skip

    @pytest.mark.parametrize(
        ("role", "tenant", "expected"),
        [
            ("admin", None, [204, 200, 200, 200, 200, 200, 200, 200, 200]),
            ("admin", "acme", [204, 200, 200, 200, 200, 403, 403, 403, 403]),
            ("writer", None, [204, 200, 200, 200, 200, 403, 403, 403, 403]),
            ("writer", "acme", [204, 200, 200, 200, 200, 403, 403, 403, 403]),
            ("reader", "acme", [403, 200, 200, 200, 403, 403, 403, 403, 403]),
            ("auditor", None, [403, 403, 200, 200, 403, 200, 403, 403, 403]),
            ("writer", "other", [404, 404, 404, 404, 404, 403, 403, 403, 403]),
        ],
    )
    def test_each_may_what_its_role_says_in_its_own_tenant(self, visit, new_key, wire, role, tenant, expected):
        visit("PUT", "/v1/cache/kv/acme/k", TOKEN, content=b"v")
        key = new_key(role, tenant)["key"]

        assert expected == [visit(method, path, key, **more).status_code for method, path, more in self.STEPS]

    def test_a_tenant_in_a_header_changes_nothing(self, visit, new_key, wire):
        wire("CSET", "how do i log in", "acme's", "TENANT", "acme")
        wire("CSET", "how do i log in", "zoo's", "TENANT", "zoo")
        key = new_key("reader", "acme")["key"]
        forged = dict.fromkeys(("x-crowkis-tenant", "x-tenant", "tenant", "x-tenant-id", "x-forwarded-user"), "zoo")

        told = visit("GET", ENTRIES, key, headers=forged)
        assert ["acme"] == [
            visit("GET", f"{ENTRIES}/{row['key']}", key, headers=forged).json()["answer"].removesuffix("'s")
            for row in told.json()["entries"]
        ]
        assert 404 == visit("GET", ENTRIES + "?tenant=zoo", key).status_code


class TestTokens:
    """The door's part; what makes a token right is tests/doors/test_tokens.py."""

    def test_a_signed_one_opens_its_tenant_alone(self, visit):
        assert 204 == visit("PUT", "/v1/cache/kv/acme/jwt", bearer(), content=b"v").status_code
        assert [b"v", 404] == [
            visit("GET", "/v1/cache/kv/acme/jwt", bearer(role="reader")).content,
            visit("GET", "/v1/cache/kv/acme/jwt", bearer(tenant="zoo")).status_code,
        ]
        assert 403 == visit("PUT", "/v1/cache/kv/acme/jwt", bearer(role="reader"), content=b"v").status_code

    def test_forged_late_and_misdirected_ones_are_refused(self, start_server, key_set):
        own = start_server("--jwt-jwks", key_set, "--jwt-audience", "crowkis", environ={"CROWKIS_AUTH_TOKEN": TOKEN})
        unsigned = f"{jwt.encode({}, '', 'none').split('.')[0]}.{bearer().split('.')[1]}."
        bad = (bearer(FORGER), bearer(exp=1), bearer(aud="others"), unsigned, bearer()[:-4],
               jwt.encode({"sub": "a"}, SIGNER, "RS256", headers={"kid": "two"}))  # fmt: skip
        base = f"http://127.0.0.1:{own.http_port}{ENTRIES}"

        assert [401] * 6 == [httpx.get(base, headers={"authorization": f"Bearer {one}"}).status_code for one in bad]

    def test_an_audience_is_asked_for_at_the_start(self, start_server, tmp_path):
        own = start_server("--jwt-jwks", "keys.json", ready=False)
        assert 0 != own.wait()
        assert "jwt_audience" in own.log


class TestBrowsers:
    def test_signing_in_makes_a_cookie_and_changes_need_the_second_secret(self, server, wire):
        base = f"http://127.0.0.1:{server.http_port}"
        with httpx.Client(base_url=base) as browser:
            assert {"known": False} == {"known": browser.get("/api/session").json()["known"]}
            assert 401 == browser.post("/api/login", json={"key": "wrong"}).status_code
            told = browser.post("/api/login", json={"key": TOKEN})
            assert 200 == told.status_code
            cookie = told.headers["set-cookie"].lower()
            assert all(mark in cookie for mark in ("httponly", "samesite=strict", "path=/"))
            assert TOKEN not in cookie
            assert (True, "admin") == tuple(browser.get("/api/session").json()[name] for name in ("known", "role"))
            assert 200 == browser.get(ENTRIES).status_code
            flush = "/api/v1/tenants/acme/flush"
            assert 403 == browser.post(flush).status_code
            assert 403 == browser.post(flush, headers={"x-crowkis-csrf": "guess"}).status_code
            assert 200 == browser.post(flush, headers={"x-crowkis-csrf": told.json()["csrf"]}).status_code
            assert 204 == browser.post("/api/logout").status_code
            assert 401 == browser.get(ENTRIES).status_code

    def test_a_revoked_key_ends_its_sign_ins(self, server, visit, new_key):
        made = new_key("reader")
        with httpx.Client(base_url=f"http://127.0.0.1:{server.http_port}") as browser:
            browser.post("/api/login", json={"key": made["key"]})
            assert 200 == browser.get(ENTRIES).status_code
            visit("DELETE", f"{KEYS}/{made['id']}", TOKEN)
            assert [401] * 20 == [browser.get(ENTRIES).status_code for _ in range(20)], "one wrong key, not twenty"

    def test_pages_of_other_sites_use_neither_a_cookie_nor_this_machine(self, server, start_server):
        base = f"http://127.0.0.1:{server.http_port}"
        with httpx.Client(base_url=base) as browser:
            browser.post("/api/login", json={"key": TOKEN})
            for fields in ({"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}, {"origin": "null"}):
                assert 403 == browser.get(ENTRIES, headers=fields).status_code
            assert 200 == browser.get(ENTRIES, headers={"origin": base, "sec-fetch-site": "same-origin"}).status_code
        open_one = start_server()
        base = f"http://127.0.0.1:{open_one.http_port}"
        assert 200 == httpx.get(base + ENTRIES).status_code
        for fields in (
            {"origin": "https://evil.example"},
            {"host": "evil.example"},
            {"host": f"evil.example:{open_one.http_port}"},
        ):
            assert 403 == httpx.get(base + ENTRIES, headers=fields).status_code
        for host in ("localhost", f"localhost:{open_one.http_port}", "127.0.0.1", "[::1]:80"):
            assert 200 == httpx.get(base + ENTRIES, headers={"host": host}).status_code
        assert (
            "access-control-allow-origin" not in httpx.options(base + ENTRIES, headers={"origin": "http://a.b"}).headers
        )


class TestOtherSites:
    def test_a_site_that_is_named_may_ask_and_read_with_credentials_and_no_other(self, start_server):
        own = start_server("--http-origins", "https://app.example, http://localhost:3000",
                           environ={"CROWKIS_AUTH_TOKEN": TOKEN})  # fmt: skip
        base = f"http://127.0.0.1:{own.http_port}{ENTRIES}"
        wish = {"access-control-request-method": "GET", "access-control-request-headers": "x-crowkis-key"}
        for site, allowed in (
            ("https://app.example", True),
            ("http://localhost:3000", True),
            ("https://evil.example", False),
        ):
            asked = httpx.options(base, headers={"origin": site, **wish})
            told = httpx.get(base, headers={"origin": site, "x-crowkis-key": TOKEN})
            assert allowed == (200 == asked.status_code)
            assert (site if allowed else None) == told.headers.get("access-control-allow-origin")
            assert "access-control-allow-credentials" not in told.headers
        with httpx.Client(base_url=f"http://127.0.0.1:{own.http_port}") as browser:
            browser.post("/api/login", json={"key": TOKEN})
            assert 403 == browser.get(ENTRIES, headers={"origin": "https://app.example"}).status_code

    def test_what_is_no_origin_is_told_at_the_start(self, start_server):
        own = start_server("--http-origins", "app.example", ready=False)
        assert 0 != own.wait()
        assert "https://app.example" in own.log


class TestElsewhere:
    def test_beyond_this_machine_nothing_answers_without_credentials(self, start_server):
        address = _other_address()
        own = start_server("--http-host", "0.0.0.0")
        base = f"http://{address}:{own.http_port}"
        for path in (
            ENTRIES,
            KEYS,
            "/stats",
            "/v1/cache/kv/t/k",
            "/v1/models",
            "/v1/caches/c/health",
            "/api/v1/tenants",
        ):
            assert 401 == httpx.get(base + path, timeout=5).status_code, path
        assert 200 == httpx.get(f"http://127.0.0.1:{own.http_port}{ENTRIES}").status_code

    @pytest.mark.parametrize("field", ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip"])
    def test_whoever_comes_through_a_proxy_here_is_not_here(self, start_server, field):
        own = start_server()
        base = f"http://127.0.0.1:{own.http_port}{ENTRIES}"

        for value in ("203.0.113.9", "for=203.0.113.9", "127.0.0.1", "127.0.0.1, 203.0.113.9"):
            assert 401 == httpx.get(base, headers={field: value}).status_code, value


class TestGateway:
    def test_a_key_opens_the_gateway_for_its_tenant_and_does_not_travel_on(self, start_server):
        with stopping(FakeUpstream()) as upstream:
            own = start_server("--gateway-upstreams", upstream.url, environ={"CROWKIS_AUTH_TOKEN": TOKEN})
            base = f"http://127.0.0.1:{own.http_port}"
            keys = {}
            for name, role, tenant in (
                ("acme", "writer", "acme"),
                ("eyes", "reader", "acme"),
                ("zoo", "writer", "zoo"),
            ):
                asked = {"name": name, "role": role, "tenant": tenant}
                keys[name] = httpx.post(base + KEYS, headers={"x-crowkis-key": TOKEN}, json=asked).json()["key"]

            def ask(name, text):
                body = {"model": "m", "messages": [{"role": "user", "content": text}]}
                told = httpx.post(
                    base + "/v1/chat/completions", headers={"authorization": f"Bearer {keys[name]}"}, json=body
                )
                return told.headers["x-crowkis-cache"]

            assert ["miss", "hit", "hit", "miss"] == _settled(ask, ("acme", "acme", "eyes", "zoo"), "how do i log in")
            assert ["miss", "miss"] == [ask("eyes", "how do i log out") for _ in range(2)], "a reader stores nothing"
            assert not any("crwk_" in json.dumps(fields) for fields in upstream.headers)
            assert not any("authorization" in fields for fields in upstream.headers)


@contextmanager
def stopping(upstream):
    yield upstream
    upstream.stop()


def _settled(ask, names, text):
    """What each is told, one after the other; an answer is stored after it has been given."""
    told = []
    for name in names:
        told.append(ask(name, text))
        time.sleep(0.2)
    return told


def _other_address():
    """An address of this machine that is not loopback."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
            address = probe.getsockname()[0]
        except OSError:
            address = ""
    if not address or address.startswith("127."):
        pytest.skip("this machine has no address but loopback")
    return address
