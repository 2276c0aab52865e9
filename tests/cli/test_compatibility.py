"""Promises of crowkis/cli/compatibility.py: every word stands in one place, and none is called absent that is there."""

from click.testing import CliRunner

from crowkis.cli.compatibility import ABSENT, OWN, compatibility
from crowkis.cli.docs import verb
from crowkis.commands.registry import COMMANDS


def parts():
    """Each heading of the page and what is below it."""
    return dict(part.split("\n", 1) for part in compatibility().split("\n## ")[1:])


def test_a_word_stands_where_its_declaration_puts_it():
    supported, partly, refused, _ = parts().values()

    assert "`GETEX`" in supported
    assert "`WAIT`: there are no replicas" in partly
    assert "`EVAL`: there is no Lua" in refused


def test_every_word_but_those_of_the_cache_stands_in_one_place_only():
    page = compatibility()

    for name, made in COMMANDS.items():
        shown = made.category != "semantic" and name not in OWN and not made.subcommands
        assert page.count(f"`{name}`") == int(shown), name


def test_no_word_called_absent_is_declared():
    named = {name.replace("|", " ") for words, _ in ABSENT.values() for name in words.split()}

    assert set() == named & set(COMMANDS)


def test_the_verb_prints_the_page():
    assert compatibility() == CliRunner().invoke(verb, ["compatibility"]).output
