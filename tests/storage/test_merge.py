from hypothesis import given
from hypothesis import strategies as st

from crowkis.storage.merge import Source, merged
from crowkis.storage.ranges import Ranges, prefix_end

keys = st.binary(max_size=2)
layers = st.lists(
    st.tuples(st.dictionaries(keys, st.none() | st.binary(max_size=2)), st.lists(st.binary(max_size=1), max_size=2)),
    min_size=1,
    max_size=4,
)


@given(layers)
def test_the_newest_word_on_a_key_counts_and_ranges_silence_what_is_older(newest_first):
    expected = {}
    for pairs, prefixes in reversed(newest_first):
        expected = {key: value for key, value in expected.items() if not any(map(key.startswith, prefixes))} | pairs
    sources = [
        Source(iter(sorted(pairs.items(), key=lambda pair: pair[0])), Ranges((p, prefix_end(p)) for p in prefixes))
        for pairs, prefixes in newest_first
    ]

    assert sorted(expected.items(), key=lambda pair: pair[0]) == list(merged(sources))
