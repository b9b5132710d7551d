"""The formulas of a workbook give the engine's central case once LibreOffice has computed them."""

from __future__ import annotations

from pathlib import Path

import pytest

from forecast.files.workbook import cell_address
from forecast.reports.workbook.content import WorkbookContent
from forecast.reports.workbook.document import INPUT_COLUMNS, render_workbook
from forecast.reports.workbook.table_sheet import HEADER_ROW
from forecast.workflows.excel import import_inputs
from tests.support.office import OFFICE, convert, edit_cells, sheet_values
from tests.support.plans import SCENARIOS
from tests.support.workbook_plans import workbook_content_of, write_plan

TOLERANCE = 1e-3
"""Largest difference, in the unit of the currency."""
INPUTS_NUMBER = 2
"""Number of the sheet of the inputs."""
EDITS: dict[str, list[tuple[str, str]]] = {
    "every-input": [
        ("services.a.baseline.annual", "normal(131 tỷ, 11 tỷ)"),
        ("initiatives.shop.takes_from.b", "60%"),
        ("initiatives.shop.effect.volume.a", "pert(0%, 14%, 19%)"),
        ("costs.goods.of_revenue.b", "triangular(11%, 41%, 45%)"),
        ("shocks.rivals.reach", "75%"),
    ],
    "plan-2021": [
        ("services.postal.growth", "2% to 31%"),
        ("stated.2020.services.finance", "51 tỷ"),
        ("initiatives.commune_level.start", "2021-05-10 to 2021-08-21"),
        ("initiatives.merit_payouts.chance", "10% to 40%"),
        ("shocks.competition.effect.price.postal", "-9% to -2%"),
    ],
    "shop-chain": [
        ("services.lunch.baseline.annual", "normal(71 thousand EUR, 9 thousand EUR)"),
        ("initiatives.new_oven.start", "2026-05-02 to 2026-07-18"),
        ("costs.ingredients.change_per_year", "3% to 12%"),
        ("initiatives.new_oven.effect.unit_cost.bread", "-22% to -9%"),
        ("workforce.headcount", "12.5 people"),
    ],
    "water-2025": [
        ("services.household.price_change", "1% to 3.5%"),
        ("initiatives.tariff.start", "2025-06-17"),
        ("initiatives.tariff.chance", "45%"),
        ("costs.electricity.of_revenue.industry", "9% to 21%"),
        ("services.connections.growth", "-6% to 33.3%"),
    ],
}


def edited_cells(content: WorkbookContent, edited: WorkbookContent) -> dict[str, float]:
    """Numbers of the yellow cells that differ."""
    numbers = {}
    for offset, (before, after) in enumerate(zip(content.inputs, edited.inputs, strict=True)):
        for position in before.editable:
            value = after.values[position]
            if value is not None and value != before.values[position]:
                column = INPUT_COLUMNS[("low", "middle", "high")[position]]
                numbers[cell_address(HEADER_ROW + 1 + offset, column)] = value
    return numbers


def assert_same_numbers(computed: Path, expected: Path) -> None:
    first, second = sheet_values(computed), sheet_values(expected)
    for sheet in ("Cách tính", "Trường hợp giữa", "Theo tháng"):
        assert first[sheet].keys() == second[sheet].keys()
        for address, value in second[sheet].items():
            if isinstance(value, float | int):
                assert first[sheet][address] == pytest.approx(value, rel=0, abs=TOLERANCE), (
                    computed.name,
                    sheet,
                    address,
                )
    for sheet, cells in first.items():
        assert not [address for address, value in cells.items() if str(value).startswith("#")], sheet


@pytest.mark.slow
@pytest.mark.skipif(OFFICE is None, reason="LibreOffice is not installed")
@pytest.mark.parametrize("name", sorted(EDITS))
def test_formulas_give_the_central_case_of_the_engine(name: str, tmp_path: Path) -> None:
    """As exported, after each of five edits of the inputs, and after all of them together."""
    plan = write_plan(tmp_path) if name == "every-input" else SCENARIOS / f"{name}.yaml"
    content = workbook_content_of(plan)
    exported = tmp_path / "exported.xlsx"
    exported.write_bytes(render_workbook(content))
    to_compute, to_expect = [exported], [exported]
    for number, changes in enumerate([*({key: text} for key, text in EDITS[name]), dict(EDITS[name])]):
        edited = workbook_content_of(plan, changes)
        cells = edited_cells(content, edited)
        assert cells
        to_compute.append(edit_cells(exported, INPUTS_NUMBER, cells, tmp_path / f"edited{number}.xlsx"))
        to_expect.append(tmp_path / f"expected{number}.xlsx")
        to_expect[-1].write_bytes(render_workbook(edited))
    saved = convert(to_compute, tmp_path)
    for computed, expected in zip(saved, to_expect, strict=True):
        assert_same_numbers(computed, expected)
    assert import_inputs(saved[0], plan).edits == ()
    assert {edit.name for edit in import_inputs(saved[-1], plan).edits} == {key for key, _ in EDITS[name]}
