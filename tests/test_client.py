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


LONG = "Open the site, press Log in, then type your name – žluťoučký kůň – and your password twice."


class TestStreaming:
    def test_a_stored_answer_comes_piece_by_piece(self, cache):
        cache.store(HOW, LONG)
        began = time.monotonic()
        pieces = [(time.monotonic() - began, piece) for piece in cache.stream(HOW, words=2, pace_ms=60)]

        assert LONG == "".join(piece for _, piece in pieces)
        assert len(pieces) > 6
        assert pieces[0][0] < pieces[-1][0] / 2
        assert [] == list(cache.stream("something else"))
        assert [] == list(cache.stream(HOW, model="m"))

    def test_a_reader_that_stops_leaves_the_next_call_alone(self, cache):
        cache.store(HOW, LONG)
        for _ in range(3):
            pieces = cache.stream(HOW, words=1, pace_ms=20)
            next(pieces)
            pieces.close()

        assert LONG == cache.ask(HOW)

    def test_tasks_read_streams_too(self, server, wire):
        async def use():
            cache = AsyncCrowkis(port=server.port)
            await cache.store(HOW, LONG)
            left = cache.stream(HOW, words=1)
            await anext(left)
            await left.aclose()
            pieces = [piece async for piece in cache.stream(HOW, words=2, pace_ms=1)]
            none = [piece async for piece in cache.stream("something else")]
            answer = await cache.ask(HOW)
            await cache.close()
            return pieces, none, answer

        pieces, none, answer = asyncio.run(use())

        assert (LONG, [], LONG) == ("".join(pieces), none, answer)
        assert len(pieces) > 6


def test_answers_about_images_are_apart(cache):
    cache.store("what is this", "A cat.", image="Y2F0")

    assert "A cat." == cache.ask("what is this", image="Y2F0")
    assert cache.ask("what is this", image="ZG9n") is None
    assert cache.ask("what is this") is None


def test_neighbours_vectors_reasons_and_figures_are_told(cache):
    cache.store(HOW, "Like so.")
    cache.store("do i log in how", "So, too.")
    near = cache.similar(HOW, 2)
    why = cache.explain("something else")

    assert (HOW, 2) == (near[0].question, len(near))
    assert near[0].similarity > 0.99
    assert cache.lookup(HOW).key == near[0].key
    assert 1.0 == pytest.approx(sum(number * number for number in cache.embed(HOW)), abs=1e-3)
    assert ("refused", None) == (why["verdict"], why["key"])
    assert cache.lookup(HOW).key == cache.explain(HOW)["key"]
    assert cache.stats()["entries"] >= 2


def test_tasks_are_told_them_too(server, wire):
    async def use():
        cache = AsyncCrowkis(port=server.port)
        await cache.store(HOW, "Like so.")
        found = (await cache.similar(HOW))[0].question, len(await cache.embed(HOW)), (await cache.explain(HOW))["key"]
        figures = await cache.stats()
        key = (await cache.lookup(HOW)).key
        await cache.close()
        return found, figures, key

    (question, size, explained), figures, key = asyncio.run(use())

    assert (HOW, key) == (question, explained)
    assert size > 100
    assert figures["entries"] == 1


def test_a_server_that_is_gone_costs_no_time_and_is_told_once(caplog):
    cache = Crowkis(port=1)
    began = time.monotonic()
    for _ in range(5):
        cache.get_or_compute(HOW, lambda: "Like so.")

    assert time.monotonic() - began < 1.0
    assert 1 == len([one for one in caplog.records if one.name == "crowkis" and HOW not in one.getMessage()])


def test_one_client_serves_one_event_loop_after_another(server, wire):
    cache = AsyncCrowkis(port=server.port)
    asyncio.run(cache.store(HOW, "Like so."))

    assert ["Like so."] * 2 == [asyncio.run(cache.ask(HOW)) for _ in range(2)]


def test_half_a_character_fails_nobody(cache, server, wire):
    assert "Like \ud83d so." == cache.get_or_compute(HOW, lambda: "Like \ud83d so.")
    assert "Like so." == cache.get_or_compute("how \ud83d", lambda: "Like so.")
    assert "Like \ud83d so." == asyncio.run(AsyncCrowkis(port=server.port, tenant="acme").ask(HOW))
