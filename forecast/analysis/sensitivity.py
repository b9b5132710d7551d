"""Which assumptions matter? What the measure does when each lies in its lowest or highest fifth of the paths."""

from __future__ import annotations

import math

import numpy as np

from forecast.analysis.findings import Sensitivity, SensitivityBar
from forecast.arrays import Floats
from forecast.i18n import Translator
from forecast.plan.assumption import Assumption
from forecast.plan.labels import display_label
from forecast.plan.record import Label
from forecast.simulation.simulate import Simulation
from forecast.stats.intervals import Z975

SENSITIVITY_PATHS = 32_768
"""Paths that are looked at one by one."""
TAIL_SHARE = 0.2


def compute_sensitivity(run: Simulation, name: str) -> Sensitivity | None:
    """Levers of a target's figure, the widest first; None when no path was kept.

    Luck stands beside the assumptions: how many events of a shock fall, whether an initiative happens. `judged` is the
    share of the first-order variance (between fifths) that rests on assumptions of grade C.
    """
    if run.path_sample is None:
        return None
    target = run.scenario.targets[name]
    figure = run.target_figure(target)
    values = run.path_sample.figures[figure]
    known = {
        a.stream_name: a for a in sorted(run.scenario.uncertain_assumptions(), key=lambda a: a.name == a.stream_name)
    }
    levers, variances = [], {}
    for draw, u in run.path_sample.uniforms.items():
        if draw in known:
            levers.append(_assumption_bar(run, known[draw], u, values))
            variances[draw] = _first_order_variance(u, values)
    for draw, count in run.path_sample.occurrences.items():
        if (lever := _event_count_bar(run, draw, count, values)) is not None:
            levers.append(lever)
    levers = [lever for lever in levers if max(abs(lever.low), abs(lever.high)) > lever.error]
    levers.sort(key=lambda lever: (-abs(lever.high - lever.low), lever.name))
    judged = sum(v for draw, v in variances.items() if known[draw].grade == "C")
    whole = sum(variances.values())
    return Sensitivity(name, target.measure, figure[1], tuple(levers), judged / whole if whole > 0 else 0.0)


def _assumption_bar(run: Simulation, own: Assumption, u: Floats, values: Floats) -> SensitivityBar:
    low, high, error = _tail_changes(u < TAIL_SHARE, u > 1 - TAIL_SHARE, values)
    return SensitivityBar(
        own.name, display_label(run.scenario, own.name), own.text, own.grade, _file_line(own), low, high, error
    )


def _event_count_bar(run: Simulation, draw: str, count: Floats, values: Floats) -> SensitivityBar | None:
    edges = np.quantile(count, [TAIL_SHARE, 1 - TAIL_SHARE])
    few, many = (
        (count <= edges[0], count > edges[0]) if edges[0] == edges[1] else (count <= edges[0], count >= edges[1])
    )
    if not few.any() or not many.any():
        return None
    low, high, error = _tail_changes(few, many, values)
    label = display_label(run.scenario, draw)
    code = "term.happens" if draw.startswith("initiatives.") or count.max() == 1 else "term.events"
    both = Label(vi=Translator("vi")(code, name=label.vi), en=Translator("en")(code, name=label.en))
    text = f"{count[few].mean():.0f} / {count[many].mean():.0f}"
    return SensitivityBar(f"{draw}.{code.removeprefix('term.')}", both, text, "", "", low, high, error)


def _tail_changes(few: np.ndarray, many: np.ndarray, values: Floats) -> tuple[float, float, float]:
    """Mean of the values in each end less the mean of all, and the wider half interval of the two.

    An end that holds a share p of n paths is part of the mean: the variance is ((1 / p - 2) var(end) + var(all)) / n.
    """
    mean = float(values.mean())
    spread = [(len(values) / end.sum() - 2) * float(values[end].var()) for end in (few, many) if end.sum() > 1]
    errors = [Z975 * math.sqrt(max(0.0, one + float(values.var())) / len(values)) for one in spread]
    return float(values[few].mean()) - mean, float(values[many].mean()) - mean, max(errors, default=0.0)


def _first_order_variance(u: Floats, values: Floats) -> float:
    """Variance of the means of ten even bins of `u`, less what chance alone gives: the first-order variance."""
    row = np.minimum((10 * u).astype(int), 9)
    count = np.bincount(row, minlength=10)
    means = np.bincount(row, values, 10) / np.maximum(count, 1)
    between = float((count * np.square(means - values.mean())).sum() / len(u))
    return max(0.0, between - 9 * float(values.var()) / len(u))


def _file_line(own: Assumption) -> str:
    return f"{own.location.file}:{own.location.line}"
