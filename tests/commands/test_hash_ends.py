"""Promises of crowkis/commands/hash_ends.py: fields end when told, on conditions, and are never shown afterwards."""

from random import Random
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import crowkis.commands  # noqa: F401 - declares the words
from crowkis.commands.registry import find
from crowkis.engine.codec import PLAIN
from crowkis.engine.engine import Engine
from crowkis.engine.state import State
from crowkis.index.adaptive import new_index
from crowkis.metrics import Metrics
from crowkis.settings import Settings
from crowkis.storage.store import Store
from crowkis.testing.disk import FaultyDisk
from crowkis.values.errors import CommandError
from crowkis.values.outcome import Outcome

NOW_MS = 1_700_000_000_000


class Told:
    """An engine whose clock stands still until told; a call with a request gives its reply and applies its writes."""

    def __init__(self):
        self.disk = FaultyDisk(Random(1))
        self.engine = Engine(Settings(), Metrics())
        self.engine.now_ms = NOW_MS
        self.client = SimpleNamespace(db=0, protocol=2)
        self.open()

    def open(self):
        self.engine.state = State(Store.open(self.disk, counted=PLAIN), new_index)
        list(self.engine.state.recover())

    def restart(self):
        self.engine.state.store.commit()
        self.disk = self.disk.crash()
        self.open()

    def remove_due(self, most=64):
        for record in self.engine.state.due(self.engine.now_ms, most):
            self.engine.state.apply(record)

    def __call__(self, text):
        request = text.encode().split()
        word = find(request)
        reply = word.run(self.engine, self.client, word.parse(request))
        if not isinstance(reply, Outcome):
            return reply
        assert word.writes or not reply.writes
        for record in reply.writes:
            self.engine.state.apply(record)
        return reply.reply


@pytest.fixture
def told():
    return Told()


def test_a_field_gets_a_lifetime_and_loses_it(told):
    told("HSET h a 1 b 2")

    assert [1, -2] == told("HEXPIRE h 10 FIELDS 2 a none")
    assert [10, -1, -2] == told("HTTL h FIELDS 3 a b none")
    assert [10_000] == told("HPTTL h FIELDS 1 a")
    assert [NOW_MS + 10_000, -1] == told("HPEXPIRETIME h FIELDS 2 a b")
    assert [NOW_MS // 1000 + 10] == told("HEXPIRETIME h FIELDS 1 a")
    assert [1, -1, -2] == told("HPERSIST h FIELDS 3 a b none")
    assert [-1, -1] == told("HTTL h FIELDS 2 a b")
    assert {b"a": b"1", b"b": b"2"} == told("HGETALL h")


@pytest.mark.parametrize(
    ("request_text", "left_ms"),
    [("HEXPIRE h 5 FIELDS 1 a", 5_000), ("HPEXPIRE h 1500 FIELDS 1 a", 1_500),
     (f"HEXPIREAT h {NOW_MS // 1000 + 7} FIELDS 1 a", 7_000), (f"HPEXPIREAT h {NOW_MS + 9} FIELDS 1 a", 9)],
)  # fmt: skip
def test_lifetimes_are_in_seconds_or_milliseconds_from_now_or_the_epoch(told, request_text, left_ms):
    told("HSET h a 1")

    assert [1] == told(request_text)
    assert [left_ms] == told("HPTTL h FIELDS 1 a")


def test_seconds_that_are_left_are_rounded_up(told):
    told("HSET h a 1")
    told("HPEXPIRE h 1001 FIELDS 1 a")

    assert [2] == told("HTTL h FIELDS 1 a")
    told("HPEXPIREAT h 1700000000001 FIELDS 1 a")
    assert [1_700_000_001] == told("HEXPIRETIME h FIELDS 1 a")


@pytest.mark.parametrize(
    ("condition", "without_end", "sooner", "same", "later"),
    [("NX", 1, 0, 0, 0), ("XX", 0, 1, 1, 1), ("GT", 0, 0, 0, 1), ("LT", 1, 1, 0, 0)],
)
def test_a_condition_decides_whether_an_end_is_set(told, condition, without_end, sooner, same, later):
    for new_s, code in ((5, sooner), (10, same), (20, later)):
        told("HSET h a 1")
        told("HEXPIRE h 10 FIELDS 1 a")
        assert [code] == told(f"HEXPIRE h {new_s} {condition} FIELDS 1 a")
        assert [new_s if code else 10] == told("HTTL h FIELDS 1 a")
    told("HSET h a 1")
    assert [without_end] == told(f"HEXPIRE h 10 {condition} FIELDS 1 a")


def test_a_time_that_is_past_removes_the_field_if_the_condition_is_met(told):
    told("HSET h a 1 b 2 c 3")

    assert [2, -2] == told("HEXPIRE h 0 FIELDS 2 a a")
    assert [0] == told("HPEXPIREAT h 1 XX FIELDS 1 b")
    assert [2] == told("HPEXPIREAT h 1 FIELDS 1 b")
    assert [b"c"] == told("HKEYS h")
    assert [2] == told("HEXPIREAT h 0 FIELDS 1 c")
    assert 0 == told("EXISTS h")


@pytest.mark.parametrize("word", ["HTTL", "HPTTL", "HEXPIRETIME", "HPEXPIRETIME", "HPERSIST", "HEXPIRE 5"])
def test_where_no_hash_is_no_field_is_found(told, word):
    word, _, value = word.partition(" ")

    assert [-2, -2] == told(f"{word} none {value} FIELDS 2 a b")


@pytest.mark.parametrize(
    "text",
    ["HEXPIRE h -1 FIELDS 1 a", "HEXPIRE h x FIELDS 1 a", "HEXPIRE h 9223372036854775807 FIELDS 1 a",
     "HEXPIRE h 5 FIELDS 2 a", "HEXPIRE h 5 FIELDS 1 a b", "HEXPIRE h 5 FIELDS 0 a", "HEXPIRE h 5 FIELDS x a",
     "HEXPIRE h 5 NX XX FIELDS 1 a", "HEXPIRE h 5 a", "HEXPIRE h 5", "HEXPIRE h 5 FIELDS 1", "HEXPIRE h 5 NX", "HTTL h",
     "HTTL h FIELDS", "HTTL h FIELDS 1", "HTTL h NONSENSE 1 a", "HTTL h FIELDS 2 a", "HPERSIST h FIELDS 1 a b",
     "HTTL s FIELDS 1 a", "HEXPIRE s 5 FIELDS 1 a", "HPERSIST s FIELDS 1 a"],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(told, text):
    told("HSET h a 1 b 2")
    told("SET s v")
    with pytest.raises(CommandError):
        told(text)
    assert [-1, -1] == told("HTTL h FIELDS 2 a b")


def test_setting_a_field_takes_its_lifetime_away_and_counting_keeps_it(told):
    told("HSET h n 1 f 1 s 1 m 1")
    told("HEXPIRE h 10 FIELDS 4 n f s m")
    told("HINCRBY h n 1")
    told("HINCRBYFLOAT h f 0.5")
    told("HSET h s 2")
    told("HMSET h m 2")

    assert [10, 10, -1, -1] == told("HTTL h FIELDS 4 n f s m")


READINGS = (
    "HGET h a", "HMGET h a b", "HGETALL h", "HKEYS h", "HVALS h", "HLEN h", "HEXISTS h a", "HSTRLEN h a", "HSCAN h 0",
    "HRANDFIELD h 5", "HTTL h FIELDS 2 a b", "TYPE h", "EXISTS h", "TTL h", "KEYS *", "SCAN 0", "RANDOMKEY",
    "OBJECT REFCOUNT h", "DUMP h", "GET h", "STRLEN h", "COPY h other", "RENAMENX other h", "SETNX h v",
)  # fmt: skip


def outcome_of(told, text):
    try:
        return told(text)
    except CommandError as error:
        return error.code


@pytest.mark.parametrize("text", READINGS)
@pytest.mark.parametrize("all_end", [True, False])
def test_a_field_past_its_time_is_as_good_as_removed_for_every_word(text, all_end):
    ended, removed = Told(), Told()
    for told in (ended, removed):
        told("HSET h a 1 b 2 c 3")
        told("HDEL h c" if all_end else "HSTRLEN h c")
        told("SET other v")
        if text in ("KEYS *", "SCAN 0", "RANDOMKEY", "COPY h other"):
            told("DEL other")
    ended("HPEXPIRE h 10 FIELDS 2 a b")
    ended.engine.now_ms += 10
    removed.engine.now_ms += 10
    removed("HDEL h a b")

    assert outcome_of(removed, text) == outcome_of(ended, text)


def test_a_hash_begins_anew_where_all_its_fields_are_past(told):
    told("HSET h a 1")
    told("EXPIRE h 100")
    told("HPEXPIRE h 10 FIELDS 1 a")
    told.engine.now_ms += 10

    assert 1 == told("HSET h b 2")
    assert {b"b": b"2"} == told("HGETALL h")
    assert -1 == told("TTL h")
    told.remove_due()
    assert {b"b": b"2"} == told("HGETALL h")


def test_counting_on_a_field_past_its_time_begins_from_nothing_without_end(told):
    told("HSET h n 5 stays 1")
    told("HPEXPIRE h 10 FIELDS 1 n")
    told.engine.now_ms += 10

    assert 1 == told("HINCRBY h n 1")
    assert [-1] == told("HTTL h FIELDS 1 n")
    told.remove_due()
    assert b"1" == told("HGET h n")


def test_lifetimes_go_with_copies_names_and_databases_and_survive_a_restart(told):
    told("HSET h a 1 b 2")
    told("HPEXPIRE h 500 FIELDS 1 a")
    told("COPY h copied")
    told("RENAME h renamed")
    told.restart()

    assert [[500, -1]] * 2 == [told(f"HPTTL {key} FIELDS 2 a b") for key in ("copied", "renamed")]
    told.engine.now_ms += 500
    told.restart()
    assert [{b"b": b"2"}] * 2 == [told(f"HGETALL {key}") for key in ("copied", "renamed")]
    told.remove_due()
    told.restart()
    assert [{b"b": b"2"}] * 2 == [told(f"HGETALL {key}") for key in ("copied", "renamed")]
    assert [-2] == told("HTTL copied FIELDS 1 a")


STEPS = st.one_of(
    st.tuples(st.sampled_from(["HSET h {f} 1", "HDEL h {f}", "HINCRBY h {f} 1", "HPERSIST h FIELDS 1 {f}", "DEL h"]),
              st.sampled_from("abc"), st.just(0)),
    st.tuples(st.just("HPEXPIRE h {n} FIELDS 1 {f}"), st.sampled_from("abc"), st.integers(0, 5)),
    st.tuples(st.sampled_from(["wait", "remove", "restart"]), st.just("a"), st.integers(1, 3)),
)  # fmt: skip


@given(st.lists(STEPS, max_size=30))
@settings(deadline=None)
def test_removing_what_is_past_changes_nothing_that_is_shown(steps):
    prompt, lazy = Told(), Told()
    for text, field, number in steps:
        if text == "wait":
            for told in (prompt, lazy):
                told.engine.now_ms += number
        elif text == "remove":
            lazy.remove_due(number)
        elif text == "restart":
            lazy.restart()
        else:
            request = text.format(f=field, n=number)
            assert prompt(request) == lazy(request)
        prompt.remove_due()
        for reading in ("HGETALL h", "HPTTL h FIELDS 3 a b c", "EXISTS h"):
            assert prompt(reading) == lazy(reading)
