"""The shipped months are what the recipe makes: totals as announced, Tết where it fell, shocks in their months."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

from forecast.arrays import Floats
from forecast.cli import main
from forecast.errors import InputError
from forecast.history.ledger import History, read_history
from forecast.periods import parse_month
from forecast.stats.disaggregation import (
    DISAGGREGATION_METHODS,
)
from forecast.timeseries.reconstruction import Recipe, read_recipe, reconstruct
from tests.support.plans import ROOT

PLAN_2021 = ROOT / "scenarios" / "plan-2021.yaml"


def write_recipe(folder: Path, rows: list[str], **more: object) -> Path:
    """A recipe of quarterly totals of one service."""
    (folder / "totals.csv").write_text("\n".join(["quarter,service,revenue", *rows]) + "\n", encoding="utf-8")
    season = {"postal": {"weights": [1] * 11 + [1.2], "before_tet": 0.2, "holiday": -0.5}}
    written = {"quarterly": "totals.csv", "shocks_of": str(PLAN_2021), "season": season, "to": "months.csv", **more}
    recipe = folder / "recipe.json"
    recipe.write_text(json.dumps(written), encoding="utf-8")
    return recipe


QUARTERS = [f"{2019 + n // 4}-Q{n % 4 + 1},postal,{15_000_000_000 + 10**8 * n + n % 4 * 10**9}" for n in range(8)]


def reconstructed_months(recipe: Recipe) -> tuple[list[str], Floats]:
    rows = [line.split(",") for line in reconstruct(recipe).splitlines()[1:]]
    return [row[0] for row in rows], np.array([row[2] for row in rows], float)


@pytest.mark.parametrize("method", DISAGGREGATION_METHODS)
def test_every_method_keeps_quarterly_totals_to_the_dong(tmp_path: Path, method: str) -> None:
    months, amounts = reconstructed_months(read_recipe(write_recipe(tmp_path, QUARTERS), method))
    assert (months[0], months[-1], len(months)) == ("2019-01", "2020-12", 24)
    assert [f"{total:.0f}" for total in amounts.reshape(8, 3).sum(axis=1)] == [row.split(",")[2] for row in QUARTERS]


def test_the_method_comes_from_the_command_or_the_recipe(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = tmp_path / "months.csv"
    recipe = write_recipe(tmp_path, QUARTERS)
    assert main(["data", "disaggregate", str(recipe)]) == 0
    usual = made.read_bytes()
    assert main(["data", "disaggregate", str(recipe), "--method", "litterman"]) == 0
    typed = made.read_bytes()
    assert main(["data", "disaggregate", str(write_recipe(tmp_path, QUARTERS, method="litterman"))]) == 0
    assert made.read_bytes() == typed != usual
    assert main(["data", "disaggregate", str(recipe), "--method", "chowlin"]) == 2
    assert "did you mean 'chow-lin'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("rows", "more", "message"),
    [
        (["2019-05,postal,10"], {}, "'2019-05' is not a quarter"),
        (["2019-Q1,postal,10", "2019Q1,postal,11"], {}, "2019-Q1 of 'postal' stands twice"),
        (["2019-Q1,postal,10", "2019-Q4,postal,11"], {}, "no total of 2019-Q2, 2019-Q3"),
        (QUARTERS[:2], {"method": "fernandez"}, "'postal' has 2"),
        (QUARTERS, {"method": "dentn"}, "did you mean 'denton'"),
        (QUARTERS, {"annual": "totals.csv"}, "keep one of them"),
    ],
)
def test_a_wrong_quarterly_recipe_says_how_to_correct_it(
    tmp_path: Path, rows: list[str], more: dict[str, object], message: str
) -> None:
    with pytest.raises(InputError) as raised:
        read_recipe(write_recipe(tmp_path, rows, **more))
    assert message in str(raised.value)


def test_a_month_at_or_below_zero_is_rejected(tmp_path: Path) -> None:
    rows = [f"2019-Q{n},postal,{total}" for n, total in ((1, 90_000), (2, 3), (3, 80_000), (4, 3))]
    with pytest.raises(InputError) as raised:
        reconstruct(read_recipe(write_recipe(tmp_path, rows), "denton"))
    assert "at or below zero" in str(raised.value)


DATA = ROOT / "data"


@pytest.fixture(scope="module")
def shipped() -> History:
    return read_history(str(DATA / "revenue-monthly.csv"), "VND")


def test_the_shipped_months_are_reproduced() -> None:
    recipe = read_recipe(DATA / "reconstruction.json")
    assert reconstruct(recipe) == recipe.output_path.read_text(encoding="utf-8")


def test_months_of_2020_sum_to_the_stated_totals(shipped: History) -> None:
    sums = {service: shipped.revenue[service][24:].sum() for service in shipped.services}
    assert sums == {"postal": 61e9, "finance": 52e9, "distribution": 137e9}


def test_shipped_months_are_marked_reconstructed(shipped: History) -> None:
    assert shipped.months_by_status() == {"actual": 0, "reconstructed": 36, "estimate": 0, "example": 0}
    assert shipped.calendar.first == parse_month("2018-01")


def test_finance_does_not_follow_retail(shipped: History) -> None:
    finance = shipped.revenue["finance"].reshape(3, 12)
    retail = shipped.revenue["distribution"].reshape(3, 12)
    assert np.all(retail[:, 0] > 1.15 * retail[:, 2])
    assert np.all(np.abs(finance[:, 0] / finance[:, 2] - 1) < 0.05)


def test_shocks_of_2020_lower_their_months(shipped: History) -> None:
    for service in shipped.services:
        months = shipped.revenue[service]
        april, october = (
            parse_month("2020-04") - shipped.calendar.first,
            parse_month("2020-10") - shipped.calendar.first,
        )
        assert months[april] < 0.95 * months[april - 1]
        assert months[october] < 0.95 * months[october - 1]


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
    ("rows", "message"),
    [
        ("2018,a,10\n2020,a,10\n", "'a' has no total of 2019"),
        ("2018,a,10\n2018,a,11\n", "2018 of 'a' stands twice"),
        ("18,a,10\n", "'18' is not a year"),
        ("2018,a,-1\n", "'-1' is not a whole amount"),
        ("2018,b,10\n", "'b' needs twelve 'weights'"),
    ],
)
def test_a_wrong_recipe_says_how_to_correct_it(tmp_path: Path, rows: str, message: str) -> None:
    (tmp_path / "totals.csv").write_text("year,service,revenue\n" + rows, encoding="utf-8")
    season = {"a": {"weights": [1] * 12, "before_tet": 0, "holiday": 0}}
    recipe = {"annual": "totals.csv", "shocks_of": "plan.yaml", "season": season, "to": "months.csv"}
    (tmp_path / "recipe.json").write_text(json.dumps(recipe), encoding="utf-8")
    with pytest.raises(InputError) as raised:
        read_recipe(tmp_path / "recipe.json")
    assert message in str(raised.value)


LEDGER = "month,service,revenue,status\n2019-01,postal,5,reconstructed\n2019-02,postal,6,actual\n"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("months.csv", LEDGER, "rows that are not 'reconstructed'"),
        ("months.csv", "", "rows that are not 'reconstructed'"),
        ("months.csv", "letter", "rows that are not 'reconstructed'"),
        ("totals.csv", None, "rows that are not 'reconstructed'"),
        (".", None, "rows that are not 'reconstructed'"),
        ("con.csv", None, "choose another name, such as 'plan-con.csv'"),
        ("../months.csv", None, "may lie outside the project"),
        ("/tmp/months.csv", None, "may lie outside the project"),
        ("", None, "is not a path"),
        (7, None, "is not a path"),
    ],
)
def test_a_recipe_replaces_nothing_but_a_reconstruction(
    tmp_path: Path, name: object, content: str | None, message: str
) -> None:
    recipe = write_recipe(tmp_path, QUARTERS, to=name)
    if content is not None:
        (tmp_path / str(name)).write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=r"recipe\.json:1:1: to: ") as raised:
        read_recipe(recipe)
    assert message in str(raised.value)


def test_a_reconstruction_is_made_again_but_a_link_is_not_replaced(tmp_path: Path) -> None:
    recipe = write_recipe(tmp_path, QUARTERS)
    (tmp_path / "months.csv").write_text(reconstruct(read_recipe(recipe)), encoding="utf-8")
    assert read_recipe(recipe).output_path == tmp_path / "months.csv"
    (tmp_path / "months.csv").rename(tmp_path / "kept.csv")
    (tmp_path / "months.csv").symlink_to("kept.csv")
    with pytest.raises(InputError, match="not 'reconstructed'"):
        read_recipe(recipe)
