"""Promises of crowkis/wire/messages.py: what identifies a question, what is worth keeping, streams there and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crowkis.wire.messages import MESSAGES
from crowkis.wire.shape import Events


def body(**more):
    return {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "How?"}], **more}


def message(text="Like so.", **more):
    return {"id": "msg_1", "type": "message", "role": "assistant", "model": "m",
            "content": [{"type": "text", "text": text}], "stop_reason": "end_turn", "stop_sequence": None,
            "usage": {"input_tokens": 3, "output_tokens": 2}, **more}  # fmt: skip


def read(body):
    return MESSAGES.read(body, 1.5)


def put_together(*streams):
    assembler = MESSAGES.assembler()
    for _, data in Events().feed(b"".join(streams)):
        assembler.take(data)
    return assembler.answer()


@pytest.mark.parametrize("name", ["system", "temperature", "tools", "max_tokens", "stop_sequences", "thinking"])
def test_what_may_change_the_answer_is_part_of_the_question(name):
    assert read(body()).context != read(body(**{name: 1})).context


@pytest.mark.parametrize("name", ["metadata", "stream", "service_tier"])
def test_what_may_not_is_not(name):
    assert read(body()).context == read(body(**{name: True})).context


def test_what_the_upstream_keeps_of_a_prompt_does_not_count():
    def steered(**mark):
        return read(body(system=[{"type": "text", "text": "Be kind.", **mark}]))

    assert steered() == steered(cache_control={"type": "ephemeral"})


def test_text_and_images_of_the_last_message_are_the_question():
    def looking(data):
        blocks = [{"type": "text", "text": "What?"}, {"type": "image", "source": {"data": data}}]
        return read(body(messages=[{"role": "user", "content": blocks}]))

    assert "What?" == looking("a").text
    assert looking("a").image not in ("", looking("b").image)


@pytest.mark.parametrize(
    ("more", "why"),
    [({"messages": []}, "not a user's"), ({"messages": [{"role": "assistant", "content": "{"}]}, "not a user's"),
     ({"messages": 1}, "not a request"), ({"temperature": 1.6}, "temperature"),
     ({"messages": [{"role": "user", "content": [{"type": "tool_result"}]}]}, "other than"),
     ({"messages": [{"role": "user", "content": []}]}, "no text"),
     ({"thinking": {"type": "enabled", "budget_tokens": 1024}}, "thinking")],
)  # fmt: skip
def test_some_are_not_looked_up_and_it_is_said_why(more, why):
    assert why in read(body(**more)).bypass


def test_a_body_that_is_no_object_is_refused():
    with pytest.raises(ValueError, match="JSON object"):
        read([])


@pytest.mark.parametrize(
    "other",
    [message(stop_reason="max_tokens"), message(stop_reason="refusal"), message(stop_reason="tool_use"), message(" "),
     message(content=[]), message(content=[{"type": "tool_use"}]), message(type="error"), None,
     message(content=[{"type": "text", "text": "x", "citations": [{}]}])],
)  # fmt: skip
def test_anything_but_one_whole_answer_in_words_is_not_kept(other):
    assert MESSAGES.worth_keeping(message())
    assert not MESSAGES.worth_keeping(other)


def test_the_tokens_of_both_ways_count():
    assert 5 == MESSAGES.tokens_of(message()).total
    assert (0, 0) == MESSAGES.tokens_of({})


@given(st.lists(st.text(min_size=1), min_size=1, max_size=3))
def test_what_is_replayed_is_put_together_again(texts):
    whole = message(content=[{"type": "text", "text": text} for text in texts])

    assert whole == put_together(*MESSAGES.replayed(whole, True))


def test_a_stream_without_its_end_or_with_anything_else_is_no_answer():
    events = list(MESSAGES.replayed(message(), True))
    tool = b'data: {"type":"content_block_start","index":1,"content_block":{"type":"tool_use"}}\n\n'
    error = b'data: {"type":"error","error":{"type":"overloaded_error"}}\n\n'

    assert put_together(*events[:-1]) is None
    for strange in (tool, error, b"data: {\n\n", b"data: []\n\n"):
        assert put_together(*events[:-1], strange, events[-1]) is None
    assert message() == put_together(*events[:2], b'data: {"type":"ping"}\n\n', *events[2:])
