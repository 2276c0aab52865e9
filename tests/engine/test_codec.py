"""Promises of crowkis/engine/codec.py: what is written is read back, and nothing else is taken for it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crowkis.engine.codec import (
    NEVER,
    PLAIN_HEAD,
    CodecError,
    Head,
    decode_entry,
    decode_head,
    encode_entry,
    encode_head,
    encode_plain,
    entry_suffix,
    plain_key,
    scope_prefix,
)
from crowkis.match.features import features
from crowkis.values.question import Context, Scope
from crowkis.values.record import Entry

SCOPE = Scope("acme", "faq", "m", "1")


def entry(text="how do i log in", **changes):
    made = Entry(bytes(range(16)), SCOPE, text, None, frozenset({"a", "b"}), "space", 5, 9, 3)
    return made._replace(**changes)


@given(
    st.text(min_size=1),
    st.builds(Scope, st.text(), st.text(), st.text(), st.text()),
    st.frozensets(st.text(max_size=5), max_size=4),
    st.integers(0, 1 << 52),
    st.none() | st.lists(st.floats(-1, 1, width=32), min_size=1, max_size=8),
    st.builds(Context, st.text(), st.text()),
    st.text(),
    st.binary(max_size=16),
)
def test_an_entry_comes_back_as_it_was(text, scope, tags, expire_at_ms, numbers, context, image, answer_sketch):
    changes = {"context": context, "image": image, "answer_sketch": answer_sketch}
    written = entry(text, scope=scope, tags=tags, expire_at_ms=expire_at_ms, **changes)
    vector = None if numbers is None else np.array(numbers, np.float32)
    stored = decode_entry(encode_entry(written, vector))

    assert written == stored.entry
    assert (vector is None) == (stored.vector is None)
    if vector is not None:
        assert (np.float32, list(vector)) == (stored.vector.dtype, list(stored.vector))


def test_what_the_rules_know_of_a_text_is_not_kept():
    stored = decode_entry(encode_entry(entry("export 10 invoices", features=features("")), None))

    assert stored.entry.features is None


def test_another_layout_version_is_refused_by_name():
    value = bytearray(encode_entry(entry(), None))
    value[0] = 2

    with pytest.raises(CodecError, match="version 2; this server reads 1"):
        decode_entry(bytes(value))


@pytest.mark.parametrize("cut", [0, 1, 4, 5, 20])
def test_a_cut_entry_is_refused(cut):
    with pytest.raises(CodecError):
        decode_entry(encode_entry(entry(), None)[:cut])


@given(st.binary(max_size=60))
def test_no_bytes_make_it_fail_in_another_way(value):
    with pytest.raises(CodecError):
        decode_entry(b"\1" + value)


def test_tenants_and_namespaces_are_prefixes_of_their_own():
    names = ("a", "b", "")
    keys = {entry_suffix(b"i" * 16, Scope(tenant, space, "", "")) for tenant in names for space in names}

    assert 9 == len(keys)
    for tenant in names:
        assert 3 == sum(key.startswith(scope_prefix(tenant)) for key in keys)
        assert 1 == sum(key.startswith(scope_prefix(tenant, "a")) for key in keys)
    assert {32} == {len(key) for key in keys}


def test_plain_values_carry_their_end_before_them():
    assert NEVER + b"v" == encode_plain(b"v", 0)
    assert (1, 77) == PLAIN_HEAD.unpack_from(encode_plain(b"v", 77))
    assert b"v" == encode_plain(b"v", 77)[PLAIN_HEAD.size :]
    assert b"k\x03key" == plain_key(3, b"key")


@pytest.mark.parametrize("first_end_ms", [0, 1, 1 << 50])
def test_the_head_of_a_collection_comes_back(first_end_ms):
    head = Head("zset", 7, b"12345678", first_end_ms)

    assert head == decode_head(encode_head(head))


@pytest.mark.parametrize("change", [lambda raw: raw[:-1], lambda raw: raw + b"x", lambda raw: b"\x07" + raw[1:]])
def test_a_head_laid_out_otherwise_is_told(change):
    for head in (Head("hash", 0, b"12345678"), Head("hash", 0, b"12345678", 9)):
        with pytest.raises(CodecError):
            decode_head(change(encode_head(head)))
