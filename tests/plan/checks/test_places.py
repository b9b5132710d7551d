"""What a plan says of places must fit its list of places."""

from __future__ import annotations

from pathlib import Path

import pytest

from forecast.errors import InputError
from forecast.plan.checks import places
from tests.support.place_plans import WITHOUT_SHOCKS, read_plan


def test_problems_of_plan_and_place_list_are_reported_at_once(tmp_path: Path) -> None:
    text = WITHOUT_SHOCKS.replace("places.csv}", "places.csv, count: 7}") + "paths: none\n"
    with pytest.raises(InputError) as wrong:
        read_plan(tmp_path, text, "place,district,weight\n1,a,x\n1,b,-2\n")
    message = str(wrong.value)
    for part in ("'none'", "take out 'count'", "places.csv:2:5", "places.csv:3:1", "places.csv:3:5"):
        assert part in message


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("targets: {t: {measure: revenue, place: p9, period: 2021, at_least: 1 tỷ}}", "did you mean 'p"),
        ("targets: {t: {measure: volume, place: p1, period: 2021, at_least: 1}}", "'volume' is not computed by place"),
        ("places: {noise: 10%}", "needs a list of places"),
    ],
)
def test_a_target_that_places_cannot_measure_is_rejected(tmp_path: Path, line: str, sentence: str) -> None:
    text = WITHOUT_SHOCKS.replace("places: {file: places.csv}\n", "") if line.startswith("places") else WITHOUT_SHOCKS
    with pytest.raises(InputError) as wrong:
        read_plan(tmp_path, text + line + "\n")
    assert sentence in str(wrong.value)


def test_equal_weights_conflict_with_weights_in_the_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="weights: equal"):
        read_plan(tmp_path, WITHOUT_SHOCKS.replace("places.csv}", "places.csv, weights: equal}"))


def test_pairs_of_places_and_services_beyond_the_limit_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "MAX_PLACE_SERVICES", 14)
    read_plan(tmp_path, WITHOUT_SHOCKS)
    monkeypatch.setattr(places, "MAX_PLACE_SERVICES", 13)
    with pytest.raises(InputError) as wrong:
        read_plan(tmp_path, WITHOUT_SHOCKS)
    (problem,) = wrong.value.problems
    assert (problem.path, problem.code) == ("places.file", "too_many_place_services")
    assert "7 places with 2 services" in problem.message("en")
