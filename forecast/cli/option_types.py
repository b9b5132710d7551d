"""Types of option values: click's own where there are some, each refusal said by a sentence of ours."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

import click
from click.shell_completion import CompletionItem

from forecast.errors import closest_match
from forecast.i18n import LANGUAGES

LOCAL_ENGINE, DASK_ENGINE = "local", "dask"
MAX_HALF_WIDTH = 0.5


class InvalidValue(click.BadParameter):
    """A value that is refused: the message key of its problem, and the parameters of the message."""

    def __init__(self, code: str, *, option: str = "", **params: object) -> None:
        super().__init__(code)
        self.code = code
        self.option = option
        """The option or argument to name, where it is not the one that has the value."""
        self.params = params


@dataclass(frozen=True)
class Gate:
    """The smallest chance that a target must have."""

    target: str
    """Name of the target; empty for each of them."""
    chance: float
    text: str
    """The chance as it was typed."""


@dataclass(frozen=True)
class GradeGate:
    """The largest share of the uncertainty that may rest on judgement, grade C."""

    share: float


class WholeNumber(click.IntRange):
    """A whole number in a range; `1_000` is one, `+1` and digits of other scripts are none."""

    def __init__(self, low: int, high: int, example: str) -> None:
        super().__init__(low, high)
        self.example = example

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The number."""
        try:
            if re.fullmatch(r"[0-9]+(_[0-9]+)*", value):
                return super().convert(value, param, ctx)
        except click.BadParameter:
            pass
        raise InvalidValue("option_not_whole", text=value, low=self.min, high=self.max, example=self.example)


class LanguageChoice(click.Choice[str]):
    """A language of the reports."""

    def __init__(self) -> None:
        super().__init__(LANGUAGES)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """`vi` or `en`."""
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter:
            raise InvalidValue("option_not_language", text=value) from None


class DayParam(click.DateTime):
    """A day: 2021-01-11."""

    def __init__(self) -> None:
        super().__init__(["%Y-%m-%d"])

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The date."""
        try:
            day: date = super().convert(value, param, ctx).date()
        except click.BadParameter:
            raise InvalidValue("option_not_date", text=value) from None
        if day.isoformat() != value:  # 2021-1-5
            raise InvalidValue("option_not_date", text=value)
        return day


class ClosestChoice(click.ParamType[str]):
    """One of some words; another one is refused with the closest of them."""

    name = "word"

    def __init__(self, choices: Iterable[str], default: str, code: str) -> None:
        self.choices = tuple(choices)
        self.default = default
        self.code = code

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The word."""
        if value in self.choices:
            return value
        instead = closest_match(value, self.choices, 0.4) or self.default
        raise InvalidValue(self.code, text=value, known=", ".join(self.choices), instead=instead)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """The words that begin as what is typed."""
        return [CompletionItem(word) for word in self.choices if word.startswith(incomplete)]


class CurrencyCode(click.ParamType[str]):
    """Three letters: EUR."""

    name = "currency"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The letters, as capitals."""
        if not re.fullmatch(r"[A-Za-z]{3}", value):
            raise InvalidValue("option_not_currency", text=value)
        return value.upper()


class HalfWidth(click.ParamType[float]):
    """Half the width of an interval, with its sign: 0.5 might be half of one percent or half of all."""

    name = "half width"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The share: 0.001 of `0.1%`."""
        number = re.fullmatch(r"(\d+(?:\.\d+)?)%", value.strip())
        half_width = float(number[1]) / 100 if number else 0.0
        if not 0 < half_width <= MAX_HALF_WIDTH:
            raise InvalidValue("option_not_precision", text=value)
        return half_width


class EngineName(click.ParamType[str]):
    """`local`, `dask`, or `dask:` and the address of a scheduler."""

    name = "engine"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The name as it was typed."""
        if value not in (LOCAL_ENGINE, DASK_ENGINE) and not re.fullmatch(rf"{DASK_ENGINE}:[a-z]+://\S+", value):
            raise InvalidValue("engine_unknown", text=value)
        return value


class Override(click.ParamType[tuple[str, str]]):
    """KEY=VALUE."""

    name = "override"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The key and the value."""
        key, equals, text = value.partition("=")
        if not equals or not key.strip():
            raise InvalidValue("option_not_setting", text=value)
        return key.strip(), text.strip()


class ChanceParam(click.ParamType[float]):
    """A chance between 0% and 100%: 80% or 0.8."""

    name = "chance"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The chance, 0 to 1."""
        chance = _parse_share(str(value))
        if chance is None or not 0 < chance < 1:
            raise InvalidValue("option_not_open_chance", text=value)
        return chance


class ChanceList(click.ParamType[tuple[float, ...]]):
    """Chances between 0% and 100%, with commas between: 50%,20%."""

    name = "chances"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The chances, 0 to 1, the highest first."""
        if isinstance(value, tuple):
            return value
        try:
            chances = {ChanceParam().convert(text, param, ctx) for text in str(value).split(",")}
        except InvalidValue:
            raise InvalidValue("option_not_chances", text=value) from None
        return tuple(sorted(chances, reverse=True))


class GateType(click.ParamType[Gate]):
    """TARGET=CHANCE, or CHANCE for all targets: 70% or 0.7."""

    name = "gate"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The gate."""
        target, equals, text = (part.strip() for part in value.rpartition("="))
        chance = _parse_share(text)
        if chance is None or not 0 <= chance <= 1 or (equals and not target):
            raise InvalidValue("option_not_chance", text=value)
        return Gate(target, chance, text)


class GradeGateType(click.ParamType[GradeGate]):
    """C=SHARE: C=60% or C=0.6."""

    name = "grade gate"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The gate."""
        grade, _, text = (part.strip() for part in str(value).partition("="))
        share = _parse_share(text)
        if grade.upper() != "C" or share is None or not 0 <= share <= 1:
            raise InvalidValue("option_not_grade_gate", text=value)
        return GradeGate(share)


def _parse_share(text: str) -> float | None:
    """A share of 1 from `70%` or `0.7`; None of another text."""
    number = re.fullmatch(r"(\d+(?:\.\d+)?)(%?)", text.strip())
    return float(number[1]) / (100 if number[2] else 1) if number else None
