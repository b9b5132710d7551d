"""Theta of many series at once: the model that won the M3 competition, its dynamic optimised form, and an average.

Standard (Assimakopoulos and Nikolopoulos 2000): simple smoothing, and half the slope of the straight line through the
past as a drift. Dynamic optimised (Fiorucci and others 2016, equations 20 to 24): the forecast of one step is

    mu_t = l_{t-1} + (1 - 1 / theta) ((1 - alpha)^(t-1) A_{t-1} + (1 - (1 - alpha)^t) / alpha B_{t-1})

where A and B are the straight line through the periods known so far. No parameter moves A and B, and l is linear in
the first level: given alpha, the first level and 1 - 1 / theta are least squares, so that alpha alone is searched, on a
grid that all series share and from there by parabolas. Weighted: each alpha of the grid, on the raw and on the
log scale, weighed by its likelihood with the Jacobian of the logs, for all have as many parameters.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from forecast.chance import Floats
from forecast.models.model import SEASON, Model, ModelFailed, Outlook, Past, toeplitz_covariance
from forecast.models.panel import Panel, PanelForecast
from forecast.models.profile import Profile, profile_of

Kind = Literal["standard", "dynamic", "weighted"]
KINDS: tuple[Kind, ...] = ("standard", "dynamic", "weighted")
Bools = NDArray[np.bool_]

GRID = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.99)
"""Alphas that all series try; Fiorucci and others bound alpha by the first and the last."""
GRID_STANDARD = (0.0001, 0.02, 0.05, *GRID, 0.9999)
STEPS = 4
"""Parabolas through the best alpha and its neighbours."""
BURN = 3
"""First periods whose errors do not count in the dynamic form, for no line goes through them yet; none do not count
where there are no more than twice as many. So short a series has no line at all."""
FIRST = 3.0
"""How many errors of one step it is worth that the first level is 1 / theta of the first value, where smoothing and the
line begin together; without it the first level of a short series follows its noise [tuned on M1]."""
SHARE, SHARE_SD = 0.5, 1.0
"""What 1 - 1 / theta is expected to be, and how surely: 0.5 is the standard theta [tuned on M1]."""
TEST = 1.6448536269514722
"""Of the standard theta: how many standard deviations the autocorrelation at the season must be from 0 (90%)."""
LEAST_INDEX = 0.01
"""Seasonal indices below this are not believed."""
TINY = 1e-12
"""Least variance, as a share of the mean square, so that a perfect past does not divide by zero."""


@dataclass(frozen=True)
class _Lines:
    """Series that end together, and the straight line through each up to every period."""

    values: Floats
    """(series, periods), 0 before the series begins."""
    age: NDArray[np.int64]
    """(series, periods): 1 in the first period of the series, 0 before it."""
    counted: Bools
    """(series, periods): whose errors count."""

    @cached_property
    def _sums(self) -> tuple[Floats, Floats, Floats]:
        """A, B and the mean of the values up to each period, each (series, periods + 1), 0 before the first."""
        age = np.maximum(self.age, 1)
        mean = np.cumsum(self.values, axis=1) / age
        tilt = np.cumsum(self.values * self.age, axis=1) / age - mean * (age + 1) / 2
        slope = 12 * tilt / np.maximum(age**2 - 1, 1)
        slope[self.age < 2] = 0.0
        blank = np.zeros((len(self.values), 1))
        start, slope, mean = (
            np.concatenate([blank, each], axis=1) for each in (mean - (age + 1) / 2 * slope, slope, mean)
        )
        return start, slope, mean

    @property
    def before(self) -> tuple[Floats, Floats]:
        """A and B of the line through the periods before each, (series, periods)."""
        start, slope, _ = self._sums
        return start[:, :-1], slope[:, :-1]

    @property
    def last(self) -> tuple[Floats, Floats]:
        """Slope and mean over the whole of each series, (series,)."""
        _, slope, mean = self._sums
        return slope[:, -1], mean[:, -1]

    @property
    def first(self) -> Floats:
        """(series,): the first value."""
        return np.asarray((self.values * (self.age == 1)).sum(axis=1))

    @property
    def lengths(self) -> NDArray[np.int64]:
        """(series,)."""
        return self.age[:, -1]


def _lines(values: Floats, masked: Bools | None = None, burn: int = BURN) -> _Lines:
    """Of (series, periods), NaN before each begins; `masked` periods are filtered, but their errors do not count."""
    known = ~np.isnan(values)
    age = np.cumsum(known, axis=1)
    burnt = np.where(age[:, -1:] > 2 * burn, burn, 0)
    counted = (age > burnt) & known
    counted = counted if masked is None else counted & ~masked
    return _Lines(np.where(known, values, 0.0), age, counted)


@dataclass(frozen=True)
class _Solved:
    """One alpha a series, and the least squares given it; each (series,)."""

    alpha: Floats
    share: Floats
    """1 - 1 / theta."""
    first: Floats
    """The level before the first period."""
    sse: Floats

    def where(self, better: Bools, other: _Solved) -> _Solved:
        """The other's numbers where `better` says so."""
        pairs = ((mine, theirs) for mine, theirs in zip(self._all, other._all, strict=True))
        return _Solved(*(np.where(better, theirs, mine) for mine, theirs in pairs))

    @property
    def _all(self) -> tuple[Floats, Floats, Floats, Floats]:
        return self.alpha, self.share, self.first, self.sse


def _same(alpha: Floats) -> bool:
    """Whether all series, of which there are some, have one alpha."""
    return len(alpha) > 0 and bool(np.all(alpha == alpha[0]))


def _smoothed(values: Floats, alpha: Floats) -> Floats:
    """(series, periods): simple smoothing from 0 of alpha (series,)."""
    if _same(alpha):
        rate = float(alpha[0])
        from scipy.signal import lfilter  # a second to load, and kept fits do without

        return np.asarray(lfilter([rate], [1.0, rate - 1.0], values, axis=1))
    level = np.zeros(len(values))
    found = np.empty(values.shape[::-1])
    for period, column in enumerate(np.ascontiguousarray(values.T)):
        level = level + alpha * (column - level)
        found[period] = level
    return found.T


def _design(lines: _Lines, alpha: Floats) -> tuple[Floats, Floats, Floats]:
    """Errors of smoothing from 0, and what the first level and 1 - 1 / theta add to mu; 0 where errors do not count."""
    smoothed = np.zeros_like(lines.values)
    smoothed[:, 1:] = _smoothed(lines.values, alpha)[:, :-1]
    ages = np.maximum(np.arange(lines.values.shape[1] + 1) - 1.0, 0.0)
    decay = ((1 - alpha[0]) ** ages)[lines.age] if _same(alpha) else np.exp(np.log1p(-alpha)[:, None] * ages[lines.age])
    start, slope = lines.before
    line = decay * start
    line += (1 - decay * (1 - alpha[:, None])) * (slope / alpha[:, None])
    errors = lines.values - smoothed
    for each in (errors, decay, line):
        each *= lines.counted
    return errors, decay, line


def _dot(one: Floats, other: Floats) -> Floats:
    return np.asarray(np.einsum("sp,sp->s", one, other))


def _solve(lines: _Lines, alpha: Floats, kind: Kind) -> _Solved:
    """Least squares of the first level and of 1 - 1 / theta between 0 and 1.

    The standard form begins at the first value and has no share of a line while it smooths.
    """
    errors, decay, line = _design(lines, alpha)
    if kind == "standard":
        left = errors - lines.first[:, None] * decay
        return _Solved(alpha, np.zeros_like(alpha), lines.first, _dot(left, left))
    start = FIRST * lines.first
    own, cross, both = _dot(decay, decay) + FIRST, _dot(errors, decay) + start, _dot(decay, line) + start
    total, drifts, fits = (
        _dot(one, other) + start * lines.first for one, other in ((errors, errors), (line, line), (errors, line))
    )
    known = np.maximum(drifts - both**2 / own, 0.0)
    pull = fits - both * cross / own
    left = total - cross**2 / own - np.divide(pull**2, known, out=np.zeros_like(known), where=known > 0)
    counts = np.maximum(lines.counted.sum(axis=1) - 3, 1)
    held = np.maximum(left, TINY * total) / counts / SHARE_SD**2
    share = np.divide(pull + held * SHARE, known + held, out=np.full_like(known, SHARE), where=known + held > 0)
    share = np.where(lines.lengths > BURN, np.clip(share, 0.0, 1.0), 0.0)
    first = (cross - share * both) / own
    sse = total + share**2 * drifts + first**2 * own - 2 * (share * fits + first * cross - share * first * both)
    return _Solved(alpha, share, first, np.maximum(sse, 0.0))


def _best(lines: _Lines, kind: Kind) -> _Solved:
    """The alpha of each series: the best of the grid, and parabolas between its neighbours."""
    grid = np.array(GRID_STANDARD if kind == "standard" else GRID)
    tried = [_solve(lines, np.full(len(lines.values), alpha), kind) for alpha in grid]
    best = np.argmin([each.sse for each in tried], axis=0)
    found = tried[0]
    for place, each in enumerate(tried):
        found = found.where(best == place, each)
    sse = np.array([each.sse for each in tried])
    rows, middle = np.arange(len(best)), np.clip(best, 1, len(grid) - 2)
    three = [(grid[place], sse[place, rows]) for place in (middle - 1, middle, middle + 1)]
    for _ in range(STEPS):
        new = _solve(lines, _vertex(*three), kind)
        found = found.where(new.sse < found.sse, new)
        three = _nearer(three, (new.alpha, new.sse))
    return found


Point = tuple[Floats, Floats]
"""Alphas and their squared errors, each (series,)."""


def _vertex(low: Point, middle: Point, high: Point) -> Floats:
    """(series,): where the parabola through three points is least, or halfway to the better side where it has no such
    place between them or it is no step at all."""
    (a, at_a), (b, at_b), (c, at_c) = low, middle, high
    left, right = (b - a) * (at_b - at_c), (b - c) * (at_b - at_a)
    curved = left - right
    place = b - np.divide((b - a) * left - (b - c) * right, 2 * curved, out=np.zeros_like(b), where=curved != 0)
    halfway = (b + np.where(at_a < at_c, a, c)) / 2
    return np.where((place > a) & (place < c) & (np.abs(place - b) > 1e-6), place, halfway)


def _nearer(three: list[Point], new: Point) -> list[Point]:
    """The three points around the least of four."""
    alphas, errors = (np.array([*(point[part] for point in three), new[part]]) for part in (0, 1))
    order = np.argsort(alphas, axis=0, kind="stable")
    alphas, errors = (np.take_along_axis(each, order, axis=0) for each in (alphas, errors))
    first = np.clip(np.argmin(errors, axis=0) - 1, 0, 1)
    rows = np.arange(alphas.shape[1])
    return [(alphas[first + step, rows], errors[first + step, rows]) for step in range(3)]


@dataclass(frozen=True)
class _State:
    """Where a filter stands after the last period; each (..., series)."""

    level: Floats
    slope: Floats
    mean: Floats
    lengths: Floats

    @property
    def all(self) -> tuple[Floats, Floats, Floats, Floats]:
        """In order."""
        return self.level, self.slope, self.mean, self.lengths


def _state(lines: _Lines, alpha: Floats, first: Floats) -> _State:
    """After the whole past."""
    slope, mean = lines.last
    lengths = lines.lengths.astype(float)
    level = _smoothed(lines.values, alpha)[:, -1] + (1 - alpha) ** lengths * first
    return _State(level, slope, mean, lengths)


def _carried(state: _State, alpha: Floats, share: Floats, horizon: int, shock: bool = False) -> Floats:
    """(..., series, horizon): the recursion goes on with its own forecasts for values; with `shock` the first value is
    1 above its forecast."""
    level, slope, mean, count = state.level, state.slope, state.mean, state.lengths
    found = np.empty((*np.broadcast_shapes(level.shape, alpha.shape), horizon))
    start = mean - (count + 1) / 2 * slope
    decay = (1 - alpha) ** count
    for step in range(horizon):
        value = level + share * (decay * start + (1 - decay * (1 - alpha)) / alpha * slope)
        value = value + 1.0 if shock and step == 0 else value
        found[..., step] = value
        level = level + alpha * (value - level)
        slope = ((count - 1) * slope + 6 * (value - mean) / (count + 1)) / (count + 2)
        mean = mean + (value - mean) / (count + 1)
        start = mean - (count + 2) / 2 * slope
        count, decay = count + 1, decay * (1 - alpha)
    return found


def _drifted(state: _State, alpha: Floats, horizon: int) -> Floats:
    """(..., series, horizon) of the standard form: half the slope, from where smoothing lags the line."""
    lag = (1 - (1 - alpha) ** state.lengths) / alpha
    return np.asarray(state.level[..., None] + state.slope[..., None] / 2 * (np.arange(horizon) + lag[..., None]))


def _responses(alpha: Floats, share: Floats, lengths: Floats, horizon: int) -> Floats:
    """(..., series, horizon): what a shock of 1 in the first period ahead adds to each."""
    rest = _State(*(np.zeros(np.broadcast_shapes(alpha.shape, lengths.shape)),) * 3, lengths)
    return _carried(rest, alpha, share, horizon, shock=True)


@dataclass(frozen=True)
class _Member:
    """One alpha a series on one scale, and how likely it is."""

    log: bool
    solved: _Solved
    sd: Floats
    """(series,) of one step."""
    weight: Floats
    """(series,)."""


@dataclass(frozen=True)
class FittedThetas:
    """Theta of the series of a panel."""

    kind: Kind
    panel: Panel
    members: tuple[_Member, ...]

    def forecast(self, horizon: int) -> PanelForecast:
        """The weighted mean of the members, and the spread of their mixture; that of the logs where they exist."""
        season = _season(self.panel, self.kind)
        calm = _without(self.panel, season)
        scales = {log: _lines(_on_scale(calm, self.panel, log)) for log in {each.log for each in self.members}}
        states = [_state(scales[each.log], each.solved.alpha, each.solved.first) for each in self.members]
        state = _State(*(np.array(each) for each in zip(*(each.all for each in states), strict=True)))
        alpha, share = (np.array([getattr(each.solved, name) for each in self.members]) for name in ("alpha", "share"))
        if self.kind == "standard":
            mean, spread = _drifted(state, alpha, horizon), np.sqrt(1 + np.arange(horizon) * alpha[..., None] ** 2)
        else:
            mean = _carried(state, alpha, share, horizon)
            spread = np.sqrt(np.cumsum(_responses(alpha, share, state.lengths, horizon) ** 2, axis=-1))
        sd = np.array([each.sd for each in self.members])[..., None] * spread
        log = np.array([each.log for each in self.members])[:, None, None] & self.panel.positive[:, None]
        mean = np.where(log, np.exp(np.where(log, np.minimum(mean, 700.0), 0.0)), mean)
        sd *= np.where(log, mean, 1.0)
        weight = np.array([each.weight for each in self.members])
        middle = np.einsum("ks,ksh->sh", weight, mean)
        variance = np.einsum("ks,ksh->sh", weight, sd**2 + (mean - middle) ** 2)
        return _seasoned(middle, np.sqrt(variance), season, self.panel)

    def at(self, panel: Panel) -> FittedThetas:
        """The same parameters over another panel of the same series; the seasons are found anew."""
        return replace(self, panel=panel)


def theta_panel(panel: Panel, horizon: int, kind: Kind = "weighted") -> PanelForecast:
    """What theta says of the periods ahead of each series."""
    return fit_theta(panel, kind).forecast(horizon)


def fit_theta(panel: Panel, kind: Kind = "weighted") -> FittedThetas:
    """Fit every series of a panel at once.

    The season is taken out first by classical decomposition. The standard form believes it where the autocorrelation
    says so (the rule of the M3 competition); the others shrink its indices as far as they are noise.
    """
    calm = _without(panel, _season(panel, kind))
    if kind != "weighted":
        lines = _lines(calm, burn=0 if kind == "standard" else BURN)
        solved = _best(lines, kind)
        return FittedThetas(kind, panel, (_Member(False, solved, _sd(lines, solved, kind), np.ones(len(calm))),))
    members, criteria = [], []
    for log in (False, True):
        lines = _lines(_on_scale(calm, panel, log))
        counts = lines.counted.sum(axis=1)
        jacobian = 2 * (lines.values * lines.counted).sum(axis=1) if log else 0.0
        for alpha in GRID:
            solved = _solve(lines, np.full(len(calm), alpha), kind)
            least = np.maximum(solved.sse, TINY * _dot(lines.values, lines.values))
            criterion = counts * np.log(np.maximum(least, 1e-300) / np.maximum(counts, 1)) + jacobian
            criteria.append(np.where(panel.positive, criterion, np.inf) if log else criterion)
            members.append(_Member(log, solved, _sd(lines, solved, kind), np.empty(0)))
    weights = np.exp(-0.5 * (np.array(criteria) - np.min(criteria, axis=0)))
    weights /= weights.sum(axis=0)
    return FittedThetas(
        kind, panel, tuple(replace(each, weight=weight) for each, weight in zip(members, weights, strict=True))
    )


def _sd(lines: _Lines, solved: _Solved, kind: Kind) -> Floats:
    """(series,) of the errors of one step; of the standard form with its drift."""
    counts = lines.counted.sum(axis=1)
    if kind != "standard":
        return np.asarray(np.sqrt(solved.sse / np.maximum(counts - 3, 1)))
    errors, decay, _ = _design(lines, solved.alpha)
    slope, _ = lines.last
    lag = (1 - decay) / solved.alpha[:, None] * lines.counted
    left = errors - solved.first[:, None] * decay - slope[:, None] / 2 * lag
    return np.asarray(np.sqrt(_dot(left, left) / np.maximum(counts - 2, 1)))


def _on_scale(calm: Floats, panel: Panel, log: bool) -> Floats:
    """Logs of the series that have some, where they are asked for, or the values as they are."""
    positive = panel.positive[:, None] & log
    return np.where(positive, np.log(np.where(positive, calm, 1.0)), calm)


def _places(periods: int, season: int) -> NDArray[np.int64]:
    """(periods,): the place of each period in the season, the last of the panel being the last of the season."""
    return (np.arange(periods) - periods) % season


def _season(panel: Panel, kind: Kind) -> Floats:
    """(series, season): classical indices, factors of positive series, differences for others; ends as the panel does.

    1, or 0, where there are none or they are not believed.
    """
    season, values = panel.season, panel.values
    positive = panel.positive[:, None]
    neutral = np.where(positive, 1.0, 0.0) * np.ones((1, season))
    if season == 1 or values.shape[1] < 2 * season:
        return neutral
    trend = _moving(values, season)
    with np.errstate(divide="ignore", invalid="ignore"):
        apart = np.where(positive, values / trend, values - trend)
    raw = _means(apart, season)
    middle = raw.mean(axis=1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        indices = np.where(positive, raw / middle, raw - middle)
    long = panel.lengths >= 2 * season
    usable = np.isfinite(indices).all(axis=1) & long & (~panel.positive | (indices > LEAST_INDEX).all(axis=1))
    indices = np.where(usable[:, None], indices, neutral)
    if kind == "standard":
        return np.where(_tested(panel)[:, None], indices, neutral)
    return _shrunk(apart, indices, panel)


def _moving(values: Floats, season: int) -> Floats:
    """(series, periods): moving average over a season, half of each end where it is even; NaN at the ends."""
    weights = np.full(season + 1 - season % 2, 1.0 / season)
    if season % 2 == 0:
        weights[[0, -1]] /= 2
    side = len(weights) // 2
    found = np.full_like(values, np.nan)
    found[:, side : values.shape[1] - side] = sliding_window_view(values, len(weights), axis=1) @ weights
    return found


def _means(apart: Floats, season: int) -> Floats:
    """(series, season): mean of each place of the season over the periods that are known, NaN without any."""
    blank = np.full((len(apart), -apart.shape[1] % season), np.nan)
    years = np.concatenate([blank, apart], axis=1).reshape(len(apart), -1, season)
    counts = np.isfinite(years).sum(axis=1)
    sums = np.where(np.isfinite(years), years, 0.0).sum(axis=1)
    return np.asarray(np.divide(sums, counts, out=np.full(sums.shape, np.nan), where=counts > 0))


def _tested(panel: Panel) -> Bools:
    """(series,): whether the autocorrelation at the season is not chance (Bartlett's standard error)."""
    known = ~np.isnan(panel.values)
    lengths = np.maximum(panel.lengths, 1)
    mean = np.where(known, panel.values, 0.0).sum(axis=1) / lengths
    apart = np.where(known, panel.values - mean[:, None], 0.0)
    total = _dot(apart, apart)
    lags = np.array([_dot(apart[:, lag:], apart[:, :-lag]) for lag in range(1, panel.season + 1)])
    lags = np.divide(lags, total, out=np.zeros_like(lags), where=total > 0)
    return np.asarray(np.abs(lags[-1]) > TEST * np.sqrt((1 + 2 * (lags[:-1] ** 2).sum(axis=0)) / lengths))


def _shrunk(apart: Floats, indices: Floats, panel: Panel) -> Floats:
    """Indices shrunk towards none as James and Stein do (Miller and Williams 2003), factors as logs.

    By 1 - (variance of the rest / years) / variance of the indices, not below 0.
    """
    positive = panel.positive[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log(np.where(positive, apart, 1.0))
        own = np.where(positive, np.log(np.where(positive, indices, 1.0)), indices)
    left = np.where(positive, logs, apart) - own[:, _places(apart.shape[1], panel.season)]
    known = np.isfinite(left)
    counts = np.maximum(known.sum(axis=1), 1)
    left = np.where(known, left, 0.0)
    rest = (_dot(left, left) - left.sum(axis=1) ** 2 / counts) / np.maximum(counts - panel.season, 1)
    noise = rest * panel.season / counts
    size = _dot(own, own) / (panel.season - 1)
    kept = np.clip(1 - np.divide(noise, size, out=np.ones_like(size), where=size > 0), 0.0, 1.0)
    own = kept[:, None] * own
    return np.where(positive, np.exp(np.where(positive, own, 0.0)), own)


def _without(panel: Panel, season: Floats) -> Floats:
    """(series, periods): the values without their season."""
    taken = season[:, _places(panel.values.shape[1], panel.season)]
    return np.where(panel.positive[:, None], panel.values / np.where(taken > 0, taken, 1.0), panel.values - taken)


def _seasoned(mean: Floats, sd: Floats, season: Floats, panel: Panel) -> PanelForecast:
    """The season put back."""
    added = season[:, np.arange(mean.shape[1]) % panel.season]
    positive = panel.positive[:, None]
    factor = np.where(positive, added, 1.0)
    return PanelForecast.of(panel, np.where(positive, mean * factor, mean + added), sd * factor)


@dataclass(frozen=True)
class FittedTheta:
    """The dynamic optimised theta of the months without season and festival."""

    alpha: float
    share: float
    """1 - 1 / theta."""
    first: float
    """The level before the first month."""
    sd: float
    """Of one step."""
    profile: Profile
    past: Past

    @property
    def parameters(self) -> Mapping[str, float]:
        """Smoothing, 1 - 1 / theta, level before the first month, sd of one step."""
        return {"alpha": self.alpha, "share": self.share, "first": self.first, "sd": self.sd}

    def forecast(self, months: int) -> Outlook:
        """What a shock leaves behind stays; the season is known by as many years as there are."""
        alpha, share = np.array([self.alpha]), np.array([self.share])
        state = _state(_calm(self.past, self.profile), alpha, np.array([self.first]))
        mean = _carried(state, alpha, share, months)[0]
        steps = np.arange(months)
        ahead = self.past.calendar.last + 1 + steps
        covariance = toeplitz_covariance(_responses(alpha, share, state.lengths, months)[0], self.sd)
        years = self.past.calendar.count / SEASON
        covariance = covariance + self.sd**2 / years * np.equal.outer(steps % SEASON, steps % SEASON)
        season = self.profile.season[ahead % SEASON]
        return Outlook(mean + season + self.past.effect_ahead(self.profile.festival, months), covariance)

    def at(self, past: Past) -> FittedTheta:
        """The same parameters over another past; its season and festival are found anew, in closed form."""
        return replace(self, profile=profile_of(past), past=past)


class Theta(Model):
    """The dynamic optimised theta of one service, by the batched core."""

    def fit(self, past: Past) -> FittedTheta:
        """Take season and festival out by least squares, then fit; ModelFailed under two years."""
        if past.calendar.count < 2 * SEASON:
            raise ModelFailed("model_needs_two_years")
        profile = profile_of(past)
        lines = _calm(past, profile)
        solved = _best(lines, "dynamic")
        sd = float(_sd(lines, solved, "dynamic")[0])
        if not np.isfinite(sd):
            raise ModelFailed("model_failed")
        return FittedTheta(float(solved.alpha[0]), float(solved.share[0]), float(solved.first[0]), sd, profile, past)


def _calm(past: Past, profile: Profile) -> _Lines:
    """The months without season and festival; the errors of those that are masked do not count."""
    season = profile.season[np.array(past.calendar.months) % SEASON]
    calm = past.values - season - past.effect(profile.festival)
    return _lines(calm[None, :], past.masked[None, :])
