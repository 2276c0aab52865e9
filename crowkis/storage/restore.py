"""An empty directory becomes the store of given pairs: bulk loading for archives.

Pairs come in key order, so they are written straight into the last level, then named by a manifest, then the log
begins. Until the last step no such directory opens: a restore cut short is never taken for a small store.
"""

import os
from collections.abc import Iterable, Iterator

from crowkis.interfaces import Filesystem
from crowkis.storage.cache import BlockCache
from crowkis.storage.counts import Counts
from crowkis.storage.errors import DiskError
from crowkis.storage.tree import Tree
from crowkis.storage.wal import Entropy, Wal


def restore(
    pairs: Iterable[tuple[bytes, bytes]], filesystem: Filesystem, counted: bytes, entropy: Entropy = os.urandom
) -> int:
    """Fill an empty directory; durable when this returns, with the number of pairs. `counted` as for Store.open().

    Raises DiskError, and what `pairs` raises; then the directory is empty again, or does not open.
    """
    tree, counts = Tree(filesystem, entropy, BlockCache(0)), Counts(counted)
    entries = 0

    def counting() -> Iterator[tuple[bytes, bytes]]:
        nonlocal entries
        for key, value in pairs:
            counts.add(key)
            entries += 1
            yield key, value

    try:
        assert not filesystem.names(), "restore() needs an empty directory"
        tree.build(counting(), counts)
        Wal(filesystem, entropy, 1, b"", {}).close()
    except OSError as error:
        raise DiskError("restoring", str(error)) from error
    return entries
