"""Which language the answer is asked in: "translate to French", "in Spanish", "the German word for". Reader and rule.

">fr" is a language to write in or translate into, "<en" one to translate from. A language that is only spoken of
(learning French, French food) is left to the names. Looks only a few tokens around a language's name.
"""

from crowkis.match.gazetteer import LANGUAGES
from crowkis.match.vocabulary import listed
from crowkis.values.question import Candidate, Policy, Question
from crowkis.values.verdict import Reason

_VERBS = listed("translate translated translating translation translations say said write written answer reply respond "
                "speak spell pronounce convert called explain summarise summarize describe rewrite repeat")  # fmt: skip
_INTO = frozenset({"in", "into", "to"})
_WORDS = listed("word translation equivalent term phrase name")
_ENDS = listed(". ? ! , : ; please and or instead language too with using for from not as because")
VERB_TOKENS_BEFORE_MAX = 24
OWN = ">en"
"""The language the questions are in: asking for it changes nothing."""


def languages(tokens: list[str]) -> tuple[str, ...]:
    """The languages asked for, in order; tokens are in lower case."""
    if LANGUAGES.keys().isdisjoint(tokens):
        return ()
    found = []
    for i, token in enumerate(tokens):
        if token in LANGUAGES:
            role = _role(tokens, i)
            if role:
                found.append(role + LANGUAGES[token].removeprefix("lang-"))
    return tuple(dict.fromkeys(found))


def _role(tokens: list[str], i: int) -> str:
    before = tokens[i - 1] if i else ""
    after = tokens[i + 1] if i + 1 < len(tokens) else "."
    verb = not _VERBS.isdisjoint(tokens[max(0, i - VERB_TOKENS_BEFORE_MAX) : i])
    if after in _WORDS and tokens[i + 2 : i + 3] in (["for"], ["of"]):
        return ">"
    if before == "the" and after == "for":
        return ">"
    if before == "from":
        return "<" if verb or (after in _INTO and tokens[i + 2 : i + 3] and tokens[i + 2] in LANGUAGES) else ""
    if before in ("and", "or", ",") and i > 1 and tokens[i - 2] in LANGUAGES:
        return _role(tokens, i - 2)
    if before == "to" and i > 1 and tokens[i - 2] in LANGUAGES:
        return ">" if verb or i == 2 else ""
    if after == "to" and i + 2 < len(tokens) and tokens[i + 2] in LANGUAGES:
        return "<" if verb or not i else ""
    if before == "to":
        return ">" if verb else ""
    return ">" if before in _INTO and (before == "into" or after in _ENDS or (verb and after not in _LANDS)) else ""


_LANDS = listed("culture cuisine food history literature grammar law society politics class school cinema films movies")


def agree(question: Question, candidate: Candidate, policy: Policy) -> Reason | None:
    """An answer in one language is not served to who asks for another."""
    asked, stored = question.features.languages, candidate.features.languages
    if asked == stored or candidate.exact or _same(asked, stored):
        return None
    return Reason("language.differs", list(stored), list(asked))


def measures(question: Question, candidate: Candidate, policy: Policy) -> tuple[object, object]:
    """The languages the stored question asks for, against those of the one asked."""
    return list(candidate.features.languages), list(question.features.languages)


def _same(asked: tuple[str, ...], stored: tuple[str, ...]) -> bool:
    """The same languages to write in, apart from English; and the same to read, where both name any."""
    mine, theirs = ({form for form in forms if form[0] == ">"} - {OWN} for forms in (asked, stored))
    if mine != theirs:
        return False
    read, other_read = ({form for form in forms if form[0] == "<"} for forms in (asked, stored))
    return read == other_read or not read or not other_read
