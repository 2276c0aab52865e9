"""Promises of crowkis/match/numbers.py."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crowkis.match import numbers
from crowkis.match.features import features
from crowkis.values.question import Policy
from crowkis.values.verdict import Reason

SAME = [
    ("name two rivers", "name 2 rivers"),
    ("rooms with at least 2 beds", "rooms with no fewer than two beds"),
    ("at most 3 guests", "up to three guests"),
    ("what is 50% of 1,000", "what is 50 percent of 1k"),
    ("flights on Jan 2nd", "flights on the 2nd of January"),
    ("open at 3pm?", "open at 15:00?"),
    ("costs 5 dollars", "costs $5"),
    ("people 180 cm tall born in 2004", "people born in 2004 who are 180cm tall"),
    ("meet at 10am on January 2", "on January 2, meet at 10 am"),
    ("rooms for 2 or 3", "rooms for 3 or 2"),
    ("is 180 tall", "is 180 cm tall"),
    ("what can I do in one week", "what can I do in a week"),
    ("weather today", "weather"),
    ("what do I owe this month", "what do I owe"),
    ("World War II films", "World War 2 films"),
    ("which one is cheaper", "which is cheaper"),
    ("best iPhone 6 case", "best iphone6 case"),
    ("the tallest tower", "the highest tower"),
    ("who joined before Ann", "who joined prior to Ann"),
    ("nine or more seats", "more than 8 seats"),
    ("posted in 2004 at the latest", "posted in 2004 or before"),
    ("posted before or in 2004", "posted no later than 2004"),
    ("joined after 2003", "joined in 2004 or later"),
    ("who left the same day or later than Ann", "who left no earlier than Ann"),
    ("open twice a week", "open two times a week"),
    ("two coats", "paint it twice"),
    ("insurance for a second car", "insurance for the 2nd car"),
    ("a second-hand car", "a used car"),
    ("show blue first and then green", "show blue, then green"),
    ("which language should I learn first?", "which language should I learn"),
    ("after five years", "once it is 5 years"),
    ("posted before 2004 or 2010", "posted before 2004 or before 2010"),
    ("24 singers and at least 150 people", "at least 150 seats for 24 singers"),
    ("last month's report", "the report of last month"),
    ("closed on Sunday", "closed this Sunday"),
    ("iPhone 7 plus case", "iPhone 7 case"),
    ("2 hectares of land", "20000 sqm of land"),
    ("notes of Rs 500 and Rs 1000", "500 and 1000 rupee notes"),
]
OTHER = [
    ("name two rivers", "name three rivers"),
    ("rooms with at least 2 beds", "rooms with at most 2 beds"),
    ("rooms with 2 beds", "rooms with more than 2 beds"),
    ("rooms with 2 or more beds", "rooms with more than 2 beds"),
    ("what is 50% of 1000", "what is 50% of 100"),
    ("flights on January 2", "flights on January 3"),
    ("flights before May 2", "flights after May 2"),
    ("open at 3pm?", "open at 3am?"),
    ("costs 5 dollars", "costs 5 euros"),
    ("walk 5 km", "walk 5 miles"),
    ("error 4412", "error 4421"),
    ("manual for the AX-200", "manual for the BX-200"),
    ("from 5 to 10", "from 10 to 5"),
    ("Ann has 5 cups and Bob drinks 3", "Ann has 3 cups and Bob drinks 5"),
    ("3 plus 5", "3 times 5"),
    ("2 to the 3", "3 to the 2"),
    ("budget of 2023", "budget"),
    ("weather today", "weather tomorrow"),
    ("sales last year", "sales this year"),
    ("World War II films", "World War I films"),
    ("the first president", "the second president"),
    ("once I paid $5", "once I paid $50"),
    ("version 2.1 changes", "version 2.10 changes"),
    ("python 3.5", "python 35"),
    ("who scored more goals than Ann", "who scored fewer goals than Ann"),
    ("who joined before Ann", "who joined after Ann"),
    ("the player with the most goals", "the player with the fewest goals"),
    ("10\u00b2", "102"),
    ("within one week", "within two weeks"),
    ("nine or more seats", "more than 9 seats"),
    ("hits of the nineties", "hits of the eighties"),
    ("before 5 years", "after 5 years"),
    ("posted before 2004 or 2010", "posted in 2004 or 2010"),
    ("250 square metres", "250 square feet"),
    ("six in the morning", "six in the evening"),
    ("minus 5 degrees: -5", "minus 5 degrees: 5"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_the_same_numbers_in_other_words_pass(objection, one, other):
    assert objection(numbers.agree, one, other) is None


@pytest.mark.parametrize(("one", "other"), OTHER)
def test_other_numbers_are_refused(objection, one, other):
    assert "numbers.differ" == objection(numbers.agree, one, other).id


def test_the_objection_names_both_sides(asked, stored):
    reason = numbers.agree(asked("two rivers"), stored("at most 3 rivers"), Policy(0.9))

    assert Reason("numbers.differ", ["<=3"], ["2"]) == reason
    assert (["<=3"], ["2"]) == numbers.measures(asked("two rivers"), stored("at most 3 rivers"), Policy(0.9))


def test_an_exact_match_passes(asked, stored):
    assert numbers.agree(asked("2"), stored("3", exact=True), Policy(0.9)) is None


DAY_MS = 86_400_000
SEEN = sorted({form for pair in SAME + OTHER for text in pair for form in features(text).numbers})
MADE = (
    "1 week", "x1", "1", "x2", "2", "2 time", "1 time", "d+0", "d+1", "tonight", "this month", "this year", "this",
    "next week", "--01-02", "90 min", "1.5 h", "2 km", "2000 m", "<3", "<=2", ">2", "-5", "5", "monday",
)  # fmt: skip
FORMS = st.lists(st.sampled_from([*SEEN, *MADE]), max_size=5)
TIMES = st.integers(0, 4_000 * DAY_MS)


@given(FORMS, FORMS, st.permutations(range(5)), TIMES, TIMES)
def test_the_quick_way_decides_as_the_whole_way(asked_forms, more, order, now_ms, created_ms):
    stored_forms = tuple((asked_forms[place : place + 1] or more[place : place + 1] or [""])[0] for place in order)
    for mine, theirs in ((tuple(asked_forms), tuple(filter(None, stored_forms))), (tuple(asked_forms), tuple(more))):
        whole = numbers._same(mine, theirs) or numbers._same(
            numbers._resolved(mine, now_ms), numbers._resolved(theirs, created_ms)
        )

        assert whole == numbers._agree(mine, now_ms, theirs, created_ms)


@pytest.mark.parametrize("one", SEEN + list(MADE))
def test_what_may_go_without_saying_is_left_out_of_the_quick_look(one):
    for forms in ((one,), numbers._resolved((one,), DAY_MS)):
        assert not numbers._goes_without_saying(forms[0]) or not numbers._values(forms)


def test_numbers_too_long_to_be_remembered_are_compared_all_the_same():
    long = ("1" * 300,)

    assert numbers._agree(long, 0, long, 0)
    assert not numbers._agree(long, 0, ("2" * 300,), 0)
