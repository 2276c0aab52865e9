"""Header fields of HTTP that a gateway passes on, and those it keeps to itself."""

from collections.abc import Mapping

HOP_BY_HOP = frozenset(
    ("connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer", "transfer-encoding",
     "upgrade", "host", "content-length", "content-encoding", "accept-encoding", "expect")
)  # fmt: skip
"""Fields of one connection (RFC 9110, section 7.6.1), and those whoever sends the message on sets itself."""
OURS = "x-crowkis-"


def forwarded(headers: Mapping[str, str]) -> dict[str, str]:
    """What an upstream is sent of a request's fields; the answer is to come unpacked, for it is read on its way."""
    return {**_passed_on(headers), "accept-encoding": "identity"}


def returned(headers: Mapping[str, str]) -> dict[str, str]:
    """What a caller is sent of an upstream's fields."""
    return {name: value for name, value in _passed_on(headers).items() if name != "x-cache-match"}


def key_of(headers: Mapping[str, str]) -> str:
    """The API key a caller shows: a bearer (RFC 6750, section 2.1), or Anthropic's x-api-key; empty: none."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else headers.get("x-api-key", "")


def _passed_on(headers: Mapping[str, str]) -> dict[str, str]:
    named = {name.strip().lower() for name in headers.get("connection", "").split(",")}
    kept_back = HOP_BY_HOP | named
    return {name: value for name, value in headers.items() if name not in kept_back and not name.startswith(OURS)}
