"""A number in words: its ends and its middle, and a warning where the middle is not where the ends suggest."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecast.i18n import LANGUAGES, Language, Translator
from forecast.plan.assumption import (
    CHANGE_TYPE,
    DAY_TYPE,
    DURATION_TYPE,
    EFFECT_TYPE,
    MONEY_TYPE,
    NOISE_TYPE,
    PEOPLE_TYPE,
    RATE_TYPE,
    SHARE_TYPE,
    Assumption,
    AssumptionType,
)
from forecast.plan.describe import describe_assumption, describe_skewness
from forecast.plan.quantity_types import ParseContext

EN = Translator("en")


def read(text: str, kind: AssumptionType) -> Assumption:
    return kind.read(text, ParseContext())


@pytest.mark.parametrize(
    ("text", "kind", "middle"),
    [
        ("-20% to -0.1%", EFFECT_TYPE, {"en": "−10%", "vi": "−10%"}),
        ("-20% to 0%", EFFECT_TYPE, {"en": "−10%", "vi": "−10%"}),
        ("-100% to -50%", EFFECT_TYPE, {"en": "−75%", "vi": "−75%"}),
        ("-2% to 4%", CHANGE_TYPE, {"en": "1%", "vi": "1%"}),
        ("1% to 50%", SHARE_TYPE, {"en": "9%", "vi": "9%"}),
        ("80% to 95%", SHARE_TYPE, {"en": "89.7%", "vi": "89,7%"}),
        ("4% to 10%", NOISE_TYPE, {"en": "6.3%", "vi": "6,3%"}),
        ("0.5 to 1.2", RATE_TYPE, {"en": "0.77", "vi": "0,77"}),
        ("60 tỷ to 66 tỷ", MONEY_TYPE, {"en": "62.9 tỷ", "vi": "62,9 tỷ"}),
        ("500 triệu to 2 tỷ", MONEY_TYPE, {"en": "1 tỷ", "vi": "1 tỷ"}),
        ("4 to 10 weeks", DURATION_TYPE, {"en": "6.3 weeks", "vi": "6,3 weeks"}),
        ("1700 to 1900 people", PEOPLE_TYPE, {"en": "1,797 people", "vi": "1.797 people"}),
        ("2021-03-01 to 2021-03-11", DAY_TYPE, {"en": "2021-03-06", "vi": "2021-03-06"}),
        ("pert(0%, 4%, 10%)", CHANGE_TYPE, {"en": "4.3%", "vi": "4,3%"}),
        ("triangular(0%, 0%, 10%)", EFFECT_TYPE, {"en": "2.9%", "vi": "2,9%"}),
        ("uniform(60%, 100%)", SHARE_TYPE, {"en": "80%", "vi": "80%"}),
        ("lognormal(1 tỷ, 100 tỷ)", MONEY_TYPE, {"en": "10 tỷ", "vi": "10 tỷ"}),
        ("beta(2, 2)", SHARE_TYPE, {"en": "50%", "vi": "50%"}),
    ],
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_middle_is_printed(
    text: str, kind: AssumptionType, middle: dict[Language, str], language: Language
) -> None:
    words = describe_assumption(read(text, kind), "VND", Translator(language))
    assert words.endswith({"en": ", median ", "vi": ", trung vị "}[language] + middle[language])


def test_a_range_is_its_ends_and_its_middle() -> None:
    effect = read("-20% to -0.1%", EFFECT_TYPE)
    assert describe_assumption(effect, "VND", EN) == "80%: −20% to −0.1%, median −10%"
    assert describe_assumption(effect, "VND", Translator("vi")) == "80%: −20% đến −0,1%, trung vị −10%"


@pytest.mark.parametrize(
    ("text", "kind", "is_skewed"),
    [
        ("1% to 50%", SHARE_TYPE, True),
        ("1.1% to 50%", SHARE_TYPE, False),
        ("50% to 99%", SHARE_TYPE, True),
        ("50% to 98.9%", SHARE_TYPE, False),
        ("1% to 99%", SHARE_TYPE, False),
        ("1 tỷ to 25.1 tỷ", MONEY_TYPE, True),
        ("1 tỷ to 24.9 tỷ", MONEY_TYPE, False),
        ("500 triệu to 50 tỷ", MONEY_TYPE, True),
        ("0.1 to 3", RATE_TYPE, True),
        ("1 to 60 days", DURATION_TYPE, True),
        ("-90% to 300%", CHANGE_TYPE, True),
        ("-20% to 300%", CHANGE_TYPE, False),
        ("-99% to 300%", EFFECT_TYPE, False),
        ("-100% to 0%", EFFECT_TYPE, False),
        ("1900-01 to 2200-12", DAY_TYPE, False),
        ("lognormal(1 tỷ, 100 tỷ)", MONEY_TYPE, False),
        ("uniform(1%, 50%)", SHARE_TYPE, False),
        ("20%", SHARE_TYPE, False),
    ],
)
def test_a_middle_beyond_a_third_of_the_width_is_warned_of(text: str, kind: AssumptionType, is_skewed: bool) -> None:
    assert bool(describe_skewness(read(text, kind), "VND", EN)) is is_skewed


def test_a_warning_has_the_middle_and_what_to_write_instead() -> None:
    assert describe_skewness(read("1 to 50%", SHARE_TYPE), "VND", EN) == (
        "the median of '1 to 50%' is 9%, far from 25.5%, halfway between its ends; unless that is meant, write "
        "'pert(1%, 26%, 50%)' or 'uniform(1%, 50%)', whose ends are the lowest and the highest value"
    )
    vietnamese = describe_skewness(read("500 triệu đến 50 tỷ", MONEY_TYPE), "VND", Translator("vi"))
    assert "trung vị của '500 triệu đến 50 tỷ' là 5 tỷ" in vietnamese
    assert "'pert(500 triệu, 25 tỷ, 50 tỷ)' hoặc 'uniform(500 triệu, 50 tỷ)'" in vietnamese


@given(
    st.sampled_from([(SHARE_TYPE, "%"), (MONEY_TYPE, " tỷ"), (DURATION_TYPE, " weeks"), (RATE_TYPE, "")]),
    st.decimals("0.01", 2, places=2),
    st.decimals(30, 99, places=1),
)
def test_the_suggested_texts_are_right_and_not_warned_of(
    kind_and_unit: tuple[AssumptionType, str], low: object, high: object
) -> None:
    kind, unit = kind_and_unit
    warning = describe_skewness(read(f"{low} to {high}{unit}", kind), "VND", EN)
    for text in re.findall(r"'((?:pert|uniform)\(.*?\))'", warning):
        instead = read(text, kind)
        assert describe_skewness(instead, "VND", EN) == ""
        low_end, high_end = instead.distribution.bounds
        assert abs(instead.value - (low_end + high_end) / 2) < 0.02 * (high_end - low_end)
