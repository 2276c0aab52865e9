from hypothesis import given
from hypothesis import strategies as st

from crowkis.storage.counts import Counts

keys = st.text("kx01", max_size=3).map(str.encode)


@given(st.lists(keys), st.lists(keys), st.text("kx01", max_size=2).map(str.encode))
def test_counts_are_those_of_a_set_of_keys(added, discarded, removed_prefix):
    counts, live = Counts(b"k"), set()
    for key in added:
        if key not in live:
            counts.add(key)
        live.add(key)
    for key in discarded:
        if key in live:
            counts.discard(key)
        live.discard(key)
    counts.discard_prefix(removed_prefix)
    live = {key for key in live if key[:1] == b"k" and not key.startswith(removed_prefix)}
    for prefix in (b"k", b"k0", b"k1", b"kk"):
        assert sum(key.startswith(prefix) for key in live) == counts.count(prefix)


def test_a_snapshot_stays_as_it_was_and_begins_another():
    counts = Counts(b"k")
    counts.add(b"k1")
    snapshot = counts.snapshot()
    counts.add(b"k1x")

    assert ({b"k1": 1}, 2, 1) == (snapshot, counts.count(b"k1"), Counts(b"k", snapshot).count(b"k"))
