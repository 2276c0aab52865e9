"""An embedder over HTTP: any server with OpenAI's POST /v1/embeddings.

A call fails within `timeout_ms`, is never repeated here, and after a few failures in a row none is made for a while
(breaker.py): whoever asked goes on without a vector. Errors name the host and a status code.
Never puts the key, the texts or what the server said into an error; never follows a redirect with the key.
"""

import hashlib
import json
import time
from collections.abc import Callable, Sequence
from typing import Any

import httpx
import numpy as np

from crowkis.embed.breaker import Breaker, State
from crowkis.interfaces import EmbedderError, TextRefusedError
from crowkis.values.limits import KIB, MIB, VECTOR_DIMENSION_MAX
from crowkis.values.vector import Vector

PATH = "/v1/embeddings"
LOOPBACK_HOSTS = ("127.0.0.1", "localhost", "::1")
TEXT_AT_FAULT = (400, 413, 422)
"""Answers that blame what was sent: the server is up, so they do not count against it."""
NUMBER_BYTES_MAX = 32
REPLY_BYTES_MAX = 64 * MIB
REPLY_BYTES_SPARE = 64 * KIB
CONNECTIONS_MAX = 64


class RemoteEmbedder:
    """interfaces.Embedder over HTTP. embed() may be called from several threads at once."""

    def __init__(
        self,
        url: str,
        model: str,
        dimension: int,
        key: str = "",
        batch_texts_max: int = 32,
        timeout_ms: int = 5_000,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        """Prepare to ask; no connection is made. Raises EmbedderError where `url` or `dimension` cannot be right."""
        self._url = embeddings_url(url)
        if not 1 <= dimension <= VECTOR_DIMENSION_MAX:
            raise EmbedderError(f"the dimension must lie between 1 and {VECTOR_DIMENSION_MAX}, not {dimension}")
        if not (key.isascii() and key.isprintable()):
            raise EmbedderError("the embedder's key may hold printable ASCII characters only")
        self._host = self._url.netloc.decode("ascii")
        self._model = model
        self._timeout_s = timeout_ms / 1_000
        self._monotonic_s = monotonic_s
        self._breaker = Breaker(monotonic_s)
        self.name = f"{model} at {self._host}"
        self.dimension = dimension
        self.batch_texts_max = batch_texts_max
        self.fingerprint = fingerprint(self._host, model, dimension)
        self._client = httpx.Client(
            headers={"Authorization": f"Bearer {key}"} if key else {},
            timeout=self._timeout_s,
            limits=httpx.Limits(max_connections=CONNECTIONS_MAX),
            trust_env=self._url.host not in LOOPBACK_HOSTS,  # proxies do not lead to this machine
        )

    @property
    def breaker_state(self) -> State:
        """For INFO: closed (all is well), open (not asking for a while) or half-open (about to try again)."""
        return self._breaker.state

    def embed(self, texts: Sequence[str]) -> list[Vector]:
        """One unit vector per text from one call. Raises EmbedderError, at once while the breaker is open."""
        if not texts:
            return []
        if not self._breaker.permits():
            raise EmbedderError(f"{self._host} failed repeatedly and is not asked for a while")
        try:
            status, reply = self._post(texts)
            if status in TEXT_AT_FAULT:
                self._breaker.succeeded()
                raise TextRefusedError(f"{self._host} refused the text with status {status}")
            if status != httpx.codes.OK:
                raise EmbedderError(f"{self._host} answered with status {status}")
            vectors = self._vectors(reply, len(texts))
        except TextRefusedError:
            raise
        except EmbedderError:
            self._breaker.failed()
            raise
        self._breaker.succeeded()
        return vectors

    def close(self) -> None:
        """Close the connections; later calls raise EmbedderError."""
        self._client.close()

    def _post(self, texts: Sequence[str]) -> tuple[int, bytes]:
        """The status and, where it is 200, the body.

        Connecting, sending and the first byte may each take the time limit; a body that drips in, no longer in all.
        """
        end_s = self._monotonic_s() + self._timeout_s
        size_max = min(REPLY_BYTES_MAX, len(texts) * self.dimension * NUMBER_BYTES_MAX + REPLY_BYTES_SPARE)
        body = {"model": self._model, "input": list(texts), "encoding_format": "float"}
        reply = bytearray()
        try:
            content = json.dumps(body).encode()
            headers = {"Content-Type": "application/json"}
            with self._client.stream("POST", self._url, content=content, headers=headers) as response:
                for piece in response.iter_bytes() if response.status_code == httpx.codes.OK else ():
                    reply += piece
                    if len(reply) > size_max:
                        raise EmbedderError(f"{self._host} sent more than {size_max} bytes for {len(texts)} texts")
                    if self._monotonic_s() > end_s:
                        raise httpx.ReadTimeout("the whole call took too long")
            response.stream = httpx.ByteStream(b"")  # or the two would keep each other (decision 0020)
        except httpx.TimeoutException:
            raise EmbedderError(f"{self._host} did not answer within {self._timeout_s:g} s") from None
        except (httpx.HTTPError, RuntimeError, OSError) as error:  # RuntimeError: the client is closed
            raise EmbedderError(f"{self._host} cannot be reached ({type(error).__name__})") from None
        return response.status_code, bytes(reply)

    def _vectors(self, reply: bytes, count: int) -> list[Vector]:
        """The vectors of a reply in the order of their `index`, checked and brought to unit length."""
        try:
            rows = json.loads(reply)["data"]
            by_index: dict[Any, Any] = {row["index"]: row["embedding"] for row in rows}
            ordered = [by_index[index] for index in range(count)]
            if len(rows) != count:
                raise ValueError("too many")
        except (ValueError, KeyError, TypeError, RecursionError):
            raise EmbedderError(f"{self._host} did not answer with one embedding per text") from None
        return [self._vector(row) for row in ordered]

    def _vector(self, numbers: Any) -> Vector:
        try:
            vector = np.asarray(numbers, np.float64)
        except (ValueError, TypeError, OverflowError):
            raise EmbedderError(f"{self._host} sent an embedding that is not a list of numbers") from None
        if vector.shape != (self.dimension,):
            found = vector.shape[0] if vector.ndim == 1 else f"{vector.ndim}-dimensional"
            raise EmbedderError(
                f"{self._host} sent {found} numbers per embedding where {self.dimension} are configured"
            )
        length = float(np.linalg.norm(vector))
        if not np.isfinite(length) or not length:
            raise EmbedderError(f"{self._host} sent an embedding without direction (zero or not finite)")
        return (vector / length).astype(np.float32)


def embeddings_url(url: str) -> httpx.URL:
    """The full address: `url` may be a server, its /v1, or the whole path. User names in it are dropped."""
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL:
        raise EmbedderError("the embedder's URL cannot be read") from None
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise EmbedderError("the embedder's URL must start with http:// or https:// and name a host")
    path = parsed.path.rstrip("/")
    if path.endswith("/v1"):
        path += "/embeddings"
    elif not path.endswith("/embeddings"):
        path += PATH
    return parsed.copy_with(path=path, userinfo=b"")


def fingerprint(host: str, model: str, dimension: int) -> str:
    """Names the vector space by who makes the vectors; the key plays no part."""
    digest = hashlib.sha256(json.dumps([host, model, dimension]).encode()).hexdigest()
    return f"remote-{dimension}-{digest[:32]}"
