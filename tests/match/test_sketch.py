"""Promises of crowkis/match/sketch.py."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crowkis.match.sketch import KEPT, alike, digest_in, digest_of, sketch

RESET = b"Open the settings of your account, choose Security, press Reset password and follow the link in the mail."
REWORDED = (
    b"To reset the password open your account settings, choose Security and press Reset; follow the link in the mail."
)
OTHER = b"Our shop in the harbour is open from Monday to Saturday, in summer on Sundays as well, except on holidays."
FARES = b"A single ticket for the inner zone costs %d euros and is valid on all trams and buses for one whole hour."


@pytest.mark.parametrize("answer", [b"yes", RESET, b"", b"\xff\xfe"])
def test_an_answer_is_like_itself_whatever_white_space_is_around_it(answer):
    assert alike(sketch(answer), sketch(b" " + answer + b"\n")) is True


def test_one_answer_in_two_wordings_is_the_same():
    assert alike(sketch(RESET), sketch(REWORDED)) is True


def test_answers_about_other_things_differ():
    assert alike(sketch(RESET), sketch(OTHER)) is False


def test_answers_with_other_figures_differ_however_alike_they_read():
    assert alike(sketch(FARES % 3), sketch(FARES % 4)) is False


@pytest.mark.parametrize(("one", "other"), [(b"yes", b"no"), (b"Yes, you can.", b"Yes, you can")])
def test_short_answers_are_the_same_only_if_they_are_equal(one, other):
    assert alike(sketch(one), sketch(other)) is False


def test_some_words_in_common_say_nothing():
    half = RESET[: len(RESET) // 2] + OTHER[: len(OTHER) // 2]

    assert alike(sketch(RESET), sketch(half)) is None


def test_an_empty_sketch_says_nothing():
    assert alike(b"", sketch(RESET)) is None


@given(st.binary(max_size=300), st.binary(max_size=300))
def test_it_does_not_matter_which_comes_first(one, other):
    assert alike(sketch(one), sketch(other)) is alike(sketch(other), sketch(one))
    assert len(sketch(one)) <= 20 + 4 * KEPT


def test_white_space_around_an_answer_does_not_make_it_another():
    assert digest_of(b" yes\n") == digest_of(b"yes")
    assert digest_of(b"yes") != digest_of(b"no")


@given(st.binary(max_size=300))
def test_a_sketch_holds_the_digest_of_its_answer(answer):
    assert digest_of(answer) == digest_in(sketch(answer))
    assert b"" == digest_in(b"")
