"""SLOWLOG and LATENCY: which calls took long, and how long calls take."""

from typing import Any

from crowkis.commands.args import RAW, arg, whole
from crowkis.commands.registry import COMMANDS, command, help_on
from crowkis.engine.clients import Client
from crowkis.engine.engine import Engine
from crowkis.guard.access import shown
from crowkis.values.reply import OK, Reply

SERVER = "server"
SHOWN = 10
"""Lines SLOWLOG GET shows unless told otherwise."""


@command("SLOWLOG GET", arg("count", whole(-1), optional=True), category=SERVER)
def slowlog_get(engine: Engine, client: Client, args: Any) -> Reply:
    """Show the slow calls, ten or so many (-1: all), the newest first; private arguments as length and digest."""
    count = SHOWN if args.count is None else args.count
    rows = list(engine.slowness.calls)
    return [list(row) for row in (rows if count < 0 else rows[:count])]


@command("SLOWLOG LEN", category=SERVER)
def slowlog_len(engine: Engine, client: Client, args: Any) -> Reply:
    """Tell how many slow calls are kept."""
    return len(engine.slowness.calls)


@command("SLOWLOG RESET", category=SERVER)
def slowlog_reset(engine: Engine, client: Client, args: Any) -> Reply:
    """Forget the slow calls."""
    engine.slowness.calls.clear()
    return OK


@command("SLOWLOG HELP", category=SERVER)
def slowlog_help(engine: Engine, client: Client, args: Any) -> Reply:
    """Show the words about slow calls."""
    return help_on("SLOWLOG")


@command("LATENCY LATEST", category=SERVER)
def latency_latest(engine: Engine, client: Client, args: Any) -> Reply:
    """Show each event's last long second and its longest: name, Unix second, milliseconds, most milliseconds."""
    slowness = engine.slowness
    return [
        [event, rows[-1].at_s, rows[-1].took_ms, slowness.longest_ms[event]]
        for event, rows in sorted(slowness.spikes.items())
    ]


@command("LATENCY HISTORY", arg("event", RAW), category=SERVER)
def latency_history(engine: Engine, client: Client, args: Any) -> Reply:
    """Show an event's long seconds: command, fast-command or commit."""
    return [list(row) for row in engine.slowness.spikes.get(args.event.decode("utf-8", "replace"), ())]


@command("LATENCY RESET", arg("event", RAW, repeated=True, optional=True), category=SERVER)
def latency_reset(engine: Engine, client: Client, args: Any) -> Reply:
    """Forget events, or all; tells how many there were."""
    return engine.slowness.forget_events([event.decode("utf-8", "replace") for event in args.event])


@command("LATENCY HISTOGRAM", arg("name", RAW, repeated=True, optional=True), category=SERVER)
def latency_histogram(engine: Engine, client: Client, args: Any) -> Reply:
    """Show how many calls of each word took at most so many microseconds, of all words or those named."""
    wanted = {name.decode("utf-8", "replace").upper().replace("|", " ") for name in args.name}
    heads = {name for name in wanted if name in COMMANDS and COMMANDS[name].subcommands}
    return {
        shown(name): {"calls": sum(engine.tallies[name][:64]), "histogram_usec": engine.tallies.histogram(name)}
        for name in sorted(engine.tallies)
        if (not wanted or name in wanted or name.partition(" ")[0] in heads) and engine.tallies.histogram(name)
    }


@command("LATENCY DOCTOR", category=SERVER)
def latency_doctor(engine: Engine, client: Client, args: Any) -> Reply:
    """Say in words what took long, and what to look at."""
    slowness, threshold_ms = engine.slowness, engine.settings.latency_monitor_threshold
    if not threshold_ms:
        return "Nothing is watched: set latency_monitor_threshold to the milliseconds that matter to you."
    if not slowness.spikes:
        return f"Nothing has taken {threshold_ms} ms or longer since it is watched."
    lines = [f"What took {threshold_ms} ms or longer:"]
    for event, rows in sorted(slowness.spikes.items()):
        mean_ms = sum(row.took_ms for row in rows) / len(rows)
        lines.append(
            f"- {event}: in {len(rows)} seconds, {mean_ms:.0f} ms on average, {slowness.longest_ms[event]} ms at most; "
            + _ADVICE.get(event, "see INFO.")
        )
    return "\n".join(lines)


_ADVICE = {
    "command": "SLOWLOG GET names the calls; prefer SCAN to KEYS, and fewer elements a call.",
    "fast-command": "these calls do little, so the machine itself was busy or asleep.",
    "commit": "the disk took so long to make changes durable; wal_sync=everysec does not wait for it.",
}


@command("LATENCY HELP", category=SERVER)
def latency_help(engine: Engine, client: Client, args: Any) -> Reply:
    """Show the words about latency."""
    return help_on("LATENCY")
