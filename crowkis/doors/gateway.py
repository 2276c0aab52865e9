"""The gateway: OpenAI's and Anthropic's paths of models with the cache in front; other paths go through.

A request is looked up (CGET); a miss goes to the upstream once however many ask the same at once; what comes back whole
and successful is stored (CSET). Whatever goes wrong in the cache is counted and the request goes on to the upstream.
Prompts and answers are in no log.
"""

import asyncio
import json
import string
from collections.abc import AsyncGenerator, Awaitable, Callable
from functools import lru_cache, partial
from hashlib import blake2b
from typing import Any, NamedTuple
from urllib.parse import quote

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from crowkis.doors.bodies import CLIENT_CLOSED, RefusedError, body_of
from crowkis.doors.guests import Guests, Visitor
from crowkis.doors.http import Streamed
from crowkis.doors.patience import UnlessGone
from crowkis.doors.policies import Policy, policy_of, told_life_s
from crowkis.engine.engine import Engine
from crowkis.engine.inside import Caller, CallRefusedError
from crowkis.guard.roles import ASK, STORE
from crowkis.settings import LIFETIME_S_MAX
from crowkis.upstream.flights import EVENT_STREAM, Flight, Flights
from crowkis.upstream.pool import UpstreamError, Upstreams
from crowkis.upstream.prices import shown
from crowkis.upstream.saved import COALESCED, EMBEDDING, EXACT, SEMANTIC, Saved
from crowkis.wire.chat import CHAT
from crowkis.wire.completions import COMPLETIONS
from crowkis.wire.embeddings import EMBEDDINGS
from crowkis.wire.fields import forwarded, key_of, returned
from crowkis.wire.messages import MESSAGES
from crowkis.wire.responses import RESPONSES
from crowkis.wire.shape import Asked, Shape, compact, is_unicode

SHAPES = (CHAT, COMPLETIONS, RESPONSES, EMBEDDINGS, MESSAGES)
NEARLY = 0.9
"""Cosine from which a question on its way is worth waiting for (gateway_coalesce); whether its answer will do is judged
by the rules, once it is there."""
BODIES_REMEMBERED_MAX, BODY_BYTES_REMEMBERED_MAX = 512, 4_096
"""Of so many requests it is remembered what they ask: an answer is stored because it will be asked for again."""


class Inquiry(NamedTuple):
    """A request that is to be answered: who sent it, what it says, what its header asks of the cache."""

    shape: Shape
    request: Request
    visitor: Visitor
    body: bytes
    asked: Asked
    policy: Policy

    @property
    def key(self) -> tuple[Any, ...]:
        """What is the same for all who may share an answer on its way."""
        asked = self.asked._replace(stream=False, wants_usage=True)
        return self.shape.path, asked, self.policy, key_of(self.sent)

    @property
    def kin(self) -> tuple[Any, ...]:
        """All of that but the question."""
        path, asked, policy, credentials = self.key
        return path, asked._replace(text=""), policy, credentials

    @property
    def sent(self) -> dict[str, str]:
        """What an upstream is sent of the header."""
        return _sent_on(self.request, self.visitor)


class Hit(NamedTuple):
    """A stored answer that is served."""

    answer: dict[str, Any]
    body: bytes
    exact: bool
    key: str
    confidence: float
    age_s: int
    left_s: int
    """Until its end; of one that is past it, 0 and less."""


class Provider(NamedTuple):
    """Whose API it is: who answers it, with which key."""

    upstreams: Upstreams
    flights: Flights
    has_key: bool
    """The upstreams' key is set here; what callers show is for us."""


class Gateway:
    """The routes below /v1."""

    def __init__(
        self,
        engine: Engine,
        guests: Guests,
        openai: Upstreams,
        anthropic: Upstreams,
        saved: Saved,
        log: Callable[..., None],
    ) -> None:
        self._engine = engine
        self._guests = guests
        self._openai = Provider(openai, Flights(openai), openai.has_key)
        self._anthropic = Provider(anthropic, Flights(anthropic), anthropic.has_key)
        self._saved = saved
        self._log = log

    def routes(self) -> list[Route]:
        """For the HTTP door."""
        asked = [Route(shape.path, self._guarded(partial(self._ask, shape)), methods=["POST"]) for shape in SHAPES]
        others = Route("/v1/{path:path}", self._guarded(self._through), methods=["GET", "POST", "DELETE"])
        return [*asked, others]

    async def close(self) -> None:
        """End what is on its way."""
        for provider in (self._openai, self._anthropic):
            await provider.flights.close()
            await provider.upstreams.close()
        await self._saved.close()

    def _provider(self, request: Request) -> Provider:
        """Anthropic's clients name the version they speak."""
        return self._anthropic if "anthropic-version" in request.headers else self._openai

    def _guarded(self, handle: Callable[[Request, Visitor], Awaitable[Response]]) -> Callable[..., Awaitable[Response]]:
        """A route that lets nobody in without credentials and tells errors in the shape of the API."""

        async def endpoint(request: Request) -> Response:
            provider = self._provider(request)
            shape = MESSAGES if provider is self._anthropic else CHAT
            try:
                async with self._guests.visit(request, ASK, provider.has_key) as visitor:
                    return await handle(request, visitor)
            except RefusedError as refused:
                return _told(shape, refused.status, refused.kind, str(refused), refused.headers)
            except UpstreamError as error:
                self._count("failed")
                return _told(shape, 502, "upstream_error", str(error))
            except ClientDisconnect:
                return Response(status_code=CLIENT_CLOSED)

        return endpoint

    async def _ask(self, shape: Shape, request: Request, visitor: Visitor) -> Response:
        body = await body_of(request)
        policy = policy_of(request.headers, self._tenant(request, visitor), visitor.known.role in STORE)
        asked = self._asked(shape, body)
        if asked.bypass or not (policy.read or policy.write):
            return await self._pass(request, visitor, body, asked.bypass or "asked for")
        hit = await self._look_up(shape, visitor.caller, asked, policy) if policy.read else None
        inquiry = Inquiry(shape, request, visitor, body, asked, policy)
        if hit is None:
            hit = await self._beside(inquiry)
        return await self._miss(shape, inquiry) if hit is None else self._serve(shape, hit, asked, policy)

    async def _through(self, request: Request, visitor: Visitor) -> Response:
        return await self._pass(request, visitor, await body_of(request), "this path is not cached")

    def _asked(self, shape: Shape, body: bytes) -> Asked:
        read = _remembered if len(body) <= BODY_BYTES_REMEMBERED_MAX else _read
        try:
            return read(shape, body, self._engine.settings.gateway_temperature_max)
        except (ValueError, RecursionError):
            return Asked("", b"", "", "", False, False, "the body is not a JSON object")

    def _tenant(self, request: Request, visitor: Visitor) -> str:
        """Whose answers: the tenant's whose credentials were shown. Without one, a key that travels on to the upstream
        has answers of its own: whoever has no such key would not have got them from the upstream."""
        shown = key_of(request.headers)
        if visitor.known.tenant or visitor.known.spent or self._provider(request).has_key or not shown:
            return visitor.tenant_for(None)
        return "key-" + blake2b(shown.encode(), digest_size=12).hexdigest()

    async def _look_up(self, shape: Shape, caller: Caller, asked: Asked, policy: Policy, *more: bytes) -> Hit | None:
        """A stored answer, or nothing; a fault of the cache is nothing, too."""
        words = [b"CGET", asked.text.encode(), *_identity(asked, policy), b"WITHAGE", *more]
        if policy.threshold:
            words += [b"THRESHOLD", policy.threshold.encode()]
        try:
            found = await caller.look(*words)
            if found is None:
                return None
            body = found[b"response"]
            answer = json.loads(body)
            if not shape.worth_keeping(answer):
                return None
            exact, key, sure = found[b"hit_type"] == b"exact", found[b"key"].decode(), float(found[b"confidence"])
            return Hit(answer, body, exact, key, sure, found[b"age"], found[b"ttl"])
        except (CallRefusedError, ValueError, KeyError, TypeError, RecursionError) as error:
            self._fault("look-up", error)
            return None

    async def _keep(self, path: str, caller: Caller, asked: Asked, policy: Policy, answer: dict[str, Any]) -> None:
        settings = self._engine.settings
        life_s = told_life_s(settings.gateway_ttls, policy, path, asked.model)
        words = [b"CSET", asked.text.encode(), compact(answer), *_identity(asked, policy)]
        words += [] if life_s is None else [b"EX", b"%d" % (life_s or LIFETIME_S_MAX)]
        words += [b"GRACE", b"%d" % settings.gateway_stale] if settings.gateway_stale else []
        try:
            await caller.call(*words)
        except CallRefusedError as error:
            self._fault("store", error)
        finally:
            caller.leave()

    def _fault(self, where: str, error: Exception) -> None:
        self._engine.metrics.count_for("gateway_faults_total", where)
        self._log("gateway fault", level="warning", where=where, error=type(error).__name__, effect="passed through")

    def _serve(self, shape: Shape, hit: Hit, asked: Asked, policy: Policy) -> Response:
        match = "exact" if hit.exact else "semantic"
        self._count(f"hit-{match}")
        kind = EMBEDDING if shape is EMBEDDINGS else EXACT if hit.exact else SEMANTIC
        tokens = shape.tokens_of(hit.answer)
        call = self._saved.note(kind, shape.path, policy.tenant, asked.model, hit.answer, tokens)
        self._engine.live.correct(self._engine.state.entries.get(bytes.fromhex(hit.key)), tokens.total, call.usd)
        headers = _marks(hit, "hit") | {"x-crowkis-tokens-saved": str(tokens.total)}
        if call.usd is not None:
            headers["x-crowkis-money-saved"] = shown(call.usd)
        return self._replayed(shape, hit, asked, headers)

    async def _late(self, shape: Shape, inquiry: Inquiry) -> Response | None:
        """An answer past its end in place of the failure of all upstreams, where that is allowed."""
        allowed_s, policy = self._engine.settings.gateway_stale, inquiry.policy
        if not allowed_s or not policy.read:
            return None
        hit = await self._look_up(shape, inquiry.visitor.caller, inquiry.asked, policy, b"STALE")
        if hit is None or -hit.left_s > allowed_s:
            return None
        self._count("stale")
        headers = _marks(hit, "stale") | {"x-crowkis-stale": str(max(0, -hit.left_s))}
        return self._replayed(shape, hit, inquiry.asked, headers)

    def _replayed(self, shape: Shape, hit: Hit, asked: Asked, headers: dict[str, str]) -> Response:
        if not asked.stream:
            return Response(hit.body, media_type="application/json", headers=headers)
        pace_s = self._engine.settings.gateway_pace_ms / 1000
        return Streamed(_paced(shape, hit.answer, asked, pace_s), 200, headers, EVENT_STREAM)

    async def _miss(self, shape: Shape, inquiry: Inquiry) -> Response:
        """Ask the upstream, with all who ask the same just now; where that fails, one of the others tries again."""
        flights, key = self._provider(inquiry.request).flights, inquiry.key
        chances = 2
        while True:
            flight = flights.of(key) if inquiry.policy.read else None
            first = flight is None
            if flight is None:
                flight = self._launch(inquiry)
            flight.followers += 1
            chances -= 1
            handed_on = False
            try:
                with UnlessGone(inquiry.request.scope):
                    await flight.head()
                if first or not chances or not flight.failed:
                    late = await self._late(shape, inquiry) if flight.down else None
                    if late is not None:
                        return late
                    handed_on = True
                    return await self._answer(shape, inquiry, flight, first)
            except UpstreamError:
                if first or not chances or handed_on:
                    late = await self._late(shape, inquiry)
                    if late is None:
                        raise
                    return late
            finally:
                if not handed_on:
                    flight.leave()

    async def _beside(self, inquiry: Inquiry) -> Hit | None:
        """What a question on its way that is nearly the same brings, once it is stored: looked up as any other answer.

        Nobody waits where the very same is on its way too, nor for a second one.
        """
        flights, asked = self._provider(inquiry.request).flights, inquiry.asked
        policy = inquiry.policy
        if self._engine.settings.gateway_coalesce != "semantic" or asked.exact or not (policy.read and policy.write):
            return None
        if flights.of(inquiry.key) is not None:
            return None
        for flight in flights.beside(inquiry.kin):
            if not await self._nearly_the_same(inquiry.visitor.caller, asked.text, flight.text):
                continue
            flight.followers += 1
            try:
                with UnlessGone(inquiry.request.scope):
                    await flight.landed()
            finally:
                flight.leave()
            return await self._look_up(inquiry.shape, inquiry.visitor.caller, asked, inquiry.policy)
        return None

    async def _nearly_the_same(self, caller: Caller, text: str, other: str) -> bool:
        try:
            return float(await caller.call(b"CSIM", text.encode(), other.encode())) >= NEARLY
        except (CallRefusedError, ValueError, TypeError) as error:
            self._fault("look-up", error)
            return False

    def _launch(self, inquiry: Inquiry) -> Flight:
        shape, request, visitor, body, asked, policy = inquiry

        async def keep(answer: dict[str, Any]) -> None:
            if policy.write:
                await self._keep(shape.path, self._guests.caller(visitor.known, request), asked, policy, answer)

        return self._provider(request).flights.launch(
            inquiry.key, inquiry.kin, asked.text, shape, inquiry.sent, shape.sent(body, asked),
            asked.wants_usage or not asked.stream, keep,
        )  # fmt: skip

    async def _answer(self, shape: Shape, inquiry: Inquiry, flight: Flight, first: bool) -> Response:
        """What a flight brings, in the form that was asked for; the flight is left when that is done."""
        asked = inquiry.asked
        self._count("miss" if first else "coalesced")
        headers = {**returned(flight.headers), "x-cache-match": "none", "x-crowkis-cache": "miss"}
        if not first:
            headers["x-crowkis-coalesced"] = "1"
        if flight.streams and asked.stream:

            async def leave() -> None:
                flight.leave()
                self._note_shared(shape, inquiry, flight, first)

            return Streamed(flight.follow(), flight.status, headers, ended=leave)
        try:
            with UnlessGone(inquiry.request.scope):
                await flight.end()
        finally:
            flight.leave()
        self._note_shared(shape, inquiry, flight, first)
        if flight.answer is None or flight.streams == asked.stream:
            return Response(b"".join(flight.parts), flight.status, headers)
        headers.pop("content-type", None)
        if asked.stream:
            return Streamed(_paced(shape, flight.answer, asked, 0.0), 200, headers, EVENT_STREAM)
        return Response(compact(flight.answer), 200, headers, "application/json")

    def _note_shared(self, shape: Shape, inquiry: Inquiry, flight: Flight, first: bool) -> None:
        """Whoever came after the first has saved a call, where there was an answer."""
        answer = flight.answer
        if not first and answer is not None:
            tokens = shape.tokens_of(answer)
            self._saved.note(COALESCED, shape.path, inquiry.policy.tenant, inquiry.asked.model, answer, tokens)

    async def _pass(self, request: Request, visitor: Visitor, body: bytes, why: str) -> Response:
        """Straight to the upstream and back."""
        self._count("bypass")
        sent = _sent_on(request, visitor)
        asking = self._provider(request).upstreams.ask(request.method, _target(request), sent, body)
        with UnlessGone(request.scope):
            response = await asking.__aenter__()
        marks = {"x-cache-match": "none", "x-crowkis-cache": "bypass", "x-crowkis-bypass": why}
        return Streamed(
            response.aiter_bytes(), response.status_code, {**returned(response.headers), **marks},
            ended=lambda: asking.__aexit__(None, None, None),
        )  # fmt: skip

    def _count(self, outcome: str) -> None:
        self._engine.metrics.count_for("gateway_requests_total", outcome)


def _read(shape: Shape, body: bytes, temperature_max: float) -> Asked:
    asked = shape.read(json.loads(body), temperature_max)
    return asked if is_unicode(asked.text + asked.model) else asked._replace(bypass="it holds half a character")


_remembered = lru_cache(BODIES_REMEMBERED_MAX)(_read)


def _marks(hit: Hit, how: str) -> dict[str, str]:
    return {
        "x-cache-match": "exact" if hit.exact else "semantic",
        "x-crowkis-cache": how,
        "x-crowkis-key": hit.key,
        "x-crowkis-confidence": f"{hit.confidence:.4f}",
        "x-crowkis-age": str(hit.age_s),
    }


def _identity(asked: Asked, policy: Policy) -> list[bytes]:
    words = [b"TENANT", policy.tenant.encode(), b"NAMESPACE", policy.namespace.encode(), b"MODEL", asked.model.encode()]
    words += [b"CONTEXT", asked.context]
    words += [b"BY", b"NAME"] if asked.exact else []
    return [*words, b"IMAGE", asked.image.encode()] if asked.image else words


def _target(request: Request) -> str:
    """Path and query as they came: what is escaped stays so."""
    query = request.scope["query_string"]
    return quote(request.scope["raw_path"] + (b"?" + query if query else b""), safe=string.punctuation)


def _sent_on(request: Request, visitor: Visitor) -> dict[str, str]:
    """What an upstream is sent of the header: nothing that was shown to us."""
    sent = forwarded(request.headers)
    if visitor.known.spent:
        sent.pop("authorization", None)
        sent.pop("x-api-key", None)
    return sent


def _told(shape: Shape, status: int, kind: str, text: str, headers: dict[str, str] | None = None) -> Response:
    marks = {**(headers or {}), "x-cache-match": "none", "x-crowkis-cache": "bypass"}
    return Response(compact(shape.error(kind, text)), status, marks, "application/json")


async def _paced(shape: Shape, answer: dict[str, Any], asked: Asked, pace_s: float) -> AsyncGenerator[bytes, None]:
    for part in shape.replayed(answer, asked.wants_usage):
        yield part
        if pace_s:
            await asyncio.sleep(pace_s)
