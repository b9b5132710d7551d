"""Notes on what the closed months of a plan taught: surprises, growth now, and how many simulations explain them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from forecast.i18n import Note, Phrase, Translator, flatten_phrases
from forecast.i18n.listing import list_names
from forecast.periods import format_month
from forecast.plan.yearly_changes import change_in_year
from forecast.simulation.model.conditioning.conditioning import ClosedLesson, SurprisingCell
from forecast.simulation.results import Simulation

__all__ = ["closed_notes"]

MIN_SURPRISE = 1 / 20
"""Share of futures below which the closed months are said to be surprising [C]."""
MIN_EFFECTIVE_DRAWS = 400
"""Simulations that must explain the closed months for chances to be told without a note [C]."""
MAX_NAMED_SURPRISES = 4
"""Surprising figures that are named, the most surprising first."""
MAX_UNLEARNED_FIGURES = 6
"""Figures where the plan always has zero that are named before the others are counted."""


def closed_notes(run: Simulation) -> tuple[Note, ...]:
    """List the notes on the closed months of a run.

    Parameters
    ----------
    run : Simulation
        The simulated plan.

    Returns
    -------
    tuple of Note
        Empty where no month is closed.
    """
    lesson = run.lesson
    if lesson is None:
        return ()
    surprising = sorted(lesson.surprising, key=lambda cell: -abs(cell.score))[:MAX_NAMED_SURPRISES]
    return (
        *(_surprising_note(cell) for cell in surprising),
        *_surprise_notes(lesson),
        *_draw_notes(lesson, run.paths),
        *_growth_notes(run),
        *_sure_notes(lesson),
        *_unlearned_notes(lesson),
    )


def _surprising_note(cell: SurprisingCell) -> Note:
    is_below = cell.difference < 0
    side = Phrase("below", "thấp hơn") if is_below else Phrase("above", "cao hơn")
    return _note(
        "closed_surprising",
        measure=cell.measure,
        month=format_month(cell.month),
        difference=_percent(abs(cell.difference)),
        side=side,
        score=_in_both(lambda t: t.number(abs(cell.score), 1)),
    )


def _surprise_notes(lesson: ClosedLesson) -> Iterator[Note]:
    if lesson.surprise <= MIN_SURPRISE:
        yield _note("closed_surprise", count=_in_both(lambda t: t.number(round(1 / lesson.surprise))))


def _draw_notes(lesson: ClosedLesson, paths: int) -> Iterator[Note]:
    draws = lesson.effective_draws * paths / lesson.block_paths
    if draws < MIN_EFFECTIVE_DRAWS:
        count, total = _in_both(lambda t: t.number(round(draws))), _in_both(lambda t: t.number(paths))
        yield _note("closed_few_draws", count=count, paths=total)


def _growth_notes(run: Simulation) -> Iterator[Note]:
    """Growth of each service that has a range, in the years that are recorded, beside that range."""
    for service in run.scenario.service_names:
        growth, label = run.scenario.services[service].growth, run.scenario.services[service].label
        years = run.scenario.years_of_change(f"services.{service}.growth") if growth else ()
        for year in years:
            tally = run.tallies.get((f"growth.{service}", str(year)))
            if growth is None or tally is None:
                continue
            now = [tally.quantile(p).value for p in (0.1, 0.9)]
            planned = change_in_year(growth, year).distribution.ppf(np.array([0.1, 0.9]))
            yield _note(
                "closed_growth",
                service=Phrase(label.en, label.vi) if label else service,
                year=str(year),
                low=_percent(now[0]),
                high=_percent(now[1]),
                planned_low=_percent(float(planned[0])),
                planned_high=_percent(float(planned[1])),
            )


def _sure_notes(lesson: ClosedLesson) -> Iterator[Note]:
    if lesson.without_doubt:
        yield _note("closed_without_doubt", measures=", ".join(lesson.without_doubt))


def _unlearned_notes(lesson: ClosedLesson) -> Iterator[Note]:
    if lesson.without_size:
        figures = (f"{measure} {format_month(month)}" for measure, month in lesson.without_size)
        yield _note("closed_without_size", figures=list_names(figures, MAX_UNLEARNED_FIGURES))


def _in_both(write: Callable[[Translator], str]) -> Phrase:
    return Phrase(write(Translator("en")), write(Translator("vi")))


def _percent(share: float) -> Phrase:
    return _in_both(lambda t: t.percent(share, 1))


def _note(key: str, **params: object) -> Note:
    return key, tuple(sorted(flatten_phrases(params).items()))
