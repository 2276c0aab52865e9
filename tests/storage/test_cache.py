from random import Random

from crowkis.storage.block import Block, encode_block
from crowkis.storage.cache import BlockCache


def block(size_bytes):
    return Block(encode_block([b"k"], [bytes(size_bytes)]))


def test_a_block_kept_is_found():
    cache, kept = BlockCache(10_000), block(100)
    cache.keep(1, kept)

    assert (kept, None, 1, 1) == (cache.find(1), cache.find(2), cache.hits, cache.misses)


def test_it_never_holds_more_than_it_may():
    rng, cache = Random(1), BlockCache(10_000)
    for _ in range(2_000):
        number = rng.randrange(40)
        if cache.find(number) is None:
            cache.keep(number, block(rng.randrange(1_500)))

        assert cache.size_bytes <= 10_000


def test_what_is_used_stays_and_what_is_not_goes():
    cache = BlockCache(10_000)
    cache.keep(0, block(100))
    for number in range(1, 100):
        cache.keep(number, block(500))

        assert cache.find(0) is not None
    assert cache.find(1) is None


def test_a_block_too_large_for_it_is_not_kept():
    cache = BlockCache(1_000)
    cache.keep(1, block(900))

    assert (None, 0) == (cache.find(1), cache.size_bytes)
