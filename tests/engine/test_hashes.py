"""Promises of crowkis/engine/hashes.py: fields come and go as told, with their ends, and their memory is counted."""

from crowkis.engine.hashes import Hash, stored_field


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
