"""The accounts of a plan: what its ledger calls each service and each cost."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import partial

from forecast.history.accounts import Accounts
from forecast.history.booked_months import closed_figures
from forecast.history.books_by_day import BooksByDay
from forecast.history.ledger import History, read_history
from forecast.plan.scenario import Cost, Scenario, Service
from forecast.units import fold_text

__all__ = [
    "account_measures",
    "first_planned_month",
    "ledger_accounts",
    "read_books_by_day",
    "read_plan_history",
    "shared_accounts",
    "simulated_months",
]


def ledger_accounts(scenario: Scenario) -> Accounts:
    """Build the accounts of a plan.

    Parameters
    ----------
    scenario : Scenario
        The plan.

    Returns
    -------
    Accounts
        For each service and cost its name, and its `account`, or its label in both languages where it has none. A text
        that several of them claim stands for the one whose name it is, else for none.
    """
    return Accounts(tuple(_by_text(scenario.services).items()), tuple(_by_text(scenario.costs).items()))


def account_measures(scenario: Scenario) -> dict[str, tuple[str, ...]]:
    """Return the measures that each account of a plan may stand for.

    Parameters
    ----------
    scenario : Scenario
        The plan.

    Returns
    -------
    dict of str
        Folded text -> `revenue.SERVICE`, `cost.COST`: names, accounts, and labels that nothing else claims.
    """
    accounts = ledger_accounts(scenario)
    measures: dict[str, tuple[str, ...]] = defaultdict(tuple)
    for pairs, prefix, entries in (
        (accounts.services, "revenue", scenario.services),
        (accounts.costs, "cost", scenario.costs),
    ):
        texts = dict(pairs)
        labels: dict[str, set[str]] = defaultdict(set)
        for name, entry in entries.items():
            for label in (entry.label.vi, entry.label.en) if entry.label else ():
                labels[fold_text(label)].add(name)
        texts = {text: next(iter(names)) for text, names in labels.items() if len(names) == 1} | texts
        for text, name in texts.items():
            measures[text] = (*measures[text], f"{prefix}.{name}")
    return dict(measures)


def read_plan_history(scenario: Scenario) -> History | None:
    """Read the ledger that a plan names, by the accounts of the plan, as it was known on the day of the plan.

    Parameters
    ----------
    scenario : Scenario
        The plan.

    Returns
    -------
    History, optional
        None where the plan names none.

    Raises
    ------
    InputError
        The ledger is wrong: every problem at once.
    """
    source = scenario.history
    if source is None:
        return None
    read = partial(read_history, source.file, scenario.currency, ledger_accounts(scenario), scenario.as_of)
    planned_from, start = first_planned_month(scenario), scenario.horizon.calendar.first
    history = read(planned_from, scenario.planned_on)
    if planned_from < start and not _closes_begun_year(scenario, history, start):
        return read(start, scenario.planned_on)
    return history


def _closes_begun_year(scenario: Scenario, history: History, start: int) -> bool:
    """True where a service at the planner's level has actual months of the year in which the horizon begins.

    Else there is nothing to learn from, and the history alone may have those months.
    """
    planned = (service for service in scenario.service_names if scenario.is_level_planned(service))
    return any(min(closed_figures(history.booked, f"revenue.{name}"), default=start) < start for name in planned)


def read_books_by_day(scenario: Scenario) -> BooksByDay | None:
    """Read the ledger that a plan names so that its books on each earlier day can be told.

    Parameters
    ----------
    scenario : Scenario
        The plan; rows that became known after its day are left out.

    Returns
    -------
    BooksByDay, optional
        None where the plan names no ledger.

    Raises
    ------
    InputError
        The ledger cannot be read.
    """
    source = scenario.history
    if source is None:
        return None
    accounts, planned_from = ledger_accounts(scenario), first_planned_month(scenario)
    return BooksByDay.read(source.file, scenario.currency, accounts, scenario.as_of, planned_from)


def simulated_months(scenario: Scenario) -> range:
    """Return the months that a plan simulates, from year 0.

    Parameters
    ----------
    scenario : Scenario
        The plan.

    Returns
    -------
    range
        From the first planned month to the December of the last year of the horizon.
    """
    return range(first_planned_month(scenario), scenario.horizon.calendar.full_years().last + 1)


def first_planned_month(scenario: Scenario) -> int:
    """Return the first month that a plan simulates, from year 0.

    Parameters
    ----------
    scenario : Scenario
        The plan.

    Returns
    -------
    int
        January of the first year where the planner sets the level of a service, for that is the level of the year;
        else the first month of the horizon.
    """
    horizon = scenario.horizon.calendar
    if any(scenario.is_level_planned(service) for service in scenario.service_names):
        return horizon.full_years().first
    return horizon.first


def shared_accounts(scenario: Scenario) -> Iterator[tuple[str, str, str]]:
    """Find the texts under `account` that two entries claim.

    Parameters
    ----------
    scenario : Scenario
        The plan.

    Yields
    ------
    tuple of str
        Dotted name of the second entry, the text, and dotted name of the first.
    """
    claimed: dict[str, str] = {}
    for table, entries in (("services", scenario.services), ("costs", scenario.costs)):
        for name, entry in entries.items():
            path = f"{table}.{name}"
            for text in dict.fromkeys(map(fold_text, entry.account)):
                if text in claimed:
                    yield path, text, claimed[text]
                claimed.setdefault(text, path)


def _by_text(entries: Mapping[str, Service] | Mapping[str, Cost]) -> dict[str, str]:
    """Folded text -> name; names win over what others are called."""
    claims: dict[str, set[str]] = {}
    for name, entry in entries.items():
        labels = (entry.label.vi, entry.label.en) if entry.label else ()
        for text in entry.account or labels:
            claims.setdefault(fold_text(text), set()).add(name)
    texts = {text: names.pop() for text, names in claims.items() if len(names) == 1 and text}
    return texts | {fold_text(name): name for name in entries}
