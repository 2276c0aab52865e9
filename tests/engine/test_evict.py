"""Promises of crowkis/engine/evict.py, alone and with the actor that applies what it chooses."""

from random import Random

import numpy as np
import pytest

from crowkis.engine.engine import entry_id_of
from crowkis.engine.evict import EVICTIONS_STEP, Evictor, isolation_of
from crowkis.engine.residents import UNKNOWN
from crowkis.engine.state import State
from crowkis.index.adaptive import new_index
from crowkis.match.features import features
from crowkis.storage.store import Store
from crowkis.testing.disk import FaultyDisk
from crowkis.values.question import Scope
from crowkis.values.record import Entry, PutEntry

SCOPE = Scope("t", "", "", "")
KIB = 1 << 10


def put(text, cost_usd=0.01, answer_bytes=100, angle=None, tags=frozenset()):
    entry = Entry(
        entry_id_of(text, SCOPE), SCOPE, text, features(text), tags, "s" if angle is not None else "", 1, 0,
        answer_bytes, cost_usd,
    )  # fmt: skip
    vector = None if angle is None else np.array([np.cos(angle), np.sin(angle)], dtype=np.float32)
    return PutEntry(entry, vector, b"a" * answer_bytes)


@pytest.fixture
def state():
    return State(Store.open(FaultyDisk(Random(1))), new_index)


@pytest.fixture
def evictor(state):
    return Evictor(state, Random(2).randrange)


def chosen(state, evictor, excess_bytes, most=100):
    records = evictor.victims(excess_bytes, 0.1, 50, most)
    for record in records:
        state.apply(record)
    return records


def test_the_cheap_go_before_the_dear(state, evictor):
    for number in range(100):
        state.apply(put(f"cheap {number}", cost_usd=0.001))
        state.apply(put(f"dear {number}", cost_usd=1.0))
    chosen(state, evictor, 1 << 40, most=80)

    texts = [entry.text for entry in state.entries.values()]
    assert 100 == sum(text.startswith("dear") for text in texts)
    assert 120 == len(texts)


def test_no_more_is_chosen_than_was_asked_for(state, evictor):
    for number in range(50):
        state.apply(put(f"question {number}"))
    size = next(iter(state.residents.by_id.values())).size_bytes

    assert 3 == len(chosen(state, evictor, 2 * size + 1))
    assert 4 == len(chosen(state, evictor, 1 << 40, most=4))
    assert 0 == len(chosen(state, evictor, 0))
    assert 43 == len(state.entries)


def test_it_ends_when_nothing_is_left(state, evictor):
    for number in range(5):
        state.apply(put(f"question {number}"))

    assert 5 == len({record.entry_id for record in chosen(state, evictor, 1 << 40)})
    assert [] == chosen(state, evictor, 1 << 40)


def test_the_ledger_tells_the_score_it_went_for(state, evictor):
    state.apply(put("question"))
    one = state.residents.by_id[put("question").entry.entry_id]
    score = state.residents.score(one, 0.1)
    chosen(state, evictor, 1)

    row = state.ledger.of(one.entry_id, SCOPE)
    assert ("kept.evicted", 50, score) == (row.reason, row.at_ms, row.score)


def test_isolation_is_the_distance_to_the_nearest_that_the_rules_would_serve(state):
    for text, angle, tags in (
        ("see page 7", 0.01, frozenset()),
        ("see page 8", 0.02, frozenset()),
        ("see that page 7", 0.3, frozenset()),
    ):
        state.apply(put(text, angle=angle, tags=tags))
    first = put("see page 7", angle=0.01)

    isolation = isolation_of(state, first.entry, first.vector, 50)

    assert pytest.approx(1 - np.cos(0.29), abs=1e-5) == isolation, "page 8 is nearer, but names another number"
    assert 1.0 == isolation_of(state, first.entry, None, 50)


def test_of_two_that_answer_for_each_other_only_one_is_dispensable(state, evictor):
    """Goal: a stand-in that has left is noticed. Both are known as replaceable; one goes, the other is looked at."""
    for text, angle in (("how do i log in", 0.0), ("how do i sign in", 0.01), ("elsewhere", 1.5)):
        state.apply(put(text, angle=angle))
    for one in state.residents.by_id.values():
        evictor.look(one, 50)
    isolations = sorted(one.isolation for one in state.residents.by_id.values())
    assert isolations[1] < 0.001 < 0.9 < isolations[2]
    chosen(state, evictor, 1, most=1)
    (left,) = (one for one in state.residents.by_id.values() if state.entries[one.entry_id].text != "elsewhere")
    assert left.isolation < 0.001
    evictor.victims(1, 0.1, 50, 1)

    assert {"elsewhere"} < {entry.text for entry in state.entries.values()}
    assert left.isolation > 0.9


def test_those_standing_low_are_looked_at_bit_by_bit(state, evictor):
    for number in range(30):
        state.apply(put(f"question {number}", angle=number / 10))
    for _ in range(3):
        evictor.victims(1, 0.1, 50, 1)

    assert 2 == sum(one.isolation != UNKNOWN for one in state.residents.by_id.values())


def filled(number, room_kib=400):
    """A story: answers are stored until memory must have run short many times over."""

    async def story(house):
        engine, client = house.engine, house.client()
        engine.evictor._pick = Random(4).randrange
        engine.memory.limit_bytes = room_kib * KIB
        engine.memory.sources["all"] = lambda: engine.state.residents.size_bytes
        twin = {}
        for at in range(number):
            text = f"question number {at}"
            (reply,) = await house.ask(client, [b"CSET", text.encode(), b"x" * 1000, b"VECTOR", vector(at)])
            assert b"+OK\r\n" == reply, reply
            twin[text] = b"x" * 1000
            assert engine.memory.used_bytes() <= engine.memory.limit_bytes
        await house.batch()
        state = engine.state
        live = {entry.text: state.answer(entry) for entry in state.entries.values()}
        assert live.items() <= twin.items()
        assert len(live) < number
        assert number == len(live) + engine.metrics.plain["evicted_total"]
        for text in twin.keys() - live.keys():
            row = state.ledger.of(entry_id_of(text, Scope("default", "", "", "")), SCOPE)
            assert "kept.evicted" == row.reason

    return story


def vector(number):
    made = np.random.default_rng(number).normal(size=8).astype("<f4")
    return (made / np.linalg.norm(made)).tobytes()


def test_the_cache_stays_within_its_limit_and_every_missing_answer_has_its_line(play):
    play(filled(600))


def test_a_batch_evicts_a_few_and_the_next_ones_go_on_without_being_asked(play):
    async def story(house):
        engine, client = house.engine, house.client()
        for at in range(5 * EVICTIONS_STEP):
            await house.ask(client, [b"CSET", b"q%d" % at, b"a", b"VECTOR", vector(at)])
        engine.evictor._pick = Random(4).randrange
        engine.memory.sources["all"] = lambda: engine.state.residents.size_bytes
        engine.memory.limit_bytes = engine.state.residents.size_bytes // 2
        house.actor.tick()
        for _ in range(8):
            await house.batch()
        assert len(engine.state.entries) <= 0.5 * 0.86 * 5 * EVICTIONS_STEP
        assert not engine.memory.making_room

    play(story)


def test_a_full_memory_refuses_what_adds_until_something_is_removed(play):
    async def story(house):
        engine, client = house.engine, house.client()
        engine.memory.limit_bytes = 100 * KIB
        engine.memory.sources["all"] = lambda: engine.state.store.bytes_held
        await house.ask(client, [b"SET", b"big", b"x" * 101 * KIB])
        refused = await house.ask(client, "SET small x", "CSET q a", "APPEND big x", "GET small", "EXISTS big")
        assert [b"-OOM", b"-OOM", b"-OOM", b"$-1\r", b":1\r\n"] == [data[:4] for data in refused]
        assert [b":1\r\n"] == await house.ask(client, "DEL big")
        assert [b"+OK\r\n"] == await house.ask(client, "SET small x")
        assert 3 == engine.metrics.split["errors_total"]["OOM"]

    play(story)


def test_an_answer_whose_vector_was_being_made_is_refused_too_when_memory_is_full_by_then(play):
    async def story(house):
        engine, client = house.engine, house.client()
        engine.memory.sources["all"] = lambda: engine.state.store.bytes_held
        house.send(client, "CSET question answer")
        await house.batch()
        engine.memory.limit_bytes = 10
        await house.ask(house.client(), "SET big xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx")
        house.outside.finish_embedding()
        await house.batch()
        assert b"-OOM" == client.sink.replies[0][:4]
        assert {} == engine.state.entries

    play(story)


def test_an_answer_that_the_disk_does_not_give_counts_as_alone_and_can_leave():
    disk = FaultyDisk(Random(1))
    state = State(Store.open(disk, cache_bytes_max=0), new_index)
    for text in ("how are you", "how are you please"):
        state.apply(put(text, angle=0.0))
    job = state.store.begin_flush()
    state.store.run(job)
    state.store.finish(job)
    disk.fail_at = disk.calls + 1
    resident = next(iter(state.residents.by_id.values()))
    evictor = Evictor(state, Random(2).randrange)
    evictor.look(resident, 50)

    assert 1.0 == resident.isolation
    evictor.look(resident, 50)
    assert resident.isolation < 0.01
