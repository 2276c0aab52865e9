"""Promises of crowkis/upstream/pool.py: who is asked, how often, how long is waited, and who rests."""

import asyncio
import gzip
import socket
import threading
import time

import pytest

from crowkis.testing.upstream import Behaviour, FakeUpstream
from crowkis.upstream.health import FAILURES_MAX, REST_S
from crowkis.upstream.pool import BROKEN, Upstream, UpstreamError, Upstreams

BODY = b'{"model":"m","messages":[{"role":"user","content":"How?"}]}'


@pytest.fixture
def pair():
    made = FakeUpstream(), FakeUpstream()
    yield made
    for one in made:
        one.stop()


def asked(*urls, key="", retries=0, times=1, now_s=lambda: 0.0, failed=lambda kind: None):
    """The status of each answer."""

    async def run():
        upstreams = Upstreams(urls, {"authorization": f"Bearer {key}"} if key else {}, 5.0, retries, now_s, failed)
        found = []
        for _ in range(times):
            async with upstreams.ask(
                "POST", "/v1/chat/completions", {"authorization": "Bearer mine"}, BODY
            ) as response:
                await response.aread()
                found.append(response.status_code)
        await upstreams.close()
        return found

    return asyncio.run(run())


def test_a_path_and_a_version_may_stand_in_the_address():
    assert ["http://h:1", "https://h/proxy"] == [Upstream(url).base for url in ("http://h:1/v1/", "https://h/proxy/v1")]
    with pytest.raises(ValueError, match="http"):
        Upstream("ftp://h")
    with pytest.raises(ValueError, match="gateway_key"):
        Upstream("https://me:secret@h")


def test_the_first_is_asked_and_the_key_of_the_house_takes_the_place_of_the_callers(pair):
    first, second = pair

    assert [200] == asked(first.url, second.url)
    assert [200] == asked(first.url, second.url, key="house")
    assert ["Bearer mine", "Bearer house"] == [told["authorization"] for told in first.headers]
    assert [] == second.asked


def test_one_that_fails_is_tried_again_and_then_the_next(pair):
    first, second = pair
    first.script += [Behaviour(status=503, headers={"retry-after": "0"})] * 2
    failures = []

    assert [200] == asked(first.url, second.url, retries=1, failed=failures.append)
    assert [2, 1, ["503", "503"]] == [len(first.asked), len(second.asked), failures]


def test_whoever_asks_to_wait_long_is_not_waited_for(pair):
    first, second = pair
    first.script.append(Behaviour(status=429, headers={"retry-after": "3600"}))

    assert [200] == asked(first.url, second.url, retries=5)
    assert [1, 1] == [len(first.asked), len(second.asked)]


def test_where_all_fail_the_last_answer_is_what_the_caller_gets(pair):
    first, second = pair
    first.script.append(Behaviour(status=500))
    second.script.append(Behaviour(status=429))

    assert [429] == asked(first.url, second.url)


def test_an_answer_that_blames_the_request_is_not_tried_again(pair):
    first, second = pair
    first.script.append(Behaviour(status=400))

    assert [400] == asked(first.url, second.url, retries=3)
    assert [1, 0] == [len(first.asked), len(second.asked)]


def test_one_that_keeps_failing_rests_and_is_asked_again_later(pair):
    first, second = pair
    first.script += [Behaviour(status=500)] * FAILURES_MAX
    now = [0.0]

    async def run():
        upstreams = Upstreams((first.url, second.url), {}, 5.0, 0, lambda: now[0], lambda kind: None)

        async def once():
            async with upstreams.ask("POST", "/v1/chat/completions", {}, BODY) as response:
                await response.aread()

        for _ in range(FAILURES_MAX + 3):
            await once()
        resting = len(first.asked), len(second.asked)
        now[0] = REST_S + 1
        await once()
        await upstreams.close()
        return resting

    assert (FAILURES_MAX, FAILURES_MAX + 3) == asyncio.run(run())
    assert FAILURES_MAX + 1 == len(first.asked)


def test_where_nobody_answers_the_error_names_hosts_and_kinds_only(pair):
    first, _ = pair
    first.stop()
    with pytest.raises(UpstreamError, match="ConnectorError") as refused:
        asked(first.url)

    assert first.url.removeprefix("http://") in str(refused.value)
    assert "How?" not in str(refused.value)
    with pytest.raises(UpstreamError, match="none is configured"):
        asked()


def test_after_a_rest_one_request_tries_while_the_others_go_to_the_next(pair):
    first, second = pair
    first.script += [Behaviour(status=500)] * FAILURES_MAX
    now = [0.0]

    async def run():
        upstreams = Upstreams((first.url, second.url), {}, 5.0, 0, lambda: now[0], lambda kind: None)

        async def once():
            async with upstreams.ask("POST", "/v1/chat/completions", {}, BODY) as response:
                await response.aread()

        for _ in range(FAILURES_MAX):
            await once()
        ill = upstreams.resting()
        now[0] = REST_S + 1
        first.script.append(Behaviour(before_s=0.5))
        await asyncio.gather(*(once() for _ in range(6)))
        tried = len(first.asked) - FAILURES_MAX
        await once()
        await upstreams.close()
        return ill, tried, upstreams.resting()

    ill, tried, well = asyncio.run(run())

    assert [1.0, 0.0] == list(ill.values())
    assert 1 == tried
    assert [0.0, 0.0] == list(well.values())
    assert FAILURES_MAX + 2 == len(first.asked)


def test_where_all_rest_they_are_asked_all_the_same_but_once(pair):
    first, _ = pair
    first.usual = Behaviour(status=500, headers={"retry-after": "0"})

    assert [500] * 9 == asked(first.url, times=9)
    assert 9 == len(first.asked)
    assert [500] * 2 == asked(first.url, retries=9, times=2)
    assert 9 + FAILURES_MAX + 1 == len(first.asked)


def test_a_caller_that_asks_too_often_does_not_make_an_upstream_rest(pair):
    first, second = pair
    first.script += [Behaviour(status=429)] * (FAILURES_MAX + 1)

    assert [200] * (FAILURES_MAX + 2) == asked(first.url, second.url, times=FAILURES_MAX + 2)
    assert FAILURES_MAX + 2 == len(first.asked)


class RawServer:
    """Answers every connection with the same bytes, whatever it is asked."""

    def __init__(self, answer, hold_s=0.0):
        self.asked = []
        self._answer, self._hold_s = answer, hold_s
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                link, _ = self._listener.accept()
            except OSError:
                return
            with link:
                self.asked.append(link.recv(65_536))
                link.sendall(self._answer)
                time.sleep(self._hold_s)

    def stop(self):
        self._listener.close()


@pytest.fixture
def raw():
    made = []

    def start(answer, hold_s=0.0):
        made.append(RawServer(answer, hold_s))
        return made[-1]

    yield start
    for one in made:
        one.stop()


def answer_of(url, path="/v1/x?a=%2F&b", headers=None, timeout_s=5.0):
    """Status, fields and body of one answer, or what went wrong while it was read."""

    async def run():
        upstreams = Upstreams((url,), {}, timeout_s, 0, lambda: 0.0, lambda kind: None)
        try:
            async with upstreams.ask("POST", path, headers or {}, BODY) as answer:
                return answer.status_code, answer.headers, await answer.aread()
        except BROKEN as error:
            return error
        finally:
            await upstreams.close()

    return asyncio.run(run())


class TestWhatTravels:
    def test_nothing_is_added_to_the_callers_fields_and_nothing_lost(self, raw):
        server = raw(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        answer_of(server.url, headers={"x-me": "caf\u00c3\u00a9", "user-agent": "mine", "x-api-key": "k"})
        head, _, body = server.asked[0].partition(b"\r\n\r\n")
        lines = head.split(b"\r\n")

        assert b"POST /v1/x?a=%2F&b HTTP/1.1" == lines[0]
        names = {line.split(b":")[0].lower() for line in lines[1:]}
        assert {b"host", b"x-me", b"user-agent", b"x-api-key", b"content-length"} == names
        assert "x-me: caf\u00e9".encode() in lines
        assert BODY == body

    def test_an_answers_fields_survive_letter_by_letter(self, raw):
        head = b"HTTP/1.1 418 Tea\r\nX-Long: %b\r\nX-Twice: 1\r\nX-Twice: 2\r\nX-L1: caf\xe9\r\n" % (b"l" * 20_000)
        status, headers, body = answer_of(raw(head + b"Content-Length: 2\r\n\r\nok").url)

        assert (418, b"ok", "1, 2", "caf\u00e9") == (status, body, headers["x-twice"], headers["x-l1"])
        assert 20_000 == len(headers["x-long"])

    def test_a_body_without_length_ends_with_its_connection(self, raw):
        assert b"to the end" == answer_of(raw(b"HTTP/1.1 200 OK\r\n\r\nto the end").url)[2]

    def test_redirects_are_not_followed_and_cookies_not_kept(self, raw):
        server = raw(b"HTTP/1.1 307 No\r\nLocation: /elsewhere\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\n\r\n")

        assert [307, 307] == [answer_of(server.url)[0] for _ in range(2)]
        assert 2 == len(server.asked)
        assert b"cookie" not in server.asked[1].lower()

    def test_a_packed_answer_is_unpacked_though_nobody_asked_for_it(self, raw):
        packed = gzip.compress(b'{"a": 1}')
        head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed)

        assert b'{"a": 1}' == answer_of(raw(head + packed).url)[2]


class TestWhatGoesWrong:
    def test_an_answer_that_is_none_and_one_that_is_late_are_no_answer(self, raw):
        for server, kind in (
            (raw(b"nonsense\r\n\r\n"), "ClientResponseError|ServerDisconnectedError|BadStatusLine|BadHttpMessage"),
            (raw(b""), "ServerDisconnectedError"),
            (raw(b"", hold_s=2.0), "SocketTimeoutError|ServerTimeoutError"),
        ):
            with pytest.raises(UpstreamError, match=kind):
                answer_of(server.url, timeout_s=0.5)

    @pytest.mark.parametrize(
        "answer",
        [b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",
         b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n"],
    )  # fmt: skip
    def test_an_answer_that_breaks_off_is_an_error(self, raw, answer):
        assert isinstance(answer_of(raw(answer).url), BROKEN)

    def test_an_answer_that_falls_silent_is_given_up(self, raw):
        began = time.monotonic()
        found = answer_of(raw(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", hold_s=3.0).url, timeout_s=0.5)

        assert isinstance(found, BROKEN)
        assert time.monotonic() - began < 2.5

    def test_a_kept_connection_that_was_closed_meanwhile_is_not_used_again(self, pair):
        """The stand-in closes idle connections after 5 s; here it is stopped and started on the same port."""
        first, _ = pair

        async def run():
            upstreams = Upstreams((first.url,), {}, 5.0, 0, lambda: 0.0, lambda kind: None)
            statuses = []
            port = int(first.url.rpartition(":")[2])
            for _ in range(2):
                async with upstreams.ask("POST", "/v1/chat/completions", {}, BODY) as answer:
                    await answer.aread()
                    statuses.append(answer.status_code)
                if len(statuses) == 1:
                    await asyncio.to_thread(first.stop)
                    again = FakeUpstream(port)
            await asyncio.to_thread(again.stop)
            await upstreams.close()
            return statuses

        assert [200, 200] == asyncio.run(run())


def test_hundreds_of_streams_at_once_are_all_passed_on_as_they_come(pair):
    first, _ = pair
    first.usual = Behaviour(text="one two three", between_s=0.1)
    streamed = BODY[:-1] + b',"stream":true}'

    async def run():
        upstreams = Upstreams((first.url,), {}, 30.0, 0, lambda: 0.0, lambda kind: None)

        async def read():
            async with upstreams.ask("POST", "/v1/chat/completions", {}, streamed) as answer:
                return [part async for part in answer.aiter_bytes()]

        found = await asyncio.gather(*(read() for _ in range(300)))
        await upstreams.close()
        return found

    found = asyncio.run(run())

    assert 300 == sum(b"".join(parts).endswith(b"data: [DONE]\n\n") for parts in found)
    assert all(len(parts) >= 3 for parts in found)
