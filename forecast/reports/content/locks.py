"""The lock whose figures a page shows, in a sentence: its name, its short hash, and who approved it."""

from __future__ import annotations

from forecast.i18n import Translator
from forecast.reports.content.context import RunView

__all__ = ["approval_text", "lock_notes"]


def approval_text(approved_by: str, reference: str, t: Translator) -> str:
    """Write who approved a plan.

    Parameters
    ----------
    approved_by : str
        Empty where nobody did.
    reference : str
        Document of the approval; empty for none.
    t : Translator
        The language.

    Returns
    -------
    str
        `approved by the board (QD 12)`.
    """
    if not approved_by:
        return t("lock_not_approved")
    return t("lock_approved_reference" if reference else "lock_approved", name=approved_by, reference=reference)


def lock_notes(view: RunView, t: Translator) -> list[str]:
    """Write which lock a page shows.

    Parameters
    ----------
    view : RunView
        The run.
    t : Translator
        The language.

    Returns
    -------
    list of str
        Empty for a run of no lock; a second sentence where the figures are not those of the lock.
    """
    lock = view.summary.get("lock")
    if lock is None:
        return []
    approval = approval_text(lock["approved_by"], lock["reference"], t)
    notes = [t("page_locked", name=lock["name"], hash=lock["hash"], approval=approval)]
    return notes if lock["same_figures"] else [*notes, t("page_lock_other_figures")]
