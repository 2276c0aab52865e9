"""Promises of crowkis/guard/tenancy.py."""

import pytest

from crowkis.guard import tenancy
from crowkis.values.question import Candidate, Features, Policy, Question, Scope
from crowkis.values.verdict import Reason

NOTHING = Features((), (), 0)
SCOPE = Scope("acme", "faq", "gpt", "1")


def question():
    return Question("a", SCOPE, "s", frozenset(), NOTHING, 0)


def candidate(scope, exact=False):
    return Candidate(b"id", "a", scope, "s", frozenset(), NOTHING, 0, 0, 1.0, exact)


def test_an_answer_of_the_same_scope_passes():
    assert tenancy.same(question(), candidate(Scope("acme", "faq", "gpt", "1")), Policy(0.9)) is None


@pytest.mark.parametrize("exact", [True, False])
@pytest.mark.parametrize(
    ("scope", "reason"),
    [
        (Scope("evil", "faq", "gpt", "1"), Reason("tenancy.other-tenant", "evil", "acme")),
        (Scope("acme", "hr", "gpt", "1"), Reason("tenancy.other-namespace", "hr", "faq")),
        (Scope("acme", "faq", "llama", "1"), Reason("tenancy.other-model", "llama 1", "gpt 1")),
        (Scope("acme", "faq", "gpt", "2"), Reason("tenancy.other-model", "gpt 2", "gpt 1")),
        (Scope("evil", "hr", "llama", "2"), Reason("tenancy.other-tenant", "evil", "acme")),
    ],
)
def test_an_answer_of_another_scope_is_refused_even_to_an_exact_repeat(scope, reason, exact):
    assert reason == tenancy.same(question(), candidate(scope, exact), Policy(0.9))


def test_the_measure_shows_both_scopes():
    assert ("b/c/d/e", "acme/faq/gpt/1") == tenancy.measures(
        question(), candidate(Scope("b", "c", "d", "e")), Policy(0.9)
    )
