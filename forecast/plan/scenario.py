"""The plan: what a planner writes, as records. Its classes are the schema and the reference of the language."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, PrivateAttr, WithJsonSchema, model_validator

from forecast.errors import Location
from forecast.i18n import Language
from forecast.periods import Calendar, first_day, format_month, parse_month
from forecast.plan.assumption import Assumption, Coefficient, Count, Money, Noise, Share, VolumeOrMoney
from forecast.plan.bilingual import Label
from forecast.plan.expressions import parse_plan_month
from forecast.plan.fields import (
    AccountsField,
    CopulaField,
    Currency,
    DateField,
    LevelField,
    Measure,
    MonthField,
    MonthKey,
    PositiveNumber,
    RankCorrelation,
    YearField,
    field_error,
    integer_between,
)
from forecast.plan.initiatives import Initiative
from forecast.plan.record import ByName, ByService, FrozenDict, Name, Record, assumptions_in
from forecast.plan.shocks import AnyShock, Event
from forecast.plan.targets import Decision, Target
from forecast.plan.weights import PlaceWeights, YearShape
from forecast.plan.workforce import Workforce
from forecast.plan.yearly_changes import YearlyChange, YearlyValue, change_in_year
from forecast.stats.distributions import Constant
from forecast.units import QuantityError, fold_text

__all__ = ["BaselineChoice", "Cost", "Scenario", "Service", "StatedYear", "assumptions_known_after"]

DEFAULT_GROWTH_CORRELATION = Assumption("growth_correlation", "0.5", Constant(0.5), "coefficient", "none")
"""Correlation of two years where a plan says nothing: half of the doubt is about all years, half about the year."""

MEASURES_BY_PRIORITY = ("revenue", "profit", "productivity", "margin")
"""Measures of the targets that a report tells first; all others after them."""


MAX_HORIZON_MONTHS = 120
"""Months that a plan simulates at most."""


class Horizon(Record):
    """The months that are simulated."""

    from_: MonthField = Field(alias="from")
    """The first month."""
    months: Annotated[int, integer_between(1, MAX_HORIZON_MONTHS)]
    """Number of months; or write `to`."""
    to: MonthField | None = None
    """The last month, in place of `months`."""

    @model_validator(mode="before")
    @classmethod
    def _count_months(cls, written: Any) -> Any:
        """Count the months where the last one is written."""
        if not isinstance(written, Mapping) or written.get("to") is None or "from" not in written:
            return written
        if "months" in written:
            raise field_error("horizon_months_and_to")
        try:
            first, last = (parse_plan_month(str(written[key])) for key in ("from", "to"))
        except QuantityError:
            return {**written, "months": 1}  # the field itself names what is wrong
        if last < first:
            raise field_error("horizon_backwards", start=format_month(first))
        return {**written, "months": str(last - first + 1)}

    @property
    def calendar(self) -> Calendar:
        """The months."""
        return Calendar(self.from_, self.months)


class HistorySource(Record):
    """The ledger, and the shocks that it already holds."""

    file: str
    """A CSV: month, service, revenue or volume and price, status."""
    shocks: ByName[Event] = FrozenDict()
    """Dated events of the past; `growth` is over the year without them. One that is under way goes on in the horizon,
    and what is recovered of it there comes back."""
    estimate_error: Noise | None = None
    """Standard deviation of an estimate's error on the log scale, of a measure with fewer than six past estimates whose
    actual figures are known; the others teach it."""

    ordinary: Annotated[dict[str, tuple[MonthField, ...]], AfterValidator(FrozenDict)] = FrozenDict()
    """By measure, closed months whose surprising figure had no cause to name: `{revenue.postal: [2021-03]}`. They teach
    the open months in full; other surprising months teach less."""

    @property
    def ordinary_months(self) -> tuple[tuple[str, int], ...]:
        """Measure and month, from year 0, of the figures that the planner calls ordinary."""
        return tuple((measure, month) for measure, months in sorted(self.ordinary.items()) for month in months)

    @model_validator(mode="before")
    @classmethod
    def _expand_file(cls, written: Any) -> Any:
        return {"file": written} if isinstance(written, str) else written


class Gap(Record):
    """The stated total less the services: shown, never absorbed."""

    label: Label | None = None
    at_most: Share | None = None
    """Share of the total beyond which it is an error, not a rounding; 1% where nothing is said."""


class StatedYear(Record):
    """Figures of one year as the document gives them."""

    total: Money | None = None
    services: ByService[Money] = FrozenDict()
    understated_by: ByService[Money] = FrozenDict()
    """Amount by which a figure stated as `more than` may be too low, by service."""
    gap: Gap = Gap()
    periods: str | None = None
    """A CSV: period, measure, value; the months or the quarters of the year, such as those of the assigned plan."""


class BaselineChoice(Record):
    """Baseline of a service: where its months come from."""

    method: Literal["fit", "given"] = "fit"
    """`fit` to the history, or `given` by the planner."""
    level: LevelField | None = None
    """Whose level of the year: planner, history or mixture(60%) - a path takes the planner's with that chance."""
    mask: tuple[MonthField, ...] = ()
    """Months of the history that teach nothing."""
    noise: Noise | None = None
    """Standard deviation of a month."""
    persistence: Share | None = None
    """Share of a month's surprise that remains in the next month."""
    level_noise: Noise | None = None
    """Standard deviation, over a year, of the slow random walk of the level."""
    annual: VolumeOrMoney | None = None
    """With `given`: the year."""
    shape: YearShape | None = None
    """With `given`: flat, or twelve weights."""


class Service(Record):
    """A line of business."""

    label: Label | None = None
    account: AccountsField = ()
    """Its name in the ledger, a text or a list; its label where nothing is said."""
    unit: Label | None = None
    """Unit of its volume, such as parcels or kg; pieces where nothing is said."""
    growth: YearlyChange | None = None
    """Year on year, of what the history holds, without the named shocks and initiatives."""
    price_change: YearlyChange | None = None
    """Year on year, of the price."""
    baseline: BaselineChoice = BaselineChoice()


class Places(Record):
    """Where the trade is done."""

    label: Label | None = None
    count: Count | None = None
    """Number of places, when they are not listed."""
    file: str | None = None
    """A CSV: place, district, and if wanted name, district_name, weight, weight.SERVICE."""
    ledger: str | None = None
    """A CSV of what each place took: month, service, place, revenue, status; its forecasts give the weights."""
    weights: PlaceWeights | None = None
    noise: Noise | None = None
    """Standard deviation of one place's month against its share."""


class Climate(Record):
    """One factor a year on the rates of all storms and floods."""

    shape: PositiveNumber
    """Shape parameter of its gamma distribution, which has mean 1."""


class Cost(Record):
    """A cost, by what it follows."""

    label: Label | None = None
    account: AccountsField = ()
    """Its name in the ledger, a text or a list; its label where nothing is said."""
    per_unit: ByService[Money] = FrozenDict()
    """Cost of each piece sold."""
    of_revenue: ByService[Share] = FrozenDict()
    per_month: Money | None = None
    per_person_month: Money | None = None
    once: Money | None = None
    """In the first month of the horizon."""
    change_per_year: YearlyChange | None = None
    """From the first month of the horizon on, month by month."""


class Correlation(Record):
    """Numbers that move together."""

    between: tuple[str, ...]
    """Names of assumptions, of services (`services.S`: their monthly surprises), of what may happen or not
    (`initiatives.I.happens`, `shocks.X.happens` of an event with a chance), or of a year's climate (`climate.2021`)."""
    rank: RankCorrelation
    """Spearman's rank correlation of each pair."""
    note: Label | None = None


_DEFAULT_BASELINE = dict(BaselineChoice())


class Scenario(Record):
    """A plan, with everything that its parents say.

    Examples
    --------
    >>> import forecast
    >>> scenario = forecast.read("plan.yaml")
    >>> scenario.service_names
    ('bread',)
    >>> [assumption.name for assumption in scenario.uncertain_assumptions()]
    ['services.bread.baseline.annual', 'shocks.heat.effect.volume.bread']
    """

    name: Label
    revises: str | None = None
    """Name of the lock that this plan revises; it counts for the file that writes it, not for those that extend it."""
    as_of: DateField | None = None
    """The day on which the plan was made; random events begin after it, and what is known later is named in the
    report."""
    currency: Currency = "VND"
    language: Language = "en"
    horizon: Horizon
    history: HistorySource | None = None
    """A CSV, or {file: CSV, shocks: ...}."""
    growth_over: Literal["underlying", "stated"] = "underlying"
    """`underlying`: `growth` is over the last year without `history.shocks`; `stated`: over the year as it stands, what
    comes back of its losses included."""
    growth_correlation: Coefficient | None = None
    """Correlation of any two years of a `growth`, `price_change` or `change_per_year`; 0.5 where nothing is said."""
    paths: Annotated[int, integer_between(100, 10**10)] = 100_000
    """With fewer no figure has an error that could be told."""
    seed: Annotated[int, integer_between(0, 2**63 - 1)] = 20210111
    stated: Annotated[dict[YearField, StatedYear], AfterValidator(FrozenDict)] = FrozenDict()
    services: ByName[Service] = Field(min_length=1)
    baseline: BaselineChoice = BaselineChoice()
    """For all services; a service's own entries win."""
    places: Places | None = None
    workforce: Workforce | None = None
    climate: Climate | None = None
    costs: ByName[Cost] = FrozenDict()
    shocks: ByName[AnyShock] = FrozenDict()
    initiatives: ByName[Initiative] = FrozenDict()
    targets: ByName[Target] = FrozenDict()
    cases: Annotated[dict[Name, Any], AfterValidator(FrozenDict), WithJsonSchema({"type": "object"})] = FrozenDict()
    """Other assumption cases: overlays in the file, scenarios once they are read."""
    correlations: ByName[Correlation] = FrozenDict()
    copula: CopulaField = "gaussian"
    """Copula of all correlations."""
    decisions: ByName[Decision] = FrozenDict()
    notes: Annotated[
        dict[Measure, Annotated[dict[MonthKey, str], AfterValidator(FrozenDict)]], AfterValidator(FrozenDict)
    ] = FrozenDict()
    """Comments on closed months, by measure and month (`{revenue.post: {2021-03: TEXT}}`), beside the variance."""

    file: Annotated[str, Field(exclude=True)] = ""
    """The file it was read from; not a key of the language."""
    _planned_on: date | None = PrivateAttr(default=None)
    """The earliest `as_of` of the files that it extends, from the last one that revises a plan."""
    _locations: Mapping[str, Location] = PrivateAttr(default_factory=dict)
    """Where keys are written, by dotted name: those that are checked later."""

    def with_locations(self, locations: Mapping[str, Location]) -> Scenario:
        """The same plan, which knows where these keys are written."""
        copied = self.model_copy()
        copied._locations = locations
        return copied

    def with_plan_day(self, day: date | None) -> Scenario:
        """The same plan, made on another day than it is read for: its months before the horizon count as known then."""
        copied = self.model_copy()
        copied._planned_on = day
        return copied

    @property
    def planned_on(self) -> date | None:
        """The day on which the plan was made; `as_of` is the day for which it is simulated, and never before."""
        if self._planned_on is None or self.as_of is None:
            return self.as_of
        return min(self._planned_on, self.as_of)

    def stated_total_before(self, year: int) -> StatedYear | None:
        """The last stated year before another one, where a total of it is stated; else None."""
        years = [text for text in self.stated if int(text) < year]
        stated = self.stated[max(years)] if years else None
        return stated if stated is not None and stated.total is not None else None

    def location_of(self, name: str) -> Location:
        """Where a key is written, or what it stands in; the file alone where nothing of that is known."""
        while name and name not in self._locations:
            name = name.rpartition(".")[0]
        return self._locations[name] if name else Location(self.file or "<plan>")

    def volume_units(self, services: Iterable[str]) -> set[str]:
        """Units of the volumes of some services; volumes of two units cannot be added up."""
        units = (self.services[name].unit for name in services)
        return {fold_text(unit.in_language("en")) if unit else "pieces" for unit in units}

    @property
    def service_names(self) -> tuple[str, ...]:
        """The services in the order in which they are summed."""
        return tuple(sorted(self.services))

    def baseline_for(self, service: str) -> BaselineChoice:
        """The baseline of one service: its own entries, then those of the plan; a given year asks no history."""
        choice = self.services[service].baseline
        entries = {field: getattr(choice, field) for field in choice.model_fields_set}
        merged = {field: getattr(self.baseline, field) for field in self.baseline.model_fields_set} | entries
        if merged.get("method") == "given":
            merged |= {"level": None, "mask": ()}
        return BaselineChoice.model_construct(**{**_DEFAULT_BASELINE, **merged})

    def is_level_planned(self, service: str) -> bool:
        """True where the planner sets the level of a service's years, in some paths at least."""
        choice = self.baseline_for(service)
        if choice.method == "given":
            return True
        return choice.level != "history" and (choice.level is not None or self.services[service].growth is not None)

    def assumptions(self) -> Iterator[Assumption]:
        """Every assumption of the plan itself, in the order of the fields; those of its cases are theirs."""
        for field in type(self).model_fields:
            if field != "cases":
                yield from assumptions_in(getattr(self, field))

    def uncertain_assumptions(self) -> Iterator[Assumption]:
        """Every assumption that is not one sure value, each once, by name."""
        by_name = {a.name: a for a in self.assumptions() if not a.is_constant}
        yield from (by_name[name] for name in sorted(by_name))

    def drawn_assumptions(self) -> tuple[Assumption, ...]:
        """Every number that is drawn, by name: a draw that several names share once, and none of inactive initiatives.

        Dates on record, ramps, settings, thresholds and required chances are one sure value, which nothing draws.
        """
        by_stream: dict[str, Assumption] = {}
        for assumption in self.uncertain_assumptions():
            keys = assumption.name.split(".")
            if keys[0] == "initiatives" and not self.initiatives[keys[1]].active:
                continue
            if assumption.name == assumption.stream_name or assumption.stream_name not in by_stream:
                by_stream[assumption.stream_name] = assumption
        return tuple(by_stream[stream] for stream in sorted(by_stream))

    @property
    def yearly_changes(self) -> dict[str, YearlyValue]:
        """Growth and price change of each service and yearly change of each cost, by dotted name."""
        by_name = {f"services.{name}.growth": service.growth for name, service in sorted(self.services.items())}
        by_name |= {f"services.{name}.price_change": s.price_change for name, s in sorted(self.services.items())}
        by_name |= {f"costs.{name}.change_per_year": cost.change_per_year for name, cost in sorted(self.costs.items())}
        return {name: change for name, change in by_name.items() if change is not None}

    @property
    def changing_years(self) -> dict[str, range]:
        """Calendar years in which each yearly change counts, by its dotted name."""
        return {name: self.years_of_change(name) for name in self.yearly_changes}

    def years_of_change(self, change: str) -> range:
        """Calendar years in which one yearly change counts, by its dotted name."""
        return self._years_of_change(*change.split("."))

    def _years_of_change(self, table: str, name: str, key: str) -> range:
        first, last = self.horizon.calendar.years[0], self.horizon.calendar.years[-1]
        if table == "costs":  # from each month to the next: the last month leads nowhere
            return range(first, (self.horizon.calendar.last - 1) // 12 + 1)
        choice = self.baseline_for(name)
        if key == "growth" and choice.level == "history":
            return range(0)
        return range(first + (choice.method == "given"), last + 1)  # the planner gives the first year itself

    @property
    def has_correlated_years(self) -> bool:
        """True when a yearly change is unsure in more than one year of the horizon."""
        return any(
            sum(not change_in_year(change, year).is_constant for year in self.years_of_change(name)) > 1
            for name, change in self.yearly_changes.items()
        )

    @property
    def correlation_of_years(self) -> Assumption:
        """Correlation of each pair of years of a yearly change."""
        return self.growth_correlation or DEFAULT_GROWTH_CORRELATION

    @property
    def targets_by_priority(self) -> tuple[str, ...]:
        """Names of the targets, main first: the whole before a place, then by measure, a year before a quarter."""

        def priority(name: str) -> tuple[bool, int, int, str]:
            target = self.targets[name]
            measures = (*MEASURES_BY_PRIORITY, target.measure)
            return target.place is not None, measures.index(target.measure), -target.period.calendar.count, name

        return tuple(sorted(self.targets, key=priority))

    @property
    def main_target(self) -> str:
        """Name of the target whose story a report tells; empty without targets."""
        return next(iter(self.targets_by_priority), "")


def assumptions_known_after(scenario: Scenario, day: date) -> tuple[Assumption, ...]:
    """Assumptions that rest on a source which came out after a day.

    Parameters
    ----------
    scenario : Scenario
        The plan.
    day : date
        Usually the day on which the plan was made.

    Returns
    -------
    tuple of Assumption
        Sorted by name; a month or a year counts as known at its end.
    """
    by_name = {
        assumption.name: assumption
        for assumption in scenario.assumptions()
        if assumption.known_since and _last_day_known(assumption.known_since) > day
    }
    return tuple(by_name[name] for name in sorted(by_name))


def _last_day_known(known: str) -> date:
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", known):
        return date.fromisoformat(known)
    if re.fullmatch(r"\d{4}", known):
        return date(int(known), 12, 31)
    return date.fromordinal(first_day(parse_month(known) + 1) - 1)
