"""Rule: where each of two questions names somebody or something the other does not, they are two questions.

A name is looked for in the whole other text: in small letters, joined or apart, misspelled by a letter, as its
initials, or under another name of the same country, language or product. A
name that only one text has is no objection: it may only say more exactly what both mean.
"""

from crowkis.match.gazetteer import NAMES
from crowkis.match.tokens import tokens
from crowkis.match.vocabulary import listed
from crowkis.values.question import Candidate, Policy, Question
from crowkis.values.verdict import Reason

_SAY_LITTLE = listed("tv tvs atm atms pc id ids faq vs ai it ui url dj djs cv usb gps app apps internet web quora rs")
"""Capitalised, but kinds of things: paraphrases drop them."""
_NOT_IN_INITIALS = listed("of the and for")
PREFIX_MIN = 4
LETTERS_FOR_ONE_TYPO, LETTERS_FOR_TWO_TYPOS = 5, 8


def agree(question: Question, candidate: Candidate, policy: Policy) -> Reason | None:
    """An answer about Paris is not served to a question about Rome."""
    asked, stored = question.features.names, candidate.features.names
    if not asked or not stored or asked == stored or candidate.exact:
        return None
    mine = missing(asked, stored, candidate.text)
    theirs = missing(stored, asked, question.text) if mine else []
    return Reason("names.differ", theirs, mine) if theirs else None


def measures(question: Question, candidate: Candidate, policy: Policy) -> tuple[object, object]:
    """The names in the stored question that are not said in the one asked, against those the other way round."""
    asked, stored = question.features.names, candidate.features.names
    return missing(stored, asked, question.text), missing(asked, stored, candidate.text)


def missing(names: tuple[str, ...], others: tuple[str, ...], text: str) -> list[str]:
    """Those of the names that the other text, whose names are `others`, does not say in any way."""
    known = {NAMES.get(other, other) for other in others}
    left = [name for name in dict.fromkeys(names) if NAMES.get(name, name) not in known and name not in _SAY_LITTLE]
    if not left:
        return left
    words = [word for word in tokens(text) if word[0].isalnum()]
    squeezed = "".join(words)
    if len(left) > 1 and "".join(part[0] for name in left for part in name.split()) in words:
        return []
    initials = "".join(word[0] for word in words if word not in _NOT_IN_INITIALS)
    return [name for name in left if not _said(name, words, squeezed, initials)]


def _said(name: str, words: list[str], squeezed: str, initials: str) -> bool:
    """Does every word of the name occur, or the name as its initials?"""
    parts = name.split()
    if len(parts) > 1 and "".join(part[0] for part in parts) in words:
        return True
    if len(parts) == 1 and 2 < len(name) <= 6 and name in initials:
        return True
    return all(_word_said(part, words, squeezed) for part in parts)


def _word_said(part: str, words: list[str], squeezed: str) -> bool:
    if len(part) > 3:
        return part in squeezed or any(_close(part, word) for word in words)
    return part in words or (part + "s") in words or (part[-1] == "s" and part[:-1] in words)


def _close(one: str, other: str) -> bool:
    """The same word in another inflection, or with a typo?"""
    shorter, longer = (one, other) if len(one) <= len(other) else (other, one)
    size = len(shorter)
    if size < PREFIX_MIN or len(longer) - size > 3:
        return False
    if (
        one[:PREFIX_MIN] == other[:PREFIX_MIN]
        and shorter[: max(PREFIX_MIN, size - 2)] == longer[: max(PREFIX_MIN, size - 2)]
    ):
        return True
    allowed = 2 if size >= LETTERS_FOR_TWO_TYPOS else 1 if size >= LETTERS_FOR_ONE_TYPO else 0
    return len(longer) - size <= allowed and bool(allowed) and distance(one, other, allowed) <= allowed


def distance(one: str, other: str, most: int) -> int:
    """Letters to add, drop, change or swap with their neighbour to make one of the other; more than `most` is told
    as `most + 1`."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        after = [i]
        for j, against in enumerate(other, 1):
            cost = min(row[j] + 1, after[-1] + 1, row[j - 1] + (letter != against))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == against:
                cost = min(cost, before[j - 2] + 1)
            after.append(cost)
        if min(after) > most:
            return most + 1
        before, row = row, after
    return min(row[-1], most + 1)
