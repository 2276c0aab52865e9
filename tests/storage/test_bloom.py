from array import array
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crowkis.storage import bloom


def filter_of(keys):
    return bloom.load(bloom.build(array("I", map(bloom.key_hash, keys))))


@given(st.lists(st.binary(max_size=8), max_size=50))
def test_every_key_it_was_built_from_is_known(keys):
    words = filter_of(keys)

    assert all(bloom.may_hold(words, bloom.places(key)) for key in keys)


def test_an_empty_filter_knows_nothing():
    assert not bloom.may_hold(filter_of([]), bloom.places(b"k"))


@pytest.mark.parametrize("kind", ["random", "counting"])
@pytest.mark.parametrize("count", [1_000, 40_000])
def test_about_one_other_key_in_a_hundred_is_taken_for_known(kind, count):
    rng = Random(1)
    every = [rng.randbytes(12) if kind == "random" else b"k\0user:%d" % number for number in range(count + 20_000)]
    words = filter_of(every[:count])
    wrong = sum(bloom.may_hold(words, bloom.places(key)) for key in every[count:])

    assert 0.003 < wrong / 20_000 < 0.015


def test_it_takes_the_bits_it_says():
    assert bloom.BITS_PER_KEY * 1_000 <= len(filter_of([b"%d" % number for number in range(1_000)])) * 64
    assert len(filter_of([b"%d" % number for number in range(1_000)])) * 64 < bloom.BITS_PER_KEY * 1_000 + 64


def test_the_filter_of_known_keys_never_changes():
    """Files on disk are asked by later programs."""
    assert "1024880800000000" == bloom.build(array("I", [bloom.key_hash(b"golden")]))[:8].hex()
