"""Promises of crowkis/engine/state.py: what a record changes, and that recovery comes to the same."""

from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crowkis.engine.codec import PLAIN
from crowkis.engine.engine import entry_id_of
from crowkis.engine.state import State
from crowkis.index.adaptive import new_index
from crowkis.match.features import features
from crowkis.storage.store import Store
from crowkis.testing.disk import FaultyDisk
from crowkis.values.question import Scope
from crowkis.values.record import DropDatabase, DropEntry, DropKey, DropScope, Entry, PutEntry, PutKey


def fresh(disk):
    state = State(Store.open(disk, counted=PLAIN), new_index)
    list(state.recover())
    return state


def put(text, tenant="t", namespace="", fingerprint="space", answer=b"answer", expire_at_ms=0):
    """A record that stores an answer."""
    scope = Scope(tenant, namespace, "", "")
    entry = Entry(
        entry_id_of(text, scope), scope, text, features(text), frozenset(), fingerprint, 1, expire_at_ms, len(answer)
    )
    return PutEntry(entry, direction(text) if fingerprint else None, answer)


def direction(text):
    """A unit vector that depends on the text alone."""
    vector = np.random.default_rng(list(text.encode())).normal(size=8).astype(np.float32)
    return vector / np.linalg.norm(vector)


def seen(state):
    """All that anyone can ask of a state."""
    return (
        {entry_id: (state.judgeable(entry_id), state.answer(entry)) for entry_id, entry in list(state.entries.items())},
        {place: {space.by_label[label] for label in space.index.labels()} for place, space in state.spaces.items()},
        dict(state.store.items(b"k")),
        state.vector_count(),
        [state.key_count(db) for db in range(3)],
    )


@pytest.fixture
def state(disk):
    return fresh(disk)


def test_an_entry_is_stored_replaced_and_removed(state):
    first, second = put("q", answer=b"one"), put("q", answer=b"two")
    state.apply(first)
    state.apply(second)

    assert b"two" == state.answer(state.entries[first.entry.entry_id])
    assert (1, 1) == (len(state.entries), state.vector_count())
    state.apply(DropEntry(first.entry.entry_id, first.entry.scope, "kept.deleted", 1))
    assert ({}, {}, {}, 0, [0, 0, 0]) == seen(state)
    assert [b"l"] == [key[:1] for key, _ in state.store.items()]


def test_an_entry_that_changes_its_embedder_moves_to_that_space(state):
    state.apply(put("q", fingerprint="old"))
    state.apply(put("q", fingerprint="new"))
    assert [("t", "", "new")] == list(state.spaces)
    state.apply(put("q", fingerprint=""))

    assert ({}, 1) == (state.spaces, len(state.entries))


def test_vectors_of_tenants_namespaces_and_embedders_lie_apart(state):
    for tenant in "ab":
        for namespace in "xy":
            for fingerprint in "12":
                state.apply(put(f"q{fingerprint}", tenant, namespace, fingerprint))

    assert {1} == {len(space.index) for space in state.spaces.values()}
    assert (8, 8, 4) == (len(state.spaces), state.vector_count(), state.vector_count("a"))


@pytest.mark.parametrize(
    ("record", "left"),
    [
        (DropScope("a", "x", 1), {"ay", "bx", "by"}),
        (DropScope("a", None, 1), {"bx", "by"}),
        (DropScope(None, None, 1), set()),
    ],
)
def test_a_scope_is_emptied_and_others_stay(state, record, left):
    for tenant in "ab":
        for namespace in "xy":
            state.apply(put("q", tenant, namespace))
    removed = state.in_scope(record.tenant, record.namespace)
    state.apply(record)

    assert left == {entry.scope.tenant + entry.scope.namespace for entry in state.entries.values()}
    assert 4 - len(left) == removed
    assert len(left) == state.vector_count() == (len(dict(state.store.items())) - 1) / 2


def test_the_figures_kept_by_the_way_are_those_counted_anew(state):
    for number in range(20):
        state.apply(put(f"question {number % 15}", tenant="ab"[number % 2], fingerprint="" if number == 3 else "space"))
    state.apply(DropScope("b", None, 1))
    gone = put("question 4", tenant="a")
    state.apply(DropEntry(gone.entry.entry_id, gone.entry.scope, "kept.deleted", 1))

    assert set(state.entries) == set(state.residents.by_id)
    assert sum(space.index.size_bytes() for space in state.spaces.values()) == state.index_bytes
    assert sum(one.size_bytes for one in state.residents.by_id.values()) == state.residents.size_bytes


def test_keys_of_one_database_go_together(state):
    for db in (0, 1):
        state.apply(PutKey(db, b"k", b"v", 0))
    state.apply(DropDatabase(0))

    assert [0, 1, 0] == [state.key_count(db) for db in range(3)]


def test_only_what_is_still_due_is_removed(state):
    state.apply(PutKey(0, b"due", b"v", 100))
    state.apply(PutKey(0, b"later", b"v", 300))
    state.apply(PutKey(0, b"prolonged", b"v", 100))
    state.apply(PutKey(0, b"prolonged", b"v", 0))
    state.apply(put("due", expire_at_ms=100))
    state.apply(put("renewed", expire_at_ms=100))
    state.apply(put("renewed", expire_at_ms=200))
    due = state.due(150, 10)

    assert [("DropEntry", "DropKey")] == [tuple(sorted(type(record).__name__ for record in due))]
    for record in due:
        state.apply(record)
    assert {b"k\0later", b"k\0prolonged"} == {key for key, _ in state.store.items(b"k")}
    assert {"renewed"} == {entry.text for entry in state.entries.values()}
    assert [] == state.due(150, 10)


def test_removal_goes_in_steps(state):
    for number in range(10):
        state.apply(PutKey(0, b"%d" % number, b"v", 100))

    assert [4, 4, 2, 0] == [len(state.due(100, 4)) for _ in range(4)]


RECORDS = st.one_of(
    st.builds(put, st.sampled_from("abc"), st.sampled_from("tu"), st.sampled_from(["", "n"]),
              st.sampled_from(["", "x", "y"]), st.binary(min_size=1, max_size=4), st.sampled_from([0, 50])),
    st.builds(lambda record: DropEntry(record.entry.entry_id, record.entry.scope, "kept.deleted", 1),
              st.builds(put, st.sampled_from("abc"), st.sampled_from("tu"))),
    st.builds(PutKey, st.integers(0, 2), st.sampled_from([b"", b"a"]), st.binary(max_size=4), st.sampled_from([0, 50])),
    st.builds(DropKey, st.integers(0, 2), st.sampled_from([b"", b"a"])),
    st.builds(DropDatabase, st.integers(0, 2)),
    st.sampled_from([DropScope("t", "", 1), DropScope("t", None, 1), DropScope(None, None, 1)]),
)  # fmt: skip


@given(st.lists(RECORDS, max_size=25), st.integers(0, 100))
@settings(deadline=None)
def test_recovery_comes_to_the_same_as_the_records_themselves(records, seed):
    disk = FaultyDisk(Random(seed))
    state = fresh(disk)
    for record in records:
        state.apply(record)
    state.store.commit()

    again = fresh(disk.crash())
    assert seen(state) == seen(again)
    assert set(state.due(100, 99)) == set(again.due(100, 99))


def test_features_are_worked_out_when_first_wanted_and_then_kept():
    disk = FaultyDisk(Random(1))
    state = fresh(disk)
    record = put("export 10 invoices")
    state.apply(record)
    state.store.commit()
    again = fresh(disk.crash())
    entry_id = record.entry.entry_id

    assert again.entries[entry_id].features is None
    assert features("export 10 invoices") == again.judgeable(entry_id).features
    assert again.judgeable(entry_id) is again.entries[entry_id]


class TestUnreadable:
    def flushed(self, disk):
        """A state whose things are all in a table that nothing keeps in memory."""
        state = State(Store.open(disk, counted=PLAIN, cache_bytes_max=0), new_index)
        state.apply(put("q"))
        state.apply(PutKey(0, b"k", b"v", 5))
        job = state.store.begin_flush()
        state.store.run(job)
        state.store.finish(job)
        return state

    @pytest.mark.parametrize("call", [1, 2])
    def test_an_answer_is_removed_whole_when_the_disk_does_not_give_it(self, disk, call):
        state, entry = self.flushed(disk), put("q").entry
        disk.fail_at = disk.calls + call
        state.apply(DropEntry(entry.entry_id, entry.scope, "kept.deleted", 1))
        state.store.commit()

        assert ["k", "l"] == [key[:1].decode() for key, _ in fresh(disk).store.items()]

    def test_what_is_due_is_known_without_the_disk(self, disk):
        state = self.flushed(disk)
        disk.fail_at = disk.calls + 1

        assert [DropKey(0, b"k")] == state.due(9, 10)
