"""Upstreams over HTTP, asked in their order: retries with back-off, then the next one; one that keeps failing rests.

What an upstream answers is passed on as it came, errors included; UpstreamError is raised only where none answered.
Never logs and never keeps what is sent; the key goes to the configured hosts alone, no redirect is followed.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager

import httpx

RETRIED = frozenset({408, 429, 500, 502, 503, 504, 529})
"""Answers that may be another one a moment later."""
CREDENTIALS = frozenset(("authorization", "x-api-key"))
BACK_OFF_S = 0.25
RETRY_AFTER_S_MAX = 5.0
"""An upstream that asks to wait longer is not waited for."""
FAILURES_MAX = 5
"""So many in a row, and it rests while others are there to ask."""
REST_S = 15.0
CONNECT_S = 10.0
CONNECTIONS_MAX = 2_048


class UpstreamError(Exception):
    """No upstream answered; the text names hosts and kinds of failure only."""


class Upstream:
    """One server: where it is and how it has been."""

    def __init__(self, url: str) -> None:
        """Raises ValueError where `url` cannot be one."""
        parsed = httpx.URL(url)
        if parsed.scheme not in ("http", "https") or not parsed.host:
            raise ValueError(f"an upstream must be an http:// or https:// address, not {url!r}")
        path = parsed.path.rstrip("/").removesuffix("/v1")
        self.base = str(parsed.copy_with(path=path, query=None, fragment=None)).rstrip("/")
        self.host = parsed.netloc.decode("ascii")
        self.failures = 0
        """In a row."""
        self.rests_until_s = 0.0


class Upstreams:
    """All that can answer the same requests."""

    def __init__(
        self,
        urls: Sequence[str],
        key: Mapping[str, str],
        timeout_s: float,
        retries: int,
        now_s: Callable[[], float],
        failed: Callable[[str], None],
    ) -> None:
        """`key`: fields that take the place of the caller's credentials; `failed` hears the kind of each failure."""
        self._all = [Upstream(url) for url in urls]
        self._key = key
        self._retries = retries
        self._now_s = now_s
        self._failed = failed
        timeout = httpx.Timeout(timeout_s, connect=min(CONNECT_S, timeout_s), pool=timeout_s)
        limits = httpx.Limits(max_connections=CONNECTIONS_MAX, max_keepalive_connections=CONNECTIONS_MAX)
        self._client = httpx.AsyncClient(timeout=timeout, limits=limits, follow_redirects=False)

    @asynccontextmanager
    async def ask(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes
    ) -> AsyncIterator[httpx.Response]:
        """The answer to a request, its body still to be read. Raises UpstreamError; httpx.HTTPError while reading."""
        response = await self._first_answer(method, path, self._with_key(headers), body)
        try:
            yield response
        finally:
            await _let_go(response)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    @property
    def has_key(self) -> bool:
        """The caller's own credentials stay here."""
        return bool(self._key)

    def _with_key(self, headers: Mapping[str, str]) -> dict[str, str]:
        if not self._key:
            return dict(headers)
        return {name: value for name, value in headers.items() if name not in CREDENTIALS} | dict(self._key)

    async def _first_answer(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> httpx.Response:
        last: httpx.Response | None = None
        told: list[str] = []
        for upstream in self._awake():
            for attempt in range(self._retries + 1):
                request = self._client.build_request(method, upstream.base + path, headers=headers, content=body)
                try:
                    response = await self._client.send(request, stream=True)
                except (httpx.HTTPError, OSError) as error:
                    told.append(f"{upstream.host}: {type(error).__name__}")
                    self._note(upstream, type(error).__name__)
                    pause_s: float | None = BACK_OFF_S * 2**attempt
                else:
                    if response.status_code not in RETRIED:
                        upstream.failures = 0
                        return await _instead_of(last, response)
                    self._note(upstream, str(response.status_code))
                    last = await _instead_of(last, response)
                    pause_s = _pause_s(response, attempt)
                if attempt == self._retries or pause_s is None or upstream.failures >= FAILURES_MAX:
                    break
                await asyncio.sleep(pause_s)
        if last is not None:
            return last
        raise UpstreamError("no upstream answered: " + ("; ".join(told) or "none is configured"))

    def _awake(self) -> list[Upstream]:
        """Those that do not rest, in their order; all where all rest."""
        awake = [upstream for upstream in self._all if upstream.rests_until_s <= self._now_s()]
        return awake or self._all

    def _note(self, upstream: Upstream, kind: str) -> None:
        self._failed(kind)
        upstream.failures += 1
        if upstream.failures >= FAILURES_MAX:
            upstream.rests_until_s = self._now_s() + REST_S


async def _instead_of(last: httpx.Response | None, response: httpx.Response) -> httpx.Response:
    if last is not None:
        await _let_go(last)
    return response


async def _let_go(response: httpx.Response) -> None:
    """Close it and cut the circle it makes with its stream, which nobody would look for (decision 0020)."""
    await response.aclose()
    response.stream = httpx.ByteStream(b"")


def _pause_s(response: httpx.Response, attempt: int) -> float | None:
    """How long to wait before asking again; None: not at all."""
    told = response.headers.get("retry-after", "")
    try:
        pause_s = float(told) if told else BACK_OFF_S * 2**attempt
    except ValueError:
        pause_s = BACK_OFF_S * 2**attempt
    return pause_s if 0.0 <= pause_s <= RETRY_AFTER_S_MAX else None
