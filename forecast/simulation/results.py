"""A simulated plan: counts of every figure over all paths, and the first paths themselves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from forecast.arrays import Floats
from forecast.files.paths import plan_name
from forecast.periods import Calendar
from forecast.plan.geography import Geography
from forecast.plan.scenario import Scenario
from forecast.plan.targets import Target
from forecast.simulation.compiled import FigureKey, figure_key
from forecast.simulation.model.conditioning.conditioning import ClosedLesson
from forecast.simulation.places.histograms import PlaceTally
from forecast.stats.copula import CorrelatedGroup
from forecast.stats.intervals import Estimate
from forecast.stats.tally import Tally
from forecast.timeseries.baseline import Baseline

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["PathSample", "Precision", "Simulation", "target_chance"]


@dataclass(frozen=True)
class PathSample:
    """The first paths of a run, one by one."""

    uniforms: Mapping[str, Floats]
    """By name of the draw, (paths,)."""
    occurrences: Mapping[str, Floats]
    """By shock the number of its events, by initiative whether it happens, (paths,)."""
    marks: Mapping[str, Floats]
    """By name of what each event draws, (paths,) the joint score of a path's events as a uniform number; 0 where a path
    has none."""
    figures: Mapping[FigureKey, Floats]
    """By (measure, period), (paths,)."""


@dataclass(frozen=True)
class Precision:
    """Simulation error of one target's chance at which a run stops."""

    target: str
    half_width: float
    """Half the width of the 95% interval of its chance."""


@dataclass(frozen=True)
class Simulation:
    """A simulated plan: counts of every figure over all paths, and the first paths themselves where they were kept.

    Examples
    --------
    >>> import forecast
    >>> run = forecast.simulate(forecast.read("plan.yaml"), paths=4_000, keep=4_000)
    >>> round(run.chance("revenue").value, 1)
    0.7
    >>> frame = run.to_frame()
    >>> frame[frame["measure"] == "revenue"]["period"].nunique()
    13
    >>> len(run.draws("revenue", "2026"))
    4000
    """

    scenario: Scenario
    baseline: Baseline
    seed: int
    paths: int
    tallies: Mapping[FigureKey, Tally]
    """By (measure, period)."""
    joint_chance: Estimate | None
    """Chance that every target is met; None without targets."""
    bridge_period: str
    """Period of the steps from last year to the forecast."""
    groups: Mapping[str, CorrelatedGroup]
    """By name of a draw, what is correlated with it."""
    paths_requested: int
    """Paths that were asked for; fewer were simulated where the precision was reached."""
    precision: Precision | None = None
    path_sample: PathSample | None = None
    geography: Geography | None = None
    """The places, where they are listed."""
    places: PlaceTally | None = None
    """Tally of each place, where they are listed."""
    lesson: ClosedLesson | None = None
    """Fit of the closed months to the plan; None where none is closed."""

    @property
    def horizon(self) -> Calendar:
        """The months that were simulated."""
        return self.scenario.horizon.calendar

    def tally(self, measure: str, period: str) -> Tally:
        """Tally of one figure.

        Parameters
        ----------
        measure : str
            Such as `revenue` or `revenue.SERVICE`.
        period : str
            As the plan writes it, such as `2021`.

        Returns
        -------
        Tally
            Mean, quantiles and chances of the figure, each with its simulation error.

        Raises
        ------
        KeyError
            When the figure was not recorded.
        """
        return self.tallies[measure, period]

    def target_figure(self, target: Target) -> FigureKey:
        """Figure of a target on its own basis.

        Parameters
        ----------
        target : Target
            Of the plan.

        Returns
        -------
        FigureKey
            (measure, period).
        """
        return figure_key(target, target.basis, self.tallies)

    def chance(self, target: str) -> Estimate:
        """Chance that a target is met.

        Parameters
        ----------
        target : str
            Its name in the plan.

        Returns
        -------
        Estimate
            Share of the paths, 0 to 1, with the 95% interval of its simulation error.

        Raises
        ------
        KeyError
            When the plan has no such target.
        """
        record = self.scenario.targets[target]
        return self.chance_on(record, record.basis)

    def chance_on(self, target: Target, basis: str) -> Estimate:
        """Chance that a target is met on a basis.

        Parameters
        ----------
        target : Target
            Of the plan.
        basis : str
            `stated`, or `parts` to leave out the gap between a stated total and the services.

        Returns
        -------
        Estimate
            Share of the paths, 0 to 1, with the 95% interval of its simulation error.
        """
        return target_chance(target, basis, self.tallies)

    def _repr_html_(self) -> str:
        """Table of the targets that a notebook shows where a cell ends with the simulation."""
        from forecast.simulation.notebook import TargetOutcome, results_html

        targets = {
            name: TargetOutcome(self.chance(name), self.tally(*self.target_figure(target)))
            for name, target in self.scenario.targets.items()
        }
        return results_html(self.scenario, self.paths, targets, self.tallies)

    def values(self, measure: str, period: str) -> Floats:
        """Values of one figure, path by path.

        Parameters
        ----------
        measure : str
            Such as `revenue` or `revenue.SERVICE`.
        period : str
            As the plan writes it, such as `2021`.

        Returns
        -------
        ndarray
            (paths,) in the unit of the measure; money in the plan's currency.

        Raises
        ------
        KeyError
            When the figure was not recorded.
        ValueError
            When only a histogram was kept, because the paths were many.
        """
        return self.tallies[measure, period].values

    def to_frame(self) -> pd.DataFrame:
        """Mean and quantiles of every figure, each with its simulation error.

        Returns
        -------
        DataFrame
            One row a figure and statistic (`mean`, `p1` to `p99`): scenario, measure, period, place (code of a place
            or district, empty for the whole), statistic, value in units of the measure, low and high (95% interval).
        """
        import pandas as pd

        from forecast.simulation.frames import figures_frame, places_frame

        frame = figures_frame(self.tallies, [key for key in self.tallies if not key[0].startswith("bridge.")])
        if self.geography is not None and self.places is not None:
            period = next(period for measure, period in self.tallies if "@" in measure)
            places = places_frame(self.places, self.geography, period)
            listed = set(frame.loc[frame["period"] == period, "place"])
            frame = pd.concat([frame, places[~places["place"].isin(listed)]], ignore_index=True)
        frame.insert(0, "scenario", plan_name(self.scenario.file))
        return frame

    def require_path_sample(self) -> PathSample:
        """Return the paths that were kept.

        Returns
        -------
        PathSample
            The first paths, one by one.

        Raises
        ------
        ValueError
            No path was kept.
        """
        if self.path_sample is None:
            raise ValueError("no path was kept: simulate with keep=, as in forecast.simulate(scenario, keep=32_768)")
        return self.path_sample

    def draws(self, measure: str, period: str) -> pd.Series[float]:
        """One figure in each path that was kept: `simulate(..., keep=...)`.

        Parameters
        ----------
        measure, period : str
            The figure, as it is written: `revenue`, `2021`.

        Returns
        -------
        Series
            (paths kept,), in units of the measure, by number of the path from 0.

        Raises
        ------
        ValueError
            No path was kept.
        KeyError
            No paths of such a figure are kept; those of single months are not. The message names what is kept.
        """
        import pandas as pd

        figures = self.require_path_sample().figures
        if (measure, period) not in figures:
            kept = ", ".join(f"{name} of {text}" for name, text in figures if name == measure)
            instead = f"kept are {kept}" if kept else f"measures: {', '.join({m: 0 for m, _ in figures})}"
            raise KeyError(f"no paths of {measure!r} in {period!r} are kept; {instead}")
        values = figures[measure, period][: self.paths]
        return pd.Series(values, index=pd.RangeIndex(len(values), name="path"), name=measure)


def target_chance(target: Target, basis: str, tallies: Mapping[FigureKey, Tally]) -> Estimate:
    """Find the chance of a target in the tallies of some paths.

    Parameters
    ----------
    target : Target
        Of the plan.
    basis : str
        `stated`, or `parts` to leave out the gap between a stated total and the services.
    tallies : mapping of FigureKey to Tally
        Of every figure.

    Returns
    -------
    Estimate
        Share of the paths, 0 to 1, with the 95% interval of its simulation error.
    """
    tally = tallies[figure_key(target, basis, tallies)]
    value = target.threshold.value
    return tally.chance_at_least(value) if target.at_least is not None else tally.chance_at_most(value)
