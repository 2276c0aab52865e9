"""Promises of crowkis/match/glyphs.py."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crowkis.match.glyphs import plain_glyphs


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("re\u200bset my pass\u00adword", "reset my password"),
        ("p\u0430ypal", "paypal"),
        ("\u0410pple", "Apple"),
        ("x\u00b2 and x\u207f", "x^2 and x^n"),
        ("\uff21\uff22\uff23 \u0663", "ABC 3"),
        ("can\u2019t \u2014 won\u2019t", "can't  -  won't"),
    ],
)
def test_letters_and_marks_that_only_look_different_become_plain(text, found):
    assert found == plain_glyphs(text)


@pytest.mark.parametrize("text", ["привет мир", "καλημέρα", "日本語", "a м b"])
def test_words_wholly_in_another_script_are_left_alone(text):
    assert text == plain_glyphs(text)


@given(st.text(alphabet=st.characters(codec="ascii")))
def test_plain_ascii_never_changes(text):
    assert text == plain_glyphs(text)


@given(st.text())
def test_making_plain_twice_changes_nothing_more(text):
    once = plain_glyphs(text)

    assert once == plain_glyphs(once)
