"""A comparison is refused where the plans have no figure in common."""

from __future__ import annotations

import itertools
from contextlib import suppress
from pathlib import Path

import pytest

import forecast
import forecast.workflows.compare
from forecast.i18n import LANGUAGES
from forecast.simulation.results import Simulation
from forecast.simulation.simulate import simulate
from forecast.workflows.compare import _count_plans_beside, _paired_differences, _simulate_requests, run_comparison
from forecast.workflows.request import RunRequest

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
        (
            {"year": 2027},
            "b.yaml:3:17: horizon: this plan runs from 2027-01 to 2027-12, without all of 2026, whose revenue is "
            "compared with 'a'; compare plans of the same months",
        ),
    ],
)
def test_plans_without_a_common_figure_are_refused(tmp_path: Path, other: dict[str, str], sentence: str) -> None:
    first, second = simulate_shop(tmp_path, "a"), simulate_shop(tmp_path, "b", **other)  # type: ignore[arg-type]
    with pytest.raises(forecast.InputError) as caught:
        forecast.compare(first, second, out=tmp_path / "reports")
    assert [problem.location.file for problem in caught.value.problems] == [second.scenario.file]
    assert sentence in str(caught.value)
    assert not list((tmp_path / "reports").glob("compare*"))


SHOPS = """services:
  a: {baseline: {method: given, annual: 100 to 120 thousand EUR, shape: flat}}
  b: {baseline: {method: given, annual: 10 to 12 thousand EUR, shape: flat}}
"""
HORIZONS = {"year": "2026-01, months: 12", "two": "2026-01, months: 24", "half": "2026-04, months: 6"}
HORIZONS |= {"next": "2027-01, months: 12", "late": "2026-04, months: 12"}
TARGETS = {
    "none": "",
    "year": "targets: {r: {measure: revenue, period: 2026, at_least: 90 thousand EUR}}\n",
    "quarter": "targets: {r: {measure: revenue, period: 2026-Q3, at_least: 20 thousand EUR}}\n",
    "month": "targets: {r: {measure: revenue, period: 2026-06, at_least: 8 thousand EUR}}\n",
    "span": "targets: {r: {measure: revenue, period: 2026-07 to 2026-09, at_least: 20 thousand EUR}}\n",
    "service": "targets: {r: {measure: revenue.b, period: 2026, at_least: 9 thousand EUR}}\n",
    "cost": "costs: {c: {per_month: 2 thousand EUR}}\n"
    "targets: {r: {measure: cost.c, period: 2026, at_most: 90 thousand EUR}}\n",
    "most": "targets: {r: {measure: revenue, period: 2026, at_most: 90 thousand EUR}}\n",
}


@pytest.fixture(scope="module")
def shops(tmp_path_factory: pytest.TempPathFactory) -> list[Simulation]:
    """Plans of every horizon and every kind of target, where a plan can have both."""
    folder, runs = tmp_path_factory.mktemp("shops"), []
    for (horizon, months), (target, text) in itertools.product(HORIZONS.items(), TARGETS.items()):
        file = folder / f"{horizon}-{target}.yaml"
        file.write_text(f"name: x\ncurrency: EUR\nhorizon: {{from: {months}}}\n{SHOPS}{text}", encoding="utf-8")
        with suppress(forecast.InputError):
            runs.append(simulate(forecast.read(file), paths=256, keep=256))
    assert len(runs) > 20
    return runs


def test_any_two_plans_are_compared_or_refused_at_a_line(shops: list[Simulation]) -> None:
    """No pair ends in an error of ours, whatever the periods, measures and targets are."""
    compared = 0
    for first, second in itertools.permutations(shops, 2):
        try:
            [difference] = _paired_differences([first, second], ["a", "b"]).values()
        except forecast.InputError as error:
            [problem] = error.problems
            assert problem.code in ("compare_other_months", "compare_no_figure")
            assert problem.location.file == second.scenario.file
            assert all(problem.message(language) for language in LANGUAGES)
        else:
            compared += 1
            figures = [(t.measure, t.period.text) for run in (first, second) for t in run.scenario.targets.values()]
            assert set(difference.chances) <= ({"r"} if len(set(figures)) == 1 else set())
    assert 100 < compared < len(shops) ** 2


def test_plans_of_other_months_are_refused_before_anything_is_simulated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    requests = []
    for name, year in (("a", 2026), ("b", 2027)):
        file = tmp_path / f"{name}.yaml"
        file.write_text(PLAN.format(currency="EUR", year=year), encoding="utf-8")
        requests.append(RunRequest(forecast.read(file), 1, 1000, "vi", tmp_path / "reports"))
    monkeypatch.setattr(forecast.workflows.compare, "_simulate_requests", None)
    with pytest.raises(forecast.InputError) as caught:
        run_comparison(requests)
    assert "hãy so các kế hoạch cùng kỳ" in caught.value.problems[0].message("vi")


def test_plans_beside_this_process_keep_their_order_and_their_figures(tmp_path: Path) -> None:
    """The last of three plans, and the cases of all, are simulated in a process beside this one where that is safe."""
    requests = []
    for name, least in (("a", 90), ("b", 105), ("c", 115)):
        file = tmp_path / f"{name}.yaml"
        text = PLAN.format(currency="EUR", year=2026).replace("at_least: 90", f"at_least: {least}")
        file.write_text(text, encoding="utf-8")
        requests.append(RunRequest(forecast.read(file), 1, 4096, "en", tmp_path / "reports"))
    assert [_count_plans_beside(requests[:count], None) for count in (1, 2, 3)] == [0, 0, 1]
    stages: list[tuple[str, str]] = []
    simulations, cases = _simulate_requests(requests, lambda key, name: stages.append((key, name)))
    assert [name for key, name in stages if key == "said_playing"] == ["a", "b", "c"]
    for request, run, cases_of_plan in zip(requests, simulations, cases, strict=True):
        assert run.scenario.file == request.scenario.file
        assert run.chance("r") == simulate(request.scenario, paths=4096, seed=1).chance("r")
        assert [case.name for case in cases_of_plan] == ["wider_ranges"]
        assert cases_of_plan[0].hits["r"].base_hits == round(4096 * run.chance("r").value)
