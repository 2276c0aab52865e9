"""Promises of crowkis/engine/sets.py: members come and go once each, their memory is counted, and drawing is fair."""

from collections import Counter
from itertools import combinations
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crowkis.engine.consistency import misfits
from crowkis.engine.sets import Set, stored_members

NAMES = [b"%d" % number for number in range(8)]
CHANGES = st.lists(st.tuples(st.sets(st.sampled_from(NAMES)), st.sets(st.sampled_from(NAMES))))


def set_of(*members):
    found = Set()
    found.change(stored_members(members), ())
    return found


@given(CHANGES)
def test_a_set_agrees_with_pythons(changes):
    found, twin = Set(), set()
    for put, drop in changes:
        found.change(stored_members(put), sorted(drop))
        twin = (twin - drop) | put

        assert (twin, len(twin)) == (set(found.members), len(found))
        assert {member: place for place, member in enumerate(found.members)} == found.places


def test_memory_is_counted_and_given_back():
    found = set_of(b"a" * 1000, b"b")
    found.change(stored_members([b"b"]), ())
    large = found.size_bytes
    found.change((), [b"a" * 1000, b"none"])

    assert 0 < found.size_bytes < large - 1000
    found.change((), [b"b"])
    assert 0 == found.size_bytes


@given(st.integers(0, 12), st.integers())
def test_what_is_drawn_is_there_and_different(count, seed):
    drawn = set_of(*NAMES).drawn(count, Random(seed).randrange)

    assert min(count, len(NAMES)) == len(drawn) == len(set(drawn))
    assert set(drawn) <= set(NAMES)


@pytest.mark.parametrize("count", [1, 2, 4])
def test_every_choice_is_drawn_equally_often(count):
    """Also in every order, and after members have come and gone."""
    found = set_of(*NAMES)
    found.change((), [b"0", b"3", b"7"])
    found.change(stored_members([b"new"]), ())
    rng, left = Random(5), found.members
    choices = [frozenset(choice) for choice in combinations(left, count)]
    drawn = [found.drawn(count, rng.randrange) for _ in range(1_000 * len(choices))]
    seen, first = Counter(map(frozenset, drawn)), Counter(one[0] for one in drawn)

    assert set(choices) == set(seen)
    assert all(850 < times < 1_150 for times in seen.values())
    assert all(abs(times - len(drawn) / len(left)) < 0.1 * len(drawn) / len(left) + 100 for times in first.values())


def test_a_set_whose_time_is_up_is_gone_before_it_is_removed(play):
    """Each word comes first in a batch, when nobody has removed the set yet."""
    words = {
        "SADD s new": ":1 ", "SCARD s": ":0 ", "SREM s a": ":0 ", "SPOP s": "$-1 ", "SMOVE s t a": ":0 ",
        "SRANDMEMBER s 2": "*0 ", "SINTER s": "*0 ", "SUNIONSTORE s t": ":1 ", "SINTERSTORE s s t": ":0 ",
        "SSCAN s 0": "*2 $1 0 *0 ", "SMOVE t s x": ":1 ",
    }  # fmt: skip

    async def story(house):
        client = house.client()
        for word, told in words.items():
            await house.ask(client, "FLUSHALL", "SADD s a b", "PEXPIRE s 10", "SADD t x")
            house.clock.ms += 10
            reply, left, end_ms = await house.ask(client, word, "SCARD s", "PTTL s")
            stored = int(word in ("SADD s new", "SUNIONSTORE s t", "SMOVE t s x"))

            assert (told.replace(" ", "\r\n").encode(), b":%d\r\n" % stored, b":%d\r\n" % (stored - 2)) == (
                reply,
                left,
                end_ms,
            ), word

    play(story)


def test_a_large_set_is_popped_and_replaced_as_a_whole(play):
    async def story(house):
        client = house.client()
        await house.ask(client, "SADD s " + " ".join(map(str, range(500))), "SADD t x")
        replies = await house.ask(client, "SPOP s 500", "EXISTS s", "SADD s y", "SINTERSTORE s s t", "DBSIZE")

        assert replies[0].startswith(b"*500\r\n")
        assert [b":0\r\n", b":1\r\n", b":0\r\n", b":1\r\n"] == replies[1:]
        assert [] == list(misfits(house.engine.state.store))

    play(story)


def test_words_that_draw_draw_all_members_equally_often(play):
    async def story(house):
        client = house.client()
        house.engine.pick = Random(11).randrange
        await house.ask(client, "SADD s 1 2 3 4")
        (anew,) = await house.ask(client, "SRANDMEMBER s -4000")
        singly = b"".join(await house.ask(client, *["SRANDMEMBER s"] * 1000))
        some = b"".join(await house.ask(client, *["SRANDMEMBER s 2"] * 1000))
        popped = b"".join([(await house.ask(client, "SPOP s", "SADD s 1 2 3 4"))[0] for _ in range(1000)])
        for number in b"1", b"2", b"3", b"4":
            line = b"\r\n%s\r\n" % number

            assert 900 < anew.count(line) < 1_100
            assert 200 < singly.count(line) < 300
            assert 420 < some.count(line) < 580
            assert 200 < popped.count(line) < 300

    play(story)
