"""Values under keys, apart by tenant: PUT, GET and DELETE /v1/cache/kv/{tenant}/{key}, and the tenants' quotas.

A value is a stored answer that only its very own name finds (CSET ... BY NAME), so quotas, expiry, eviction and the
log hold for it as for all others. Another tenant's key looks like one that is not there.
"""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType
from starlette.convertors import StringConvertor, register_url_convertor
from starlette.responses import Response

from crowkis.doors.bodies import RefusedError, malformed
from crowkis.doors.endpoints import Asked, Endpoint, Visit, text_of
from crowkis.doors.guests import not_there
from crowkis.engine.engine import entry_id_of
from crowkis.guard.roles import ASK, LOOK, MANAGE, STORE
from crowkis.values.limits import KV_LIFE_S_MAX, KV_VALUE_BYTES_MAX, QUESTION_BYTES_MAX, QUOTA_MAX
from crowkis.values.question import Scope

NAMESPACE = "kv"
BY_NAME = (b"BY", b"NAME")
TYPE_TAG = b"content-type="
TYPE_CHARS_MAX = 100
BYTES = "application/octet-stream"
PATH = "/v1/cache/kv/{tenant}/{key:text}"


class _Text(StringConvertor):
    """Any text, slashes and line ends included."""

    regex = "(?s:.+)"


register_url_convertor("text", _Text())
Amount = Annotated[int, Meta(ge=0, le=QUOTA_MAX)]


class Life(Asked):
    """How long a value is kept."""

    ttl_seconds: int | UnsetType = UNSET


class Whose(Asked):
    """Of which tenant; all of them where it is left out."""

    tenant: str | UnsetType = UNSET


class QuotaAsked(Asked):
    """A quota to be set; 0: no limit; what is left out stays as it is."""

    tenant: Annotated[str, Meta(min_length=1, max_length=256)]
    entries_max: Amount | UnsetType = UNSET
    bytes_max: Amount | UnsetType = UNSET


class QuotaTold(Struct):
    """A tenant's quota and what of it is used."""

    tenant: str
    entries: int
    bytes: int
    entries_max: int
    bytes_max: int


class Quotas(Struct):
    """All quotas that were asked for."""

    quotas: list[QuotaTold]


async def put(visit: Visit) -> object:
    """PUT: store the body under the key, for ttl_seconds at most 30 days."""
    life_s = visit.query.ttl_seconds
    if life_s is not UNSET and life_s <= 0:
        raise malformed("ttl_seconds must be above 0; it is cut to 30 days")
    if not visit.body:
        raise malformed("an empty value is not kept; DELETE removes one")
    kind = visit.request.headers.get("content-type", BYTES)
    if len(kind) > TYPE_CHARS_MAX or not kind.isprintable():
        raise malformed(f"Content-Type may have at most {TYPE_CHARS_MAX} printable characters")
    words = [b"CSET", *_named(visit), visit.body, *_place(visit), b"TAG", TYPE_TAG + kind.encode(), *BY_NAME]
    seconds = KV_LIFE_S_MAX if life_s is UNSET else min(life_s, KV_LIFE_S_MAX)
    await visit.caller.call(*words, b"FULL", b"REFUSE", b"EX", b"%d" % seconds)
    return Response(status_code=204)


async def get(visit: Visit) -> object:
    """GET: the value, with the Content-Type it came with."""
    found = await visit.caller.call(b"CGET", *_named(visit), *_place(visit), *BY_NAME)
    if found is None:
        raise not_there()
    tenant = visit.part("tenant").encode()
    entry = await visit.caller.call(b"CENTRY", found[b"key"], b"TENANT", tenant)
    tags = entry[b"tags"] if entry else []
    kind = next((tag.removeprefix(TYPE_TAG).decode() for tag in tags if tag.startswith(TYPE_TAG)), BYTES)
    headers = {"content-type": kind, "x-content-type-options": "nosniff", "content-security-policy": "sandbox"}
    return Response(found[b"response"], 200, {**headers, "x-crowkis-ttl": str(found[b"ttl"])})


async def delete(visit: Visit) -> object:
    """DELETE: the key is not there any more."""
    key, tenant = visit.part("key"), _tenant(visit)
    entry_id = entry_id_of(key, Scope(tenant, NAMESPACE, "", ""), variant=key)
    if not await visit.caller.call(b"CDELETEKEY", entry_id.hex().encode(), b"TENANT", tenant.encode()):
        raise not_there()
    return Response(status_code=204)


async def quotas(visit: Visit) -> object:
    """GET quotas: of one tenant, or of all this visitor reaches."""
    wanted = None if visit.query.tenant is UNSET else visit.query.tenant
    if wanted is None and not visit.visitor.known.tenant:
        return {"quotas": text_of(await visit.caller.call(b"CQUOTA", b"LIST"))}
    one = await visit.caller.call(b"CQUOTA", b"GET", visit.tenant(wanted))
    return {"quotas": [text_of(one)] if one else []}


async def set_quota(visit: Visit) -> object:
    """POST quotas: set one."""
    asked = visit.body
    if visit.visitor.known.tenant:
        raise RefusedError(403, "forbidden", "a key bound to a tenant sets no quotas")
    tenant = asked.tenant.encode()
    given: list[bytes] = []
    for word, amount in ((b"ENTRIES", asked.entries_max), (b"BYTES", asked.bytes_max)):
        given += [] if amount is UNSET else [word, b"%d" % amount]
    await visit.caller.call(b"CQUOTA", b"SET", tenant, *given)
    return text_of(await visit.caller.call(b"CQUOTA", b"GET", tenant))


def _tenant(visit: Visit) -> str:
    return visit.visitor.tenant_for(visit.part("tenant"))


def _named(visit: Visit) -> list[bytes]:
    key = visit.part("key")
    if not key.strip() or len(key.encode("utf-8", "replace")) > QUESTION_BYTES_MAX:
        raise not_there()
    return [key.encode("utf-8", "replace")]


def _place(visit: Visit) -> list[bytes]:
    """Keys that are the same question in other letters are different keys."""
    variant = visit.part("key").encode("utf-8", "replace")
    return [b"TENANT", _tenant(visit).encode(), b"NAMESPACE", NAMESPACE.encode(), b"VARIANT", variant]


FULL: dict[int, str] = {507: "The tenant's quota or the memory has no room; nothing was stored."}
GONE: dict[int, str] = {404: "Nothing is there for this caller."}
TOO_LARGE: dict[int, str] = {413: "The value is larger than 1 MiB."}

ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint("PUT", PATH, STORE, "Store a value of at most 1 MiB under a key", put, None, Life, None,
             KV_VALUE_BYTES_MAX, 204, {**FULL, **GONE, **TOO_LARGE}),
    Endpoint("GET", PATH, ASK, "Get a value", get, bytes, also=GONE),
    Endpoint("DELETE", PATH, STORE, "Remove a value", delete, None, status=204, also=GONE),
    Endpoint("GET", "/v1/cache/quotas", LOOK, "Show quotas and how much of them is used", quotas, Quotas, Whose,
             also=GONE),
    Endpoint("POST", "/v1/cache/quotas", MANAGE, "Set a tenant's quota", set_quota, QuotaTold, None, QuotaAsked),
)  # fmt: skip
