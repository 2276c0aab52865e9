"""Who may use the server: users, what they may do, and what was refused to whom."""

from typing import NamedTuple


class Pattern(NamedTuple):
    """Keys of these names may be read, written, or both."""

    glob: bytes
    reads: bool
    writes: bool


class User(NamedTuple):
    """Somebody who may log in. The defaults are what a new user has: nothing."""

    name: str
    on: bool = False
    nopass: bool = False
    """Any password is right."""
    passwords: tuple[str, ...] = ()
    """SHA-256 in hexadecimal; a password itself is kept nowhere."""
    words: tuple[str, ...] = ("-@all",)
    """Each + or - and a word, a "word|sub" or an "@category"; the last one that fits decides."""
    keys: tuple[Pattern, ...] = ()
    channels: tuple[bytes, ...] = ()


DEFAULT = "default"
ALL_KEYS = Pattern(b"*", True, True)
NEW_DEFAULT = User(DEFAULT, True, False, (), ("+@all",), (ALL_KEYS,), (b"*",))
"""Who everybody is that has not said otherwise. Its password is the setting auth_token, not one of its own."""


CHANGING = frozenset({"RM", "insert", "update", "delete"})


class KeyUse(NamedTuple):
    """A key a request names, and what the word does with it."""

    key: bytes
    flags: tuple[str, ...]
    """As Redis names them: RO, RW, OW or RM, then access, insert, update and delete."""

    @property
    def reads(self) -> bool:
        """The reply, or what is written, depends on what the key holds."""
        return "access" in self.flags

    @property
    def writes(self) -> bool:
        """What the key holds may change."""
        return not CHANGING.isdisjoint(self.flags)


class ChannelUse(NamedTuple):
    """A channel a request names."""

    channel: bytes
    pattern: bool
    """It is a glob: only the very same one can be allowed."""


class Denial(NamedTuple):
    """What keeps a user's call from running."""

    kind: str
    """command, key, channel or auth."""
    what: bytes
    """The word, key or channel; of auth the word that showed the wrong password."""


ROLES = ("admin", "writer", "reader", "auditor")
"""What somebody may be who comes in over HTTP, the widest first; see guard/roles.py."""
API_KEY_MARK = "crwk_"
"""How every API key begins: nobody takes it for an upstream's."""


class ApiKey(NamedTuple):
    """A key for the HTTP door. The key itself is kept nowhere."""

    id: str
    name: str
    role: str
    tenant: str
    """Whose answers it opens; empty: everybody's."""
    hash: str
    """Argon2id, as RFC 9106 writes it down, with its salt and costs."""
    created_ms: int
    expire_at_ms: int
    """Unix milliseconds; 0: never."""


class Quota(NamedTuple):
    """How much of a tenant's may be stored: answers, and bytes of them and their questions. 0: as much as there is."""

    tenant: str
    entries: int
    size_bytes: int


class PutApiKey(NamedTuple):
    """Make or replace an API key."""

    key: ApiKey


class DropApiKey(NamedTuple):
    """An API key opens nothing any more."""

    id: str


class PutQuota(NamedTuple):
    """Set a tenant's quota."""

    quota: Quota


class DropQuota(NamedTuple):
    """A tenant has no quota any more."""

    tenant: str


class PutUser(NamedTuple):
    """Make or replace a user."""

    user: User


class DropUser(NamedTuple):
    """Remove a user. Its connections end."""

    name: str


AccessRecord = PutUser | DropUser
RosterRecord = PutApiKey | DropApiKey | PutQuota | DropQuota
