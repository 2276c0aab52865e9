"""`crowkis cli`: a prompt for people without redis-cli, with history, completion and help from the COMMANDS table."""

import shlex
import sys
from pathlib import Path
from typing import Any

import click
import redis
from prompt_toolkit import PromptSession
from prompt_toolkit.auto_suggest import AutoSuggestFromHistory
from prompt_toolkit.completion import WordCompleter
from prompt_toolkit.history import FileHistory
from redis.backoff import NoBackoff
from redis.retry import Retry

import crowkis.commands  # noqa: F401 - declares the words
from crowkis.commands.registry import COMMANDS

HISTORY = Path("~/.crowkis_history")


@click.command("cli")
@click.argument("address", default="127.0.0.1:6383", metavar="[HOST:PORT]")
@click.option("--token", envvar="CROWKIS_TOKEN", default="", help="Token for AUTH. [CROWKIS_TOKEN]")
@click.argument("request", nargs=-1, metavar="[COMMAND...]")
def verb(address: str, token: str, request: tuple[str, ...]) -> None:
    """Talk to a server: a prompt, or one COMMAND and its reply. `help` and `help CGET` explain the words."""
    host, _, port = address.rpartition(":")
    if not port.isdigit():
        raise click.ClickException(f"{address} is not HOST:PORT")
    client = redis.Redis(
        host.strip("[]") or "127.0.0.1",
        int(port),
        password=token or None,
        protocol=3,
        retry=Retry(NoBackoff(), 1),
    )
    try:
        client.ping()
    except redis.RedisError as error:
        raise click.ClickException(f"{address}: {error}") from None
    if request:
        sys.exit(0 if run(client, list(request)) else 1)
    if not sys.stdin.isatty():
        for line in sys.stdin:
            run_line(client, line)
        return
    _prompt(client, address)


def _prompt(client: "redis.Redis", address: str) -> None:
    session: PromptSession[str] = PromptSession(
        f"{address}> ",
        history=FileHistory(str(HISTORY.expanduser())),
        auto_suggest=AutoSuggestFromHistory(),
        completer=completer(),
    )
    while True:
        try:
            line = session.prompt()
        except KeyboardInterrupt:
            continue
        except EOFError:
            return
        if line.strip().lower() in ("quit", "exit"):
            return
        run_line(client, line)


def completer() -> WordCompleter:
    """Completes words and their options, each with its summary beside it."""
    meta: dict[str, Any] = {name: made.summary for name, made in COMMANDS.items()}
    options = {row.token for made in COMMANDS.values() for row in made.parameters if row.token}
    return WordCompleter([*sorted(COMMANDS), *sorted(options)], ignore_case=True, meta_dict=meta, sentence=False)


def run_line(client: "redis.Redis", line: str) -> bool:
    """Run one typed line; False where it was refused."""
    try:
        words = shlex.split(line)
    except ValueError as error:
        click.echo(f'(error) {error}: quote your text like "this"', err=True)
        return False
    if not words:
        return True
    if words[0].lower() == "help":
        click.echo(help_text(" ".join(words[1:]).upper()))
        return True
    return run(client, words)


def help_text(name: str) -> str:
    """Syntax and summary of one word and its sub-words, or of all."""
    chosen = [made for key, made in sorted(COMMANDS.items())
              if not made.subcommands and (not name or name in (key, key.partition(" ")[0]))]  # fmt: skip
    if not chosen:
        return f"there is no word {name}; help lists all"
    return "\n".join(f"{made.syntax}\n    {made.summary}" for made in chosen)


def run(client: "redis.Redis", words: list[str]) -> bool:
    """Send one command and print its reply; False where it was refused."""
    try:
        connection = client.connection_pool.get_connection()
        try:
            connection.send_command(*words)  # type: ignore[no-untyped-call]
            reply = connection.read_response()
        finally:
            client.connection_pool.release(connection)
    except redis.ResponseError as error:
        click.echo(f"(error) {error}", err=True)
        return False
    except redis.RedisError as error:
        raise click.ClickException(str(error)) from None
    click.echo(shown(reply))
    return True


def shown(reply: Any, indent: str = "") -> str:
    """A reply as people read it."""
    if reply is None:
        return "(nil)"
    if isinstance(reply, bytes):
        return reply.decode("utf-8", "backslashreplace")
    if isinstance(reply, dict):
        rows = [f"{indent}{shown(key)}: {_nested(value, indent)}" for key, value in reply.items()]
        return "\n".join(rows).removeprefix(indent) or "(empty)"
    if isinstance(reply, list):
        rows = [f"{indent}{place}) {_nested(value, indent)}" for place, value in enumerate(reply, 1)]
        return "\n".join(rows).removeprefix(indent) or "(empty)"
    return str(reply)


def _nested(value: Any, indent: str) -> str:
    if isinstance(value, dict | list) and value:
        inner = indent + "   "
        return "\n" + inner + shown(value, inner)
    return shown(value)
