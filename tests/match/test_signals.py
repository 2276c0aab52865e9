"""Promises of crowkis/match/signals.py."""

from hypothesis import given
from hypothesis import strategies as st

from crowkis.match.signals import SIGNALS, signals
from crowkis.values.question import ALONE, Company

NAMES = [signal.name for signal in SIGNALS]


def named(asked, stored, similarity=0.9, company=ALONE):
    return dict(zip(NAMES, signals(asked, stored, similarity, company), strict=True))


def test_a_text_beside_itself_leaves_nothing_over():
    found = named("How do I pause my plan?", "How do I pause my plan?", 1.0)

    assert (0, 0, 0.0, 0) == (found["asked_only"], found["stored_only"], found["replaced"], found["added"])


def test_a_replaced_word_in_the_same_frame_weighs_by_what_is_in_common():
    close = named("What is the capital of Peru now?", "What is the capital of Chile now?")
    loose = named("What is the capital of Peru now?", "Chile: name its capital, please, if there is one")

    assert close["in_frame"] > loose["in_frame"]
    assert 1.0 == close["replaced"]


def test_words_that_only_one_side_has_are_added_not_replaced():
    found = named("I need a new card", "I need a new card because mine expires")

    assert (0.0, 0) == (found["replaced"], found["asked_only"])
    assert found["added"] == found["stored_only"] > 0


def test_other_prepositions_before_the_same_words_are_seen():
    found = named("flights from Oslo to Rome", "flights to Oslo from Rome")

    assert found["markers"] == 2


def test_the_company_is_handed_through():
    assert (0.5, 1.5, 2, 3) == signals("a", "b", 0.8, Company(0.5, 1.5, 2, 3))[-4:]


@given(st.text(max_size=60), st.text(max_size=60), st.floats(-1, 1))
def test_any_two_texts_give_one_finite_number_a_row(asked, stored, similarity):
    found = signals(asked, stored, similarity, ALONE)

    assert len(SIGNALS) == len(found)
    assert all(-4 <= number <= 4 for number in found)
