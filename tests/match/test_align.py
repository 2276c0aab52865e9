"""Promises of crowkis/match/align.py."""

import pytest

from crowkis.match.align import EDGE_CHARS, LEFT_OVER_MAX, SHORT_CHARS_MAX, align, led_by, nearly, parse, same_place


def words(one, other):
    """What pairs up and what is left over, as words."""
    a, b = parse(one), parse(other)
    found = align(a, b)
    pairs = [(a.words[pair.a], b.words[pair.b], pair.how) for pair in found.pairs]
    return pairs, [a.words[i] for i in found.unmatched_a], [b.words[i] for i in found.unmatched_b]


def test_only_content_words_are_aligned():
    assert ("cancel", "order") == parse("How can I please cancel my order?").words


def test_contractions_are_taken_apart_and_denials_remembered():
    parsed = parse("Why isn't the shop open?")

    assert ("why", "be", "not", "the", "shop", "open", "?") == parsed.tokens
    assert (True, True) == parsed.denied


def test_a_phrase_is_one_word_even_around_its_object():
    assert ("turn_off", "wifi") == parse("turn the wifi off").words
    assert ("get_rid_of", "ant") == parse("getting rid of ants").words


def test_a_phrase_does_not_reach_over_another_preposition():
    assert "turn_on" not in parse("turn to the left on Main Street").words


def test_a_word_knows_the_preposition_that_leads_it():
    assert ("", "from", "to") == parse("transfer from savings to checking").markers


def test_a_name_is_told_by_a_capital_that_no_sentence_start_explains():
    assert (False, True) == parse("Visit Paris?").names


@pytest.mark.parametrize(
    ("one", "other", "how"),
    [
        ("cancel", "cancelled", "exact"),
        ("payment", "pays", "stem"),
        ("subscription", "subscripton", "spelling"),
        ("car", "automobile", "synonym"),
        ("log in", "sign in", "synonym"),
    ],
)
def test_two_words_pair_by_the_plainest_likeness(one, other, how):
    pairs, left, right = words(one, other)

    assert ([how], [], []) == ([pair[2] for pair in pairs], left, right)


def test_opposites_never_pair_however_alike_they_look():
    assert ([], ["import"], ["export"]) == words("import", "export")
    assert ([], ["employer"], ["employee"]) == words("employer", "employee")


def test_a_word_pairs_once():
    assert ([("card", "card", "exact")], ["card"], []) == words("card card", "card")


def test_changed_order_is_reported_as_two_pairs():
    a, b = parse("cats chase mice"), parse("mice chase cats")

    assert [("cat", "chase"), ("cat", "mouse"), ("chase", "mouse")] == sorted(
        (a.words[x.a], a.words[y.a]) for x, y in align(a, b).inversions
    )


def test_the_same_order_has_no_inversions():
    assert () == align(parse("cats chase mice"), parse("the cat chased a mouse")).inversions


def test_texts_that_share_nothing_are_not_compared_word_by_word():
    many = " ".join(f"thing{chr(97 + i)}x" for i in range(LEFT_OVER_MAX + 1))

    assert [] == words(many + " car", "automobile " + many.replace("thing", "other"))[0]


def test_of_a_long_text_both_ends_are_read():
    text = "first " + "word " * EDGE_CHARS + "last"

    assert ("first", "last") == (parse(text).words[0], parse(text).words[-1])
    assert len(parse(text).words) < EDGE_CHARS


def test_a_text_is_read_once():
    assert parse("short text") is parse("short text")
    assert parse("word " * SHORT_CHARS_MAX) is parse("word " * SHORT_CHARS_MAX)


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("account", "acount", True),
        ("account", "accuont", True),
        ("account", "accounts", True),
        ("cat", "car", False),
        ("paris", "harris", False),
        ("slovakia", "slovenia", False),
        ("a52s", "a53s", False),
    ],
)
def test_one_slip_in_a_long_word_is_near(one, other, alike):
    assert alike == nearly(one, other)
    assert alike == nearly(other, one)


def test_two_words_share_a_place_beside_the_same_word_or_at_an_end():
    a, b = parse("prune roses"), parse("prune figs")
    c, d = parse("new card, how do I activate it"), parse("how do I use points of the card")

    assert same_place(a, b, align(a, b), 1, 1)
    assert not same_place(c, d, align(c, d), 2, 0)


def test_the_word_that_leads_another_is_found_behind_articles():
    parsed = parse("trains from the old harbour")

    assert "from" == led_by(parsed, parsed.words.index("old"))
    assert "" == led_by(parsed, 0)


def test_passives_and_gerunds_are_told_by_their_form():
    assert (False, True, False) == parse("the man was bitten by a dog").passive
    assert (True, False) == parse("watering roses").gerund
