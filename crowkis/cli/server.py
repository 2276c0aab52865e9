"""`crowkis server`: read the settings, start, say what is wrong in one line if it cannot."""

import os
import sys
from pathlib import Path
from typing import Any

import click

from crowkis.app import serve
from crowkis.cli.logs import new_log
from crowkis.interfaces import EmbedderError
from crowkis.settings import SETTINGS, Setting, SettingError, load, unknown_environment
from crowkis.storage.errors import StorageError

CONFIG_PATH_ENV = "CROWKIS_CONFIG_PATH"


def _option(row: Setting) -> click.Option:
    names = [f"--{row.name.replace('_', '-')}", row.name]
    if row.name == "bind_port":
        names.insert(1, "--port")
    if row.name == "data_dir":
        names.insert(1, "--data")
    default = "" if row.secret or row.default == "" else f" Default {_shown(row.default)}."
    return click.Option(names, metavar="VALUE", help=f"{row.help}{default} [{row.env}]")


def _shown(value: Any) -> str:
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


def _run(config: str | None, **flags: str | None) -> None:
    file = Path(config) if config else None
    try:
        settings = load({name: text for name, text in flags.items() if text is not None}, os.environ, file)
        log = new_log(settings.log_level, settings.structured_logs)
        for name in unknown_environment(os.environ):
            log("unknown setting", level="warning", variable=name, effect="ignored")
        code = serve(settings, log)
    except (SettingError, StorageError, EmbedderError) as error:
        raise click.ClickException(str(error)) from None
    except OSError as error:
        raise click.ClickException(f"cannot start: {error}") from None
    sys.exit(code)


verb = click.Command(
    "server",
    callback=_run,
    help=(
        "Run a Crowkis server.\n\n"
        "Needs no configuration and no network: data goes to ./crowkis-data, clients connect to 127.0.0.1:6383. "
        "Each setting may also stand in a TOML file or in the environment variable named in brackets; "
        "a flag wins over the file, the file over the environment."
    ),
    params=[
        click.Option(
            ["--config"], metavar="FILE", envvar=CONFIG_PATH_ENV, help=f"TOML settings file. [{CONFIG_PATH_ENV}]"
        ),
        *(_option(row) for row in SETTINGS),
    ],
)
