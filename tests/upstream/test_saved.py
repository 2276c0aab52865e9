"""Promises of crowkis/upstream/saved.py: a saved call is counted by kind, priced, and told without its texts."""

import asyncio

from crowkis.metrics import Metrics
from crowkis.upstream.prices import Price, Prices
from crowkis.upstream.saved import EXACT, SEMANTIC, Saved, SavedCall
from crowkis.wire.shape import Tokens

ANSWER = {"model": "house-1", "choices": [{"message": {"content": "a secret"}}]}


class Told:
    """In place of a webhook."""

    def __init__(self):
        self.events = []
        self.closed = False

    def offer(self, event):
        self.events.append(event)

    async def close(self):
        self.closed = True


def saved(webhook=None, told=None):
    metrics = Metrics()
    prices = Prices("2026-11-30", {"house-1": Price(2.0, 8.0)})
    return metrics, Saved(metrics, prices, webhook, (told if told is not None else []).append, lambda: 1_234)


def test_calls_tokens_and_money_are_counted_by_kind():
    metrics, calls = saved()
    calls.note(EXACT, "/v1/responses", "default", "alias", ANSWER, Tokens(500_000, 250_000))
    calls.note(SEMANTIC, "/v1/responses", "default", "free", {"model": "free"}, Tokens(1, 2))

    assert 750_003 == metrics.read("gateway_tokens_saved_total")
    assert {"exact": 1, "semantic": 1} == metrics.split["gateway_saved_calls_total"]
    assert {"exact": 3.0} == metrics.split["gateway_money_saved_usd_total"]


def test_what_is_told_names_whom_and_what_and_no_text():
    told, webhook = [], Told()
    _, calls = saved(webhook, told)
    call = calls.note(EXACT, "/v1/responses", "acme", "alias", ANSWER, Tokens(500_000, 250_000))

    assert SavedCall("exact", "/v1/responses", "acme", "alias", 500_000, 250_000, 3.0, 1_234) == call
    assert [call] == told
    assert [call._asdict()] == webhook.events
    assert "a secret" not in str(webhook.events)


def test_without_a_price_there_is_no_amount():
    _, calls = saved()

    assert calls.note(EXACT, "/v1/responses", "acme", "free", {}, Tokens(1, 2)).usd is None


def test_a_stop_reaches_the_webhook():
    webhook = Told()
    asyncio.run(saved(webhook)[1].close())
    asyncio.run(saved()[1].close())

    assert webhook.closed
