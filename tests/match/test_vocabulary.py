"""Promises of crowkis/match/vocabulary.py."""

from crowkis.match import vocabulary as words


def test_every_sign_a_denial_can_meet_has_an_opposite():
    signs = set(words.BEFORE_NUMBER.values()) | set(words.COMPARATIVES.values())

    assert signs == words.NOT_THAT.keys()


def test_words_of_one_unit_share_its_form():
    assert {"cm"} == {words.UNITS[word] for word in ("cm", "centimetre", "centimeters")}


def test_no_word_is_a_number_and_a_date_at_once():
    assert not words.ONES.keys() & words.MONTHS.keys()
    assert not words.WEEKDAYS.keys() & words.MONTHS.keys()
