"""`crowkis dump`: what CDUMP says of a text: its vector, its normal form, and all that the rules know of it."""

from typing import Any

import click

from crowkis.cli.remote import ask, printable, remote_options


@click.command("dump")
@click.argument("text")
@remote_options
def verb(text: str, address: str, token: str) -> None:
    """Show what the server makes of TEXT: vector, normal form, tokens, and what the rules look at."""
    for line in lines_of(ask(address, token, ["CDUMP", text])):
        click.echo(line)


def lines_of(told: dict[str, Any], indent: str = "") -> list[str]:
    """A map in lines, one a key; maps within are indented."""
    width = max((len(name) for name in told), default=0)
    lines = []
    for name, value in told.items():
        if isinstance(value, dict) and value:
            lines += [f"{indent}{name}", *lines_of(value, indent + "  ")]
        else:
            lines.append(f"{indent}{name:<{width}}  {_shown(value)}")
    return lines


def _shown(value: Any) -> str:
    if isinstance(value, list | dict):
        return " | ".join(map(printable, value)) or "(none)"
    return "(none)" if value in ("", None) else printable(value)
