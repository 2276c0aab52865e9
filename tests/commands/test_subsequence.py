"""Promises of crowkis/commands/subsequence.py: the subsequence is a longest one, and the stretches are it."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from crowkis.commands.subsequence import Match, matches, table

TEXT = st.binary(max_size=3).map(lambda raw: bytes(byte % 3 for byte in raw)) | st.lists(
    st.sampled_from(b"abc"), max_size=24
).map(bytes)


def plain_length(one, two):
    """The slow way, cell by cell."""
    above = [0] * (len(two) + 1)
    for byte in one:
        row = [0]
        for place, other in enumerate(two):
            row.append(above[place] + 1 if byte == other else max(above[place + 1], row[place]))
        above = row
    return above[-1]


@given(TEXT, TEXT)
def test_the_stretches_are_a_longest_common_subsequence(one, two):
    rows = table(one, two)
    found = list(matches(one, two, rows))

    assert plain_length(one, two) == sum(match.size for match in found)
    assert plain_length(one, two) == (len(two) - rows[-1].bit_count() if rows else 0)
    for start, other, size in found:
        assert one[start : start + size] == two[other : other + size]
    for later, earlier in pairwise(found):
        assert earlier.start + earlier.size <= later.start
        assert earlier.other + earlier.size <= later.other


def test_stretches_are_told_from_the_end():
    one, two = b"ohmytext", b"mynewtext"

    assert [Match(4, 5, 4), Match(2, 0, 2)] == list(matches(one, two, table(one, two)))
