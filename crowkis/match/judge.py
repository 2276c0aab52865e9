"""Asks the rules whether a candidate may be served, and shows afterwards what each of them saw.

judge() stops at the first objection; explain() runs every rule again, which it can because rules are pure and the
verdict holds all they looked at. Both always agree. Nothing here knows which rules there are: engine/rules.py does.
"""

from collections.abc import Sequence
from typing import NamedTuple

from crowkis.values.question import Candidate, Gate, Policy, Question
from crowkis.values.verdict import Reason, Verdict


class Finding(NamedTuple):
    """What one gate says of a candidate: its objection, if any, and what it measured against which limit."""

    gate: str
    objection: Reason | None
    measure: object
    limit: object


def judge(question: Question, candidate: Candidate, policy: Policy, rules: Sequence[Gate]) -> Verdict:
    """Decide on one candidate: the first objection wins; without one it may be served."""
    for gate in rules:
        objection = gate.rule(question, candidate, policy)
        if objection is not None:
            return Verdict(question, candidate, policy, objection)
    return Verdict(question, candidate, policy, None)


def explain(verdict: Verdict, rules: Sequence[Gate]) -> list[Finding]:
    """What every gate says of the verdict's candidate, in order, whether it objects or not."""
    question, candidate, policy, _ = verdict
    findings = []
    for name, rule, measures in rules:
        objection = rule(question, candidate, policy)
        measure, limit = measures(question, candidate, policy) if objection is None else objection[1:]
        findings.append(Finding(name, objection, measure, limit))
    return findings
