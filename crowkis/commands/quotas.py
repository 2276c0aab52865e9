"""CQUOTA and CTENANTS: how much each tenant has stored, and how much it may."""

from typing import Any

from crowkis.commands.args import TENANT, arg, opt, whole
from crowkis.commands.registry import command, help_on
from crowkis.engine.clients import Client
from crowkis.engine.engine import Engine
from crowkis.values.access import DropQuota, PutQuota, Quota
from crowkis.values.errors import malformed
from crowkis.values.limits import QUOTA_MAX, QUOTAS_MAX
from crowkis.values.outcome import Outcome
from crowkis.values.reply import OK, Reply

WHOSE = arg("tenant", TENANT)
AMOUNT = whole(0, QUOTA_MAX)
NOT_STORED = (0, 0)


@command("CQUOTA SET", WHOSE, opt("entries", AMOUNT), opt("size_bytes", AMOUNT, token="BYTES"),
         category="semantic", writes=True, frees=True)  # fmt: skip
def cquota_set(engine: Engine, client: Client, args: Any) -> Outcome:
    """Let a tenant store so many answers, or so many bytes of questions and answers; 0: no limit; left out: as it was.

    Beyond it the answers used least lately make room for new ones.
    """
    if args.entries is None and args.size_bytes is None:
        raise malformed("CQUOTA SET needs ENTRIES, BYTES or both")
    quotas = engine.state.roster.quotas
    old = quotas.get(args.tenant)
    if old is None and len(quotas) >= QUOTAS_MAX:
        raise malformed(f"there are {QUOTAS_MAX} quotas already; CQUOTA DEL removes one")
    old = old or Quota(args.tenant, 0, 0)
    entries = old.entries if args.entries is None else args.entries
    size_bytes = old.size_bytes if args.size_bytes is None else args.size_bytes
    return Outcome(OK, (PutQuota(Quota(args.tenant, entries, size_bytes)),))


@command("CQUOTA GET", WHOSE, category="semantic")
def cquota_get(engine: Engine, client: Client, args: Any) -> Reply:
    """Show a tenant's quota and how much of it is used; nothing where it has none."""
    return _told(engine, args.tenant) if args.tenant in engine.state.roster.quotas else None


@command("CQUOTA LIST", category="semantic")
def cquota_list(engine: Engine, client: Client, args: Any) -> Reply:
    """Show all quotas and how much of each is used."""
    return [_told(engine, tenant) for tenant in sorted(engine.state.roster.quotas)]


@command("CQUOTA DEL", WHOSE, category="semantic", writes=True, frees=True)
def cquota_del(engine: Engine, client: Client, args: Any) -> Outcome:
    """Remove a tenant's quota; tells how many were removed."""
    there = args.tenant in engine.state.roster.quotas
    return Outcome(1, (DropQuota(args.tenant),)) if there else Outcome(0)


@command("CQUOTA HELP", category="semantic")
def cquota_help(engine: Engine, client: Client, args: Any) -> Reply:
    """Show the words about quotas."""
    return help_on("CQUOTA")


@command("CTENANTS", category="semantic")
def ctenants(engine: Engine, client: Client, args: Any) -> Reply:
    """List all tenants that have stored something or have a quota, with both."""
    names = engine.state.shares.by_tenant.keys() | engine.state.roster.quotas.keys()
    return [_told(engine, tenant) for tenant in sorted(names)]


def _told(engine: Engine, tenant: str) -> dict[str, Any]:
    share = engine.state.shares.by_tenant.get(tenant)
    quota = engine.state.roster.quotas.get(tenant) or Quota(tenant, 0, 0)
    entries, size_bytes = (share.entries, share.size_bytes) if share is not None else NOT_STORED
    return {
        "tenant": tenant,
        "entries": entries,
        "bytes": size_bytes,
        "entries_max": quota.entries,
        "bytes_max": quota.size_bytes,
    }
