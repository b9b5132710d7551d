"""The shipped months are what the recipe makes: totals as announced, Tết where it fell, shocks where they struck."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

from forecast.errors import InputError
from forecast.history.ledger import History, read_history
from forecast.periods import parse_month
from forecast.timeseries.models.moving_holidays import first_day_of_tet
from forecast.timeseries.reconstruction import read_recipe, reconstruct

DATA = Path(__file__).parents[2] / "data"


@pytest.fixture(scope="module")
def shipped() -> History:
    return read_history(str(DATA / "revenue-monthly.csv"), "VND")


def test_the_shipped_months_are_what_the_command_makes() -> None:
    recipe = read_recipe(DATA / "reconstruction.json")
    assert reconstruct(recipe) == recipe.output_path.read_text(encoding="utf-8")


def test_the_year_2020_sums_to_what_the_document_says(shipped: History) -> None:
    sums = {service: shipped.revenue[service][24:].sum() for service in shipped.services}
    assert sums == {"postal": 61e9, "finance": 52e9, "distribution": 137e9}


def test_every_month_says_that_it_is_reconstructed(shipped: History) -> None:
    assert shipped.months_by_status() == {"actual": 0, "reconstructed": 36, "estimate": 0, "example": 0}
    assert shipped.calendar.first == parse_month("2018-01")


def test_finance_does_not_follow_retail(shipped: History) -> None:
    finance = shipped.revenue["finance"].reshape(3, 12)
    retail = shipped.revenue["distribution"].reshape(3, 12)
    assert np.all(retail[:, 0] > 1.15 * retail[:, 2])
    assert np.all(np.abs(finance[:, 0] / finance[:, 2] - 1) < 0.05)


def test_the_shocks_of_2020_stand_in_their_months(shipped: History) -> None:
    for service in shipped.services:
        months = shipped.revenue[service]
        april, october = (
            parse_month("2020-04") - shipped.calendar.first,
            parse_month("2020-10") - shipped.calendar.first,
        )
        assert months[april] < 0.95 * months[april - 1]
        assert months[october] < 0.95 * months[october - 1]


def test_tet_falls_where_the_facts_say() -> None:
    from datetime import date

    facts = {2018: "2018-02-16", 2019: "2019-02-05", 2020: "2020-01-25", 2021: "2021-02-12", 2023: "2023-01-22"}
    assert {year: date.fromordinal(first_day_of_tet(year)).isoformat() for year in facts} == facts


def test_the_package_of_data_names_every_file_with_its_hash_and_grade() -> None:
    package = json.loads((DATA / "datapackage.json").read_text(encoding="utf-8"))
    resources = {resource["path"]: resource for resource in package["resources"]}
    assert set(resources) == {path.name for path in DATA.iterdir() if path.name != "datapackage.json"}
    for name, resource in resources.items():
        assert resource["hash"] == "sha256:" + hashlib.sha256((DATA / name).read_bytes()).hexdigest()
        assert resource["bytes"] == (DATA / name).stat().st_size
        assert resource["grade"] in ("A", "B", "C")
        assert resource["description"]
        assert resource["sources"]
        assert resource["licenses"]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("2018,a,10\n2020,a,10\n", "'a' has no total of 2019"),
        ("2018,a,10\n2018,a,11\n", "2018 of 'a' stands twice"),
        ("18,a,10\n", "'18' is not a year"),
        ("2018,a,-1\n", "'-1' is not a whole amount"),
        ("2018,b,10\n", "'b' needs twelve 'weights'"),
    ],
)
def test_a_recipe_that_is_wrong_says_how_to_mend_it(tmp_path: Path, rows: str, said: str) -> None:
    (tmp_path / "totals.csv").write_text("year,service,revenue\n" + rows, encoding="utf-8")
    season = {"a": {"weights": [1] * 12, "before_tet": 0, "holiday": 0}}
    recipe = {"annual": "totals.csv", "shocks_of": "plan.yaml", "season": season, "to": "months.csv"}
    (tmp_path / "recipe.json").write_text(json.dumps(recipe), encoding="utf-8")
    with pytest.raises(InputError) as raised:
        read_recipe(tmp_path / "recipe.json")
    assert said in str(raised.value)
