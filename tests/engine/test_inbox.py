"""Promises of crowkis/engine/inbox.py: a client's order is kept, and nobody waits for all of another's calls."""

from collections import deque

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crowkis.engine.clients import Client
from crowkis.engine.inbox import Inbox


def new_client(number):
    return Client(number, "127.0.0.1:5", True, None, 0)


def packet(*names):
    return [[name.encode()] for name in names], 0


def taken(inbox):
    """Client ids and first words in the order they are taken."""
    order = []
    while inbox:
        client, (requests, _) = inbox.take()
        order.append((client.id, requests[0][0].decode()))
    return order


@pytest.fixture
def inbox():
    return Inbox()


def test_where_nothing_is_cut_short_packets_are_taken_as_they_came(inbox):
    one, two = new_client(1), new_client(2)
    for client, name in ((one, "a"), (two, "b"), (one, "c"), (one, "d"), (two, "e")):
        inbox.put(client, packet(name))

    assert [(1, "a"), (2, "b"), (1, "c"), (1, "d"), (2, "e")] == taken(inbox)


def test_what_is_put_back_comes_before_what_the_client_sent_since(inbox):
    client = new_client(1)
    inbox.put(client, packet("a"))
    inbox.put(client, packet("d"))
    inbox.take()
    inbox.put_back(client, deque([packet("b"), packet("c")]))

    assert [(1, "b"), (1, "c"), (1, "d")] == taken(inbox)


def test_a_packet_that_has_just_come_waits_for_one_turn_of_those_that_go_on(inbox):
    for number in (1, 2, 3, 4):
        inbox.put_back(new_client(number), deque([packet("a"), packet("b")]))
    inbox.put(new_client(9), packet("x"))

    assert (9, "x") in taken(inbox)[:2]


def test_those_that_go_on_are_not_kept_waiting_by_those_that_keep_coming(inbox):
    inbox.put_back(new_client(1), deque([packet("late")]))
    for number in range(2, 10):
        inbox.put(new_client(number), packet("x"))

    assert (1, "late") in taken(inbox)[:2]


def test_what_is_withdrawn_is_not_taken(inbox):
    one, two = new_client(1), new_client(2)
    inbox.put_back(one, deque([packet("a"), packet("b")]))
    inbox.put_back(two, deque([packet("c")]))

    assert [packet("a"), packet("b")] == list(inbox.withdraw(one))
    assert [] == list(inbox.withdraw(one))
    assert [(2, "c")] == taken(inbox)


@given(st.lists(st.tuples(st.integers(1, 3), st.integers(1, 4)), max_size=20), st.data())
def test_whatever_is_cut_short_each_client_is_served_in_its_own_order_and_wholly(sent, data):
    inbox, clients, order = Inbox(), [new_client(number) for number in range(4)], {1: [], 2: [], 3: []}
    for at, (number, size) in enumerate(sent):
        inbox.put(clients[number], packet(*(f"{at:03}.{place}" for place in range(size))))
    while inbox:
        client, (requests, slot) = inbox.take()
        done = data.draw(st.integers(1, len(requests)))
        order[client.id] += [word for (word,) in requests[:done]]
        if done < len(requests):
            inbox.put_back(client, deque([(requests[done:], slot + done)]))

    assert all(sorted(words) == words for words in order.values())
    assert sum(size for _, size in sent) == sum(len(words) for words in order.values())


def test_nothing_can_be_taken_when_everything_is(inbox):
    inbox.put(new_client(1), packet("a"))
    inbox.take()

    assert not inbox
    with pytest.raises(IndexError):
        inbox.take()
