"""Who may log in, kept for ever: a part of State, changed only through its apply().

There is always a user called default; until somebody changes it, it is not in the store.
"""

from collections.abc import Callable

from crowkis.engine.access_codec import USER, decode_user, encode_user, user_key
from crowkis.storage.store import Store
from crowkis.values.access import DEFAULT, NEW_DEFAULT, AccessRecord, DropUser, PutUser, User

USER_BYTES, RULE_BYTES = 1_000, 150
"""What a user and one of its rules take in memory, approximately."""


class Users:
    """All of them, by name."""

    def __init__(self, store: Store) -> None:
        self.by_name: dict[str, User] = {DEFAULT: NEW_DEFAULT}
        """Always the same dictionary: the gate holds on to it."""
        self.notice: Callable[[str], None] | None = None
        """Called with a user's name after it has been changed or removed."""
        self.size_bytes = 0
        """Memory held, approximately."""
        self._store = store

    def recover(self) -> None:
        """Read what is in the store."""
        for _, value in self._store.items(USER):
            user = decode_user(value)
            self.by_name[user.name] = user
        self._measure()

    def apply(self, record: AccessRecord) -> None:
        """Make one change, here and in the store. Raises storage.DiskError."""
        if isinstance(record, PutUser):
            name = record.user.name
            self._store.put(user_key(name), encode_user(record.user))
            self.by_name[name] = record.user
        else:
            assert isinstance(record, DropUser)
            name = record.name
            assert name != DEFAULT, "there is always a default user"
            self._store.remove(user_key(name))
            self.by_name.pop(name, None)
        self._measure()
        if self.notice is not None:
            self.notice(name)

    def _measure(self) -> None:
        rules = sum(len(user.words) + len(user.keys) + len(user.channels) for user in self.by_name.values())
        self.size_bytes = len(self.by_name) * USER_BYTES + rules * RULE_BYTES
