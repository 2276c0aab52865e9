"""Asks a running server one thing, for verbs that print what it says. Exit code 2 when it cannot be asked."""

from collections.abc import Callable
from typing import Any

import click
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

DEFAULT_ADDRESS = "127.0.0.1:6383"


class Unanswered(click.ClickException):
    """The server could not be asked, or refused."""

    exit_code = 2


def remote_options(run: Callable[..., None]) -> Callable[..., None]:
    """Where the server is and how to be let in: `address` and `token`."""
    run = click.option("--token", envvar="CROWKIS_TOKEN", default="", help="Token for AUTH. [CROWKIS_TOKEN]")(run)
    return click.option(
        "--address", metavar="HOST:PORT", default=DEFAULT_ADDRESS, show_default=True, help="The running server."
    )(run)


def ask(address: str, token: str, request: list[str | bytes]) -> Any:
    """One request and its reply, as RESP3 gives it, texts decoded. Raises Unanswered."""
    host, _, port = address.rpartition(":")
    if not port.isdigit():
        raise Unanswered(f"{address} is not HOST:PORT")
    client = redis.Redis(
        host.strip("[]") or "127.0.0.1",
        int(port),
        password=token or None,
        protocol=3,
        decode_responses=True,
        encoding_errors="replace",
        retry=Retry(NoBackoff(), 0),
    )
    try:
        with client:
            return client.execute_command(*request)  # type: ignore[no-untyped-call]
    except (redis.RedisError, ValueError) as error:
        raise Unanswered(f"{address}: {error}") from None


def printable(value: object) -> str:
    """A value on one line of a terminal: nothing stored by somebody else may move the cursor or change colours."""
    text = f"{value:.4f}" if isinstance(value, float) else "-" if value is None else str(value)
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)
