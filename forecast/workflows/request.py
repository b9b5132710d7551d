"""A request: which plan to simulate, how, and where its report goes."""

from __future__ import annotations

import dataclasses
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from forecast.engines import LOCAL
from forecast.files.cache import cache_folder
from forecast.files.paths import find_project, plan_name
from forecast.i18n import Language
from forecast.plan.data_files import project_folder
from forecast.runs.manifest import RunInputs, run_inputs
from forecast.workflows.year_references import reference_digests

if TYPE_CHECKING:
    from forecast.plan.scenario import Scenario
    from forecast.runs.locks import Lock
    from forecast.simulation.results import Simulation
    from forecast.timeseries.ensemble.pinned import PinnedFits

__all__ = ["RunRequest", "default_reports", "reports_folder"]

LOCKED_RUN_PREFIX = "locked-"
"""Start of the name that shows the run of a lock, which a run of today's plan never replaces."""
MAX_CASE_PATHS = 16_384
"""Paths of a case: the first four blocks of its run; their simulation error is printed with them."""


@dataclasses.dataclass(frozen=True)
class RunRequest:
    """A plan to simulate, and where its report goes."""

    scenario: Scenario
    seed: int
    paths: int
    language: Language
    reports: Path
    precision: float | None = None
    """Half the width of the interval of the main target's chance at which it stops; None for all paths."""
    decides: bool = False
    """True where the report has what must be simulated again for a decision: what would reach the main target."""
    engine: str = LOCAL
    """`local`, `dask`, or `dask:` and the address of a scheduler."""
    workers: int = 1
    """Processes."""
    pinned_fits: PinnedFits | None = None
    """Fits of an earlier run that are used again; None to fit."""
    cache: Path = dataclasses.field(default_factory=cache_folder)
    """Folder in which fits are kept between runs."""
    lock: Lock | None = None
    """Lock whose figures are simulated; None for any other run."""
    lock_name: str = ""
    """Name of the lock that the plan was restored from; empty for a plan of today."""
    locks: Path | None = None
    """Folder of the locks that its closed months are compared with; that of its project by default."""

    @classmethod
    def from_simulation(
        cls, run: Simulation, reports: str | Path = "reports", language: Language | None = None
    ) -> RunRequest:
        """The request that a simulation answers; its report goes to `reports`."""
        return cls(
            scenario=run.scenario,
            seed=run.seed,
            paths=run.paths_requested,
            language=language or run.scenario.language,
            reports=Path(reports),
            precision=run.precision.half_width if run.precision else None,
        )

    @classmethod
    def for_lock(cls, lock: Lock, scenario: Scenario, reports: Path = Path(), workers: int = 1) -> RunRequest:
        """The request of the plan that was restored from a lock, with its seed, paths and language."""
        return cls(scenario, lock.seed, lock.paths, lock.language, reports, workers=workers, lock_name=lock.name)

    @cached_property
    def inputs(self) -> RunInputs:
        """Everything that the run is made of, by content; InputError where a data file cannot be read."""
        return run_inputs(
            self.scenario,
            seed=self.seed,
            paths=self.paths,
            language=self.language,
            pinned_digest=self.pinned_fits.digest if self.pinned_fits and not self.lock else "",  # a lock has its fits
            precision=self.precision,
            decides=self.decides,
            name=self.name,
            lock_digest=self.lock.digest if self.lock else "",
            references=reference_digests(self.scenario, self.locks),
        )

    @property
    def name(self) -> str:
        """Name of the folder that shows the newest run."""
        return f"{LOCKED_RUN_PREFIX}{self.lock_name}" if self.lock_name else plan_name(self.scenario.file)

    @property
    def argument(self) -> str:
        """Name of the lock, else the path of the plan: what a person types for it."""
        return self.lock_name or self.scenario.file

    def with_pinned_fits(self, pinned_fits: PinnedFits) -> RunRequest:
        """The request that uses these fits; they are kept in a folder of their own."""
        cache = cache_folder() / f"pinned-{pinned_fits.digest[:16]}"
        return dataclasses.replace(self, pinned_fits=pinned_fits, cache=cache)

    @property
    def case_paths(self) -> int:
        """Number of paths on which the cases of the plan are compared with it: the first of the run."""
        return min(self.paths, MAX_CASE_PATHS)


def reports_folder(scenario: Scenario) -> Path:
    """Folder of the reports of a plan: `reports` in the folder of its project.

    Parameters
    ----------
    scenario : Scenario
        The plan.

    Returns
    -------
    Path
        The folder; it need not exist.
    """
    return project_folder(scenario.file) / "reports"


def default_reports() -> Path:
    """Folder of the reports of the project in which one stands.

    Returns
    -------
    Path
        `reports` in the folder of the project of the working directory; it need not exist.
    """
    return find_project(Path.cwd()) / "reports"
