"""Which assumptions matter? What the measure does when each lies in its lowest or highest fifth of the paths."""

from __future__ import annotations

import math

import numpy as np

from forecast.analysis.findings import Lever, Sensitivity
from forecast.arrays import Floats
from forecast.i18n import Words
from forecast.plan.assumption import Assumption
from forecast.plan.labels import label_of
from forecast.plan.record import Label
from forecast.simulation.simulate import Simulation
from forecast.stats.intervals import Z95

KEEP = 32_768
"""Paths that are looked at one by one."""
TAIL = 0.2


def sensitivity_of(run: Simulation, name: str) -> Sensitivity | None:
    """Levers of a target's figure, the widest first; None when no path was kept.

    Luck stands beside the assumptions: how many events of a shock fall, whether an initiative happens. `judged` is the
    share of the first-order variance (between fifths) that rests on assumptions of grade C.
    """
    if run.kept is None:
        return None
    target = run.scenario.targets[name]
    figure = run.figure(target)
    values = run.kept.figures[figure]
    known = {a.draw: a for a in sorted(run.scenario.unsure(), key=lambda a: a.name == a.draw)}
    levers, variances = [], {}
    for draw, u in run.kept.uniforms.items():
        if draw in known:
            levers.append(_of_assumption(run, known[draw], u, values))
            variances[draw] = _between(u, values)
    for draw, count in run.kept.luck.items():
        if (lever := _of_luck(run, draw, count, values)) is not None:
            levers.append(lever)
    levers = [lever for lever in levers if max(abs(lever.low), abs(lever.high)) > lever.error]
    levers.sort(key=lambda lever: (-abs(lever.high - lever.low), lever.name))
    judged = sum(v for draw, v in variances.items() if known[draw].grade == "C")
    whole = sum(variances.values())
    return Sensitivity(name, target.measure, figure[1], tuple(levers), judged / whole if whole > 0 else 0.0)


def _of_assumption(run: Simulation, own: Assumption, u: Floats, values: Floats) -> Lever:
    low, high, error = _ends(u < TAIL, u > 1 - TAIL, values)
    return Lever(own.name, label_of(run.scenario, own.name), own.text, own.grade, _file_line(own), low, high, error)


def _of_luck(run: Simulation, draw: str, count: Floats, values: Floats) -> Lever | None:
    edges = np.quantile(count, [TAIL, 1 - TAIL])
    few, many = (
        (count <= edges[0], count > edges[0]) if edges[0] == edges[1] else (count <= edges[0], count >= edges[1])
    )
    if not few.any() or not many.any():
        return None
    low, high, error = _ends(few, many, values)
    label = label_of(run.scenario, draw)
    code = "term.happens" if draw.startswith("initiatives.") or count.max() == 1 else "term.events"
    both = Label(vi=Words("vi")(code, name=label.vi), en=Words("en")(code, name=label.en))
    text = f"{count[few].mean():.0f} / {count[many].mean():.0f}"
    return Lever(f"{draw}.{code.removeprefix('term.')}", both, text, "", "", low, high, error)


def _ends(few: np.ndarray, many: np.ndarray, values: Floats) -> tuple[float, float, float]:
    """Mean of the values in each end less the mean of all, and the wider half interval of the two.

    An end that holds a share p of n paths is part of the mean: the variance is ((1 / p - 2) var(end) + var(all)) / n.
    """
    mean = float(values.mean())
    spread = [(len(values) / end.sum() - 2) * float(values[end].var()) for end in (few, many) if end.sum() > 1]
    errors = [Z95 * math.sqrt(max(0.0, one + float(values.var())) / len(values)) for one in spread]
    return float(values[few].mean()) - mean, float(values[many].mean()) - mean, max(errors, default=0.0)


def _between(u: Floats, values: Floats) -> float:
    """Variance of the means of ten even bins of `u`, less what chance alone gives: the first-order variance."""
    row = np.minimum((10 * u).astype(int), 9)
    count = np.bincount(row, minlength=10)
    means = np.bincount(row, values, 10) / np.maximum(count, 1)
    between = float((count * np.square(means - values.mean())).sum() / len(u))
    return max(0.0, between - 9 * float(values.var()) / len(u))


def _file_line(own: Assumption) -> str:
    return f"{own.where.file}:{own.where.line}"
