"""Promises of crowkis/match/judge.py."""

from hypothesis import given
from hypothesis import strategies as st

from crowkis.engine.rules import EXACT_RULES, SERVE_RULES
from crowkis.match.features import features
from crowkis.match.judge import Finding, explain, judge
from crowkis.values.intent import NAMES, POSTURE_COLUMN
from crowkis.values.question import Candidate, Gate, Policy, Question, Scope
from crowkis.values.verdict import REASONS, Reason

SAYINGS = ["two cups", "2 cups", "not two cups", "at most 2 cups", 'say "Hi"', "say Hi", "in May", "in June", ""]
scopes = st.builds(Scope, *[st.sampled_from(["", "a"])] * 4)
tags = st.frozensets(st.sampled_from(["x", "y"]))
spaces = st.sampled_from(["one", "two"])
texts = st.sampled_from(SAYINGS)
moments = st.sampled_from([0, 1, 5, 6, 7])
questions = st.builds(
    lambda text, scope, space, tags: Question(text, scope, space, tags, features(text), 6), texts, scopes, spaces, tags
)
candidates = st.builds(
    lambda text, scope, space, tags, expire_at_ms, similarity, exact: Candidate(
        b"id", text, scope, space, tags, features(text), 0, expire_at_ms, similarity, exact
    ),
    texts, scopes, spaces, tags, moments, st.floats(-1, 1), st.booleans(),
)  # fmt: skip
policies = st.builds(Policy, st.floats(0, 1), postures=st.sampled_from([POSTURE_COLUMN, dict.fromkeys(NAMES, "never")]))


@given(questions, candidates, policies)
def test_explain_agrees_with_judge(question, candidate, policy):
    verdict = judge(question, candidate, policy, SERVE_RULES)
    objections = [finding.objection for finding in explain(verdict, SERVE_RULES) if finding.objection]

    assert verdict.objection == (objections[0] if objections else None)


@given(questions, candidates, policies)
def test_every_gate_is_explained_in_order_with_its_measure_and_limit(question, candidate, policy):
    findings = explain(judge(question, candidate, policy, SERVE_RULES), SERVE_RULES)

    assert [gate.name for gate in SERVE_RULES] == [finding.gate for finding in findings]
    for finding in findings:
        if finding.objection:
            assert finding.objection[1:] == (finding.measure, finding.limit)


@given(questions, candidates, policies)
def test_every_objection_is_a_known_reason_of_its_own_gate(question, candidate, policy):
    gates = {row.id: row.gate for row in REASONS}

    for finding in explain(judge(question, candidate, policy, SERVE_RULES), SERVE_RULES):
        assert finding.objection is None or gates[finding.objection.id] == finding.gate


def test_the_first_objection_ends_the_judgement(asked, stored):
    seen = []

    def gate(name, objection):
        def rule(question, candidate, policy):
            seen.append(name)
            return objection

        return Gate(name, rule, lambda question, candidate, policy: (name, None))

    rules = (gate("a", None), gate("b", Reason("b.no", 1, 2)), gate("c", Reason("c.no", 3, 4)))
    verdict = judge(asked("x"), stored("x"), Policy(0.9), rules)

    assert ["a", "b"] == seen
    assert Reason("b.no", 1, 2) == verdict.objection
    assert [
        Finding("a", None, "a", None),
        Finding("b", Reason("b.no", 1, 2), 1, 2),
        Finding("c", Reason("c.no", 3, 4), 3, 4),
    ] == explain(verdict, rules)


@given(questions, candidates, policies)
def test_an_exact_match_is_judged_the_same_by_the_few_rules_that_can_object_to_it(question, candidate, policy):
    exact = candidate._replace(exact=True, similarity=1.0)

    whole = judge(question, exact, policy, SERVE_RULES)

    assert whole.objection == judge(question, exact, policy, EXACT_RULES).objection
