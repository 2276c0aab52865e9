"""Rule: where one text denies what the other says plainly, they are two questions.

A denial whose words the other text does not hold is no objection: "not connected" may well be "offline", and whether
it is the similarity tells. So it is with two denials in other words: only what one text denies more often is asked of
the other.
"""

from crowkis.match.lemma import lemma, stem
from crowkis.match.negators import TROUBLE
from crowkis.match.tokens import tokens
from crowkis.values.question import Candidate, Policy, Question
from crowkis.values.verdict import Reason


def agree(question: Question, candidate: Candidate, policy: Policy) -> Reason | None:
    """The answer to a question is not served to its denial."""
    asked, stored = question.features.denied, candidate.features.denied
    if asked == stored or candidate.exact:
        return None
    mine = [denial for denial in asked if denial not in stored]
    theirs = [denial for denial in stored if denial not in asked]
    if len(mine) == len(theirs):
        return None
    more, others, text = (mine, theirs, candidate.text) if len(mine) > len(theirs) else (theirs, mine, question.text)
    return Reason("negation.differs", list(stored), list(asked)) if _plainly(more, others, text) else None


def measures(question: Question, candidate: Candidate, policy: Policy) -> tuple[object, object]:
    """What the stored question denies, against what the one asked does."""
    return list(candidate.features.denied), list(question.features.denied)


def _plainly(denials: list[str], others: list[str], text: str) -> bool:
    """Does the other text, which denies `others`, say without denying it what one of these denials denies?"""
    said = {_root(token) for token in tokens(text)}.difference(*map(_roots, others))
    return any(said.issuperset(_roots(denial)) for denial in denials if denial != TROUBLE)


def _roots(denial: str) -> list[str]:
    return [_root(word) for word in denial.split()]


def _root(word: str) -> str:
    return stem(lemma(word))
