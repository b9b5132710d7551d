"""Sensitivity (tornado): change of a measure when an assumption lies in its lowest or highest fifth."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import numpy as np
from scipy.special import ndtri

from forecast.analysis.findings import Sensitivity, SensitivityBar
from forecast.arrays import Floats
from forecast.i18n import Translator
from forecast.plan.assumption import Assumption
from forecast.plan.bilingual import Label
from forecast.plan.data_files import location_in_project
from forecast.plan.labels import display_label
from forecast.plan.scenario import Scenario
from forecast.plan.yearly_changes import draw_of_change, parts_of_change
from forecast.simulation.simulate import Simulation
from forecast.stats.intervals import Z975

__all__ = ["SENSITIVITY_PATHS"]

SENSITIVITY_PATHS = 32_768
"""Paths of which each uniform and each figure is kept, for the sensitivity."""
TAIL_SHARE = 0.2
"""Share of the paths at each end of an assumption."""


def compute_sensitivity(run: Simulation, name: str) -> Sensitivity | None:
    """Return the bars of a target's figure, assumptions and event counts, the widest first; None without a sample."""
    if run.path_sample is None:
        return None
    target = run.scenario.targets[name]
    figure = run.target_figure(target)
    values = run.path_sample.figures[figure]
    assumption_by_stream = _assumptions_by_stream(run.scenario)
    uniforms = _fold_years(run.path_sample.uniforms, assumption_by_stream.keys(), target.period.calendar.years[-1])
    if run.lesson is not None:  # given closed months a draw is no longer uniform: its lowest fifth is that of the paths
        uniforms = {stream: _mean_score_ranks([u]) for stream, u in uniforms.items()}
    bars, variances = [], {}
    for stream, u in uniforms.items():
        if stream in assumption_by_stream:
            bars.append(_assumption_bar(run, assumption_by_stream[stream], u, values))
            variances[stream] = _first_order_variance(u, values)
    for stream, count in run.path_sample.occurrences.items():
        if (bar := _event_count_bar(run, stream, count, values)) is not None:
            bars.append(bar)
    bars = [bar for bar in bars if max(abs(bar.low), abs(bar.high)) > bar.error]
    bars.sort(key=lambda bar: (-abs(bar.high - bar.low), bar.name))
    judged_variance = sum(v for stream, v in variances.items() if assumption_by_stream[stream].grade == "C")
    total_variance = sum(variances.values())
    return Sensitivity(
        name, target.measure, figure[1], tuple(bars), judged_variance / total_variance if total_variance > 0 else 0.0
    )


def _assumptions_by_stream(scenario: Scenario) -> dict[str, Assumption]:
    """Return by stream the assumption that it draws; a change by year is one assumption, as its years move together."""
    by_name = {a.name: a for a in scenario.uncertain_assumptions()}
    for name, change in scenario.yearly_changes.items():
        parts = [by_name.pop(part.name) for part in parts_of_change(change) if part.name in by_name]
        if parts:
            by_name[name] = _joined_years(name, draw_of_change(name, change), parts)
    in_order = sorted(by_name.values(), key=lambda a: (a.name == a.stream_name, a.name))
    return {a.stream_name: a for a in in_order}


def _joined_years(name: str, stream: str, parts: Sequence[Assumption]) -> Assumption:
    """Return the unsure years of a change as one assumption, of the weakest grade; the text has the first and last."""
    same_as = "" if stream == name else stream
    if parts[0].name == name:
        return replace(parts[0], same_as=same_as)
    ends = dict.fromkeys((parts[0], parts[-1]))
    text = (" … " if len(parts) > 2 else ", ").join(f"{part.name.rpartition('.')[2]}: {part.text}" for part in ends)
    grade = max(part.grade for part in parts)
    return replace(parts[0], name=name, text=text, grade=grade, same_as=same_as)


def _fold_years(uniforms: Mapping[str, Floats], streams: Collection[str], last_year: int) -> dict[str, Floats]:
    """Return uniforms (paths,) by stream; those of several years up to the last as the ranks of their mean score."""
    by_stream: dict[str, list[Floats]] = {}
    for name, u in uniforms.items():
        stream, _, year = name.rpartition(".")
        if stream not in streams or not year.isdigit():
            by_stream.setdefault(name, []).insert(0, u)
        elif int(year) <= last_year:
            by_stream.setdefault(stream, []).append(u)
    return {stream: years[0] if len(years) == 1 else _mean_score_ranks(years) for stream, years in by_stream.items()}


def _mean_score_ranks(uniforms: Sequence[Floats]) -> Floats:
    """Return the ranks, between 0 and 1, (paths,), of the mean normal score of several uniforms."""
    score = np.sum([ndtri(u) for u in uniforms], axis=0)
    ranks = np.empty(len(score))
    ranks[np.argsort(score, kind="stable")] = (np.arange(len(score)) + 0.5) / len(score)
    return ranks


def _assumption_bar(run: Simulation, assumption: Assumption, u: Floats, values: Floats) -> SensitivityBar:
    low, high, error = _tail_changes(u < TAIL_SHARE, u > 1 - TAIL_SHARE, values)
    location = location_in_project(assumption.location, run.scenario)
    return SensitivityBar(
        assumption.name,
        display_label(run.scenario, assumption.name),
        assumption.text,
        assumption.grade,
        f"{location.file}:{location.line}",
        low,
        high,
        error,
    )


def _event_count_bar(run: Simulation, stream: str, count: Floats, values: Floats) -> SensitivityBar | None:
    edges = np.quantile(count, [TAIL_SHARE, 1 - TAIL_SHARE])
    in_low, in_high = (
        (count <= edges[0], count > edges[0]) if edges[0] == edges[1] else (count <= edges[0], count >= edges[1])
    )
    if not in_low.any() or not in_high.any():
        return None
    low, high, error = _tail_changes(in_low, in_high, values)
    label = display_label(run.scenario, stream)
    code = "term.happens" if stream.startswith("initiatives.") or count.max() == 1 else "term.events"
    label_with_count = Label(vi=Translator("vi")(code, name=label.vi), en=Translator("en")(code, name=label.en))
    text = f"{count[in_low].mean():.0f} / {count[in_high].mean():.0f}"
    return SensitivityBar(f"{stream}.{code.removeprefix('term.')}", label_with_count, text, "", "", low, high, error)


def _tail_changes(in_low: np.ndarray, in_high: np.ndarray, values: Floats) -> tuple[float, float, float]:
    """Return the mean of each end less the mean of all, (low, high), and the wider 95% half-interval of the two."""
    # an end with a share p of n paths is part of the mean: the variance is ((1 / p - 2) var(end) + var(all)) / n
    mean = float(values.mean())
    variances = [(len(values) / end.sum() - 2) * float(values[end].var()) for end in (in_low, in_high) if end.sum() > 1]
    errors = [Z975 * math.sqrt(max(0.0, variance + float(values.var())) / len(values)) for variance in variances]
    return float(values[in_low].mean()) - mean, float(values[in_high].mean()) - mean, max(errors, default=0.0)


def _first_order_variance(u: Floats, values: Floats) -> float:
    """Return Var(E[values | u]) from ten equal bins of `u`, less sampling noise (correlation ratio, McKay 1995)."""
    bin_of = np.minimum((10 * u).astype(int), 9)
    count = np.bincount(bin_of, minlength=10)
    bin_means = np.bincount(bin_of, values, 10) / np.maximum(count, 1)
    between = float((count * np.square(bin_means - values.mean())).sum() / len(u))
    return max(0.0, between - 9 * float(values.var()) / len(u))
