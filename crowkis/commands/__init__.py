"""The words users can send, declared once in one table, one file per family."""

from crowkis.commands import (
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
    retention,
    semantic,
    server,
    strings,
    subsequence,
)
from crowkis.commands.registry import WORDS, find, is_private
from crowkis.values.call import Vocabulary

FAMILIES = (
    connection, feedback, hash_ends, hashes, inspect, keyspace, keyspace_moves, meaning, objects, payloads,
    persistence, retention, semantic, server, strings, subsequence,
)  # fmt: skip
"""Importing a family declares its words."""

ALL_WORDS = Vocabulary(WORDS, find, is_private)
