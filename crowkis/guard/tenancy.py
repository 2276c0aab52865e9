"""Rule: an answer serves only the tenant, namespace and model it was stored for.

The index is cut the same way, so this never objects in a sound engine; it is the lock behind the lock.
"""

from crowkis.values.question import Candidate, Policy, Question
from crowkis.values.verdict import Reason


def same(question: Question, candidate: Candidate, policy: Policy) -> Reason | None:
    """An answer of another tenant, namespace, model or model version is not served."""
    asked, stored = question.scope, candidate.scope
    if asked == stored:
        return None
    if asked.tenant != stored.tenant:
        return Reason("tenancy.other-tenant", stored.tenant, asked.tenant)
    if asked.namespace != stored.namespace:
        return Reason("tenancy.other-namespace", stored.namespace, asked.namespace)
    return Reason("tenancy.other-model", _model(candidate), _model(question))


def measures(question: Question, candidate: Candidate, policy: Policy) -> tuple[object, object]:
    """The scope the answer was stored under, against the scope asked."""
    return "/".join(candidate.scope), "/".join(question.scope)


def _model(asked: Question | Candidate) -> str:
    return f"{asked.scope.model} {asked.scope.model_version}".strip()
