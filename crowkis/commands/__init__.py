"""The words users can send, declared once in one table, one file per family."""

from crowkis.commands import (
    bitfields,
    bitmaps,
    connection,
    feedback,
    hash_ends,
    hashes,
    inspect,
    keyspace,
    keyspace_moves,
    meaning,
    objects,
    payloads,
    persistence,
    pubsub,
    retention,
    semantic,
    server,
    sets,
    strings,
    subsequence,
    tracking,
    transactions,
    zsets,
    zsets_algebra,
    zsets_ranges,
)
from crowkis.commands.registry import WORDS, find, is_private, keys_of
from crowkis.values.call import Vocabulary

FAMILIES = (
    bitfields,
    bitmaps,
    connection,
    feedback,
    hash_ends,
    hashes,
    inspect,
    keyspace,
    keyspace_moves,
    meaning,
    objects,
    payloads,
    persistence,
    pubsub,
    retention,
    semantic,
    server,
    sets,
    strings,
    subsequence,
    tracking,
    transactions,
    zsets,
    zsets_algebra,
    zsets_ranges,
)
"""Importing a family declares its words."""

ALL_WORDS = Vocabulary(WORDS, find, is_private, keys_of)
