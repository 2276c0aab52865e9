"""Promises of crowkis/match/quoted.py."""

import pytest

from crowkis.match import quoted
from crowkis.values.question import Policy
from crowkis.values.verdict import Reason

SAME = [
    ('what does "hello world" mean', "what does hello world mean"),
    ('who sang "Let it Be"', "who sang \u201clet it be\u201d"),
    ("what does `foo` do", "what does 'foo' do"),
    ("what does `foo` do", "what does foo do"),
    ("is `a.b` in `c`", "in `c`, is there `a.b`"),
]
OTHER = [
    ('print "A"', 'print "a"'),
    ('print "A"', 'print "B"'),
    ("what does `foo` do", "what does `bar` do"),
    ("what does `foo` do", "what does food do"),
    ('who sang "Let it be"', "who sang Yesterday"),
    ("replace `a` with `b`", "replace `b` with `a`"),
    ("add it to 'road trip'", "add it to 'gym mix'"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_the_same_words_in_other_marks_or_without_pass(objection, one, other):
    assert objection(quoted.agree, one, other) is None


@pytest.mark.parametrize(("one", "other"), OTHER)
def test_another_quotation_is_refused(objection, one, other):
    assert "quoted.differ" == objection(quoted.agree, one, other).id


def test_the_objection_names_both_sides(asked, stored):
    reason = quoted.agree(asked("run `a`"), stored("run `b`"), Policy(0.9))

    assert Reason("quoted.differ", ["b"], ["a"]) == reason
    assert (["b"], ["a"]) == quoted.measures(asked("run `a`"), stored("run `b`"), Policy(0.9))


def test_an_exact_match_passes(asked, stored):
    assert quoted.agree(asked("run `a`"), stored("run `b`", exact=True), Policy(0.9)) is None
