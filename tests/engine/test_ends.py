"""Promises of crowkis/engine/ends.py: what is due, what is counted, and that old lines do not pile up."""

from hypothesis import given
from hypothesis import strategies as st

from crowkis.engine.codec import ENTRY, plain_key
from crowkis.engine.ends import LINE_BYTES, SPARE_LINES, Ends, Lines

A, B, OTHER = plain_key(0, b"a"), plain_key(0, b"b"), plain_key(3, b"a")


def test_a_key_is_due_from_the_millisecond_it_ends_and_told_once():
    ends = Ends()
    ends.put(A, 10)

    assert [] == ends.due(9, 5)
    assert [A] == ends.due(10, 5)
    assert [] == ends.due(11, 5)


def test_no_more_are_told_than_asked_for_the_earliest_first():
    ends = Ends()
    for at_ms in (5, 3, 4):
        ends.put(plain_key(0, b"%d" % at_ms), at_ms)

    assert [plain_key(0, b"3"), plain_key(0, b"4")] == ends.due(9, 2)


def test_only_the_last_end_of_a_key_counts():
    ends = Ends()
    ends.put(A, 10)
    ends.put(A, 20)
    ends.put(B, 10)
    ends.put(B, 0)

    assert [] == ends.due(15, 5)
    assert [A] == ends.due(20, 5)


def test_an_end_at_the_same_time_as_before_is_told_once():
    ends = Ends()
    ends.put(A, 10)
    ends.drop(A)
    ends.put(A, 10)

    assert [A] == ends.due(10, 1)
    ends.drop(A)
    assert [] == ends.due(10, 1)


def test_keys_with_an_end_are_counted_by_database_with_the_time_they_have_left():
    ends = Ends()
    for key, at_ms in ((A, 100), (B, 300), (OTHER, 50), (ENTRY + b"x", 1_000)):
        ends.put(key, at_ms)

    assert (2, 150) == ends.of_database(0, 50)
    assert (1, 0) == ends.of_database(3, 60)
    assert (0, 0) == ends.of_database(1, 50)


def test_a_flush_forgets_one_database():
    ends = Ends()
    for key in (A, B, OTHER):
        ends.put(key, 10)
    ends.drop_prefix(plain_key(0, b""))

    assert [(0, 0), (1, 10)] == [ends.of_database(0, 0), ends.of_database(3, 0)]
    assert [OTHER] == ends.due(10, 9)


def test_a_key_renewed_for_ever_takes_bounded_memory():
    ends = Ends()
    for at_ms in range(1, 5 * SPARE_LINES):
        ends.put(A, at_ms)

    assert ends.size_bytes() <= (SPARE_LINES + 3) * LINE_BYTES
    assert [A] == ends.due(5 * SPARE_LINES, 9)


@given(st.lists(st.tuples(st.sampled_from((A, B, OTHER)), st.integers(0, 9))))
def test_it_is_a_dictionary_with_a_clock(changes):
    ends, twin = Ends(), {}
    for key, at_ms in changes:
        ends.put(key, at_ms)
        twin[key] = at_ms
    live = {key: at_ms for key, at_ms in twin.items() if at_ms}
    in_first = [at_ms for key, at_ms in live.items() if key != OTHER]

    assert (len(in_first), sum(in_first) // len(in_first) if in_first else 0) == ends.of_database(0, 0)
    assert sorted(key for key, at_ms in live.items() if at_ms <= 5) == sorted(ends.due(5, 99))


@given(st.lists(st.tuples(st.sampled_from((b"a", b"b", b"")), st.integers(0, 9))))
def test_the_first_end_is_the_smallest_there_is(changes):
    lines, twin = Lines(2), {}
    for name, at_ms in changes:
        if at_ms:
            lines.put(name, at_ms)
            twin[name] = at_ms

            assert len(lines) <= 2 * len(twin) + 2
        else:
            assert twin.pop(name, None) == lines.drop(name)
        assert min(twin.values(), default=0) == lines.first_ms()
        assert twin == lines.by_name
