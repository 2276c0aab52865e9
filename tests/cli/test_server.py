"""Promises of crowkis/cli/server.py: a wrong setting stops the start in one line that names it."""

import pytest
from click.testing import CliRunner

from crowkis import __version__
from crowkis.cli import main
from crowkis.settings import SETTINGS


def told(*words, env=None):
    """What a start that must fail says."""
    ran = CliRunner().invoke(main, ["server", *words], env={"CROWKIS_CONFIG_PATH": None, **(env or {})})
    assert ran.exit_code != 0
    assert "Traceback" not in ran.output
    return ran.output


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[cache]\nsimilarity_mim = 0.9\n", "cache.similarity_mim"),
        ("[cahce]\nsimilarity_min = 0.9\n", "[cahce]"),
        ("[server]\nsimilarity_min = 0.9\n", "server.similarity_min"),
        ("[cache]\nsimilarity_min = 1.9\n", "similarity_min must be from 0 to 1"),
        ("[cache]\nsimilarity_min = [1]\n", "similarity_min must be a single value"),
        ("not toml", "cannot read settings file"),
    ],
)
def test_a_wrong_settings_file_stops_it_and_names_the_place(tmp_path, text, named):
    file = tmp_path / "crowkis.toml"
    file.write_text(text)
    said = told("--config", str(file), "--data-dir", str(tmp_path / "data"))

    assert named in said
    assert str(file) in said
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    ("flags", "environ", "named"),
    [
        (("--port", "70000"), {}, "--bind-port"),
        (("--wal-sync", "sometimes"), {}, "--wal-sync"),
        ((), {"CROWKIS_SIMILARITY_MIN": "high"}, "CROWKIS_SIMILARITY_MIN"),
        (("--nonsense", "1"), {}, "--nonsense"),
        (("--config", "/nowhere/crowkis.toml"), {}, "/nowhere/crowkis.toml"),
    ],
)
def test_a_wrong_value_stops_it_and_is_named(tmp_path, flags, environ, named):
    assert named in told("--data-dir", str(tmp_path / "data"), *flags, env=environ)


def test_a_secret_that_is_wrong_is_not_shown(tmp_path):
    file = tmp_path / "crowkis.toml"
    file.write_text('[server]\nauth_token = ["hidden-thing"]\n')

    assert "hidden-thing" not in told("--config", str(file))


def test_help_names_every_setting_its_variable_and_default():
    said = " ".join(CliRunner().invoke(main, ["server", "--help"]).output.split())

    for row in SETTINGS:
        assert f"--{row.name.replace('_', '-')}" in said
        assert f"[{row.env}]" in said
    for piece in ("--port", "--data", "Default 6383.", "a flag wins over the file"):
        assert piece in said


def test_the_command_line_shows_its_verbs_and_version():
    assert f"crowkis, version {__version__}" in CliRunner().invoke(main, ["--version"]).output
    for verb in ("server", "cli", "docs", "health"):
        assert verb in CliRunner().invoke(main, ["--help"]).output
    assert 0 != CliRunner().invoke(main, ["nonsense"]).exit_code
