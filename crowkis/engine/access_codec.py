"""Users to the bytes the store keeps, and back; a key space beside those of codec.py.

    key space   key             value
    user        "u" name        version:1 facts (JSON)

The facts are the fields of values/access.User; patterns are hexadecimal, since they are bytes. Passwords are kept as
their SHA-256 alone.
"""

import json

from crowkis.engine.codec import CodecError
from crowkis.values.access import Pattern, User

USER = b"u"
VERSION = 1


def user_key(name: str) -> bytes:
    """Where a user lies."""
    return USER + name.encode()


def encode_user(user: User) -> bytes:
    """The value under a user's key."""
    keys = [[row.glob.hex(), row.reads, row.writes] for row in user.keys]
    facts = user._asdict() | {"keys": keys, "channels": [glob.hex() for glob in user.channels]}
    return bytes([VERSION]) + json.dumps(facts, ensure_ascii=False, separators=(",", ":")).encode()


def decode_user(value: bytes) -> User:
    """What encode_user() made. Raises CodecError."""
    try:
        if value[0] != VERSION:
            raise CodecError(f"user of layout version {value[0]}; this server reads {VERSION}")
        facts = json.loads(value[1:])
        rows = {
            "passwords": tuple(map(str, facts["passwords"])),
            "words": tuple(map(str, facts["words"])),
            "keys": tuple(Pattern(bytes.fromhex(glob), reads, writes) for glob, reads, writes in facts["keys"]),
            "channels": tuple(map(bytes.fromhex, facts["channels"])),
        }
        return User(**facts | rows)
    except (IndexError, ValueError, KeyError, TypeError) as error:
        raise CodecError(f"unreadable user: {error}") from error
