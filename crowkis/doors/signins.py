"""Sign-ins of browsers: a cookie nobody can guess stands for the key that was shown once; kept in memory alone.

Whoever changes something with a cookie shows the sign-in's second secret too, which other sites cannot read (CSRF).
"""

import hmac
import secrets
from collections import OrderedDict
from hashlib import blake2b
from typing import NamedTuple

COOKIE = "crowkis_sign_in"
CSRF = "x-crowkis-csrf"
LIFE_S = 12 * 3600
SIGN_INS_MAX = 1_024


class SignIn(NamedTuple):
    """One browser that has shown a key."""

    key: str
    """What it showed: it is held against what opens the door with every request, so that a revoked key ends it."""
    csrf: str
    until_s: float


class SignIns:
    """All of them; beyond SIGN_INS_MAX the oldest one ends."""

    def __init__(self) -> None:
        self._by_digest: OrderedDict[bytes, SignIn] = OrderedDict()

    def begin(self, key: str, now_s: float) -> tuple[str, SignIn]:
        """The cookie's value and what it stands for."""
        cookie = secrets.token_urlsafe(32)
        sign_in = SignIn(key, secrets.token_urlsafe(32), now_s + LIFE_S)
        self._by_digest[_digest(cookie)] = sign_in
        if len(self._by_digest) > SIGN_INS_MAX:
            self._by_digest.popitem(last=False)
        return cookie, sign_in

    def of(self, cookie: str, now_s: float) -> SignIn | None:
        """What a cookie stands for, unless its time is up."""
        found = self._by_digest.get(_digest(cookie))
        if found is not None and found.until_s <= now_s:
            self.end(cookie)
            return None
        return found

    def end(self, cookie: str) -> None:
        """The cookie stands for nothing any more."""
        self._by_digest.pop(_digest(cookie), None)


def csrf_fits(sign_in: SignIn, shown: str) -> bool:
    """Compare in constant time."""
    return hmac.compare_digest(sign_in.csrf.encode(), shown.encode("utf-8", "surrogatepass"))


def _digest(cookie: str) -> bytes:
    return blake2b(cookie.encode("utf-8", "surrogatepass"), digest_size=32).digest()
