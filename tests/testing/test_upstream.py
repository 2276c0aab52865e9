"""Promises of crowkis/testing/upstream.py: it does what it is told, once, and says what it was asked."""

import json

import httpx
import pytest

from crowkis.testing.upstream import Behaviour, FakeUpstream

ASKED = {"model": "m", "messages": [{"role": "user", "content": "How?"}]}


@pytest.fixture
def upstream():
    made = FakeUpstream()
    yield made
    made.stop()


def post(upstream, **more):
    return httpx.post(f"{upstream.url}/v1/chat/completions", json={**ASKED, **more}, trust_env=False)


def test_answers_name_the_question_and_their_number(upstream):
    told = [post(upstream).json()["choices"][0]["message"]["content"] for _ in range(2)]

    assert ["answer 1 to: How?", "answer 2 to: How?"] == told
    assert [ASKED, ASKED] == upstream.asked


def test_the_script_is_for_one_request_each(upstream):
    upstream.script += [Behaviour(status=503, headers={"retry-after": "1"}), Behaviour(tool_call=True)]
    failed, calls, usual = (post(upstream) for _ in range(3))

    assert [503, "1"] == [failed.status_code, failed.headers["retry-after"]]
    assert "tool_calls" == calls.json()["choices"][0]["finish_reason"]
    assert 200 == usual.status_code


def test_streams_end_with_done_or_are_cut_off(upstream):
    sent = post(upstream, stream=True, stream_options={"include_usage": True}).text
    rows = [line.removeprefix("data: ") for line in sent.splitlines() if line]
    words = [row["choices"][0]["delta"].get("content", "") for row in map(json.loads, rows[:-1]) if row["choices"]]

    assert ["[DONE]", "answer 1 to: How?"] == [rows[-1], "".join(words)]
    upstream.script.append(Behaviour(cut_after=2))
    with pytest.raises(httpx.RemoteProtocolError):
        post(upstream, stream=True)
