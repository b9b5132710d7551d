"""Runs made by hand, with figures like those of the model, for the tests of figures and pages."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from math import erf, sqrt
from pathlib import Path
from statistics import NormalDist
from types import SimpleNamespace
from typing import Any

from forecast.analysis.findings import (
    Bridge,
    BridgeStep,
    CaseRow,
    CauseEffect,
    Difference,
    Exceedance,
    Findings,
    MonthBar,
    Months,
    QuantileDots,
    ReturnLevel,
    Sensitivity,
    SensitivityBar,
    TailRisk,
    TargetRow,
)
from forecast.analysis.quantile_dots import count_reached
from forecast.periods import format_month, parse_month
from forecast.plan.bilingual import Label
from forecast.plan.loading.loader import read
from forecast.reports.content.context import RunView
from forecast.stats.intervals import Estimate
from tests.support.decision_fixture import make_decisions

ROOT = Path(__file__).parents[2]
MONTH_SHARES = (0.078, 0.062, 0.080, 0.081, 0.083, 0.084, 0.083, 0.084, 0.086, 0.089, 0.093, 0.097)


def make_chance(value: float, half: float = 0.0027) -> Estimate:
    """A chance with its simulation error."""
    return Estimate(value, max(0.0, value - half), min(1.0, value + half))


def make_step(name: str, amount: float, vi: str = "", en: str = "") -> BridgeStep:
    """A step of a bridge."""
    label = Label(vi=vi, en=en) if vi or en else None
    return BridgeStep(name, label, amount, amount - 0.08e9, amount + 0.08e9)


def make_months(
    mean: float = 258e9, sd: float = 12.5e9, target: float | None = 250e9, first: str = "2021-01", count: int = 12
) -> Months:
    """Months like those of the plan: low at Tết, high at the end of the year."""
    start = parse_month(first)
    bars = []
    for number in range(count):
        share = MONTH_SHARES[number % 12]
        middle, width = mean * share, sd * share * 2.1 * (1 + number / 40)
        bars.append(
            MonthBar(
                month=format_month(start + number), previous_year=mean * 0.968 * share if number < 12 else None,
                plan=target * share if target is not None else None,
                p5=middle - 1.645 * width, p10=middle - 1.2816 * width, p25=middle - 0.6745 * width, p50=middle,
                p75=middle + 0.6745 * width, p90=middle + 1.2816 * width, p95=middle + 1.645 * width, mean=middle,
            )
        )  # fmt: skip
    history = tuple((format_month(start - 12 + n), mean * 0.968 * MONTH_SHARES[n], "reconstructed") for n in range(12))
    return Months("revenue", history, tuple(bars))


def make_exceedance(mean: float, sd: float, target: float, measure: str = "revenue") -> Exceedance:
    """The falling curve of a normal."""
    at = tuple(mean + sd * (z / 12) for z in range(-36, 37))
    falls = tuple(0.5 * (1 - erf((x - mean) / sd / sqrt(2))) for x in at)
    reached = 0.5 * (1 - erf((target - mean) / sd / sqrt(2)))
    return Exceedance(measure, "2021", at, falls, target, make_chance(reached), True)


def make_dots(mean: float, sd: float, target: float, measure: str = "revenue", period: str = "2021") -> QuantileDots:
    """Fifty outcomes of a normal."""
    amounts = tuple(NormalDist(mean, sd).inv_cdf((row + 0.5) / 50) for row in range(50))
    chance = make_chance(1 - NormalDist(mean, sd).cdf(target))
    return QuantileDots(measure, period, amounts, target, chance, True, count_reached(chance.value, None))


def make_tail(mean: float, sd: float, measure: str = "revenue", period: str = "2021") -> TailRisk:
    """The lower tail of a normal."""

    def estimate(z: float) -> Estimate:
        return Estimate(mean + sd * z, mean + sd * (z - 0.01), mean + sd * (z + 0.01))

    levels = tuple(ReturnLevel(chance, estimate(z)) for chance, z in ((0.2, -0.8416), (0.1, -1.2816), (0.05, -1.645)))
    return TailRisk(measure, period, True, levels, estimate(-2.063))


def covid_bridge(end: float = 258e9) -> Bridge:
    """From 249 tỷ of last year to the mean, in steps."""
    steps = [
        make_step("services.postal.growth", 5.61e9, "Tăng trưởng: Bưu chính chuyển phát", "Growth: post and delivery"),
        make_step("services.finance.growth", 3.77e9, "Tăng trưởng: Tài chính bưu chính", "Growth: postal finance"),
        make_step(
            "services.distribution.growth",
            -3.66e9,
            "Tăng trưởng: Kinh doanh phân phối truyền thông",
            "Growth: distribution and media",
        ),
        make_step("shocks.competition", -0.94e9, "Cạnh tranh về giá cước", "Price competition"),
        make_step("shocks.covid_waves", -1.52e9, "Các đợt dịch Covid-19", "Covid-19 waves"),
        make_step(
            "initiatives.commune_level",
            1.49e9,
            "Bưu điện - Văn hoá xã là cấp quản lý thứ tư",
            "Commune post offices as fourth level of management",
        ),
        make_step(
            "initiatives.other_payouts",
            0.63e9,
            "Chi trả hưu trí, bảo hiểm xã hội, bảo trợ xã hội",
            "Pension, social insurance and protection payouts",
        ),
        make_step("initiatives.merit_payouts", 0.51e9, "Chi trả trợ cấp Người có công", "Payouts to people with merit"),
        make_step(
            "initiatives.dispatch_and_sorting",
            0.74e9,
            "Công nghệ điều tin thu gom, phát và khai thác",
            "Technology in dispatch, delivery and sorting",
        ),
    ]
    remainder = end - 249e9 - sum(s.amount for s in steps)
    steps.append(make_step("base", remainder, "Nền 2020 nếu không có Covid và lũ", "2020 without Covid and floods"))
    final = BridgeStep("forecast", None, end, end - 0.08e9, end + 0.08e9)
    start = make_step("last_year", 249e9, "Năm trước, theo công bố hoặc sổ sách", "Last year, as stated or booked")
    return Bridge("revenue", "2021", start, tuple(steps), final, 250e9)


def covid_bars() -> tuple[SensitivityBar, ...]:
    """Tornado bars of the plan, the widest first."""
    rows = (
        ("services.distribution.growth", "-10% to 5%", "C", -9.1, 9.9),
        ("services.postal.growth", "0% to 20%", "C", -5.7, 6.3),
        ("services.finance.growth", "0% to 15%", "C", -3.5, 3.7),
        ("services.postal.baseline.level_noise", "2% to 4%", "C", -1.2, 1.2),
        ("shocks.covid_waves.hard.chance", "20% to 80%", "B", 1.0, -1.1),
        ("shocks.covid_waves.waves_per_year", "1 to 4", "B", 0.8, -1.0),
        ("initiatives.commune_level.effect.revenue.distribution", "pert(0%, 2%, 5%)", "C", -0.8, 0.9),
        ("history.shocks.directive_16.effect.volume.distribution", "-33% to -20%", "B", 0.6, -0.6),
        ("shocks.covid_waves.hard.effect.volume.postal", "-80% to -30%", "B", -0.5, 0.4),
    )
    return tuple(
        SensitivityBar(
            name,
            None,
            text,
            grade,
            "scenarios/plan-2021.yaml:59",
            low * 1e9,
            high * 1e9,
            0.2e9,
            Estimate(low**2 / 300, low**2 / 320, low**2 / 280),
            make_chance(0.75 + low / 30),
            make_chance(0.75 + high / 40),
        )
        for name, text, grade, low, high in rows
    )


def covid_cases() -> tuple[CaseRow, ...]:
    """Six cases."""
    values = {
        "parts": 0.79, "stated_base": 0.64, "trend_holds_the_initiatives": 0.66, "weak_distribution": 0.52,
        "strong_distribution": 0.89, "productivity_on_total": 0.74,
    }  # fmt: skip
    cases = read_shipped("covid").cases
    return tuple(
        CaseRow(name, cases[name].name, {"revenue": make_chance(v), "productivity": make_chance(v - 0.1)})
        for name, v in values.items()
    )


def make_findings(mean: float = 258e9) -> Findings:
    """Findings of the plan with Covid."""
    curve = make_exceedance(mean, 12.5e9, 250e9)
    reached = curve.target_chance
    assert reached is not None
    labels = read_shipped("covid").targets
    rows = (
        TargetRow(
            "revenue",
            labels["revenue"].label,
            "revenue",
            "2021",
            250e9,
            "at_least",
            0.8,
            reached,
            (0.52, 0.89),
            8.4e9,
            make_chance(0.79),
            False,
        ),
        TargetRow(
            "productivity",
            labels["productivity"].label,
            "productivity",
            "2021",
            136e6,
            "at_least",
            0.8,
            make_chance(0.68),
            (0.42, 0.80),
            5.2e6,
            None,
            True,
        ),
    )
    return Findings(
        targets=rows, main_target="revenue", months=make_months(mean), bridge=covid_bridge(mean),
        exceedance={"revenue": curve, "productivity": make_exceedance(140e6, 8e6, 136e6, "productivity")},
        sensitivity=Sensitivity("revenue", "revenue", "2021", covid_bars()),
        cases=covid_cases(), joint_chance=make_chance(0.63), tails={"revenue": make_tail(mean, 12.5e9)},
        dots=make_dots(mean, 12.5e9, 250e9),
        effects={"shocks.covid_waves": CauseEffect("shocks.covid_waves", -1.5e9, -4e9, -0.1e9, -8e9)},
    )  # fmt: skip


@cache
def read_shipped(name: str) -> Any:
    """A shipped plan, read once."""
    return read(ROOT / "scenarios" / f"{name}.yaml")


def normal_statistics(mean: float, sd: float) -> dict[str, Any]:
    """A measure of summary.json."""
    quantiles = {f"p{p}": mean + sd * z for p, z in ((5, -1.645), (10, -1.2816), (50, 0.0), (90, 1.2816), (95, 1.645))}
    return {
        "mean": mean,
        "sd": sd,
        **quantiles,
        "error": {"mean": [mean - sd / 316, mean + sd / 316], "p50": [mean - sd / 250, mean + sd / 250]},
    }


def make_summary(name: str = "covid", mean: float = 258e9) -> dict[str, Any]:
    """summary.json of the run."""
    parts = {"postal": 0.26, "finance": 0.22, "distribution": 0.52}
    return {
        "history_notes": [],
        "schema": 2,
        "scenario": name,
        "currency": "VND",
        "run_id": "3f9a1c77e0b2d4",
        "seed": 20210111,
        "paths": 100_000,
        "history": {
            "2020": {
                "services": {"postal": 61e9, "finance": 52e9, "distribution": 137e9},
                "sum": 250e9,
                "stated": 249e9,
                "gap": -1e9,
            }
        },
        "measures": {
            "revenue": {"2021": normal_statistics(mean, 12.5e9)},
            **{f"revenue.{s}": {"2021": normal_statistics(mean * w, 12.5e9 * sqrt(w) * 0.8)} for s, w in parts.items()},
            "productivity": {"2021": normal_statistics(140e6, 8e6)},
            "headcount": {"2021": normal_statistics(890, 90)},
            "gap": {"2021": normal_statistics(-2e9, 0.4e9)},
        },
        "triggers": {
            "half_year_review": {
                "amount": 118e9,
                "side": "below",
                "target_chance": 0.5,
                "chance": 0.048,
                "low": 0.046,
                "high": 0.049,
            }
        },
        "correlations": [
            {
                "name": "monthly_surprises",
                "between": ["services.finance", "services.postal"],
                "asked": 0.3,
                "achieved": 0.299,
            }
        ],
        "data_status": {"actual": 0, "reconstructed": 36},
        "content": "b9" * 32,
    }


def make_baseline() -> Any:
    """A baseline of reconstructed months: it claims nothing."""

    def service(name: str, total: float) -> SimpleNamespace:
        return SimpleNamespace(
            service=name,
            kind="reconstructed",
            measured="revenue",
            base_year=2020,
            base_total=total,
            weights={"ets": 0.5, "theta": 0.3, "sarima": 0.2},
            mase=None,
            coverage80=None,
            coverage95=None,
            checks=(),
            annual_quantiles={2021: (total * 0.99, total * 1.02, total * 1.05)},
            notes=(),
        )

    services = {
        "postal": service("postal", 61e9),
        "finance": service("finance", 52e9),
        "distribution": service("distribution", 137e9),
    }
    return SimpleNamespace(
        services=services,
        data_status={"actual": 0, "reconstructed": 36},
        history_notes=(),
        digest="ab" * 32,
        parameters={},
        correlation=None,
    )


def covid_view() -> RunView:
    """The plan with Covid."""
    decisions = make_decisions()
    return RunView(read_shipped("covid"), make_summary(), make_findings(), make_baseline(), decisions=decisions)


def other_view() -> RunView:
    """The same plan without a shock, to compare."""
    findings = make_findings(259.7e9)
    return RunView(read_shipped("plan-2021"), make_summary("plan-2021", 259.7e9), findings, make_baseline())


def make_differences() -> dict[tuple[str, str], Difference]:
    """Difference that Covid makes to the plan, path by path."""
    return {
        ("plan-2021", "covid"): Difference(
            "revenue", "2021", Estimate(-1.52e9, -1.55e9, -1.49e9), {"revenue": Estimate(-0.041, -0.043, -0.039)}
        )
    }


HOSTILE_TEXT = (
    "<script>alert(1)</script> $100 vs $200 \\frac{1$ javascript:alert(1) {{ 7*7 }} "
    "<img src=http://evil.example/x onerror=alert(2)> " + "rất dài " * 60
)


def hostile_view() -> RunView:
    """A plan whose every label tries to break the page."""
    view = covid_view()
    label = Label(vi=HOSTILE_TEXT, en=HOSTILE_TEXT)
    findings = view.findings
    assert findings.bridge is not None
    assert findings.sensitivity is not None
    hostile = replace(
        findings,
        targets=tuple(replace(row, label=label) for row in findings.targets),
        bridge=replace(findings.bridge, steps=tuple(replace(s, label=label) for s in findings.bridge.steps)),
        sensitivity=replace(
            findings.sensitivity,
            bars=tuple(replace(bar, label=label, text=HOSTILE_TEXT) for bar in findings.sensitivity.bars),
        ),
        cases=tuple(replace(row, label=label) for row in findings.cases),
    )
    scenario = view.scenario.model_copy(
        update={
            "name": label,
            "decisions": {
                n: d.model_copy(update={"action": label, "owner": label}) for n, d in view.scenario.decisions.items()
            },
            "services": {
                n: s.model_copy(update={"label": label, "unit": label, "account": (HOSTILE_TEXT,)})
                for n, s in view.scenario.services.items()
            },
        }
    )
    baseline = make_baseline()
    notes = [{"key": "letters_drawn_as_box", "params": {"letters": HOSTILE_TEXT}}]
    late_start = {"key": "baseline_late_start", "params": {"count": HOSTILE_TEXT, "service": HOSTILE_TEXT}}
    summary = {**view.summary, "notes": notes, "history_notes": [late_start]}
    return replace(view, scenario=scenario, findings=hostile, baseline=baseline, summary=summary)


def shop_view() -> RunView:
    """A plan in euro: profit of 60 thousand, no cases, no stated year, months at a loss, a margin."""
    scenario = read_shipped("shop-chain")
    bars = tuple(
        replace(
            bar,
            previous_year=None,
            plan=None,
            **{
                p: getattr(bar, p) / 258e9 * 66_000 - 1500
                for p in ("p5", "p10", "p25", "p50", "p75", "p90", "p95", "mean")
            },
        )
        for bar in make_months(sd=60e9, target=None, first="2026-01").bars
    )
    curve = replace(make_exceedance(66_000, 21_000, 60_000, "profit"), period="2026")
    assert curve.target_chance is not None
    row = TargetRow(
        "profit",
        None,
        "profit",
        "2026",
        60_000,
        "at_least",
        0.75,
        curve.target_chance,
        (curve.target_chance.low, curve.target_chance.high),
        14_300,
        None,
        False,
    )
    quarter = replace(
        row,
        name="first_quarter",
        period="2026-Q1",
        threshold=0.0,
        required_chance=0.6,
        chance=make_chance(0.51),
        average_shortfall=2600,
    )
    margin = replace(
        row, name="margin", measure="margin", threshold=0.08, required_chance=None, average_shortfall=0.021
    )
    bridge = Bridge(
        "profit", "2026", BridgeStep("from_nothing", None, 0.0, 0.0, 0.0),
        (
            make_step("revenue.bread", 381_000.0), make_step("revenue.coffee", 293_500.0),
            make_step("cost.wages", -608_500.0),
        ),
        BridgeStep("forecast", None, 66_000, 65_800, 66_200), 60_000,
    )  # fmt: skip
    bridge = replace(bridge, steps=tuple(replace(s, low=s.amount - 100, high=s.amount + 100) for s in bridge.steps))
    findings = Findings(
        (row, quarter, margin),
        "profit",
        Months("profit", (), bars),
        bridge,
        {"profit": curve},
        None,
        (),
        None,
        tails={"profit": make_tail(66_000, 21_000, "profit", "2026")},
        dots=make_dots(66_000, 21_000, 60_000, "profit", "2026"),
    )
    summary = {
        "history_notes": [],
        "schema": 2,
        "scenario": "shop-chain",
        "currency": "EUR",
        "run_id": "77",
        "seed": 1,
        "paths": 20_000,
        "history": {},
        "data_status": {"actual": 24},
    }
    summary["measures"] = {"profit": {"2026": normal_statistics(66_000, 21_000)}}
    return RunView(
        scenario,
        summary,
        findings,
        SimpleNamespace(services={}, data_status={"actual": 24}, digest="cd" * 32, parameters={}, correlation=None),
    )  # type: ignore[arg-type]


def long_view() -> RunView:
    """Three years by month."""
    view = covid_view()
    return replace(view, findings=replace(view.findings, months=make_months(count=36)))
