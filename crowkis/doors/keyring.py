"""API keys as callers show them, held against the hashes that are kept: Argon2id (RFC 9106), in a thread of its own.

A key that has been found right is remembered by a keyed digest, so that it costs its long hash once; a rotated or
revoked key is forgotten with the hash it was held against.
"""

import asyncio
import secrets
from collections import OrderedDict
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from hashlib import blake2b
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from crowkis.values.access import API_KEY_MARK, ApiKey

MEMORY_KIB, TURNS, LANES = 19 * 1024, 2, 1
"""What one hash takes; OWASP's least for Argon2id, since a key is 256 random bits and not a password."""
REMEMBERED_MAX = 4_096
WAITING_MAX = 32
"""Keys being hashed or waiting for it; beyond, callers are told to come again."""
KEY_CHARS_MAX = 128


class CrowdedError(Exception):
    """More keys wait to be looked at than may."""


class Keyring:
    """Hashes secrets and knows right ones."""

    def __init__(self) -> None:
        self.keys: Callable[[], Mapping[str, ApiKey]] = dict
        """Those there are, by id; set once the data directory is read."""
        self._hasher = PasswordHasher(time_cost=TURNS, memory_cost=MEMORY_KIB, parallelism=LANES)
        self._thread = ThreadPoolExecutor(1, "crowkis-keys")
        self._salt = secrets.token_bytes(32)
        self._remembered: OrderedDict[bytes, str] = OrderedDict()
        """Digest of a key that was right, and the hash it was held against."""
        self._waiting = 0

    def hash_secret(self, secret: str, done: Callable[[Any], None], loop: asyncio.AbstractEventLoop) -> None:
        """Call done(hash) on the loop."""
        future = loop.run_in_executor(self._thread, self._hasher.hash, secret)
        future.add_done_callback(lambda finished: done(finished.result()))

    async def holder(self, shown: str, now_ms: int) -> ApiKey | None:
        """Whose key this is, if it is anybody's and its time is not up. Raises CrowdedError."""
        key = self.keys().get(shown.removeprefix(API_KEY_MARK).partition("_")[0])
        if key is None or len(shown) > KEY_CHARS_MAX or (key.expire_at_ms and key.expire_at_ms <= now_ms):
            return None
        digest = blake2b(shown.encode("utf-8", "surrogatepass"), key=self._salt, digest_size=32).digest()
        if self._remembered.get(digest) == key.hash:
            return key
        if not await self._fits(key.hash, shown):
            return None
        self._remembered[digest] = key.hash
        if len(self._remembered) > REMEMBERED_MAX:
            self._remembered.popitem(last=False)
        return key if self.keys().get(key.id) == key else None

    def close(self) -> None:
        """Nothing more is hashed."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def _fits(self, hashed: str, shown: str) -> bool:
        if self._waiting >= WAITING_MAX:
            raise CrowdedError
        self._waiting += 1
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._thread, partial(_verified, self._hasher, hashed, shown))
        finally:
            self._waiting -= 1


def _verified(hasher: PasswordHasher, hashed: str, shown: str) -> bool:
    try:
        return hasher.verify(hashed, shown)
    except (VerificationError, InvalidHashError, UnicodeError):
        return False
