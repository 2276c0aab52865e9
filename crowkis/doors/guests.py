"""Who comes in over HTTP, what it may do, whose answers it reaches, how often it may ask. All routes ask here.

Somebody is known by the server's token, an API key, a JSON Web Token, a browser's sign-in, or by being on this machine
while no token is set. Credentials are compared in constant time, and never travel on to an upstream.
"""

import ipaddress
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Hashable
from contextlib import asynccontextmanager
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection

from crowkis.doors.bodies import RefusedError
from crowkis.doors.keyring import CrowdedError, Keyring
from crowkis.doors.signins import COOKIE, CSRF, SignIns, csrf_fits
from crowkis.doors.tokens import TokenError, Tokens
from crowkis.engine.actor import Actor
from crowkis.engine.engine import Engine
from crowkis.engine.gate import token_fits
from crowkis.engine.inside import Caller
from crowkis.guard.limits import Bucket
from crowkis.guard.roles import account
from crowkis.values.access import API_KEY_MARK, DEFAULT
from crowkis.wire.fields import key_of

FAILURES_MAX, FAILURES_PER_S = 10, 0.5
"""Wrong credentials one address may show at once, and how fast it may try again."""
BUCKETS_MAX = 8_192
HOSTS_REMEMBERED_MAX = 256
LOCAL_NAMES = frozenset({"localhost", "localhost."})
OUR_FIELDS = ("x-crowkis-key", "x-crowkis-admin-key")
ON_BEHALF = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip")
"""Fields of a proxy on this machine, whose clients are not on it."""
HOW = "show the token, an API key (crwk_...) or a JSON Web Token as Authorization: Bearer, or as x-crowkis-key"


class Known(NamedTuple):
    """Somebody who has been let in."""

    name: str
    role: str
    tenant: str
    """The only one whose answers it reaches; empty: all."""
    csrf: str = ""
    """Of a browser's sign-in."""
    spent: bool = False
    """The bearer or x-api-key was for us: it is no upstream's."""


class Visitor(NamedTuple):
    """One request let in, and the client of the engine that asks for it."""

    known: Known
    caller: Caller

    def tenant_for(self, asked: str | None) -> str:
        """Whose answers: its own, or, where it reaches all, those asked for. Raises RefusedError: another's is not
        there for it."""
        if not self.known.tenant:
            return asked or DEFAULT
        if asked not in (None, "", self.known.tenant):
            raise not_there()
        return self.known.tenant


def not_there() -> RefusedError:
    """What is not there, and what is another tenant's, look the same."""
    return RefusedError(404, "not_found", "there is nothing here")


class Guests:
    """The one place that lets requests in."""

    def __init__(
        self, engine: Engine, actor: Actor, keyring: Keyring, tokens: Tokens, monotonic_s: Callable[[], float]
    ) -> None:
        self._sign_ins = SignIns()
        self._engine = engine
        self._actor = actor
        self._keyring = keyring
        self._tokens = tokens
        self._now_s = monotonic_s
        self._failures: OrderedDict[Hashable, Bucket] = OrderedDict()
        self._calls: OrderedDict[Hashable, Bucket] = OrderedDict()

    @asynccontextmanager
    async def visit(
        self, request: HTTPConnection, may: frozenset[str], bearer_is_ours: bool = True
    ) -> AsyncIterator[Visitor]:
        """Let a request in for somebody of one of the roles `may`. Raises RefusedError.

        `bearer_is_ours`: what is shown as Authorization or x-api-key is for this server, not for an upstream.
        """
        try:
            known = await self.known(request, bearer_is_ours)
            if known.role not in may:
                raise RefusedError(403, "forbidden", f"the role {known.role} may not do this")
            self._slow_down(known, request)
        except RefusedError as refused:
            self._engine.metrics.count_for("http_refused_total", refused.kind)
            raise
        caller = self.caller(known, request)
        try:
            yield Visitor(known, caller)
        finally:
            caller.leave()

    def caller(self, known: Known, request: HTTPConnection) -> Caller:
        """A client of the engine that may do what somebody known may; leave() it."""
        host, port = request.client or ("unknown", 0)
        caller = Caller(self._engine, self._actor, f"{host}:{port}", is_local(host))
        if known.name == DEFAULT:
            caller.vouch(self._engine.house.users[DEFAULT])
        else:
            caller.vouch(account(known.role, known.name))
        return caller

    async def known(self, request: HTTPConnection, bearer_is_ours: bool = True) -> Known:
        """Who it is. Raises RefusedError: 401 for nobody."""
        shown, is_bearer = _shown(request, bearer_is_ours)
        now_s = self._now_s()
        if shown and not (is_bearer and self._is_open(request) and not self._is_ours(shown)):
            found = await self.holder(shown, request)
            return found._replace(spent=is_bearer)
        same_origin(request)
        cookie = request.cookies.get(COOKIE, "") if "cookie" in request.headers else ""
        sign_in = self._sign_ins.of(cookie, now_s) if cookie else None
        if sign_in is not None:
            changes = request.scope.get("method", "GET") not in ("GET", "HEAD")
            if changes and not csrf_fits(sign_in, request.headers.get(CSRF, "")):
                raise RefusedError(403, "forgery", f"a signed-in browser shows {CSRF}, as GET /api/session tells it")
            try:
                return (await self.holder(sign_in.key, request))._replace(csrf=sign_in.csrf)
            except RefusedError:
                self._sign_ins.end(cookie)  # or each look of an open page would count as a wrong key
                raise
        if self._is_open(request):
            _host_is_ours(request, self._engine.settings.http_host)
            return Known(DEFAULT, "admin", "")
        raise RefusedError(401, "invalid_api_key", HOW, {"www-authenticate": "Bearer"})

    def sign_in(self, key: str) -> tuple[str, str]:
        """A browser has shown a right key: its cookie's value, and what it shows with every change."""
        cookie, sign_in = self._sign_ins.begin(key, self._now_s())
        return cookie, sign_in.csrf

    def sign_out(self, request: HTTPConnection) -> None:
        """The browser's cookie stands for nothing any more."""
        self._sign_ins.end(request.cookies.get(COOKIE, ""))

    async def holder(self, shown: str, request: HTTPConnection) -> Known:
        """Whose credentials these are. Raises RefusedError; wrong ones are counted against the address."""
        host = request.client[0] if request.client else "unknown"
        failures = self._failures.get(host)
        if failures is not None and failures.wait_s(self._now_s()):
            raise _slower(failures.wait_s(self._now_s()), "too many wrong credentials came from this address")
        engine = self._engine
        if token_fits(engine.house, shown) and engine.house.users[DEFAULT].on:
            return Known(DEFAULT, "admin", "")
        why = "these credentials are not right"
        try:
            if shown.startswith(API_KEY_MARK):
                key = await self._keyring.holder(shown, engine.now_ms)
                if key is not None:
                    return Known(f"key:{key.name}", key.role, key.tenant)
            elif self._tokens.wanted and shown.count(".") == 2:
                bearer = await self._tokens.bearer(shown)
                return Known(f"jwt:{bearer.name}", bearer.role, bearer.tenant)
        except CrowdedError:
            raise _slower(1.0, "too many keys wait to be looked at") from None
        except TokenError as error:
            why = str(error)
        self._failed(host)
        raise RefusedError(401, "invalid_api_key", f"{why}; {HOW}", {"www-authenticate": "Bearer"})

    def _is_ours(self, shown: str) -> bool:
        """Does it look like something only this server gives out or believes?"""
        return shown.startswith(API_KEY_MARK) or (self._tokens.wanted and shown.count(".") == 2)

    def _is_open(self, request: HTTPConnection) -> bool:
        """No token is set, and the caller is on this machine; whoever asks for somebody else says so in the header."""
        house = self._engine.house
        if any(field in request.headers for field in ON_BEHALF):
            return False
        return not house.token and house.users[DEFAULT].on and is_local(request.client[0] if request.client else "")

    def _failed(self, host: str) -> None:
        _bucket(self._failures, host, FAILURES_MAX, FAILURES_PER_S, self._now_s()).take(self._now_s())

    def _slow_down(self, known: Known, request: HTTPConnection) -> None:
        per_minute = self._engine.settings.http_calls_per_minute
        if not per_minute:
            return
        host = request.client[0] if request.client else "unknown"
        who = (known.name, "" if known.name != DEFAULT else host)
        wait_s = _bucket(self._calls, who, per_minute, per_minute / 60, self._now_s()).take(self._now_s())
        if wait_s:
            raise _slower(wait_s, f"at most {per_minute} calls a minute are let in (http_calls_per_minute)")


@lru_cache(HOSTS_REMEMBERED_MAX)
def is_local(host: str) -> bool:
    """Is the peer on this machine?"""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _shown(request: HTTPConnection, bearer_is_ours: bool) -> tuple[str, bool]:
    """The credentials a request shows us, and whether they came in a field that is usually an upstream's."""
    for field in OUR_FIELDS:
        if request.headers.get(field):
            return request.headers[field], False
    bearer = key_of(request.headers)
    return (bearer, True) if bearer_is_ours or bearer.startswith(API_KEY_MARK) else ("", False)


def same_origin(request: HTTPConnection) -> None:
    """A page of another site must not use what a browser shows by itself, or that it is on this machine."""
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc.lower() != request.headers.get("host", "").lower():
        raise RefusedError(403, "other_origin", "pages of other sites are not served without credentials of their own")
    if request.headers.get("sec-fetch-site", "none") == "cross-site":
        raise RefusedError(403, "other_origin", "pages of other sites are not served without credentials of their own")


def _host_is_ours(request: HTTPConnection, http_host: str) -> None:
    """A name that somebody else's DNS points at this machine must not open what only this machine may use."""
    if not _is_ours(request.headers.get("host", ""), http_host):
        raise RefusedError(403, "other_host", "without credentials this server answers to localhost and 127.0.0.1 only")


@lru_cache(HOSTS_REMEMBERED_MAX)
def _is_ours(host: str, http_host: str) -> bool:
    name = (urlsplit(f"//{host}").hostname or "").lower()
    return name in LOCAL_NAMES or name == http_host.lower() or is_local(name)


def _slower(wait_s: float, why: str) -> RefusedError:
    return RefusedError(429, "rate_limit_exceeded", why, {"retry-after": str(max(1, round(wait_s + 0.5)))})


def _bucket(buckets: OrderedDict[Hashable, Bucket], key: Hashable, size: float, per_s: float, now_s: float) -> Bucket:
    found = buckets.get(key)
    if found is None:
        found = buckets[key] = Bucket(size, per_s, now_s)
        if len(buckets) > BUCKETS_MAX:
            buckets.popitem(last=False)
    return found
