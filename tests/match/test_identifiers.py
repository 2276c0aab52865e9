"""Promises of crowkis/match/identifiers.py."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crowkis.match import identifiers
from crowkis.match.identifiers import HOLE, lift


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("call +1 (415) 555-2671 now", "phone:14155552671"),
        ("mail Bob@Example.org please", "email:bob@example.org"),
        ("open https://www.Example.com/a/B?x=1.", "url:example.com/a/B?x=1"),
        ("what is 123E4567-e89b-12d3-a456-426614174000", "uuid:123e4567-e89b-12d3-a456-426614174000"),
        ("ping 10.0.0.1:80", "ip:10.0.0.1:80"),
        ("ping fe80::1ff:fe23:4567:890a", "ip:fe80::1ff:fe23:4567:890a"),
        ("commit 9f86d081884c7d659a2f", "hash:9f86d081884c7d659a2f"),
        ("pay DE89 3704 0044 0532 0130 00", "account:DE89370400440532013000"),
        ("edit /etc/hosts", "path:/etc/hosts"),
        ("edit C:\\temp\\a.txt", "path:C:\\temp\\a.txt"),
        ("who is @alice", "at:@alice"),
    ],
)
def test_what_is_named_by_writing_it_out_is_lifted_out(text, found):
    rest, forms = lift(text)

    assert (found,) == forms
    assert HOLE in rest


@pytest.mark.parametrize(
    "text",
    ["from 2019-2020", "1,000,000 or 2,000,000", "on 2024-03-12 10:30", "either/or at 90 km/h", "at 10:30:15",
     "python 3.11.2", "24/7", "8-10 12-14", "order 4412", "the AX-200", "is 10 20 30 a row?", "2 + 2 = 4"],
)  # fmt: skip
def test_numbers_dates_and_slashes_are_left_to_the_others(text):
    assert (text, ()) == lift(text)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("who calls from 415-555-2671", "who calls from +1 (415) 555 2671"),
        ("is https://example.com/ safe", "is example.com safe"),
        ("is example.com safe", "is Example safe"),
        ("status of 10.0.0.1", "10.0.0.1: what status?"),
        ("hello", "hi"),
    ],
)
def test_another_spelling_of_the_same_passes(objection, one, other):
    assert objection(identifiers.agree, one, other) is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("who calls from 415-555-2671", "who calls from 415-555-2672"),
        ("is example.com safe", "is example.org safe?"),
        ("who is bob@example.org", "who is rob@example.org"),
        ("what is in /etc/hosts", "what is in /etc/passwd"),
        ("status of 10.0.0.1", "status of the server"),
    ],
)
def test_another_address_is_another_question(objection, one, other):
    reason = objection(identifiers.agree, one, other)

    assert reason is not None
    assert "identifiers.differ" == reason.id


def test_an_explanation_shows_how_many_but_not_which(asked, stored):
    reason = identifiers.agree(asked("mail bob@example.org"), stored("mail amy@example.org"), None)

    assert "@" not in str(reason)


@given(st.text())
def test_any_text_can_be_lifted(text):
    rest, forms = lift(text)

    assert rest.count(HOLE) == len(forms) + text.count(HOLE)


@pytest.mark.parametrize(
    "part",
    ["a@", "a.", "a-", "http://", "/a", "/.", "./", "1.", "1 ", "1-", "(1) ", "f", "f1", "AB12 ", ":", "1:", "C:\\",
     "@", "a.com", "1.1.1.", "+1 ", "\\a\\", "www.", "~/"],
)  # fmt: skip
def test_hostile_texts_take_linear_time(part):
    text = part * (100_000 // len(part))
    start = time.perf_counter()
    lift(text)

    assert time.perf_counter() - start < 3
