"""`crowkis keys`: make, list, rotate and revoke API keys of the HTTP door."""

import click

from crowkis.cli.remote import ask, printable, remote_options
from crowkis.values.access import ROLES


@click.group("keys")
def verb() -> None:
    """API keys of the HTTP door."""


@verb.command("create")
@click.argument("name")
@click.option("--role", type=click.Choice(ROLES), default="reader", show_default=True, help="What it may do.")
@click.option("--tenant", help="Whose answers it opens. Default: everybody's.")
@click.option("--days", type=click.IntRange(1, 3_650), help="How long it is good. Default: for ever.")
@remote_options
def create(name: str, role: str, tenant: str | None, days: int | None, address: str, token: str) -> None:
    """Make a key called NAME and print it: it is shown this once."""
    request: list[str | bytes] = ["CAPIKEY", "CREATE", name, "ROLE", role]
    request += [] if tenant is None else ["TENANT", tenant]
    request += [] if days is None else ["EX", str(days * 86_400)]
    click.echo(ask(address, token, request)["key"])


@verb.command("list")
@remote_options
def every(address: str, token: str) -> None:
    """List all keys: id, role, tenant, name."""
    for row in ask(address, token, ["CAPIKEY", "LIST"]):
        end = " (expired)" if row["expired"] else ""
        click.echo(f"{row['id']}  {row['role']:<8} {printable(row['tenant'] or '*'):<24} {printable(row['name'])}{end}")


@verb.command("rotate")
@click.argument("key_id", metavar="ID")
@remote_options
def rotate(key_id: str, address: str, token: str) -> None:
    """Replace the secret of a key and print the new key: it is shown this once."""
    click.echo(ask(address, token, ["CAPIKEY", "ROTATE", key_id])["key"])


@verb.command("revoke")
@click.argument("key_id", metavar="ID")
@remote_options
def revoke(key_id: str, address: str, token: str) -> None:
    """Let a key open nothing any more. Exit code 1: there was none of this id."""
    if not ask(address, token, ["CAPIKEY", "REVOKE", key_id]):
        click.echo("there is no key of this id", err=True)
        raise SystemExit(1)
