from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crowkis.storage import order as order_module
from crowkis.storage.order import KeyOrder

keys = st.binary(max_size=3)
steps = st.lists(
    st.one_of(st.tuples(st.just("add"), keys), st.tuples(st.just("discard"), keys), st.just(("scan", b"")))
)


def expected_keys(table, prefix, after, limit):
    return sorted(key for key in table if key.startswith(prefix) and (after is None or key > after))[:limit]


@pytest.mark.parametrize("changes_min", [0, 2, 1_024])
@given(steps=steps, prefix=st.binary(max_size=2), after=st.none() | keys, limit=st.integers(1, 5))
def test_keys_come_in_byte_order_whatever_happened_before(changes_min, steps, prefix, after, limit):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(order_module, "CHANGES_MIN", changes_min)
        table = {}
        order = KeyOrder(table)
        for step, key in steps:
            if step == "add" and key not in table:
                table[key] = b""
                order.add(key)
            elif step == "discard" and key in table:
                del table[key]
                order.discard(key)
            elif step == "scan":
                order.keys(b"", None)
        actual = list(islice(order.keys(prefix, after), limit))

    assert expected_keys(table, prefix, after, limit) == actual


def test_pages_together_are_all_keys_once():
    table = dict.fromkeys((b"%03d" % number for number in range(100)), b"")
    order = KeyOrder(table)
    found, after = [], None
    while page := list(islice(order.keys(b"", after), 7)):
        found += page
        after = page[-1]

    assert sorted(table) == found


def test_nothing_is_kept_until_somebody_scans():
    order = KeyOrder({})
    order.add(b"a")

    assert (None, set()) == (order._sorted, order._fresh)


def test_more_changes_than_worth_inserting_are_sorted_anew():
    table = {}
    order = KeyOrder(table)
    order.keys(b"", None)
    for number in range(order_module.CHANGES_MIN + 1):
        table[b"%d" % number] = b""
        order.add(b"%d" % number)

    assert (None, 0) == (order._sorted, len(order._fresh))
