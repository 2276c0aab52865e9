"""Promises of crowkis/wire/shape.py: digests of values, parts of texts, events out of bytes."""

import json

from hypothesis import given
from hypothesis import strategies as st

from crowkis.wire.shape import Events, compact, context_of, digest, is_unicode, parts_of


@given(st.text())
def test_parts_together_are_the_text(text):
    assert text == "".join(parts_of(text))


def test_the_order_of_names_does_not_count_that_of_a_list_does():
    assert digest({"a": 1, "b": [1, 2]}) == digest({"b": [1, 2], "a": 1})
    assert digest([1, 2]) != digest([2, 1])


def test_what_steers_and_what_came_before_are_told_apart():
    assert context_of("a", []) != context_of("b", [])
    assert context_of("a", []) != context_of("a", ["b"])


def test_events_end_with_either_line_end_and_comments_have_no_data():
    assert [(b"data: 1\n\n", b"1"), (b"data: 2\r\n\r\n", b"2"), (b": hello\n\n", b"")] == Events().feed(
        b"data: 1\n\ndata: 2\r\n\r\n: hello\n\n"
    )


@given(st.integers(1, 20))
def test_events_are_the_same_however_the_bytes_are_cut(size):
    sent, events = b"event: a\ndata: 1\ndata: 2\n\ndata: 3\n\nrest", Events()
    found = [one for place in range(0, len(sent), size) for one in events.feed(sent[place : place + size])]

    assert [b"1\n2", b"3"] == [data for _, data in found]
    assert b"rest" == events.rest


def test_halves_of_characters_stay_valid_json_and_utf8():
    value = {"text": "a\ud83d", "other": "é✓"}

    assert value == json.loads(compact(value).decode())
    assert "é✓".encode() in compact({"other": "é✓"})
    assert [True, False] == [is_unicode(text) for text in ("é✓", "\udc00")]
