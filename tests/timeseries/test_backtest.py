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
from forecast import reports as pages
from forecast.arrays import Floats
from forecast.cli import main
from forecast.history.ledger import History, read_history
from forecast.i18n import Words
from forecast.periods import month_of, month_text
from forecast.plan.scenario import Scenario
from forecast.reports.charts.chart import TYPE_PHONE, TYPE_WIDE
from forecast.reports.charts.style import style
from forecast.reports.content.charts import drawings
from forecast.reports.content.context import RunView
from forecast.reports.content.track_record import Asked, drawings_of, of_run
from forecast.stats.transforms import Z90
from forecast.timeseries.ensemble.interval_calibration import Check
from forecast.timeseries.evaluation import backtest as analysis
from forecast.timeseries.evaluation.backtest import Backtest, backtest, before
from forecast.timeseries.evaluation.scores import Origin, Said, calibration_of, fans_of, score_of
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
    first = month_of("2018-01")
    rows = ["month,service,revenue,status"]
    for service, status in (("a", "actual"), ("b", "reconstructed")):
        shown = row if service == "a" else row[-20:]
        rows += [f"{month_text(first + n)},{service},{months[n]:.0f},{status}" for n in shown]
    (folder / "ledger.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    (folder / "plan.yaml").write_text(PLAN, encoding="utf-8")
    scenario = forecast.read(folder / "plan.yaml")
    assert scenario.history is not None
    return scenario, read_history(scenario.history.file, scenario.currency)


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Backtest:
    return backtest(*write(tmp_path_factory.mktemp("honest")), origins=2)


@pytest.fixture(scope="module")
def poisoned(tmp_path_factory: pytest.TempPathFactory) -> Backtest:
    """All that comes after the first of both origins is a thousand times as large."""
    return backtest(*write(tmp_path_factory.mktemp("poisoned"), 1000.0, MONTHS - 2), origins=2)


def bits(said: Mapping[str, Said]) -> dict[str, tuple[bytes, bytes]]:
    return {name: (one.mean.tobytes(), one.sd.tobytes()) for name, one in said.items()}


def test_nothing_of_the_future_is_seen(honest: Backtest, poisoned: Backtest) -> None:
    first, second = honest.services["a"].origins
    first_poisoned, second_poisoned = poisoned.services["a"].origins
    assert bits(first_poisoned.said) == bits(first.said)
    assert (first_poisoned.usual, first_poisoned.scale) == (first.usual, first.scale)
    assert len(first.said) > 4
    # the poison acts: it is what came, and the later origin has seen it
    assert first_poisoned.came == pytest.approx(1000 * first.came)
    for name in second.said:
        assert bits(second_poisoned.said)[name] != bits(second.said)[name], name


def test_the_ledger_is_cut_before_anything_is_read(tmp_path: Path) -> None:
    _, history = write(tmp_path)
    month = history.calendar.first + 30
    known = before(history, month)
    assert known.calendar.last == month - 1
    assert [(len(known.revenue[name]), len(known.status[name])) for name in known.services] == [(30, 30), (10, 10)]
    assert before(history, month - 10).services == ("a",)


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
    assert honest.every == {}


def test_what_is_reconstructed_is_not_scored_and_says_why(honest: Backtest) -> None:
    tested = honest.services["b"]
    assert (tested.origins, tested.scores) == ((), {})
    assert tested.why is not None
    assert "reconstructed" in Words("en")(tested.why[0], **dict(tested.why[1]))


def normal(z: float, count: int = 4) -> Origin:
    """Months that came `z` standard deviations away from the middle of what two models said."""
    mean, sd = np.full(count, 10.0), np.full(count, 2.0)
    said = {"blend": Said(mean, sd), "other": Said(mean + 1, sd)}
    return Origin(0, "raw", said, mean + z * sd, 4.0)


def test_the_models_stand_from_the_best_to_the_worst_behind_the_blend() -> None:
    mean, sd = np.full(4, 10.0), np.ones(4)
    said = {
        "worse": Said(mean + 2, sd),
        "blend": Said(mean + 9, sd),
        "right": Said(mean, sd),
        "near": Said(mean + 1, sd),
    }
    assert list(score_of([Origin(0, "raw", said, mean, 4.0)])) == ["blend", "right", "near", "worse"]


def test_scores_by_hand() -> None:
    score = score_of([normal(1.0), normal(-2.0)])["blend"]
    assert score.mase == pytest.approx((2 + 4) / 2 / 4)
    assert score.coverage80 == 0.5
    assert score.coverage95 == 0.5
    assert score.bias == pytest.approx((-2 + 4) / (12 + 6))
    assert score.months == 8
    log = Origin(0, "log", {"blend": Said(np.zeros(1), np.full(1, 0.5))}, np.array([np.exp(0.5 * Z90) * 0.999]), 1.0)
    assert score_of([log])["blend"].coverage80 == 1


def test_a_masked_month_is_not_judged() -> None:
    origin = normal(0.0)
    masked = replace(origin, came=np.array([10.0, np.nan, 10.0, np.nan]))
    assert score_of([masked])["blend"].months == 2
    assert score_of([replace(origin, came=np.full(4, np.nan))]) == {}
    assert calibration_of([replace(origin, came=np.full(4, np.nan))]) is None


def test_calibration_is_even_where_the_chances_are_true() -> None:
    z = np.random.default_rng(7).standard_normal(200_000)
    said = {"blend": Said(np.zeros(len(z)), np.ones(len(z)))}
    found = calibration_of([Origin(0, "raw", said, z, 1.0)])
    assert found is not None
    assert found.shares == pytest.approx([0.1] * 10, abs=0.004)
    assert (found.coverage80, found.coverage95) == pytest.approx((0.8, 0.95), abs=0.004)
    narrow = calibration_of([Origin(0, "raw", said, 2 * z, 1.0)])
    assert narrow is not None
    assert narrow.coverage80 == pytest.approx(2 * ndtr(Z90 / 2) - 1, abs=0.004)
    assert narrow.shares[0] > 0.2


def test_what_is_sure_is_right_or_wrong() -> None:
    origin = Origin(0, "raw", {"blend": Said(np.full(3, 5.0), np.zeros(3))}, np.array([4.0, 5.0, 6.0]), 1.0)
    assert list(origin.reached("blend")) == [0.0, 0.5, 1.0]
    assert score_of([origin])["blend"].coverage80 == pytest.approx(1 / 3)


def many_origins() -> list[Origin]:
    rng = np.random.default_rng(3)
    found = []
    for back in range(3, 37, 3):
        count = min(12, back)
        mean = 1e9 * rng.normal(20, 0.3, count)
        said = {"blend": Said(mean, np.full(count, 1e8))}
        found.append(Origin(month_of("2021-01") - back, "raw", said, mean + 1e8 * rng.normal(0, 1, count), 1e9))
    return found


def test_fans_do_not_overlap_and_are_of_a_whole_year() -> None:
    fans = fans_of(many_origins())
    assert [month_text(fan.first) for fan in fans] == ["2018-01", "2019-01", "2020-01"]
    assert {len(fan.middle) for fan in fans} == {12}
    for fan in fans:
        edges = np.array([fan.low95, fan.low80, fan.middle, fan.high80, fan.high95])
        assert np.all(np.diff(edges, axis=0) > 0)


def figures(language: str) -> list[tuple[str, Figure]]:
    scenario = plans.read(
        plans.ONE.replace(
            "  a:", "  a:\n    label: {en: Parcels of every size and place, vi: Bưu kiện mọi cỡ mọi nơi}\n   "
        )
        .replace("{baseline:", "baseline:")
        .replace("flat}}", "flat}")
    )
    words = Words("vi" if language == "vi" else "en")
    past: Floats = np.concatenate([np.full(40, 20.0), [np.nan], np.full(19, 21.0)])
    asked = {"a": Asked("revenue", many_origins(), month_of("2016-01"), 1e9 * past)}
    found = []
    for drawing in drawings_of(scenario, asked, words).values():
        for phone, size in ((False, TYPE_WIDE), (True, TYPE_PHONE)):
            with style(size):
                found.append((f"{drawing.name} {phone}", drawing.figure(phone)))
    return found


def checked_view() -> RunView:
    """A run whose blend was asked at twelve past months of one service."""
    view = report_fixture.covid_view()
    checks = tuple(
        Check(
            one.first,
            tuple(np.log(one.said["blend"].mean)),
            tuple(np.full(len(one.came), 0.006)),
            (*np.log(one.came[:-1]), None),
        )
        for one in many_origins()
    )
    own = view.baseline.services["postal"]
    asked = SimpleNamespace(**{**vars(own), "checks": checks, "forecast": SimpleNamespace(scale="log")})
    services = {**view.baseline.services, "postal": asked}
    return replace(view, baseline=SimpleNamespace(**{**vars(view.baseline), "services": services}))


def test_a_run_shows_what_its_blend_said_on_the_past() -> None:
    view, words = checked_view(), Words("en")
    asked = of_run(view)
    assert list(asked) == ["postal"]
    oldest = many_origins()[-1]
    assert asked["postal"].first == oldest.first
    assert asked["postal"].past[:3] == pytest.approx(oldest.came[:3])
    assert {"calibration", "fan_actual-postal"} < set(drawings(view, words))
    text = pages.page(view, words).decode()
    assert words("backtest_calibration_head") in text
    assert "fell inside the interval that promised 80%" in text


def test_a_run_on_reconstructed_months_claims_nothing_of_the_past() -> None:
    view, words = report_fixture.covid_view(), Words("en")
    assert of_run(view) == {}
    assert not {name for name in drawings(view, words) if name.startswith(("calibration", "fan_actual"))}
    assert words("backtest_calibration_head") not in pages.page(view, words).decode()


@pytest.mark.parametrize("language", ["vi", "en"])
def test_nothing_overlaps_or_leaves_the_paper(language: str) -> None:
    drawn = figures(language)
    assert len(drawn) == 4
    for name, figure in drawn:
        with style(TYPE_WIDE):
            assert faults_of(figure) == [], name


def test_the_command_says_a_table_and_leaves_a_whole_report(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, honest: Backtest
) -> None:
    write(tmp_path)
    plan = str(tmp_path / "plan.yaml")
    monkeypatch.setattr(analysis, "backtest", lambda *_: honest)
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

    def never(*_: object) -> Backtest:
        raise AssertionError("what is there was made again")

    monkeypatch.setattr(analysis, "backtest", never)
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
    assert "36 months are too few to judge; 37 are needed" in str(services["a"]["why"])


def test_a_notebook_may_ask_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, honest: Backtest) -> None:
    scenario, history = write(tmp_path)
    asked: list[object] = []

    def kept(*arguments: object) -> Backtest:
        asked.extend(arguments)
        return honest

    monkeypatch.setattr(analysis, "backtest", kept)
    assert forecast.backtest(scenario, origins=2) is honest
    assert (asked[0], asked[2]) == (scenario, 2)
    assert isinstance(asked[1], History)
    assert asked[1].digest == history.digest


def test_a_plan_without_a_history_says_what_is_missing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "plan.yaml").write_text(plans.ONE, encoding="utf-8")
    assert main(["backtest", str(tmp_path / "plan.yaml")]) == 2
    assert "nothing to test" in capsys.readouterr().err
