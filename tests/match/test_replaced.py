"""Promises of crowkis/match/replaced.py."""

import pytest

from crowkis.match.align import align, parse
from crowkis.match.replaced import likeness, narrowed, replaced


def judged(rule, one, other):
    a, b = parse(one), parse(other)
    there, back = rule(a, b, align(a, b)), rule(b, a, align(b, a))
    assert (there is None) == (back is None)
    return there


@pytest.mark.parametrize(
    ("one", "other", "words"),
    [
        ("Who is the mayor of Bern?", "Who is the mayor of Basel?", ("bern", "basel")),
        ("how do I prune an elm", "how do I prune a fig", ("elm", "fig")),
        ("install the driver on Windows", "install the driver on Ubuntu", ("window", "ubuntu")),
        ("where was Clara Schumann born", "where was Fanny Hensel born", ("clara schumann", "fanny hensel")),
        ("how do I freeze dough", "how do I knead dough", ("freeze", "knead")),
        ("how do I plug a leak", "how do I find a leak", ("plug", "find")),
        ("What does the IT team do?", "What does the HR team do?", ("information_technology", "hr")),
    ],
)
def test_another_thing_in_the_same_place_is_an_objection(one, other, words):
    assert words == judged(replaced, one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("where can I buy a sofa", "where can I purchase a couch"),
        ("how do I reset my pasword", "how do I reset my password"),
        ("what is the best way to prune a rose", "how should one prune a rose"),
        ("Bern", "Basel"),
        ("why is my phone slow", "what makes the old handset so sluggish lately"),
        ("is the lawnmower unsuitable for slopes", "is the lawnmower not suitable for slopes"),
        ("find a movie schedule", "recite the movie schedule"),
        ("in a hurry I lost my purse on the ferry", "the ferry took my purse because of a thief yesterday"),
    ],
)
def test_synonyms_slips_and_other_sentences_pass(one, other):
    assert judged(replaced, one, other) is None


@pytest.mark.parametrize(
    ("one", "other", "words"),
    [
        ("how do I mute a chat group", "how do I mute a chat group on Android", ("", "on android")),
        ("can I cross the border", "can I cross the border with a dog", ("", "with dog")),
    ],
)
def test_a_restriction_that_only_one_text_states_is_an_objection(one, other, words):
    assert words == judged(narrowed, one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("how do I mute a chat group", "please tell me the way to mute a chat group"),
        ("how do I mute a chat group", "how do I mute a noisy chat group"),
        ("how do I mute a chat group", "at work somebody asked me whether it was possible to mute a chat group"),
        ("how do I mute a group on Android", "how do I mute a group on Windows"),
    ],
)
def test_small_words_modifiers_and_replacements_are_no_restriction(one, other):
    assert judged(narrowed, one, other) is None


def test_likeness_counts_aligned_words_as_the_same():
    a, b = parse("buy a sofa"), parse("purchase a sofa")

    assert 1.0 == likeness(a, b, align(a, b))
