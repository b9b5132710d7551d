"""Among several rows of a month the one booked last counts, and what changed is noted."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.history.test_ledger_figures import LONG, SHORT, read_text


@pytest.mark.parametrize(
    ("rows", "value", "status"),
    [
        (["5,estimate,2025-02-16", "6,actual,2025-03-04"], 6, "actual"),
        (["6,actual,2025-03-04", "5,estimate,2025-02-16"], 6, "actual"),  # the day counts before the order
        (["5,actual,2025-03-04", "6,actual,2025-03-04"], 6, "actual"),  # of one day the order
        (["5,actual,", "6,actual,2025-02-27"], 5, "actual"),  # without a day: the last of February
        (["5,actual,", "6,actual,2025-02-28"], 6, "actual"),
        (["5,estimate,", "6,estimate,2025-02-10"], 6, "estimate"),  # known whenever it was written
        (["5,actual,2025-03-04", "5,actual,2025-04-04"], 5, "actual"),
    ],
)
def test_the_last_booking_counts(tmp_path: Path, rows: list[str], value: float, status: str) -> None:
    history = read_text(tmp_path, SHORT + "".join(f"2025-02,a,{row}\n" for row in rows))
    assert (history.revenue["a"].tolist(), history.status["a"]) == ([value], (status,))
    old = {"5": "6", "6": "5"}[str(value)]
    changes = [dict(params)["names"] for key, params in history.notes if key == "history_restated"]
    figures = [row.split(",")[0] for row in rows if "estimate" not in row]  # an estimate is not restated
    is_changed = bool(set(figures) - {str(value)})
    assert changes == ([f"revenue.a 2025-02 {old} -> {value}"] if is_changed else [])


def test_the_note_counts_all_restatements_and_names_a_few(tmp_path: Path) -> None:
    months = [f"2025-{month:02d}" for month in range(1, 7)]
    rows = [f"{month},revenue.a,1.5,actual,2025-07-04,\n" for month in months]
    rows += [f"{month},revenue.a,2.25,actual,2025-08-04,\n" for month in months]
    ((key, params),) = [note for note in read_text(tmp_path, LONG + "".join(rows)).notes if note[0][:4] == "hist"]
    assert (key, dict(params)["count"]) == ("history_restated", "6")
    assert dict(params)["names"].startswith("revenue.a 2025-01 1.5 -> 2.25; revenue.a 2025-02 1.5 -> 2.25; ")
    assert dict(params)["names"].endswith("; … (+2)")


def test_volume_and_price_are_restated_apart(tmp_path: Path) -> None:
    rows = ["volume.a,10,actual,2025-02-04,", "price.a,3,actual,2025-02-04,", "price.a,2,actual,2025-03-04,"]
    history = read_text(tmp_path, LONG + "".join(f"2025-01,{row}\n" for row in rows))
    assert (history.volume["a"].tolist(), history.revenue["a"].tolist()) == ([10], [20])
