"""What models cost, to tell what a hit saved: a small table with its date, or the operator's own in its place.

A table is TOML or JSON: `date`, and under `usd_per_million_tokens` for each model `input` and, where it has any,
`output`. It is read once, at start. A model that is not in it has no price; none is guessed.
"""

import json
import re
import tomllib
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from crowkis.settings import SettingError
from crowkis.wire.shape import Tokens

BUILT_IN = Path(__file__).with_name("prices.toml")
ROWS = "usd_per_million_tokens"
USD_MAX = 1e6
"""More a million tokens do not cost."""
MILLION = 1_000_000
EDITION = re.compile(r"-(\d{4}-\d{2}-\d{2}|\d{8}|latest)$")
"""What stands behind a model's name where one of its editions is meant."""


class Price(NamedTuple):
    """In dollars for a million tokens."""

    prompt: float
    completion: float


class Prices:
    """One table."""

    def __init__(self, day: str, by_model: Mapping[str, Price]) -> None:
        self.day = day
        """When the prices were right, as YYYY-MM-DD."""
        self._by_model = by_model

    def __len__(self) -> int:
        return len(self._by_model)

    def usd_of(self, tokens: Tokens, *models: str) -> float | None:
        """What so many tokens cost with the first of these names that has a price; None: none has."""
        for model in models:
            price = self._by_model.get(model) or self._by_model.get(EDITION.sub("", model))
            if price is not None:
                return (tokens.prompt * price.prompt + tokens.completion * price.completion) / MILLION
        return None


def load(path: str) -> Prices:
    """The table in a file; the built-in one where `path` is empty. Raises SettingError that says what is wrong."""
    file = Path(path) if path else BUILT_IN
    try:
        text = file.read_text("utf-8")
        table = json.loads(text) if file.suffix.lower() == ".json" else tomllib.loads(text)
    except (OSError, ValueError, RecursionError) as error:
        raise SettingError(f"gateway_prices: cannot read {file}: {error}") from None
    try:
        return Prices(_day(table), {model: _price(model, row) for model, row in _rows(table).items()})
    except ValueError as error:
        raise SettingError(f"gateway_prices: {file}: {error}") from None


def shown(usd: float) -> str:
    """An amount as it stands in a header field: no exponent, no zeros at its end."""
    return f"{usd:.10f}".rstrip("0").rstrip(".")


def _day(table: Any) -> str:
    day = table.get("date") if isinstance(table, dict) else None
    try:
        return date.fromisoformat(str(day)).isoformat()
    except ValueError:
        raise ValueError("say when these prices were right: date = 2026-03-01") from None


def _rows(table: dict[str, Any]) -> dict[str, Any]:
    rows = table.get(ROWS)
    if not isinstance(rows, dict) or not rows:
        raise ValueError(f'list the models under {ROWS}, each as "name" = {{ input = 2.5, output = 10.0 }}')
    return rows


def _price(model: str, row: Any) -> Price:
    unknown = set(row) - {"input", "output"} if isinstance(row, dict) else {"no table"}
    values = [row.get("input"), row.get("output", 0)] if not unknown else []
    if not all(isinstance(value, (int, float)) and 0 <= value <= USD_MAX for value in values) or not values:
        raise ValueError(f'{ROWS}: "{model}" must be {{ input = 2.5, output = 10.0 }}: dollars for a million tokens')
    return Price(*(float(value) for value in values))
