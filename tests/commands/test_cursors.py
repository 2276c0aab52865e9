"""Promises of crowkis/commands/cursors.py: a walk shows every element that stays, whatever comes and goes meanwhile."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crowkis.commands.cursors import walk_elements
from crowkis.engine.codec import PLAIN
from crowkis.engine.engine import Engine
from crowkis.engine.hashes import stored_field
from crowkis.engine.state import State
from crowkis.index.adaptive import new_index
from crowkis.metrics import Metrics
from crowkis.settings import Settings
from crowkis.storage.store import Store
from crowkis.testing.disk import FaultyDisk
from crowkis.values.record import Change, MoveKey


def new_engine():
    engine = Engine(Settings(), Metrics())
    engine.state = State(Store.open(FaultyDisk(Random(1)), counted=PLAIN), new_index)
    list(engine.state.recover())
    return engine


def put(engine, key, *fields):
    engine.state.apply(Change(0, key, "hash", [(field, stored_field(b"")) for field in fields]))


def drop(engine, key, *fields):
    engine.state.apply(Change(0, key, "hash", (), fields))


def names(count):
    return [b"%03d" % number for number in range(count)]


@pytest.mark.parametrize("count", [1, 3, 10, 100])
def test_a_walk_shows_every_element_once(count):
    engine = new_engine()
    put(engine, b"h", *names(10))
    put(engine, b"other", b"not this")
    seen, cursor = [], 0
    while cursor or not seen:
        fields, told = walk_elements(engine, 0, b"h", cursor, count)
        seen += fields
        cursor = int(told)

    assert names(10) == seen


def test_where_nothing_is_nothing_is_walked():
    assert ([], "0") == walk_elements(new_engine(), 0, b"none", 0, 10)


def test_a_cursor_of_another_collection_or_database_starts_from_the_beginning():
    engine = new_engine()
    put(engine, b"z", *names(5))
    put(engine, b"a", *names(5))
    _, of_a = walk_elements(engine, 0, b"a", 0, 2)
    _, of_z = walk_elements(engine, 0, b"z", 0, 2)

    assert names(2) == walk_elements(engine, 0, b"z", int(of_a), 2)[0]
    engine.state.apply(MoveKey(0, b"z", 1, b"z"))
    assert names(2) == walk_elements(engine, 1, b"z", int(of_z), 2)[0]
    assert names(2) == walk_elements(engine, 1, b"z", 4_321, 2)[0]


def test_a_walk_goes_on_under_a_new_name():
    engine = new_engine()
    put(engine, b"h", *names(5))
    _, cursor = walk_elements(engine, 0, b"h", 0, 2)
    engine.state.apply(MoveKey(0, b"h", 0, b"renamed"))

    assert names(5)[2:4] == walk_elements(engine, 0, b"renamed", int(cursor), 2)[0]


@settings(deadline=None, max_examples=50)
@given(st.integers(1, 7), st.lists(st.tuples(st.booleans(), st.sampled_from(names(30))), max_size=60))
def test_an_element_that_stays_is_never_skipped(count, changes):
    engine = new_engine()
    put(engine, b"h", *names(30)[::2])
    stay, coming = set(names(30)[::2]), iter(changes)
    seen, cursor = set(), -1
    while cursor:
        fields, told = walk_elements(engine, 0, b"h", max(cursor, 0), count)
        seen.update(fields)
        cursor = int(told)
        for comes, field in [next(coming, (True, b"last")) for _ in range(2)]:
            (put if comes else drop)(engine, b"h", field)
            stay -= set() if comes else {field}

    assert stay <= seen
