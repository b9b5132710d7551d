"""Time before the horizon: events that have begun, losses that still come back, and what is known of it."""

from __future__ import annotations

import math
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

import forecast
from forecast.analysis.bridge import compute_bridge
from forecast.arrays import Floats
from forecast.periods import Calendar
from forecast.simulation.compiled import compile_plan
from forecast.simulation.results import Simulation
from forecast.timeseries.baseline import fit_baseline
from tests.support.plan_texts import problems_in
from tests.support.plans import FULL_PLAN, ONE_SERVICE, read_plan_text, simulate_plan

PATHS = 40_000
WAVES = (
    "{{kind: epidemic, waves_per_year: {rate}, length: {length}, mild: {{effect: {{volume: {{a: -20%}}}}}}{recovered}}}"
)


def waves(rate: str, length: str, recovered: str = "") -> str:
    return WAVES.format(rate=rate, length=length, recovered=recovered)


def month_errors(run: Simulation, expected: dict[str, float]) -> Floats:
    """Errors of the means of some months, in standard errors; `expected` by month, in tỷ."""
    tallies = [run.tally("revenue", month) for month in expected]
    return np.array(
        [
            (tally.mean / 1e9 - truth) / (tally.sd / 1e9 / math.sqrt(run.paths))
            for tally, truth in zip(tallies, expected.values(), strict=True)
        ]
    )


@pytest.mark.parametrize(
    ("rate", "days"), [("2.2", 70), ("0.4", 20), ("6", 100), ("3", 150)], ids=lambda value: str(value)
)
def test_the_first_month_loses_as_much_as_any_other(rate: str, days: int) -> None:
    """A day is in a wave with 1 - exp(-rate x days), whether it is the first of the horizon or the last."""
    run = simulate_plan(ONE_SERVICE, paths=PATHS, horizon__months=24, shocks__w=waves(rate, f"{days} days"))
    loss = 10 * 0.2 * -math.expm1(-float(rate) * days / 365.25)
    assert (
        np.abs(month_errors(run, {f"{y}-{m:02}": 10 - loss for y in (2021, 2022) for m in (1, 2, 7, 12)})).max() < 4.5
    )


@pytest.mark.parametrize(("as_of", "begin"), [("2020-12-20", 11), ("2020-12-31", 0), ("2020-09-30", 31), (None, 31)])
def test_floods_of_december_reach_into_january_after_the_day_of_the_plan(as_of: str | None, begin: int) -> None:
    """January keeps exp(-rate E loss) of floods of 20 days that begin evenly in the last days of December."""
    of_class = "{weight: 1, reach: 50%, days: 20, loss_share: {all: 60%}}"
    flood = f"{{kind: flood, per_year: 3, season: {{12: 1}}, classes: {{c: {of_class}}}}}"
    settings = {"as_of": as_of} if as_of else {}
    run = simulate_plan(ONE_SERVICE, paths=PATHS, shocks__f=flood, **settings)
    day = (np.arange(31_000) + 0.5) / 1_000
    inside = np.clip(20 - (31 - day), 0, None) * (day >= 31 - begin)
    kept = math.exp(-3 * float(np.mean(0.5 * 0.6 * inside / 31)))
    if begin:
        assert np.abs(month_errors(run, {"2021-01": 10 * kept})).max() < 4.5
    else:
        assert run.tally("revenue", "2021-01").minimum == run.tally("revenue", "2021-01").maximum == 10e9
    assert run.tally("revenue", "2021-02").mean == pytest.approx(10e9, rel=1e-12)


@pytest.mark.parametrize(("rate", "length"), [("2", "4 to 10 weeks"), ("6", "60 days"), ("0.5", "20 days to 90 days")])
def test_what_is_recovered_of_earlier_losses_makes_the_first_month_a_steady_one(rate: str, length: str) -> None:
    """Where all losses come back, months of the same length are worth the same from the first on."""
    shock = waves(rate, length, ", recovered: {a: 100%}, within: 2 months")
    run = simulate_plan(ONE_SERVICE, paths=PATHS, horizon__months=40, shocks__w=shock)
    steady = np.mean([run.tally("revenue", f"{year}-{m:02}").mean / 1e9 for year in (2022, 2023) for m in (1, 3, 5)])
    assert np.abs(month_errors(run, {f"2021-{month:02}": float(steady) for month in (1, 3, 5)})).max() < 4.5
    assert run.tally("brought.a", "horizon").mean > 0.02 * run.tally("lost.a", "horizon").mean


def test_events_are_counted_where_they_are_under_way_in_the_horizon() -> None:
    shock = waves("3", "40 days", ", recovered: {a: 100%}, within: 4 months")
    run = simulate_plan(ONE_SERVICE, paths=8_000, keep=8_000, horizon__months=2, shocks__w=shock)
    assert run.path_sample is not None
    count, lost = run.path_sample.occurrences["shocks.w"][:8_000], run.values("lost.a", "horizon")
    assert np.array_equal(count > 0, lost > 0)
    assert abs(count.mean() - 3 * (59 + 40) / 365.25) < 4.5 * math.sqrt(count.mean() / 8_000)
    assert run.values("brought.a", "horizon")[count == 0].mean() > 1e8


EVERY_MONTH = ", ".join(f"{month}: 1" for month in range(1, 13))
FLOODS = f"""{{kind: flood, per_year: 30, season: {{{EVERY_MONTH}}},
    classes: {{c: {{weight: 1, reach: 20% to 60%, days: 5 to 60, loss_share: {{all: 30% to 90%}}}}}}"""


@pytest.mark.parametrize(
    "shock",
    [FLOODS + "}", FLOODS + ", recovered: {all: 40%}}", waves("8", "4 to 10 weeks", ", recovered: {a: 40%}")],
    ids=["floods", "floods that come back", "waves that come back"],
)
def test_looking_back_further_for_another_shock_changes_no_bit(shock: str) -> None:
    """Waves of zero rate make a plan look back for a year and more; what overlaps in one month is summed as without."""
    idle = waves("0", "600 days", ", recovered: {a: 100%}")
    runs = [simulate_plan(ONE_SERVICE, shocks__f=shock, **settings) for settings in ({"shocks__idle": idle}, {})]
    for figure in (("revenue", "2021"), ("lost.a", "horizon"), ("brought.a", "horizon")):
        assert np.array_equal(*(run.values(*figure) for run in runs)), figure


SHIFTED = """
name: Two starts
horizon: {from: 2025-01, months: 24}
climate: {shape: 2.3}
places: {count: 216}
services:
  a: {baseline: {method: given, annual: 120 tỷ, shape: flat}}
  b: {baseline: {method: given, annual: 130 tỷ, shape: [9, 8, 8, 7, 7, 7, 8, 8, 9, 9, 10, 10]}}
shocks:
""" + FULL_PLAN[FULL_PLAN.index("  waves:") : FULL_PLAN.index("  works:")].replace("9: 2, 10: 8", "11: 2, 12: 8")


@pytest.mark.parametrize("places", ["counted", "listed"])
def test_a_plan_that_starts_later_has_the_events_that_began_before(places: str, tmp_path: Path) -> None:
    """Path by path, but for outbreaks that are longer than what is looked back for: one path of a thousand."""
    text = SHIFTED
    if places == "listed":
        (tmp_path / "places.csv").write_text("place,district\np1,east\np2,east\np3,west\np4,west\n", encoding="utf-8")
        text = text.replace("places: {count: 216}", "places: {file: places.csv}")
        text = text.replace(", repair_per_place: 5 to 30 triệu", "")
    text += "targets:\n" + "".join(
        f"  m{m}: {{measure: revenue, period: 2026-{m:02}, at_least: 1 tỷ}}\n" for m in range(1, 13)
    )
    if places == "listed":
        text += "  p3: {measure: revenue, place: p3, period: 2026-01 to 2026-03, at_least: 1 tỷ}\n"

    def months(start: str, count: int, day: str = "") -> Floats:
        plan = text.replace("horizon: {from: 2025-01, months: 24}", f"horizon: {{from: {start}, months: {count}}}{day}")
        run = forecast.simulate(read_text_at(plan, tmp_path), paths=8_000)
        figures = [("revenue", f"2026-{m:02}") for m in range(1, 13)]
        figures += [("revenue@p3", "2026-01 to 2026-03")] if places == "listed" else []
        return np.array([run.values(*figure) for figure in figures])

    early, late, known = months("2025-01", 24), months("2026-01", 12), months("2026-01", 12, "\nas_of: 2025-12-31")
    agree = np.abs(late - early) <= 1e-8 * early
    assert agree.mean(axis=1).min() > 0.997
    assert np.abs(late.mean(axis=1) / early.mean(axis=1) - 1).max() < 3e-4
    differs = np.abs(known - early) > 1e-8 * early
    assert differs[0].mean() > 0.3
    assert differs[8].mean() < 0.01


def read_text_at(text: str, folder: Path):  # type: ignore[no-untyped-def]
    from forecast.plan.loading.loader import read_text

    return read_text(text, folder)


def test_a_certain_event_gives_back_what_it_took_before_the_horizon() -> None:
    """40% of 21 days of December and of 10 days of January, half of it back over the 59 days from 11 January."""
    event = """{kind: event, from: 2020-12-11, until: 2021-01-10, effect: {volume: {a: -40%}}, recovered: {a: 50%},
        within: 59 days}"""
    run = simulate_plan(ONE_SERVICE, paths=10, shocks__e=event)
    december, january = 10e9 * 0.4 * 21 / 31, 10e9 * 0.4 * 10 / 31
    accounts = {
        name: run.tally(f"{name}.a", "horizon").mean for name in ("lost", "returned", "carried", "gone", "brought")
    }
    expected = {"lost": january, "returned": january / 2, "carried": 0, "gone": january / 2, "brought": december / 2}
    assert accounts == pytest.approx(expected, rel=1e-12, abs=1)
    back = (december + january) / 2 / 59
    for month, days, lost in ((1, 21, january), (2, 28, 0.0), (3, 10, 0.0), (4, 0, 0.0)):
        assert run.tally("revenue", f"2021-{month:02}").mean == pytest.approx(10e9 - lost + back * days, rel=1e-12)


def test_an_uncertain_date_lies_after_the_day_of_the_plan() -> None:
    """After 10 February the last 60 of 100 days from 1 January remain; the chance stays as written."""
    event = """{kind: event, chance: 50%, from: "uniform(2021-01-01, 2021-04-11)", until: 2021-12-31,
        effect: {volume: {a: -50%}}}"""
    targets = {f"targets__m{m}": f"{{measure: revenue, period: 2021-{m:02}, at_least: 1 tỷ}}" for m in (5, 12)}
    quiet, free = (
        simulate_plan(ONE_SERVICE, paths=PATHS, shocks__e=event, **settings, **targets)
        for settings in ({"as_of": "2021-02-10"}, {})
    )
    assert quiet.tally("revenue", "2021-01").minimum == 10e9
    lost = free.tally("revenue", "2021-01")
    assert lost.minimum < 10e9
    for month, run in (("2021-05", quiet), ("2021-05", free)):
        struck = run.values("revenue", "2021-12") < 9e9
        assert abs(struck.mean() - 0.5) < 4.5 * math.sqrt(0.25 / PATHS)
        assert np.all((run.values("revenue", month) < 9e9) == struck)
    march = 31  # days of March that are left for a start after 10 February: the start is even over 11.2. to 11.4.
    first, last = date(2021, 2, 11).toordinal(), date(2021, 4, 11).toordinal()
    start = np.linspace(first, last, 100_001)
    edge = date(2021, 3, 1).toordinal()
    inside = np.clip(edge + march - np.maximum(start, edge), 0, march)
    expected = 10 - 10 * 0.5 * 0.5 * float(inside.mean()) / march
    assert np.abs(month_errors(quiet, {"2021-03": expected})).max() < 4.5


LEDGER_PLAN = """
name: With a ledger
currency: EUR
{day}horizon: {{from: 2021-01, months: 12}}
history:
  file: ledger.csv
  shocks: {shocks}
growth_over: {over}
baseline: {{noise: 0%}}
services: {{a: {{growth: 0%}}}}
shocks: {plan_shocks}
targets: {{r: {{measure: revenue, period: 2021, at_least: 100 bn EUR}}}}
"""


def ledger_run(
    folder: Path, shocks: str = "{}", over: str = "underlying", day: str = "", plan_shocks: str = "{}", **months: str
) -> Simulation:
    """A plan over four booked years of 10 tỷ a month, but for `months` such as `m2020_12="7000000000,actual"`."""
    rows = {f"{y}-{m:02}": "10000000000,actual" for y in range(2017, 2021) for m in range(1, 13)}
    rows |= {key[1:].replace("_", "-"): value for key, value in months.items()}
    lines = [f"{month},a,{value}" for month, value in rows.items()]
    (folder / "ledger.csv").write_text("\n".join(["month,service,revenue,status", *lines, ""]), encoding="utf-8")
    text = LEDGER_PLAN.format(day=day, shocks=shocks, over=over, plan_shocks=plan_shocks)
    return forecast.simulate(read_text_at(text, folder), paths=PATHS if plan_shocks != "{}" else 100, keep=100)


LOCKDOWN = """{lockdown: {kind: event, from: 2020-12-11, until: 2021-01-10, effect: {volume: {a: -40%}},
    recovered: {a: 50%}, within: 59 days}}"""
DECEMBER = 10e9 * 0.4 * 21 / 31
BOOKED_DECEMBER = f"{10e9 - DECEMBER:.0f},actual"


@pytest.mark.slow
@pytest.mark.parametrize("day", ["", "as_of: 2021-01-05\n"])
def test_a_past_shock_that_is_under_way_goes_on_and_gives_back(tmp_path: Path, day: str) -> None:
    run = ledger_run(tmp_path, LOCKDOWN, day=day, m2020_12=BOOKED_DECEMBER)
    january, back = 10e9 * 0.4 * 10 / 31, (DECEMBER + 10e9 * 0.4 * 10 / 31) / 2 / 59
    for month, days, lost in ((1, 21, january), (2, 28, 0.0), (3, 10, 0.0), (4, 0, 0.0)):
        expected = 10e9 - lost + back * days
        assert run.tally("revenue", f"2021-{month:02}").mean == pytest.approx(expected, rel=1e-5)  # 32 bits
    accounts = [run.tally(f"{name}.a", "horizon").mean for name in ("lost", "returned", "carried", "gone", "brought")]
    assert accounts == pytest.approx([january, january / 2, 0, january / 2, DECEMBER / 2], rel=1e-5, abs=1)
    bridge = compute_bridge(run)
    assert bridge is not None
    steps = {step.name: step.amount for step in bridge.steps}
    assert bridge.start.amount + sum(steps.values()) == pytest.approx(run.tally("revenue", "2021").mean, rel=1e-12)
    assert steps["history.shocks"] == pytest.approx(DECEMBER, rel=1e-5)
    assert steps["history.shocks.lockdown"] == pytest.approx(DECEMBER / 2 - january / 2, rel=1e-5)


@pytest.mark.slow
def test_growth_over_the_year_as_stated_includes_what_comes_back(tmp_path: Path) -> None:
    """The loss of December stays in the base, so nothing of it comes back; January's is lost and half recovered."""
    run = ledger_run(tmp_path, LOCKDOWN, over="stated", m2020_12=BOOKED_DECEMBER)
    lost, returned, brought = (run.tally(f"{name}.a", "horizon").mean for name in ("lost", "returned", "brought"))
    assert returned == pytest.approx(lost / 2)
    assert brought == pytest.approx(0, abs=1e-9)
    assert run.tally("revenue", "2021").mean == pytest.approx(120e9 - DECEMBER - lost / 2, rel=1e-5)


@pytest.mark.slow
def test_a_shock_of_the_plan_that_began_before_brings_back_no_past_shock(tmp_path: Path) -> None:
    """Growth over the year as stated: the works of November give back their own loss, the lockdown nothing of its."""
    works = """{works: {kind: event, from: 2020-11-01, until: 2020-11-30, effect: {volume: {a: -10%}},
        recovered: {a: 100%}, within: 62 days}}"""
    run = ledger_run(tmp_path, LOCKDOWN, over="stated", plan_shocks=works, m2020_12=BOOKED_DECEMBER)
    november = run.tally("bridge.last_year", "2021").mean / 12 * 0.1
    assert run.tally("brought.a", "horizon").mean == pytest.approx(november / 2, rel=0.05)


@pytest.mark.slow
@pytest.mark.parametrize("nothing", ["0%", "reach"])
def test_a_past_shock_of_zero_size_changes_no_bit(tmp_path: Path, nothing: str) -> None:
    zero = LOCKDOWN.replace("-40%", "0%") if nothing == "0%" else LOCKDOWN.replace("{kind", "{reach: 0%, kind")
    waves_too = "{w: " + waves("3", "60 days", ", recovered: {a: 40%}") + "}"
    runs = [ledger_run(tmp_path, shocks, plan_shocks=waves_too) for shocks in (zero, "{}")]
    assert np.array_equal(*(run.values("revenue", "2021") for run in runs))


@pytest.mark.parametrize("until", ["2020-12-31", pytest.param("2020-11-15", marks=pytest.mark.slow)])
def test_a_past_shock_that_is_over_gives_back_after_new_year(tmp_path: Path, until: str) -> None:
    days = (date.fromisoformat(until) - date(2020, 11, 1)).days + 1
    november, december = (10e9 * 0.4 * n / 30 for n in (min(days, 30), 0)), 10e9 * 0.4 * max(days - 30, 0) / 31
    lost = [next(november), december]
    end = date.fromisoformat(until) + timedelta(days=1)
    per_day = sum(lost) * 0.6 / 120
    back_2020 = [max(0, min(days_inside, 120)) * per_day for days_inside in recovered_days(end, date(2021, 1, 1))]
    booked = [10e9 - loss + back for loss, back in zip(lost, back_2020, strict=True)]
    event = f"""{{e: {{kind: event, from: 2020-11-01, until: {until}, effect: {{volume: {{a: -40%}}}},
        recovered: {{a: 60%}}, within: 120 days}}}}"""
    run = ledger_run(tmp_path, event, m2020_11=f"{booked[0]:.0f},actual", m2020_12=f"{booked[1]:.0f},actual")
    still = sum(lost) * 0.6 - sum(back_2020)
    assert run.tally("revenue", "2021").mean == pytest.approx(120e9 + still, rel=1e-6)
    assert run.tally("brought.a", "horizon").mean == pytest.approx(still, rel=1e-5)
    assert run.tally("lost.a", "horizon").mean == pytest.approx(0, abs=1e-9)


def recovered_days(end: date, new_year: date) -> list[int]:
    """Days from `end` to the new year that fall in November and in December."""
    december = date(2020, 12, 1)
    return [max(0, (december - end).days), (new_year - max(end, december)).days]


@pytest.mark.slow
def test_what_came_back_in_the_base_year_is_not_part_of_its_level(tmp_path: Path) -> None:
    """A shock of December 2019 gave back 1 tỷ in January 2020: the underlying year is 120 tỷ, not 121."""
    event = """{e: {kind: event, from: 2019-12-01, until: 2019-12-31, effect: {volume: {a: -20%}},
        recovered: {a: 50%}, within: 31 days}}"""
    booked = {"m2019_12": "8000000000,actual", "m2020_01": "11000000000,actual"}
    assert ledger_run(tmp_path, event, **booked).tally("revenue", "2021").mean == pytest.approx(120e9, rel=1e-6)


@pytest.mark.parametrize(
    ("last", "day", "known"),
    [
        ("actual", "", date(2020, 12, 31)),
        ("example", "", date(2020, 12, 31)),
        ("estimate", "", date(2020, 11, 30)),
        ("estimate", "as_of: 2020-12-15\n", date(2020, 12, 15)),
        ("actual", "as_of: 2021-02-15\n", date(2021, 2, 15)),
    ],
)
def test_months_of_the_ledger_are_known(tmp_path: Path, last: str, day: str, known: date) -> None:
    """Waves of 60 days begin after the day of the plan, else after the last month of the ledger that is no estimate."""
    shock = "{w: " + waves("6", "60 days") + "}"
    run = ledger_run(tmp_path, day=day, plan_shocks=shock, m2020_12=f"10000000000,{last}")
    edges = Calendar(12 * 2021, 2).edges
    expected = {}
    for row, month in enumerate(("2021-01", "2021-02")):
        t = np.linspace(edges[row], edges[row + 1], 3_001)
        active = np.clip(t - (known.toordinal() + 1), 0, 60) * 6 / 365.25
        expected[month] = 10 - 10 * 0.2 * float(np.mean(-np.expm1(-active)))
    if known >= date(2021, 1, 31):
        assert run.tally("revenue", "2021-01").maximum == run.tally("revenue", "2021-01").minimum
        del expected["2021-01"]
    assert np.abs(month_errors(run, expected)).max() < 4.5


def test_nothing_is_simulated_before_the_horizon_where_all_is_known() -> None:
    def months(**settings: str) -> int:
        scenario = read_plan_text(FULL_PLAN, **settings)
        return compile_plan(scenario, fit_baseline(scenario)).earlier.months

    assert months() > 6
    assert months(as_of="2020-12-31") == months(as_of="2021-04-01") == 0
    assert months(as_of="2020-11-20") == 2
    assert months(shocks__waves__recovered="{all: 0%}") < 6  # floods alone


@pytest.mark.parametrize(
    ("rate", "length", "low", "high"),
    [
        ("0", "60 days", 4, 5),
        ("0.1", "60 days", 4, 6),
        ("2", "60 days", 6, 9),
        ("365.25", "1 day", 2, 3),
        ("12", "60 days", 20, 40),
        ("450", "365 days", 120, 120),
    ],
)
def test_outbreaks_of_many_waves_are_looked_back_for_longer(rate: str, length: str, low: int, high: int) -> None:
    """Months of a length, of the outbreaks that grow from it, and of two months of recovery."""
    shock = waves(rate, length, ", recovered: {a: 50%}")
    scenario = read_plan_text(ONE_SERVICE, shocks__w=shock)
    assert low <= compile_plan(scenario, fit_baseline(scenario)).earlier.months <= high


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ("as_of: 2021-01-11\n"
         "shocks: {e: {kind: event, chance: 40%, from: 2021-01-11, until: 2021-02-01, effect: {}}}\n",
         "shocks.e.from: '2021-01-11' is not after 2021-01-11"),
        ("as_of: 2021-03-01\n"
         "shocks: {e: {kind: event, from: 2021-01-10 to 2021-01-20, until: 2021-02-01, effect: {}}}\n",
         "write one day and no chance"),
        ("history: {file: h.csv, shocks: {e: {kind: event, from: 2021-01-01, until: 2021-02-01, effect: {}}}}\n",
         "history.shocks.e.from: '2021-01-01' begins after 2020-12-31"),
        ("as_of: 2021-02-03\n"
         "history: {file: h.csv, shocks: {e: {kind: event, from: 2021-02-04, until: 2021-03-01, effect: {}}}}\n",
         "'2021-02-04' begins after 2021-02-03"),
    ],
)  # fmt: skip
def test_an_event_stands_where_its_day_belongs(written: str, problem: str, tmp_path: Path) -> None:
    assert problem in " ".join(problems_in(DATED_PLAN + written, tmp_path))


DATED_PLAN = """name: Days
horizon: {from: 2021-01, months: 12}
services: {a: {baseline: {method: given, annual: 120 tỷ, shape: flat}}}
"""


@pytest.mark.parametrize(
    "written",
    [
        "as_of: 2021-01-11\nshocks: {e: {kind: event, from: 2021-01-02, until: 2021-02-01, effect: {}}}\n",
        "as_of: 2021-01-11\n"
        "shocks: {e: {kind: event, chance: 100%, from: 2021-01-02, until: 2021-02-01, effect: {}}}\n",
        "as_of: 2021-01-11\n"
        "shocks: {e: {kind: event, chance: 40%, from: 2021-01-02 to 2021-03-01, until: 2021-05-01, effect: {}}}\n",
        "as_of: 2021-02-03\n"
        "history: {file: h.csv, shocks: {e: {kind: event, from: 2021-02-03, until: 2021-03-01, effect: {}}}}\n",
    ],
)
def test_events_on_record_and_events_to_come_are_accepted(written: str, tmp_path: Path) -> None:
    (tmp_path / "h.csv").write_text("month,service,revenue,status\n", encoding="utf-8")
    assert problems_in(DATED_PLAN + written, tmp_path) == []
