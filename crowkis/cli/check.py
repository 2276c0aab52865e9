"""`crowkis check`: is a data directory what was written? Changes nothing unless --repair is given.

Exit code 0: clean, what a crash may leave behind included; 1: there is damage, or was; 2: it could not be looked at.
"""

from contextlib import closing
from pathlib import Path

import click

from crowkis.cli import data_dir_option, opened
from crowkis.index.snapshot import SUFFIX, SnapshotError, load
from crowkis.snapshots import INDEX_DIRECTORY
from crowkis.storage.check import Finding, verify
from crowkis.storage.disk import Directory
from crowkis.storage.errors import StorageError
from crowkis.storage.repair import repair


class _Unchecked(click.ClickException):
    exit_code = 2


@click.command("check")
@data_dir_option
@click.option("--repair", "mend", is_flag=True, help="Keep everything that is intact, and say what had to be dropped.")
def verb(data_dir: str, mend: bool) -> None:
    """Verify every checksum of a data directory: tables of all levels, manifest, log and index snapshots.

    No server may have it open. Exit code 0: clean; 1: damage was found; 2: it could not be checked.
    """
    try:
        with closing(opened(data_dir)) as directory:
            damaged = _check(directory, mend)
            _check_indexes(Path(data_dir) / INDEX_DIRECTORY)
    except (StorageError, OSError) as error:
        raise _Unchecked(str(error)) from None
    except click.ClickException as error:
        raise _Unchecked(error.message) from None
    if damaged:
        raise SystemExit(1)


def _check(directory: Directory, mend: bool) -> bool:
    """Was there damage?"""
    findings = verify(directory)
    for finding in findings:
        click.echo(_line(finding))
    damage = [finding for finding in findings if not finding.harmless]
    if not damage:
        click.echo("clean")
        return False
    if not mend:
        click.echo(f"{len(damage)} found damaged; nothing was changed. --repair keeps all that is intact")
        return True
    for loss in repair(directory):
        click.echo(f"dropped from {loss.file}: {loss.what}")
    left = [finding for finding in verify(directory) if not finding.harmless]
    for finding in left:
        click.echo(f"still {_line(finding)}")
    click.echo("repaired" if not left else "not everything could be repaired")
    return True


def _check_indexes(path: Path) -> None:
    """Name the index snapshots that cannot be used: the next start links those indexes anew from the stored vectors."""
    if not path.is_dir():
        return
    with closing(Directory(path, lock=False)) as directory:
        for name in directory.names():
            if not name.endswith(SUFFIX):
                continue
            try:
                load(directory, name)
            except SnapshotError as error:
                click.echo(f"{INDEX_DIRECTORY}/{name}: {error} (harmless: the next start makes it anew)")


def _line(finding: Finding) -> str:
    note = " (harmless: the next start puts it right)" if finding.harmless else ""
    return f"{finding.file} at byte {finding.offset}: {finding.what}{note}"
