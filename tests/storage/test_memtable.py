import pytest
from hypothesis import given
from hypothesis import strategies as st

from crowkis.storage import memtable as memtable_module
from crowkis.storage.memtable import Memtable, reader

keys = st.binary(max_size=3)
tables = st.dictionaries(keys, st.none() | st.binary(max_size=3))


def filled(pairs, below=lambda key: None):
    table = Memtable(below)
    table.update(pairs)
    table.measure()
    return table


class TestReading:
    def test_what_is_not_here_is_looked_for_below(self):
        assert b"below k" == Memtable(lambda key: b"below " + key)[b"k"]

    def test_what_is_removed_is_not(self):
        table = filled({b"k": None}, lambda key: b"below")
        table.remove_prefix(b"p")

        assert (None, None, b"below") == (table[b"k"], table[b"p1"], table[b"q"])

    def test_what_is_put_after_its_prefix_was_removed_is_there(self):
        table = filled({b"p1": b"old"})
        table.remove_prefix(b"p")
        table[b"p2"] = b"new"

        assert (None, b"new") == (table[b"p1"], table[b"p2"])


class TestRemovePrefix:
    @given(tables, st.lists(st.binary(max_size=2), max_size=4), keys)
    def test_it_hides_every_key_that_begins_so(self, pairs, prefixes, key):
        table = filled(pairs, lambda key: b"below")
        for prefix in prefixes:
            table.remove_prefix(prefix)
        covered = any(key.startswith(prefix) for prefix in prefixes)

        assert (None if covered else pairs.get(key, b"below")) == table[key]
        assert (covered, covered) == (table.covers(key), table.ranges().covers(key))

    def test_a_longer_prefix_within_a_shorter_one_is_not_kept(self):
        table = filled({})
        for prefix in (b"ab", b"a"):
            table.remove_prefix(prefix)

        assert {b"a"} == table.prefixes

    @given(tables, st.binary(max_size=1))
    def test_held_bytes_stay_exact(self, pairs, prefix):
        table = filled(pairs)
        table.remove_prefix(prefix)
        left = table.held_bytes
        table.measure()

        assert table.held_bytes == left


class TestOrder:
    @pytest.mark.parametrize("sort_keys", [1, 3, 2_048])
    @given(pairs=tables)
    def test_pairs_come_in_key_order_however_they_are_sorted(self, sort_keys, pairs):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(memtable_module, "SORT_KEYS", sort_keys)
            found = list(filled(pairs).in_order()) if pairs else []

        assert sorted(pairs.items(), key=lambda pair: pair[0]) == found

    def test_an_empty_one_has_nothing_to_write(self):
        assert [] == list(filled({}).in_order())

    def test_pairs_begin_after_a_key_within_a_prefix(self):
        table = filled({b"a1": b"1", b"a2": None, b"a3": b"3", b"b1": b""})

        assert [(b"a2", None), (b"a3", b"3")] == list(table.pairs(b"a", b"a1"))


def test_size_counts_what_python_needs_besides():
    assert filled({b"k": b"v"}).size_bytes > 100


def test_a_reader_stays_the_same_when_another_memtable_is_put_behind_it():
    get, serve_from = reader(filled({b"k": b"old"}))
    found = [get(b"k")]
    serve_from(filled({b"k": b"new"}))

    assert [b"old", b"new"] == [*found, get(b"k")]


def test_it_is_freed_some_keys_at_a_time():
    table = filled({b"%d" % number: b"" for number in range(5)})
    freed = [(table.drain(3), len(table)), (table.drain(3), len(table))]

    assert [(False, 2), (True, 0)] == freed
