"""Quantities as planners write them: parsed, or rejected with a suggestion."""

from __future__ import annotations

import unicodedata
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from forecast.errors import Problem
from forecast.files.yaml import NO_LOCATION
from forecast.periods import first_day, parse_month
from forecast.plan.assumption import (
    CHANGE_TYPE,
    COEFFICIENT_TYPE,
    COUNT_TYPE,
    DAY_TYPE,
    DAYS_TYPE,
    DURATION_TYPE,
    EFFECT_TYPE,
    LAST_DAY_TYPE,
    MONEY_TYPE,
    NOISE_TYPE,
    PEOPLE_TYPE,
    RATE_TYPE,
    SHARE_TYPE,
    THRESHOLD_TYPE,
    AssumptionType,
)
from forecast.plan.expressions import parse_expression
from forecast.plan.quantity_types import ParseContext
from forecast.stats.distributions import Constant, Distribution, QuantileRange, Uniform
from forecast.stats.transforms import Z90
from forecast.units import QuantityError, read_quantity

VND, EUR = ParseContext("VND"), ParseContext("EUR")


def parse(text: str, kind: AssumptionType, context: ParseContext = VND) -> Distribution:
    return parse_expression(text, kind, context).distribution


def rejection(text: str, kind: AssumptionType, context: ParseContext = VND) -> tuple[str, str]:
    with pytest.raises(QuantityError) as caught:
        parse_expression(text, kind, context)
    return caught.value.code, caught.value.params.get("instead", "")


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("250 tỷ", MONEY_TYPE, 250e9),
        ("250 tỉ đồng", MONEY_TYPE, 250e9),
        ("2.5 billion VND", MONEY_TYPE, 2.5e9),
        ("5 triệu", MONEY_TYPE, 5e6),
        ("500000 đ", MONEY_TYPE, 5e5),
        ("1e3 tỷ", MONEY_TYPE, 1e12),
        ("136 triệu/người/năm", THRESHOLD_TYPE, 136e6),
        ("136 million VND/person/year", THRESHOLD_TYPE, 136e6),
        ("-1 tỷ", THRESHOLD_TYPE, -1e9),
        ("7%", SHARE_TYPE, 0.07),
        ("33.3 %", SHARE_TYPE, 0.333),
        ("1838 người", PEOPLE_TYPE, 1838),
        ("216", COUNT_TYPE, 216),
        ("2 tuần", DURATION_TYPE, 14),
        ("12 tháng", DURATION_TYPE, 365),
        ("3", DAYS_TYPE, 3),
        ("2021-03", DAY_TYPE, first_day(parse_month("2021-03"))),
        ("2021-03", LAST_DAY_TYPE, first_day(parse_month("2021-04")) - 1),
        ("2021-03-15", LAST_DAY_TYPE, first_day(parse_month("2021-03")) + 14),
        ("\N{MINUS SIGN}8%", EFFECT_TYPE, -0.08),
    ],
)
def test_a_quantity_is_read_in_base_units(text: str, kind: AssumptionType, value: float) -> None:
    assert parse(text, kind) == Constant(pytest.approx(value))
    assert parse(unicodedata.normalize("NFD", text), kind) == Constant(pytest.approx(value))


def test_money_in_another_currency_needs_its_code() -> None:
    assert parse("60 thousand EUR", MONEY_TYPE, EUR) == Constant(60_000)
    assert parse("2650 EUR/person/year", THRESHOLD_TYPE, EUR) == Constant(2650)
    assert rejection("5 EUR", MONEY_TYPE)[0] == "unknown_unit_one_of"
    assert rejection("5 VND", MONEY_TYPE, EUR)[0] == "unknown_unit_one_of"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("100 Tỷ đồng", 100e9),
        ("100 TỶ ĐỒNG", 100e9),
        ("100 ty dong", 100e9),
        ("0.1 nghìn tỷ", 100e9),
        ("0.1 Nghìn Tỷ đồng", 100e9),
        ("1.5 thousand billion VND", 1.5e12),
        ("2 Million vnd", 2e6),
        ("250 ty", 250e9),
        ("5 ₫", 5),
    ],
)
def test_units_are_read_in_any_case_with_or_without_marks_and_compound(text: str, value: float) -> None:
    assert parse(text, MONEY_TYPE) == Constant(value)


def test_a_currency_of_three_decimals_needs_no_fourth_digit() -> None:
    dinar = ParseContext("KWD")
    assert parse("1.018 KWD", MONEY_TYPE, dinar) == Constant(1.018)
    assert rejection("1,018 KWD", MONEY_TYPE, dinar)[0] == "thousands_or_decimals"
    assert rejection("1.018 EUR", MONEY_TYPE, EUR)[0] == "thousands_or_decimals"


@pytest.mark.parametrize(
    ("text", "kind", "english", "vietnamese"),
    [
        ("1.018 tỷ", MONEY_TYPE, "write '1018 tỷ' or '1.0180 tỷ'", "viết '1018 tỷ' hoặc '1.0180 tỷ'"),
        ("1,838", PEOPLE_TYPE, "write '1838 people' or '1.8380 people'", "viết '1838 người' hoặc '1.8380 người'"),
        ("760 người lớn", PEOPLE_TYPE, "write 'people'", "viết 'người'"),
        ("5 t", MONEY_TYPE, "'million', 'billion', 'thousand billion'", "'triệu', 'tỷ', 'nghìn tỷ'"),
        ("250", MONEY_TYPE, "'250 billion'", "'250 tỷ'"),
        ("13 ty/năm", THRESHOLD_TYPE, "one of 'tỷ', 'tỷ/person/year'", "một trong 'tỷ', 'tỷ/người/năm'"),
        ("0,02", CHANGE_TYPE, "write '0.02%' or '2%'", "viết '0.02%' hoặc '2%'"),
        ("13 000 000 000", MONEY_TYPE, "write '13000000000 VND'", "viết '13000000000 đồng'"),
        ("x", DURATION_TYPE, "'4 to 10 weeks'", "'4 đến 10 tuần'"),
        ("20% to 5%", CHANGE_TYPE, "'5% to 20%'", "'5% đến 20%'"),
    ],
)
def test_advice_names_every_reading_in_the_language_of_the_reader(
    text: str, kind: AssumptionType, english: str, vietnamese: str
) -> None:
    with pytest.raises(QuantityError) as refused:
        parse(text, kind)
    problem = Problem.of(NO_LOCATION, "x", refused.value.code, **refused.value.params)
    assert english in problem.message("en")
    assert vietnamese in problem.message("vi")


def test_the_last_unit_applies_to_all_numbers() -> None:
    assert parse("2 to 10 triệu", MONEY_TYPE) == QuantileRange(2e6, 10e6, "log")
    assert parse("500 triệu đến 1 tỷ", MONEY_TYPE) == QuantileRange(5e8, 1e9, "log")
    assert parse("uniform(0, 1 tỷ)", MONEY_TYPE) == Uniform(0, 1e9)


@pytest.mark.parametrize(
    ("text", "kind", "link"),
    [
        ("20% to 80%", SHARE_TYPE, "share"),
        ("-10% to 5%", CHANGE_TYPE, "change"),
        ("-10% to -5%", CHANGE_TYPE, "change"),
        ("-10% to 5%", EFFECT_TYPE, "plain"),
        ("-10% to -5%", EFFECT_TYPE, "plain"),
        ("-100% to 0%", EFFECT_TYPE, "plain"),
        ("4% to 10%", NOISE_TYPE, "log"),
        ("0.5 to 1.2", RATE_TYPE, "log"),
        ("2021-03 to 2021-09", DAY_TYPE, "plain"),
    ],
)
def test_assumption_type_chooses_the_transform(text: str, kind: AssumptionType, link: str) -> None:
    distribution = parse(text, kind)
    assert isinstance(distribution, QuantileRange)
    assert distribution.transform == link
    ends = distribution.ppf(np.array([0.1, 0.9]))
    assert ends == pytest.approx([distribution.low, distribution.high])


PROBABILITIES = (np.arange(100_000) + 0.5) / 100_000
EFFECT_ENDS = st.lists(st.decimals(-100, 300, places=2, allow_nan=False), min_size=2, max_size=2, unique=True)


def effect_range(low: float, high: float) -> QuantileRange:
    distribution = parse(f"{low:f}% to {high:f}%", EFFECT_TYPE)
    assert isinstance(distribution, QuantileRange)
    return distribution


@given(EFFECT_ENDS.map(sorted))
@example([-100, -50])
@example([-100, 0])
@example([-20, 0])
@example([0, 20])
@example([-100, 300])
def test_an_effect_has_its_ends_and_its_middle_halfway_between(ends: list[float]) -> None:
    low, high = (float(end) / 100 for end in ends)
    distribution = effect_range(*ends)
    assert distribution.ppf(np.array([0.1, 0.5, 0.9])) == pytest.approx([low, (low + high) / 2, high], abs=1e-12)
    values = distribution.ppf(PROBABILITIES)
    sd = (high - low) / (2 * Z90)
    assert abs(values.mean() - (low + high) / 2) < 0.05 * sd
    assert values.min() >= (0 if low >= 0 else -1)
    assert values.max() <= (0 if high <= 0 else np.inf)


@given(st.sampled_from([-100, -60, -20, -1]), st.sampled_from([1e-4, 1e-2, 0.1]))
@example(-20, 0.1)
def test_effects_are_continuous_where_an_end_passes_zero(end: float, step: float) -> None:
    for ends in ([(end, -step), (end, 0), (end, step)], [(-step, -end), (0, -end), (step, -end)]):
        before, at_zero, after = (effect_range(*pair).ppf(np.array([0.1, 0.5, 0.9])) for pair in ends)
        for neighbour in (before, after):
            assert np.abs(neighbour - at_zero).max() <= step / 100 + 1e-12
        means = [effect_range(*pair).ppf(PROBABILITIES).mean() for pair in ends]
        assert np.ptp(means) < 0.05 * abs(end) / 100 / (2 * Z90) + step / 100


@pytest.mark.parametrize(
    ("text", "kind", "code", "instead"),
    [
        ("1.838", PEOPLE_TYPE, "thousands_or_decimals", "1838 people"),
        ("1,000", PEOPLE_TYPE, "thousands_or_decimals", "1000 people"),
        ("1.838 tỷ", MONEY_TYPE, "thousands_or_decimals", "1838 tỷ"),
        ("1.000,5 tỷ", MONEY_TYPE, "vietnamese_grouping", "1000.5 tỷ"),
        ("1,234,567 đồng", MONEY_TYPE, "english_grouping", "1234567 đồng"),
        ("2,5 tỷ", MONEY_TYPE, "comma", "2.5 tỷ"),
        ("1_000 tỷ", MONEY_TYPE, "underscore", "1000 tỷ"),
        ("1_000,5 tỷ", MONEY_TYPE, "comma", "1000.5 tỷ"),
        ("012 tỷ", MONEY_TYPE, "leading_zero", "12 tỷ"),
        ("0.3", SHARE_TYPE, "share_as_fraction", "30%"),
        ("26", CHANGE_TYPE, "percent_missing", "26%"),
        ("250B", MONEY_TYPE, "unknown_unit", "billion"),
        ("5k", MONEY_TYPE, "unknown_unit", "thousand"),
        ("3m", DURATION_TYPE, "unknown_unit", "months"),
        ("3m", MONEY_TYPE, "unknown_unit", "million"),
        ("5 tr", MONEY_TYPE, "unknown_unit", "million"),
        ("5 trieju", MONEY_TYPE, "unknown_unit", "triệu"),
        ("5 milliard VND", MONEY_TYPE, "unknown_unit", "billion VND"),
        ("5 trilion", MONEY_TYPE, "unknown_unit", "thousand billion"),
        ("5 tỷ đồg", MONEY_TYPE, "unknown_unit", "tỷ đồng"),
        ("5 t", MONEY_TYPE, "unknown_unit_one_of", ""),
        ("5 tỷ nghìn", MONEY_TYPE, "unknown_unit_one_of", ""),
        ("5 lakh", MONEY_TYPE, "unknown_unit_one_of", ""),
        ("10-30%", SHARE_TYPE, "hyphen", "10 to 30%"),
        ("10%–30%", SHARE_TYPE, "hyphen", "10% to 30%"),
        (".nan", CHANGE_TYPE, "not_a_number", ""),
        ("nan", CHANGE_TYPE, "not_a_number", ""),
        ("$5", MONEY_TYPE, "not_a_number", ""),
        ("٣٪", SHARE_TYPE, "not_a_number", ""),
        ("1e999 tỷ", MONEY_TYPE, "too_long", ""),
        ("9" * 5000, MONEY_TYPE, "too_long", ""),
        ("250", MONEY_TYPE, "unit_missing", "250 billion"),
        ("250000000000", MONEY_TYPE, "unit_missing", "250000000000 VND"),
        ("1e10", MONEY_TYPE, "unit_missing", "1e10 VND"),
        ("13 ty/năm", MONEY_TYPE, "unknown_unit", "tỷ"),
        ("13 tỷ tỷ", MONEY_TYPE, "unknown_unit_one_of", ""),
        ("0,02", CHANGE_TYPE, "comma", "0.02%' or '2%"),
        ("2,5", CHANGE_TYPE, "comma", "2.5%"),
        ("13 000 000 000", MONEY_TYPE, "odd_digits", "13000000000 VND"),
        ("13'000'000'000", MONEY_TYPE, "odd_digits", "13000000000 VND"),
        ("１３ tỷ", MONEY_TYPE, "odd_digits", "13 tỷ"),
        ("250.000.000.000", MONEY_TYPE, "vietnamese_grouping", "250000000000 VND"),
        ("5 days", MONEY_TYPE, "wrong_unit", ""),
        ("20% to 5%", CHANGE_TYPE, "backwards", "5% to 20%"),
        ("20 to 5%", CHANGE_TYPE, "backwards", "5% to 20%"),
        ("60% to 100%", SHARE_TYPE, "share_touches_bound", "uniform(60%, 100%)"),
        ("0 to 5 tỷ", MONEY_TYPE, "amount_touches_bound", "uniform(0 tỷ, 5 tỷ)"),
        ("120%", SHARE_TYPE, "share_out_of_bounds", ""),
        ("-0.1", SHARE_TYPE, "share_out_of_bounds", ""),
        ("-5 tỷ", MONEY_TYPE, "amount_out_of_bounds", ""),
        ("-100%", CHANGE_TYPE, "change_out_of_bounds", ""),
        ("-120%", EFFECT_TYPE, "effect_out_of_bounds", ""),
        ("pert(10%, 5%, 20%)", CHANGE_TYPE, "not_ascending", ""),
        ("pert(10%, 20%)", CHANGE_TYPE, "arity", ""),
        ("gauss(1%, 2%)", CHANGE_TYPE, "unknown_function", ""),
        ("normal(5%, 60%)", SHARE_TYPE, "normal_leaves_bounds", ""),
        ("normal(2021-03, 2021-04)", DAY_TYPE, "no_normal_day", ""),
        ("discrete(1% at 50%, 2% at 40%)", CHANGE_TYPE, "weights_sum", ""),
        ("lognormal(10%, 20%)", SHARE_TYPE, "lognormal_share", ""),
        ("beta(2, 5)", CHANGE_TYPE, "beta_is_for_shares", ""),
        ("200 tỷ to 250 tỷ", THRESHOLD_TYPE, "one_quantity", ""),
        ("0 to 0.5", COEFFICIENT_TYPE, "one_quantity", ""),
        ("0.5 to 1", COEFFICIENT_TYPE, "one_quantity", ""),
        ("2021-13", DAY_TYPE, "not_a_day", ""),
        ("0000-01", DAY_TYPE, "not_a_day", ""),
        ("2021-02-30", DAY_TYPE, "not_a_day", ""),
        ("1583020800", DAY_TYPE, "not_a_day", ""),
    ],
)
def test_ambiguous_quantities_are_rejected(text: str, kind: AssumptionType, code: str, instead: str) -> None:
    assert rejection(text, kind) == (code, instead)


KINDS = [
    SHARE_TYPE,
    CHANGE_TYPE,
    EFFECT_TYPE,
    NOISE_TYPE,
    RATE_TYPE,
    DAYS_TYPE,
    DURATION_TYPE,
    MONEY_TYPE,
    COUNT_TYPE,
    PEOPLE_TYPE,
]
UNITS = {"percent": "%", "none": "", "days": " days", "money": " tỷ", "people": " people"}
NUMBERS = st.decimals(-200, 5000, places=1, allow_nan=False)
FORMS = st.sampled_from(["{0}{u}", "{0} to {1}{u}", "uniform({0}{u}, {1}{u})", "pert({0}{u}, {1}{u}, {2}{u})",
                         "triangular({0}{u}, {1}{u}, {2}{u})", "normal({0}{u}, {1}{u})", "lognormal({0}{u}, {1}{u})",
                         "discrete({0}{u} at 30%, {1}{u} at 70%)", "beta({0}, {1})"])  # fmt: skip


@given(st.sampled_from(KINDS), FORMS, st.lists(NUMBERS, min_size=3, max_size=3))
def test_quantiles_stay_within_the_bounds_of_the_type(kind: AssumptionType, form: str, numbers: list[object]) -> None:
    text = form.format(*sorted(numbers), u=UNITS[kind.dimensions[-1]])  # type: ignore[type-var]
    try:
        distribution = parse(text, kind)
    except QuantityError:
        return
    values = distribution.ppf(np.array([2.0**-54, 0.01, 0.1, 0.5, 0.9, 0.99, 1 - 2.0**-53]))
    assert np.all(np.isfinite(values))
    assert np.all(values >= kind.low)
    assert np.all(values <= kind.high)
    assert np.all(np.diff(values) >= 0)


@given(st.text(max_size=60), st.sampled_from([*KINDS, DAY_TYPE, THRESHOLD_TYPE]))
def test_any_text_is_parsed_or_rejected(text: str, kind: AssumptionType) -> None:
    with suppress(QuantityError):
        assert parse_expression(text, kind, VND).distribution.bounds


@pytest.mark.parametrize("text", ["-0,.1_00053", "_", "1__,5", "0_0.5", "1_.5_5", "0,0_2"])
def test_advice_on_a_number_with_underscores_is_never_refused_again(text: str) -> None:
    with pytest.raises(QuantityError) as error:
        read_quantity(text, "VND", dimensions=("percent",))
    if "instead" in error.value.params:
        for reading in str(error.value.params["instead"]).split("' or '"):
            read_quantity(reading, "VND", dimensions=("percent",))
