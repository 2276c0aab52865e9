"""The command line: one file per verb."""

import click

from crowkis import __version__


class _Verbs(click.Group):
    """Loads a verb's file only when it is used, so that `crowkis cli` does not wait for the embedder's libraries."""

    _FILES = {"server": "server", "cli": "repl", "docs": "docs", "health": "health"}

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


@click.group(cls=_Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="crowkis")
def main() -> None:
    """Crowkis: the answer cache that language-model products put in front of their model."""
