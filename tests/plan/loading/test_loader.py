"""Reading a plan from a file."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from forecast.errors import InputError
from forecast.plan.loading.loader import read
from tests.support.plans import SCENARIOS


@pytest.mark.parametrize("plan", sorted(SCENARIOS.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_shipped_plan_is_read_and_travels_between_processes(plan: Path) -> None:
    scenario = read(plan)
    assert scenario.file.endswith(plan.name)
    again = pickle.loads(pickle.dumps(scenario))
    assert [a.name for a in again.assumptions()] == [a.name for a in scenario.assumptions()]


def test_a_wrong_call_of_the_library_is_an_input_error_too(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no file"):
        read(tmp_path / "absent.yaml")
