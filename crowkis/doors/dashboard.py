"""The dashboard's page and what it is made of: files of this package, the same for everybody. It shows no figures.

The page asks /api for those, as every client does. It may load and reach nothing but this server.
"""

import json
from collections.abc import Awaitable, Callable
from hashlib import blake2b
from importlib.resources import files

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from crowkis.values.verdict import REASONS

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)
HEADERS = {
    "content-security-policy": POLICY, "x-content-type-options": "nosniff", "x-frame-options": "DENY",
    "referrer-policy": "no-referrer", "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin", "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "cache-control": "no-cache",
}  # fmt: skip
PAGES = {
    "/": ("dashboard.html", "text/html"),
    "/dashboard.css": ("dashboard.css", "text/css"),
    "/dashboard.js": ("dashboard.js", "text/javascript"),
    "/dashboard.svg": ("dashboard.svg", "image/svg+xml"),
}
"""By path: the file in doors/pages, and its type."""


class Dashboard:
    """Reads the files once."""

    def routes(self) -> list[Route]:
        """For the HTTP door."""
        directory = files("crowkis") / "doors" / "pages"
        pages = [Route(path, _page((directory / name).read_bytes(), kind)) for path, (name, kind) in PAGES.items()]
        reasons = {row.id: {"gate": row.gate, "meaning": row.meaning} for row in REASONS}
        return [*pages, Route("/dashboard.json", _page(json.dumps(reasons).encode(), "application/json"))]


def _page(body: bytes, kind: str) -> Callable[[Request], Awaitable[Response]]:
    tag = f'"{blake2b(body, digest_size=12).hexdigest()}"'

    async def endpoint(request: Request) -> Response:
        headers = {**HEADERS, "etag": tag}
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers=headers)
        return Response(body, headers=headers, media_type=kind)

    return endpoint
