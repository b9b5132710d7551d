"""A comparison is refused where the plans have no figure in common."""

from __future__ import annotations

from pathlib import Path

import pytest

import forecast
from forecast.simulation.simulate import Simulation, simulate

PLAN = """name: Shop
currency: {currency}
horizon: {{from: {year}-01, months: 12}}
services: {{a: {{baseline: {{method: given, annual: 100 to 120 thousand {currency}, shape: flat}}}}}}
targets: {{r: {{measure: revenue, period: {year}, at_least: 90 thousand {currency}}}}}
"""


def simulate_shop(folder: Path, name: str, currency: str = "EUR", year: int = 2026) -> Simulation:
    file = folder / f"{name}.yaml"
    file.write_text(PLAN.format(currency=currency, year=year), encoding="utf-8")
    return simulate(forecast.read(file), paths=4096, keep=4096)


@pytest.mark.parametrize(
    ("other", "sentence"),
    [
        ({"currency": "USD"}, "this plan is in USD, 'a' in EUR; compare plans of one currency"),
        ({"year": 2027}, "this plan has no revenue of 2026, which is compared with 'a'"),
    ],
)
def test_plans_without_a_common_figure_are_refused(tmp_path: Path, other: dict[str, str], sentence: str) -> None:
    first, second = simulate_shop(tmp_path, "a"), simulate_shop(tmp_path, "b", **other)  # type: ignore[arg-type]
    with pytest.raises(forecast.InputError) as caught:
        forecast.compare(first, second, out=tmp_path / "reports")
    assert [problem.location.file for problem in caught.value.problems] == [second.scenario.file]
    assert sentence in str(caught.value)
    assert not list((tmp_path / "reports").glob("compare*"))
