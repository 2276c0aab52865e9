"""`crowkis get`: the answer that would be served to a question, as it is stored.

Exit code 0: there is one; 1: none; 2: the server could not be asked.
"""

import click

from crowkis.cli.remote import ask, remote_options


@click.command("get")
@click.argument("question")
@remote_options
@click.option("--tenant", default="default", show_default=True, help="Whose answers.")
@click.option("--namespace", default="", help="In which namespace.")
@click.option("--exact", is_flag=True, help="To this very text only, whatever it says.")
def verb(question: str, address: str, token: str, tenant: str, namespace: str, exact: bool) -> None:
    """Print the answer that would be served to QUESTION, and nothing else, so that it can be piped on.

    Exit code 0: there is one; 1: none; 2: the server could not be asked.
    """
    request: list[str | bytes] = ["CGET", question, "TENANT", tenant, "NAMESPACE", namespace]
    found = ask(address, token, [*request, "BY", "NAME"] if exact else request)
    if found is None:
        click.echo("none; crowkis why says what was looked at", err=True)
        raise SystemExit(1)
    click.echo(found["response"])
