"""Promises of crowkis/engine/keys.py: collections change element by element, and come back from the store the same."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crowkis.engine import keys as keys_module
from crowkis.engine.codec import PLAIN, plain_key
from crowkis.engine.consistency import misfits
from crowkis.engine.hashes import stored_field
from crowkis.engine.state import State
from crowkis.index.adaptive import new_index
from crowkis.storage.store import Store
from crowkis.testing.disk import FaultyDisk
from crowkis.values.record import Change, DropDatabase, DropKey, MoveKey, PutKey, SetEnd


def fresh(disk):
    state = State(Store.open(disk, counted=PLAIN), new_index)
    list(state.recover())
    return state


def fields(state, db, key):
    """What the hash under a key holds, or None."""
    found = state.keys.collection(plain_key(db, key))
    return None if found is None else dict(found.values)


def hset(key, db=0, **given):
    put = [(field.encode(), stored_field(value.encode())) for field, value in given.items()]
    return Change(db, key, "hash", put)


def hdel(key, *gone, db=0):
    return Change(db, key, "hash", (), [field.encode() for field in gone])


@pytest.fixture
def state(disk):
    return fresh(disk)


def test_a_collection_begins_with_its_first_element_and_ends_with_its_last(state):
    state.apply(hset(b"h", a="1", b="2"))
    state.apply(hset(b"h", a="3"))

    assert {b"a": b"3", b"b": b"2"} == fields(state, 0, b"h")
    assert ("hash", 1, 0) == (state.keys.kind_of(plain_key(0, b"h")), state.key_count(0), state.plain_expiry(b"k\0h"))
    state.apply(hdel(b"h", "a", "b"))
    assert (None, 0, [], 0) == (fields(state, 0, b"h"), state.key_count(0), list(state.store.items()),
                                state.keys.size_bytes)  # fmt: skip


def test_a_change_writes_only_what_it_changes(state):
    state.apply(hset(b"h", **{f"f{number}": "v" * 1000 for number in range(100)}))
    state.store.commit()
    written = state.store.log_bytes
    state.apply(hset(b"h", f5="w"))
    state.store.commit()

    assert state.store.log_bytes - written < 200


def test_a_string_takes_the_place_of_a_collection(state):
    state.apply(hset(b"k", a="1"))
    state.apply(PutKey(0, b"k", b"v", 0))

    assert (None, "string", 1) == (fields(state, 0, b"k"), state.keys.kind_of(b"k\0k"), len(list(state.store.items())))


@pytest.mark.parametrize("count", [3, 200])
def test_a_dropped_collection_leaves_nothing(state, count):
    state.apply(hset(b"h", **{f"f{number}": "v" for number in range(count)}))
    state.apply(DropKey(0, b"h"))

    assert ([], 0) == (list(state.store.items()), state.keys.size_bytes)


def test_an_end_stays_with_the_key_and_its_new_name(state):
    state.apply(hset(b"h", a="1"))
    state.apply(SetEnd(0, b"h", 500))
    state.apply(hset(b"h", b="2"))
    state.apply(MoveKey(0, b"h", 2, b"g"))

    assert (None, {b"a": b"1", b"b": b"2"}) == (fields(state, 0, b"h"), fields(state, 2, b"g"))
    assert (None, 500) == (state.plain_expiry(b"k\0h"), state.plain_expiry(b"k\2g"))
    assert [DropKey(2, b"g")] == state.due(500, 9)
    state.apply(DropKey(2, b"g"))
    assert [] == list(state.store.items())


def test_memory_is_bounded_by_forgetting_what_was_used_longest_ago(state, monkeypatch):
    monkeypatch.setattr(keys_module, "HELD_BYTES_MAX", 10_000)
    for number in range(10):
        state.apply(hset(b"h%d" % number, a="v" * 2_000))

    assert state.keys.size_bytes < 10_000
    assert [{b"a": b"v" * 2_000}] * 10 == [fields(state, 0, b"h%d" % number) for number in range(10)]
    assert state.keys.size_bytes < 10_000


def test_whoever_wants_to_know_is_told_of_each_change(state):
    told = []
    state.keys.listeners.append(lambda touch: told.append((touch.db, touch.key, touch.began, touch.ended)))
    for record in (PutKey(0, b"s", b"v", 0), hset(b"h", a="1"), SetEnd(0, b"h", 9), MoveKey(0, b"h", 1, b"g"),
                   DropKey(0, b"s"), DropDatabase(1)):  # fmt: skip
        state.apply(record)

    expected = [(0, b"s", True, False), (0, b"h", True, False), (0, b"h", False, False), (0, b"h", False, True),
                (1, b"g", True, False), (0, b"s", False, True), (1, None, False, True)]  # fmt: skip
    assert expected == told


def with_ends(key, db=0, **ends):
    put = [(field.encode(), stored_field(b"v", end_ms)) for field, end_ms in ends.items()]
    return Change(db, key, "hash", put)


def test_a_hash_whose_fields_time_is_up_is_over_before_they_are_removed(state):
    state.apply(with_ends(b"h", a=50, b=60))

    assert [False, False, True] == [state.keys.is_over(b"k\0h", now_ms) for now_ms in (49, 59, 60)]
    state.apply(with_ends(b"h", c=0))
    assert not state.keys.is_over(b"k\0h", 99)


def test_fields_whose_time_is_up_are_removed_a_few_at_a_time(state):
    state.apply(with_ends(b"h", **{f"f{number}": 50 for number in range(10)}, late=60, stays=0))
    removed = []
    for _ in range(4):
        due = state.due(50, 4)
        removed.append(sum(len(record.drop) for record in due))
        for record in due:
            state.apply(record)

    assert [4, 4, 2, 0] == removed
    assert {b"late": b"v", b"stays": b"v"} == fields(state, 0, b"h")
    for record in state.due(60, 4):
        state.apply(record)
    assert {b"stays": b"v"} == fields(state, 0, b"h")
    assert [] == state.due(1 << 50, 4)


def test_the_ends_of_fields_go_with_the_key_and_survive_a_restart(state, disk):
    state.apply(with_ends(b"h", a=50, b=70))
    state.apply(MoveKey(0, b"h", 2, b"g"))
    state.store.commit()
    state = fresh(disk.crash())
    for record in state.due(60, 9):
        state.apply(record)

    assert {b"b": b"v"} == fields(state, 2, b"g")
    for record in state.due(70, 9):
        state.apply(record)
    assert ([], 0, []) == (list(state.store.items()), state.keys.size_bytes, state.due(1 << 50, 9))


@pytest.mark.parametrize("record", [DropKey(0, b"h"), PutKey(0, b"h", b"v", 0), DropDatabase(0), hdel(b"h", "a")])
def test_what_is_gone_has_no_fields_to_end(state, record):
    state.apply(with_ends(b"h", a=50))
    state.apply(record)

    assert [] == state.due(99, 9)


def test_a_key_that_ends_with_its_fields_is_removed_once(state):
    state.apply(with_ends(b"h", a=50))
    state.apply(SetEnd(0, b"h", 50))
    for record in state.due(50, 9):
        state.apply(record)

    assert ([], []) == (list(state.store.items()), state.due(99, 9))


NAMES, DATABASES, ENDS = st.sampled_from([b"", b"a", b"b"]), st.integers(0, 1), st.sampled_from([0, 50])
FIELDS = st.sampled_from([b"", b"f", b"g"])
STEPS = st.one_of(
    st.tuples(st.just("put"), DATABASES, NAMES, ENDS),
    st.tuples(st.just("set"), DATABASES, NAMES, st.dictionaries(FIELDS, st.binary(max_size=3), min_size=1)),
    st.tuples(st.just("unset"), DATABASES, NAMES, st.lists(FIELDS, min_size=1)),
    st.tuples(st.just("drop"), DATABASES, NAMES, st.none()),
    st.tuples(st.just("end"), DATABASES, NAMES, ENDS),
    st.tuples(st.just("move"), DATABASES, NAMES, st.tuples(DATABASES, NAMES)),
    st.tuples(st.just("flush"), DATABASES, st.none(), st.none()),
    st.tuples(st.just("reopen"), st.none(), st.none(), st.none()),
)


def step(state, twin, what, db, key, more):
    """One step on the state and on a dictionary of (db, key) to [end, string or dictionary]."""
    there = twin.get((db, key))
    is_hash = there is not None and isinstance(there[1], dict)
    if what == "put":
        state.apply(PutKey(db, key, b"v", more))
        twin[db, key] = [more, b"v"]
    elif what == "set" and (there is None or is_hash):
        state.apply(Change(db, key, "hash", [(field, stored_field(value)) for field, value in more.items()]))
        twin.setdefault((db, key), [0, {}])[1].update(more)
    elif what == "unset" and is_hash:
        state.apply(Change(db, key, "hash", (), more))
        there[1] = {field: value for field, value in there[1].items() if field not in more}
        if not there[1]:
            del twin[db, key]
    elif what == "drop":
        state.apply(DropKey(db, key))
        twin.pop((db, key), None)
    elif what == "end" and there is not None:
        state.apply(SetEnd(db, key, more))
        there[0] = more
    elif what == "move" and there is not None and (db, key) != more:
        state.apply(MoveKey(db, key, *more))
        twin[more] = twin.pop((db, key))
    elif what == "flush":
        state.apply(DropDatabase(db))
        for place in [place for place in twin if place[0] == db]:
            del twin[place]


@given(st.lists(STEPS, max_size=40), st.integers(0, 100))
@settings(deadline=None)
def test_random_changes_come_to_the_same_as_on_a_dictionary(steps, seed):
    disk = FaultyDisk(Random(seed))
    state, twin = fresh(disk), {}
    for what, *rest in steps:
        step(state, twin, what, *rest)
        if what == "reopen":
            state.store.commit()
            disk = disk.crash()
            state = fresh(disk)
        for (db, key), (end, value) in twin.items():
            full = plain_key(db, key)
            assert end == state.plain_expiry(full)
            assert ("hash" if isinstance(value, dict) else "string") == state.keys.kind_of(full)
            if isinstance(value, dict):
                assert value == fields(state, db, key)
        for db in range(2):
            assert sum(place[0] == db for place in twin) == state.key_count(db)
        assert [] == list(misfits(state.store))
