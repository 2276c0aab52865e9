"""Promises of crowkis/engine/channels.py: all who listen get a message once for each reason, and nobody else."""

import re

import pytest

from crowkis.engine import channels as channels_module
from crowkis.engine.channels import Channels
from crowkis.engine.clients import Clients
from crowkis.values.errors import CommandError

MESSAGE_2 = b"*3\r\n$7\r\nmessage\r\n$1\r\nx\r\n$2\r\nhi\r\n"


@pytest.fixture
def sent():
    return []


@pytest.fixture
def channels(sent):
    return Channels(lambda client, data: sent.append((client.id, data)))


@pytest.fixture
def client():
    clients = Clients()
    return lambda: clients.enter("127.0.0.1:5", True, None, 0)


def test_each_listener_is_sent_its_protocols_form(channels, client, sent):
    one, two = client(), client()
    two.protocol = 3
    for each in (one, two):
        channels.subscribe(each, b"x")
        channels.subscribe(each, b"x")

    assert (2, 0) == (channels.publish(b"x", b"hi"), channels.publish(b"y", b"hi"))
    assert [(1, MESSAGE_2), (2, b">" + MESSAGE_2[1:])] == sent


def test_a_pattern_brings_a_message_of_its_own(channels, client, sent):
    one = client()
    channels.subscribe(one, b"x")
    channels.subscribe_pattern(one, b"?", re.compile(b".").fullmatch)

    assert (2, 1) == (channels.publish(b"x", b"hi"), channels.publish(b"y", b"hi"))
    assert [b"message" in data and b"pmessage" not in data for _, data in sent] == [True, False, False]


def test_leaving_leaves_nothing_behind(channels, client, sent):
    one, two = client(), client()
    for each in (one, two):
        channels.subscribe(each, b"x")
        channels.subscribe_pattern(each, b"*", lambda channel: True)
    channels.leave(one)
    channels.leave(one)
    assert (2, [b"x"], 1, 1) == (
        channels.publish(b"x", b"hi"), channels.names(), channels.count(b"x"), channels.pattern_count()
    )  # fmt: skip
    channels.leave(two)

    assert (0, [], 0, 0) == (
        channels.publish(b"x", b"hi"), channels.names(), channels.count(b"x"), channels.pattern_count()
    )  # fmt: skip
    assert (0, 0) == (one.subscribed_bytes, two.subscriptions)


def test_a_client_that_listens_takes_the_long_way_and_only_then(channels, client):
    one = client()
    before = one.unusual
    channels.subscribe_pattern(one, b"*", lambda channel: True)
    listening = one.unusual, one.listens_only
    channels.unsubscribe_pattern(one, b"*")

    assert (False, (True, True), False) == (before, listening, one.unusual)


def test_whoever_is_gone_subscribes_to_nothing(channels, client):
    one = client()
    one.gone = True
    channels.subscribe(one, b"x")
    channels.subscribe_pattern(one, b"*", lambda channel: True)

    assert ([], 0) == (channels.names(), channels.pattern_count())


def test_what_one_client_subscribes_to_is_bounded(channels, client, monkeypatch):
    monkeypatch.setattr(channels_module, "SUBSCRIPTIONS_MAX", 2)
    monkeypatch.setattr(channels_module, "SUBSCRIPTION_BYTES_MAX", 100)
    one, two = client(), client()
    channels.subscribe(one, b"x")
    channels.subscribe_pattern(one, b"*", lambda channel: True)
    with pytest.raises(CommandError, match="at most 2 subscriptions, of 100 bytes"):
        channels.subscribe(one, b"y")
    with pytest.raises(CommandError, match="at most 2 subscriptions"):
        channels.subscribe_pattern(two, bytes(101), lambda channel: True)

    assert (2, 0) == (one.subscriptions, two.subscriptions)
