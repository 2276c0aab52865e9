import itertools

from hypothesis import given
from hypothesis import strategies as st

from crowkis.storage.ranges import NONE, Ranges, prefix_end, union

keys = st.binary(max_size=3)
intervals = st.lists(
    st.tuples(keys, st.none() | keys).filter(lambda pair: pair[1] is None or pair[0] < pair[1]), max_size=6
)


def inside(pairs, key):
    return any(start <= key and (end is None or key < end) for start, end in pairs)


@given(keys, keys)
def test_a_prefix_ends_right_after_its_last_key(prefix, key):
    end = prefix_end(prefix)

    assert key.startswith(prefix) == (key >= prefix and (end is None or key < end))


@given(intervals, keys)
def test_a_key_is_covered_as_by_one_of_the_intervals(pairs, key):
    assert inside(pairs, key) == Ranges(pairs).covers(key)


@given(intervals)
def test_intervals_are_kept_apart_and_in_order(pairs):
    kept = Ranges(pairs).intervals

    assert all(end is not None and end < start for (_, end), (start, _) in itertools.pairwise(kept))


@given(intervals, keys, st.none() | keys, keys)
def test_within_cuts_at_both_ends(pairs, start, end, key):
    cut = Ranges(pairs).within(start, end)

    assert (inside(pairs, key) and inside([(start, end)], key)) == cut.covers(key)


@given(intervals, keys, st.none() | keys)
def test_covering_all_means_one_interval_holds_it(pairs, start, end):
    expected = any(first <= start and (last is None or (end is not None and end <= last))
                   for first, last in Ranges(pairs).intervals)  # fmt: skip

    assert expected == Ranges(pairs).covers_all(start, end)


@given(intervals, intervals, keys)
def test_a_union_covers_what_either_does(one, other, key):
    assert inside(one + other, key) == union([Ranges(one), Ranges(other)]).covers(key)


def test_none_is_empty():
    assert (False, False, True) == (bool(NONE), NONE.covers(b""), bool(Ranges([(b"", None)])))
