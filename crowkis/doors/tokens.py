"""JSON Web Tokens (RFC 7519) against a JSON Web Key Set (RFC 7517), from a URL or a file; PyJWT does the cryptography.

Only signatures with a public key are believed, by the algorithm of the key and not of the token: no "none", no HMAC.
What a token says about where its key lies (jku, x5u, jwk) is not looked at. A set is read again when it is old, and
when a token names a key it does not have, but not more often than every REREAD_S; while it cannot be read, the old one
holds.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import jwt

from crowkis.commands.args import is_tenant
from crowkis.settings import Settings
from crowkis.values.access import ROLES

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
FAMILIES = {"RSA": ("RS", "PS"), "EC": ("ES",), "OKP": ("Ed",)}
"""Which algorithms a kind of key can have made; symmetric keys (oct) are none of ours."""
OLD_S = 600.0
REREAD_S = 30.0
FETCH_S_MAX = 5.0
SET_BYTES_MAX = 1 << 20
TOKEN_CHARS_MAX = 16 * 1024
LEEWAY_S = 30
"""Clocks differ so much."""


class TokenError(Exception):
    """The token is not believed; the text says why, without showing it."""


class Bearer(NamedTuple):
    """Whom a token names."""

    name: str
    role: str
    tenant: str
    """Empty: everybody's."""


class Tokens:
    """Believes tokens that fit the settings; nothing while jwt_jwks is empty."""

    def __init__(self, settings: Settings, monotonic_s: Callable[[], float], log: Callable[..., None]) -> None:
        self._settings = settings
        self._now_s = monotonic_s
        self._log = log
        self._keys: list[jwt.PyJWK] = []
        self._read_s = self._tried_s = float("-inf")
        self._reading = asyncio.Lock()

    @property
    def wanted(self) -> bool:
        """Are tokens believed at all?"""
        return bool(self._settings.jwt_jwks)

    async def bearer(self, token: str) -> Bearer:
        """Whom a token names. Raises TokenError."""
        if len(token) > TOKEN_CHARS_MAX:
            raise TokenError("the token is too long")
        try:
            head = jwt.get_unverified_header(token)
        except jwt.PyJWTError:
            raise TokenError("this is no JSON Web Token") from None
        algorithm = head.get("alg")
        if algorithm not in ALGORITHMS:
            raise TokenError("the token's algorithm is not one of those with a public key")
        key = await self._key(head.get("kid"), str(algorithm))
        return self._bearer(self._claims(token, key, str(algorithm)))

    def _claims(self, token: str, key: jwt.PyJWK, algorithm: str) -> dict[str, Any]:
        settings = self._settings
        try:
            return jwt.decode(
                token, key.key, algorithms=[algorithm], audience=settings.jwt_audience,
                issuer=settings.jwt_issuer or None, leeway=LEEWAY_S, options={"require": ["exp", "aud"]},
            )  # fmt: skip
        except jwt.ExpiredSignatureError:
            raise TokenError("the token has expired") from None
        except jwt.InvalidAudienceError:
            raise TokenError("the token is for somebody else (aud)") from None
        except jwt.InvalidIssuerError:
            raise TokenError("the token is from somebody else (iss)") from None
        except jwt.MissingRequiredClaimError as error:
            raise TokenError(f"the token lacks the claim {error.claim}") from None
        except (jwt.PyJWTError, ValueError, TypeError):
            raise TokenError("the token's signature or claims do not hold") from None

    def _bearer(self, claims: dict[str, Any]) -> Bearer:
        settings = self._settings
        tenant = ""
        if settings.jwt_tenant_claim:
            told = claims.get(settings.jwt_tenant_claim)
            tenant = told if isinstance(told, str) else ""
            if not is_tenant(tenant):
                raise TokenError(f"the token's claim {settings.jwt_tenant_claim} names no tenant")
        role = claims.get(settings.jwt_role_claim, settings.jwt_role) if settings.jwt_role_claim else settings.jwt_role
        if role not in ROLES:
            raise TokenError(f"the token's claim {settings.jwt_role_claim} must be one of {', '.join(ROLES)}")
        name = claims.get("sub")
        return Bearer(name if isinstance(name, str) else "", str(role), tenant)

    async def _key(self, kid: Any, algorithm: str) -> jwt.PyJWK:
        """The key a token names; without a name, the only one that fits. Raises TokenError."""
        if self._now_s() - self._read_s > OLD_S:
            await self._reread()
        found = self._named(kid, algorithm)
        if found is None:
            await self._reread()
            found = self._named(kid, algorithm)
        if found is None:
            raise TokenError("the token names no key of the set (kid)" if self._keys else "no key set can be read")
        return found

    def _named(self, kid: Any, algorithm: str) -> jwt.PyJWK | None:
        fitting = [key for key in self._keys if (key.key_id == kid or kid is None) and _can_have_made(key, algorithm)]
        return fitting[0] if fitting and (kid is not None or len(fitting) == 1) else None

    async def _reread(self) -> None:
        async with self._reading:
            if self._now_s() - self._tried_s < REREAD_S:
                return
            self._tried_s = self._now_s()
            try:
                self._keys = await _read(self._settings.jwt_jwks)
                self._read_s = self._now_s()
            except (OSError, ValueError, httpx.HTTPError, jwt.PyJWTError, TypeError, AttributeError) as error:
                self._log("key set not read", level="warning", error=type(error).__name__, effect="the old one holds")


async def _read(where: str) -> list[jwt.PyJWK]:
    """Raises OSError, ValueError, httpx.HTTPError, jwt.PyJWTError, and what PyJWT meets in a set that is none."""
    if where.startswith(("http://", "https://")):
        async with httpx.AsyncClient(timeout=FETCH_S_MAX, follow_redirects=False) as client:
            reply = await client.get(where)
        reply.raise_for_status()
        body = reply.content
    else:
        body = await asyncio.to_thread(Path(where).read_bytes)
    if len(body) > SET_BYTES_MAX:
        raise ValueError("too large for a key set")
    return [key for key in jwt.PyJWKSet.from_json(body.decode()).keys if key.key_type in FAMILIES]


def _can_have_made(key: jwt.PyJWK, algorithm: str) -> bool:
    """A key that names its algorithm makes that one only."""
    named = key._jwk_data.get("alg")
    return algorithm == named if named else algorithm[:2] in FAMILIES.get(str(key.key_type), ())
