"""`crowkis check`: is a data directory what was written? Changes nothing unless --repair is given.

First bytes (checksums, levels, log), then meaning: the store is opened through an overlay as a server would open it,
so that entries, answers and indexes can be held against each other. Takes the memory a server would take.
Exit code 0: clean, what a crash may leave behind included; 1: there is damage, or was; 2: it could not be looked at.
"""

from contextlib import closing
from pathlib import Path

import click

from crowkis.cli import data_dir_option, opened
from crowkis.engine.codec import PLAIN
from crowkis.engine.consistency import inconsistencies, misfits
from crowkis.engine.state import SpaceKey, State
from crowkis.index.flat import FlatIndex
from crowkis.index.snapshot import SUFFIX, SnapshotError, load, snapshot_name
from crowkis.interfaces import Filesystem, Restored
from crowkis.snapshots import INDEX_DIRECTORY
from crowkis.storage.check import Finding, verify
from crowkis.storage.disk import Directory
from crowkis.storage.errors import StorageError
from crowkis.storage.overlay import Overlay
from crowkis.storage.repair import repair
from crowkis.storage.store import Store


class _Unchecked(click.ClickException):
    exit_code = 2


@click.command("check")
@data_dir_option
@click.option("--repair", "mend", is_flag=True, help="Keep everything that is intact, and say what had to be dropped.")
def verb(data_dir: str, mend: bool) -> None:
    """Verify a data directory: every checksum of tables, manifest and log, and that entries and indexes agree.

    No server may have it open. Exit code 0: clean; 1: damage was found; 2: it could not be checked.
    """
    try:
        with closing(opened(data_dir)) as directory:
            found, left = _check_files(directory, mend)
            if not left:
                more_found, left = _check_meaning(directory, Path(data_dir) / INDEX_DIRECTORY, mend)
                found += more_found
    except (StorageError, OSError) as error:
        raise _Unchecked(str(error)) from None
    except click.ClickException as error:
        raise _Unchecked(error.message) from None
    if not found:
        click.echo("clean")
        return
    if not mend:
        click.echo(f"{found} found damaged; nothing was changed. --repair keeps all that is intact")
    else:
        click.echo("repaired" if not left else "not everything could be repaired")
    raise SystemExit(1)


def _check_files(directory: Directory, mend: bool) -> tuple[int, int]:
    """How much is damaged, and how much of it still is afterwards."""
    findings = verify(directory)
    for finding in findings:
        click.echo(_line(finding))
    damaged = sum(not finding.harmless for finding in findings)
    if not (damaged and mend):
        return damaged, damaged
    for loss in repair(directory):
        click.echo(f"dropped from {loss.file}: {loss.what}")
    left = [finding for finding in verify(directory) if not finding.harmless]
    for finding in left:
        click.echo(f"still {_line(finding)}")
    return damaged, len(left)


def _check_meaning(directory: Directory, index_path: Path, mend: bool) -> tuple[int, int]:
    """The same of what the intact bytes mean: things that belong to nothing, then the indexes."""
    found = list(misfits(_store(Overlay(directory))))
    for misfit in found:
        click.echo(f"dropped: {misfit.what}" if mend else misfit.what)
    if found and not mend:
        return len(found), len(found)
    if found:
        with closing(_store(directory)) as store:
            for misfit in found:
                store.remove(misfit.key)
            store.commit()
    state = State(_store(Overlay(directory)), FlatIndex)
    list(state.recover(_snapshots(index_path, mend)))
    _tell_indexes(state)
    disagreeing = list(inconsistencies(state))
    for line in disagreeing:
        click.echo(line)
    return len(found) + len(disagreeing), len(disagreeing)


def _snapshots(path: Path, mend: bool) -> dict[SpaceKey, Restored]:
    """Every index snapshot that can be used; names those that cannot: the next start links those indexes anew."""
    usable: dict[SpaceKey, Restored] = {}
    if not path.is_dir():
        return usable
    with closing(Directory(path, lock=False)) as directory:
        for name in directory.names():
            if not name.endswith(SUFFIX):
                continue
            try:
                space, usable_there = load(directory, name)
                usable[space] = usable_there
            except SnapshotError as error:
                if mend:
                    directory.remove(name)
                    click.echo(f"dropped: {INDEX_DIRECTORY}/{name}: {error}; the next start makes it anew")
                else:
                    click.echo(f"{INDEX_DIRECTORY}/{name}: {error} (harmless: the next start makes it anew)")
    return usable


def _tell_indexes(state: State) -> None:
    """How far snapshots and entries are apart: what was stored or removed since, as far as a crash may leave it."""
    for place, (kept, added, dropped) in state.reconciled.items():
        if kept + dropped == 0 or not (added or dropped):
            continue
        name = f"{INDEX_DIRECTORY}/{snapshot_name(place)}"
        click.echo(
            f"{name}: holds {kept} vectors as stored, lacks {added} and has {dropped} that are gone "
            "(harmless: the next start puts it right)"
        )


def _store(filesystem: Filesystem) -> Store:
    return Store.open(filesystem, counted=PLAIN)


def _line(finding: Finding) -> str:
    note = " (harmless: the next start puts it right)" if finding.harmless else ""
    return f"{finding.file} at byte {finding.offset}: {finding.what}{note}"
