"""Promises of crowkis/engine/denials.py: listed newest first, the same once, and only so much."""

from crowkis.engine.clients import Client
from crowkis.engine.denials import NAME_BYTES_MAX, SAME_WITHIN_MS, Denials
from crowkis.values.access import Denial
from crowkis.values.limits import DENIALS_MAX

CLIENT = Client(1, "127.0.0.1:5", True, None, 0)
GET, KEY = Denial("command", b"get"), Denial("key", b"k")


def test_the_newest_comes_first_and_the_same_is_counted():
    denials = Denials()
    for denial, user, now_ms in ((GET, "a", 1), (KEY, "a", 2), (GET, "b", 3), (GET, "a", 4)):
        denials.note(denial, user, CLIENT, now_ms)

    shown = [(row.denial, row.user, row.times, row.created_ms, row.updated_ms) for row in denials.rows]
    assert [(GET, "a", 2, 1, 4), (GET, "b", 1, 3, 3), (KEY, "a", 1, 2, 2)] == shown
    assert {"command": 3, "key": 1} == denials.counts
    assert 3 == len({row.number for row in denials.rows})


def test_the_same_after_a_while_is_a_line_of_its_own():
    denials = Denials()
    denials.note(GET, "a", CLIENT, 1)
    denials.note(GET, "a", CLIENT, 1 + SAME_WITHIN_MS)

    assert [1, 1] == [row.times for row in denials.rows]


def test_there_are_only_so_many_and_they_can_be_forgotten():
    denials = Denials()
    for number in range(DENIALS_MAX + 5):
        denials.note(Denial("key", b"%d" % number), "a", CLIENT, number)

    assert DENIALS_MAX == len(denials.rows)
    assert b"5" == denials.rows[-1].denial.what
    denials.forget()
    assert [] == denials.rows
    assert DENIALS_MAX + 5 == denials.counts["key"]


def test_what_was_sent_is_kept_only_in_part():
    denials = Denials()
    denials.note(Denial("key", b"k" * 1_000_000), "a" * 1_000_000, CLIENT, 1)

    assert (NAME_BYTES_MAX, NAME_BYTES_MAX) == (len(denials.rows[0].denial.what), len(denials.rows[0].user))
