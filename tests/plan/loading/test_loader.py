"""Reading a plan from a file."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from forecast.errors import InputError
from forecast.plan.loading.loader import read
from tests.support.plans import SCENARIOS


@pytest.mark.parametrize("plan", sorted(SCENARIOS.rglob("*.yaml")), ids=lambda path: path.stem)
def test_shipped_plans_can_be_read_and_pickled(plan: Path) -> None:
    scenario = read(plan)
    assert scenario.file.endswith(plan.name)
    again = pickle.loads(pickle.dumps(scenario))
    assert [a.name for a in again.assumptions()] == [a.name for a in scenario.assumptions()]


def test_reading_a_missing_file_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no file"):
        read(tmp_path / "absent.yaml")
