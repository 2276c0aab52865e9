"""The gateway: OpenAI's POST /v1/chat/completions with the cache in front; every other path of the API goes through.

A request is looked up (CGET); a miss goes to the upstream once however many ask the same at once; what comes back whole
and successful is stored (CSET). Whatever goes wrong in the cache is counted and the request goes on to the upstream.
Prompts and answers are in no log.
"""

import asyncio
import ipaddress
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from hashlib import blake2b
from typing import Any, NamedTuple

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from crowkis.engine.actor import Actor
from crowkis.engine.engine import Engine
from crowkis.engine.inside import Caller, CallRefusedError
from crowkis.upstream.flights import EVENT_STREAM, Flight, Flights
from crowkis.upstream.pool import UpstreamError, Upstreams
from crowkis.values.limits import HTTP_BODY_BYTES_MAX
from crowkis.wire.chat import ChatAsked, read_chat, replayed, tokens_of, worth_keeping
from crowkis.wire.fields import bearer, forwarded, returned

NAMESPACE = "gateway"
CLIENT_CLOSED = 499
"""What is logged of a request whose client has gone; nobody is sent it."""


class RefusedError(Exception):
    """The request is not let in: status, OpenAI's type of error, and a text that says what to do."""

    def __init__(self, status: int, kind: str, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.kind = kind


class Policy(NamedTuple):
    """What a request's headers ask of the cache, and whose answers it may see."""

    tenant: str
    namespace: str
    read: bool
    write: bool
    ttl_s: int
    threshold: str


class Hit(NamedTuple):
    """A stored answer that is served."""

    completion: dict[str, Any]
    body: bytes
    exact: bool
    key: str
    confidence: float


class Gateway:
    """The routes below /v1."""

    def __init__(self, engine: Engine, actor: Actor, upstreams: Upstreams, log: Callable[..., None]) -> None:
        self._engine = engine
        self._actor = actor
        self._upstreams = upstreams
        self._flights = Flights(upstreams)
        self._log = log

    def routes(self) -> list[Route]:
        """For the HTTP door."""
        return [
            Route("/v1/chat/completions", self._guarded(self._chat), methods=["POST"]),
            Route("/v1/{path:path}", self._guarded(self._through), methods=["GET", "POST", "DELETE"]),
        ]

    async def close(self) -> None:
        """End what is on its way."""
        await self._flights.close()
        await self._upstreams.close()

    def _guarded(self, handle: Callable[[Request, Caller], Awaitable[Response]]) -> Callable[..., Awaitable[Response]]:
        """A route that lets nobody in without credentials and tells errors in OpenAI's shape."""

        async def endpoint(request: Request) -> Response:
            caller = self._caller(request)
            try:
                self._let_in(request, caller)
                return await handle(request, caller)
            except RefusedError as refused:
                return _told(refused.status, refused.kind, str(refused))
            except UpstreamError as error:
                self._count("failed")
                return _told(502, "upstream_error", str(error))
            except ClientDisconnect:
                return Response(status_code=CLIENT_CLOSED)
            finally:
                caller.leave()

        return endpoint

    def _caller(self, request: Request) -> Caller:
        host, port = request.client or ("unknown", 0)
        return Caller(self._engine, self._actor, f"{host}:{port}", _is_local(host))

    def _let_in(self, request: Request, caller: Caller) -> None:
        """Where a token is set, or the caller is on another machine, the token must be shown. Raises RefusedError.

        Authorization belongs to the upstream, unless the upstream's key is set here: a token must not travel on.
        """
        if caller.admitted:
            return
        shown = request.headers.get("x-crowkis-key", "")
        if not shown and self._engine.settings.gateway_key:
            shown = bearer(request.headers)
        if not shown or not caller.log_in("default", shown):
            where = "Authorization: Bearer <token>" if self._engine.settings.gateway_key else "x-crowkis-key: <token>"
            raise RefusedError(401, "invalid_api_key", f"this server asks for its token: {where}")

    async def _chat(self, request: Request, caller: Caller) -> Response:
        body = await _body_of(request)
        policy = self._policy(request.headers)
        asked = self._asked(body)
        if asked.bypass or not (policy.read or policy.write):
            return await self._pass(request, body, asked.bypass or "asked for")
        hit = await self._look_up(caller, asked, policy) if policy.read else None
        if hit is not None:
            return self._serve(hit, asked)
        return await self._miss(request, body, asked, policy)

    async def _through(self, request: Request, caller: Caller) -> Response:
        return await self._pass(request, await _body_of(request), "this path is not cached")

    def _asked(self, body: bytes) -> ChatAsked:
        try:
            return read_chat(json.loads(body), self._engine.settings.gateway_temperature_max)
        except (ValueError, RecursionError):
            return ChatAsked("", b"", "", "", False, False, "the body is not a JSON object")

    def _policy(self, headers: Mapping[str, str]) -> Policy:
        """Raises RefusedError."""
        mode = headers.get("x-crowkis-cache-control", "").strip().lower()
        if mode not in ("", "off", "read-only", "refresh"):
            raise _malformed("x-crowkis-cache-control must be off, read-only or refresh")
        ttl, threshold = headers.get("x-crowkis-ttl", ""), headers.get("x-crowkis-threshold", "")
        if ttl and not (ttl.isdecimal() and 0 < int(ttl[:12]) < 1 << 31):
            raise _malformed("x-crowkis-ttl must be a whole number of seconds above 0")
        if threshold and not _is_fraction(threshold):
            raise _malformed("x-crowkis-threshold must be a number from 0 to 1")
        return Policy(
            tenant=self._tenant(headers), namespace=headers.get("x-crowkis-namespace", NAMESPACE),
            read=mode in ("", "read-only"), write=mode in ("", "refresh"), ttl_s=int(ttl or 0), threshold=threshold,
        )  # fmt: skip

    def _tenant(self, headers: Mapping[str, str]) -> str:
        """Whose answers: a key that travels on to the upstream has answers of its own, for whoever has no such key
        would not have got them from the upstream."""
        shown = headers.get("authorization", "")
        if self._engine.settings.gateway_key or not shown:
            return "default"
        return "key-" + blake2b(shown.encode(), digest_size=12).hexdigest()

    async def _look_up(self, caller: Caller, asked: ChatAsked, policy: Policy) -> Hit | None:
        """A stored answer, or nothing; a fault of the cache is nothing, too."""
        words = [b"CGET", asked.text.encode(), *_identity(asked, policy)]
        if policy.threshold:
            words += [b"THRESHOLD", policy.threshold.encode()]
        try:
            found = await caller.call(*words)
            if found is None:
                return None
            body = found[b"response"]
            completion = json.loads(body)
            if not worth_keeping(completion):
                return None
            exact = found[b"hit_type"] == b"exact"
            return Hit(completion, body, exact, found[b"key"].decode(), float(found[b"confidence"]))
        except (CallRefusedError, ValueError, KeyError, TypeError, RecursionError) as error:
            self._fault("look-up", error)
            return None

    async def _keep(self, caller: Caller, asked: ChatAsked, policy: Policy, completion: dict[str, Any]) -> None:
        answer = json.dumps(completion, ensure_ascii=False, separators=(",", ":")).encode()
        words = [b"CSET", asked.text.encode(), answer, *_identity(asked, policy)]
        try:
            await caller.call(*words, *([b"EX", b"%d" % policy.ttl_s] if policy.ttl_s else []))
        except CallRefusedError as error:
            self._fault("store", error)
        finally:
            caller.leave()

    def _fault(self, where: str, error: Exception) -> None:
        self._engine.metrics.count_for("gateway_faults_total", where)
        self._log("gateway fault", level="warning", where=where, error=type(error).__name__, effect="passed through")

    def _serve(self, hit: Hit, asked: ChatAsked) -> Response:
        tokens = tokens_of(hit.completion)
        match = "exact" if hit.exact else "semantic"
        self._count(f"hit-{match}")
        self._engine.metrics.count("gateway_tokens_saved_total", tokens)
        created_s = hit.completion.get("created")
        headers = {
            "x-cache-match": match,
            "x-crowkis-cache": "hit",
            "x-crowkis-key": hit.key,
            "x-crowkis-confidence": f"{hit.confidence:.4f}",
            "x-crowkis-tokens-saved": str(tokens),
        }
        if isinstance(created_s, int):
            headers["x-crowkis-age"] = str(max(0, self._engine.now_ms // 1000 - created_s))
        if not asked.stream:
            return Response(hit.body, media_type="application/json", headers=headers)
        pace_s = self._engine.settings.gateway_pace_ms / 1000
        return StreamingResponse(_paced(hit.completion, asked.wants_usage, pace_s), 200, headers, EVENT_STREAM)

    async def _miss(self, request: Request, body: bytes, asked: ChatAsked, policy: Policy) -> Response:
        """Ask the upstream, with all who ask the same just now; where that fails, one of the others tries again."""
        key = (asked.text, asked.context, asked.image, asked.model, policy, request.headers.get("authorization"))
        chances = 2
        while True:
            flight = self._flights.of(key) if policy.read else None
            first = flight is None
            if flight is None:
                flight = self._launch(request, key, body, asked, policy)
            flight.followers += 1
            chances -= 1
            handed_on = False
            try:
                await _or_gone(request, flight.head())
                if first or not chances or not flight.failed:
                    handed_on = True
                    return await self._answer(request, flight, asked, first)
            except UpstreamError:
                if first or not chances or handed_on:
                    raise
            finally:
                if not handed_on:
                    flight.leave()

    def _launch(self, request: Request, key: Any, body: bytes, asked: ChatAsked, policy: Policy) -> Flight:
        async def keep(completion: dict[str, Any]) -> None:
            if policy.write:
                caller = self._caller(request)
                if not caller.admitted:
                    self._let_in(request, caller)
                await self._keep(caller, asked, policy, completion)

        sent = _with_usage(body, asked)
        return self._flights.launch(
            key, request.url.path, forwarded(request.headers), sent, asked.wants_usage or not asked.stream, keep
        )

    async def _answer(self, request: Request, flight: Flight, asked: ChatAsked, first: bool) -> Response:
        """What a flight brings, in the form that was asked for; the flight is left when that is done."""
        self._count("miss" if first else "coalesced")
        headers = {**returned(flight.headers), "x-cache-match": "none", "x-crowkis-cache": "miss"}
        if not first:
            headers["x-crowkis-coalesced"] = "1"
        if flight.streams and asked.stream:
            return StreamingResponse(_followed(flight), flight.status, headers)
        try:
            await _or_gone(request, flight.end())
        finally:
            flight.leave()
        if flight.completion is None or flight.streams == asked.stream:
            return Response(b"".join(flight.parts), flight.status, headers)
        headers.pop("content-type", None)
        if asked.stream:
            return StreamingResponse(_paced(flight.completion, asked.wants_usage, 0.0), 200, headers, EVENT_STREAM)
        return Response(json.dumps(flight.completion, ensure_ascii=False, separators=(",", ":")), 200, headers, "application/json")

    async def _pass(self, request: Request, body: bytes, why: str) -> Response:
        """Straight to the upstream and back."""
        self._count("bypass")
        path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        asking = self._upstreams.ask(request.method, path, forwarded(request.headers), body)
        response = await asking.__aenter__()

        async def passed() -> AsyncIterator[bytes]:
            try:
                async for part in response.aiter_bytes():
                    yield part
            finally:
                await asking.__aexit__(None, None, None)

        marks = {"x-cache-match": "none", "x-crowkis-cache": "bypass", "x-crowkis-bypass": why}
        return StreamingResponse(passed(), response.status_code, {**returned(response.headers), **marks})

    def _count(self, outcome: str) -> None:
        self._engine.metrics.count_for("gateway_requests_total", outcome)


def _identity(asked: ChatAsked, policy: Policy) -> list[bytes]:
    words = [b"TENANT", policy.tenant.encode(), b"NAMESPACE", policy.namespace.encode(), b"MODEL", asked.model.encode()]
    words += [b"CONTEXT", asked.context]
    return [*words, b"IMAGE", asked.image.encode()] if asked.image else words


def _malformed(text: str) -> RefusedError:
    return RefusedError(400, "invalid_request_error", text)


def _is_fraction(text: str) -> bool:
    try:
        return 0.0 <= float(text) <= 1.0
    except ValueError:
        return False


def _told(status: int, kind: str, text: str) -> Response:
    """An error in OpenAI's shape."""
    body = json.dumps({"error": {"message": text, "type": kind, "param": None, "code": kind}})
    return Response(body, status, {"x-cache-match": "none", "x-crowkis-cache": "bypass"}, "application/json")


async def _body_of(request: Request) -> bytes:
    """All of it, within the limit. Raises RefusedError, ClientDisconnect."""
    parts, size_bytes = [], 0
    async for part in request.stream():
        size_bytes += len(part)
        if size_bytes > HTTP_BODY_BYTES_MAX:
            raise RefusedError(413, "invalid_request_error", f"a request may have at most {HTTP_BODY_BYTES_MAX} bytes")
        parts.append(part)
    return b"".join(parts)


async def _or_gone(request: Request, awaited: Any) -> None:
    """Wait, but not for a client that is gone. Raises ClientDisconnect."""
    loop = asyncio.get_running_loop()
    waiting, gone = loop.create_task(awaited), loop.create_task(_disconnected(request))
    try:
        await asyncio.wait((waiting, gone), return_when=asyncio.FIRST_COMPLETED)
        if not waiting.done():
            raise ClientDisconnect
        waiting.result()
    finally:
        waiting.cancel()
        gone.cancel()


async def _disconnected(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def _paced(completion: dict[str, Any], wants_usage: bool, pace_s: float) -> AsyncIterator[bytes]:
    for part in replayed(completion, wants_usage):
        yield part
        if pace_s:
            await asyncio.sleep(pace_s)


async def _followed(flight: Flight) -> AsyncIterator[bytes]:
    try:
        async for part in flight.follow():
            yield part
    finally:
        flight.leave()


def _with_usage(body: bytes, asked: ChatAsked) -> bytes:
    """A streamed request asks for the usage too, so that it is known what a hit saves; the caller is not shown it."""
    if not asked.stream or asked.wants_usage:
        return body
    value = json.loads(body)
    value["stream_options"] = {**(value.get("stream_options") or {}), "include_usage": True}
    return json.dumps(value, ensure_ascii=False).encode()


def _is_local(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
