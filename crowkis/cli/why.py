"""`crowkis why`: what CEXPLAIN says, for people: the verdict, each candidate, one line a gate.

Exit code 0: an answer would be served; 1: none; 2: the server could not be asked.
"""

import os
from base64 import b64encode
from typing import Any, BinaryIO

import click

from crowkis.cli.remote import ask, printable, remote_options

_COLOURS = {"served": "green", "refused": "red", "miss": "yellow"}


@click.command("why")
@click.argument("question")
@remote_options
@click.option("--tenant", help="Whose answers. Default: the default tenant.")
@click.option("--namespace", help="In which namespace.")
@click.option("--model", help="Made by which model.")
@click.option("--model-version", help="And which version of it.")
@click.option("--threshold", help="The bar to clear instead of the server's.")
@click.option("--tag", multiple=True, help="A tag the answer must carry; may be given again.")
@click.option("--context", help="What was said before: a JSON list of messages, or its fingerprint.")
@click.option("--image", type=click.File("rb"), help="The image the question is about.")
def verb(question: str, address: str, token: str, image: BinaryIO | None, **options: Any) -> None:
    """Say whether a stored answer would be served to QUESTION and why, or why not.

    Exit code 0: an answer would be served; 1: none; 2: the server could not be asked.
    """
    request: list[str | bytes] = ["CEXPLAIN", question]
    for name, given in options.items():
        for value in given if isinstance(given, tuple) else () if given is None else (given,):
            request += [name.upper(), value]
    if image is not None:
        request += ["IMAGE", b64encode(image.read())]
    told = ask(address, token, request)
    colour = False if os.environ.get("NO_COLOR") else None
    for line in lines_of(told):
        click.echo(line, color=colour)
    if told["verdict"] != "served":
        raise SystemExit(1)


def lines_of(told: dict[str, Any]) -> list[str]:
    """The reply of CEXPLAIN in lines, coloured; click takes the colours off where nobody sees them."""
    verdict = told["verdict"]
    head = click.style(verdict, fg=_COLOURS.get(verdict), bold=True)
    if verdict == "served":
        metric = told["metric"] if told["hit_type"] != "exact" else "confidence"
        measured = told["similarity"] if metric == "cosine" else told["confidence"]
        limit = told["similarity_min"] if metric == "cosine" else told["confidence_min"]
        head += f": {told['hit_type']} match, {metric} {_pair(measured, limit)}"
    elif told["reason"] is not None:
        head += f": {printable(told['reason'])} ({_pair(told['measure'], told['limit'])})"
    lines = [head]
    for number, candidate in enumerate(told["candidates"], 1):
        lines += _candidate(number, candidate)
    return lines


def _candidate(number: int, candidate: dict[str, Any]) -> list[str]:
    served = candidate["objection"] is None
    end = click.style("served", fg="green") if served else click.style(printable(candidate["objection"]), fg="red")
    head = (
        f'{number}. "{printable(candidate["query"])}" {candidate["match"]} {printable(candidate["similarity"])} {end}'
    )
    width = max(len(row["gate"]) for row in candidate["gates"])
    return [head, *(_gate(row, width) for row in candidate["gates"])]


def _gate(row: dict[str, Any], width: int) -> str:
    mark = click.style("pass", fg="green") if row["passes"] else click.style("FAIL", fg="red", bold=True)
    return f"   {mark} {row['gate']:<{width}}  {_pair(row['measure'], row['limit'])}"


def _pair(measure: object, limit: object) -> str:
    return f"{printable(measure)} against {printable(limit)}"
