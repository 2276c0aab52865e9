"""Builds the HTTP door: who is let in, what is offered, and the upstreams behind the gateway. Decides nothing."""

import asyncio
import time
from collections.abc import Callable

from starlette.routing import Route

from crowkis.doors import apikeys, kv, rest
from crowkis.doors.dashboard import Dashboard
from crowkis.doors.endpoints import Endpoint, routes_of
from crowkis.doors.gateway import Gateway
from crowkis.doors.guests import Guests
from crowkis.doors.http import HttpDoor
from crowkis.doors.keyring import Keyring
from crowkis.doors.langcache import LangCache
from crowkis.doors.live import Live
from crowkis.doors.openapi import Document
from crowkis.doors.sessions import Sessions
from crowkis.doors.tokens import Tokens
from crowkis.engine.actor import Actor
from crowkis.engine.engine import Engine
from crowkis.upstream.pool import Upstreams
from crowkis.upstream.prices import Prices, load
from crowkis.upstream.saved import Saved, SavedCall
from crowkis.upstream.webhook import Webhook


class Doorway:
    """One HTTP door. Its clients of upstreams belong to the running loop, so nothing is built before open()."""

    def __init__(self, engine: Engine, actor: Actor, keyring: Keyring, log: Callable[..., None]) -> None:
        self._engine = engine
        self._log = log
        tokens = Tokens(engine.settings, time.monotonic, log)
        self._guests = Guests(engine, actor, keyring, tokens, time.monotonic)
        self._live = Live(engine, self._guests)
        self._http: HttpDoor | None = None
        self._gateway: Gateway | None = None

    async def open(self, resp_port: int, loop: asyncio.AbstractEventLoop) -> int:
        """Start listening; tells the port. Raises OSError."""
        settings = self._engine.settings
        self._gateway = self._new_gateway()
        pages = (*Dashboard().routes(), *self._live.routes())
        routes = [*pages, *self._routes(), *LangCache(self._guests).routes(), *self._gateway.routes()]
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
        return (
            *kv.ENDPOINTS,
            *rest.ENDPOINTS,
            *figures.endpoints(),
            *apikeys.ENDPOINTS,
            *sessions.endpoints(),
            *self._live.endpoints(),
        )

    def _routes(self) -> list[Route]:
        endpoints = self.endpoints()
        return routes_of((*endpoints, *Document(endpoints).endpoints()), self._guests)

    def _new_gateway(self) -> Gateway:
        settings = self._engine.settings
        prices = load(settings.gateway_prices)  # before there is anything to close
        if settings.gateway_prices:
            self._log("prices", file=settings.gateway_prices, date=prices.day, models=len(prices))
        key, other_key = settings.gateway_key, settings.gateway_anthropic_key
        openai = self._upstreams(settings.gateway_upstreams, {"authorization": f"Bearer {key}"} if key else {})
        anthropic = self._upstreams(settings.gateway_anthropic_upstreams, {"x-api-key": other_key} if other_key else {})
        resting = self._engine.metrics.split_sources
        resting["upstream_resting"] = lambda: openai.resting() | anthropic.resting()
        return Gateway(self._engine, self._guests, openai, anthropic, self._saved(prices), self._log)

    def _saved(self, prices: Prices) -> Saved:
        engine, settings, metrics = self._engine, self._engine.settings, self._engine.metrics
        webhook = None
        if settings.gateway_webhook:
            webhook = Webhook(
                settings.gateway_webhook, settings.gateway_webhook_key, engine.run_id,
                lambda result, by: metrics.count_for("gateway_webhook_events_total", result, by),
                lambda why, by: self._log("webhook failed", level="warning", why=why, dropped=by),
            )  # fmt: skip

        def tell(call: SavedCall) -> None:
            if settings.gateway_log_saved:
                told = {name: value for name, value in call._asdict().items() if name != "at_ms"}
                self._log("saved call", **told)

        return Saved(metrics, prices, webhook, tell, lambda: engine.now_ms)

    def _upstreams(self, addresses: str, key: dict[str, str]) -> Upstreams:
        settings, metrics = self._engine.settings, self._engine.metrics
        return Upstreams(
            addresses.split(","), key, settings.gateway_timeout_ms / 1000, settings.gateway_retries, time.monotonic,
            lambda kind: metrics.count_for("upstream_failures_total", kind),
        )  # fmt: skip
