"""Promises of crowkis/match/contrast.py."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crowkis.match import contrast
from crowkis.values.question import Policy
from crowkis.values.verdict import REASONS, Reason

OTHER = [
    ("contrast.opposite", "how do I enable captions", "how do I disable captions"),
    ("contrast.roles", "translate a poem from Dutch to Czech", "translate a poem from Czech to Dutch"),
    ("contrast.substitution", "how do I tune a banjo", "how do I tune a cello"),
    ("contrast.scope", "how do I renew my library card", "how do I renew my library card for children"),
]
SAME = [
    ("how do I enable captions", "how can I turn on captions"),
    ("which bus goes to the harbour", "what bus is there to the harbor"),
    ("how do I renew my library card", "What is the way to renew a library card?"),
    ("how long are eggs boiled", "How long should I boil eggs?"),
]


@pytest.mark.parametrize(("reason", "one", "other"), OTHER)
def test_each_kind_of_contrast_has_a_reason_of_its_own(objection, reason, one, other):
    assert reason == objection(contrast.agree, one, other).id


@pytest.mark.parametrize(("one", "other"), SAME)
def test_a_paraphrase_passes(objection, one, other):
    assert objection(contrast.agree, one, other) is None


def test_all_reasons_of_the_gate_can_be_given():
    assert {row.id for row in REASONS if row.gate == "contrast"} == {reason for reason, _, _ in OTHER}


def test_the_objection_names_what_differs_in_the_stored_text_and_the_one_asked(asked, stored):
    objection = contrast.agree(asked("tune a banjo"), stored("tune a cello"), Policy(0.9))

    assert Reason("contrast.substitution", "cello", "banjo") == objection
    assert (["cello"], ["banjo"]) == contrast.measures(asked("tune a banjo"), stored("tune a cello"), Policy(0.9))


def test_an_exact_match_passes(asked, stored):
    assert contrast.agree(asked("tune a banjo"), stored("tune a cello", exact=True), Policy(0.9)) is None


def test_any_two_texts_can_be_compared(asked, stored):
    for one, other in [
        ("", "?"),
        ("'s n't", "of the"),
        ("日本語", "Ünïcödé 's"),
        ("not", "no no"),
        ("a" * 9_000, "b c" * 9),
    ]:
        contrast.agree(asked(one), stored(other), Policy(0.9))


def test_texts_with_little_in_common_are_left_to_their_similarity(objection):
    many = " ".join(f"{letter}{letter}x" for letter in "abcdefghijklmnopqrstuvwxyz")

    assert objection(contrast.agree, f"open {many}", f"close {many.replace('x', 'y')}") is None


WORDS = "how do I open close the shop from to Bern Basel before after not cancel order cheap dear than is was by me eat"
SENTENCES = st.lists(st.sampled_from(WORDS.split()), max_size=9).map(" ".join)


@given(one=SENTENCES, other=SENTENCES)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_it_does_not_matter_which_text_was_stored(objection, one, other):
    objection(contrast.agree, one, other)
