"""Chances of targets: Brier score by hand, and outcomes that are counted once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from forecast.analysis.target_chances import ChanceScores
from forecast.workflows.score import score_locks
from tests.support.locked_years import PLAN, PLAN_FILE, LockedYear, locked_year, months_of, quantiles


def chances_of(year: LockedYear, booking: str = "first") -> ChanceScores:
    year.write()
    (scores,) = score_locks(year.folder).ledgers
    result: ChanceScores = getattr(scores, booking).chances
    return result


def set_targets(fields: dict[str, Any], **targets: tuple[dict[str, Any], float]) -> None:
    fields["targets"] = {name: target for name, (target, _) in targets.items()}
    fields["chances"] = {
        name: {"value": chance, "low": chance, "high": chance} for name, (_, chance) in targets.items()
    }


def test_brier_score_by_hand_and_twelve_locks_are_one_outcome(tmp_path: Path) -> None:
    year = locked_year(tmp_path)
    total = sum(sum(months[month] for month in months_of(2025)) for months in year.history.values())
    for row, fields in enumerate(year.locks):
        # met at half of the locks: targets are those of the lock
        limit = total * (0.9 if row % 2 else 1.1)
        set_targets(fields, revenue=({"measure": "revenue", "period": "2025", "at_least": limit}, 0.64))
    scores = chances_of(year)
    assert len(scores.chances) == 12
    assert scores.outcomes == 1
    assert scores.brier == pytest.approx((0.64**2 + 0.36**2) / 2)
    assert scores.reliability is None


def test_a_figure_of_many_chances_weighs_no_more_than_one_of_few(tmp_path: Path) -> None:
    year = locked_year(tmp_path, closed=range(12))
    for row, fields in enumerate(year.locks):
        targets = {"year": ({"measure": "revenue", "period": "2025", "at_least": 1}, 0.8)}
        if row == 0:
            targets["june"] = ({"measure": "revenue", "period": "2025-06", "at_least": 1}, 0.4)
        set_targets(fields, **targets)
    scores = chances_of(year)
    assert (len(scores.chances), scores.outcomes) == (13, 2)
    assert scores.brier == pytest.approx((0.2**2 + 0.6**2) / 2)


def test_a_target_is_met_on_the_booking_that_counts(tmp_path: Path) -> None:
    year = locked_year(tmp_path, closed=[0])
    year.history["bread"]["2025-03"] = 100e6
    year.later_rows.append("2025-03,revenue.bread,99000000,actual,2025-08-01,audited")
    set_targets(
        year.locks[0],
        above=({"measure": "revenue.bread", "period": "2025-03", "at_least": 100e6}, 0.6),
        below=({"measure": "revenue.bread", "period": "2025-03", "at_most": 99.5e6}, 0.4),
    )
    assert [chance.is_met for chance in chances_of(year).chances] == [True, False]
    final = chances_of(year, "final")
    assert [chance.is_met for chance in final.chances] == [False, True]
    assert final.outcomes == 1  # two targets of one figure
    assert final.brier == pytest.approx(0.36)


def test_twenty_outcomes_have_a_table_of_reliability(tmp_path: Path) -> None:
    year = locked_year(tmp_path, closed=[0])
    targets = {
        f"{service}-{month}": ({"measure": f"revenue.{service}", "period": month, "at_least": 100e6}, 0.5)
        for service in ("bread", "coffee")
        for month in months_of(2025)
    }
    set_targets(year.locks[0], **targets)
    scores = chances_of(year)
    assert scores.outcomes == 24
    assert scores.reliability is not None
    (part,) = scores.reliability
    met = sum(year.history[service][month] >= 100e6 for service in ("bread", "coffee") for month in months_of(2025))
    assert part.observed.value == pytest.approx(met / 24)
    set_targets(year.locks[0], **dict(list(targets.items())[:19]))
    assert chances_of(year).reliability is None


def test_targets_that_nobody_can_judge_yet_are_left_out(tmp_path: Path) -> None:
    year = locked_year(tmp_path, closed=[3])
    del year.history["coffee"]["2025-12"]
    set_targets(
        year.locks[0],
        open_year=({"measure": "revenue", "period": "2025", "at_least": 1}, 0.9),
        closed_at_lock=({"measure": "revenue", "period": "2025-Q1", "at_least": 1}, 1.0),
        place=({"measure": "revenue", "period": "2025-06", "at_least": 1, "place": "436"}, 0.9),
        profit=({"measure": "profit", "period": "2025-06", "at_least": 1}, 0.9),
        june=({"measure": "revenue", "period": "2025-06", "at_least": 1}, 0.9),
    )
    assert [chance.target for chance in chances_of(year).chances] == ["june"]


def test_a_target_of_the_parts_leaves_the_gap_out(tmp_path: Path) -> None:
    year = locked_year(tmp_path, closed=[0])
    year.locks[0]["effective"] |= {"stated.2024.total": "2.4 tỷ"}
    target = {"measure": "revenue", "period": "2025-06", "at_least": 1}
    set_targets(
        year.locks[0], stated=(target, 0.9), parts=({**target, "basis": "parts"}, 0.8)
    )  # fmt: skip
    (chance,) = chances_of(year).chances
    assert (chance.target, chance.measure) == ("parts", "revenue:parts")


PLACES = "place,district,name\nk1,east,Bến Thuỷ\nk2,east,\nk3,west,\n"


def year_with_places(folder: Path, ledger: bool = True) -> LockedYear:
    """A year whose plan lists places; each has an equal share of every month in its ledger."""
    year = locked_year(folder, closed=[0, 3])
    named = "{file: ../data/places.csv, ledger: ../data/by-place.csv}" if ledger else "{file: ../data/places.csv}"
    plan = f"{PLAN}places: {named}\n"
    rows = [
        f"{month},{service},{place},{value / 3:.0f},actual"
        for service, months in year.history.items()
        for month, value in months.items()
        for place in ("k1", "k2", "k3")
    ]
    by_place = "\n".join(["month,service,place,revenue,status", *rows, ""])
    (folder / "data").mkdir(parents=True)
    (folder / "data" / "by-place.csv").write_text(by_place, encoding="utf-8")
    sources = {PLAN_FILE: plan, "data/places.csv": PLACES, "data/by-place.csv": by_place}
    for fields in year.locks:
        fields["sources"] = sources
        target = {"measure": "revenue", "period": "2025-06"}
        set_targets(
            fields,
            commune=({**target, "at_least": 1, "place": "k1"}, 0.9),
            district=({**target, "at_least": 1e12, "place": "east"}, 0.2),
            gone=({**target, "at_least": 1, "place": "k9"}, 0.9),
        )
        fields["quantiles"] = {**fields["quantiles"], "revenue@k1": {"2025-06": quantiles(66e6, 5e6)}}
    return year


def unscored(year: LockedYear) -> dict[str, str]:
    (scores,) = score_locks(year.folder).ledgers
    return {place.target: place.reason for place in scores.unscored_places}


def test_targets_of_places_are_scored_by_the_ledger_of_places(tmp_path: Path) -> None:
    year = year_with_places(tmp_path)
    june = sum(round(year.history[service]["2025-06"] / 3) for service in ("bread", "coffee"))
    chances = chances_of(year).chances
    assert [(chance.lock, chance.measure, chance.actual, chance.is_met) for chance in chances] == [
        ("plan-2025", "revenue@k1", june, True),
        ("plan-2025", "revenue@east", 2 * june, False),
        ("2025-03", "revenue@k1", june, True),
        ("2025-03", "revenue@east", 2 * june, False),
    ]
    assert unscored(year) == {"gone": "place_unknown"}
    (scores,) = score_locks(tmp_path).ledgers
    keys = [key for key in scores.first.forecasts.keys if key.measure == "revenue@k1"]
    assert [(key.lock, key.lag) for key in keys] == [("plan-2025", 6), ("2025-03", 3)]
    assert scores.place_names["k1"] == "Bến Thuỷ"


def test_targets_of_places_without_books_are_refused_with_the_reason(tmp_path: Path) -> None:
    year = year_with_places(tmp_path / "none", ledger=False)
    assert chances_of(year).chances == ()
    assert set(unscored(year).values()) == {"no_place_ledger"}
    year = year_with_places(tmp_path / "gone")
    year.write()
    ledger = tmp_path / "gone" / "data" / "by-place.csv"
    rows = ledger.read_text(encoding="utf-8").splitlines()
    estimate = [line.replace("actual", "estimate") if line.startswith("2025-06,bread,k2") else line for line in rows]
    ledger.write_text("\n".join([*estimate, ""]), encoding="utf-8")
    assert unscored(year) == {"district": "place_not_booked", "gone": "place_unknown"}
    ledger.unlink()
    assert set(unscored(year).values()) == {"place_ledger_unreadable"}
