"""Promises of crowkis/match/languages.py."""

import pytest

from crowkis.match import languages
from crowkis.match.tokens import tokens


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("translate hello to French", (">fr",)),
        ("How do you say good morning in Spanish?", (">es",)),
        ("translate this from English into German", ("<en", ">de")),
        ("english to hindi translation of cat", ("<en", ">hi")),
        ("what is the German word for dog", (">de",)),
        ("what's the Swedish for dog", (">sv",)),
        ("write a poem in french", (">fr",)),
        ("explain gravity in Portuguese and Italian", (">pt", ">it")),
        ("how do I learn French", ()),
        ("what role does tea play in Chinese culture", ()),
        ("best German films", ()),
    ],
)
def test_a_language_is_read_with_its_role(text, found):
    assert found == languages.languages(tokens(text))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("translate hello to French", "translate hello into French"),
        ("explain gravity in English", "explain gravity"),
        ("translate cat from English to French", "translate cat to French"),
        ("translate cat to Mandarin", "translate cat to Chinese"),
    ],
)
def test_the_same_language_asked_for_in_other_words_passes(objection, one, other):
    assert objection(languages.agree, one, other) is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("translate hello to French", "translate hello to German"),
        ("explain gravity in Spanish", "explain gravity"),
        ("translate chat from French to English", "translate chat from English to French"),
        ("translate pan from Spanish to English", "translate pan from Polish to English"),
    ],
)
def test_another_language_is_another_question(objection, one, other):
    reason = objection(languages.agree, one, other)

    assert reason is not None
    assert "language.differs" == reason.id
