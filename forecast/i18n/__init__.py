"""Every sentence that a person reads, in Vietnamese and in English; for other packages with `amounts`.

The tables in `messages/` hold one key a sentence and two languages a key; a placeholder such as `{file}` stands in
both. `messages.toml` has problems and errors, `terms.toml` the terms of the field, `report.toml` the pages,
`page.toml` their frame, `charts.toml` the texts inside charts, `data.toml` the history and its baseline,
`actuals.toml` the import of actual figures, `backtest.toml` the test of the baseline, `places.toml` lists of places,
`run.toml` the runs on disk and the command line, `lock.toml` the locks of plans, `score.toml` their scores,
`year.toml` the closed months of a year, `excel.toml` workbooks, `terminal.toml` the blocks of the terminal,
`compare.toml` comparisons and the list of runs, `seek.toml`, `triggers.toml`, `sensitivity.toml` and `stress.toml` what
would reach a target, when one would know, what it hangs on and how it fails, `bridge.toml` the causes between two
plans, `notebook.toml` a run in a notebook.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

__all__ = ["LANGUAGES", "Language", "Note", "Phrase", "Translator", "flatten_phrases", "message_catalog"]

Language = Literal["vi", "en"]
LANGUAGES: tuple[Language, ...] = ("vi", "en")
Note = tuple[str, tuple[tuple[str, str], ...]]
"""A remark for the reader: key of its sentence, and its parameters by name."""
MESSAGE_TABLES = (
    "run", "terminal", "backtest", "messages", "terms", "report", "page", "compare", "data", "places", "actuals", "new",
    "lock", "score", "year", "roll", "excel", "charts", "seek", "triggers", "sensitivity", "bridge", "stress",
    "notebook",
)  # fmt: skip
"""Files of `messages/`, in the order in which a sentence is looked for: those of the help pages first."""
_MESSAGES_FOLDER = Path(__file__).parent / "messages"


class _MessageCatalog(Mapping[str, Mapping[str, str]]):
    """The sentences of all tables, each table read when a sentence is not in those before it."""

    def __init__(self) -> None:
        self._sentences: dict[str, Mapping[str, str]] = {}
        self._unread_tables = list(MESSAGE_TABLES)

    def __getitem__(self, key: str) -> Mapping[str, str]:
        while key not in self._sentences and self._unread_tables:
            self._read_next_table()
        return self._sentences[key]

    def __iter__(self) -> Iterator[str]:
        while self._unread_tables:
            self._read_next_table()
        return iter(self._sentences)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _read_next_table(self) -> None:
        table = self._unread_tables[0]
        sentences = tomllib.loads((_MESSAGES_FOLDER / f"{table}.toml").read_text(encoding="utf-8"))
        for key, sentence in sentences.items():
            if self._sentences.get(key, sentence) != sentence:
                raise ValueError(f"{table}.toml repeats the key {key}")
        self._sentences.update(sentences)
        self._unread_tables.remove(table)  # last: a signal may come at any moment, and its message is looked for here


@cache
def message_catalog() -> Mapping[str, Mapping[str, str]]:
    """Give the sentences of all tables, each table read when it is needed: `--help` needs two.

    Returns
    -------
    mapping of str
        Key -> language -> sentence with its placeholders; ValueError where two of the tables have the same key.
    """
    return _MessageCatalog()


@dataclass(frozen=True)
class Phrase:
    """A few words inside a sentence, in every language: an example, or what to write instead.

    Parameters
    ----------
    en, vi : str
        The words.
    """

    en: str
    vi: str

    def __str__(self) -> str:
        return self.en


def flatten_phrases(params: Mapping[str, object]) -> dict[str, str]:
    """Turn the parameters of a sentence into texts.

    Parameters
    ----------
    params : mapping of str
        Texts, numbers and phrases.

    Returns
    -------
    dict of str
        A phrase has two entries: `name` in English and `name.vi` in Vietnamese.
    """
    texts = {name: str(value) for name, value in params.items()}
    return texts | {f"{name}.vi": value.vi for name, value in params.items() if isinstance(value, Phrase)}


@dataclass(frozen=True)
class Translator:
    """Sentences of one language: `t("key", file="a.yaml")`.

    Parameters
    ----------
    language : Language
        Language of the sentences and of the separators of numbers.
    """

    language: Language = "en"

    def __call__(self, key: str, /, **params: object) -> str:
        """Sentence of `key`; KeyError when there is none or the text of a placeholder is missing.

        A text under `name.vi`, as `flatten_phrases` makes it, stands for `name` in Vietnamese.
        """
        texts = {name: str(params.get(f"{name}.{self.language}", value)) for name, value in params.items()}
        return message_catalog()[key][self.language].format_map(texts)

    def has(self, key: str) -> bool:
        """Return whether there is a sentence of that key."""
        return key in message_catalog()

    def number(self, value: float, decimals: int = 0) -> str:
        """Format a number as this language does, with a true minus: 1.234,5 in Vietnamese, 1,234.5 in English."""
        # babel takes 12.6 times as long for the same digits (with a hyphen for the minus), and is a dependency more
        text = f"{value:,.{decimals}f}"
        if float(text.replace(",", "")) == 0:
            text = text.lstrip("-")
        if self.language == "vi":
            text = text.translate(str.maketrans(",.", ".,"))
        return text.replace("-", "\N{MINUS SIGN}")

    def percent(self, share: float, decimals: int = 0) -> str:
        """Format a share as a percentage: 0.41 -> 41%."""
        return self.number(100 * share, decimals) + "%"
