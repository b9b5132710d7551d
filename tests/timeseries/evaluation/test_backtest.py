"""A backtest: nothing of the future is seen, what cannot be judged is not scored, and its page is whole."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from matplotlib.figure import Figure
from scipy.special import ndtr

import forecast
from forecast.arrays import Floats
from forecast.cli import main
from forecast.history.ledger import History, read_history
from forecast.i18n import Translator
from forecast.periods import format_month, parse_month
from forecast.plan.scenario import Scenario
from forecast.reports.charts.chart import PHONE_TYPE_POINTS, WIDE_TYPE_POINTS
from forecast.reports.charts.style import chart_style
from forecast.reports.content.charts import run_charts
from forecast.reports.content.context import RunView
from forecast.reports.content.track_record import TrackRecord, run_track_records, track_record_charts
from forecast.reports.html_page import render_run_page
from forecast.stats.transforms import Z90
from forecast.timeseries.ensemble.interval_calibration import OriginCheck
from forecast.timeseries.evaluation import backtest as analysis
from forecast.timeseries.evaluation.backtest import Backtest, backtest_baseline, history_before
from forecast.timeseries.evaluation.scores import MarginalNormals, Origin, assess_calibration, score_models, select_fans
from tests.reports.test_figures import faults_of
from tests.support import plans, report_fixture

MONTHS = 40
PLAN = """
name: {en: A ledger, vi: Sổ cái}
language: en
currency: VND
horizon: {from: 2021-05, months: 12}
history: ledger.csv
services:
  a: {label: {en: Parcels, vi: Bưu phẩm}, baseline: {level: history}}
  b: {growth: 1% to 5%, baseline: {noise: 5%}}
"""


def write(folder: Path, factor: float = 1.0, since: int = MONTHS) -> tuple[Scenario, History]:
    """A ledger of one service as it was and a late, reconstructed one; months from row `since` on times a factor."""
    rng = np.random.default_rng(4)
    row = np.arange(MONTHS)
    months = 1e9 * np.exp(0.004 * row + rng.normal(0, 0.05, MONTHS)) * (1 + 0.2 * np.sin(row * np.pi / 6))
    months[since:] *= factor
    first = parse_month("2018-01")
    rows = ["month,service,revenue,status"]
    for service, status in (("a", "actual"), ("b", "reconstructed")):
        shown = row if service == "a" else row[-20:]
        rows += [f"{format_month(first + n)},{service},{months[n]:.0f},{status}" for n in shown]
    (folder / "ledger.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    (folder / "plan.yaml").write_text(PLAN, encoding="utf-8")
    scenario = forecast.read(folder / "plan.yaml")
    assert scenario.history is not None
    return scenario, read_history(scenario.history.file, scenario.currency)


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Backtest:
    return backtest_baseline(*write(tmp_path_factory.mktemp("honest")), origins=2)


@pytest.fixture(scope="module")
def poisoned(tmp_path_factory: pytest.TempPathFactory) -> Backtest:
    """All that comes after the first of both origins is a thousand times as large."""
    return backtest_baseline(*write(tmp_path_factory.mktemp("poisoned"), 1000.0, MONTHS - 2), origins=2)


def bits(said: Mapping[str, MarginalNormals]) -> dict[str, tuple[bytes, bytes]]:
    return {name: (one.mean.tobytes(), one.sd.tobytes()) for name, one in said.items()}


def test_nothing_of_the_future_is_seen(honest: Backtest, poisoned: Backtest) -> None:
    first, second = honest.services["a"].origins
    first_poisoned, second_poisoned = poisoned.services["a"].origins
    assert bits(first_poisoned.forecasts) == bits(first.forecasts)
    assert (first_poisoned.error_scale, first_poisoned.scale) == (first.error_scale, first.scale)
    assert len(first.forecasts) > 4
    # the poison acts: it is what came, and the later origin has seen it
    assert first_poisoned.actual == pytest.approx(1000 * first.actual)
    for name in second.forecasts:
        assert bits(second_poisoned.forecasts)[name] != bits(second.forecasts)[name], name


def test_the_ledger_is_cut_before_anything_is_read(tmp_path: Path) -> None:
    _, history = write(tmp_path)
    month = history.calendar.first + 30
    known = history_before(history, month)
    assert known.calendar.last == month - 1
    assert [(len(known.revenue[name]), len(known.status[name])) for name in known.services] == [(30, 30), (10, 10)]
    assert history_before(history, month - 10).services == ("a",)


def test_every_member_the_blend_and_the_naive_are_scored(honest: Backtest) -> None:
    scores = honest.services["a"].scores
    assert next(iter(scores)) == "blend"
    assert {"seasonal_naive", "ets", "theta"} <= set(scores)
    for score in scores.values():
        assert score.months == 1 + 2
        assert score.mase is not None
        assert 0 < score.mase < 3
        assert score.crps is not None
        assert 0 < score.crps < 3
    assert honest.mean_scores == {}


def test_what_is_reconstructed_is_not_scored_and_says_why(honest: Backtest) -> None:
    tested = honest.services["b"]
    assert (tested.origins, tested.scores) == ((), {})
    assert tested.reason is not None
    assert "reconstructed" in Translator("en")(tested.reason[0], **dict(tested.reason[1]))


def normal(z: float, count: int = 4) -> Origin:
    """Months that came `z` standard deviations away from the middle of what two models said."""
    mean, sd = np.full(count, 10.0), np.full(count, 2.0)
    said = {"blend": MarginalNormals(mean, sd), "other": MarginalNormals(mean + 1, sd)}
    return Origin(0, "raw", said, mean + z * sd, 4.0)


def test_the_models_stand_from_the_best_to_the_worst_behind_the_blend() -> None:
    mean, sd = np.full(4, 10.0), np.ones(4)
    said = {
        "worse": MarginalNormals(mean + 2, sd),
        "blend": MarginalNormals(mean + 9, sd),
        "right": MarginalNormals(mean, sd),
        "near": MarginalNormals(mean + 1, sd),
    }
    assert list(score_models([Origin(0, "raw", said, mean, 4.0)])) == ["blend", "right", "near", "worse"]


def test_scores_by_hand() -> None:
    score = score_models([normal(1.0), normal(-2.0)])["blend"]
    assert score.mase == pytest.approx((2 + 4) / 2 / 4)
    assert score.coverage80 == 0.5
    assert score.coverage95 == 0.5
    assert score.bias == pytest.approx((-2 + 4) / (12 + 6))
    assert score.months == 8
    log = Origin(
        0, "log", {"blend": MarginalNormals(np.zeros(1), np.full(1, 0.5))}, np.array([np.exp(0.5 * Z90) * 0.999]), 1.0
    )
    assert score_models([log])["blend"].coverage80 == 1


def test_a_masked_month_is_not_judged() -> None:
    origin = normal(0.0)
    masked = replace(origin, actual=np.array([10.0, np.nan, 10.0, np.nan]))
    assert score_models([masked])["blend"].months == 2
    assert score_models([replace(origin, actual=np.full(4, np.nan))]) == {}
    assert assess_calibration([replace(origin, actual=np.full(4, np.nan))]) is None


def test_calibration_is_even_where_the_chances_are_true() -> None:
    z = np.random.default_rng(7).standard_normal(200_000)
    said = {"blend": MarginalNormals(np.zeros(len(z)), np.ones(len(z)))}
    found = assess_calibration([Origin(0, "raw", said, z, 1.0)])
    assert found is not None
    assert found.shares == pytest.approx([0.1] * 10, abs=0.004)
    assert (found.coverage80, found.coverage95) == pytest.approx((0.8, 0.95), abs=0.004)
    narrow = assess_calibration([Origin(0, "raw", said, 2 * z, 1.0)])
    assert narrow is not None
    assert narrow.coverage80 == pytest.approx(2 * ndtr(Z90 / 2) - 1, abs=0.004)
    assert narrow.shares[0] > 0.2


def test_what_is_sure_is_right_or_wrong() -> None:
    origin = Origin(0, "raw", {"blend": MarginalNormals(np.full(3, 5.0), np.zeros(3))}, np.array([4.0, 5.0, 6.0]), 1.0)
    assert list(origin.pit("blend")) == [0.0, 0.5, 1.0]
    assert score_models([origin])["blend"].coverage80 == pytest.approx(1 / 3)


def many_origins() -> list[Origin]:
    rng = np.random.default_rng(3)
    found = []
    for back in range(3, 37, 3):
        count = min(12, back)
        mean = 1e9 * rng.normal(20, 0.3, count)
        said = {"blend": MarginalNormals(mean, np.full(count, 1e8))}
        found.append(Origin(parse_month("2021-01") - back, "raw", said, mean + 1e8 * rng.normal(0, 1, count), 1e9))
    return found


def test_fans_do_not_overlap_and_are_of_a_whole_year() -> None:
    fans = select_fans(many_origins())
    assert [format_month(fan.first_month) for fan in fans] == ["2018-01", "2019-01", "2020-01"]
    assert {len(fan.median) for fan in fans} == {12}
    for fan in fans:
        edges = np.array([fan.low95, fan.low80, fan.median, fan.high80, fan.high95])
        assert np.all(np.diff(edges, axis=0) > 0)


def figures(language: str) -> list[tuple[str, Figure]]:
    scenario = plans.read_plan_text(
        plans.ONE_SERVICE.replace(
            "  a:", "  a:\n    label: {en: Parcels of every size and place, vi: Bưu kiện mọi cỡ mọi nơi}\n   "
        )
        .replace("{baseline:", "baseline:")
        .replace("flat}}", "flat}")
    )
    words = Translator("vi" if language == "vi" else "en")
    past: Floats = np.concatenate([np.full(40, 20.0), [np.nan], np.full(19, 21.0)])
    asked = {"a": TrackRecord("revenue", many_origins(), parse_month("2016-01"), 1e9 * past)}
    found = []
    for drawing in track_record_charts(scenario, asked, words).values():
        for phone, size in ((False, WIDE_TYPE_POINTS), (True, PHONE_TYPE_POINTS)):
            with chart_style(size):
                found.append((f"{drawing.name} {phone}", drawing.figure(phone)))
    return found


def checked_view() -> RunView:
    """A run whose blend was asked at twelve past months of one service."""
    view = report_fixture.covid_view()
    checks = tuple(
        OriginCheck(
            one.first_month,
            tuple(np.log(one.forecasts["blend"].mean)),
            tuple(np.full(len(one.actual), 0.006)),
            (*np.log(one.actual[:-1]), None),
        )
        for one in many_origins()
    )
    own = view.baseline.services["postal"]
    asked = SimpleNamespace(**{**vars(own), "checks": checks, "forecast": SimpleNamespace(scale="log")})
    services = {**view.baseline.services, "postal": asked}
    return replace(view, baseline=SimpleNamespace(**{**vars(view.baseline), "services": services}))


def test_a_run_shows_what_its_blend_said_on_the_past() -> None:
    view, words = checked_view(), Translator("en")
    asked = run_track_records(view)
    assert list(asked) == ["postal"]
    oldest = many_origins()[-1]
    assert asked["postal"].first_month == oldest.first_month
    assert asked["postal"].actual[:3] == pytest.approx(oldest.actual[:3])
    assert {"calibration", "fan_actual-postal"} < set(run_charts(view, words))
    text = render_run_page(view, words).decode()
    assert words("backtest_calibration_head") in text
    assert "lie in the 80% interval" in text


def test_a_run_on_reconstructed_months_claims_nothing_of_the_past() -> None:
    view, words = report_fixture.covid_view(), Translator("en")
    assert run_track_records(view) == {}
    assert not {name for name in run_charts(view, words) if name.startswith(("calibration", "fan_actual"))}
    assert words("backtest_calibration_head") not in render_run_page(view, words).decode()


@pytest.mark.parametrize("language", ["vi", "en"])
def test_nothing_overlaps_or_leaves_the_paper(language: str) -> None:
    drawn = figures(language)
    assert len(drawn) == 4
    for name, figure in drawn:
        with chart_style(WIDE_TYPE_POINTS):
            assert faults_of(figure) == [], name


def test_the_command_says_a_table_and_leaves_a_whole_report(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, honest: Backtest
) -> None:
    write(tmp_path)
    plan = str(tmp_path / "plan.yaml")
    monkeypatch.setattr(analysis, "backtest_baseline", lambda *_: honest)
    assert main(["backtest", plan, "--lang", "vi"]) == 0
    said = capsys.readouterr().out
    assert "Mức sai (MASE)" in said
    assert "lặp lại theo mùa" in said
    assert "Không chấm điểm b" in said
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
    score = next(iter(honest.services["a"].scores.values())).to_dict()
    assert first == "a,blend," + ",".join("" if value is None else f"{value:.10g}" for value in score.values())

    def never(*_: object) -> Backtest:
        raise AssertionError("what is there was made again")

    monkeypatch.setattr(analysis, "backtest_baseline", never)
    capsys.readouterr()
    assert main(["backtest", plan, "--lang", "vi", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["summary"]["services"]["a"]["models"]["blend"]["months"] == 3
    assert answer["summary"]["services"]["b"]["models"] is None


def answer(plan: Path, out: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, dict[str, object]]:
    assert main(["backtest", str(plan), "--out", str(out), "--json", "--lang", "en"]) == 0
    summary = json.loads(capsys.readouterr().out)["summary"]
    assert summary["every"] is None
    services: dict[str, dict[str, object]] = summary["services"]
    assert all(one["models"] is None for one in services.values())
    return services


def test_a_reconstructed_history_is_null_with_a_reason(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    services = answer(plans.SCENARIOS / "covid.yaml", tmp_path, capsys)
    assert len(services) == 3
    assert all("reconstructed" in str(one["why"]) for one in services.values())


def test_a_short_history_is_null_with_a_reason(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path)
    rows = (tmp_path / "ledger.csv").read_text(encoding="utf-8").splitlines()
    short = [row for row in rows if row.split(",")[1] != "a" or row >= "2018-05"]
    (tmp_path / "ledger.csv").write_text("\n".join(short) + "\n", encoding="utf-8")
    services = answer(tmp_path / "plan.yaml", tmp_path, capsys)
    assert "36 months are too few; 37 are needed" in str(services["a"]["why"])


def test_a_notebook_may_ask_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, honest: Backtest) -> None:
    scenario, history = write(tmp_path)
    asked: list[object] = []

    def kept(*arguments: object) -> Backtest:
        asked.extend(arguments)
        return honest

    monkeypatch.setattr(analysis, "backtest_baseline", kept)
    assert forecast.backtest(scenario, origins=2) is honest
    assert (asked[0], asked[2]) == (scenario, 2)
    assert isinstance(asked[1], History)
    assert asked[1].digest == history.digest


def test_a_plan_without_a_history_says_what_is_missing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "plan.yaml").write_text(plans.ONE_SERVICE, encoding="utf-8")
    assert main(["backtest", str(tmp_path / "plan.yaml")]) == 2
    assert "nothing to test" in capsys.readouterr().err
