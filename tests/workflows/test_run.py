"""A run: its summary, its page and its tables agree."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import pytest

import forecast
from forecast.cli import main
from forecast.simulation.sampling.random_streams import PATHS_PER_BLOCK
from forecast.workflows.request import RunRequest
from forecast.workflows.run import run_plan
from tests.support.correlated_plans import correlated_plan
from tests.support.place_plans import WITH_SHOCKS, read_plan
from tests.support.plans import FULL_PLAN, TWO_SERVICES, simulate_plan
from tests.support.undrawn import draw_only


@pytest.mark.slow
def test_summary_and_report_give_achieved_correlations(tmp_path: Path) -> None:
    run = simulate_plan(correlated_plan(("initiatives.shop.happens", "services.a.growth"), 0.5), paths=8_192)
    forecast.report(run, tmp_path)
    summary = json.loads(next(Path(tmp_path).rglob("summary.json")).read_text(encoding="utf-8"))
    (correlation,) = summary["correlations"]
    assert correlation["asked"] == 0.5
    assert abs(correlation["achieved"] - 0.5) < 2 * correlation["error"]
    page = next(Path(tmp_path).rglob("report.html")).read_text(encoding="utf-8")
    assert "initiatives.shop.happens ~ services.a.growth" in page


@pytest.mark.slow
@pytest.mark.usefixtures("small_chunks")
def test_summary_and_manifest_give_the_precision(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    plan = tmp_path / "plan.yaml"
    plan.write_text(TWO_SERVICES, encoding="utf-8")
    ids = set()
    for half, sentence in (("0.5%", "Stopped at the precision asked"), ("0.001%", "was not reached")):
        assert main(["run", str(plan), "--paths", str(20 * PATHS_PER_BLOCK), "--precision", half, "--lang", "en"]) == 0
        assert sentence in capfd.readouterr().out
        summary = json.loads((tmp_path / "reports" / "plan" / "summary.json").read_text(encoding="utf-8"))
        manifest = json.loads((tmp_path / "reports" / "plan" / "manifest.json").read_text(encoding="utf-8"))
        assert manifest["paths"] == 20 * PATHS_PER_BLOCK
        assert manifest["precision"] == float(half[:-1]) / 100
        assert summary["paths"] == (10 if half == "0.5%" else 20) * PATHS_PER_BLOCK
        assert summary["precision"]["met"] == (half == "0.5%")
        ids.add(summary["run_id"])
    assert len(ids) == 2


@pytest.mark.parametrize(("language", "heading"), [("en", "Districts"), ("vi", "Các huyện")])
def test_report_shows_districts_and_summary_lists_places(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, language: str, heading: str
) -> None:
    draw_only(monkeypatch, "report.html")
    target = "  west: {measure: revenue, place: west, period: 2021, at_least: 60 tỷ}\n"
    scenario = read_plan(tmp_path, WITH_SHOCKS.replace("targets:\n", "targets:\n" + target))
    run = forecast.simulate(scenario, paths=3_000, keep=3_000)
    folder = forecast.report(run, tmp_path / "reports", language="vi" if language == "vi" else "en")
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert f">{heading}</" in page
    assert "west" in page[page.index('id="districts"') :]
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    assert [place["code"] for place in summary["places"]["places"]] == ["p1", "p2", "p6", "p7", "p3", "p4", "p5"]
    losses = [district["lost"]["all"] for district in summary["places"]["districts"]]
    assert losses == sorted(losses, reverse=True)
    assert set(summary["places"]["districts"][0]["lost"]) == {"all", "waves", "floods", "works"}
    assert summary["targets"]["west"]["place"] == "west"
    assert "revenue@west" in summary["measures"]
    assert "revenue@east" not in summary["measures"]
    assert f"revenue@east,{summary['places']['period']},0.5," in (folder / "quantiles.csv").read_text(encoding="utf-8")
    assert (folder / "figures" / "districts.png").is_file()


def test_page_and_quantiles_agree_with_the_summary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """To the digit that each prints: the summary has all of them, the table ten, the page what a reader needs."""
    draw_only(monkeypatch, "report.html")
    run = simulate_plan(FULL_PLAN, paths=8_192)
    folder = forecast.report(run, tmp_path, language="en")
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    for measure, periods in summary["measures"].items():
        for period, figures in periods.items():
            tally = run.tally(measure, period)
            assert figures["mean"] == tally.mean
            assert (figures["p50"], *figures["error"]["p50"]) == tally.quantile(0.5)
    with (folder / "quantiles.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["measure"] == "revenue" and row["period"] == "2021"]
    named = {0.05: "p5", 0.1: "p10", 0.5: "p50", 0.9: "p90", 0.95: "p95"}
    year = summary["measures"]["revenue"]["2021"]
    seen = {named[float(row["p"])]: float(row["value"]) for row in rows if float(row["p"]) in named}
    assert seen == {name: float(f"{year[name]:.9e}") for name in named.values()}
    page = re.sub(r"<[^>]+>", " ", (folder / "report.html").read_text(encoding="utf-8"))
    text = " ".join(page.split())
    target = summary["targets"]["revenue"]
    assert f" {target['chance']:.0%} ±" in text
    assert f"({target['low']:.1%} to {target['high']:.1%})" in text
    assert f"{year['p10'] / 1e9:.0f} – {year['p90'] / 1e9:.0f} billion" in text
    for month in summary["months"]["revenue"]:
        assert all(f" {month[name] / 1e9:.1f} " in text for name in ("p10", "p50", "p90"))


@pytest.mark.slow
def test_the_summary_has_the_bad_tail_and_the_average_shortfall_with_their_errors(tmp_path: Path) -> None:
    run = simulate_plan(FULL_PLAN, paths=8_192)
    folder = forecast.report(run, tmp_path, language="en")
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    target, tally = summary["targets"]["revenue"], run.tally("revenue", "2021")
    assert [(level["return_period"], level["chance"]) for level in target["return_periods"]] == [
        (5, 0.2),
        (10, 0.1),
        (20, 0.05),
    ]
    for level in target["return_periods"]:
        assert (level["amount"], *level["error"]) == tally.quantile(level["chance"])
    assert (target["cvar5"], *target["error"]["cvar5"]) == tally.cvar(0.05)
    threshold = run.scenario.targets["revenue"].threshold.value
    assert (target["average_shortfall"], *target["error"]["average_shortfall"]) == tally.average_shortfall(threshold)
    assert "expected_shortfall" not in target
    assert all(each["said"] is None for each in summary["baseline"].values() if each["kind"] == "reconstructed")


LEDGER_PLAN = """
name: {en: A plan}
currency: EUR
paths: 1000
horizon: {from: 2021-01, months: 12}
history: ledger.csv
services:
  a: {baseline: {level: history}}
"""


def write_small_ledger(folder: Path, last: str) -> None:
    rows = [f"{2017 + month // 12}-{month % 12 + 1:02d},a,{1000 + 7 * (month % 12)},actual" for month in range(12, 47)]
    (folder / "ledger.csv").write_text(
        "\n".join(["month,service,revenue,status", *rows, f"2020-12,a,{last},actual", ""])
    )


@pytest.mark.parametrize("when", ["before simulating", "before publishing"])
def test_a_history_that_changes_while_it_is_in_use_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    monkeypatch.setenv("FORECAST_CACHE", str(tmp_path / "cache"))
    write_small_ledger(tmp_path, "1000")
    (tmp_path / "plan.yaml").write_text(LEDGER_PLAN)
    scenario = forecast.read(tmp_path / "plan.yaml")
    if when == "before publishing":
        run = forecast.simulate(scenario, paths=500)
        write_small_ledger(tmp_path, "1001")
        with pytest.raises(forecast.InputError, match=r"ledger\.csv:1:1: was changed while it was in use"):
            forecast.report(run, tmp_path / "reports")
    else:
        request = RunRequest(scenario, 1, 500, "en", tmp_path / "reports", cache=tmp_path / "cache")
        assert request.inputs.run_id  # hashed with the first ledger
        write_small_ledger(tmp_path, "1001")
        with pytest.raises(forecast.InputError, match=r"ledger\.csv:1:1: was changed while it was in use"):
            run_plan(request)
    assert not list((tmp_path / "reports").rglob("manifest.json"))


def test_the_data_of_a_case_name_the_run(tmp_path: Path) -> None:
    write_small_ledger(tmp_path, "1000")
    (tmp_path / "other.csv").write_text((tmp_path / "ledger.csv").read_text())
    (tmp_path / "plan.yaml").write_text(LEDGER_PLAN + "cases:\n  other: {history: other.csv}\n")
    ids = set()
    for last in ("1000", "1001"):
        (tmp_path / "other.csv").write_text((tmp_path / "ledger.csv").read_text().replace(",1000,", f",{last},"))
        request = RunRequest(forecast.read(tmp_path / "plan.yaml"), 1, 500, "en", tmp_path / "reports")
        assert {row["name"] for row in request.inputs.manifest["data"]} == {"ledger.csv", "other.csv"}
        ids.add(request.inputs.run_id)
    assert len(ids) == 2


def test_every_figure_of_a_report_can_be_drawn_by_its_documented_name() -> None:
    run = simulate_plan(FULL_PLAN, paths=4_096, keep=4_096)
    with pytest.raises(KeyError, match="there are ") as refused:
        forecast.plot(run, "no such figure")
    names = refused.value.args[0].partition("there are ")[2].split(", ")
    assert {"months", "bridge", "exceedance", "tornado", "cases"} <= set(names)
    for name in names:
        assert f"`{name}`" in (forecast.plot.__doc__ or ""), name
        assert all(axes.has_data() for axes in forecast.plot(run, name).axes), name
