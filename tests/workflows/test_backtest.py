"""`forecast backtest`: its table, its report, and its reasons when there is nothing to score."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import forecast
from forecast.cli import main
from forecast.history.ledger import History
from forecast.timeseries.evaluation.backtest import Backtest, backtest_baseline
from tests.support import plans
from tests.support.backtests import write_backtest_plan


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
    assert "Mức sai (MASE)" in output
    assert "lặp lại theo mùa" in output
    assert "Không chấm điểm b" in output
    folder = tmp_path / "reports" / "backtest-plan"
    written = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert written == {
        "report.html", "scores.csv", "summary.json", "manifest.json", "figures/calibration.png",
        "figures/fan_actual-a.png",
    }  # fmt: skip
    assert main(["verify", str(folder)]) == 0
    assert "Bưu phẩm" in (folder / "report.html").read_text(encoding="utf-8")
    header, first, *_ = (folder / "scores.csv").read_text(encoding="utf-8").splitlines()
    assert header == "service,model,mase,crps,msis95,coverage80,coverage95,bias,months"
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
    assert all("reconstructed" in str(service["why"]) for service in services.values())


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
