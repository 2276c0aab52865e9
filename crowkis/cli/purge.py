"""`crowkis purge`: remove the stored answers that fit, after telling how many those are."""

import click

from crowkis.cli.remote import ask, printable, remote_options
from crowkis.values.glob import quoted

STEP = 1_000
SHOWN_MAX = 10


@click.command("purge")
@remote_options
@click.option("--tenant", default="default", show_default=True, help="Whose answers.")
@click.option("--namespace", help="Of this namespace.")
@click.option("--model", help="Made by this model.")
@click.option("--source", help="That stand on this source.")
@click.option("--prefix", help="Whose question begins so, in any letters.")
@click.option("--tag", multiple=True, help="That carry this tag; may be given again.")
@click.option("--all", "everything", is_flag=True, help="Every one of the tenant.")
@click.option("--yes", is_flag=True, help="Remove them; without it they are only counted.")
def verb(address: str, token: str, everything: bool, yes: bool, tenant: str, prefix: str | None,
         tag: tuple[str, ...], **chosen: str | None) -> None:  # fmt: skip
    """Tell which stored answers fit all that is given, and with --yes remove them."""
    words: list[str | bytes] = [word for one in tag for word in ("TAG", one)]
    words += [] if prefix is None else ["MATCH", f"{quoted(prefix)}*"]
    for name, value in chosen.items():
        words += [] if value is None else [name.upper(), value]
    if bool(words) == everything:
        raise click.UsageError("say which: --namespace, --model, --source, --prefix, --tag, or --all alone")
    cursor, keys = "0", list[str]()
    while True:
        cursor, found = ask(address, token, ["CSCAN", cursor, "COUNT", str(STEP), "TENANT", tenant, *words])
        keys += found
        if cursor == "0":
            break
    if yes:
        removed = sum(ask(address, token, ["CDELETEKEY", key, "TENANT", tenant]) for key in keys)
        click.echo(f"removed {removed}")
        return
    click.echo(f"would remove {len(keys)}; --yes does")
    for key in keys[:SHOWN_MAX]:
        entry = ask(address, token, ["CENTRY", key, "TENANT", tenant])
        click.echo(f"  {key}  {printable(entry['query']) if entry else '(gone)'}")
    if len(keys) > SHOWN_MAX:
        click.echo("  ...")
