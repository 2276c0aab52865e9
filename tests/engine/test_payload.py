"""Promises of crowkis/engine/payload.py: what is written is read back, and nothing else is taken for it."""

from hashlib import blake2b

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crowkis.engine import payload as payload_module
from crowkis.engine.hashes import stored_field
from crowkis.engine.payload import PayloadError, decode, encode

HASHES = st.dictionaries(st.binary(max_size=5), st.binary(max_size=5).map(stored_field), min_size=1)


@given(HASHES)
def test_a_hash_comes_back(fields):
    elements = list(fields.items())

    assert ("hash", elements) == decode(encode("hash", elements, 10_000))


@given(st.binary())
def test_a_string_comes_back(value):
    assert ("string", [(b"", value)]) == decode(encode("string", [(b"", value)], 10_000))


@given(st.binary(max_size=60))
def test_other_bytes_are_refused(raw):
    for payload in (raw, b"CKD" + raw):
        with pytest.raises(PayloadError):
            decode(payload)


def signed(body):
    return body + blake2b(body, digest_size=8).digest()


@pytest.mark.parametrize(
    "body",
    [
        b"CKD", b"CKD\x01\x01\x00\x00\x00\x00", b"CKD\x02\x00\x01\x00\x00\x00" + bytes(8),
        b"CKD\x01\x63\x01\x00\x00\x00",
        b"CKD\x01\x01\x01\x00\x00\x00" + bytes(8), b"CKD\x01\x00\x02\x00\x00\x00" + bytes(16),
        b"CKD\x01\x01\xff\xff\xff\xff", b"CKD\x01\x00\x01\x00\x00\x00" + bytes(7),
        b"CKD\x01\x00\x01\x00\x00\x00\x00\x00\x00\x00\xff\x00\x00\x00", b"CKD\x01\x00\x01\x00\x00\x00" + bytes(9),
    ],
)  # fmt: skip
def test_what_is_signed_and_makes_no_sense_is_refused(body):
    with pytest.raises(PayloadError):
        decode(signed(body))


def test_what_is_too_large_is_not_made(monkeypatch):
    size = len(encode("string", [(b"", b"x" * 100)], 1_000))
    with pytest.raises(PayloadError, match="too large"):
        encode("string", [(b"", b"x" * 100)], size - 1)
    assert size == len(encode("string", [(b"", b"x" * 100)], size))

    made = encode("hash", [(b"a", stored_field(b"")), (b"b", stored_field(b""))], 1_000)
    monkeypatch.setattr(payload_module, "ELEMENTS_MAX", 1)
    with pytest.raises(PayloadError, match="too large"):
        encode("hash", [(b"a", stored_field(b"")), (b"b", stored_field(b""))], 1_000)
    with pytest.raises(PayloadError):
        decode(made)
