import json
import logging
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from crowkis.embed.breaker import BACKOFF_FIRST_S, FAILURES_MAX
from crowkis.embed.hashing import HashingEmbedder
from crowkis.embed.remote import RemoteEmbedder, embeddings_url
from crowkis.interfaces import EmbedderError, TextRefusedError

KEY = "sk-very-secret-key"


class QuietServer(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        """A client that hangs up is what some tests are about."""


class Peer:
    """A server with OpenAI's embeddings call; `answer` makes (status, body) of a request, or None to stay silent."""

    def __init__(self):
        self.requests = []
        self.answer = self.right
        self.length = 3.0
        self.over = threading.Event()
        peer = self

        class Door(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                peer.requests.append((self.path, dict(self.headers), body))
                answer = peer.answer(body)
                if answer is None:
                    peer.over.wait(30)
                    self.close_connection = True
                    return
                status, content = answer
                content = content if isinstance(content, bytes) else json.dumps(content).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                if 300 <= status < 400:
                    self.send_header("Location", "/elsewhere")
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_):
                pass

        self.server = QuietServer(("127.0.0.1", 0), Door)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})
        self.thread.start()

    def rows(self, body):
        vectors = HashingEmbedder(16).embed(body["input"])
        return [
            {"object": "embedding", "index": index, "embedding": [float(number) * self.length for number in vector]}
            for index, vector in enumerate(vectors)
        ]

    def right(self, body):
        return 200, {"object": "list", "model": body["model"], "data": self.rows(body)}

    def close(self):
        self.over.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


class Time:
    def __init__(self):
        self.now_s = 0.0

    def __call__(self):
        return self.now_s


@pytest.fixture
def peer():
    made = Peer()
    yield made
    made.close()


@pytest.fixture
def now():
    return Time()


@pytest.fixture
def embedder(peer, now):
    made = RemoteEmbedder(peer.url, "small-model", 16, key=KEY, timeout_ms=5_000, monotonic_s=now)
    yield made
    made.close()


def refusal(embedder, texts=("a private text",)):
    with pytest.raises(EmbedderError) as caught:
        embedder.embed(list(texts))
    for secret in (KEY, "a private text", "body of the server"):
        assert secret not in f"{caught.value!r}"
    return str(caught.value)


class TestAsking:
    def test_texts_come_back_as_unit_vectors_in_order(self, embedder):
        texts = ["one", "two", "three"]
        expected = HashingEmbedder(16).embed(texts)

        assert np.allclose(expected, embedder.embed(texts), atol=1e-6)
        assert all(np.float32 == vector.dtype for vector in embedder.embed(texts))

    def test_the_request_is_what_such_servers_expect(self, peer, embedder):
        embedder.embed(["one", "two"])
        path, headers, body = peer.requests[0]

        assert "/v1/embeddings" == path
        assert f"Bearer {KEY}" == headers["Authorization"]
        assert {"model": "small-model", "input": ["one", "two"], "encoding_format": "float"} == body

    def test_without_a_key_none_is_sent(self, peer):
        RemoteEmbedder(peer.url, "small-model", 16).embed(["one"])

        assert "Authorization" not in peer.requests[0][1]

    def test_rows_are_put_in_the_order_of_their_index(self, peer, embedder):
        peer.answer = lambda body: (200, {"data": peer.rows(body)[::-1]})
        texts = ["one", "two", "three"]

        assert np.allclose(HashingEmbedder(16).embed(texts), embedder.embed(texts), atol=1e-6)

    def test_nothing_asks_nothing(self, peer, embedder):
        assert [] == embedder.embed([])
        assert [] == peer.requests

    def test_a_text_in_broken_unicode_still_goes_out(self, peer, embedder):
        assert 1 == len(embedder.embed(["broken \ud800 text"]))

    @pytest.mark.parametrize(
        ("given", "asked"),
        [
            ("http://h:1", "http://h:1/v1/embeddings"),
            ("http://h:1/", "http://h:1/v1/embeddings"),
            ("https://h/v1", "https://h/v1/embeddings"),
            ("https://h/v1/embeddings", "https://h/v1/embeddings"),
            ("https://h/proxy", "https://h/proxy/v1/embeddings"),
            ("https://user:pass@h/v1", "https://h/v1/embeddings"),
        ],
    )
    def test_a_url_may_be_given_in_full_or_in_part(self, given, asked):
        assert asked == str(embeddings_url(given))

    @pytest.mark.parametrize("url", ["", "localhost:80", "ftp://h", "http://", "http://[::1"])
    def test_a_url_that_cannot_be_right_is_refused_at_once(self, url):
        with pytest.raises(EmbedderError, match="URL"):
            RemoteEmbedder(url, "m", 16)

    @pytest.mark.parametrize("dimension", [0, -1, 5_000])
    def test_a_dimension_that_cannot_be_right_is_refused_at_once(self, dimension):
        with pytest.raises(EmbedderError, match="dimension"):
            RemoteEmbedder("http://h", "m", dimension)

    def test_a_key_that_no_header_can_carry_is_refused_without_showing_it(self):
        with pytest.raises(EmbedderError) as caught:
            RemoteEmbedder("http://h", "m", 16, key="sk-sécret\n")

        assert "sk-" not in str(caught.value)


class TestWrongAnswers:
    def test_another_dimension_is_named(self, peer, embedder):
        peer.answer = lambda body: (200, {"data": [{"index": 0, "embedding": [1.0, 2.0]}]})

        assert "sent 2 numbers per embedding where 16 are configured" in refusal(embedder)

    @pytest.mark.parametrize(
        "embedding", [[0.0] * 16, [float("nan")] + [1.0] * 15, [float("inf")] + [1.0] * 15, [1e400] * 16]
    )
    def test_a_vector_without_direction_is_refused(self, peer, embedder, embedding):
        peer.answer = lambda body: (200, {"data": [{"index": 0, "embedding": embedding}]})

        assert "without direction" in refusal(embedder)

    @pytest.mark.parametrize("embedding", ["AAAA", [["x"]], [None] * 16, {"a": 1}])
    def test_an_embedding_that_is_not_numbers_is_refused(self, peer, embedder, embedding):
        peer.answer = lambda body: (200, {"data": [{"index": 0, "embedding": embedding}]})
        refusal(embedder)

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"body of the server",
            b"[]",
            b"{}",
            b'{"data": 3}',
            b'{"data": []}',
            b'{"data": [{"index": 1}]}',
            b"[" * 9_999,
        ],
    )
    def test_a_reply_of_another_shape_is_refused(self, peer, embedder, body):
        peer.answer = lambda _: (200, body)

        assert "one embedding per text" in refusal(embedder)

    def test_more_rows_than_texts_are_refused(self, peer, embedder):
        peer.answer = lambda body: (200, {"data": peer.rows(body) * 2})

        assert "one embedding per text" in refusal(embedder)

    def test_a_reply_without_end_is_cut_off(self, peer, embedder):
        peer.answer = lambda body: (200, b" " * 4_000_000)

        assert "sent more than" in refusal(embedder)

    @pytest.mark.parametrize("status", [302, 401, 404, 429, 500, 503])
    def test_a_failure_names_the_status_and_not_the_body(self, peer, embedder, status):
        peer.answer = lambda body: (status, b"body of the server")

        assert f"status {status}" in refusal(embedder)
        assert 1 == len(peer.requests)

    def test_a_server_that_is_silent_is_given_up_after_the_time_limit(self, peer):
        peer.answer = lambda body: None
        embedder = RemoteEmbedder(peer.url, "m", 16, timeout_ms=100)

        assert "did not answer within 0.1 s" in refusal(embedder)

    def test_a_body_that_drips_in_longer_than_the_time_limit_is_given_up(self, peer, embedder, now):
        def slow(body):
            now.now_s += 6
            return peer.right(body)

        peer.answer = slow

        assert "did not answer within 5 s" in refusal(embedder)

    def test_a_server_that_is_not_there_is_an_error_too(self, peer):
        peer.close()

        assert "cannot be reached (ConnectError)" in refusal(RemoteEmbedder(peer.url, "m", 16))
        peer.server.server_close()

    def test_a_closed_embedder_refuses(self, embedder):
        embedder.close()
        refusal(embedder)

    def test_the_key_is_in_no_log_line(self, peer, embedder, caplog):
        caplog.set_level(logging.DEBUG)
        embedder.embed(["one"])
        peer.answer = lambda body: (500, b"")
        refusal(embedder)

        assert KEY not in caplog.text
        assert KEY not in f"{embedder.name} {embedder.fingerprint} {vars(embedder)}"


class TestBreaking:
    def fail(self, peer, embedder):
        peer.answer = lambda body: (500, b"")
        for _ in range(FAILURES_MAX):
            refusal(embedder)

    def test_after_some_failures_nobody_is_asked_for_a_while(self, peer, embedder):
        self.fail(peer, embedder)
        asked = len(peer.requests)

        assert "not asked for a while" in refusal(embedder)
        assert asked == len(peer.requests)
        assert "open" == embedder.breaker_state

    def test_when_the_server_is_back_all_is_well_again(self, peer, embedder, now):
        self.fail(peer, embedder)
        peer.answer = peer.right
        now.now_s += BACKOFF_FIRST_S

        assert "half-open" == embedder.breaker_state
        assert 1 == len(embedder.embed(["one"]))
        assert "closed" == embedder.breaker_state

    def test_a_try_that_fails_opens_it_again(self, peer, embedder, now):
        self.fail(peer, embedder)
        now.now_s += BACKOFF_FIRST_S
        refusal(embedder)

        assert "open" == embedder.breaker_state

    @pytest.mark.parametrize("status", [400, 413, 422])
    def test_a_refused_text_is_not_an_outage(self, peer, embedder, status):
        peer.answer = lambda body: (status, b"body of the server")
        for _ in range(2 * FAILURES_MAX):
            with pytest.raises(TextRefusedError, match=f"status {status}"):
                embedder.embed(["a private text"])

        assert "closed" == embedder.breaker_state


class TestFingerprint:
    def test_it_names_host_model_and_dimension_and_not_the_key(self):
        def made(**changes):
            return RemoteEmbedder(**{"url": "http://h", "model": "m", "dimension": 8, **changes}).fingerprint

        assert made() == made(key=KEY) == made(batch_texts_max=1) == made(timeout_ms=9)
        assert 4 == len({made(), made(url="http://other"), made(model="n"), made(dimension=9)})
        assert len(made(model="m" * 500)) <= 64
        assert made(model="größe").isascii()
