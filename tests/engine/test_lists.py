"""Promises of crowkis/engine/lists.py: what is written is what changed, and comes to the list that was meant."""

from hypothesis import given
from hypothesis import strategies as st

from crowkis.engine.lists import List, popped, pushed, rewritten

VALUES = st.lists(st.sampled_from([b"a", b"b", b"c"]), max_size=8)


def holding(*values):
    held = List()
    held.change(pushed(None, values, left=False), ())
    return held


def test_values_are_pushed_and_popped_at_both_ends():
    held = holding(b"c", b"d")
    held.change(pushed(held, [b"b", b"a"], left=True), ())
    held.change(pushed(held, [b"e"], left=False), ())

    assert [b"a", b"b", b"c", b"d", b"e"] == list(held.values)
    held.change((), popped(held, 2, left=True))
    held.change((), popped(held, 2, left=False))
    assert [b"c"] == list(held.values)
    held.change((), popped(held, 5, left=False))
    assert (0, 0) == (len(held), held.size_bytes)


@given(VALUES, VALUES)
def test_a_rewritten_list_holds_what_was_meant_and_the_store_agrees(old, new):
    held = holding(*old)
    stored = dict(pushed(None, old, left=False))
    put, drop = rewritten(held, new)
    held.change(put, drop)
    for field in drop:
        del stored[field]
    stored.update(put)

    assert new == list(held.values)
    assert new == [stored[field] for field in sorted(stored)]
    again = List()
    again.change(sorted(stored.items()), ())
    assert (new, held.size_bytes) == (list(again.values), again.size_bytes)


def test_an_insert_near_one_end_writes_that_side_alone():
    held = holding(*[b"%d" % number for number in range(100)])
    near_head, near_tail = list(held.values), list(held.values)
    near_head.insert(2, b"x")
    near_tail.insert(98, b"x")

    assert (3, []) == (len(rewritten(held, near_head)[0]), rewritten(held, near_head)[1])
    assert (3, []) == (len(rewritten(held, near_tail)[0]), rewritten(held, near_tail)[1])


@given(VALUES, st.integers(0, 8), st.integers(0, 8))
def test_a_slice_is_what_a_list_of_python_gives(values, start, stop):
    start, stop = min(start, len(values)), min(stop, len(values))
    if start <= stop:
        assert values[start:stop] == holding(*values).slice(start, stop)
