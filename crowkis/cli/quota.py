"""`crowkis quota`: show, set or remove how much a tenant may store."""

import click

from crowkis.cli.remote import ask, remote_options


@click.command("quota")
@click.argument("tenant")
@remote_options
@click.option("--entries", type=click.IntRange(0), help="So many answers at most; 0: any number.")
@click.option("--bytes", "size_bytes", type=click.IntRange(0), help="So many bytes of questions and answers; 0: any.")
@click.option("--remove", is_flag=True, help="Let it store as much as there is room for.")
def verb(tenant: str, address: str, token: str, entries: int | None, size_bytes: int | None, remove: bool) -> None:
    """Show the quota of TENANT and what of it is used; set or remove it first, where told so."""
    given: list[str | bytes] = [] if entries is None else ["ENTRIES", str(entries)]
    given += [] if size_bytes is None else ["BYTES", str(size_bytes)]
    if remove and given:
        raise click.UsageError("--remove goes without --entries and --bytes")
    if remove:
        ask(address, token, ["CQUOTA", "DEL", tenant])
    elif given:
        ask(address, token, ["CQUOTA", "SET", tenant, *given])
    told = ask(address, token, ["CQUOTA", "GET", tenant])
    if told is None:
        click.echo(f"{tenant} has no quota")
        return
    click.echo(f"entries {told['entries']} of {told['entries_max'] or 'any'}")
    click.echo(f"bytes   {told['bytes']} of {told['bytes_max'] or 'any'}")
