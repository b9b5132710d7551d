"""`forecast backtest`: its table, its report, and its reasons when there is nothing to score."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import forecast
from forecast.cli import main
from forecast.history.ledger import History
from forecast.timeseries.ensemble.sum_scores import score_sums
from forecast.timeseries.evaluation.backtest import Backtest, backtest_baseline
from forecast.timeseries.evaluation.scores import MarginalNormals, Origin, score_models
from forecast.timeseries.models.base import PredictiveNormal
from tests.support import plans
from tests.support.backtests import MONTHS, write_backtest_plan


@pytest.fixture(scope="module")
def small_backtest(tmp_path_factory: pytest.TempPathFactory) -> Backtest:
    return backtest_baseline(*write_backtest_plan(tmp_path_factory.mktemp("small")), origins=2)


def test_the_command_prints_a_table_and_publishes_a_report(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, small_backtest: Backtest
) -> None:
    write_backtest_plan(tmp_path)
    plan = str(tmp_path / "plan.yaml")
    monkeypatch.setattr("forecast.timeseries.evaluation.backtest.backtest_baseline", lambda *_: small_backtest)
    assert main(["backtest", plan, "--lang", "vi"]) == 0
    output = capsys.readouterr().out
    assert "(MASE)" in output
    assert "lặp lại năm trước" in output
    assert "Không chấm điểm b" in output
    folder = tmp_path / "reports" / "backtest-plan"
    written = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert written == {
        "report.html", "scores.csv", "sums.csv", "summary.json", "manifest.json", "figures/calibration.png",
        "figures/fan_actual-a.png",
    }  # fmt: skip
    assert main(["verify", str(folder)]) == 0
    assert "Bưu phẩm" in (folder / "report.html").read_text(encoding="utf-8")
    header, first, *_ = (folder / "scores.csv").read_text(encoding="utf-8").splitlines()
    assert header == "service,model,mase,crps,msis95,coverage80,coverage95,bias,months,masked"
    score = next(iter(small_backtest.services["a"].scores.values())).to_dict()
    assert first == "a,blend," + ",".join("" if value is None else f"{value:.10g}" for value in score.values())

    def never(*_: object) -> Backtest:
        raise AssertionError("what is there was made again")

    monkeypatch.setattr("forecast.timeseries.evaluation.backtest.backtest_baseline", never)
    capsys.readouterr()
    assert main(["backtest", plan, "--lang", "vi", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["summary"]["services"]["a"]["models"]["blend"]["months"] == 3
    assert answer["summary"]["services"]["b"]["models"] is None
    assert answer["summary"]["services"]["b"]["sums"] is None
    sums = answer["summary"]["services"]["a"]["sums"]
    assert [(entry["length"], entry["sums"], entry["coverage80"]) for entry in sums] == [
        (length, 3 if length == "1" else 0, None) for length in ("1", "3", "6", "12", "year")
    ]
    assert "Tổng 3 tháng: mới chấm được 0, cần 6" in sums[1]["why"]


def backtest_services(plan: Path, out: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, dict[str, object]]:
    assert main(["backtest", str(plan), "--out", str(out), "--json", "--lang", "en"]) == 0
    summary = json.loads(capsys.readouterr().out)["summary"]
    assert summary["every"] is None
    services: dict[str, dict[str, object]] = summary["services"]
    assert all(service["models"] is None for service in services.values())
    return services


def test_a_reconstructed_history_is_null_with_a_reason(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    services = backtest_services(plans.SCENARIOS / "covid.yaml", tmp_path / "reports", capsys)
    assert len(services) == 3
    assert all("spread from totals" in str(service["why"]) for service in services.values())


def test_a_short_history_is_null_with_a_reason(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_backtest_plan(tmp_path)
    rows = (tmp_path / "ledger.csv").read_text(encoding="utf-8").splitlines()
    short = [row for row in rows if row.split(",")[1] != "a" or row >= "2018-05"]
    (tmp_path / "ledger.csv").write_text("\n".join(short) + "\n", encoding="utf-8")
    services = backtest_services(tmp_path / "plan.yaml", tmp_path / "reports", capsys)
    assert "36 months are too few; 37 are needed" in str(services["a"]["why"])


def test_the_library_backtests_a_scenario(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, small_backtest: Backtest
) -> None:
    scenario, history = write_backtest_plan(tmp_path)
    asked: list[object] = []

    def kept(*arguments: object) -> Backtest:
        asked.extend(arguments)
        return small_backtest

    monkeypatch.setattr("forecast.timeseries.evaluation.backtest.backtest_baseline", kept)
    assert forecast.backtest(scenario, origins=2) is small_backtest
    assert (asked[0], asked[2]) == (scenario, 2)
    assert isinstance(asked[1], History)
    assert asked[1].digest == history.digest


def test_a_plan_without_a_history_is_rejected(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "plan.yaml").write_text(plans.ONE_SERVICE, encoding="utf-8")
    assert main(["backtest", str(tmp_path / "plan.yaml")]) == 2
    assert "nothing to test" in capsys.readouterr().err


def test_sums_and_masked_months_reach_page_tables_and_json(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], small_backtest: Backtest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A backtest of a year and a half of origins with a lockdown of four months, made by hand."""
    write_backtest_plan(tmp_path)
    tested = small_backtest.services["a"]
    rng = np.random.default_rng(2)
    actual = tested.actual.copy()
    actual[22:26] = np.nan
    origins = []
    for row in range(16, MONTHS - 11):
        ahead = PredictiveNormal(np.nan_to_num(actual[row : row + 12], nan=1e9) * 0.7, 1e15 * (0.5 + 0.5 * np.eye(12)))
        came = actual[row : row + 12] + rng.normal(0, 1e7, 12)
        month = tested.calendar.first + row
        sums = {"blend": score_sums(ahead, "raw", came, month, 1e8)}
        forecasts = {"blend": MarginalNormals(ahead.mean, np.sqrt(np.diag(ahead.covariance)))}
        origins.append(Origin(month, "raw", forecasts, came, 1e8, sums))
    masked = np.full(MONTHS, np.nan)
    masked[22:26] = 4e8
    service = replace(tested, origins=tuple(origins), scores=score_models(origins), actual=actual, masked_actual=masked)
    made = replace(small_backtest, services={**small_backtest.services, "a": service})
    monkeypatch.setattr("forecast.timeseries.evaluation.backtest.backtest_baseline", lambda *_: made)
    plan = str(tmp_path / "plan.yaml")
    assert main(["backtest", plan, "--lang", "en"]) == 0
    output = capsys.readouterr().out
    assert "4 masked months are drawn hollow and left out of the scores." in output
    assert "too low by 3" in output
    assert "sum of 3 months" in output
    assert "Sum of 12 months: 3 scored, 6 are needed, so no score is given." in output
    folder = tmp_path / "reports" / "backtest-plan"
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "4 masked months are drawn hollow" in page
    assert "too low by" in page
    assert "Scaled CRPS" in page
    assert "3 scored, 6 are needed" in page
    rows = [line.split(",") for line in (folder / "sums.csv").read_text(encoding="utf-8").splitlines()]
    assert rows[0] == ["service", "model", "length", "coverage80", "coverage95", "scaled_crps", "wql", "sums"]
    scored = {row[2]: row for row in rows[1:]}
    assert scored["12"][3:] == ["", "", "", "", "3"]
    assert float(scored["3"][3]) == 0
    assert main(["backtest", plan, "--lang", "en", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)["summary"]["services"]["a"]
    assert answer["masked"] == ["2019-11", "2019-12", "2020-01", "2020-02"]
    assert answer["models"]["blend"]["masked"] > 0
    assert main(["backtest", plan, "--lang", "vi"]) == 0
    output = capsys.readouterr().out
    assert "4 tháng bỏ qua" in output
    assert "thấp hơn 3" in output
