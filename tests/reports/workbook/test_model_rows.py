"""The formulas of the model, computed without an office."""

from __future__ import annotations

from pathlib import Path

import pytest

from forecast.files.workbook import cell_address
from forecast.reports.workbook.content import WorkbookContent
from forecast.reports.workbook.model_rows import FIRST_MONTH_COLUMN, VALUE_COLUMN
from tests.support.formulas import evaluate, model_values
from tests.support.plans import SCENARIOS
from tests.support.workbook_plans import workbook_content_of, write_plan

EDITS = {
    "services.a.baseline.annual": "normal(131 tỷ, 11 tỷ)",
    "services.a.growth.2027": "-4% to 9%",
    "services.a.price_change.2027": "3%",
    "services.b.growth": "1% to 8%",
    "costs.wages.change_per_year": "0% to 21%",
    "costs.goods.of_revenue.b": "triangular(11%, 41%, 45%)",
    "costs.goods.once": "3.5 tỷ",
    "workforce.headcount": "93 people",
    "workforce.productivity.wage_share.all": "45% to 99%",
    "shocks.rivals.over": "31 months",
    "shocks.rivals.reach": "75%",
    "shocks.rivals.effect.volume.a": "-50% to -10%",
    "initiatives.shop.start": "2026-07-03 to 2027-03-20",
    "initiatives.shop.ramp": "7 months",
    "initiatives.shop.cost.once": "450 triệu",
    "initiatives.shop.takes_from.b": "60%",
    "initiatives.shop.effect.volume.a": "pert(0%, 14%, 19%)",
    "initiatives.unlikely.chance": "50%",
}


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_plan(tmp_path_factory.mktemp("workbook"))


@pytest.fixture(scope="module")
def content(plan: Path) -> WorkbookContent:
    return workbook_content_of(plan)


def assert_formulas_give(content: WorkbookContent, edited: WorkbookContent) -> None:
    """Formulas of one workbook with the inputs of another give the other's values."""
    assert content.model is not None
    assert edited.model is not None
    medians = {cells.assumption.name: cells.median for cells in edited.inputs}
    computed = model_values(content.model, medians)
    assert len(content.model.rows) == len(edited.model.rows)
    for row in edited.model.rows:
        if row.scalar is not None:
            address = cell_address(row.row, VALUE_COLUMN)
            assert computed[address] == pytest.approx(row.scalar[1], rel=1e-14, abs=1e-12), (row.kind, row.name)
        for month, value in enumerate(row.values):
            address = cell_address(row.row, FIRST_MONTH_COLUMN + month)
            assert computed[address] == pytest.approx(value, rel=1e-14, abs=1e-12), (row.kind, row.name, month)


def test_formulas_give_the_central_case(content: WorkbookContent) -> None:
    assert content.model is not None
    for line, months in content.model.central.months.items():
        assert content.model.by_line[line].values.tolist() == months.tolist()
    assert_formulas_give(content, content)


@pytest.mark.parametrize("name", sorted(EDITS))
def test_formulas_follow_each_input(content: WorkbookContent, plan: Path, name: str) -> None:
    edited = workbook_content_of(plan, {name: EDITS[name]})
    assert content.model is not None
    assert name in content.model.live
    before = {cells.assumption.name: cells.median for cells in content.inputs}
    after = {cells.assumption.name: cells.median for cells in edited.inputs}
    assert before[name] != after[name]
    assert_formulas_give(content, edited)


def test_inputs_that_formulas_do_not_use_need_a_run(content: WorkbookContent) -> None:
    assert content.model is not None
    names = {cells.assumption.name for cells in content.inputs}
    assert names - content.model.live == {
        "services.a.baseline.noise",
        "shocks.flood.effect.volume.all",
        "shocks.flood.from",
        "shocks.flood.until",
        "targets.revenue.at_least",
        "targets.revenue.required_chance",
    }


def test_medians_of_inputs(content: WorkbookContent) -> None:
    """Each form of an assumption has a formula that gives its median."""
    forms = set()
    for cells in content.inputs:
        values = dict(zip(("A1", "B1", "C1"), cells.values, strict=True))
        median = evaluate(cells.median_formula("A1", "B1", "C1"), values.__getitem__, dict[str, float]().__getitem__)
        assert median == pytest.approx(cells.median, rel=1e-14, abs=1e-15), cells.assumption.name
        forms.add(cells.form)
    assert forms == {"value", "range", "uniform", "triangular", "pert", "normal"}


@pytest.mark.slow
@pytest.mark.parametrize("file", sorted(SCENARIOS.glob("*.yaml")), ids=lambda file: file.stem)
def test_formulas_give_the_central_case_of_every_shipped_plan(file: Path) -> None:
    shipped = workbook_content_of(file)
    assert_formulas_give(shipped, shipped)
