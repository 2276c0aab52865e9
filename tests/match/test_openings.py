"""Promises of crowkis/match/openings.py: first words and short texts."""

import pytest

from crowkis.match.openings import opening
from crowkis.values.question import HANGS, LEANS, STANDS


@pytest.mark.parametrize(
    ("text", "degree"),
    [
        ("and then", HANGS),
        ("what about tea", HANGS),
        ("yes", HANGS),
        ("no , i said something quite different before", HANGS),
        ("no i said something quite different before", LEANS),
        ("now rewrite the poem", HANGS),
        ("now playing songs by queen", LEANS),
        ("what if i lose my card", LEANS),
        ("in python", HANGS),
        ("in python how do i sort a list", STANDS),
        ("for a very long time nobody knew", STANDS),
        ("could you please summarize", HANGS),
        ("summarize hamlet", STANDS),
        ("elaborate on gravity", STANDS),
        ("explain gravity", STANDS),
        ("what do you mean", HANGS),
        ("who are you", STANDS),
        ("what else", HANGS),
        ("which term", LEANS),
        ("what causes cancer", STANDS),
        ("how", HANGS),
        ("hello", STANDS),
        ("reset password", STANDS),
    ],
)
def test_how_a_text_begins_tells_how_much_it_leans(text, degree):
    tokens = text.split()

    assert degree == opening(tokens, [word for word in tokens if word != ","])
