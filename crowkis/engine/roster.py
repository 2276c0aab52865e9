"""Who may come in over HTTP by key, and how much each tenant may store: a part of State, changed only by its apply().

    key space   key             value
    API key     "p" id          version:1 facts (JSON)
    quota       "q" tenant      version:1 facts (JSON)

The facts are the fields of values/access.ApiKey and Quota.
"""

import json
from collections.abc import Callable
from typing import Any

from crowkis.engine.codec import CodecError
from crowkis.storage.store import Store
from crowkis.values.access import ApiKey, DropApiKey, PutApiKey, PutQuota, Quota, RosterRecord

API_KEY, QUOTA = b"p", b"q"
VERSION = 1
API_KEY_BYTES, QUOTA_BYTES = 900, 300
"""What one takes in memory, approximately."""


class Roster:
    """All API keys by id, all quotas by tenant."""

    def __init__(self, store: Store) -> None:
        self.keys: dict[str, ApiKey] = {}
        self.quotas: dict[str, Quota] = {}
        self.notice: Callable[[str], None] | None = None
        """Called with a tenant's name after its quota has been set or dropped."""
        self._store = store

    def recover(self) -> None:
        """Read what is in the store. Raises CodecError."""
        for _, value in self._store.items(API_KEY):
            key = ApiKey(*_decoded(value, ApiKey._fields))
            self.keys[key.id] = key
        for _, value in self._store.items(QUOTA):
            quota = Quota(*_decoded(value, Quota._fields))
            self.quotas[quota.tenant] = quota

    def apply(self, record: RosterRecord) -> None:
        """Make one change, here and in the store. Raises storage.DiskError."""
        if isinstance(record, PutApiKey):
            self._store.put(API_KEY + record.key.id.encode(), _encoded(record.key))
            self.keys[record.key.id] = record.key
        elif isinstance(record, DropApiKey):
            self._store.remove(API_KEY + record.id.encode())
            self.keys.pop(record.id, None)
        elif isinstance(record, PutQuota):
            self._store.put(QUOTA + record.quota.tenant.encode(), _encoded(record.quota))
            self.quotas[record.quota.tenant] = record.quota
            self._tell(record.quota.tenant)
        else:
            self._store.remove(QUOTA + record.tenant.encode())
            self.quotas.pop(record.tenant, None)
            self._tell(record.tenant)

    def size_bytes(self) -> int:
        """Memory held, approximately."""
        return len(self.keys) * API_KEY_BYTES + len(self.quotas) * QUOTA_BYTES

    def _tell(self, tenant: str) -> None:
        if self.notice is not None:
            self.notice(tenant)


def _encoded(row: ApiKey | Quota) -> bytes:
    return bytes([VERSION]) + json.dumps(row._asdict(), ensure_ascii=False, separators=(",", ":")).encode()


def _decoded(value: bytes, names: tuple[str, ...]) -> list[Any]:
    try:
        if value[0] != VERSION:
            raise CodecError(f"API key or quota of layout version {value[0]}; this server reads {VERSION}")
        facts = json.loads(value[1:])
        return [facts[name] for name in names]
    except (IndexError, ValueError, KeyError, TypeError) as error:
        raise CodecError(f"unreadable API key or quota: {error}") from error
