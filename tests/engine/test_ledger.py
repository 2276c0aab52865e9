"""Promises of crowkis/engine/ledger.py, and of the state that writes it."""

from random import Random

import pytest

from crowkis.engine.engine import entry_id_of
from crowkis.engine.ledger import Ledger
from crowkis.engine.state import State
from crowkis.index.adaptive import new_index
from crowkis.match.features import features
from crowkis.storage.store import Store
from crowkis.testing.disk import FaultyDisk
from crowkis.values.question import Scope
from crowkis.values.record import Departure, DropEntry, DropScope, Entry, PutEntry

SCOPE = Scope("t", "n", "", "")


def opened(disk):
    state = State(Store.open(disk), new_index)
    list(state.recover())
    return state


def put(text, scope=SCOPE):
    entry_id = entry_id_of(text, scope)
    return PutEntry(Entry(entry_id, scope, text, features(text), frozenset(), "", 5, 0, 6), None, b"answer")


def line(number, entry_id=b"x" * 16, reason="kept.evicted", tenant="t", namespace="n"):
    return Departure(number, 100 + number, reason, entry_id, tenant, namespace, 1, 10, 0.5, 2.0, 3, 0.25)


@pytest.fixture
def disk():
    return FaultyDisk(Random(3))


@pytest.fixture
def ledger(disk):
    return Ledger(Store.open(disk), rows_max=4)


def test_a_line_survives_losing_power_once_its_removal_is_durable(disk):
    state = opened(disk)
    entry = put("q").entry
    state.apply(put("q"))
    state.residents.touch(entry.entry_id, 40)
    state.apply(DropEntry(entry.entry_id, SCOPE, "kept.evicted", 90, 0.125))
    state.store.commit()

    row = opened(disk.crash()).ledger.of(entry.entry_id, SCOPE)

    assert ("kept.evicted", 90, 0.125, 50, 1) == (row.reason, row.at_ms, row.score, row.idle_ms, row.entries)
    assert state.ledger.of(entry.entry_id, SCOPE) == row
    assert row.frequency > 1.9


@pytest.mark.parametrize("seed", range(40))
def test_after_a_crash_an_answer_is_live_or_has_a_line_never_neither(seed):
    disk = FaultyDisk(Random(seed))
    state, texts = opened(disk), [f"q{number}" for number in range(12)]
    for text in texts:
        state.apply(put(text))
    state.store.commit()
    for text in texts[: 1 + seed % 12]:
        state.apply(DropEntry(put(text).entry.entry_id, SCOPE, "kept.expired", 9))
        state.store.append()

    after = opened(disk.crash())

    for text in texts:
        entry_id = put(text).entry.entry_id
        assert (entry_id in after.entries) != (after.ledger.of(entry_id, SCOPE) is not None)


def test_removing_what_is_not_there_leaves_no_line(disk):
    state = opened(disk)
    state.apply(DropEntry(b"y" * 16, SCOPE, "kept.deleted", 9))

    assert 0 == len(state.ledger)


def test_no_line_holds_a_question(disk):
    state = opened(disk)
    state.apply(put("a very private question"))
    state.apply(DropEntry(put("a very private question").entry.entry_id, SCOPE, "kept.deleted", 9))

    assert all(b"private" not in value for _, value in state.store.items())


def test_an_answer_that_comes_back_goes_on_with_its_frequency(disk):
    state = opened(disk)
    entry = put("q").entry
    state.apply(put("q"))
    for _ in range(5):
        state.residents.touch(entry.entry_id, 40)
    state.apply(DropEntry(entry.entry_id, SCOPE, "kept.evicted", 90))
    state.apply(put("q"))

    assert state.residents.by_id[entry.entry_id].frequency > 5


def test_the_oldest_lines_make_room_for_new_ones(ledger):
    ids = [bytes([number]) * 16 for number in range(6)]
    for number, entry_id in enumerate(ids):
        ledger.write(line(number, entry_id))

    assert 4 == len(ledger)
    assert [None, None, 2, 3, 4, 5] == [row and row.number for row in (ledger.of(entry_id, SCOPE) for entry_id in ids)]


def test_the_ring_goes_on_where_it_was_after_opening_again(disk, ledger):
    for number in range(6):
        ledger.write(line(number, bytes([number]) * 16))
    ledger._store.commit()
    again = Ledger(Store.open(disk), rows_max=4)
    again.recover()

    assert (6, 4) == (again.next_number, len(again))
    again.write(line(6, b"z" * 16))
    assert again.of(bytes([2]) * 16, SCOPE) is None
    assert 6 == again.of(b"z" * 16, SCOPE).number


def test_the_newest_line_of_an_entry_counts(ledger):
    ledger.write(line(0))
    ledger.write(line(1, reason="kept.expired"))

    assert "kept.expired" == ledger.of(b"x" * 16, SCOPE).reason


@pytest.mark.parametrize(
    ("tenant", "namespace", "covers"),
    [("t", "n", True), ("t", None, True), (None, None, True), (None, "n", True), ("u", None, False), ("t", "m", False)],
)
def test_a_later_flush_of_its_scope_counts_before_its_own_line(ledger, tenant, namespace, covers):
    ledger.write(line(0))
    ledger.write(line(1, b"", "kept.flushed", tenant, namespace))

    assert ("kept.flushed" if covers else "kept.evicted") == ledger.of(b"x" * 16, SCOPE).reason


def test_a_flush_is_one_line_however_much_it_removed(disk):
    state = opened(disk)
    for number in range(9):
        state.apply(put(f"q{number}"))
    state.apply(DropScope("t", None, 70))
    state.apply(DropScope("t", None, 80))

    row = state.ledger.of(put("q1").entry.entry_id, SCOPE)
    assert (1, 9, 70) == (len(state.ledger), row.entries, row.at_ms)
