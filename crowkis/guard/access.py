"""What a user may do: which words, which keys, which channels; and how ACL SETUSER's rules change it.

Pure: knows values only. Whether a word or category exists is asked of the caller.
"""

import hmac
from collections.abc import Callable, Sequence
from functools import lru_cache
from hashlib import sha256
from typing import TypeVar

from crowkis.values.access import ALL_KEYS, ChannelUse, Denial, KeyUse, Pattern, User
from crowkis.values.glob import matcher
from crowkis.values.limits import ACCESS_RULE_BYTES_MAX, ACCESS_RULES_MAX, PASSWORDS_MAX

ANSWERS_REMEMBERED_MAX = 8_192
PATTERNS_REMEMBERED_MAX = 1_024
HASH_CHARS = 64
WRONG_PASSWORD = Denial("auth", b"AUTH")

T = TypeVar("T")


class RuleError(Exception):
    """A rule of ACL SETUSER means nothing or cannot be; the text says why. It never shows a password."""


def unrestricted(user: User) -> bool:
    """May everything: nothing about its calls needs to be looked at."""
    return user.words == ("+@all",) and ALL_KEYS in user.keys and b"*" in user.channels


def objection(
    user: User, name: str, categories: frozenset[str], keys: Sequence[KeyUse], channels: Sequence[ChannelUse]
) -> Denial | None:
    """Why a user may not run a word with these keys and channels, if so: the word first, then each key."""
    if not permits(user.words, name, categories):
        return Denial("command", shown(name).encode())
    for use in keys:
        if not opens(user.keys, use):
            return Denial("key", use.key)
    for channel in channels:
        if not hears(user.channels, channel):
            return Denial("channel", channel.channel)
    return None


@lru_cache(ANSWERS_REMEMBERED_MAX)
def permits(words: tuple[str, ...], name: str, categories: frozenset[str]) -> bool:
    """May the word be run? `name` is as in COMMANDS; the last rule that fits decides, and where none does: no."""
    whole = shown(name)
    head = whole.partition("|")[0]
    for rule in reversed(words):
        target = rule[1:]
        if target in ("@all", whole, head) or (target[:1] == "@" and target[1:] in categories):
            return rule[0] == "+"
    return False


def opens(patterns: Sequence[Pattern], use: KeyUse) -> bool:
    """Does one of the patterns allow what is done with the key?"""
    key, reads, writes = use.key, use.reads, use.writes
    for pattern in patterns:
        if (pattern.reads or not reads) and (pattern.writes or not writes) and _fits(pattern.glob)(key):
            return True
    return False


def hears(patterns: Sequence[bytes], use: ChannelUse) -> bool:
    """May the channel be used? A glob must be allowed as it stands."""
    if b"*" in patterns:
        return True
    if use.pattern:
        return use.channel in patterns
    return any(_fits(pattern)(use.channel) for pattern in patterns)


def shown(name: str) -> str:
    """A word as rules and errors name it: "client|id"."""
    return name.lower().replace(" ", "|")


def password_hash(password: bytes) -> str:
    """A password as it is kept and shown."""
    return sha256(password).hexdigest()


def password_fits(user: User, password: bytes) -> bool:
    """Is it one of the user's? Takes as long whichever of them it is, or none. One too long to be set is not hashed."""
    if len(password) > ACCESS_RULE_BYTES_MAX:
        return False
    given, found = password_hash(password), False
    for known in user.passwords:
        found |= hmac.compare_digest(known, given)
    return user.on and (user.nopass or found)


@lru_cache(PATTERNS_REMEMBERED_MAX)
def _fits(glob: bytes) -> Callable[[bytes], object]:
    if glob.endswith(b"*") and not any(mark in glob[:-1] for mark in (b"*", b"?", b"[", b"\\")):
        prefix = glob[:-1]
        return lambda name: name.startswith(prefix)
    return matcher(glob)


_WHOLE: dict[str, Callable[[User], User]] = {
    "on": lambda user: user._replace(on=True),
    "off": lambda user: user._replace(on=False),
    "nopass": lambda user: user._replace(nopass=True, passwords=()),
    "resetpass": lambda user: user._replace(nopass=False, passwords=()),
    "allcommands": lambda user: user._replace(words=("+@all",)),
    "nocommands": lambda user: user._replace(words=("-@all",)),
    "allkeys": lambda user: user._replace(keys=(ALL_KEYS,)),
    "resetkeys": lambda user: user._replace(keys=()),
    "allchannels": lambda user: user._replace(channels=(b"*",)),
    "resetchannels": lambda user: user._replace(channels=()),
    "reset": lambda user: User(user.name),
    "sanitize-payload": lambda user: user,
    "skip-sanitize-payload": lambda user: user,
    "clearselectors": lambda user: user,
}
"""Rules that are one word."""


def changed(user: User, rule: bytes, is_known: Callable[[str], bool]) -> User:
    """The user after one rule. Raises RuleError.

    `is_known` tells whether there is a word, "word|sub" or "@category".
    """
    whole = _WHOLE.get(rule.decode("utf-8", "replace").lower())
    if whole is not None:
        return whole(user)
    mark, rest = rule[:1], rule[1:]
    if mark in (b">", b"<", b"#", b"!"):
        return _with_password(user, mark, rest)
    if mark in (b"~", b"%"):
        return _with_keys(user, _pattern(rule))
    if mark == b"&":
        return _with_channel(user, rest)
    if mark in (b"+", b"-"):
        return _with_word(user, rule, is_known)
    if mark == b"(":
        raise RuleError("selectors are not there; make a second user instead")
    raise RuleError(f"'{rule[:1].decode('utf-8', 'replace')}...' begins no rule; ACL HELP shows what there is")


def _with_password(user: User, mark: bytes, rest: bytes) -> User:
    if mark in (b"#", b"!"):
        given = rest.decode("utf-8", "replace")
        if len(given) != HASH_CHARS or not set(given) <= set("0123456789abcdef"):
            raise RuleError("a password's hash must be 64 lower-case hexadecimal digits")
    else:
        given = password_hash(rest)
    if mark in (b">", b"#"):
        if given not in user.passwords and len(user.passwords) >= PASSWORDS_MAX:
            raise RuleError(f"a user has at most {PASSWORDS_MAX} passwords")
        return user._replace(nopass=False, passwords=_added(user.passwords, given))
    if given not in user.passwords:
        raise RuleError("the user has no such password to take away")
    return user._replace(passwords=tuple(known for known in user.passwords if known != given))


def _pattern(rule: bytes) -> Pattern:
    if rule[:1] == b"~":
        return Pattern(rule[1:], True, True)
    letters, _, glob = rule[1:].partition(b"~")
    letters = letters.upper()
    if b"~" not in rule or letters not in (b"R", b"W", b"RW", b"WR"):
        raise RuleError("a rule about keys is ~pattern, %R~pattern, %W~pattern or %RW~pattern")
    return Pattern(glob, b"R" in letters, b"W" in letters)


def _with_keys(user: User, pattern: Pattern) -> User:
    if pattern == ALL_KEYS:
        return user._replace(keys=(ALL_KEYS,))
    if ALL_KEYS in user.keys:
        raise RuleError("all keys are allowed already; begin with resetkeys to allow fewer")
    for old in user.keys:
        if old.glob == pattern.glob:
            wider = Pattern(old.glob, old.reads or pattern.reads, old.writes or pattern.writes)
            if wider == ALL_KEYS:
                return user._replace(keys=(ALL_KEYS,))
            return user._replace(keys=tuple(wider if kept is old else kept for kept in user.keys))
    return user._replace(keys=_bounded((*user.keys, pattern)))


def _with_channel(user: User, glob: bytes) -> User:
    if glob == b"*":
        return user._replace(channels=(b"*",))
    if b"*" in user.channels:
        raise RuleError("all channels are allowed already; begin with resetchannels to allow fewer")
    return user._replace(channels=_bounded(_added(user.channels, glob)))


def _with_word(user: User, rule: bytes, is_known: Callable[[str], bool]) -> User:
    text = rule.decode("utf-8", "replace").lower()
    target = text[1:]
    if target == "@all":
        return user._replace(words=(text,))
    if not is_known(target):
        raise RuleError(f"there is no word or category '{target[:64]}'")
    kept = [old for old in user.words if old[1:] != target and not old[1:].startswith(f"{target}|")]
    return user._replace(words=_bounded((*kept, text)))


def _added(row: tuple[T, ...], one: T) -> tuple[T, ...]:
    return row if one in row else (*row, one)


def _bounded(row: tuple[T, ...]) -> tuple[T, ...]:
    if len(row) > ACCESS_RULES_MAX:
        raise RuleError(f"a user has at most {ACCESS_RULES_MAX} rules of a kind")
    return row


def words_shown(user: User) -> str:
    """The rules about words, as ACL GETUSER shows them."""
    return " ".join(user.words)


def keys_shown(user: User) -> bytes:
    """The rules about keys, as ACL GETUSER shows them."""
    return b" ".join(
        (b"~" if row.reads and row.writes else b"%R~" if row.reads else b"%W~") + row.glob for row in user.keys
    )


def channels_shown(user: User) -> bytes:
    """The rules about channels, as ACL GETUSER shows them."""
    return b" ".join(b"&" + glob for glob in user.channels)


def described(user: User) -> bytes:
    """A user as ACL LIST shows it: rules that would make it again."""
    parts = [b"user", user.name.encode(), b"on" if user.on else b"off"]
    parts += [b"nopass"] if user.nopass else []
    parts += [f"#{known}".encode() for known in user.passwords]
    parts += [keys_shown(user)] if user.keys else []
    parts += [b"resetchannels"] if b"*" not in user.channels else []
    parts += [channels_shown(user)] if user.channels else []
    return b" ".join((*parts, words_shown(user).encode()))
