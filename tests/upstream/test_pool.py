"""Promises of crowkis/upstream/pool.py: who is asked, how often, how long is waited, and who rests."""

import asyncio

import pytest

from crowkis.testing.upstream import Behaviour, FakeUpstream
from crowkis.upstream.pool import FAILURES_MAX, REST_S, Upstream, UpstreamError, Upstreams

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
