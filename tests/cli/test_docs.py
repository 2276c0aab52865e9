"""Promises of crowkis/cli/docs.py: the tables as Markdown, whole or one by one."""

import pytest
from click.testing import CliRunner

from crowkis.cli.docs import TABLES, reference, semantic_table, table, verb
from crowkis.commands.registry import COMMANDS
from crowkis.metrics import METRICS
from crowkis.settings import SETTINGS
from crowkis.values.errors import ERRORS
from crowkis.values.verdict import REASONS


def printed(*words):
    ran = CliRunner().invoke(verb, words)
    assert ran.exit_code == 0, ran.output
    return ran.output


def test_a_table_escapes_bars_and_has_a_row_per_row():
    assert "| a | b |\n| --- | --- |\n| x\\|y | z |" == table(("a", "b"), [("x|y", "z")])


def test_without_a_name_everything_is_printed():
    assert reference() == printed()
    for name in TABLES:
        assert f"## {name.capitalize()}" in reference()


@pytest.mark.parametrize(
    ("name", "names"),
    [
        ("commands", [made.syntax.replace("|", "\\|") for made in COMMANDS.values() if not made.subcommands]),
        ("settings", [row.env for row in SETTINGS]),
        ("metrics", [f"crowkis_{row.name}" for row in METRICS]),
        ("reasons", [row.id for row in REASONS]),
        ("errors", [row.code for row in ERRORS]),
    ],
)
def test_every_row_of_a_table_is_printed(name, names):
    text = printed(name)

    assert [] == [each for each in names if f"`{each}`" not in text]
    assert len(names) + 2 == len(text.splitlines())


def test_the_words_of_the_cache_have_a_table_of_their_own():
    text = semantic_table()

    assert "CGET query" in text
    assert "GETSET" not in text


def test_an_unknown_name_is_refused():
    assert 2 == CliRunner().invoke(verb, ["nonsense"]).exit_code
