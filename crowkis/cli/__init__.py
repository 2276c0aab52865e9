"""The command line: one file per verb."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from crowkis import __version__
from crowkis.settings import BY_NAME

if TYPE_CHECKING:
    from crowkis.storage.disk import Directory


class _Verbs(click.Group):
    """Loads a verb's file only when it is used, so that `crowkis cli` does not wait for the embedder's libraries."""

    _FILES = {
        "server": "server",
        "cli": "repl",
        "backup": "backup",
        "restore": "restore",
        "check": "check",
        "why": "why",
        "get": "get",
        "stats": "stats",
        "purge": "purge",
        "quota": "quota",
        "keys": "keys",
        "dump": "dump",
        "docs": "docs",
        "health": "health",
    }

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self._FILES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        import importlib

        file = self._FILES.get(cmd_name)
        if file is None:
            return None
        verb = importlib.import_module(f"crowkis.cli.{file}").verb
        assert isinstance(verb, click.Command)
        return verb


_DATA_DIR = BY_NAME["data_dir"]

data_dir_option = click.option(
    "--data-dir", "--data", "data_dir", metavar="DIR", default=_DATA_DIR.default, envvar=_DATA_DIR.env,
    help=f"The data directory. Default {_DATA_DIR.default}. [{_DATA_DIR.env}]",
)  # fmt: skip
"""For verbs that work on a directory without a server."""


def opened(data_dir: str) -> "Directory":
    """A data directory under its lock. Raises DirectoryInUse or OSError, and ClickException where there is no store."""
    from crowkis.storage.disk import Directory
    from crowkis.storage.recovery import holds_store

    path = Path(data_dir)
    if not path.is_dir() or not holds_store(found.name for found in path.iterdir()):
        raise click.ClickException(f"{data_dir} holds no data of a server")
    return Directory(path)


@click.group(cls=_Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="crowkis")
def main() -> None:
    """Crowkis: the answer cache that language-model products put in front of their model."""
