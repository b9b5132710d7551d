"""Uncertain inputs of a run, path by path: assumptions, numbers drawn in each event, and counts of events."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy.special import ndtri

from forecast.arrays import Bools, Floats
from forecast.plan.assumption import Assumption
from forecast.plan.scenario import Scenario
from forecast.plan.yearly_changes import draw_of_change, parts_of_change
from forecast.simulation.results import Simulation
from forecast.stats.intervals import Estimate
from forecast.stats.variance_shares import first_order_share

__all__ = ["UncertainInput", "uncertain_inputs"]


@dataclass(frozen=True)
class UncertainInput:
    """One input in the paths that were kept."""

    stream: str
    """Name of its draw; of a count that of the shock or the initiative."""
    draws: Floats
    """(paths,) uniform numbers, or counts."""
    assumption: Assumption | None
    """None for a count."""
    is_mark: bool = False
    """True where each event draws its own: a uniform number is that of the joint score of the events of a path."""

    @cached_property
    def present(self) -> Bools | None:
        """(paths,) paths in which it is drawn; None where that is every path."""
        return self.draws > 0 if self.is_mark else None

    @cached_property
    def drawn(self) -> Floats:
        """(paths drawn,) uniform numbers, or counts, of the paths in which it is drawn."""
        return self.draws if self.present is None else self.draws[self.present]

    @cached_property
    def scores(self) -> Floats:
        """(paths drawn,) normal scores of an assumption."""
        return np.asarray(ndtri(self.drawn))

    def variance_share(self, outcome: Floats) -> Estimate:
        """Share of the variance of an outcome (paths,) that it explains alone, in the paths in which it is drawn."""
        if self.assumption is None:
            return first_order_share(self.draws, outcome)
        if self.present is None:
            return first_order_share(self.scores, outcome, self.draws)
        inside = outcome[self.present]
        ratio = len(inside) / len(outcome) * float(inside.var() / outcome.var())
        return Estimate(*(ratio * value for value in first_order_share(self.scores, inside, self.drawn)))


def uncertain_inputs(run: Simulation, last_year: int) -> list[UncertainInput]:
    """List the uncertain inputs of a run.

    Parameters
    ----------
    run : Simulation
        With a sample of its paths.
    last_year : int
        Last calendar year that counts; the years of a change up to it are one input, as they move together.

    Returns
    -------
    list of UncertainInput
        Assumptions, those of single events, and counts of events, each in the order of the names.

    Raises
    ------
    ValueError
        No path was kept.
    """
    sample = run.require_path_sample()
    assumption_by_stream = _assumptions_by_stream(run.scenario)
    uniforms = _fold_years(sample.uniforms, assumption_by_stream.keys(), last_year)
    if run.lesson is not None:  # given closed months a draw is no longer uniform: its lowest fifth is that of the paths
        uniforms = {stream: _mean_score_ranks([u]) for stream, u in uniforms.items()}
    return [
        *(
            UncertainInput(stream, u, assumption_by_stream[stream])
            for stream, u in uniforms.items()
            if stream in assumption_by_stream
        ),
        *(
            UncertainInput(stream, u, assumption_by_stream[stream], is_mark=True)
            for stream, u in sample.marks.items()
            if stream in assumption_by_stream
        ),
        *(UncertainInput(stream, count, None) for stream, count in sample.occurrences.items()),
    ]


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
