"""Lists of places are read strictly."""

from __future__ import annotations

from pathlib import Path

import pytest

import forecast
from forecast.errors import InputError
from forecast.plan.geography import build_geography, read_places
from tests.support.place_plans import WITHOUT_SHOCKS, place_list, read_plan
from tests.support.plans import SCENARIOS

WRONG_LISTS = [
    ("place\n1\n", "places.csv:1:1: district: the column 'district' is missing"),
    ("place,district,size\n1,a,2\n", "unknown column"),
    ("place,district\n1,a\n2,a\n1,b\n", "the place '1' stands twice (line 2)"),
    ("place,district\n,a\n", "'' is not a code"),
    ("place,district\n1,\n", "'' is not a code"),
    ("place,district\na,a\n", "'a' is a place and a district"),
    ("place,district,weight\n1,a,2\n2,a,\n", "no number"),
    ("place,district,weight\n1,a,2\n2,a,-1\n", "a weight cannot be below 0"),
    ("place,district,weight\n1,a,0\n2,a,0\n", "no place weighs anything"),
    ("place,district,weight\n1,a,1.000,5\n", "4 fields where the header has 3"),
    ("place,district,weight.c\n1,a,1\n", "the plan has no service 'c'"),
    ("place,district,district_name\n1,a,A\n2,a,B\n", "the district 'a' is 'A' above and 'B' here"),
]


@pytest.mark.parametrize(("content", "sentence"), WRONG_LISTS)
def test_a_wrong_list_of_places_is_rejected_with_its_line(tmp_path: Path, content: str, sentence: str) -> None:
    with pytest.raises(InputError) as wrong:
        read_plan(tmp_path, WITHOUT_SHOCKS, content)
    assert any(sentence in line for line in str(wrong.value).split("\n")), str(wrong.value)


def test_a_list_holds_at_most_twelve_thousand_places(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(place_list(12_000, 700), encoding="utf-8")
    assert read_places(str(tmp_path / "a.csv"), ("a",)).count == 12_000
    (tmp_path / "b.csv").write_text(place_list(12_001, 700), encoding="utf-8")
    with pytest.raises(InputError, match="at most 12000"):
        read_places(str(tmp_path / "b.csv"), ("a",))


def test_services_with_equal_weights_share_one_array() -> None:
    rows = {"x": "d", "y": "d"}
    geography = build_geography(
        rows, {}, {"a": {"x": 1.0, "y": 3.0}, "b": {"x": 2.0, "y": 6.0}, "c": {"x": 1.0, "y": 1.0}}
    )
    assert geography.cumulative_weight["a"] is geography.cumulative_weight["b"]
    assert geography.weights("c").tolist() == [0.5, 0.5]


def test_the_communes_of_the_project_are_216_in_13_districts() -> None:
    scenario = forecast.read(SCENARIOS / "by-commune.yaml")
    assert scenario.places is not None
    geography = read_places(str(scenario.places.file), scenario.service_names)
    assert (geography.count, len(geography.districts)) == (216, 13)
    assert geography.display_name("442") == "Huyện Nghi Xuân"
    assert geography.row_range("442")[1] - geography.row_range("442")[0] == 17
