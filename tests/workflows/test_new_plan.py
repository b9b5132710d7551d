"""Templates of a new plan."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from forecast.i18n import LANGUAGES
from forecast.plan.loading.effective import effective_values
from forecast.plan.loading.loader import read_plan
from forecast.plan.scenario import Scenario
from forecast.workflows.new_plan import PLAN_FILE, TEMPLATES, template_files


def write_template(folder: Path, template: str, language: str) -> Path:
    for name, content in template_files(template, language).items():  # type: ignore[arg-type]
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder / PLAN_FILE


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_template_says_the_same_in_both_languages(tmp_path: Path, template: str) -> None:
    plans = [read_plan(write_template(tmp_path / language, template, language)) for language in LANGUAGES]
    numbers = [
        {
            value.name: value.assumption.distribution.ppf(np.array([0.1, 0.5, 0.9])).tolist()
            for value in effective_values(plan)
            if value.assumption is not None
        }
        for plan in plans
    ]
    assert numbers[0] == numbers[1]
    assert numbers[0]
    vi, en = (plan.scenario for plan in plans)
    assert (vi.language, en.language) == ("vi", "en")
    assert vi.name == en.name
    assert [thing.label for thing in labelled(vi)] == [thing.label for thing in labelled(en)]
    assert all(thing.label for thing in labelled(vi))


def labelled(scenario: Scenario) -> list[Any]:
    tables = (scenario.services, scenario.costs, scenario.shocks, scenario.initiatives, scenario.targets)
    return [entry for table in tables for _, entry in sorted(table.items())]


def test_the_lines_to_fill_in_of_the_blank_plan_are_a_plan(tmp_path: Path) -> None:
    for language in LANGUAGES:
        path = write_template(tmp_path / language, "blank", language)
        plan, examples = path.read_text().split("# costs:")
        path.write_text(plan + "costs:" + examples.replace("\n# ", "\n"))
        scenario = read_plan(path).scenario
        assert (len(scenario.costs), len(scenario.shocks), len(scenario.initiatives)) == (2, 1, 1)
