"""The check finds each way in which entries, answers and indexes can disagree, and nothing where they agree."""

from random import Random

import numpy as np
import pytest

from crowkis.engine.access_codec import user_key
from crowkis.engine.codec import ANSWER, ENTRY, LEDGER, PLAIN, encode_entry, encode_plain, entry_suffix, plain_key
from crowkis.engine.consistency import inconsistencies, misfits
from crowkis.engine.state import State
from crowkis.index.adaptive import new_index
from crowkis.storage.store import Store
from crowkis.testing.disk import FaultyDisk
from crowkis.values.access import PutUser, User
from crowkis.values.question import Scope
from crowkis.values.record import DropEntry, Entry, PutEntry

DIMENSION = 4


def unit(*numbers):
    vector = np.array(numbers, dtype=np.float32)
    return vector / np.linalg.norm(vector)


def put(state, number, vector, tenant="acme"):
    scope = Scope(tenant, "", "", "")
    fingerprint = "" if vector is None else "client:4"
    entry = Entry(number.to_bytes(16, "big"), scope, f"q{number}", None, frozenset(), fingerprint, 1, 0, 1)
    state.apply(PutEntry(entry, vector, b"a"))
    return entry


@pytest.fixture
def state():
    state = State(Store.open(FaultyDisk(Random(1))), new_index)
    put(state, 1, unit(1, 0, 0, 0))
    put(state, 2, unit(0, 1, 0, 0), "globex")
    put(state, 3, None)
    return state


def space_of(state, tenant="acme"):
    return state.spaces[(tenant, "", "client:4")]


def test_nothing_is_said_where_all_is_well(state):
    state.apply(DropEntry((2).to_bytes(16, "big"), Scope("globex", "", "", ""), "kept.deleted", 2))

    assert [] == list(inconsistencies(state))


def test_an_entry_missing_from_its_index_is_named(state):
    space_of(state).drop((1).to_bytes(16, "big"))

    assert [f"entry {1:032x} is not in its index"] == list(inconsistencies(state))


def test_a_vector_without_its_entry_is_named(state):
    space_of(state).put((9).to_bytes(16, "big"), unit(0, 0, 1, 0))

    assert [f"entry {9:032x} is in an index it does not belong to"] == list(inconsistencies(state))


def test_an_entry_in_a_second_index_is_named(state):
    space_of(state, "globex").put((1).to_bytes(16, "big"), unit(1, 0, 0, 0))

    assert [f"entry {1:032x} is in an index it does not belong to"] == list(inconsistencies(state))


def test_a_stale_vector_is_named(state):
    space_of(state).put((1).to_bytes(16, "big"), unit(1, 1, 0, 0))

    assert [f"entry {1:032x} is in its index with another vector"] == list(inconsistencies(state))


def test_an_index_that_forgot_a_label_is_told(state):
    space_of(state).index.remove(0)
    space_of(state).index.add(7, unit(1, 0, 0, 0))

    assert [
        "an index holds 1 vectors for 1 entries, or those of others",
        f"entry {1:032x} is in its index with another vector",
    ] == list(inconsistencies(state))


def test_an_entry_stored_but_not_served_is_named(state):
    del state.entries[(3).to_bytes(16, "big")]

    assert f"entry {3:032x} is stored and not served" in list(inconsistencies(state))


def told(state):
    return [misfit.what for misfit in misfits(state.store)]


def key_of(entry, space=ENTRY):
    return space + entry_suffix(entry.entry_id, entry.scope)


def test_nothing_belongs_to_nothing_where_all_is_well(state):
    state.store.put(plain_key(3, b"key"), encode_plain(b"value", 5))

    assert [] == told(state)


def test_an_answer_and_its_entry_need_each_other(state):
    one, two = put(state, 5, unit(0, 1, 1, 0)), put(state, 6, None)
    state.store.remove(key_of(one, ANSWER))
    state.store.remove(key_of(two, ENTRY))

    assert [f"entry {5:032x} has no answer", f"an answer without its entry {6:032x}"] == told(state)


def test_an_entry_under_the_key_of_another_is_named_with_its_answer(state):
    entry = put(state, 5, None)
    other = ENTRY + entry_suffix((7).to_bytes(16, "big"), entry.scope)
    state.store.put(other, encode_entry(entry, None))
    state.store.put(ANSWER + other[1:], b"a")

    assert [f"entry {7:032x} lies under a key that is not its own", f"the answer of entry {7:032x}"] == told(state)


@pytest.mark.parametrize(
    ("fingerprint", "vector", "what"),
    [
        ("client:4", unit(1, 0, 0), "has a vector of 3 numbers where its space has 4"),
        ("client:4", None, "has no vector and names an embedder"),
        ("", unit(1, 0, 0, 0), "has a vector and names no embedder"),
    ],
)
def test_a_vector_must_fit_its_space(state, fingerprint, vector, what):
    entry = put(state, 5, unit(0, 1, 1, 0))._replace(fingerprint=fingerprint)
    state.store.put(key_of(entry), encode_entry(entry, vector))

    assert [f"entry {5:032x} {what}", f"the answer of entry {5:032x}"] == told(state)


@pytest.mark.parametrize("key", [PLAIN + b"\0short", PLAIN + b"\x63key", LEDGER + b"\0\0\0\0"])
def test_what_no_version_wrote_is_named(state, key):
    state.store.put(key, encode_plain(b"value", 0) if b"key" in key else b"\1")

    assert [key] == [misfit.key for misfit in misfits(state.store)]


def test_a_user_that_cannot_be_read_is_named_and_others_are_not(state):
    state.apply(PutUser(User("alice")))
    state.store.put(user_key("bob"), b"\x01{")
    state.store.commit()

    assert [user_key("bob")] == [misfit.key for misfit in misfits(state.store)]
