"""LangCache's REST surface over the same cache, so that its official client works against this server.

A cache id is a namespace of its own. Attributes are tags and part of a prompt's identity: the same prompt may be stored
once for each set of them. A similarity threshold is a cosine; what the two prompts say is looked at all the same.
"""

import json
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from crowkis.doors.bodies import CLIENT_CLOSED, RefusedError, malformed, object_of
from crowkis.doors.guests import Guests
from crowkis.engine.engine import entry_id_of
from crowkis.engine.inside import Caller, CallRefusedError
from crowkis.guard.roles import ASK, LOOK, STORE
from crowkis.values.limits import TAG_CHARS_MAX, TAGS_MAX
from crowkis.values.question import Scope
from crowkis.wire.shape import compact, digest, is_unicode

STRATEGIES = frozenset(("exact", "semantic"))
STATUS_OF = {
    "OOM": 424,
    "QUOTA": 424,
    "BUSY": 429,
    "LOADING": 424,
    "MISCONF": 424,
    "NOPERM": 403,
    "NOAUTH": 401,
    "DENIED": 401,
}
TYPE_OF = {
    400: "invalid-data", 401: "authentication-failed", 403: "insufficient-permissions", 404: "resource-not-found",
    413: "payload-too-large", 424: "resource-unavailable", 429: "too-many-requests",
}  # fmt: skip


class Visit(NamedTuple):
    """One request let in."""

    request: Request
    caller: Caller
    namespace: str
    tenant: str

    @property
    def whose(self) -> list[bytes]:
        """What every word about it carries."""
        return [b"TENANT", self.tenant.encode()]


class LangCache:
    """The routes below /v1/caches."""

    def __init__(self, guests: Guests) -> None:
        self._guests = guests

    def routes(self) -> list[Route]:
        """For the HTTP door."""
        base = "/v1/caches/{cache_id}"
        return [
            Route(f"{base}/entries", self._guarded(self._set), methods=["POST"]),
            Route(f"{base}/entries", self._guarded(self._delete_query), methods=["DELETE"]),
            Route(f"{base}/entries/search", self._guarded(self._search, ASK), methods=["POST"]),
            Route(f"{base}/entries/{{entry_id}}", self._guarded(self._delete), methods=["DELETE"]),
            Route(f"{base}/flush", self._guarded(self._flush), methods=["POST"]),
            Route(f"{base}/health", self._guarded(self._health, LOOK), methods=["GET"]),
        ]

    def _guarded(
        self, handle: Callable[[Visit], Awaitable[Response]], may: frozenset[str] = STORE
    ) -> Callable[..., Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            try:
                async with self._guests.visit(request, may) as visitor:
                    cache = f"cache:{request.path_params['cache_id']}"
                    return await handle(Visit(request, visitor.caller, cache, visitor.tenant_for(None)))
            except RefusedError as refused:
                return _problem(refused.status, str(refused), refused.headers)
            except CallRefusedError as refused:
                return _problem(STATUS_OF.get(refused.code, 400), str(refused))
            except ClientDisconnect:
                return Response(status_code=CLIENT_CLOSED)

        return endpoint

    async def _set(self, visit: Visit) -> Response:
        body = await object_of(visit.request)
        prompt, response = _text(body, "prompt"), _text(body, "response")
        ttl_ms = body.get("ttlMillis")
        if ttl_ms is not None and not (isinstance(ttl_ms, int) and ttl_ms > 0):
            raise malformed("ttlMillis must be a whole number above 0")
        attributes = _attributes(body)
        words = [b"CSET", prompt.encode(), response.encode(), *_identity(visit, attributes), *_tags(attributes)]
        await visit.caller.call(*words, *([b"PX", b"%d" % ttl_ms] if ttl_ms else []))
        key = entry_id_of(prompt, Scope(visit.tenant, visit.namespace, "", ""), variant=_variant(attributes))
        return _json({"entryId": key.hex()}, 201)

    async def _search(self, visit: Visit) -> Response:
        body = await object_of(visit.request)
        strategies = body.get("searchStrategies") or ["semantic"]
        if not isinstance(strategies, list) or not strategies or not set(map(str, strategies)) <= STRATEGIES:
            raise malformed("searchStrategies must be a list of exact and semantic")
        threshold = body.get("similarityThreshold")
        if threshold is not None and not (isinstance(threshold, (int, float)) and 0 <= threshold <= 1):
            raise malformed("similarityThreshold must be a number from 0 to 1")
        attributes = _attributes(body)
        words = [b"CGET", _text(body, "prompt").encode(), *_identity(visit, attributes), *_tags(attributes)]
        if threshold is not None:
            words += [b"METRIC", b"COSINE", b"THRESHOLD", repr(float(threshold)).encode()]
        hit = await visit.caller.call(*words)
        if hit is None or (hit[b"hit_type"] != b"exact" and "semantic" not in strategies):
            return _json({"data": []})
        entry = await visit.caller.call(b"CENTRY", hit[b"key"], *visit.whose)
        if entry is None:
            return _json({"data": []})
        return _json({"data": [{
            "id": hit[b"key"].decode(), "prompt": entry[b"query"].decode(), "response": hit[b"response"].decode(),
            "attributes": dict(tag.decode().split("=", 1) for tag in entry[b"tags"] if b"=" in tag),
            "similarity": hit[b"similarity"], "searchStrategy": "exact" if hit[b"hit_type"] == b"exact" else "semantic",
        }]})  # fmt: skip

    async def _delete(self, visit: Visit) -> Response:
        entry_id = visit.request.path_params["entry_id"]
        try:
            entry = await visit.caller.call(b"CENTRY", entry_id.encode(), *visit.whose)
        except CallRefusedError:
            entry = None
        if entry is None or entry[b"namespace"].decode() != visit.namespace:
            raise RefusedError(404, "not_found", "there is no such entry in this cache")
        await visit.caller.call(b"CDELETEKEY", entry_id.encode(), *visit.whose)
        return Response(status_code=204)

    async def _delete_query(self, visit: Visit) -> Response:
        attributes = _attributes(await object_of(visit.request))
        if not attributes:
            raise malformed("attributes must name at least one; to remove everything, flush the cache")
        keys = await visit.caller.keys(*visit.whose, b"NAMESPACE", visit.namespace.encode(), *_tags(attributes))
        removed = sum([await visit.caller.call(b"CDELETEKEY", key, *visit.whose) for key in keys])
        return _json({"deletedEntriesCount": removed})

    async def _flush(self, visit: Visit) -> Response:
        await visit.caller.call(b"CFLUSH", *visit.whose, b"NAMESPACE", visit.namespace.encode())
        return Response(status_code=204)

    async def _health(self, visit: Visit) -> Response:
        return _json({"ok": bool(await visit.caller.call(b"PING"))})


def _text(body: dict[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value.strip() or not is_unicode(value):
        raise malformed(f"{name} must be a text that is not empty, of whole characters")
    return value


def _attributes(body: dict[str, Any]) -> dict[str, str]:
    found = body.get("attributes") or {}
    if not isinstance(found, dict) or len(found) > TAGS_MAX or not all(isinstance(v, str) for v in found.values()):
        raise malformed(f"attributes must be an object of texts, at most {TAGS_MAX}")
    if not is_unicode("".join(part for pair in found.items() for part in pair)):
        raise malformed("attributes must be of whole characters")
    if any(not name or "=" in name or len(name) + len(value) >= TAG_CHARS_MAX for name, value in found.items()):
        raise malformed(f"an attribute's name must not hold '='; with its value at most {TAG_CHARS_MAX - 1} characters")
    return found


def _variant(attributes: dict[str, str]) -> str:
    return digest(attributes) if attributes else ""


def _identity(visit: Visit, attributes: dict[str, str]) -> list[bytes]:
    words = [*visit.whose, b"NAMESPACE", visit.namespace.encode()]
    return [*words, b"VARIANT", _variant(attributes).encode()] if attributes else words


def _tags(attributes: dict[str, str]) -> list[bytes]:
    return [word for name, value in attributes.items() for word in (b"TAG", f"{name}={value}".encode())]


def _json(value: object, status: int = 200) -> Response:
    return Response(compact(value), status, media_type="application/json")


def _problem(status: int, text: str, headers: dict[str, str] | None = None) -> Response:
    """As RFC 9457 describes problems."""
    title = text.partition(",")[0]
    kind = TYPE_OF.get(status, "unexpected-error")
    problem = {"title": title, "type": f"/errors/{kind}", "status": status, "detail": text}
    return Response(json.dumps(problem), status, headers, "application/json")
