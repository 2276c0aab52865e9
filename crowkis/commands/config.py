"""CONFIG: the settings in force, under their own names and under those Redis has for the same thing."""

from collections.abc import Callable
from typing import Any

from crowkis.commands.args import WORD, arg
from crowkis.commands.registry import command, help_on
from crowkis.engine.clients import Client
from crowkis.engine.engine import Engine
from crowkis.settings import BY_NAME, SETTINGS, Setting, SettingError
from crowkis.values.errors import malformed
from crowkis.values.glob import matcher
from crowkis.values.reply import OK, Reply

SERVER = "server"

REDIS_NAMES = {
    "appendfsync": "wal_sync",
    "bind": "bind_host",
    "dir": "data_dir",
    "latency-monitor-threshold": "latency_monitor_threshold",
    "loglevel": "log_level",
    "maxclients": "max_connections",
    "notify-keyspace-events": "notify_keyspace_events",
    "port": "bind_port",
    "slowlog-log-slower-than": "slowlog_log_slower_than",
    "slowlog-max-len": "slowlog_max_len",
}
"""Settings of ours that Redis has too: its name, ours."""

FIXED: dict[str, Callable[[Engine], str]] = {
    "appendonly": lambda engine: "yes",
    "cluster-enabled": lambda engine: "no",
    "databases": lambda engine: "16",
    "enable-debug-command": lambda engine: "yes" if engine.settings.debug_commands else "no",
    "maxmemory": lambda engine: str(engine.memory.limit_bytes),
    "maxmemory-policy": lambda engine: "noeviction",
    "proto-max-bulk-len": lambda engine: str(64 << 20),
    "save": lambda engine: "",
    "timeout": lambda engine: "0",
}
"""Redis settings that clients and tools ask for, with what is true here; they cannot be changed."""


@command(
    "CONFIG GET",
    arg("pattern", WORD, repeated=True),
    category=SERVER,
    partly="the settings there are, under our names and Redis's",
)
def config_get(engine: Engine, client: Client, args: Any) -> Reply:
    """Show settings whose names match one of the globs, under our names and under Redis's."""
    tests = [matcher(pattern.lower().encode()) for pattern in args.pattern]

    def wanted(name: str) -> bool:
        return any(fits(name.encode()) for fits in tests)

    shown = engine.settings.shown
    found = {row.name: shown(row.name) for row in SETTINGS if wanted(row.name)}
    found |= {name: shown(ours) for name, ours in REDIS_NAMES.items() if wanted(name)}
    return found | {name: value(engine) for name, value in FIXED.items() if wanted(name)}


@command(
    "CONFIG SET",
    arg("name", WORD),
    arg("value", WORD),
    arg("name_value", WORD, repeated=True, optional=True),
    category=SERVER,
    partly="those that the reference says can change at run time",
)
def config_set(engine: Engine, client: Client, args: Any) -> Reply:
    """Change settings while the server runs, all or none; they are forgotten at restart."""
    flat = (args.name, args.value, *args.name_value)
    if len(flat) % 2:
        raise malformed("CONFIG SET needs a value after each name")
    parsed: dict[str, Any] = {}
    for name, text in zip(flat[::2], flat[1::2], strict=True):
        row = _setting(engine, name.lower(), text)
        if row is None:
            continue
        if row.name in parsed:
            raise malformed(f"{row.name} is given twice")
        try:
            parsed[row.name] = row.parse(text)
        except SettingError as error:
            raise malformed(f"{row.name} {error}") from None
    for name, value in parsed.items():
        setattr(engine.settings, name, value)
    engine.heed_settings()
    return OK


def _setting(engine: Engine, name: str, text: str) -> Setting | None:
    """What may be changed under this name; None: it has that value, and can have no other. Raises CommandError."""
    fixed = FIXED.get(name)
    if fixed is not None:
        if text.lower() != fixed(engine).lower():
            raise malformed(f"{name} cannot be anything but '{fixed(engine)}' here")
        return None
    row = BY_NAME.get(REDIS_NAMES.get(name, name.replace("-", "_")))
    if row is None:
        raise malformed(f"unknown setting '{name[:64]}'; CONFIG GET * shows all")
    if not row.mutable:
        raise malformed(f"{row.name} cannot change while the server runs; set {row.env} and restart")
    return row


@command("CONFIG RESETSTAT", category=SERVER)
def config_resetstat(engine: Engine, client: Client, args: Any) -> Reply:
    """Begin the counting INFO shows anew: commands, errors, connections, hits, expiry, bytes, time by word."""
    engine.backups.recount()
    engine.metrics.reset()
    engine.tallies.clear()
    engine.memory.most_used_bytes = 0
    return OK


@command("CONFIG REWRITE", category=SERVER, refuses=True)
def config_rewrite(engine: Engine, client: Client, args: Any) -> Reply:
    """Refuse: the server never writes its settings; they are in its file, its environment or its flags."""
    raise malformed("this server writes no settings file; change its own file or environment instead")


@command("CONFIG HELP", category=SERVER)
def config_help(engine: Engine, client: Client, args: Any) -> Reply:
    """Show the words about settings."""
    return help_on("CONFIG")
