"""Promises of crowkis/wire/chat.py: what identifies a question, what is worth keeping, streams there and back."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crowkis.wire.chat import CHAT, read_chat, replayed, tokens_of, worth_keeping
from crowkis.wire.shape import Events


def body(**more):
    return {"model": "m", "messages": [{"role": "user", "content": "How?"}], **more}


def completion(text="Like so.", finish="stop", **message):
    choice = {"index": 0, "message": {"role": "assistant", "content": text, **message}, "finish_reason": finish}
    return {"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice],
            "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}}  # fmt: skip


class TestAsked:
    def test_the_last_user_message_is_the_question(self):
        earlier = [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "Hi"},
                   {"role": "assistant", "content": "Hello"}]  # fmt: skip
        asked = read_chat(body(messages=[*earlier, {"role": "user", "content": "How?"}], stream=True), 2.0)

        assert ("How?", "m", True, "") == (asked.text, asked.model, asked.stream, asked.bypass)
        assert ["system", "user"] == [message["role"] for message in json.loads(asked.context)]
        assert b"kind" not in asked.context

    @pytest.mark.parametrize("name", ["temperature", "top_p", "seed", "tools", "response_format", "stop", "unheard_of"])
    def test_what_may_change_the_answer_is_part_of_the_question(self, name):
        assert read_chat(body(), 2.0).context != read_chat(body(**{name: 1}), 2.0).context

    @pytest.mark.parametrize("name", ["user", "metadata", "store", "stream", "stream_options", "service_tier"])
    def test_what_may_not_is_not(self, name):
        assert read_chat(body(), 2.0).context == read_chat(body(**{name: {"a": 1}}), 2.0).context

    def test_the_order_of_names_does_not_count(self):
        one, other = body(seed=1, stop="x"), dict(reversed(body(seed=1, stop="x").items()))

        assert read_chat(one, 2.0) == read_chat(other, 2.0)

    @pytest.mark.parametrize(
        ("more", "why"),
        [({"n": 2}, "more than one"), ({"temperature": 1.9}, "temperature"), ({"messages": []}, "not a user's"),
         ({"messages": [{"role": "tool", "content": "x"}]}, "not a user's"), ({"messages": "x"}, "not a chat"),
         ({"messages": [{"role": "user", "content": " "}]}, "no text"), ({"model": 7}, "not a chat"),
         ({"messages": [{"role": "user", "content": [{"type": "input_audio"}]}]}, "other than"),
         ({"logprobs": True}, "probabilities"),
         ({"web_search_options": {"a": 1}}, "web"), ({"audio": {"a": 1}}, "sound")],
    )  # fmt: skip
    def test_some_are_not_looked_up_and_it_is_said_why(self, more, why):
        assert why in read_chat(body(**more), 1.5).bypass

    def test_a_body_that_is_no_object_is_refused(self):
        with pytest.raises(ValueError, match="JSON object"):
            read_chat([], 2.0)

    def test_images_are_told_apart(self):
        def looking(url):
            parts = [{"type": "text", "text": "What?"}, {"type": "image_url", "image_url": {"url": url}}]
            return read_chat(body(messages=[{"role": "user", "content": parts}]), 2.0)

        assert "What?" == looking("a").text
        assert looking("a").image not in ("", looking("b").image)


class TestWorthKeeping:
    def test_one_whole_answer_in_words_is(self):
        assert worth_keeping(completion())
        assert 5 == tokens_of(completion()).total

    @pytest.mark.parametrize(
        "other",
        [completion(finish="length"), completion(finish=None), completion(text=" "), completion(text=None), None, [],
         {"choices": []}, completion(tool_calls=[{"id": "1"}]), {"error": {}},
         completion() | {"choices": completion()["choices"] * 2}],
    )  # fmt: skip
    def test_anything_else_is_not(self, other):
        assert not worth_keeping(other)


class TestStreams:
    @given(st.text(min_size=1), st.booleans(), st.integers(1, 50))
    def test_what_is_replayed_is_put_together_again_however_it_is_cut(self, text, wants_usage, size):
        whole = completion(text)
        sent = b"".join(replayed(whole, wants_usage))
        events, answer = Events(), CHAT.assembler()
        for place in range(0, len(sent), size):
            for _, data in events.feed(sent[place : place + size]):
                answer.take(data)

        assert b"" == events.rest
        expected = whole if wants_usage else {name: value for name, value in whole.items() if name != "usage"}
        assert expected == answer.answer()

    def test_a_stream_without_its_end_is_no_answer(self):
        answer = CHAT.assembler()
        for _, data in Events().feed(b"".join(list(replayed(completion(), False))[:-1])):
            answer.take(data)

        assert answer.answer() is None

    @pytest.mark.parametrize(
        "strange",
        [b"{", b"[]", b'{"choices":[{"index":1,"delta":{"content":"x"}}]}',
         b'{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0}]}}]}', b'{"error":{"message":"no"}}'],
    )  # fmt: skip
    def test_a_stream_with_anything_else_in_it_is_no_answer(self, strange):
        answer = CHAT.assembler()
        answer.take(strange)
        for _, data in Events().feed(b"".join(replayed(completion(), False))):
            answer.take(data)

        assert answer.answer() is None
