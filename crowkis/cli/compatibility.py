"""docs/compatibility.md: which of Redis's words work, which partly, which not; printed from COMMANDS."""

from collections import defaultdict

import crowkis.commands  # noqa: F401 - declares the words
from crowkis.commands.registry import COMMANDS

SINCE = "7.0"
"""The release whose words are compared; hash field lifetimes (7.4) are here too."""

ABSENT = {
    "keyspace": (
        "MIGRATE SORT SORT_RO RESTORE-ASKING",
        "sorting is for the client; keys are moved with DUMP, RESTORE or a backup",
    ),
    "server": (
        "SWAPDB LATENCY|GRAPH MODULE|LOADEX MODULE|UNLOAD MODULE|HELP PSYNC SYNC REPLCONF",
        "no modules and no replicas",
    ),
    "pubsub": (
        "SPUBLISH SSUBSCRIBE SUNSUBSCRIBE PUBSUB|SHARDCHANNELS PUBSUB|SHARDNUMSUB PUBSUB|HELP",
        "shard channels belong to a cluster",
    ),
    "stream": (
        "XACK XADD XAUTOCLAIM XCLAIM XDEL XGROUP XINFO XLEN XPENDING XRANGE XREAD XREADGROUP XREVRANGE XSETID XTRIM",
        "use lists with waiting pops, or pub/sub",
    ),
    "geo": (
        "GEOADD GEODIST GEOHASH GEOPOS GEORADIUS GEORADIUSBYMEMBER GEORADIUSBYMEMBER_RO GEORADIUS_RO GEOSEARCH "
        "GEOSEARCHSTORE",
        "no caches or queues we know of use them",
    ),
    "hyperloglog": ("PFADD PFCOUNT PFDEBUG PFMERGE PFSELFTEST", "no caches or queues we know of use them"),
    "cluster": ("ASKING", "one process, no cluster"),
}
"""Redis's words that nobody declares here, by group, and why. A test holds them against a real redis-server."""

OWN = frozenset(("COMPACT", "CSAVE", "CBGSAVE", "SWEEP", "HELP"))
"""Words of ours outside the semantic group."""

HEAD = f"""# Which Redis words work

Against Redis {SINCE}, printed from the code by `crowkis docs compatibility`; a test fails when it differs.
Replies, errors and types are compared with a real redis-server by `tests/e2e/test_*_match_redis.py`. Strings grow to
64 MiB; transactions and notifications see plain keys, not stored answers. The words of the cache are in
[the reference](reference.md).

`tests/e2e/test_frameworks.py` uses it, for real, as the cache of Django, Flask-Caching, LangChain and LiteLLM, and as
Celery's result backend. What needs Lua does not work: redis-py's `Lock`, Celery's broker and its chords.
"""


def compatibility() -> str:
    """The whole of docs/compatibility.md."""
    full: dict[str, list[str]] = defaultdict(list)
    partly, absent = [], []
    for name, made in sorted(COMMANDS.items()):
        if made.subcommands or made.category == "semantic" or name in OWN:
            continue
        if made.refuses:
            absent.append(f"- `{name}`: {made.summary.removeprefix('Refuse').lstrip(':').strip()}")
        elif made.partly:
            partly.append(f"- `{name}`: {made.partly}")
        else:
            full[made.category].append(name)
    unknown = [f"- {_words(words.split())}: {why}" for words, why in ABSENT.values()]
    supported = "\n\n".join(f"**{group}**: {_words(names)}" for group, names in sorted(full.items()))
    return (
        f"{HEAD}\n## Supported\n\n{supported}\n\n## Partly, and how\n\n" + "\n".join(partly)
        + "\n\n## Not here: a clear error says why\n\n" + "\n".join(absent)
        + "\n\n## Not here: unknown words\n\n" + "\n".join(unknown) + "\n"
    )  # fmt: skip


def _words(names: list[str]) -> str:
    return " ".join(f"`{name.replace('|', ' ')}`" for name in names)
