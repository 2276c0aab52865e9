"""Words of client-side caches: CLIENT TRACKING has the server tell a client when what it has read changes."""

from typing import Any

from crowkis.commands.args import RAW, arg, choice, flag, opt, whole
from crowkis.commands.registry import command
from crowkis.engine.clients import Client, Tracker
from crowkis.engine.engine import Engine
from crowkis.values.errors import malformed
from crowkis.values.limits import TRACKED_PREFIXES_MAX
from crowkis.values.reply import OK, Reply

CONNECTION = "connection"


@command("CLIENT TRACKING", arg("switch", choice("ON", "OFF")), opt("redirect", whole(0)),
         opt("prefix", RAW, repeated=True), flag("bcast"), flag("optin", group="choice"),
         flag("optout", group="choice"), flag("noloop"), category=CONNECTION)  # fmt: skip
def client_tracking(engine: Engine, client: Client, args: Any) -> Reply:
    """Tell this client when keys change that it has read, or, under BCAST, any keys with these prefixes."""
    if args.switch == "OFF":
        engine.tracking.end(client)
        return OK
    _check(engine, client, args)
    old = client.tracker
    prefixes = list(args.prefix or ([b""] if args.bcast and (old is None or not old.prefixes) else []))
    _check_prefixes(old.prefixes if old is not None else [], prefixes)
    mode = "optin" if args.optin else "optout" if args.optout else ""
    kept = old.prefixes if old is not None else []
    engine.tracking.begin(client, Tracker(args.redirect or 0, args.bcast, kept + prefixes, mode, args.noloop))
    return OK


def _check(engine: Engine, client: Client, args: Any) -> None:
    """Do the options go together, and with what is in force? Raises CommandError."""
    if args.redirect and engine.clients.find(args.redirect) is None:
        raise malformed("REDIRECT names no client that is connected")
    if args.prefix and not args.bcast:
        raise malformed("PREFIX needs BCAST")
    if args.bcast and (args.optin or args.optout):
        raise malformed("OPTIN and OPTOUT do not go with BCAST")
    old = client.tracker
    if old is not None and old.broadcast != args.bcast:
        raise malformed("BCAST can only be switched after CLIENT TRACKING OFF")
    if old is not None and ((args.optin and old.mode == "optout") or (args.optout and old.mode == "optin")):
        raise malformed("OPTIN and OPTOUT can only be switched after CLIENT TRACKING OFF")


def _check_prefixes(old: list[bytes], new: list[bytes]) -> None:
    """No key may be told of twice. Raises CommandError."""
    known = list(old)
    if len(known) + len(new) > TRACKED_PREFIXES_MAX:
        raise malformed(f"a client may have at most {TRACKED_PREFIXES_MAX} prefixes")
    for prefix in new:
        for other in known:
            if prefix.startswith(other) or other.startswith(prefix):
                raise malformed("prefixes of one client must not overlap")
        known.append(prefix)


@command("CLIENT CACHING", arg("switch", choice("YES", "NO")), category=CONNECTION)
def client_caching(engine: Engine, client: Client, args: Any) -> Reply:
    """Track the keys of the next call (YES, under OPTIN) or do not (NO, under OPTOUT)."""
    tracker, wanted = client.tracker, "optin" if args.switch == "YES" else "optout"
    if tracker is None or tracker.mode != wanted:
        raise malformed(f"CLIENT CACHING {args.switch} needs CLIENT TRACKING ON {wanted.upper()}")
    tracker.caching = args.switch == "YES"
    return OK


@command("CLIENT TRACKINGINFO", category=CONNECTION)
def client_trackinginfo(engine: Engine, client: Client, args: Any) -> Reply:
    """Tell how this client tracks."""
    tracker = client.tracker
    if tracker is None:
        return {"flags": ["off"], "redirect": -1, "prefixes": []}
    marks = {
        "bcast": tracker.broadcast,
        tracker.mode: tracker.mode,
        "caching-yes": tracker.caching is True,
        "caching-no": tracker.caching is False,
        "noloop": tracker.noloop,
        "broken_redirect": tracker.broken,
    }
    flags = ["on", *(mark for mark, there in marks.items() if there)]
    return {"flags": flags, "redirect": tracker.redirect, "prefixes": sorted(filter(None, tracker.prefixes))}


@command("CLIENT GETREDIR", category=CONNECTION)
def client_getredir(engine: Engine, client: Client, args: Any) -> Reply:
    """Tell which client is told in place of this one; 0: none, -1: this one does not track."""
    return -1 if client.tracker is None else client.tracker.redirect
