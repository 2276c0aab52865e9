"""`crowkis stats`: how much was asked, how much of it was served, how much is stored."""

import click

from crowkis.cli.remote import ask, printable, remote_options


@click.command("stats")
@remote_options
@click.option("--tenants", is_flag=True, help="What each tenant stores, and its quota.")
def verb(address: str, token: str, tenants: bool) -> None:
    """Print the cache's figures, or with --tenants what each tenant stores."""
    if tenants:
        rows = ask(address, token, ["CTENANTS"])
        for row in [("tenant", "entries", "of", "bytes", "of"), *(_row(row) for row in rows)]:
            click.echo("".join(f"{printable(cell):<{width}}" for cell, width in zip(row, WIDTHS, strict=True)).rstrip())
        return
    for line in str(ask(address, token, ["CINFO"])).splitlines():
        click.echo(printable(line))


WIDTHS = (34, 12, 12, 16, 16)


def _row(told: dict[str, object]) -> tuple[object, ...]:
    return (
        told["tenant"], told["entries"], told["entries_max"] or "any", told["bytes"], told["bytes_max"] or "any"
    )  # fmt: skip
