"""Promises of crowkis/engine/hashes.py: fields come and go as told, with their ends, and their memory is counted."""

from hypothesis import given
from hypothesis import strategies as st

from crowkis.engine import hashes as hashes_module
from crowkis.engine.hashes import Hash, stored_field, stored_fields


def test_fields_are_set_replaced_and_removed():
    found = Hash()
    found.change([(b"a", stored_field(b"1")), (b"b", stored_field(b"2", 50))], ())
    found.change([(b"a", stored_field(b"long"))], ())

    assert ({b"a": b"long", b"b": b"2"}, {b"b": 50}, 2) == (found.values, found.ends, len(found))
    found.change([(b"b", stored_field(b"2"))], [b"a", b"none"])
    assert ({b"b": b"2"}, {}) == (found.values, found.ends)


def test_memory_is_counted_and_given_back():
    found = Hash()
    found.change([(b"a", stored_field(b"1" * 1000))], ())
    found.change([(b"a", stored_field(b"1"))], ())
    small = found.size_bytes
    found.change((), [b"a"])

    assert 0 < small < 1000
    assert 0 == found.size_bytes


FIELDS = st.sampled_from([b"a", b"b", b"c", b""])
ENDS = st.integers(0, 9)


@given(st.lists(st.tuples(FIELDS, ENDS, st.booleans())), ENDS)
def test_ends_are_kept_beside_the_fields(changes, now_ms):
    found, twin = Hash(), {}
    for field, end_ms, stays in changes:
        if stays:
            found.change(stored_fields(found, {field: b"v"}, {field: end_ms}), ())
            twin[field] = end_ms
        else:
            found.change((), [field])
            twin.pop(field, None)
    ends = {field: end_ms for field, end_ms in twin.items() if end_ms}

    assert ends == found.ends
    assert min(ends.values(), default=0) == found.first_end_ms()
    assert all(0 < end_ms <= now_ms for end_ms in twin.values()) == found.is_over(now_ms)
    assert sorted(field for field, end_ms in ends.items() if end_ms <= now_ms) == sorted(found.past(now_ms, 9))
    found.change((), list(twin))
    assert 0 == found.size_bytes


@given(st.lists(st.tuples(FIELDS, st.booleans())))
def test_a_hash_read_again_is_in_the_order_its_fields_came(changes):
    found, stored = Hash(), {}
    for field, stays in changes:
        put = stored_fields(found, {field: b"v"}) if stays else []
        found.change(put, [] if stays else [field])
        stored.update(put)
        if not stays:
            stored.pop(field, None)
    again = Hash()
    again.change(sorted(stored.items()), ())

    assert list(found.values) == list(again.values)


def test_beyond_some_fields_the_order_is_not_kept(monkeypatch):
    monkeypatch.setattr(hashes_module, "ORDERED_FIELDS_MAX", 2)
    found, again = Hash(), Hash()
    put = stored_fields(found, {b"z": b"", b"y": b"", b"x": b"", b"w": b""})
    found.change(put, ())
    again.change(sorted(put), ())

    assert [b"z", b"y", b"x", b"w"] == list(found.values)
    assert [b"z", b"y", b"w", b"x"] == list(again.values)
    assert stored_fields(found, {b"w": b"1", b"z": b"1"}) == [(b"w", put[3][1] + b"1"), (b"z", put[0][1] + b"1")]
