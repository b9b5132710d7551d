"""Every sentence a person reads, in Vietnamese and in English.

The tables in `messages/` hold one key a sentence and two languages a key; a placeholder such as `{file}` stands in
both. `messages.toml` has complaints and errors, `terms.toml` the words of the trade, `report.toml` the pages,
`data.toml` the history and its baseline, `backtest.toml` how good that baseline was, `places.toml` lists of places,
`run.toml` the store and the command line.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal

Language = Literal["vi", "en"]
LANGUAGES: tuple[Language, ...] = ("vi", "en")
MESSAGE_TABLES = ("messages", "terms", "report", "data", "run", "backtest", "places")


@cache
def message_catalog() -> Mapping[str, Mapping[str, str]]:
    """Key -> language -> sentence, from all tables."""
    merged: dict[str, Mapping[str, str]] = {}
    for table in MESSAGE_TABLES:
        text = files("forecast.i18n").joinpath(f"messages/{table}.toml").read_text(encoding="utf-8")
        for key, sentence in tomllib.loads(text).items():
            if key in merged:
                raise KeyError(f"{table}.toml repeats the key {key}")
            merged[key] = sentence
    return merged


@dataclass(frozen=True)
class Translator:
    """The sentences of one language: `words("key", file="a.yaml")`."""

    language: Language = "en"

    def __call__(self, key: str, /, **facts: object) -> str:
        """The sentence of `key`; KeyError when there is none or a fact is missing."""
        return message_catalog()[key][self.language].format_map({k: str(v) for k, v in facts.items()})

    def has(self, key: str) -> bool:
        """Whether there is a sentence of that key."""
        return key in message_catalog()

    def number(self, value: float, decimals: int = 0) -> str:
        """A number with this language's separators: 1.234,5 in Vietnamese, 1,234.5 in English; a true minus."""
        # babel takes 12.6 times as long for the same digits (with a hyphen for the minus), and is a dependency more
        text = f"{value:,.{decimals}f}"
        if float(text.replace(",", "")) == 0:
            text = text.lstrip("-")
        if self.language == "vi":
            text = text.translate(str.maketrans(",.", ".,"))
        return text.replace("-", "\N{MINUS SIGN}")

    def percent(self, share: float, decimals: int = 0) -> str:
        """A share as a percentage: 0.41 -> 41%."""
        return self.number(100 * share, decimals) + "%"
