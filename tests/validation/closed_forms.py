"""Plans whose answers are known: each in YAML, with the closed form of its figures and their standard errors.

Amounts are in tỷ. A check reads one figure of a run and gives its standard error, from theory where there is one.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats
from scipy.signal import fftconvolve
from scipy.special import expit, logit, ndtr, ndtri

import forecast
from forecast.analysis.correlation import rank_correlation
from forecast.analysis.sensitivity import compute_sensitivity
from forecast.arrays import Floats
from forecast.periods import Calendar
from forecast.plan.scenario import Scenario
from forecast.simulation.results import Simulation
from forecast.timeseries.baseline import Baseline, fit_baseline

ROOT = Path(__file__).parents[2]
YEAR = "2021"
TY = 1e9
Z90 = float(ndtri(0.9))
Z95 = float(ndtri(0.975))


@dataclass(frozen=True)
class Measured:
    """An estimate of a run, and its standard error."""

    value: float
    error: float


@dataclass(frozen=True)
class Check:
    """One figure whose truth is known."""

    name: str
    truth: float
    find: Callable[[Simulation], Measured]


@dataclass(frozen=True)
class Oracle:
    """A plan with its checks."""

    name: str
    text: str
    checks: tuple[Check, ...]
    reads_single_paths: bool = False
    """Whether the checks read single paths."""
    scenario: Scenario = field(init=False)

    def __post_init__(self) -> None:
        from forecast.plan.loading.loader import read_text

        head = f"name: {self.name}\nhorizon: {{from: 2021-01, months: 12}}\n"
        text = self.text if "horizon:" in self.text else head + self.text
        object.__setattr__(self, "scenario", read_text(text, folder=ROOT / "scenarios"))

    @cached_property
    def baseline(self) -> Baseline:
        """The baseline, the same for every seed."""
        return fit_baseline(self.scenario)

    def simulate(self, paths: int, seed: int) -> Simulation:
        """A run through the public interface."""
        keep = paths if self.reads_single_paths else 0
        return forecast.simulate(self.scenario, paths=paths, seed=seed, keep=keep, baseline=self.baseline)


def mean(name: str, measure: str, truth: float, sd: float, period: str = YEAR) -> Check:
    """The mean of a figure; its error is sd / sqrt n."""
    return Check(name, truth, lambda run: Measured(run.tally(measure, period).mean / TY, sd / math.sqrt(run.paths)))


def spread(name: str, measure: str, sd: float, kurtosis: float, period: str = YEAR) -> Check:
    """The standard deviation; its error follows from the excess kurtosis: sd sqrt((2 + k) / 4n)."""
    return Check(
        name,
        sd,
        lambda run: Measured(run.tally(measure, period).sd / TY, sd * math.sqrt((2 + kurtosis) / (4 * run.paths))),
    )


def both(name: str, measure: str, distribution: object) -> tuple[Check, Check]:
    """Mean and standard deviation of a figure that has a distribution of scipy's."""
    first, second, _, kurtosis = (float(x) for x in distribution.stats("mvsk"))  # type: ignore[attr-defined]
    sd = math.sqrt(second)
    return mean(f"{name}, mean", measure, first, sd), spread(f"{name}, sd", measure, sd, kurtosis)


def likely(name: str, target: str, p: float) -> Check:
    """The chance of a target."""
    return Check(name, p, lambda run: Measured(run.chance(target).value, math.sqrt(p * (1 - p) / run.paths)))


def quantile(name: str, measure: str, p: float, distribution: object) -> Check:
    """A quantile; its error is sqrt(p (1 - p) / n) / density."""
    truth = float(distribution.ppf(p))  # type: ignore[attr-defined]
    density = float(distribution.pdf(truth))  # type: ignore[attr-defined]
    return Check(
        name,
        truth,
        lambda run: Measured(
            run.tally(measure, YEAR).quantile(p).value / TY, math.sqrt(p * (1 - p) / run.paths) / density
        ),
    )


def cvar(name: str, measure: str, p: float, truth: float) -> Check:
    """The mean of the worst share p; the error is the one that the run prints."""

    def find(run: Simulation) -> Measured:
        estimate = run.tally(measure, YEAR).cvar(p)
        return Measured(estimate.value / TY, (estimate.high - estimate.low) / (2 * Z95 * TY))

    return Check(name, truth, find)


def shortfall(name: str, measure: str, threshold: float, truth: float) -> Check:
    """The mean shortfall of the paths below the threshold; the error is the one that the run prints."""

    def find(run: Simulation) -> Measured:
        estimate = run.tally(measure, YEAR).average_shortfall(threshold * TY)
        return Measured(estimate.value / TY, (estimate.high - estimate.low) / (2 * Z95 * TY))

    return Check(name, truth, find)


def single(run: Simulation, measure: str, period: str = YEAR) -> Floats:
    """(paths,) a figure in every path, in tỷ."""
    assert run.path_sample is not None
    return np.asarray(run.path_sample.figures[measure, period] / TY)


def share(name: str, p: float, count: Callable[[Simulation], Floats]) -> Check:
    """The share of the paths of which something holds."""
    return Check(name, p, lambda run: Measured(float(np.mean(count(run))), math.sqrt(p * (1 - p) / run.paths)))


def variance_of(name: str, truth: float, values: Callable[[Simulation], Floats]) -> Check:
    """The variance of something normal."""
    return Check(name, truth, lambda run: Measured(float(np.var(values(run))), truth * math.sqrt(2 / run.paths)))


def correlation(name: str, r: float, pair: Callable[[Simulation], tuple[Floats, Floats]]) -> Check:
    """Pearson's, of two normals: error (1 - r^2) / sqrt n."""
    return Check(
        name, r, lambda run: Measured(float(np.corrcoef(*pair(run))[0, 1]), (1 - r * r) / math.sqrt(run.paths))
    )


def lognormal(low: float, high: float) -> object:
    """Scipy's, by P10 and P90."""
    return stats.lognorm(math.log(high / low) / (2 * Z90), scale=math.sqrt(low * high))


def lower_tail(distribution: object, p: float) -> float:
    """Mean of the worst share p of a lognormal: e^(mu + s^2 / 2) Phi(z_p - s) / p."""
    s = distribution.args[0]  # type: ignore[attr-defined]
    return float(distribution.mean() * ndtr(ndtri(p) - s) / p)  # type: ignore[attr-defined]


GIVEN = "baseline: {method: given, shape: flat}\n"


def services(**annual: str) -> str:
    """Services given by their yearly revenue."""
    return "services:\n" + "".join(
        f'  {name}: {{baseline: {{annual: "{amount}"}}}}\n' for name, amount in annual.items()
    )


def targets(**conditions: tuple[str, str]) -> str:
    """Targets {name: (measure, limit)} of the year."""
    lines = (
        f"  {name}: {{measure: {measure}, period: 2021, {limit}}}\n" for name, (measure, limit) in conditions.items()
    )
    return "targets:\n" + "".join(lines)


def one_number() -> Oracle:
    """Every way to write an uncertain number."""
    pert, triangle = stats.beta(2, 4, 100, 80), stats.triang(0.25, 100, 80)
    normal, width = stats.norm(120, 5), lognormal(100, 140)
    seen = pd.read_csv(ROOT / "data" / "annual-totals.csv")["revenue"].to_numpy() / TY
    z = (115 - 120) / 5
    mean_shortfall = -5 + 5 * stats.norm.pdf(z) / ndtr(z)
    text = GIVEN + services(
        pert="pert(100 tỷ, 120 tỷ, 180 tỷ)",
        triangular="triangular(100 tỷ, 120 tỷ, 180 tỷ)",
        uniform="uniform(100 tỷ, 180 tỷ)",
        normal="normal(120 tỷ, 5 tỷ)",
        discrete="discrete(100 tỷ at 30%, 150 tỷ at 70%)",
        range="100 tỷ to 140 tỷ",
        lognormal="lognormal(100 tỷ, 140 tỷ)",
        empirical="empirical(../data/annual-totals.csv, revenue)",
    )
    text += targets(
        low=("revenue.range", "at_most: 100 tỷ"),
        high=("revenue.range", "at_least: 140 tỷ"),
        missed=("revenue.normal", "at_least: 115 tỷ"),
    )
    return Oracle(
        "One number",
        text,
        (
            *both("pert(100, 120, 180)", "revenue.pert", pert),
            *both("triangular(100, 120, 180)", "revenue.triangular", triangle),
            *both("uniform(100, 180)", "revenue.uniform", stats.uniform(100, 80)),
            *both("normal(120, 5)", "revenue.normal", normal),
            mean("discrete(100 at 30%, 150 at 70%), mean", "revenue.discrete", 135, 50 * math.sqrt(0.21)),
            *both("range 100 to 140 of an amount", "revenue.range", width),
            *both("lognormal(100, 140)", "revenue.lognormal", width),
            mean("empirical column, mean", "revenue.empirical", float(seen.mean()), float(seen.std())),
            likely("range of an amount, a tenth below", "low", 0.1),
            likely("range of an amount, a tenth above", "high", 0.1),
            quantile("P5 of a lognormal", "revenue.range", 0.05, width),
            quantile("P95 of a triangular", "revenue.triangular", 0.95, triangle),
            quantile("P50 of a pert", "revenue.pert", 0.5, pert),
            cvar("CVaR 5% of a normal", "revenue.normal", 0.05, 120 - 5 * stats.norm.pdf(ndtri(0.05)) / 0.05),
            cvar("CVaR 5% of a lognormal", "revenue.range", 0.05, lower_tail(width, 0.05)),
            cvar("CVaR 1% of a lognormal", "revenue.lognormal", 0.01, lower_tail(width, 0.01)),
            shortfall("mean miss of 115, given a miss, of a normal", "revenue.normal", 115, mean_shortfall),
        ),
    )


def scales() -> Oracle:
    """Ranges of shares, changes and losses; chances, needs, starts."""
    text = """
baseline: {method: given, shape: flat, annual: 120 tỷ}
services: {a: {}, b: {}, c: {}, d: {}, e: {}, f: {}, g: {}, h: {}, i: {}}
costs:
  share: {of_revenue: {a: 10% to 30%}}
  beta: {of_revenue: {a: "beta(2, 5)"}}
shocks:
  sure: {kind: event, from: 2021-01-01, until: 2021-12-31, chance: 30%, effect: {volume: {e: -10%}}}
  unsure:
    {kind: event, from: 2021-01-01, until: 2021-12-31, chance: "pert(10%, 20%, 60%)", effect: {volume: {f: -10%}}}
  back:
    kind: event
    from: 2021-02-01
    until: 2021-02-28
    effect: {volume: {h: -40%}}
    recovered: {h: 30% to 70%}
    within: 30 days
initiatives:
  change: {start: 2021-01, effect: {revenue: {b: -2% to 4%}}}
  loss: {start: 2021-01, effect: {volume: {c: -20% to -5%}}}
  small_loss: {start: 2021-01, effect: {volume: {i: -20% to 0%}}}
  two: {start: 2021-01, effect: {volume: {d: -2% to 4%}, price: {d: 1% to 5%}}}
  first: {start: 2021-01, chance: 60%, effect: {volume: {g: 1%}}}
  second: {start: 2021-01, chance: 50%, needs: [first], effect: {volume: {g: 10%}}}
  late: {start: "uniform(2021-01, 2021-12)", effect: {volume: {e: 10%}}}
"""
    volume = stats.norm(0.01, 0.06 / (2 * Z90))
    text += targets(
        share_low=("cost.share", "at_most: 12 tỷ"),
        share_high=("cost.share", "at_least: 36 tỷ"),
        share_half=("cost.share", f"at_least: {120 * expit((logit(0.1) + logit(0.3)) / 2):.9f} tỷ"),
        change_low=("revenue.b", f"at_most: {120 * 0.98} tỷ"),
        change_high=("revenue.b", f"at_least: {120 * 1.04} tỷ"),
        loss_low=("revenue.c", "at_most: 96 tỷ"),
        loss_high=("revenue.c", "at_least: 114 tỷ"),
        loss_half=("revenue.c", "at_least: 105 tỷ"),
        no_loss=("revenue.i", "at_least: 120 tỷ"),
        two=("revenue.d", "at_least: 128 tỷ"),
        unsure=("revenue.f", "at_most: 119 tỷ"),
        needs=("revenue.g", "at_least: 130 tỷ"),
    )
    return Oracle(
        "Scales",
        text,
        (
            likely("range 10% to 30% of a share, a tenth below", "share_low", 0.1),
            likely("range 10% to 30% of a share, a tenth above", "share_high", 0.1),
            likely("range of a share, median on the logit", "share_half", 0.5),
            likely("range -2% to 4% of a change, a tenth below", "change_low", 0.1),
            likely("range -2% to 4% of a change, a tenth above", "change_high", 0.1),
            likely("range -20% to -5% of a loss, a tenth below", "loss_low", 0.1),
            likely("range -20% to -5% of a loss, a tenth above", "loss_high", 0.1),
            likely("range of a loss, its middle halfway", "loss_half", 0.5),
            likely("range -20% to 0% of a loss, a tenth at 0", "no_loss", 0.1),
            mean("range -20% to 0% of a loss, mean", "revenue.i", *_mean_and_sd(120 * (1 + _effect(-0.2, 0.0)))),
            likely(
                "volume and price, product of two normals",
                "two",
                float(volume.sf(128 / 120 / (1 + _effect(0.01, 0.05)) - 1).mean()),
            ),
            *both("share beta(2, 5)", "cost.beta", stats.beta(2, 5, 0, 120)),
            likely("event of chance pert(10%, 20%, 60%)", "unsure", 0.25),
            likely("initiative 50% that needs one of 60%", "needs", 0.3),
            mean("event of 30% and a start anywhere in the year, mean", "revenue.e", *_event_and_late()),
            mean("returned, 30% to 70% of 4 tỷ", "returned.h", 2.0, 10 / 3 * _sd_of_share(0.3, 0.7), "horizon"),
        ),
    )


def _event_and_late() -> tuple[float, float]:
    """Mean and sd of 120 (1 - .1 I)(1 + .1 S): I with chance .3, S the part of the year's revenue after the start.

    The start is even over the 365 days; months have a revenue of 10 tỷ each whatever their days.
    """
    edges = Calendar(12 * 2021, 12).edges
    t = np.linspace(edges[0], edges[-1] - 1, 365_001)  # a high end is the last day of its month
    after = (12 - np.interp(t, edges, np.arange(13.0))) / 12
    moments = np.mean([1 + 0.1 * after, (1 + 0.1 * after) ** 2], axis=1)
    kept = (0.97, 0.7 + 0.3 * 0.81)
    first, second = 120 * moments[0] * kept[0], 120**2 * moments[1] * kept[1]
    return float(first), math.sqrt(second - first**2)


def _effect(low: float, high: float) -> Floats:
    """(100_000,) quantiles of an effect at even steps: a normal that is cut at 0 where both ends lie on one side."""
    values = stats.norm((low + high) / 2, (high - low) / (2 * Z90)).ppf((np.arange(100_000) + 0.5) / 100_000)
    return np.clip(values, 0 if low >= 0 else -1, 0 if high <= 0 else np.inf)


def _mean_and_sd(values: Floats) -> tuple[float, float]:
    return float(values.mean()), float(values.std())


def _sd_of_share(low: float, high: float) -> float:
    z = ndtri((np.arange(100_000) + 0.5) / 100_000)
    centre, sd = (logit(low) + logit(high)) / 2, (logit(high) - logit(low)) / (2 * Z90)
    return float(np.std(expit(centre + sd * z)))


TWO_YEARS_ABOVE = float(1 - ndtr(2 * Z90 / math.sqrt(2 + 2 * 0.5)))
"""Chance that two years together, correlated .5, grow by more than twice the P90 of one, in logs."""


def growth() -> Oracle:
    """Growth of a reconstructed year; a second year."""
    text = """
name: Growth
horizon: {from: 2021-01, months: 24}
history: ../data/revenue-monthly.csv
baseline: {noise: 0%}
services:
  postal: {growth: 0% to 20%}
  finance: {growth: 0% to 15%}
  distribution: {growth: -10% to 5%}
targets:
  postal_low: {measure: revenue.postal, period: 2021, at_most: 61 tỷ}
  postal_high: {measure: revenue.postal, period: 2021, at_least: 73.2 tỷ}
  trade_low: {measure: revenue.distribution, period: 2021, at_most: 123.3 tỷ}
  trade_high: {measure: revenue.distribution, period: 2021, at_least: 143.85 tỷ}
  next_year: {measure: revenue.finance, period: 2022, at_least: 68.77 tỷ}
"""
    return Oracle(
        "Growth",
        text,
        (
            likely("growth 0% to 20%, a tenth below", "postal_low", 0.1),
            likely("growth 0% to 20%, a tenth above", "postal_high", 0.1),
            likely("growth -10% to 5%, a tenth below", "trade_low", 0.1),
            likely("growth -10% to 5%, a tenth above", "trade_high", 0.1),
            likely("growth 0% to 15% a year, both years above their P90 together", "next_year", TWO_YEARS_ABOVE),
        ),
    )


def pearson(rank: float) -> float:
    """Behind a Gaussian copula."""
    return 2 * math.sin(math.pi * rank / 6)


PAIR = GIVEN + services(a="normal(120 tỷ, 3 tỷ)", b="normal(130 tỷ, 4 tỷ)")


def between(rank: float, *names: str) -> str:
    """A correlation between the yearly amounts of services."""
    members = ", ".join(f"services.{name}.baseline.annual" for name in names)
    return f"{{between: [{members}], rank: {rank:.12f}}}"


def annuals(run: Simulation) -> tuple[Floats, Floats]:
    """(paths,) of the two services."""
    return single(run, "revenue.a"), single(run, "revenue.b")


def rank_of(name: str, rank: float) -> Check:
    """Spearman's of the two services, with the error of its influence function."""

    def find(run: Simulation) -> Measured:
        estimate = rank_correlation(*annuals(run))
        return Measured(estimate.value, (estimate.high - estimate.low) / (2 * Z95))

    return Check(name, rank, find)


def together(name: str, p: float, z: float) -> Check:
    """The share of the paths in which both lie below their quantile of a standard normal z."""

    def count(run: Simulation) -> Floats:
        a, b = annuals(run)
        return np.asarray((a < 120 + 3 * z) & (b < 130 + 4 * z), np.float64)

    return share(name, p, count)


def gaussian_pair() -> Oracle:
    """Two normals, sd 3 and 4, correlation .5."""
    rank = 6 / math.pi * math.asin(0.25)
    z = float(ndtri(0.05))
    tail = float(stats.multivariate_normal([0, 0], [[1, 0.5], [0.5, 1]]).cdf(np.array([z, z])))
    limit = 250 + math.sqrt(37)
    text = PAIR + f"correlations:\n  c: {between(rank, 'a', 'b')}\n"
    text += targets(sum=("revenue", f"at_least: {limit:.12f} tỷ"))
    return Oracle(
        "Two normals that move together",
        text,
        (
            spread("sd 3 and 4, correlation .5: sd of the sum", "revenue", math.sqrt(37), 0),
            likely("chance of a normal sum above one sd", "sum", float(ndtr(-1))),
            together("both below the median: 1/4 + asin(r) / 2 pi (Kendall's tau)", 1 / 3, 0),
            rank_of("Spearman's rank, Gaussian copula", rank),
            together("both below their P5, Gaussian copula", tail, z),
            spread("margin of a correlated normal, sd", "revenue.a", 3, 0),
        ),
        reads_single_paths=True,
    )


def heavy_pair() -> Oracle:
    """The same pair under a t copula."""
    from forecast.stats.copula import t_copula_spearman

    z = float(ndtri(0.05))
    edge = float(stats.t(4).ppf(0.05))
    tail = _joint_tail_of_t(0.5, 4, edge)
    rank = t_copula_spearman(0.5, 4)
    text = PAIR + f"copula: t(4)\ncorrelations:\n  c: {between(rank, 'a', 'b')}\n"
    return Oracle(
        "Two normals under a t copula",
        text,
        (
            together("both below the median under t(4)", 1 / 3, 0),
            rank_of("Spearman's rank, t(4) copula", rank),
            together("both below their P5 under t(4)", tail, z),
            spread("margin under t(4), sd", "revenue.a", 3, 0),
            mean("margin under t(4), mean", "revenue.b", 130, 4),
        ),
        reads_single_paths=True,
    )


def _joint_tail_of_t(r: float, freedom: float, edge: float) -> float:
    """P(both below `edge`) of a bivariate t: the normal's, at the scale of every chi-square."""
    u = (np.arange(4_000) + 0.5) / 4_000
    scale = np.sqrt(stats.chi2(freedom).ppf(u) / freedom)
    normal = stats.multivariate_normal([0, 0], [[1, r], [r, 1]])
    return float(np.mean(normal.cdf(edge * np.column_stack([scale, scale]))))


def three_normals() -> Oracle:
    """Ranks of both signs between three: a Cholesky factor."""
    ranks = {("a", "b"): 0.5, ("a", "c"): -0.4, ("b", "c"): 0.2}
    correlation_lines = "".join(f"  {a}{b}: {between(rank, a, b)}\n" for (a, b), rank in ranks.items())
    text = GIVEN + services(a="normal(120 tỷ, 3 tỷ)", b="normal(130 tỷ, 4 tỷ)", c="normal(90 tỷ, 5 tỷ)")
    sds = {"a": 3.0, "b": 4.0, "c": 5.0}
    total = sum(sd**2 for sd in sds.values())
    total += sum(2 * sds[a] * sds[b] * pearson(rank) for (a, b), rank in ranks.items())
    return Oracle(
        "Three normals, ranks of both signs",
        text + "correlations:\n" + correlation_lines,
        (spread("three normals, ranks .5, -.4, .2: sd of the sum", "revenue", math.sqrt(total), 0),),
    )


def months() -> Oracle:
    """Surprises of months: what two months differ by does not depend on the year's total."""
    text = """
baseline: {method: given, shape: flat, annual: 120 tỷ}
services:
  a: {baseline: {noise: 3%, persistence: 60%}}
  b: {baseline: {noise: 5%, persistence: 20%}}
  w: {baseline: {level_noise: 4%}}
correlations: {together: {between: [services.a, services.b], rank: 0.5}}
targets:
"""
    for service, month in (("a", "03"), ("a", "04"), ("a", "08"), ("b", "03"), ("b", "04"), ("w", "02"), ("w", "11")):
        text += f"  {service}{month}: {{measure: revenue.{service}, period: 2021-{month}, at_least: 1 tỷ}}\n"

    def step(run: Simulation, service: str, first: str, second: str) -> Floats:
        measure = f"revenue.{service}"
        return np.log(single(run, measure, f"2021-{second}") / single(run, measure, f"2021-{first}"))

    r, phi, psi = pearson(0.5), 0.6, 0.2
    start = _cross(r, phi, psi, 3)
    cov = start[2, 2] + start[3, 3] - start[2, 3] - start[3, 2]
    steps = float(cov) / math.sqrt((2 - 2 * phi) * (2 - 2 * psi))
    return Oracle(
        "Surprises of months",
        text,
        (
            variance_of(
                "AR(1), step of one month: 2 s2 (1 - phi)", 2 * 9e-4 * 0.4, lambda run: step(run, "a", "03", "04")
            ),
            variance_of(
                "AR(1), step of five months: 2 s2 (1 - phi^5)",
                2 * 9e-4 * (1 - 0.6**5),
                lambda run: step(run, "a", "03", "08"),
            ),
            variance_of("random walk, nine months: w2 9/12", 16e-4 * 9 / 12, lambda run: step(run, "w", "02", "11")),
            correlation(
                "two services' surprises, rank .5: their steps",
                steps,
                lambda run: (step(run, "a", "03", "04"), step(run, "b", "03", "04")),
            ),
        ),
        reads_single_paths=True,
    )


def _cross(r: float, phi: float, psi: float, last: int) -> Floats:
    """(months, months) covariances of two AR(1) of variance 1 that start stationary, their innovations correlated r."""
    n = last + 1
    first, second = np.zeros((n, n)), np.zeros((n, n))
    for matrix, kept in ((first, phi), (second, psi)):
        for row in range(n):
            for drawn in range(row + 1):
                matrix[row, drawn] = kept ** (row - drawn) * (1.0 if drawn == 0 else math.sqrt(1 - kept**2))
    return r * first @ second.T


REPAIR = """
  f:
    kind: flood
    per_year: {rate}
    season: {{5: 1, 9: 3}}
    classes: {{c: {{weight: 1, reach: 100%, days: 2, loss_share: {{all: 50%}}, repair_per_place: "{repair}"}}}}
"""
SURE = "places: {count: 1}\nbaseline: {method: given, shape: flat, annual: 120 tỷ}\nservices: {a: {}}\nshocks:"


def compound_poisson() -> Oracle:
    """Repair of 2 floods a year, each 10 to 40 tỷ: mean lam E X, variance lam E X^2, none with e^-lam."""
    text = SURE + REPAIR.format(rate=2, repair="10 tỷ to 40 tỷ") + targets(none=("cost.f", "at_most: 1 VND"))
    repair = lognormal(10, 40)
    moments = [float(repair.moment(k)) for k in (1, 2, 4)]  # type: ignore[attr-defined]
    sd, kurtosis = math.sqrt(2 * moments[1]), moments[2] / (2 * moments[1] ** 2)
    return Oracle(
        "Compound Poisson",
        text,
        (
            mean("compound Poisson, mean: lam E X", "cost.f", 2 * moments[0], sd),
            spread("compound Poisson, sd: root of lam E X^2", "cost.f", sd, kurtosis),
            likely("compound Poisson, none: e^-lam", "none", math.exp(-2)),
        ),
    )


def panjer() -> Oracle:
    """Repair of 10, 20 or 30 tỷ: the tail by Panjer's recursion g_s = (lam / s) sum j f_j g_(s-j)."""
    repair = "discrete(10 tỷ at 50%, 20 tỷ at 30%, 30 tỷ at 20%)"
    text = SURE + REPAIR.format(rate="0.5", repair=repair)
    text += REPAIR.format(rate=2, repair="1 tỷ").replace("  f:", "  g:")
    text += targets(any=("cost.f", "at_least: 5 tỷ"), tail=("cost.f", "at_least: 45 tỷ"))
    text += "  may: {measure: cost.g, period: 2021-05, at_least: 0.5 tỷ}\n"
    lam, f = 0.5, {1: 0.5, 2: 0.3, 3: 0.2}
    g = [math.exp(-lam)]
    for s in range(1, 5):
        g.append(lam / s * sum(j * p * g[s - j] for j, p in f.items() if j <= s))
    return Oracle(
        "Panjer's recursion",
        text,
        (
            likely("Poisson .5 a year: at least one", "any", -math.expm1(-0.5)),
            likely("compound Poisson, tail by Panjer", "tail", 1 - sum(g)),
            likely("2 a year, a quarter of them in May: one in May", "may", -math.expm1(-0.5)),
        ),
    )


def climate() -> Oracle:
    """A gamma factor of shape k on the rate: counts are negative binomial."""
    k, lam = 2.3, 2.0
    text = "climate: {shape: 2.3}\n" + SURE + REPAIR.format(rate=2, repair="10 tỷ")
    text += targets(none=("cost.f", "at_most: 1 VND"), four=("cost.f", "at_least: 35 tỷ"))
    count = stats.nbinom(k, k / (k + lam))
    kurtosis = float(count.stats("k"))
    return Oracle(
        "Climate",
        text,
        (
            likely("gamma climate, none: (k / (k + lam))^k", "none", float(count.pmf(0))),
            likely("gamma climate, four or more: negative binomial", "four", float(count.sf(3))),
            spread(
                "gamma climate, sd of the count: root of lam + lam^2 / k", "cost.f", 10 * float(count.std()), kurtosis
            ),
        ),
    )


def waves(length: str, name: str, survival: Callable[[Floats], Floats], as_of: str = "") -> Oracle:
    """No day counts twice: a day is in a wave with 1 - exp(-integral of rate(t) P(L > day - t) over the days t before).

    Waves begin after `as_of`; without it as long before the horizon as they reach into it.
    """
    text = f"""
name: {name}
horizon: {{from: 2021-01, months: 12}}
{f"as_of: {as_of}" if as_of else ""}
baseline: {{method: given, shape: flat, annual: 120 tỷ}}
services: {{a: {{}}}}
shocks:
  w: {{kind: epidemic, waves_per_year: 6, length: "{length}", mild: {{effect: {{volume: {{all: -20%}}}}}}}}
"""
    in_wave = _days_in_waves(survival, as_of)
    truth = 120 - 10 * 0.2 * sum(in_wave / Calendar(12 * 2021, 12).days)

    def find(run: Simulation) -> Measured:
        tally = run.tally("revenue", YEAR)
        return Measured(tally.mean / TY, tally.sd / TY / math.sqrt(run.paths))

    january = 10 - 10 * 0.2 * in_wave[0] / 31

    def find_january(run: Simulation) -> Measured:
        tally = run.tally("revenue", "2021-01")
        return Measured(tally.mean / TY, tally.sd / TY / math.sqrt(run.paths))

    return Oracle(name, text, (Check(name, truth, find), Check(f"{name}, January", january, find_january)))


def _days_in_waves(survival: Callable[[Floats], Floats], as_of: str) -> Floats:
    """(12,) days of each month of 2021 in a wave, of 6 a year; the integrals are sums over steps of an eighth day."""
    step, edges = 1 / 8, Calendar(12 * 2021, 12).edges
    known = date.fromisoformat(as_of).toordinal() + 1 if as_of else edges[0] - 2 * 365
    t = np.arange(edges[0] - 2 * 365, edges[-1], step) + step / 2
    rate = np.where(t < edges[0], 6 / 366, 6 / 365) * (t >= known)
    survivors = survival(np.asarray(np.arange(len(t)) * step, float))
    survivors[0] /= 2  # the step in which a wave begins counts by half
    active = np.asarray(fftconvolve(rate, survivors)[: len(t)] * step, float)
    return np.asarray(np.histogram(t, edges, weights=-np.expm1(-active) * step)[0], float)


def floods() -> Oracle:
    """The shares of a month that Poisson floods leave multiply: E prod (1 - x) = exp(-lam E x)."""
    text = (
        SURE
        + """
  f: {kind: flood, per_year: 3, season: {5: 1}, classes: {c: {weight: 1, reach: 80%, days: 4, loss_share: {all: 50%}}}}
"""
    )
    s = np.linspace(0, 31, 310_001)
    may = np.minimum(4, 31 - s) / 31 * 0.4
    june = np.maximum(0, 4 - (31 - s)) / 30 * 0.4
    kept = [math.exp(-3 * float(np.trapezoid(x, s)) / 31) for x in (may, june)]

    def find(run: Simulation) -> Measured:
        tally = run.tally("revenue", YEAR)
        return Measured(tally.mean / TY, tally.sd / TY / math.sqrt(run.paths))

    truth = 100 + 10 * sum(kept)
    return Oracle("Floods that multiply", text, (Check("floods that multiply, mean", truth, find),))


def statements() -> Oracle:
    """Profit of normals; productivity, a ratio of lognormals."""
    text = """
baseline: {method: given, shape: flat}
services: {a: {baseline: {annual: "normal(120 tỷ, 5 tỷ)"}}, b: {baseline: {annual: 100 tỷ to 140 tỷ}}}
costs: {rent: {per_month: "normal(4 tỷ, 1 tỷ)"}, parts: {of_revenue: {a: 50%}}}
workforce:
  headcount: 400 people to 500 people
  productivity: {basis: wage_revenue, wage_share: {a: 0%, b: 100%}}
targets:
"""
    ratio = math.sqrt(100 * 140 / (400 * 500)) * 1000
    sd = math.hypot(math.log(1.4), math.log(1.25)) / (2 * Z90)
    text += f"  people: {{measure: productivity, period: 2021, at_least: {ratio * math.exp(sd):.9f} triệu/người/năm}}\n"
    text += "  rent: {measure: cost, period: 2021, at_most: 120 tỷ}\n"
    cost = math.hypot(12, 2.5)
    b = lognormal(100, 140)
    return Oracle(
        "Statements",
        text,
        (
            likely("productivity, a ratio of two lognormals", "people", float(ndtr(-1))),
            likely("costs of months and of revenue, a normal sum", "rent", float(ndtr(12 / cost))),
            mean(
                "profit, mean",
                "profit",
                120 * 0.5 + float(b.mean()) - 48,  # type: ignore[attr-defined]
                math.sqrt(2.5**2 + 12**2 + float(b.var())),  # type: ignore[attr-defined]
            ),
        ),
    )


def tornado() -> Oracle:
    """A figure when one of its normals lies in the lowest fifth: mu - sd phi(z) / .2; and the share of judgement."""
    text = """
baseline: {method: given, shape: flat}
services:
  a: {baseline: {annual: {value: "normal(120 tỷ, 5 tỷ)", grade: C}}}
  b: {baseline: {annual: {value: "normal(130 tỷ, 12 tỷ)", grade: B, source: a ledger}}}
targets: {revenue: {measure: revenue, period: 2021, at_least: 255 tỷ}}
"""
    fifth = float(stats.norm.pdf(ndtri(0.2))) / 0.2
    inside = math.sqrt(1 + ndtri(0.2) * -fifth - fifth**2)  # sd of a normal's lowest fifth, by its mills ratio

    def bar_ends(name: str) -> Callable[[Simulation], tuple[float, float]]:
        def find(run: Simulation) -> tuple[float, float]:
            sensitivity = compute_sensitivity(run, "revenue")
            assert sensitivity is not None
            bar = next(bar for bar in sensitivity.bars if bar.name == f"services.{name}.baseline.annual")
            return bar.low / TY, bar.high / TY

        return find

    def check(name: str, sd: float, other: float, end: int) -> Check:
        in_fifth = inside**2 * sd**2 + other**2
        variance = in_fifth * (1 / 0.2 - 2) + sd**2 + other**2  # of the mean of a fifth less the mean of all

        def find(run: Simulation) -> Measured:
            return Measured(bar_ends(name)(run)[end], math.sqrt(variance / run.paths))

        return Check(f"tornado, sd {sd:g}: {'high' if end else 'low'} end", (2 * end - 1) * fifth * sd, find)

    return Oracle(
        "Tornado",
        text,
        (check("a", 5, 12, 0), check("a", 5, 12, 1), check("b", 12, 5, 0), check("b", 12, 5, 1)),
        reads_single_paths=True,
    )


def oracles() -> tuple[Oracle, ...]:
    """All plans."""
    length = lognormal(20, 80)
    return (
        one_number(),
        scales(),
        growth(),
        gaussian_pair(),
        heavy_pair(),
        three_normals(),
        months(),
        compound_poisson(),
        panjer(),
        climate(),
        waves("60 days", "waves of 60 days, no day counts twice", lambda t: (t < 60).astype(float)),
        waves("20 to 80 days", "waves of 20 to 80 days", lambda t: length.sf(t)),  # type: ignore[attr-defined]
        *(
            waves("60 days", f"waves of 60 days after {as_of}", lambda t: (t < 60).astype(float), as_of)
            for as_of in ("2020-12-31", "2021-01-12", "2020-11-30")
        ),
        floods(),
        statements(),
        tornado(),
    )
