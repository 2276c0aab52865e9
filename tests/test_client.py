"""Promises of crowkis/client.py, against a real server: typed hits, computed once, and never failing the caller."""

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis

from crowkis.client import AsyncCrowkis, Crowkis

pytestmark = pytest.mark.process

HOW = "how do i log in"


@pytest.fixture
def cache(server, wire):
    made = Crowkis(port=server.port, tenant="acme")
    yield made
    made.close()


def test_what_is_stored_is_found_with_all_there_is_to_know(cache):
    assert cache.lookup(HOW) is None
    cache.store(HOW, "Like so.", ttl_s=60, tags=["faq"])
    hit = cache.lookup(HOW, tags=["faq"])

    assert ("Like so.", True, 60) == (hit.answer, hit.exact, hit.ttl_s)
    assert hit.confidence > 0.9
    assert cache.lookup(HOW, tags=["other"]) is None
    assert cache.lookup(HOW, model="m") is None
    assert cache.lookup("how do i log out", threshold=1.0) is None


def test_tenants_and_namespaces_are_apart_and_flushed_alone(server, cache):
    other, mine = Crowkis(port=server.port), Crowkis(port=server.port, tenant="acme", namespace="faq")
    for one in (cache, other, mine):
        one.store(HOW, "Like so.")

    assert 1 == mine.flush()
    assert 1 == cache.flush()
    assert other.lookup(HOW) is not None
    other.close()
    mine.close()


def test_a_bad_answer_is_reported_by_its_key(cache):
    cache.store(HOW, "Nonsense.")
    cache.feedback(cache.lookup(HOW).key, good=False, reason="outdated")

    assert cache.lookup(HOW) is None


def test_what_is_missing_is_computed_once_however_many_ask(cache):
    calls = []

    def compute():
        calls.append(1)
        time.sleep(0.3)
        return "Like so."

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: cache.get_or_compute(HOW, compute, ttl_s=60), range(8)))

    assert (["Like so."] * 8, 1) == (answers, len(calls))
    assert "Like so." == cache.get_or_compute(HOW, lambda: "other")


def test_what_compute_raises_is_raised_and_not_kept(cache):
    def fail():
        raise ValueError("no model")

    with pytest.raises(ValueError, match="no model"):
        cache.get_or_compute(HOW, fail)
    assert "Like so." == cache.get_or_compute(HOW, lambda: "Like so.")


def test_without_a_server_answers_are_computed_and_the_rest_says_so():
    cache = Crowkis(port=1, timeout_s=0.5)

    assert "Like so." == cache.get_or_compute(HOW, lambda: "Like so.")
    with pytest.raises(redis.ConnectionError):
        cache.lookup(HOW)


def test_tasks_share_one_computation_too(server, wire):
    calls = []

    async def compute():
        calls.append(1)
        await asyncio.sleep(0.2)
        return "Like so."

    async def use():
        cache = AsyncCrowkis(port=server.port)
        answers = await asyncio.gather(*(cache.get_or_compute(HOW, compute, ttl_s=60) for _ in range(8)))
        hit = await cache.lookup(HOW)
        await cache.feedback(hit.key, good=True)
        removed = await cache.flush()
        await cache.close()
        return answers, hit.answer, removed

    assert (["Like so."] * 8, "Like so.", 1) == asyncio.run(use())
    assert [1] == calls


def test_tasks_hear_what_the_computation_raises(server, wire):
    async def fail():
        await asyncio.sleep(0.05)
        raise ValueError("no model")

    async def use():
        cache = AsyncCrowkis(port=server.port)
        found = await asyncio.gather(*(cache.get_or_compute(HOW, fail) for _ in range(3)), return_exceptions=True)
        await cache.close()
        return found

    assert [ValueError] * 3 == [type(error) for error in asyncio.run(use())]
    assert threading.active_count() < 50


def test_tasks_do_without_a_server(server):
    async def compute():
        return "Like so."

    async def use():
        cache = AsyncCrowkis(port=1, timeout_s=0.5)
        answer = await cache.get_or_compute(HOW, compute)
        await cache.close()
        return answer

    assert "Like so." == asyncio.run(use())
