"""Every kind of shock that a plan may name has an impact of its own."""

from __future__ import annotations

from types import SimpleNamespace
from typing import get_args

import pytest

from forecast.plan.shocks import AnyShock, Shock
from forecast.simulation.model.shocks import impact

KINDS = get_args(get_args(AnyShock)[0])


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_kind_of_shock_has_an_impact(kind: type[Shock]) -> None:
    assert impact.dispatch(kind) is not impact.dispatch(Shock)


def test_a_kind_without_an_impact_is_rejected() -> None:
    with pytest.raises(NotImplementedError, match="SimpleNamespace"):
        impact(SimpleNamespace(), "shocks.x", None, None)
