"""Walking a collection a few elements at a time: what HSCAN, SSCAN and ZSCAN share.

Elements are walked in the store's order, and a cursor stands for the last one shown: whatever comes and goes meanwhile,
an element that stays is never skipped. Reads the store alone, so a walk costs what it shows, not what there is.
"""

from crowkis.commands.args import KEY, RAW, arg, opt, whole
from crowkis.commands.keyspace import CURSOR
from crowkis.engine.codec import element_prefix, plain_key
from crowkis.engine.engine import Engine
from crowkis.values.limits import SCAN_COUNT_MAX

WALK = (
    arg("key", KEY),
    arg("cursor", CURSOR),
    opt("pattern", RAW, token="MATCH", default=b"*"),
    opt("count", whole(1, SCAN_COUNT_MAX), default=10),
)
"""What a word that walks a collection takes."""


def walk_elements(engine: Engine, db: int, key: bytes, cursor: int, count: int) -> tuple[list[bytes], str]:
    """Up to `count` fields of a collection from a cursor on, and the cursor to go on with ("0": the end).

    The caller has asked collection() for the kind, so the key is live; one that is not there has no fields. A cursor of
    another collection, or one forgotten, starts from the beginning.
    """
    head = engine.state.keys.heads.get(plain_key(db, key))
    if head is None:
        return [], "0"
    prefix = element_prefix(db, head.collection)
    after = engine.cursors.after(cursor)
    if after is not None and not after.startswith(prefix):
        after = None
    found = engine.state.store.scan(prefix, after, count)
    fields = [full[len(prefix) :] for full in found]
    return fields, str(engine.cursors.hold(found[-1])) if len(found) == count else "0"
