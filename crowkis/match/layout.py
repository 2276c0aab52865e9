"""In which form the answer is asked: bullets or a paragraph, JSON or prose, short or detailed. Reader and rule.

Each request becomes one word ("bullets", "json", "brief"); how many bullets or words is left to the numbers. Only what
is asked of the answer counts: a question about JSON asks for no JSON. One pass per pattern, and only where a word in
the text makes a request possible.
"""

import re
from typing import NamedTuple

from crowkis.match.vocabulary import listed
from crowkis.values.question import Candidate, Policy, Question
from crowkis.values.verdict import Reason

_NUMBER = r"(?:\d[\d,]*|a|one|two|three|four|five|six|seven|eight|nine|ten|fifteen|twenty|thirty|fifty|hundred)"
_ABOUT = r"(?:about |around |at most |exactly |only |just |under |less than |no more than |fewer than )?"
_COUNT = rf"{_ABOUT}{_NUMBER}(?: or two)?"
_END = r"(?= ?$| [.!?:;]| please| format| only| with| and )"
_GIVE = (
    r"(?:as|return|output|give me|respond (?:in|with|as)|reply (?:in|with|as)|answer (?:in|with|as)|format(?:ted)? as)"
)
_WRITE = r"\b(?:as|write|draft|compose) (?:me )?an? (?:\w+ )?"
_EXPLAINING = listed("explain describe define summarise summarize rewrite simplify answer")


class Form(NamedTuple):
    """A form an answer can be asked in, the words without which nobody asks for it, and how it is asked for."""

    name: str
    hints: str
    pattern: str
    explaining: bool = False
    """Only where the text asks to explain, describe or the like."""


def _format(name: str) -> Form:
    """A format of data: "as JSON", "return valid JSON", "in JSON format"."""
    asked = rf"\b{_GIVE} (?:an? )?(?:valid |raw |plain )?{name}\b|\bin (?:valid )?{name}{_END}|\b{name} output\b"
    return Form(name, name, asked)


FORMS: tuple[Form, ...] = (
    Form("bullets", "bullet bullets bulleted list", r"\bbullet points?\b|\bbullets\b|\bbulleted\b"
         rf"|\bas an? (?:\w+ )?list\b|\b(?:in|into) (?:a )?list(?: form|{_END})"),
    Form("numbered", "numbered", r"\bnumbered (?:list|steps|points)\b"),
    Form("table", "table tabular",
         rf"\b(?:as|in|into) an? (?:markdown |comparison |html |simple |two column )?table{_END}"
         rf"|\b(?:in|as) (?:a )?(?:table|tabular) form(?:at)?{_END}"
         r"|\b(?:make|draw|give|show) (?:me )?an? (?:\w+ )?table\b"),
    Form("paragraph", "paragraph paragraphs", rf"\b(?:in|as|into|using|write|give me) {_COUNT} (?:\w+ )?paragraphs?\b"),
    Form("sentences", "sentence sentences",
         rf"\b(?<!used )(?<!use )(?:in|into|using|write|give me) {_COUNT} (?:\w+ )?sentences?\b"),
    Form("words", "word words", rf"\b(?:in|using|under|within|than|most|of) (?:{_COUNT} )?{_NUMBER} words?\b"),
    Form("lines", "line lines", rf"\bin {_COUNT} (?:\w+ )?lines?\b(?! of code)"),
    *map(_format, ("json", "yaml", "xml", "csv", "html", "markdown", "latex")),
    Form("steps", "step", r"\bstep by step\b"),
    Form("simple", "eli5", r"\beli5\b"),
    Form("simple", "five 5 six child kid toddler year",
         r"\b(?:like|as if|as though) i (?:m|am|were|was) (?:an? )?(?:5|five|six|"
         r"\w+ year|child|kid|toddler)"),
    Form("simple", "child children kid kids old toddler toddlers beginner beginners dummies layman",
         r"\b(?:to|for) (?:an? )?(?:\w+ )?"
         r"(?:\w+ year old|child|children|kids?|toddlers?|beginners?|dummies|layman)\b", True),
    Form("simple", "simple plain layman layman's laymans",
         r"\bin (?:very )?(?:simple|plain|layman s?|laymans) (?:terms?|words?|language|english)\b"),
    Form("brief", "briefly concise concisely brief short tldr", r"\bbriefly\b|\bconcise(?:ly)?\b|^in (?:short|brief)\b"
         r"|\b(?:short|brief) (?:answer|summary|explanation|overview)\b|\btldr\b|\bkeep it (?:short|brief)\b"),
    Form("brief", "short brief nutshell", rf"\bin (?:short|brief|a nutshell){_END}", True),
    Form("detailed", "detail details detailed depth",
         r"\bin (?:more |great |full )?(?:detail|details|depth)\b|\bdetailed (?:answer|explanation|overview|guide)\b"),
    Form("formal", "formal formally professional", r"\bformal (?:tone|language|style|email|letter|way)\b|\bformally\b"
         r"|\bmore (?:formal|professional)\b|\b(?:a|sound) professional (?:tone|way|email|letter)\b"),
    Form("informal", "informal casual friendly",
         r"\b(?:informal|casual|friendly) (?:tone|language|style|email|letter|way)\b"
         r"|\bmore (?:casual|informal|friendly)\b"),
    Form("poem", "poem rhyme sonnet", rf"{_WRITE}(?:poem|rhyme|sonnet)\b"),
    Form("haiku", "haiku", r"\bhaiku\b"),
    Form("limerick", "limerick", r"\blimerick\b"),
    Form("essay", "essay", rf"{_WRITE}essay\b"),
    Form("tweet", "tweet", rf"{_WRITE}tweet\b"),
    Form("email", "email mail", rf"{_WRITE}e?mail\b"),
    Form("letter", "letter", rf"{_WRITE}letter\b"),
    Form("code", "code", r"\b(?:only|just) (?:the )?code\b|\bcode only\b"),
    Form("examples", "example examples", r"\bwith (?:an? |some |\w+ )?examples?\b", True),
)  # fmt: skip
_ASKED = [re.compile(form.pattern) for form in FORMS]
_HINTED: dict[str, list[int]] = {}
for _at, _form in enumerate(FORMS):
    for _hint in _form.hints.split():
        _HINTED.setdefault(_hint, []).append(_at)


def layout(tokens: list[str]) -> tuple[str, ...]:
    """The forms asked for, in alphabetical order; tokens are in lower case."""
    hints = _HINTED.keys() & tokens
    if not hints:
        return ()
    text = " ".join(tokens).replace("'", " ")
    explaining = not _EXPLAINING.isdisjoint(tokens)
    possible = {at for hint in hints for at in _HINTED[hint]}
    found = {FORMS[at].name for at in possible if (explaining or not FORMS[at].explaining) and _ASKED[at].search(text)}
    return tuple(sorted(found))


def agree(question: Question, candidate: Candidate, policy: Policy) -> Reason | None:
    """An answer in one form is not served to who asks for another: bullets are no paragraph, JSON is no prose."""
    asked, stored = question.features.layout, candidate.features.layout
    if asked == stored or candidate.exact:
        return None
    return Reason("layout.differs", list(stored), list(asked))


def measures(question: Question, candidate: Candidate, policy: Policy) -> tuple[object, object]:
    """The forms the stored question asks for, against those of the one asked."""
    return list(candidate.features.layout), list(question.features.layout)
