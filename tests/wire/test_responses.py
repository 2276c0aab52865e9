"""Promises of crowkis/wire/responses.py: what identifies a question, what is worth keeping, streams there and back."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai.types.responses import ResponseStreamEvent
from pydantic import TypeAdapter

from crowkis.testing.upstream import Behaviour, response
from crowkis.wire.responses import RESPONSES
from crowkis.wire.shape import Events

EVENT = TypeAdapter(ResponseStreamEvent)
THOUGHT = {"id": "rs_1", "type": "reasoning", "summary": []}


def body(**more):
    return {"model": "m", "input": "How?", **more}


def answer(text="Like so.", **more):
    return {**response(body(), Behaviour(), text, 1), **more}


def said(*parts):
    return {"id": "msg_1", "type": "message", "role": "assistant", "status": "completed", "content": list(parts)}


def read(body):
    return RESPONSES.read(body, 1.5)


def put_together(stream):
    assembler = RESPONSES.assembler()
    for _, data in Events().feed(stream):
        assembler.take(data)
    return assembler.answer()


@pytest.mark.parametrize("name", ["instructions", "tools", "temperature", "text", "reasoning", "unheard_of"])
def test_what_may_change_the_answer_is_part_of_the_question(name):
    assert read(body()).context != read(body(**{name: 1})).context


@pytest.mark.parametrize("name", ["metadata", "stream", "user"])
def test_what_may_not_is_not(name):
    assert read(body()).context == read(body(**{name: True})).context


def test_an_answer_the_upstream_does_not_keep_is_not_one_it_keeps():
    assert read(body(store=False)).context != read(body()).context


def test_a_text_and_a_list_with_one_message_ask_the_same():
    listed = body(input=[{"role": "user", "content": [{"type": "input_text", "text": "How?"}]}])

    assert read(body()) == read(body(input=[{"role": "user", "content": "How?"}])) == read(listed)


def test_instructions_history_and_images_are_told_apart():
    last = {"role": "user", "content": "How?"}
    earlier = body(input=[{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Yes?"}, last])
    steered = body(input=[{"role": "developer", "content": "Be brief."}, last])
    picture = {"type": "input_image", "file_id": "a"}
    words = {"type": "input_text", "text": "How?"}
    looking = [body(input=[{"role": "user", "content": [words, {**picture, "file_id": name}]}]) for name in "ab"]

    assert 3 == len({read(one).context for one in (body(), earlier, steered)})
    assert 3 == len({read(one).image for one in (body(), *looking)})


@pytest.mark.parametrize(
    ("more", "why"),
    [({"input": []}, "not a request"), ({"input": 5}, "not a request"), ({"input": [1]}, "not a request"),
     ({"model": 7}, "not a request"), ({"previous_response_id": "resp_1"}, "belongs to the upstream"),
     ({"conversation": "conv_1"}, "belongs to the upstream"), ({"background": True}, "belongs to the upstream"),
     ({"prompt": {"id": "pmpt_1"}}, "belongs to the upstream"), ({"temperature": 1.6}, "temperature"),
     ({"store": True}, "belongs to the upstream"), ({"include": ["reasoning.encrypted_content"]}, "more than words"),
     ({"top_logprobs": 3}, "more than words"), ({"tools": [{"type": "web_search"}]}, "tools of the upstream"),
     ({"input": [{"type": "item_reference", "id": "x"}, {"role": "user", "content": "x"}]}, "belongs to the upstream"),
     ({"input": [{"type": "function_call_output", "call_id": "c", "output": "{}"}]}, "not a user's"),
     ({"input": [{"role": "assistant", "content": "x"}]}, "not a user's"), ({"input": " "}, "no text"),
     ({"input": [{"role": "user", "content": [{"type": "input_file"}]}]}, "other than")],
)  # fmt: skip
def test_some_are_not_looked_up_and_it_is_said_why(more, why):
    assert why in read(body(**more)).bypass


def test_a_body_that_is_no_object_is_refused():
    with pytest.raises(ValueError, match="JSON object"):
        read("x")


def test_thoughts_beside_the_words_are_kept():
    assert RESPONSES.worth_keeping(answer())
    assert RESPONSES.worth_keeping(answer(output=[THOUGHT, *answer()["output"]]))


@pytest.mark.parametrize(
    "other",
    [answer(" "), answer(status="incomplete"), answer(status="failed"), answer(error={"code": "x"}), answer(output=[]),
     answer(output=[{"type": "function_call"}]), answer(output=answer()["output"] * 2), answer(output=[THOUGHT]),
     answer(output=[said({"type": "refusal", "refusal": "No."})]), answer(output=[said()]), answer(object="x"),
     answer(output=[said({"type": "output_text", "text": "x", "annotations": [{"url": "u"}]})]), None, [], 1],
)  # fmt: skip
def test_what_is_no_whole_answer_in_words_is_not_kept(other):
    assert not RESPONSES.worth_keeping(other)


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), st.booleans())
def test_a_stream_and_a_body_are_the_same_answer_and_the_official_client_knows_every_event(text, thinks):
    whole = answer(text, output=[*([THOUGHT] if thinks else []), *answer(text)["output"]])
    events = [json.loads(data) for _, data in Events().feed(b"".join(RESPONSES.replayed(whole, True)))]

    assert whole == put_together(b"".join(RESPONSES.replayed(whole, False)))
    assert list(range(len(events))) == [event["sequence_number"] for event in events]
    assert text == "".join(event["delta"] for event in events if event["type"] == "response.output_text.delta")
    for event in events:
        assert event["type"] == EVENT.validate_python(event).type


def test_a_stream_without_its_end_or_with_a_failure_is_no_answer():
    events = list(RESPONSES.replayed(answer(), True))

    assert put_together(b"".join(events[:-1])) is None
    for strange in (
        b'data: {"type": "error"}\n\n',
        b'data: {"type": "response.failed"}\n\n',
        b"data: x\n\n",
        b"data: 1\n\n",
    ):
        assert put_together(strange + b"".join(events)) is None


def test_what_an_answer_took_is_told():
    assert (11, 2) == RESPONSES.tokens_of(answer())
    assert (0, 0) == RESPONSES.tokens_of({}) == RESPONSES.tokens_of({"usage": {"input_tokens": "many"}})
