"""Works out what the rules need to know of a text. Once for a question asked, once when an answer is stored."""

from crowkis.match.amounts import amounts
from crowkis.match.intent import intent_of
from crowkis.match.leaning import leaning
from crowkis.match.negators import negations
from crowkis.match.quotes import quoted
from crowkis.match.tokens import tokens
from crowkis.values.question import Features


def features(text: str) -> Features:
    """The numbers, quoted spans, negations, leaning and intent of a text. Pure, and linear in its length."""
    words = tokens(text)
    return Features(amounts(words), quoted(text), negations(words), leaning(text), intent_of(text, words))
