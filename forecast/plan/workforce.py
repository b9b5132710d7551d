"""People: how many, and what a worker's revenue is counted on."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Tag

from forecast.plan.assumption import NOISE_TYPE, Assumption, People, Share
from forecast.plan.fields import BooleanField
from forecast.plan.record import ByService, FrozenDict, Record

__all__ = ["ImpliedHeadcount", "Workforce"]


class ImpliedHeadcount(Record):
    """The headcount that the plan itself implies: revenue planned / productivity planned."""

    implied_by: str
    """The productivity target: `targets.NAME`."""
    spread: Annotated[Assumption, NOISE_TYPE] | None = None
    """Half the width of P10 to P90 around it, in percent; none where nothing is said."""


class Productivity(Record):
    """Which revenue a worker's year is counted on."""

    basis: Literal["total_revenue", "wage_revenue"]
    wage_share: ByService[Share] = FrozenDict()
    """Share of a service's revenue that counts as wage revenue (doanh thu tính lương)."""


def _headcount_form(written: Any) -> str:
    implied = isinstance(written, ImpliedHeadcount) or (isinstance(written, dict) and "implied_by" in written)
    return "implied" if implied else "count"


class Workforce(Record):
    """The people of the plan."""

    headcount: Annotated[
        Annotated[People, Tag("count")] | Annotated[ImpliedHeadcount, Tag("implied")], Discriminator(_headcount_form)
    ]
    keep_jobs: BooleanField = False
    """`true` refuses an initiative that could cut headcount."""
    productivity: Productivity = Productivity(basis="total_revenue")
