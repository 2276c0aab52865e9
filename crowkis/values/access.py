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


class PutUser(NamedTuple):
    """Make or replace a user."""

    user: User


class DropUser(NamedTuple):
    """Remove a user. Its connections end."""

    name: str


AccessRecord = PutUser | DropUser
