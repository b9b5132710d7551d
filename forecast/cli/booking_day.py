"""Question of the day of booking, where no sheet states it and a person sits at the terminal."""

from __future__ import annotations

import re
import sys
from datetime import date
from typing import TYPE_CHECKING

import click

from forecast.cli.output import print_status
from forecast.i18n import Translator
from forecast.periods import format_month

if TYPE_CHECKING:
    from forecast.workflows.actuals import BookingQuestion

__all__ = ["ask_booking_day"]

_ISO_DAY = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})", re.ASCII)
_DAY_MONTH_YEAR = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})", re.ASCII)
"""As Vietnamese write it; in English the month may come first, so that only the other form is read."""


def ask_booking_day(question: BookingQuestion, t: Translator) -> date | None:
    """Ask for a day of booking until one is answered.

    Parameters
    ----------
    question : BookingQuestion
        The sheet, its last month, and the first day that can be right.
    t : Translator
        Language of the question.

    Returns
    -------
    date, optional
        None where standard input or the stream of the question is no terminal: nobody would see it.

    Raises
    ------
    click.Abort
        The person ended the input.
    """
    if not _is_terminal():
        return None
    from forecast.reports.content.text import period_text

    month = period_text(format_month(question.month), t)
    print_status(t("ask_booked", sheet=question.sheet, month=month, example=question.example.isoformat()))
    while True:
        answer = click.prompt("", prompt_suffix="", default="", show_default=False, err=True).strip()
        day = _parse_day(answer, t)
        if day is None:
            print_status(t("ask_booked_no_day", text=answer[:40], example=question.example.isoformat()))
        elif question.earliest is not None and day < question.earliest:
            print_status(t("ask_booked_early", day=day.isoformat(), last=question.earliest.isoformat()))
        else:
            return day


def _is_terminal() -> bool:
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stderr))


def _parse_day(text: str, t: Translator) -> date | None:
    """The day of `2025-04-04`, in Vietnamese also of `4/4/2025`."""
    match = _ISO_DAY.fullmatch(text)
    parts = match.groups() if match else ()
    if t.language == "vi" and (match := _DAY_MONTH_YEAR.fullmatch(text)):
        parts = match.groups()[::-1]
    try:
        return date(*map(int, parts)) if parts else None
    except ValueError:
        return None
