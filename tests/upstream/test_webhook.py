"""Promises of crowkis/upstream/webhook.py: batches, signed, tried again within bounds, and nobody waits."""

import asyncio
import hmac
import json
import time
from collections import Counter

import pytest
from aiohttp import web

from crowkis.upstream import webhook
from crowkis.upstream.webhook import ATTEMPTS_MAX, BATCH_MAX, QUEUE_MAX, Webhook


class Listener:
    """Notes what it is posted; answers as `statuses` say, then 200."""

    def __init__(self):
        self.statuses = []
        self.bodies = []
        self.signatures = []
        self.before_s = 0.0

    async def take(self, request):
        self.bodies.append(await request.read())
        self.signatures.append(request.headers.get("x-crowkis-signature", ""))
        await asyncio.sleep(self.before_s)
        return web.Response(status=self.statuses.pop(0) if self.statuses else 200)


def run(play, key="", **more):
    """What the listener has and what was counted, after `play` and a stop."""
    listener, counts, failures = Listener(), Counter(), []

    async def running():
        application = web.Application()
        application.router.add_post("/events", listener.take)
        runner = web.AppRunner(application, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = site._server.sockets[0].getsockname()[1]
        hook = Webhook(f"http://127.0.0.1:{port}/events", key, "run", lambda kind, by: counts.update({kind: by}),
                       lambda why, by: failures.append((why, by)),
                       **{"gather_s": 0.05, "back_off_s": 0.01, **more})  # fmt: skip
        await play(hook, listener)
        await hook.close()
        await runner.cleanup()

    asyncio.run(running())
    return listener, counts, failures


async def offer(hook, count):
    for number in range(count):
        hook.offer({"number": number})


def events_of(listener):
    return [event for body in listener.bodies for event in json.loads(body)]


def test_events_come_in_order_in_batches_and_a_stop_sends_what_waits():
    async def play(hook, listener):
        await offer(hook, BATCH_MAX + 5)

    listener, counts, _ = run(play)

    assert [BATCH_MAX, 5] == [len(json.loads(body)) for body in listener.bodies]
    assert list(range(BATCH_MAX + 5)) == [event["number"] for event in events_of(listener)]
    assert BATCH_MAX + 5 == len({event["id"] for event in events_of(listener)})
    assert {"sent": BATCH_MAX + 5} == counts


def test_the_signature_is_that_of_the_body_and_there_is_none_without_a_key():
    async def play(hook, listener):
        await offer(hook, 1)

    signed, _, _ = run(play, key="secret")
    bare, _, _ = run(play)

    assert [f"sha256={hmac.digest(b'secret', signed.bodies[0], 'sha256').hex()}"] == signed.signatures
    assert [""] == bare.signatures


def test_what_fails_is_tried_again_and_the_same_events_keep_their_ids():
    async def play(hook, listener):
        listener.statuses = [503, 429]
        await offer(hook, 2)
        await asyncio.sleep(0.5)

    listener, counts, failures = run(play)

    assert [3, 1] == [len(listener.bodies), len(set(listener.bodies))]
    assert ({"sent": 2}, []) == (counts, failures)


@pytest.mark.parametrize(("status", "tries"), [(500, ATTEMPTS_MAX), (400, 1), (302, 1)])
def test_a_batch_that_stays_refused_is_dropped_and_counted(status, tries):
    async def play(hook, listener):
        listener.statuses = [status] * tries
        await offer(hook, 3)
        await asyncio.sleep(0.6)
        await offer(hook, 1)

    listener, counts, failures = run(play)

    assert tries + 1 == len(listener.bodies)
    assert ({"dropped": 3, "sent": 1}, [(f"status {status}", 3)]) == (counts, failures)


def test_a_full_queue_drops_what_comes_and_nobody_waits():
    async def play(hook, listener):
        began = time.monotonic()
        await offer(hook, QUEUE_MAX + 7)
        assert time.monotonic() - began < 2

    _, counts, _ = run(play)

    assert {"dropped": 7, "sent": QUEUE_MAX} == counts


def test_a_stop_does_not_wait_for_a_listener_that_hangs(monkeypatch):
    monkeypatch.setattr(webhook, "FLUSH_S_MAX", 0.2)

    async def play(hook, listener):
        listener.before_s = 30.0
        await offer(hook, 4)
        await asyncio.sleep(0.2)
        await offer(hook, 3)
        began = time.monotonic()
        await hook.close()
        assert time.monotonic() - began < 1

    _, counts, failures = run(play)

    assert 7 == counts["dropped"]
    assert ("the server stops", 7) == failures[0]


def test_an_address_where_nobody_listens_is_given_up():
    counts = Counter()

    async def play():
        hook = Webhook("http://127.0.0.1:1/", "", "run", lambda kind, by: counts.update({kind: by}),
                       lambda why, by: None, 0.0, 0.001)  # fmt: skip
        await offer(hook, 2)
        await asyncio.sleep(0.3)
        await hook.close()

    asyncio.run(play())

    assert {"dropped": 2} == counts


def test_where_nothing_was_offered_there_is_nothing_to_stop():
    async def play(hook, listener):
        pass

    assert ({}, []) == run(play)[1:]
