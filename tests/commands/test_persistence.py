"""Promises of crowkis/commands/persistence.py: a client names a file, never a place."""

import pytest

from crowkis.commands.registry import COMMANDS
from crowkis.values.errors import CommandError


def csave(engine, path):
    made = COMMANDS["CSAVE"]
    return made.run(engine, None, made.parse([b"CSAVE", path.encode()]))


@pytest.mark.parametrize(
    "path",
    [
        "/etc/a.crowkbak", "../a.crowkbak", "a/b.crowkbak", "a/../../b.crowkbak", "..", ".", "", ".crowkbak",
        "..crowkbak", "-a.crowkbak", "a\\b.crowkbak", "a.crowkbak/", "a.crowkbak\n", "a\0.crowkbak", "~/a.crowkbak",
        "ä.crowkbak", "a b.crowkbak", "MANIFEST", "000001.log", "a.crowkbak.new", "x" * 200 + ".crowkbak",
    ],
)  # fmt: skip
def test_whatever_is_more_than_a_plain_name_is_refused(engine, path):
    with pytest.raises(CommandError, match="path must be a file name ending in"):
        csave(engine, path)

    assert "" == engine.backups.running


@pytest.mark.parametrize("path", ["a.crowkbak", "2026-01-31_nightly.v2.crowkbak", "_.crowkbak", "A..b.crowkbak"])
def test_a_plain_name_is_taken(engine, path):
    waiting = csave(engine, path)

    assert path == waiting.errand.name == engine.backups.running


@pytest.fixture
def engine():
    from crowkis.engine.engine import Engine
    from crowkis.metrics import Metrics
    from crowkis.settings import Settings

    return Engine(Settings(), Metrics())
