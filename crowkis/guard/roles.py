"""What somebody may do who comes in over HTTP, by role: which doors it may use, and which words those may run for it.

admin: everything. writer: ask, store, report. reader: ask. auditor: look at what is stored and why, but neither ask nor
store. Whose answers a role reaches is another question: the tenant it is bound to.
"""

from functools import lru_cache

from crowkis.values.access import ALL_KEYS, User

ASK = frozenset({"admin", "writer", "reader"})
STORE = frozenset({"admin", "writer"})
LOOK = frozenset({"admin", "writer", "reader", "auditor"})
"""See entries and explanations."""
AUDIT = frozenset({"admin", "auditor"})
"""See figures of the whole server."""
MANAGE = frozenset({"admin"})

_LOOKING = ("-@all", "+ping", "+centry", "+cscan", "+cexplain", "+cintent", "+cwhyevict", "+cveccount", "+cquota|get")
_ASKING = (*_LOOKING, "+cget", "+cembed", "+csim", "+cfeedback")
_WORDS: dict[str, tuple[str, ...]] = {
    "admin": ("+@all",),
    "writer": (*_ASKING, "+cset", "+cedit", "+cdeletekey", "+cdeleteentry", "+cflush"),
    "reader": _ASKING,
    "auditor": (*_LOOKING, "+cinfo", "+ctenants", "+cquota|list", "+csources", "+clistflagged"),
}
"""A second wall behind the doors' own: no door can run a word for somebody whose role does not have it."""


@lru_cache(1_024)
def account(role: str, name: str) -> User:
    """Who the engine takes such a caller for."""
    return User(name, True, False, (), _WORDS[role], (ALL_KEYS,), (b"*",) if role == "admin" else ())
