"""Promises of crowkis/engine/zsets.py: members stand in the order of their scores, places are found, memory counted."""

from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crowkis.engine.zsets import MemberBound, ScoreBound, SortedSet, stored_scores


def zset(**scores):
    found = SortedSet()
    found.change(stored_scores((name.encode(), score) for name, score in scores.items()), ())
    return found


def names(found, span, backwards=False):
    return "".join(member.decode() for _, member in found.between(*span, backwards))


def test_members_stand_in_the_order_of_scores_and_then_of_bytes():
    found = zset(c=1.0, b=1.0, a=2.0, d=-inf, e=inf)

    assert "dbcae" == names(found, (0, 5))
    assert "eacbd" == names(found, (0, 5), backwards=True)
    assert (2, None) == (found.place(b"c"), found.place(b"none"))


def test_members_are_set_again_and_removed():
    found = zset(a=1.0, b=2.0)
    found.change(stored_scores([(b"a", 3.0), (b"c", 0.5), (b"c", 9.0)]), [b"none", b"b"])

    assert ({b"a": 3.0, b"c": 9.0}, [(3.0, b"a"), (9.0, b"c")], 2) == (found.scores, list(found.order), len(found))


def test_memory_is_counted_and_given_back():
    found = SortedSet()
    found.change(stored_scores([(b"m" * 1000, 1.0)]), ())
    found.change(stored_scores([(b"m" * 1000, 2.0)]), ())
    held = found.size_bytes
    found.change((), [b"m" * 1000])

    assert 1000 < held < 2000
    assert 0 == found.size_bytes


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [(0, -1, "abc"), (1, 1, "b"), (-2, -1, "bc"), (-9, 9, "abc"), (2, 1, ""), (5, 9, ""), (0, -9, "")],
)
def test_places_count_from_either_end(first, last, expected):
    found = zset(a=1.0, b=2.0, c=3.0)

    assert expected == names(found, found.span_of_places(first, last))


SCORES = st.sampled_from([-inf, -1.5, 0.0, 5e-324, 1.0, 2.0, 1.7976931348623157e308, inf])


@given(st.dictionaries(st.binary(max_size=2), SCORES), SCORES, st.booleans(), SCORES, st.booleans())
def test_a_span_of_scores_holds_what_lies_between_its_bounds(scores, least, above, most, below):
    found = SortedSet()
    found.change(stored_scores(scores.items()), ())
    expected = sorted(
        (score, member)
        for member, score in scores.items()
        if (least < score if above else least <= score) and (score < most if below else score <= most)
    )

    assert expected == list(found.between(*found.span_of_scores(ScoreBound(least, above), ScoreBound(most, below))))


MEMBERS = st.binary(max_size=2)


@given(st.sets(MEMBERS), MEMBERS, st.booleans(), MEMBERS, st.booleans())
def test_a_span_of_members_holds_what_lies_between_its_bounds(members, least, above, most, below):
    found = SortedSet()
    found.change(stored_scores((member, 1.0) for member in members), ())
    expected = sorted(
        member
        for member in members
        if (least < member if above else least <= member) and (member < most if below else member <= most)
    )
    span = found.span_of_members(MemberBound(least, above), MemberBound(most, below))

    assert expected == [member for _, member in found.between(*span)]
    assert (0, len(members)) == found.span_of_members(MemberBound(b"", False, -1), MemberBound(b"", False, 1))


@pytest.mark.parametrize("count", [0, 1, 3, 5, 9])
@pytest.mark.parametrize("pick", [lambda below: 0, lambda below: below - 1, lambda below: below // 2])
def test_members_drawn_at_random_are_different(count, pick):
    found = zset(a=1.0, b=2.0, c=3.0, d=4.0, e=5.0)
    drawn = found.drawn(count, pick)

    assert min(count, 5) == len(drawn) == len(set(drawn))
    assert set(drawn) <= set(found.order)
