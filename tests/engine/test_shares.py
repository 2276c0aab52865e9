"""Promises of crowkis/engine/shares.py: every byte is counted once, and the least lately used leave first."""

from collections import OrderedDict
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crowkis.engine.engine import entry_id_of
from crowkis.engine.shares import Shares, weight_of
from crowkis.values.access import Quota
from crowkis.values.question import Scope
from crowkis.values.record import Entry


def entry(number, tenant="t", answer_bytes=10, pinned=False):
    text, scope = f"q{number}", Scope(tenant, "", "", "")
    return Entry(entry_id_of(text, scope), scope, text, None, frozenset(), "", 1, 0, answer_bytes, None, pinned=pinned)


class House:
    """Shares with the entries and quotas they look at."""

    def __init__(self):
        self.entries, self.quotas = {}, {}
        self.shares = Shares(self.entries, self.quotas)

    def put(self, one):
        self.drop(one)
        self.entries[one.entry_id] = one
        self.shares.enter(one)

    def drop(self, one):
        old = self.entries.pop(one.entry_id, None)
        if old is not None:
            self.shares.leave(old)

    def limit(self, tenant, entries=0, size_bytes=0):
        self.quotas[tenant] = Quota(tenant, entries, size_bytes)
        self.shares.heed(tenant, lambda entry_id: list(self.entries).index(entry_id))


@pytest.fixture
def house():
    return House()


def test_what_a_tenant_holds_is_counted_and_forgotten(house):
    house.put(entry(1))
    house.put(entry(1, answer_bytes=20))
    house.put(entry(2, "other"))
    share = house.shares.by_tenant["t"]

    assert (1, 22) == (share.entries, share.size_bytes)
    house.drop(entry(1))
    assert {"other"} == set(house.shares.by_tenant)


def test_without_a_quota_nothing_leaves(house):
    house.put(entry(1))

    assert [] == house.shares.victims("t", entry(2), 10)
    assert 0 == house.shares.held_bytes()


def test_the_least_lately_used_make_room(house):
    house.limit("t", entries=3)
    for number in range(3):
        house.put(entry(number))
    house.shares.touch(entry(0))

    assert [entry(1)] == house.shares.victims("t", entry(9), 10)
    assert [] == house.shares.victims("t", entry(2), 10), "it takes its own place"


def test_bytes_are_a_limit_of_their_own(house):
    house.limit("t", size_bytes=40)
    for number in range(3):
        house.put(entry(number))

    assert [entry(0), entry(1)] == house.shares.victims("t", entry(9, answer_bytes=20), 10)
    assert house.shares.victims("t", entry(9, answer_bytes=39), 10) is None, "no room even when all have left"
    assert house.shares.victims("t", entry(9, answer_bytes=38), 2) is None, "more would have to leave than may"


def test_pinned_ones_stay_and_count(house):
    house.limit("t", entries=2)
    house.put(entry(0, pinned=True))
    house.put(entry(1))

    assert [entry(1)] == house.shares.victims("t", entry(9), 10)
    house.put(entry(1, pinned=True))
    assert house.shares.victims("t", entry(9), 10) is None


def test_a_quota_set_later_knows_who_was_used_when(house):
    for number in range(4):
        house.put(entry(number))
    house.limit("t", entries=2)

    assert [entry(0), entry(1)] == house.shares.victims("t", None, 10)
    assert [entry(0)] == house.shares.victims("t", None, 1)
    del house.quotas["t"]
    house.shares.heed("t", lambda entry_id: 0)
    assert [] == house.shares.victims("t", None, 10)


@settings(max_examples=60)
@given(st.integers(0, 10_000))
def test_against_a_plain_list_no_tenant_ever_exceeds_its_quota_and_others_lose_nothing(seed):
    rng, house, twin = Random(seed), House(), OrderedDict()
    house.limit("t", entries=rng.randint(1, 6), size_bytes=rng.choice([0, 60, 100]))
    quota = house.quotas["t"]
    for step in range(80):
        one = entry(rng.randrange(12), answer_bytes=rng.randint(1, 30))
        if rng.random() < 0.3 and one.entry_id in house.entries:
            house.shares.touch(house.entries[one.entry_id])
            twin.move_to_end(one.entry_id)
            continue
        house.put(entry(step, "other"))
        victims = house.shares.victims("t", one, 100)
        expected = []
        left = OrderedDict((key, size) for key, size in twin.items() if key != one.entry_id)
        while left and not fits(quota, len(left) + 1, sum(left.values()) + weight_of(one)):
            expected.append(left.popitem(last=False)[0])
        if not fits(quota, len(left) + 1, sum(left.values()) + weight_of(one)):
            assert victims is None
            continue
        assert expected == [row.entry_id for row in victims]
        for row in victims:
            house.drop(row)
            del twin[row.entry_id]
        house.put(one)
        twin[one.entry_id] = weight_of(one)
        twin.move_to_end(one.entry_id)
        share = house.shares.by_tenant["t"]

        assert (len(twin), sum(twin.values())) == (share.entries, share.size_bytes)
    assert {key for key, row in house.entries.items() if row.scope.tenant == "t"} == set(twin)


def fits(quota, entries, size_bytes):
    return entries <= quota.entries and (not quota.size_bytes or size_bytes <= quota.size_bytes)
