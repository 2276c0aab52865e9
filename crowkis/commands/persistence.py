"""Words about backups: write everything there is into one file, beside the log and tables that keep it safe anyway.

A backup goes into the directory of the setting backup_dir and nowhere else: a client of the network names a file,
never a place on this machine.
"""

import re
from typing import Any

from crowkis.commands.args import WORD, arg, flag
from crowkis.commands.registry import command
from crowkis.engine.clients import Client
from crowkis.engine.engine import Engine
from crowkis.storage.archive import SUFFIX
from crowkis.values.errand import Waiting, WriteBackup
from crowkis.values.errors import backup_failed, backup_running, malformed
from crowkis.values.outcome import Outcome
from crowkis.values.reply import OK, Reply, Simple

SERVER = "server"
DUMP = f"dump{SUFFIX}"
"""What SAVE and BGSAVE write."""
_NAME = re.compile(rf"[A-Za-z0-9_][A-Za-z0-9_.-]{{0,99}}{re.escape(SUFFIX)}")


@command("CSAVE", arg("path", WORD), category=SERVER, alone=True)
def csave(engine: Engine, client: Client, args: Any) -> Waiting:
    """Write a backup of everything into the file named, in backup_dir; OK once it is on the disk."""
    return _save(engine, args.path)


@command("CBGSAVE", arg("path", WORD), category=SERVER, alone=True)
def cbgsave(engine: Engine, client: Client, args: Any) -> Outcome:
    """Begin a backup of everything into the file named, in backup_dir; INFO persistence tells when it is done."""
    return Outcome(Simple("BGSAVE-STARTED"), errands=(_claim(engine, args.path),))


@command("SAVE", category=SERVER, alone=True, partly="writes a backup of its own format, dump.crowkbak")
def save(engine: Engine, client: Client, args: Any) -> Waiting:
    """Write a backup as CSAVE does, called dump.crowkbak; nobody else is kept waiting."""
    return _save(engine, DUMP)


@command(
    "BGSAVE", flag("schedule"), category=SERVER, alone=True, partly="writes a backup of its own format, dump.crowkbak"
)
def bgsave(engine: Engine, client: Client, args: Any) -> Outcome:
    """Begin a backup as CBGSAVE does, called dump.crowkbak. SCHEDULE makes no difference."""
    return Outcome(Simple("Background saving started"), errands=(_claim(engine, DUMP),))


@command("LASTSAVE", category=SERVER)
def lastsave(engine: Engine, client: Client, args: Any) -> Reply:
    """Tell when the last backup became durable, in Unix seconds; 0: none since the server started."""
    return engine.backups.written_ms // 1000


def _save(engine: Engine, path: str) -> Waiting:
    def then(engine: Engine, error: Exception | None) -> Reply:
        if error is not None:
            raise backup_failed(str(error))
        return OK

    return Waiting(_claim(engine, path), then)


def _claim(engine: Engine, path: str) -> WriteBackup:
    """The errand, if the name may be used and no other backup is being written. Raises CommandError."""
    if not _NAME.fullmatch(path):
        raise malformed(
            f"path must be a file name ending in {SUFFIX}, of letters, digits and _ . - without directories; "
            "the file is written into the server's backup_dir"
        )
    if engine.backups.running:
        raise backup_running(engine.backups.running)
    engine.backups.begin(path, engine.now_ms)
    return WriteBackup(path)
