"""`crowkis docs`: print the tables users can name, as Markdown; docs/reference.md holds what this prints."""

from collections.abc import Callable, Iterable

import click

import crowkis.commands  # noqa: F401 - declares the words
from crowkis.cli.compatibility import compatibility
from crowkis.commands.registry import COMMANDS
from crowkis.metrics import METRICS
from crowkis.settings import SETTINGS
from crowkis.values.errors import ERRORS
from crowkis.values.intent import INTENTS, PACES, POSTURES, SAME_USER
from crowkis.values.verdict import REASONS


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A Markdown table; bars inside cells are escaped."""
    names = list(head)
    lines = [names, ["---"] * len(names), *[[cell.replace("|", "\\|") for cell in row] for row in rows]]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def commands_table() -> str:
    """COMMANDS."""
    rows = sorted(
        (made for made in COMMANDS.values() if not made.subcommands), key=lambda made: (made.category, made.name)
    )
    return table(
        ("syntax", "what it does", "group", "writes", "since"),
        ((f"`{made.syntax}`", made.summary, made.category, "yes" if made.writes else "", made.since) for made in rows),
    )


def semantic_table() -> str:
    """The words of the cache alone, for the README."""
    rows = [made for _, made in sorted(COMMANDS.items()) if made.category == "semantic" and not made.subcommands]
    return table(("syntax", "what it does"), ((f"`{made.syntax}`", made.summary) for made in rows))


def settings_table() -> str:
    """SETTINGS."""
    return table(
        ("setting", "section", "environment", "default", "at run time", "meaning"),
        (
            (
                f"`{row.name}`",
                row.section,
                f"`{row.env}`",
                _default(row.default),
                "yes" if row.mutable else "",
                row.help,
            )
            for row in SETTINGS
        ),
    )


def _default(value: object) -> str:
    return "" if value == "" else "`yes`" if value is True else "`no`" if value is False else f"`{value}`"


def metrics_table() -> str:
    """METRICS."""
    return table(
        ("metric", "kind", "split by", "meaning"),
        ((f"`crowkis_{row.name}`", row.kind, row.label, row.help) for row in METRICS),
    )


def reasons_table() -> str:
    """REASONS."""
    return table(("reason", "gate", "meaning"), ((f"`{row.id}`", row.gate, row.meaning) for row in REASONS))


def errors_table() -> str:
    """ERRORS."""
    return table(("code", "when", "what to do"), ((f"`{row.code}`", row.when, row.do) for row in ERRORS))


def intents_table() -> str:
    """INTENTS, with what each posture and pace means."""
    intents = table(
        ("intent", "what is asked for", "reuse", "shelf life, seconds", "bar", "why that bar"),
        (
            (
                f"`{row.name}`",
                row.meaning,
                f"`{row.posture}`",
                str(row.shelf_life_s or ""),
                "" if row.confidence_min is None else str(row.confidence_min),
                row.reason,
            )
            for row in INTENTS
        ),
    )
    postures = table(("reuse", "meaning"), ((f"`{name}`", meaning) for name, meaning in POSTURES.items()))
    paces = table(("pace", "shelf life, seconds"), ((f"`{name}`", str(life)) for name, life in PACES.items()))
    return f"{intents}\n\n{postures}\n\n{paces}\n\n{SAME_USER}"


TABLES: dict[str, Callable[[], str]] = {
    "commands": commands_table,
    "settings": settings_table,
    "metrics": metrics_table,
    "reasons": reasons_table,
    "errors": errors_table,
    "intents": intents_table,
}


HEAD = """# Reference

Everything users can name, printed from the code by `crowkis docs`. A test fails when this file differs from it.
"""


def reference() -> str:
    """The whole of docs/reference.md."""
    return HEAD + "".join(f"\n## {name.capitalize()}\n\n{show()}\n" for name, show in TABLES.items())


@click.command("docs")
@click.argument("name", type=click.Choice([*TABLES, "semantic", "compatibility"]), required=False)
def verb(name: str | None) -> None:
    """Print the tables of commands, settings, metrics, reasons, errors and intents as Markdown, or the one named."""
    pages = {**TABLES, "semantic": semantic_table, "compatibility": compatibility}
    click.echo(pages[name]() if name else reference(), nl=False)
