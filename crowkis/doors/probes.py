"""The probe port: is it alive, is it ready, what does it count. No prompt, answer or key is ever shown here.

/livez and /readyz need no credentials; /metrics beyond this machine needs the token as a bearer.
"""

import asyncio
import hmac

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from crowkis.doors.guests import is_local
from crowkis.engine.actor import Actor
from crowkis.engine.engine import Engine

ROUND_TRIP_S_MAX = 2.0
"""An actor that takes longer to answer is not alive."""


class Probes:
    """What /livez, /readyz, /health (same as /livez) and /metrics answer."""

    def __init__(self, engine: Engine, actor: Actor) -> None:
        self._engine = engine
        self._actor = actor
        self._registry = CollectorRegistry()
        self._registry.register(engine.metrics)

    def routes(self) -> list[Route]:
        """For the HTTP door."""
        return [
            Route("/livez", self._livez),
            Route("/health", self._livez),
            Route("/readyz", self._readyz),
            Route("/metrics", self._metrics),
        ]

    async def _livez(self, request: Request) -> Response:
        try:
            await asyncio.wait_for(self._actor.round_trip(), ROUND_TRIP_S_MAX)
        except TimeoutError:
            return JSONResponse({"status": "degraded"}, 503)
        return JSONResponse({"status": self._engine.house.status})

    async def _readyz(self, request: Request) -> Response:
        house = self._engine.house
        if house.loaded:
            return JSONResponse({"status": self._engine.house.status})
        return JSONResponse({"status": self._engine.house.status, **house.progress._asdict()}, 503)

    async def _metrics(self, request: Request) -> Response:
        token = self._engine.house.token
        shown = request.headers.get("authorization", "").removeprefix("Bearer ")
        known = bool(token) and hmac.compare_digest(token.encode(), shown.encode())
        if not known and not is_local(request.client.host if request.client else ""):
            return PlainTextResponse("metrics beyond this machine need the token: Authorization: Bearer ...\n", 401)
        return Response(generate_latest(self._registry), media_type=CONTENT_TYPE_LATEST)
