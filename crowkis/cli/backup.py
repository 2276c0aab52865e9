"""`crowkis backup`: everything into one file, from a data directory nobody has open or by asking a running server.

Writes nothing into the data directory beyond what opening it does.
"""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import click
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from crowkis.cli import data_dir_option, opened
from crowkis.engine.codec import PLAIN
from crowkis.storage import archive
from crowkis.storage.disk import Directory
from crowkis.storage.errors import DirectoryInUse, StorageError
from crowkis.storage.store import Store
from crowkis.values.limits import MIB


@click.command("backup")
@click.argument("file", metavar="FILE")
@data_dir_option
@click.option("--address", metavar="HOST:PORT", help="Ask this running server to write FILE into its backup_dir.")
@click.option("--token", envvar="CROWKIS_TOKEN", default="", help="Token for AUTH. [CROWKIS_TOKEN]")
def verb(file: str, data_dir: str, address: str | None, token: str) -> None:
    """Write a backup of everything into FILE.

    Without --address the data directory is read, so no server may have it open.
    """
    if address:
        _ask(address, token, file)
        return
    path = Path(file)
    if path.is_dir():
        raise click.ClickException(f"{file} is a directory; name a file, such as {path / ('crowkis' + archive.SUFFIX)}")
    try:
        with closing(opened(data_dir)) as directory, closing(Directory(path.parent, lock=False)) as target:
            written = _write(directory, target, path.name)
    except DirectoryInUse as error:
        raise click.ClickException(f"{error}; or ask the running server with --address HOST:PORT") from None
    except (StorageError, OSError) as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"{file}: {written.entries} entries, {written.size_bytes} bytes")


def _write(directory: Directory, target: Directory, name: str) -> archive.Written:
    with (
        closing(Store.open(directory, counted=PLAIN)) as store,
        click.progressbar(length=store.bytes_held, label="Writing", update_min_steps=MIB) as bar,
    ):

        def pairs() -> Iterator[archive.Pair]:
            for key, value in store.items():
                bar.update(len(key) + len(value))
                yield key, value

        return archive.write(pairs(), target, name)


def _ask(address: str, token: str, file: str) -> None:
    host, _, port = address.rpartition(":")
    if not port.isdigit():
        raise click.ClickException(f"{address} is not HOST:PORT")
    client = redis.Redis(
        host.strip("[]") or "127.0.0.1", int(port), password=token or None, retry=Retry(NoBackoff(), 0)
    )
    try:
        with client:
            client.execute_command("CSAVE", file)  # type: ignore[no-untyped-call]
    except redis.RedisError as error:
        raise click.ClickException(f"{address}: {error}") from None
    click.echo(f"{file}: written by {address} into its backup_dir")
