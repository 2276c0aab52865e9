"""The words users can send, declared once in one table, one file per family."""

from crowkis.commands import (
    connection,
    feedback,
    hashes,
    inspect,
    keyspace,
    meaning,
    persistence,
    pubsub,
    retention,
    semantic,
    server,
    strings,
    tracking,
    transactions,
)
from crowkis.commands.registry import WORDS, find, is_private, keys_of
from crowkis.values.call import Vocabulary

FAMILIES = (
    connection, feedback, hashes, inspect, keyspace, meaning, persistence, pubsub, retention, semantic, server, strings,
    tracking, transactions,
)  # fmt: skip
"""Importing a family declares its words."""

ALL_WORDS = Vocabulary(WORDS, find, is_private, keys_of)
