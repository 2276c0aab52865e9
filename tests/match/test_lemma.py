"""Promises of crowkis/match/lemma.py."""

import pytest

from crowkis.match.lemma import lemma, stem

FORMS = """
    cards:card cities:city boxes:box watches:watch buses:bus glass:glass cancelling:cancel stopped:stop
    making:make updated:update verified:verify installing:install selling:sell expired:expire reading:read
    booking:book bought:buy children:child frozen:freeze cheapest:cheap bigger:big easiest:easy colour:color
    organised:organize centre:center this:this
"""


@pytest.mark.parametrize(
    ("form", "bare"),
    [row.split(":") for row in FORMS.split()],
)
def test_an_inflected_word_comes_out_bare(form, bare):
    assert bare == lemma(form)


@pytest.mark.parametrize("word", ["card", "address", "news", "exercise", "hour", "agreed", "sing", "red", "letter"])
def test_a_bare_lemma_stays_as_it_is(word):
    assert lemma(word) == lemma(lemma(word))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("pay", "payment"),
        ("cancel", "cancellation"),
        ("expire", "expiration"),
        ("expire", "expiry"),
        ("teach", "teacher"),
    ],
)
def test_a_derived_word_shares_its_stem(one, other):
    assert stem(one) == stem(other)


@pytest.mark.parametrize(("one", "other"), [("employer", "employee"), ("import", "important"), ("card", "care")])
def test_words_that_are_not_derived_keep_apart(one, other):
    assert stem(one) != stem(other)
