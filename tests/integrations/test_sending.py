"""What of requests and responses is taken apart; the whole is tested through the clients (test_openai.py)."""

import json

import httpx
import pytest

from crowkis.integrations.chats import ChatCache
from crowkis.integrations.sending import Sending, library_of
from crowkis.wire.chat import CHAT

URL = "http://127.0.0.1:1/v1/chat/completions"
BODY = {"model": "m", "messages": [{"role": "user", "content": "how do i log in"}]}


class Default(httpx.Client):
    """Stands for the client an SDK makes."""


@pytest.fixture
def sending():
    return Sending(httpx, [CHAT], ChatCache(port=1), lambda answer, cached: answer.update(cached=cached))


def passed(sending, request, response):
    """What comes back, and what was sent."""
    sent = []
    return sending.send(request, lambda asking: sent.append(asking) or response), sent[0]


def test_the_library_is_that_of_the_sdk_s_own_client():
    assert httpx is library_of(Default, None)
    assert httpx is library_of(Default, httpx.Client())
    with pytest.raises(TypeError, match=r"must be a httpx\.Client, not a str"):
        library_of(Default, "http")


@pytest.mark.parametrize(
    "request_",
    [httpx.Request("GET", URL), httpx.Request("POST", URL + "/x", json=BODY), httpx.Request("POST", URL, content=b"{"),
     httpx.Request("POST", URL, json=BODY, headers={"x-crowkis-cache-control": "off"}),
     httpx.Request("POST", URL, content=iter([b"never read"]))],
)  # fmt: skip
def test_what_is_no_chat_comes_through_as_it_is(sending, request_):
    response = httpx.Response(200, json={})

    assert (response, request_) == passed(sending, request_, response)


@pytest.mark.parametrize("response", [httpx.Response(503, json={}), httpx.Response(200, content=b"no JSON"),
                                      httpx.Response(200, json=[])])  # fmt: skip
def test_what_is_no_answer_comes_through_as_it_is(sending, response):
    assert response is passed(sending, httpx.Request("POST", URL, json=BODY), response)[0]


def test_a_stream_is_asked_for_its_usage_and_loses_it_again(sending):
    request = httpx.Request("POST", URL, json=BODY | {"stream": True}, headers={"authorization": "Bearer sk-me"})
    chunks = [
        b'data: {"choices":[],"usage":{"total_tokens":3}}\n\n',
        b"data: strange\n\n",
        b"data: [1]\n\n",
        b"data: [DO",
    ]
    told, sent = passed(sending, request, httpx.Response(200, content=iter(chunks)))

    assert {"include_usage": True} == json.loads(sent.content)["stream_options"]
    assert ("Bearer sk-me", str(len(sent.content))) == (sent.headers["authorization"], sent.headers["content-length"])
    assert b"data: strange\n\ndata: [1]\n\ndata: [DO" == told.read()


@pytest.mark.parametrize("headers", [{"x-crowkis-cache-control": "sometimes"}, {"x-crowkis-ttl": "soon"}])
def test_a_header_nobody_understands_is_an_error(sending, headers):
    with pytest.raises(ValueError, match="whole seconds"):
        passed(sending, httpx.Request("POST", URL, json=BODY, headers=headers), httpx.Response(200, json={}))
