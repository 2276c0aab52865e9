"""Promises of crowkis/match/openings.py: first words and short texts."""

import pytest

from crowkis.match.openings import is_thin, opening
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


@pytest.mark.parametrize(
    ("text", "thin"),
    [
        ("what happened in 2008", True),
        ("how many points", True),
        ("any awards", True),
        ("did ann leave", True),
        ("who was the coach", True),
        ("who painted the mona lisa", False),
        ("what is cash", False),
        ("what does a consultant do", False),
        ("why was my card declined", False),
        ("is delivery free", False),
        ("explain gravity", False),
        ("hello", False),
        ("hauptstadt", False),
    ],
)
def test_a_question_of_hardly_any_content_goes_on_with_a_story(text, thin):
    assert thin == is_thin(text.split())
