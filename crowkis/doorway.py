"""Builds the HTTP door: who is let in, what is offered, and the upstreams behind the gateway. Decides nothing."""

import asyncio
import time
from collections.abc import Callable

from starlette.routing import Route

from crowkis.doors import apikeys, kv, rest
from crowkis.doors.endpoints import Endpoint, routes_of
from crowkis.doors.gateway import Gateway
from crowkis.doors.guests import Guests
from crowkis.doors.http import HttpDoor
from crowkis.doors.keyring import Keyring
from crowkis.doors.langcache import LangCache
from crowkis.doors.openapi import Document
from crowkis.doors.sessions import Sessions
from crowkis.doors.tokens import Tokens
from crowkis.engine.actor import Actor
from crowkis.engine.engine import Engine
from crowkis.upstream.pool import Upstreams


class Doorway:
    """One HTTP door. Its clients of upstreams belong to the running loop, so nothing is built before open()."""

    def __init__(self, engine: Engine, actor: Actor, keyring: Keyring, log: Callable[..., None]) -> None:
        self._engine = engine
        self._log = log
        tokens = Tokens(engine.settings, time.monotonic, log)
        self._guests = Guests(engine, actor, keyring, tokens, time.monotonic)
        self._http: HttpDoor | None = None
        self._gateway: Gateway | None = None

    async def open(self, resp_port: int, loop: asyncio.AbstractEventLoop) -> int:
        """Start listening; tells the port. Raises OSError."""
        settings = self._engine.settings
        self._gateway = self._new_gateway()
        routes = [*self._routes(), *LangCache(self._guests).routes(), *self._gateway.routes()]
        origins = [origin.strip() for origin in settings.http_origins.split(",") if origin.strip()]
        metrics = self._engine.metrics
        self._http = HttpDoor(
            routes, origins=origins, count=lambda kind: metrics.count_for("http_refused_total", kind)
        )  # fmt: skip
        port = settings.http_port
        if port < 0:
            port = resp_port + 1 if settings.bind_port else 0
        return await self._http.listen(settings.http_host, port, loop)

    async def close(self) -> None:
        """Stop listening and end what is going on."""
        if self._http is not None:
            await self._http.close()
        if self._gateway is not None:
            await self._gateway.close()

    def endpoints(self) -> tuple[Endpoint, ...]:
        """What is offered besides the gateway and LangCache's surface."""
        figures, sessions = rest.Figures(self._engine), Sessions(self._guests)
        return (*kv.ENDPOINTS, *rest.ENDPOINTS, *figures.endpoints(), *apikeys.ENDPOINTS, *sessions.endpoints())

    def _routes(self) -> list[Route]:
        endpoints = self.endpoints()
        return routes_of((*endpoints, *Document(endpoints).endpoints()), self._guests)

    def _new_gateway(self) -> Gateway:
        settings = self._engine.settings
        key, other_key = settings.gateway_key, settings.gateway_anthropic_key
        return Gateway(
            self._engine, self._guests,
            self._upstreams(settings.gateway_upstreams, {"authorization": f"Bearer {key}"} if key else {}),
            self._upstreams(settings.gateway_anthropic_upstreams, {"x-api-key": other_key} if other_key else {}),
            self._log,
        )  # fmt: skip

    def _upstreams(self, addresses: str, key: dict[str, str]) -> Upstreams:
        settings, metrics = self._engine.settings, self._engine.metrics
        return Upstreams(
            addresses.split(","), key, settings.gateway_timeout_ms / 1000, settings.gateway_retries, time.monotonic,
            lambda kind: metrics.count_for("upstream_failures_total", kind),
        )  # fmt: skip
