"""Promises of crowkis/wire/completions.py: what identifies a prompt, what is worth keeping, streams there and back."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crowkis.wire.completions import COMPLETIONS
from crowkis.wire.shape import Events


def body(**more):
    return {"model": "m", "prompt": "Once upon", **more}


def completion(text="a time", **more):
    choice = {"index": 0, "text": text, "logprobs": None, "finish_reason": "stop", **more}
    return {"id": "cmpl-1", "object": "text_completion", "created": 5, "model": "m", "choices": [choice],
            "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}}  # fmt: skip


def read(body):
    return COMPLETIONS.read(body, 1.5)


def put_together(stream):
    assembler = COMPLETIONS.assembler()
    for _, data in Events().feed(stream):
        assembler.take(data)
    return assembler.answer()


@pytest.mark.parametrize("name", ["max_tokens", "temperature", "suffix", "stop", "logprobs", "seed", "unheard_of"])
def test_what_may_change_the_answer_is_part_of_the_question(name):
    assert read(body()).context != read(body(**{name: 1})).context


@pytest.mark.parametrize("name", ["user", "stream", "metadata"])
def test_what_may_not_is_not(name):
    assert read(body()).context == read(body(**{name: True})).context


def test_one_prompt_in_a_list_is_that_prompt():
    assert "Once upon" == read(body()).text == read(body(prompt=["Once upon"])).text


@pytest.mark.parametrize(
    ("more", "why"),
    [({"prompt": ["a", "b"]}, "one prompt"), ({"prompt": [1, 2]}, "one prompt"), ({"prompt": " "}, "one prompt"),
     ({"model": None}, "one prompt"), ({"n": 2}, "more than one"), ({"best_of": 3}, "more than one"),
     ({"echo": True}, "prompt itself"), ({"logprobs": 0}, "probabilities"), ({"temperature": 1.6}, "temperature")],
)  # fmt: skip
def test_some_are_not_looked_up_and_it_is_said_why(more, why):
    assert why in read(body(**more)).bypass


def test_a_body_that_is_no_object_is_refused():
    with pytest.raises(ValueError, match="JSON object"):
        read([])


@pytest.mark.parametrize("other", [completion(" "), completion(finish_reason="length"), completion(text=None),
                                   {"choices": []}, {"choices": [1]}, None, []])  # fmt: skip
def test_what_is_no_whole_answer_is_not_kept(other):
    assert COMPLETIONS.worth_keeping(completion())
    assert not COMPLETIONS.worth_keeping(other)


@given(st.text(min_size=1), st.booleans())
def test_a_stream_and_a_body_are_the_same_answer(text, wants_usage):
    told = put_together(b"".join(COMPLETIONS.replayed(completion(text), wants_usage)))

    assert completion(text)["choices"] == told["choices"]
    assert ("usage" in told) == wants_usage
    assert told["object"] == "text_completion"


def test_a_stream_without_its_end_or_with_something_strange_is_no_answer():
    events = list(COMPLETIONS.replayed(completion(), True))
    other = b"data: " + json.dumps({"choices": [{"index": 1, "text": "b"}]}).encode() + b"\n\n"

    assert put_together(b"".join(events[:-1])) is None
    for strange in (other, b"data: {\n\n", b'data: {"choices": 5}\n\n', b"data: []\n\n"):
        assert put_together(strange + b"".join(events)) is None


def test_the_event_with_the_usage_alone_is_known():
    assembler = COMPLETIONS.assembler()
    data = [data for _, data in Events().feed(b"".join(COMPLETIONS.replayed(completion(), True)))]

    assert [False] * (len(data) - 2) + [True, False] == [assembler.take(one) for one in data]
