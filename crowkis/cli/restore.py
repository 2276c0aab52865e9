"""`crowkis restore`: a backup becomes a data directory.

Never writes before the whole backup has been read and found intact.
"""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import click

from crowkis.cli import data_dir_option
from crowkis.engine.codec import PLAIN
from crowkis.storage import archive
from crowkis.storage.disk import LOCK_NAME, Directory
from crowkis.storage.errors import StorageError
from crowkis.storage.restore import restore
from crowkis.values.limits import MIB


@click.command("restore")
@click.argument("file", metavar="FILE", type=click.Path(exists=True, dir_okay=False))
@data_dir_option
def verb(file: str, data_dir: str) -> None:
    """Make a data directory out of a backup. Refuses a directory that holds anything, and a damaged FILE."""
    path, target = Path(file), Path(data_dir)
    try:
        if target.exists() and any(found.name != LOCK_NAME for found in target.iterdir()):
            raise click.ClickException(f"{data_dir} is not empty; restore into another directory, or move it away")
        with closing(Directory(path.parent, lock=False)) as source:
            for _ in _reading(source, path, "Checking"):
                pass
            with closing(Directory(target)) as directory:
                entries = restore(_reading(source, path, "Restoring"), directory, PLAIN)
    except (StorageError, OSError) as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"{data_dir}: {entries} entries restored")


def _reading(source: Directory, path: Path, label: str) -> Iterator[archive.Pair]:
    with click.progressbar(length=path.stat().st_size, label=label, update_min_steps=MIB) as bar:
        yield from archive.read(source, path.name, bar.update)
