"""A model's server that is none: OpenAI's and Anthropic's paths on a free port here, as good or bad as it is told.

Each request takes the next Behaviour of `script`, or the default one when there is none left. What it was asked is in
`asked`. Answers name the question and their own number, so that a stored answer can be told from a new one.

`python -m crowkis.testing.upstream 6390` runs one at that port until interrupted, to try the gateway without a model; a
second number is the pause between the words of its streams in milliseconds.
"""

import asyncio
import base64
import contextlib
import json
import socket
import sys
import threading
import time
from array import array
from collections import deque
from collections.abc import AsyncIterator, Generator, Mapping
from typing import Any, NamedTuple

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

PROMPT_TOKENS = 11


class Behaviour(NamedTuple):
    """How one request is answered."""

    status: int = 200
    text: str = ""
    """Of the answer; empty: one that names the question."""
    finish: str = "stop"
    headers: Mapping[str, str] = {}
    before_s: float = 0.0
    """Waits so long before anything is sent."""
    between_s: float = 0.0
    """And so long before each further part of a stream."""
    cut_after: int = -1
    """Breaks the connection off after so many parts of a stream; -1: does not."""
    tool_call: bool = False
    """Calls a tool in place of an answer."""


class FakeUpstream:
    """Started and stopped by a test; runs in a thread of its own."""

    def __init__(self, port: int = 0) -> None:
        self.script: deque[Behaviour] = deque()
        self.usual = Behaviour()
        self.asked: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.cancelled = 0
        """Streams whose reader went away."""
        self._listener = socket.create_server(("127.0.0.1", port))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        routes = [
            Route("/v1/chat/completions", self._chat, methods=["POST"]),
            Route("/v1/completions", self._completion, methods=["POST"]),
            Route("/v1/responses", self._response, methods=["POST"]),
            Route("/v1/messages", self._message, methods=["POST"]),
            Route("/v1/models", self._models),
            Route("/v1/embeddings", self._embeddings, methods=["POST"]),
        ]
        config = uvicorn.Config(Starlette(routes=routes), log_config=None, access_log=False, lifespan="off")
        self._server = _Server(config)
        self._thread = threading.Thread(target=lambda: self._server.run(sockets=[self._listener]), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Close the port; nobody is answered any more."""
        self._server.should_exit = True
        self._server.force_exit = True
        self._thread.join(10.0)
        self._listener.close()

    async def _chat(self, request: Request) -> Response:
        body, how, number = await self._next(request)
        if how.status != 200:
            return _failed(how)
        text = how.text or f"answer {number} to: {_question(body)}"
        if body.get("stream"):
            parts = self._parts(body, how, text, number)
            return StreamingResponse(parts, 200, dict(how.headers), "text/event-stream")
        return JSONResponse(completion(body, how, text, number), 200, dict(how.headers))

    async def _parts(self, body: dict[str, Any], how: Behaviour, text: str, number: int) -> AsyncIterator[bytes]:
        head = {"id": f"chatcmpl-{number}", "object": "chat.completion.chunk", "created": _now_s(),
                "model": body["model"]}  # fmt: skip
        deltas: list[tuple[dict[str, Any], str | None]] = [({"role": "assistant", "content": ""}, None)]
        deltas += [({"content": word}, None) for word in text.split(" ")[:1]]
        deltas += [({"content": f" {word}"}, None) for word in text.split(" ")[1:]]
        deltas.append(({}, how.finish))
        if how.tool_call:
            deltas = [deltas[0], *[({"tool_calls": [part]}, None) for part in _CALL_PARTS], ({}, "tool_calls")]
        whole = False
        try:
            for place, (delta, finish) in enumerate(deltas):
                if place == how.cut_after:
                    raise ConnectionAbortedError("as told")
                if place:
                    await asyncio.sleep(how.between_s)
                yield _event({**head, "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})
            if (body.get("stream_options") or {}).get("include_usage"):
                yield _event({**head, "choices": [], "usage": usage(text)})
            yield b"data: [DONE]\n\n"
            whole = True
        finally:
            self.cancelled += not whole

    async def _next(self, request: Request) -> tuple[dict[str, Any], Behaviour, int]:
        """Note what is asked; how to answer it, and its number."""
        body = json.loads(await request.body())
        self.asked.append(body)
        self.headers.append(dict(request.headers))
        number = len(self.asked)
        how = self.script.popleft() if self.script else self.usual
        await asyncio.sleep(how.before_s)
        return body, how, number

    async def _completion(self, request: Request) -> Response:
        body, how, number = await self._next(request)
        if how.status != 200:
            return _failed(how)
        text = how.text or f"answer {number} to: {body['prompt']}"
        whole = {"id": f"cmpl-{number}", "object": "text_completion", "created": _now_s(), "model": body["model"],
                 "choices": [{"index": 0, "text": text, "logprobs": None, "finish_reason": how.finish}],
                 "usage": usage(text)}  # fmt: skip
        if not body.get("stream"):
            return JSONResponse(whole, 200, dict(how.headers))
        return StreamingResponse(_completion_parts(whole, body, how), 200, dict(how.headers), "text/event-stream")

    async def _response(self, request: Request) -> Response:
        body, how, number = await self._next(request)
        if how.status != 200:
            return _failed(how)
        whole = response(body, how, how.text or f"answer {number} to: {_input(body)}", number)
        if not body.get("stream"):
            return JSONResponse(whole, 200, dict(how.headers))
        return StreamingResponse(_response_parts(whole, how), 200, dict(how.headers), "text/event-stream")

    async def _message(self, request: Request) -> Response:
        body, how, number = await self._next(request)
        if how.status != 200:
            error = {"type": "error", "error": {"type": "fake_error", "message": f"fake failure {how.status}"}}
            return JSONResponse(error, how.status, dict(how.headers))
        whole = message(body, how, how.text or f"answer {number} to: {_question(body)}", number)
        if not body.get("stream"):
            return JSONResponse(whole, 200, dict(how.headers))
        return StreamingResponse(_message_parts(whole, how), 200, dict(how.headers), "text/event-stream")

    async def _models(self, request: Request) -> Response:
        return JSONResponse({"object": "list", "data": [{"id": "fake", "object": "model", "created": _now_s(),
                                                         "owned_by": "nobody"}]})  # fmt: skip

    async def _embeddings(self, request: Request) -> Response:
        body, how, number = await self._next(request)
        if how.status != 200:
            return _failed(how)
        texts = body["input"] if isinstance(body["input"], list) else [body["input"]]
        rows = [
            {"object": "embedding", "index": place, "embedding": _vector(body, number)} for place in range(len(texts))
        ]
        words = sum(len(str(text).split()) for text in texts)
        told = {"prompt_tokens": words, "total_tokens": words}
        whole = {"object": "list", "model": body["model"], "data": rows, "usage": told}
        return JSONResponse(whole, 200, dict(how.headers))


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


def completion(body: Mapping[str, Any], how: Behaviour, text: str, number: int) -> dict[str, Any]:
    """A whole answer in OpenAI's shape."""
    message: dict[str, Any] = {"role": "assistant", "content": text, "refusal": None}
    finish = how.finish
    if how.tool_call:
        call = {"id": "call_1", "type": "function", "function": {"name": "look_up", "arguments": "{}"}}
        message, finish = {"role": "assistant", "content": None, "tool_calls": [call]}, "tool_calls"
    choices = [{"index": index, "message": message, "finish_reason": finish} for index in range(body.get("n") or 1)]
    return {"id": f"chatcmpl-{number}", "object": "chat.completion", "created": _now_s(), "model": body["model"],
            "choices": choices, "usage": usage(text)}  # fmt: skip


def message(body: Mapping[str, Any], how: Behaviour, text: str, number: int) -> dict[str, Any]:
    """A whole answer in Anthropic's shape."""
    told = usage(text)
    ends = {"stop": "end_turn", "length": "max_tokens"}
    block: dict[str, Any] = {"type": "text", "text": text}
    if how.tool_call:
        block = {"type": "tool_use", "id": "toolu_1", "name": "look_up", "input": {}}
    return {"id": f"msg_{number}", "type": "message", "role": "assistant", "model": body["model"], "content": [block],
            "stop_reason": "tool_use" if how.tool_call else ends.get(how.finish, how.finish),
            "stop_sequence": None,
            "usage": {"input_tokens": told["prompt_tokens"], "output_tokens": told["completion_tokens"]}}  # fmt: skip


async def _message_parts(whole: dict[str, Any], how: Behaviour) -> AsyncIterator[bytes]:
    begun = {**whole, "content": [], "stop_reason": None, "usage": {**whole["usage"], "output_tokens": 1}}
    block = whole["content"][0]
    words = block.get("text", "").split(" ")
    empty: dict[str, Any] = {**block, "text": ""} if "text" in block else block
    deltas = [{"type": "text_delta", "text": f" {word}" if place else word} for place, word in enumerate(words)]
    if block["type"] == "tool_use":
        deltas = [{"type": "input_json_delta", "partial_json": "{}"}]
    events: list[dict[str, Any]] = [
        {"type": "message_start", "message": begun},
        {"type": "content_block_start", "index": 0, "content_block": empty},
        {"type": "ping"},
        *[{"type": "content_block_delta", "index": 0, "delta": delta} for delta in deltas],
    ]
    events.append({"type": "content_block_stop", "index": 0})
    ended = {"stop_reason": whole["stop_reason"], "stop_sequence": None}
    events.append({"type": "message_delta", "delta": ended, "usage": whole["usage"]})
    events.append({"type": "message_stop"})
    for place, event in enumerate(events):
        if place == how.cut_after:
            raise ConnectionAbortedError("as told")
        await asyncio.sleep(how.between_s if place else 0.0)
        yield b"event: " + event["type"].encode() + b"\n" + _event(event)


def response(body: Mapping[str, Any], how: Behaviour, text: str, number: int) -> dict[str, Any]:
    """A whole answer in the shape of OpenAI's responses."""
    told = usage(text)
    part = {"type": "output_text", "text": text, "annotations": [], "logprobs": []}
    spoken = {"id": f"msg_{number}", "type": "message", "status": "completed", "role": "assistant", "content": [part]}
    called = {"id": f"fc_{number}", "type": "function_call", "status": "completed", "call_id": "call_1",
              "name": "look_up", "arguments": "{}"}  # fmt: skip
    whole = how.finish == "stop"
    return {"id": f"resp_{number}", "object": "response", "created_at": _now_s(), "model": body["model"],
            "status": "completed" if whole else "incomplete", "error": None,
            "incomplete_details": None if whole else {"reason": "max_output_tokens"},
            "instructions": body.get("instructions"), "metadata": {}, "parallel_tool_calls": True, "tools": [],
            "tool_choice": "auto", "temperature": 1.0, "top_p": 1.0, "output": [called if how.tool_call else spoken],
            "usage": {"input_tokens": told["prompt_tokens"], "output_tokens": told["completion_tokens"],
                      "total_tokens": told["total_tokens"],
                      "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
                      "output_tokens_details": {"reasoning_tokens": 0}}}  # fmt: skip


async def _completion_parts(whole: dict[str, Any], body: Mapping[str, Any], how: Behaviour) -> AsyncIterator[bytes]:
    head = {name: whole[name] for name in ("id", "object", "created", "model")}
    choice = whole["choices"][0]
    words = choice["text"].split(" ")
    told = [
        {**choice, "text": f" {word}" if place else word, "finish_reason": None} for place, word in enumerate(words)
    ]
    for place, one in enumerate([*told, {**choice, "text": ""}]):
        if place == how.cut_after:
            raise ConnectionAbortedError("as told")
        await asyncio.sleep(how.between_s if place else 0.0)
        yield _event({**head, "choices": [one]})
    if (body.get("stream_options") or {}).get("include_usage"):
        yield _event({**head, "choices": [], "usage": whole["usage"]})
    yield b"data: [DONE]\n\n"


async def _response_parts(whole: dict[str, Any], how: Behaviour) -> AsyncIterator[bytes]:
    begun = {**whole, "status": "in_progress", "output": [], "usage": None}
    item = whole["output"][0]
    part = item["content"][0]
    where = {"item_id": item["id"], "output_index": 0, "content_index": 0}
    events: list[dict[str, Any]] = [
        {"type": "response.created", "response": begun},
        {"type": "response.in_progress", "response": begun},
        {"type": "response.output_item.added", "output_index": 0, "item": {**item, "content": []}},
        {"type": "response.content_part.added", **where, "part": {**part, "text": ""}},
    ]
    for place, word in enumerate(part["text"].split(" ")):
        delta: dict[str, Any] = {"delta": f" {word}" if place else word, "logprobs": []}
        events.append({"type": "response.output_text.delta", **where, **delta})
    events += [
        {"type": "response.output_text.done", **where, "text": part["text"], "logprobs": []},
        {"type": "response.content_part.done", **where, "part": part},
        {"type": "response.output_item.done", "output_index": 0, "item": item},
        {"type": f"response.{whole['status']}", "response": whole},
    ]
    for place, event in enumerate(events):
        if place == how.cut_after:
            raise ConnectionAbortedError("as told")
        await asyncio.sleep(how.between_s if place else 0.0)
        yield b"event: " + event["type"].encode() + b"\n" + _event({**event, "sequence_number": place})


def _vector(body: Mapping[str, Any], number: int) -> list[float] | str:
    vector = array("f", [0.0, float(number)])
    return base64.b64encode(vector.tobytes()).decode() if body.get("encoding_format") == "base64" else vector.tolist()


def _failed(how: Behaviour) -> Response:
    error = {"message": f"fake failure {how.status}", "type": "fake_error", "param": None, "code": "fake"}
    return JSONResponse({"error": error}, how.status, dict(how.headers))


def usage(text: str) -> dict[str, int]:
    """The tokens of an answer, a word each."""
    words = len(text.split())
    return {"prompt_tokens": PROMPT_TOKENS, "completion_tokens": words, "total_tokens": PROMPT_TOKENS + words}


_CALL_PARTS: tuple[dict[str, Any], ...] = (
    {"index": 0, "id": "call_1", "type": "function", "function": {"name": "look_up", "arguments": ""}},
    {"index": 0, "function": {"arguments": "{}"}},
)


def _now_s() -> int:
    return time.time_ns() // 10**9


def _question(body: Mapping[str, Any]) -> str:
    content = body["messages"][-1].get("content")
    if isinstance(content, list):
        content = " ".join(part.get("text", "") for part in content)
    return str(content)


def _input(body: Mapping[str, Any]) -> str:
    given = body["input"]
    content = given if isinstance(given, str) else given[-1]["content"]
    return content if isinstance(content, str) else " ".join(part.get("text", "") for part in content)


def _event(value: object) -> bytes:
    return b"data: " + json.dumps(value, separators=(",", ":")).encode() + b"\n\n"


if __name__ == "__main__":
    standing = FakeUpstream(int(sys.argv[1]) if len(sys.argv) > 1 else 0)
    standing.usual = Behaviour(between_s=float(sys.argv[2]) / 1000 if len(sys.argv) > 2 else 0.0)
    sys.stdout.write(f"{standing.url}\n")
    sys.stdout.flush()
    with contextlib.suppress(KeyboardInterrupt):
        threading.Event().wait()
