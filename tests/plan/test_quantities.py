"""Numbers as planners write them: what is read, what is refused, and what is offered instead."""

from __future__ import annotations

import unicodedata
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecast.periods import first_day, month_of
from forecast.plan.assumption import (
    CHANGE,
    COUNT,
    DAY,
    DAYS,
    DURATION,
    EFFECT,
    LAST_DAY,
    MONEY,
    NOISE,
    PEOPLE,
    RATE,
    SHARE,
    THRESHOLD,
    Kind,
)
from forecast.plan.expressions import parse
from forecast.plan.quantity_types import Reading
from forecast.stats.distributions import Chance, Range, Sure, Uniform
from forecast.units import QuantityError

VND, EUR = Reading("VND"), Reading("EUR")


def chance(text: str, kind: Kind, reading: Reading = VND) -> Chance:
    return parse(text, kind, reading).chance


def refusal(text: str, kind: Kind, reading: Reading = VND) -> tuple[str, str]:
    with pytest.raises(QuantityError) as caught:
        parse(text, kind, reading)
    return caught.value.code, caught.value.facts.get("instead", "")


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("250 tỷ", MONEY, 250e9),
        ("250 tỉ đồng", MONEY, 250e9),
        ("2.5 billion VND", MONEY, 2.5e9),
        ("5 triệu", MONEY, 5e6),
        ("500000 đ", MONEY, 5e5),
        ("1e3 tỷ", MONEY, 1e12),
        ("136 triệu/người/năm", THRESHOLD, 136e6),
        ("136 million VND/person/year", THRESHOLD, 136e6),
        ("-1 tỷ", THRESHOLD, -1e9),
        ("7%", SHARE, 0.07),
        ("33.3 %", SHARE, 0.333),
        ("1838 người", PEOPLE, 1838),
        ("216", COUNT, 216),
        ("2 tuần", DURATION, 14),
        ("12 tháng", DURATION, 365),
        ("3", DAYS, 3),
        ("2021-03", DAY, first_day(month_of("2021-03"))),
        ("2021-03", LAST_DAY, first_day(month_of("2021-04")) - 1),
        ("2021-03-15", LAST_DAY, first_day(month_of("2021-03")) + 14),
        ("\N{MINUS SIGN}8%", EFFECT, -0.08),
    ],
)
def test_a_quantity_is_read_in_base_units(text: str, kind: Kind, value: float) -> None:
    assert chance(text, kind) == Sure(pytest.approx(value))
    assert chance(unicodedata.normalize("NFD", text), kind) == Sure(pytest.approx(value))


def test_money_of_another_currency_takes_its_own_code() -> None:
    assert chance("60 thousand EUR", MONEY, EUR) == Sure(60_000)
    assert chance("2650 EUR/person/year", THRESHOLD, EUR) == Sure(2650)
    assert refusal("5 EUR", MONEY)[0] == "unknown_unit"
    assert refusal("5 VND", MONEY, EUR)[0] == "unknown_unit"


def test_the_last_unit_serves_all_numbers() -> None:
    assert chance("2 to 10 triệu", MONEY) == Range(2e6, 10e6, "log")
    assert chance("500 triệu đến 1 tỷ", MONEY) == Range(5e8, 1e9, "log")
    assert chance("uniform(0, 1 tỷ)", MONEY) == Uniform(0, 1e9)


@pytest.mark.parametrize(
    ("text", "kind", "link"),
    [
        ("20% to 80%", SHARE, "share"),
        ("-10% to 5%", CHANGE, "change"),
        ("-10% to -5%", CHANGE, "change"),
        ("-10% to 5%", EFFECT, "change"),
        ("-10% to -5%", EFFECT, "loss"),
        ("4% to 10%", NOISE, "log"),
        ("0.5 to 1.2", RATE, "log"),
        ("2021-03 to 2021-09", DAY, "plain"),
    ],
)
def test_the_kind_of_key_chooses_the_scale(text: str, kind: Kind, link: str) -> None:
    found = chance(text, kind)
    assert isinstance(found, Range)
    assert found.link == link
    ends = found.quantile(np.array([0.1, 0.9]))
    assert ends == pytest.approx([found.low, found.high])


@pytest.mark.parametrize(
    ("text", "kind", "code", "instead"),
    [
        ("1.838", PEOPLE, "thousands_or_decimals", "1838 people"),
        ("1,000", PEOPLE, "thousands_or_decimals", "1000 people"),
        ("1.838 tỷ", MONEY, "thousands_or_decimals", "1838 tỷ"),
        ("1.000,5 tỷ", MONEY, "vietnamese_grouping", "1000.5 tỷ"),
        ("1,234,567 đồng", MONEY, "english_grouping", "1234567 đồng"),
        ("2,5 tỷ", MONEY, "comma", "2.5 tỷ"),
        ("1_000 tỷ", MONEY, "underscore", "1000 tỷ"),
        ("012 tỷ", MONEY, "leading_zero", "12 tỷ"),
        ("0.3", SHARE, "share_as_fraction", "30%"),
        ("26", CHANGE, "percent_missing", "26%"),
        ("250B", MONEY, "unknown_unit", "tỷ"),
        ("5k", MONEY, "unknown_unit", "nghìn"),
        ("3m", DURATION, "unknown_unit", "months"),
        ("3m", MONEY, "unknown_unit", "triệu"),
        ("5 tr", MONEY, "unknown_unit", "triệu"),
        ("250 ty", MONEY, "unknown_unit", "tỷ"),
        ("10-30%", SHARE, "hyphen", "10 to 30%"),
        ("10%–30%", SHARE, "hyphen", "10% to 30%"),
        (".nan", CHANGE, "not_a_number", ""),
        ("nan", CHANGE, "not_a_number", ""),
        ("$5", MONEY, "not_a_number", ""),
        ("٣٪", SHARE, "not_a_number", ""),
        ("1e999 tỷ", MONEY, "too_long", ""),
        ("9" * 5000, MONEY, "too_long", ""),
        ("250", MONEY, "unit_missing", "250 tỷ"),
        ("250000000000", MONEY, "unit_missing", "250000000000 đồng"),
        ("250.000.000.000", MONEY, "vietnamese_grouping", "250000000000 đồng"),
        ("5 days", MONEY, "wrong_unit", ""),
        ("20% to 5%", CHANGE, "backwards", "5% to 20%"),
        ("20 to 5%", CHANGE, "backwards", "5% to 20%"),
        ("60% to 100%", SHARE, "share_touches_bound", "uniform(60%, 100%)"),
        ("0 to 5 tỷ", MONEY, "amount_touches_bound", "uniform(0 tỷ, 5 tỷ)"),
        ("-100% to -20%", EFFECT, "effect_touches_bound", "uniform(-100%, -20%)"),
        ("120%", SHARE, "share_out_of_bounds", ""),
        ("-0.1", SHARE, "share_out_of_bounds", ""),
        ("-5 tỷ", MONEY, "amount_out_of_bounds", ""),
        ("-100%", CHANGE, "change_out_of_bounds", ""),
        ("-120%", EFFECT, "effect_out_of_bounds", ""),
        ("pert(10%, 5%, 20%)", CHANGE, "not_ascending", ""),
        ("pert(10%, 20%)", CHANGE, "arity", ""),
        ("gauss(1%, 2%)", CHANGE, "unknown_function", ""),
        ("normal(5%, 60%)", SHARE, "normal_leaves_bounds", ""),
        ("normal(2021-03, 2021-04)", DAY, "no_normal_day", ""),
        ("discrete(1% at 50%, 2% at 40%)", CHANGE, "weights_sum", ""),
        ("lognormal(10%, 20%)", SHARE, "lognormal_share", ""),
        ("beta(2, 5)", CHANGE, "beta_is_for_shares", ""),
        ("200 tỷ to 250 tỷ", THRESHOLD, "one_quantity", ""),
        ("2021-13", DAY, "not_a_day", ""),
        ("0000-01", DAY, "not_a_day", ""),
        ("2021-02-30", DAY, "not_a_day", ""),
        ("1583020800", DAY, "not_a_day", ""),
    ],
)
def test_what_may_be_misread_is_refused(text: str, kind: Kind, code: str, instead: str) -> None:
    assert refusal(text, kind) == (code, instead)


KINDS = [SHARE, CHANGE, EFFECT, NOISE, RATE, DAYS, DURATION, MONEY, COUNT, PEOPLE]
UNITS = {"percent": "%", "none": "", "days": " days", "money": " tỷ", "people": " people"}
NUMBERS = st.decimals(-200, 5000, places=1, allow_nan=False)
FORMS = st.sampled_from(["{0}{u}", "{0} to {1}{u}", "uniform({0}{u}, {1}{u})", "pert({0}{u}, {1}{u}, {2}{u})",
                         "triangular({0}{u}, {1}{u}, {2}{u})", "normal({0}{u}, {1}{u})", "lognormal({0}{u}, {1}{u})",
                         "discrete({0}{u} at 30%, {1}{u} at 70%)", "beta({0}, {1})"])  # fmt: skip


@given(st.sampled_from(KINDS), FORMS, st.lists(NUMBERS, min_size=3, max_size=3))
def test_no_number_ever_leaves_the_bounds_of_its_key(kind: Kind, form: str, numbers: list[object]) -> None:
    text = form.format(*sorted(numbers), u=UNITS[kind.dimensions[-1]])  # type: ignore[type-var]
    try:
        found = chance(text, kind)
    except QuantityError:
        return
    values = found.quantile(np.array([2.0**-54, 0.01, 0.1, 0.5, 0.9, 0.99, 1 - 2.0**-53]))
    assert np.all(np.isfinite(values))
    assert np.all(values >= kind.low)
    assert np.all(values <= kind.high)
    assert np.all(np.diff(values) >= 0)


@given(st.text(max_size=60), st.sampled_from([*KINDS, DAY, THRESHOLD]))
def test_any_text_is_read_or_refused(text: str, kind: Kind) -> None:
    with suppress(QuantityError):
        assert parse(text, kind, VND).chance.bounds
