"""Notes on what the closed months of a plan taught."""

from __future__ import annotations

from pathlib import Path

from forecast.analysis.closed_lesson import closed_notes
from forecast.i18n import Translator
from tests.support.closed_year import SEASON, booked_rows, simulate_closed_year


def sentences(run: object, language: str) -> list[str]:
    t = Translator(language)  # type: ignore[arg-type]
    return [t(key, **dict(params)) for key, params in closed_notes(run)]  # type: ignore[arg-type]


def test_a_plan_without_closed_months_has_no_notes(tmp_path: Path) -> None:
    assert closed_notes(simulate_closed_year(tmp_path, as_of="2025-01-20", paths=500)) == ()


def test_a_surprising_month_is_named_with_the_way_out(tmp_path: Path) -> None:
    values = 1.1e8 * SEASON[:4]
    values[3] *= 0.6
    run = simulate_closed_year(tmp_path, booked_rows({"a": values}), paths=2_000)
    surprising, surprise, growth = sentences(run, "en")
    assert surprising.startswith("revenue.a of 2025-04 is 3")
    for part in ("below its forecast", "history.shocks", "history.ordinary"):
        assert part in surprising
    assert surprise.startswith("months like the closed ones have a chance of 1 / ")
    assert growth.startswith("growth of a in 2025")
    assert growth.endswith("in the plan 0.0% to 20.0%")
    assert all(first != second for first, second in zip(sentences(run, "en"), sentences(run, "vi"), strict=True))


def test_months_that_few_simulations_explain_are_told(tmp_path: Path) -> None:
    rare = "initiatives: {push: {chance: 2%, start: 2025-01-01, effect: {volume: {a: 60%}}}}\n"
    closed = booked_rows({"a": 1.6e8 * SEASON[:6]})
    run = simulate_closed_year(tmp_path, closed, "{a: {growth: 0% to 4%}}", more=rare, paths=2_000)
    assert any(key == "closed_few_draws" for key, _ in closed_notes(run))


def test_a_sure_price_is_told_to_teach_nothing(tmp_path: Path) -> None:
    closed = booked_rows({"a": 1.1e8 * SEASON[:2]})
    services = "{a: {growth: 10%, baseline: {noise: 0%, level_noise: 0%}}}"
    run = simulate_closed_year(tmp_path, closed, services, paths=500)
    (sentence,) = sentences(run, "en")
    assert sentence.startswith("revenue.a: the plan states no uncertainty for them")


def test_a_figure_where_the_plan_always_has_zero_is_told_to_teach_nothing(tmp_path: Path) -> None:
    shape = "[1, 1, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1]"
    services = f"{{a: {{baseline: {{method: given, annual: 1200 million EUR to 1440 million EUR, shape: {shape}}}}}}}"
    run = simulate_closed_year(tmp_path, booked_rows({"a": 1.1e8 * SEASON[:3]}), services, paths=500)
    for language, part in (("en", "the plan always has zero"), ("vi", "luôn bằng 0")):
        (sentence,) = [each for each in sentences(run, language) if part in each]
        assert sentence.startswith("revenue.a 2025-03: ")
