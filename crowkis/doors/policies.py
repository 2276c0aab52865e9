"""What the fields of a request ask of the cache, and how long an answer lives: fields first, then settings."""

from collections.abc import Mapping
from typing import NamedTuple

from crowkis.doors.bodies import malformed
from crowkis.settings import LIFETIME_S_MAX

NAMESPACE = "gateway"


class Policy(NamedTuple):
    """What a request's header asks of the cache, and whose answers it may see."""

    tenant: str
    namespace: str
    read: bool
    write: bool
    ttl_s: int
    """0: as the settings say."""
    threshold: str


def policy_of(headers: Mapping[str, str], tenant: str, stores: bool) -> Policy:
    """`stores`: the caller may store answers. Raises RefusedError."""
    mode = headers.get("x-crowkis-cache-control", "").strip().lower()
    if mode not in ("", "off", "read-only", "refresh"):
        raise malformed("x-crowkis-cache-control must be off, read-only or refresh")
    ttl, threshold = headers.get("x-crowkis-ttl", ""), headers.get("x-crowkis-threshold", "")
    if ttl and not (ttl.isdecimal() and 0 < int(ttl[:12]) <= LIFETIME_S_MAX):
        raise malformed("x-crowkis-ttl must be a whole number of seconds above 0")
    if threshold and not _is_fraction(threshold):
        raise malformed("x-crowkis-threshold must be a number from 0 to 1")
    return Policy(
        tenant=tenant, namespace=headers.get("x-crowkis-namespace", NAMESPACE), read=mode in ("", "read-only"),
        write=stores and mode in ("", "refresh"), ttl_s=int(ttl or 0), threshold=threshold,
    )  # fmt: skip


def told_life_s(lifetimes: Mapping[str, int], policy: Policy, path: str, model: str) -> int | None:
    """How long the request, else gateway_ttls, says that an answer is good for, 0: no end; None: neither says it.

    A model's lifetime goes before a path's, the longest beginning of its name before a shorter one.
    """
    if policy.ttl_s:
        return policy.ttl_s
    fitting = [name for name in lifetimes if name.endswith("*") and model.startswith(name[:-1])]
    return lifetimes[max(fitting, key=len)] if fitting else lifetimes.get(path)


def _is_fraction(text: str) -> bool:
    try:
        return 0.0 <= float(text) <= 1.0
    except ValueError:
        return False
