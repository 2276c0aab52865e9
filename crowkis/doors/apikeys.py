"""API keys over HTTP: make, list, rotate, revoke."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType
from starlette.responses import Response

from crowkis.doors.bodies import RefusedError
from crowkis.doors.endpoints import Asked, Endpoint, Visit, text_of
from crowkis.doors.guests import not_there
from crowkis.engine.inside import Caller
from crowkis.guard.roles import MANAGE
from crowkis.values.limits import API_KEY_NAME_CHARS_MAX

Name = Annotated[str, Meta(min_length=1, max_length=API_KEY_NAME_CHARS_MAX)]


class KeyAsked(Asked):
    """An API key to be made."""

    name: Name
    role: Literal["admin", "writer", "reader", "auditor"] = "reader"
    tenant: str | UnsetType = UNSET
    """Whose answers it opens; everybody's where it is left out."""
    ttl_s: Annotated[int, Meta(ge=1, le=315_360_000)] | UnsetType = UNSET


class KeyTold(Struct):
    """An API key without what opens the door."""

    id: str
    name: str
    role: str
    tenant: str | None
    created_ms: int
    expire_at_ms: int
    expired: bool


class NewKey(KeyTold):
    """An API key just made: the only time it is shown."""

    key: str = ""


class Keys(Struct):
    """All API keys."""

    keys: list[KeyTold]


async def create(visit: Visit) -> object:
    """POST: make a key."""
    asked, words = visit.body, [b"CAPIKEY", b"CREATE", visit.body.name.encode("utf-8", "replace")]
    words += [b"ROLE", asked.role.upper().encode()]
    words += [] if asked.tenant is UNSET else [b"TENANT", asked.tenant.encode("utf-8", "replace")]
    words += [] if asked.ttl_s is UNSET else [b"EX", b"%d" % asked.ttl_s]
    return text_of(await _for_all(visit).call(*words))


async def every(visit: Visit) -> object:
    """GET: all keys."""
    return {"keys": text_of(await _for_all(visit).call(b"CAPIKEY", b"LIST"))}


async def rotate(visit: Visit) -> object:
    """POST .../rotate: another secret for a key."""
    caller = _for_all(visit)
    if not any(row[b"id"].decode() == visit.part("id") for row in await caller.call(b"CAPIKEY", b"LIST")):
        raise not_there()
    return text_of(await caller.call(b"CAPIKEY", b"ROTATE", visit.part("id").encode()))


async def revoke(visit: Visit) -> object:
    """DELETE: a key opens nothing any more."""
    if not await _for_all(visit).call(b"CAPIKEY", b"REVOKE", visit.part("id").encode("utf-8", "replace")):
        raise not_there()
    return Response(status_code=204)


def _for_all(visit: Visit) -> Caller:
    if visit.visitor.known.tenant:
        raise RefusedError(403, "forbidden", "a key bound to a tenant makes and sees no keys")
    return visit.caller


PATH = "/api/v1/keys"
GONE: dict[int, str] = {404: "There is no key of this id."}
ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        "POST", PATH, MANAGE, "Make an API key; it is shown this once", create, NewKey, None, KeyAsked, status=201
    ),
    Endpoint("GET", PATH, MANAGE, "List API keys", every, Keys),
    Endpoint("POST", f"{PATH}/{{id}}/rotate", MANAGE, "Replace a key's secret", rotate, NewKey, also=GONE),
    Endpoint("DELETE", f"{PATH}/{{id}}", MANAGE, "Revoke a key", revoke, None, status=204, also=GONE),
)
