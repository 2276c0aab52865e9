"""Promises of crowkis/guard/tags.py."""

import pytest

from crowkis.guard import tags
from crowkis.values.question import Candidate, Features, Policy, Question, Scope
from crowkis.values.verdict import Reason

NOTHING = Features((), (), 0)
SCOPE = Scope("", "", "", "")


def question(*asked):
    return Question("a", SCOPE, "s", frozenset(asked), NOTHING, 0)


def candidate(*carried, exact=False):
    return Candidate(b"id", "a", SCOPE, "s", frozenset(carried), NOTHING, 0, 0, 1.0, exact)


@pytest.mark.parametrize(("asked", "carried"), [("", ""), ("", "x"), ("x", "x"), ("x", "xy"), ("xy", "yx")])
def test_an_answer_with_every_tag_asked_for_passes(asked, carried):
    assert tags.carried(question(*asked), candidate(*carried), Policy(0.9)) is None


@pytest.mark.parametrize("exact", [True, False])
@pytest.mark.parametrize(("asked", "carried"), [("x", ""), ("x", "y"), ("xy", "x")])
def test_an_answer_that_lacks_one_is_refused(asked, carried, exact):
    reason = tags.carried(question(*asked), candidate(*carried, exact=exact), Policy(0.9))

    assert Reason("tags.missing", sorted(carried), sorted(asked)) == reason


def test_the_measure_shows_tags_in_a_fixed_order():
    assert (["x", "y"], ["a", "b"]) == tags.measures(question("b", "a"), candidate("y", "x"), Policy(0.9))
