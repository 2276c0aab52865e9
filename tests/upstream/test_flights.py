"""Promises of crowkis/upstream/flights.py: one call for all who ask the same, ended when nobody waits."""

import asyncio

import pytest

from crowkis.testing.upstream import Behaviour, FakeUpstream
from crowkis.upstream.flights import Flights
from crowkis.upstream.pool import UpstreamError, Upstreams
from crowkis.wire.chat import CHAT

BODY = b'{"model":"m","messages":[{"role":"user","content":"How?"}]}'
STREAM = BODY[:-1] + b',"stream":true,"stream_options":{"include_usage":true}}'


@pytest.fixture
def upstream():
    made = FakeUpstream()
    yield made
    made.stop()


def flown(upstream, use):
    """Run `use(launch, flights, kept)` with flights to this upstream."""

    async def run():
        upstreams = Upstreams((upstream.url,), {}, 5.0, 0, lambda: 0.0, lambda kind: None)
        flights, kept = Flights(upstreams), []

        async def keep(completion):
            kept.append(completion)

        def launch(body=BODY, show_usage=True):
            return flights.launch("key", "kin", "How?", CHAT, {}, body, show_usage, keep)

        try:
            return await use(launch, flights, kept)
        finally:
            await flights.close()
            await upstreams.close()

    return asyncio.run(run())


def test_all_who_follow_get_the_whole_from_its_beginning(upstream):
    async def use(launch, flights, kept):
        flight = launch(STREAM)
        await flight.head()
        assert flight is flights.of("key")
        first, second = await asyncio.gather(*(read(flight) for _ in range(2)))
        await flight.task
        return first, second, kept, flights.of("key")

    async def read(flight):
        return b"".join([part async for part in flight.follow()])

    first, second, kept, after = flown(upstream, use)

    assert first == second
    assert first.endswith(b"data: [DONE]\n\n")
    assert ["answer 1 to: How?"] == [one["choices"][0]["message"]["content"] for one in kept]
    assert after is None


def test_the_event_with_the_usage_alone_can_be_held_back(upstream):
    async def use(launch, flights, kept):
        flight = launch(STREAM, show_usage=False)
        await flight.end()
        await flight.task
        return b"".join(flight.parts), kept

    sent, kept = flown(upstream, use)

    assert b"usage" not in sent
    assert kept[0]["usage"]["total_tokens"] > 0


def test_it_ends_when_the_last_one_leaves(upstream):
    upstream.script.append(Behaviour(before_s=5.0))

    async def use(launch, flights, kept):
        flight = launch()
        flight.followers = 2
        flight.leave()
        await asyncio.sleep(0.05)
        waiting = not flight.task.done()
        flight.leave()
        await asyncio.wait([flight.task], timeout=2.0)
        return waiting, flight.task.cancelled(), kept

    assert (True, True, []) == flown(upstream, use)


def test_what_breaks_off_is_told_to_all_and_not_kept(upstream):
    upstream.script.append(Behaviour(cut_after=2))

    async def use(launch, flights, kept):
        flight = launch(STREAM)
        with pytest.raises(UpstreamError, match="broke off"):
            await flight.end()
        assert flight.failed
        assert flights.of("key") is None
        return kept

    assert [] == flown(upstream, use)


def test_those_beside_are_known_until_they_have_landed_and_only_while_they_are_well(upstream):
    upstream.script += [Behaviour(before_s=0.2), Behaviour(status=500)]

    async def use(launch, flights, kept):
        first = launch()
        assert [first] == flights.beside("kin")
        assert [] == flights.beside("other")
        await first.landed()
        assert 1 == len(kept)
        assert [] == flights.beside("kin")
        second = launch()
        await second.head()
        assert [] == flights.beside("kin")
        await second.landed()

    flown(upstream, use)
