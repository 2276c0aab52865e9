"""The words users can send, declared once in one table, one file per family."""

from crowkis.commands import (
    absent,
    access,
    clients,
    config,
    connection,
    debug,
    feedback,
    hashes,
    inspect,
    keyspace,
    meaning,
    memory,
    persistence,
    retention,
    semantic,
    server,
    strings,
    timings,
    wordlist,
)
from crowkis.commands.keyuse import channel_uses, key_uses
from crowkis.commands.registry import WORDS, find, is_private
from crowkis.values.call import Vocabulary

FAMILIES = (
    absent, access, clients, config, connection, debug, feedback, hashes, inspect, keyspace, meaning, memory,
    persistence, retention, semantic, server, strings, timings, wordlist,
)  # fmt: skip
"""Importing a family declares its words."""

ALL_WORDS = Vocabulary(WORDS, find, is_private, key_uses, channel_uses)
