"""Upstreams over HTTP, asked in their order: retries with back-off, then the next one; one that keeps failing rests.

What an upstream answers is passed on as it came, errors included; UpstreamError is raised only where none answered.
Never logs and never keeps what is sent; the key goes to the configured hosts alone, no redirect is followed.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from http import HTTPStatus
from urllib.request import getproxies, proxy_bypass

import aiohttp
import httpx
from yarl import URL

from crowkis.upstream.health import Health

RETRIED = frozenset({408, 429, 500, 502, 503, 504, 529})
"""Answers that may be another one a moment later."""
CREDENTIALS = frozenset(("authorization", "x-api-key"))
BACK_OFF_S = 0.25
RETRY_AFTER_S_MAX = 5.0
"""An upstream that asks to wait longer is not waited for."""
CONNECT_S = 10.0
CONNECTIONS_MAX = 2_048
IDLE_S_MAX = 15.0
"""A connection kept for longer may be closed on the other side just when it is used again."""
FIELD_BYTES_MAX = 64 * 1024
"""Of an answer's status line, and of one header field."""
ADDED_BY_ITSELF = ("accept", "accept-encoding", "content-type", "user-agent")
"""What the client library would add to the caller's fields."""
BROKEN = (aiohttp.ClientError, OSError, TimeoutError)
"""What can go wrong on the way."""


class UpstreamError(Exception):
    """No upstream answered; the text names hosts and kinds of failure only."""


class Upstream:
    """One server: where it is and how it has been."""

    def __init__(self, url: str) -> None:
        """Raises ValueError where `url` cannot be one."""
        parsed = httpx.URL(url)
        if parsed.scheme not in ("http", "https") or not parsed.host:
            raise ValueError(f"an upstream must be an http:// or https:// address, not {url!r}")
        if parsed.userinfo:
            raise ValueError("an upstream's address must not hold a password: set gateway_key instead")
        path = parsed.path.rstrip("/").removesuffix("/v1")
        self.base = str(parsed.copy_with(path=path, query=None, fragment=None)).rstrip("/")
        self.host = parsed.netloc.decode("ascii")
        self.proxy = None if proxy_bypass(parsed.host) else getproxies().get(parsed.scheme)
        """As the environment says."""
        self.health = Health()


class Answer:
    """What an upstream has answered: the head is there, the body still to be read."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._response = response
        self.status_code = response.status
        self.headers: dict[str, str] = {}
        """Names in small letters; what came several times stands in one value, between commas."""
        for raw_name, raw_value in response.raw_headers:
            name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
            self.headers[name] = f"{self.headers[name]}, {value}" if name in self.headers else value

    async def aiter_bytes(self) -> AsyncGenerator[bytes, None]:
        """The body as it comes. Raises one of BROKEN."""
        async for data in self._response.content.iter_any():
            yield data

    async def aread(self) -> bytes:
        """All of the body. Raises one of BROKEN."""
        return await self._response.read()

    def close(self) -> None:
        """Where the body has not been read to its end, the connection is closed with it."""
        self._response.close()


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
        https = any(upstream.base.startswith("https:") for upstream in self._all)
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=CONNECTIONS_MAX, keepalive_timeout=IDLE_S_MAX, ssl=httpx.create_ssl_context() if https else True
            ),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=min(CONNECT_S, timeout_s), sock_read=timeout_s),
            cookie_jar=aiohttp.DummyCookieJar(),
            skip_auto_headers=ADDED_BY_ITSELF,
            max_line_size=FIELD_BYTES_MAX,
            max_field_size=FIELD_BYTES_MAX,
        )

    @asynccontextmanager
    async def ask(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> AsyncIterator[Answer]:
        """The answer to a request, its body still to be read. `path` is as it goes over the wire, query included.

        Raises UpstreamError; one of BROKEN while reading.
        """
        answer = await self._first_answer(method, path, self._with_key(headers), body)
        try:
            yield answer
        finally:
            answer.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._session.close()

    @property
    def has_key(self) -> bool:
        """The caller's own credentials stay here."""
        return bool(self._key)

    def resting(self) -> dict[str, float]:
        """1 for each that keeps failing, by host."""
        return {upstream.host: float(upstream.health.is_ill) for upstream in self._all}

    def _with_key(self, headers: Mapping[str, str]) -> dict[str, str]:
        if self._key:
            headers = {name: value for name, value in headers.items() if name not in CREDENTIALS} | dict(self._key)
        return {name: value if value.isascii() else _as_it_came(value) for name, value in headers.items()}

    async def _first_answer(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        last: Answer | None = None
        told: list[str] = []
        for upstream in self._awake():
            for attempt in range(self._retries + 1):
                try:
                    answer = await self._once(upstream, method, path, headers, body)
                except BROKEN as error:
                    told.append(f"{upstream.host}: {type(error).__name__}")
                    self._note(upstream, type(error).__name__, True)
                    pause_s: float | None = BACK_OFF_S * 2**attempt
                else:
                    if last is not None:
                        last.close()
                    if answer.status_code not in RETRIED:
                        upstream.health.well()
                        return answer
                    self._note(
                        upstream, str(answer.status_code), answer.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR
                    )
                    last, pause_s = answer, _pause_s(answer, attempt)
                if attempt == self._retries or pause_s is None or upstream.health.is_ill:
                    break
                try:
                    await asyncio.sleep(pause_s)
                except asyncio.CancelledError:
                    if last is not None:
                        last.close()
                    raise
        if last is not None:
            return last
        raise UpstreamError("no upstream answered: " + ("; ".join(told) or "none is configured"))

    async def _once(
        self, upstream: Upstream, method: str, path: str, headers: Mapping[str, str], body: bytes
    ) -> Answer:
        upstream.health.begin()
        try:
            return Answer(
                await self._session.request(
                    method, URL(upstream.base + path, encoded=True), headers=headers, data=body or None,
                    allow_redirects=False, proxy=upstream.proxy,
                )
            )  # fmt: skip
        except BaseException:
            upstream.health.given_up()
            raise

    def _awake(self) -> list[Upstream]:
        """Those that do not rest, in their order; all where all rest."""
        awake = [upstream for upstream in self._all if upstream.health.may_be_asked(self._now_s())]
        return awake or self._all

    def _note(self, upstream: Upstream, kind: str, is_ill: bool) -> None:
        """A caller that has asked too often (429) says nothing of how the upstream is."""
        self._failed(kind)
        if is_ill:
            upstream.health.ill(self._now_s())
        else:
            upstream.health.given_up()


def _as_it_came(value: str) -> str:
    """The bytes of a field were read as Latin-1 and will be written as UTF-8."""
    with suppress(UnicodeError):
        return value.encode("latin-1").decode()
    return value


def _pause_s(answer: Answer, attempt: int) -> float | None:
    """How long to wait before asking again; None: not at all."""
    told = answer.headers.get("retry-after", "")
    try:
        pause_s = float(told) if told else BACK_OFF_S * 2**attempt
    except ValueError:
        pause_s = BACK_OFF_S * 2**attempt
    return pause_s if 0.0 <= pause_s <= RETRY_AFTER_S_MAX else None
