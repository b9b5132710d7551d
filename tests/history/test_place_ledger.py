"""A ledger by place is read strictly."""

from __future__ import annotations

from pathlib import Path

import pytest

from forecast.errors import InputError
from forecast.plan.loading.loader import read_text
from tests.support.place_ledgers import LEDGER_PLAN, ledger_rows, write_ledger


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("2018-01,a,p1,", "2018-13,a,p1,", "'2018-13' is not a month"),
        ("2018-01,a,p1,", "2018-01,a,p9,", "the list has no place 'p9'"),
        ("2018-01,a,p1,", "2018-01,c,p1,", "the plan has no service 'c'"),
        ("2018-01,a,p1,", "2018-01,a,p1,-", "revenue below 0"),
        ("2018-02,a,p1,", "2018-01,a,p1,", "2018-01 of 'a' in 'p1' stands twice (line 2)"),
        ("2018-01,a,p1,", "2018-01,a,p1,x", "is not a plain number"),
        ("actual", "actuall", "unknown status 'actuall'; write 'actual'"),
    ],
)
def test_a_wrong_row_is_rejected_with_its_line(tmp_path: Path, old: str, new: str, sentence: str) -> None:
    rows = ledger_rows()
    place = next(n for n, row in enumerate(rows) if old in row)
    rows[place] = rows[place].replace(old, new, 1)
    with pytest.raises(InputError) as wrong:
        read_text(LEDGER_PLAN, write_ledger(tmp_path, rows))
    assert sentence in str(wrong.value)
    assert f"ledger.csv:{place + 1}:" in str(wrong.value)


def test_a_missing_month_and_a_short_ledger_are_rejected(tmp_path: Path) -> None:
    rows = ledger_rows()
    with pytest.raises(InputError, match=r"'b' in 'p2' lacks 2019-05"):
        read_text(LEDGER_PLAN, write_ledger(tmp_path, [row for row in rows if not row.startswith("2019-05,b,p2")]))
    with pytest.raises(InputError, match="at least 24"):
        read_text(LEDGER_PLAN, write_ledger(tmp_path, ledger_rows(12)))


def test_weights_beside_a_ledger_are_rejected(tmp_path: Path) -> None:
    write_ledger(tmp_path, ledger_rows())
    with pytest.raises(InputError, match="the ledger by place weighs"):
        read_text(LEDGER_PLAN.replace("ledger.csv}", "ledger.csv, weights: equal}"), tmp_path)
