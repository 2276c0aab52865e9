"""Promises of crowkis/upstream/prices.py: a price where the table has one, no guesses, errors that say what to do."""

import json
from pathlib import Path

import pytest

from crowkis.settings import SettingError
from crowkis.upstream.prices import load, shown
from crowkis.wire.shape import Tokens

TABLE = """
date = 2026-11-30
[usd_per_million_tokens]
"house-1" = { input = 2, output = 8.5 }
"house-embed" = { input = 0.02 }
"""


@pytest.fixture
def table(tmp_path):
    def write(text, name="prices.toml"):
        (tmp_path / name).write_text(text)
        return load(str(tmp_path / name))

    return write


def test_the_built_in_table_has_a_date_and_knows_a_few_models():
    prices = load("")

    assert "2026-03-01" == prices.day
    assert len(prices) > 20
    assert 12.5 == prices.usd_of(Tokens(1_000_000, 1_000_000), "gpt-4o")


def test_a_name_may_carry_its_edition_and_what_is_not_there_has_no_price(table):
    prices, tokens = table(TABLE), Tokens(500_000, 2_000_000)

    for name in ("house-1", "house-1-2026-01-31", "house-1-20260131", "house-1-latest"):
        assert 18.0 == prices.usd_of(tokens, name)
    for name in ("house-2", "house", "house-1-mini", "house-1-2026", ""):
        assert prices.usd_of(tokens, name) is None
    assert 18.0 == prices.usd_of(tokens, "unheard-of", "house-1")
    assert 0.00002 == prices.usd_of(Tokens(1_000), "house-embed")


def test_json_will_do(table):
    told = {"date": "2026-11-30", "usd_per_million_tokens": {"house-1": {"input": 2, "output": 8}}}

    assert "2026-11-30" == table(json.dumps(told), "prices.json").day


@pytest.mark.parametrize(
    ("text", "why"),
    [("date =", "cannot read"), ("x = 1", "say when"), ("date = 'today'", "say when"),
     ("date = 2026-11-30", "list the models"), (TABLE.replace("8.5", "-1"), '"house-1" must be'),
     (TABLE.replace("input = 2,", ""), '"house-1" must be'), (TABLE.replace("output", "out"), '"house-1" must be'),
     (TABLE.replace("{ input = 2, output = 8.5 }", "3"), '"house-1" must be'),
     (TABLE.replace("8.5", "nan"), '"house-1" must be'), (TABLE.replace("8.5", "'8'"), '"house-1" must be')],
)  # fmt: skip
def test_a_bad_table_is_refused_and_it_is_said_why(table, text, why):
    with pytest.raises(SettingError, match=f"gateway_prices: .*{why}"):
        table(text)


def test_a_file_that_is_not_there_is_named():
    with pytest.raises(SettingError, match=r"cannot read /nowhere/prices\.toml"):
        load("/nowhere/prices.toml")


def test_amounts_are_plain_numbers():
    assert ["0", "0.0000001", "12.5", "3"] == [shown(usd) for usd in (0.0, 1e-7, 12.5, 3.0)]


def test_the_manual_tells_the_date_of_the_built_in_table():
    manual = Path(__file__).parents[2] / "docs" / "gateway.md"

    assert f"The built-in one is of {load('').day}" in manual.read_text()
