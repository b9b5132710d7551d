"""Lists of places: read strictly, played so that the accounts tie, and fair to every place."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import forecast
from forecast.errors import InputError
from forecast.plan.geography import build_geography, read_places
from forecast.plan.loading.loader import read_text
from forecast.plan.scenario import Scenario
from forecast.simulation import chunks as spans
from forecast.simulation import simulate as simulation
from forecast.simulation.block import BlockResult, simulate_block
from forecast.simulation.compiled import CompiledPlan, compile_plan
from forecast.simulation.model.footprints import PlaceRanges, locate_ranges, overlap_ranges
from forecast.simulation.model.recovery import Recovery
from forecast.simulation.places.losses import PlaceLevels
from forecast.simulation.sampling.random_streams import PATHS_PER_BLOCK
from forecast.simulation.simulate import Simulation
from forecast.timeseries.baseline import fit_baseline
from tests.support.plans import FULL_PLAN, SCENARIOS

SEVEN = """place,district,name,weight,weight.b
p1,east,One,1,4
p2,east,Two,2,1
p3,west,Three,3,0
p4,west,Four,1,2
p5,west,Five,0.5,2
p6,north,Six,4,1
p7,north,Seven,0,3
"""
STATED = """
stated: {"2020": {total: 245 tỷ, services: {a: 118 tỷ, b: 125 tỷ}}}
"""
HIT = FULL_PLAN.replace("places: {count: 216}", "places: {file: places.csv, noise: 10% to 30%}") + STATED
CALM = """
name: Two services
horizon: {from: 2021-01, months: 12}
places: {file: places.csv}
services:
  a: {baseline: {method: given, annual: "normal(120 tỷ, 5 tỷ)", shape: flat, noise: 5%}}
  b: {baseline: {method: given, annual: "normal(130 tỷ, 12 tỷ)", shape: flat}}
"""


def many(count: int, districts: int = 6) -> str:
    rows = [f"{row:05d},d{row * districts // count:03d}" for row in range(count)]
    return "\n".join(["place,district", *rows]) + "\n"


def scenario_of(folder: Path, text: str, places: str = SEVEN, **settings: object) -> Scenario:
    (folder / "places.csv").write_text(places, encoding="utf-8")
    return read_text(text, folder, set={key.replace("__", "."): value for key, value in settings.items()})


def played(scenario: Scenario, block: int = 1) -> tuple[CompiledPlan, BlockResult]:
    deck = compile_plan(scenario, fit_baseline(scenario), 4 * PATHS_PER_BLOCK)
    return deck, simulate_block(deck, range(block, block + 1))


def test_places_sum_to_districts_and_districts_to_the_province_in_every_path(tmp_path: Path) -> None:
    deck, one = played(scenario_of(tmp_path, HIT))
    assert deck.places is not None
    terrain = deck.places.geography
    whole = {d.code: terrain.places[d.start : d.stop] for d in terrain.districts}
    for measure in ("revenue", "revenue:parts", "revenue.a", "revenue.b"):
        of_districts = [one.figures[f"{measure}@{code}", "2021"] for code in whole]
        assert np.allclose(sum(of_districts), one.figures[measure, "2021"], rtol=1e-12, atol=0)
        for code, places in whole.items():
            of_places = [one.figures[f"{measure}@{place}", "2021"] for place in places]
            assert np.allclose(sum(of_places), one.figures[f"{measure}@{code}", "2021"], rtol=1e-12, atol=0)
            assert min(values.min() for values in of_places) >= 0
    assert np.ptp(one.figures["revenue:parts@p1", "2021"] / one.figures["revenue@p1", "2021"]) > 0


def test_what_weighs_nothing_takes_nothing(tmp_path: Path) -> None:
    _, one = played(scenario_of(tmp_path, HIT))
    assert one.figures["revenue.b@p3", "2021"].max() == one.figures["revenue.a@p7", "2021"].max() == 0
    assert one.figures["revenue.a@p3", "2021"].min() > 0


def test_the_province_knows_nothing_of_places_that_nothing_hits(tmp_path: Path) -> None:
    without = read_text(CALM.replace("places: {file: places.csv}\n", ""), tmp_path)
    listed = scenario_of(tmp_path, CALM.replace("places.csv}", "places.csv, noise: 20%}"))
    runs = [forecast.simulate(scenario, paths=9_000) for scenario in (without, listed)]
    for figure in runs[0].tallies:
        if figure[1] == "2021":
            assert runs[0].values(*figure).tobytes() == runs[1].values(*figure).tobytes()


def test_without_noise_and_hits_each_place_has_its_share(tmp_path: Path) -> None:
    deck, one = played(scenario_of(tmp_path, CALM))
    assert deck.places is not None
    for service in ("a", "b"):
        weights = deck.places.geography.weights(service)
        for row, place in enumerate(deck.places.geography.places):
            share = one.figures[f"revenue.{service}@{place}", "2021"] / one.figures[f"revenue.{service}", "2021"]
            assert np.allclose(share, weights[row], rtol=1e-6)


def test_a_list_of_equal_places_agrees_in_the_mean_with_their_number(tmp_path: Path) -> None:
    """216 places hit whole or not at all, in one commune or in another: the same loss in the mean."""
    text = HIT.replace(", noise: 10% to 30%", "").replace("wide: {weight: 1", "wide: {weight: 3")
    listed = scenario_of(tmp_path, text, many(40))
    counted = read_text(text.replace("{file: places.csv}", "{count: 40}"), tmp_path)
    runs = [forecast.simulate(one, paths=60_000) for one in (counted, listed)]
    for service in ("a", "b"):
        lost = [run.values(f"lost.{service}", "horizon") for run in runs]
        error = (lost[1] - lost[0]).std() / np.sqrt(len(lost[0]))
        assert abs((lost[1] - lost[0]).mean()) < 4 * error
        assert error < 0.01 * lost[0].mean()
    cost = [run.tally("cost", "2021").mean for run in runs]
    assert cost[1] == pytest.approx(cost[0], rel=0.02)


def test_the_order_of_rows_changes_nothing(tmp_path: Path) -> None:
    head, *rows = SEVEN.strip().split("\n")
    (tmp_path / "two").mkdir()
    one = played(scenario_of(tmp_path, HIT))[1]
    two = played(scenario_of(tmp_path / "two", HIT, "\n".join([head, *rows[::-1]]) + "\n"))[1]
    assert {key: values.tobytes() for key, values in one.figures.items()} == {
        key: values.tobytes() for key, values in two.figures.items()
    }


def figures(run: Simulation) -> list[bytes]:
    assert run.places is not None
    counted = [np.asarray(array).tobytes() for _, array in sorted(run.places.state().items())]
    return [*counted, *(np.array([t.n, t.mean, t.sd, t.quantile(0.1).value]).tobytes() for t in run.tallies.values())]


def test_any_number_of_workers_gives_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulation, "MAX_SERIAL_PATHS", 0)
    monkeypatch.setattr(spans, "BLOCKS_PER_CHUNK", 2)
    scenario = scenario_of(tmp_path, HIT, many(35))
    one, two = (
        forecast.simulate(scenario, paths=4 * PATHS_PER_BLOCK - 9, execution=forecast.ExecutionOptions(workers=workers))
        for workers in (1, 2)
    )
    assert figures(one) == figures(two)


def test_more_paths_keep_the_first_paths_and_a_longer_horizon_the_first_months(tmp_path: Path) -> None:
    target = "  p2: {measure: revenue, place: p2, period: 2021, at_least: 20 tỷ}\n"
    scenario = scenario_of(tmp_path, HIT.replace("targets:\n", "targets:\n" + target))
    longer = scenario_of(tmp_path, HIT.replace("targets:\n", "targets:\n" + target), horizon__months="30")
    few, many_paths, long = (
        forecast.simulate(one, paths=paths).values("revenue@p2", "2021")
        for one, paths in ((scenario, 5_000), (scenario, 9_000), (longer, 5_000))
    )
    assert np.array_equal(few, many_paths[:5_000])
    assert np.array_equal(few, long)


def test_a_target_of_a_place_has_a_chance(tmp_path: Path) -> None:
    target = "  t: {measure: revenue.a, place: west, period: 2021-Q2, at_most: 9 tỷ}\n"
    run = forecast.simulate(scenario_of(tmp_path, HIT.replace("targets:\n", "targets:\n" + target)), paths=20_000)
    values = run.values("revenue.a@west", "2021-Q2")
    assert run.chance("t").value == np.mean(values <= 9e9)
    assert 0.05 < run.chance("t").value < 0.95


def test_a_place_in_a_long_list_is_counted_as_its_values_say(tmp_path: Path) -> None:
    target = "  t: {measure: revenue, place: '00007', period: 2021, at_least: 5 tỷ}\n"
    scenario = scenario_of(tmp_path, HIT.replace("targets:\n", "targets:\n" + target), many(45))
    run = forecast.simulate(scenario, paths=12_000)
    values = run.values("revenue@00007", "2021")
    assert run.places is not None
    assert run.places.n == 12_000
    assert run.places.mean(7).value == pytest.approx(values.mean(), rel=1e-9)
    for p in (0.1, 0.5, 0.9):
        assert run.places.quantile(7, p).value == pytest.approx(np.quantile(values, p), rel=1e-3)
    assert 0 < run.places.severe_loss_chance(7).value < 1


def test_the_noise_of_two_places_is_alike_within_a_district_and_across(tmp_path: Path) -> None:
    scenario = scenario_of(tmp_path, CALM.replace("places.csv}", "places.csv, noise: 20%}"), many(24, 4))
    _, one = played(scenario)
    logs = {row: np.log(one.figures[f"revenue.b@{row:05d}", "2021"]) for row in (0, 1, 12)}
    wanted = 0.2 * np.sqrt(2 / 12)
    for other in (1, 12):
        assert (logs[0] - logs[other]).std() == pytest.approx(wanted, rel=0.05)


def brute(cells: np.ndarray, arcs: PlaceRanges, taken: np.ndarray, size: int, count: int) -> np.ndarray:
    left = np.ones((count, size))
    for cell, first, length, share in zip(cells, arcs.first, arcs.count, taken, strict=True):
        for step in range(length):
            left[cell, (first + step) % size] *= 1 - share
    return left


@pytest.mark.parametrize("seed", range(8))
def test_pieces_are_what_one_place_after_another_would_give(seed: int) -> None:
    rng = np.random.default_rng(seed)
    size, entries, count = int(rng.integers(1, 9)), 40, 12
    arcs = locate_ranges(
        rng.random(entries) * (rng.random(entries) > 0.1), rng.random(entries), rng.random(entries), size
    )
    cells, taken = rng.integers(0, count, entries), rng.random(entries)
    pieces = overlap_ranges(cells, arcs, {"s": taken}, size)
    left = np.ones((count, size))
    for cell, low, high, share in zip(pieces.cell, pieces.low, pieces.high, pieces.factors["s"], strict=True):
        assert (left[cell, low:high] == 1).all()
        left[cell, low:high] = share
    assert np.allclose(left, brute(cells, arcs, taken, size, count))


def test_a_share_that_counts_no_whole_places_is_kept_in_the_mean() -> None:
    rng = np.random.default_rng(1)
    u, start = rng.random(20_000), rng.random(20_000)
    arcs = locate_ranges(np.full(20_000, 0.3), start, u, 7)
    assert set(arcs.count) == {2, 3}
    assert arcs.count.mean() == pytest.approx(2.1, abs=0.02)
    wider = locate_ranges(np.full(20_000, 0.31), start, u, 7)
    assert (wider.first == arcs.first).all()
    assert (wider.count >= arcs.count).all()
    assert locate_ranges(np.ones(1), np.zeros(1), np.full(1, 0.999), 7).count[0] == 7


def test_levels_by_weight_give_the_trade_of_the_province(tmp_path: Path) -> None:
    """With one cause, what the places keep and get back is what the province keeps and gets back, cell by cell."""
    waves = HIT[HIT.index("  waves:") : HIT.index("  floods:")]
    scenario = scenario_of(tmp_path, HIT.replace(waves, ""), shocks__floods__per_year="3")
    levels, trades = levels_of(scenario)
    for n, service in enumerate(levels.services):
        weights = levels.geography.weights(service)
        total = np.zeros(trades[service].amount.shape)
        for row, weight in enumerate(weights):
            levels.walk_to(n, row)
            total += weight * levels._exact_levels[n].reshape(total.shape) * levels._untouched_amounts[n]
        assert np.allclose(total, trades[service].amount, rtol=1e-9)


def levels_of(scenario: Scenario):  # type: ignore[no-untyped-def]
    from forecast.simulation import block
    from forecast.simulation.sampling.random_streams import Sampler

    deck = compile_plan(scenario, fit_baseline(scenario), 4 * PATHS_PER_BLOCK)
    scene = block._simulate_state(deck, Sampler(deck.seed, range(1), deck.groups))
    assert deck.places is not None
    assert all(isinstance(one, Recovery) for one in scene.recoveries.values())
    return PlaceLevels(deck.places.geography, scene.services, scene.recoveries, slice(0, 12)), scene.services


FAULTS = [
    ("place\n1\n", "places.csv:1:1: district: the column 'district' is missing"),
    ("place,district,size\n1,a,2\n", "unknown column"),
    ("place,district\n1,a\n2,a\n1,b\n", "the place '1' stands twice (line 2)"),
    ("place,district\n,a\n", "'' is not a code"),
    ("place,district\n1,\n", "'' is not a code"),
    ("place,district\na,a\n", "'a' is a place and a district"),
    ("place,district,weight\n1,a,2\n2,a,\n", "no number"),
    ("place,district,weight\n1,a,2\n2,a,-1\n", "a weight cannot be below 0"),
    ("place,district,weight\n1,a,0\n2,a,0\n", "no place weighs anything"),
    ("place,district,weight\n1,a,1.000,5\n", "4 fields where the header has 3"),
    ("place,district,weight.c\n1,a,1\n", "the plan has no service 'c'"),
    ("place,district,district_name\n1,a,A\n2,a,B\n", "the district 'a' is 'A' above and 'B' here"),
]


@pytest.mark.parametrize(("content", "sentence"), FAULTS)
def test_what_is_wrong_in_a_list_is_said_with_its_line(tmp_path: Path, content: str, sentence: str) -> None:
    with pytest.raises(InputError) as wrong:
        scenario_of(tmp_path, CALM, content)
    assert any(sentence in line for line in str(wrong.value).split("\n")), str(wrong.value)


def test_every_complaint_comes_at_once(tmp_path: Path) -> None:
    text = CALM.replace("places.csv}", "places.csv, count: 7}") + "paths: none\n"
    with pytest.raises(InputError) as wrong:
        scenario_of(tmp_path, text, "place,district,weight\n1,a,x\n1,b,-2\n")
    said = str(wrong.value)
    for part in ("'none'", "take out 'count'", "places.csv:2:5", "places.csv:3:1", "places.csv:3:5"):
        assert part in said


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("targets: {t: {measure: revenue, place: p9, period: 2021, at_least: 1 tỷ}}", "did you mean 'p"),
        ("targets: {t: {measure: volume, place: p1, period: 2021, at_least: 1}}", "'volume' is not computed by place"),
        ("places: {noise: 10%}", "needs a list of places"),
    ],
)
def test_a_target_that_the_list_cannot_tell_is_said(tmp_path: Path, line: str, sentence: str) -> None:
    text = CALM.replace("places: {file: places.csv}\n", "") if line.startswith("places") else CALM
    with pytest.raises(InputError) as wrong:
        scenario_of(tmp_path, text + line + "\n")
    assert sentence in str(wrong.value)


def test_equal_weights_refuse_weights(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="weights: equal"):
        scenario_of(tmp_path, CALM.replace("places.csv}", "places.csv, weights: equal}"))


def test_a_list_of_twelve_thousand_is_read_and_one_more_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(many(12_000, 700), encoding="utf-8")
    assert read_places(str(tmp_path / "a.csv"), ("a",)).count == 12_000
    (tmp_path / "b.csv").write_text(many(12_001, 700), encoding="utf-8")
    with pytest.raises(InputError, match="at most 12000"):
        read_places(str(tmp_path / "b.csv"), ("a",))


def test_services_that_weigh_alike_share_their_weights() -> None:
    rows = {"x": "d", "y": "d"}
    terrain = build_geography(
        rows, {}, {"a": {"x": 1.0, "y": 3.0}, "b": {"x": 2.0, "y": 6.0}, "c": {"x": 1.0, "y": 1.0}}
    )
    assert terrain.cumulative_weight["a"] is terrain.cumulative_weight["b"]
    assert terrain.weights("c").tolist() == [0.5, 0.5]


def test_the_communes_of_the_project_are_216_in_13_districts() -> None:
    scenario = forecast.read(SCENARIOS / "by-commune.yaml")
    assert scenario.places is not None
    terrain = read_places(str(scenario.places.file), scenario.service_names)
    assert (terrain.count, len(terrain.districts)) == (216, 13)
    assert terrain.display_name("442") == "Huyện Nghi Xuân"
    assert terrain.row_range("442")[1] - terrain.row_range("442")[0] == 17


def test_a_shock_that_takes_nothing_changes_no_bit(tmp_path: Path) -> None:
    """Its hits share cells and places with others, and leave their sums as they were."""
    nothing = """
  none:
    kind: flood
    per_year: 4
    season: {9: 2, 10: 8}
    classes: {one: {weight: 1, reach: 10% to 60%, days: 1 to 4, loss_share: {all: 0%}}}
    recovered: {all: 50%}
"""
    one = played(scenario_of(tmp_path, HIT))[1].figures
    two = played(scenario_of(tmp_path, HIT.replace("shocks:\n", "shocks:" + nothing)))[1].figures
    assert {key: values.tobytes() for key, values in one.items()} == {key: two[key].tobytes() for key in one}


def test_an_answer_that_was_kept_is_the_same_when_it_is_read_again(tmp_path: Path) -> None:
    deck = compile_plan(
        scenario_of(tmp_path, HIT, many(35)), fit_baseline(scenario_of(tmp_path, HIT, many(35))), PATHS_PER_BLOCK
    )
    work = spans.prepare_chunks(deck, 0, "")
    answer, again = spans.simulate_chunk(work, 0), work.empty_result()
    facts, arrays = answer.state()
    again.restore(facts, arrays)
    assert again.places is not None
    assert again.places.n == PATHS_PER_BLOCK
    assert {name: np.asarray(a).tobytes() for name, a in again.state()[1].items()} == {
        name: np.asarray(a).tobytes() for name, a in arrays.items()
    }


def test_a_districts_places_share_its_fate(tmp_path: Path) -> None:
    """Events fall on neighbours: two places of one district are hit together more often than two far apart."""
    text = HIT.replace(", noise: 10% to 30%", "")
    target = "".join(
        f"  t{row}: {{measure: revenue.a, place: '{row:05d}', period: 2021-10, at_least: 0.1 tỷ}}\n"
        for row in (3, 4, 30)
    )
    run = forecast.simulate(
        scenario_of(tmp_path, text.replace("targets:\n", "targets:\n" + target), many(60)), paths=20_000
    )
    near, beside, far = (run.values(f"revenue.a@{row:05d}", "2021-10") for row in (3, 4, 30))
    assert np.corrcoef(near, beside)[0, 1] > np.corrcoef(near, far)[0, 1] + 0.05


@pytest.mark.parametrize(("language", "said"), [("en", "Districts"), ("vi", "Các huyện")])
def test_the_report_shows_districts_and_the_summary_every_place(tmp_path: Path, language: str, said: str) -> None:
    import json

    target = "  west: {measure: revenue, place: west, period: 2021, at_least: 60 tỷ}\n"
    scenario = scenario_of(tmp_path, HIT.replace("targets:\n", "targets:\n" + target))
    run = forecast.simulate(scenario, paths=3_000, keep=3_000)
    folder = forecast.report(run, tmp_path / "reports", language="vi" if language == "vi" else "en")
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert f"<h2>{said}</h2>" in page
    assert "west" in page[page.index('id="districts"') :]
    found = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    assert [one["code"] for one in found["places"]["places"]] == ["p1", "p2", "p6", "p7", "p3", "p4", "p5"]
    losses = [one["lost"]["all"] for one in found["places"]["districts"]]
    assert losses == sorted(losses, reverse=True)
    assert set(found["places"]["districts"][0]["lost"]) == {"all", "waves", "floods", "works"}
    assert found["targets"]["west"]["place"] == "west"
    assert "revenue@west" in found["measures"]
    assert "revenue@east" not in found["measures"]
    assert f"revenue@east,{found['places']['period']},0.5," in (folder / "quantiles.csv").read_text(encoding="utf-8")
    assert (folder / "figures" / "districts.png").is_file()


def test_the_chance_to_lose_a_tenth_is_that_of_the_paths(tmp_path: Path) -> None:
    text = """
name: Sure but for floods
horizon: {from: 2021-01, months: 12}
places: {file: places.csv}
services: {a: {baseline: {method: given, annual: 120 tỷ, shape: flat}}}
shocks:
  floods:
    kind: flood
    per_year: 3
    season: {4: 1, 6: 1}
    classes: {one: {weight: 1, reach: 10% to 60%, days: 20 to 60, loss_share: {all: 60% to 95%}}}
    recovered: {all: 10% to 40%}
targets: {t: {measure: revenue, place: "00011", period: 2021, at_least: 3 tỷ}}
"""
    run = forecast.simulate(scenario_of(tmp_path, text, many(40)), paths=20_000)
    whole = run.values("revenue@00011", "2021") / (120e9 / 40)
    assert run.places is not None
    found = run.places.severe_loss_chance(11).value
    assert 0.05 < found < 0.95
    assert found == pytest.approx(np.mean(whole < 0.9), abs=2e-3)
    taken = run.places.loss_shares(slice(11, 12))["floods"]
    assert taken > 1 - whole.mean() > 0  # before what comes back, each flood by itself


@pytest.mark.parametrize(("count", "districts"), [(90, 2), (80, 40), (1, 1), (33, 33)])
def test_long_lists_in_few_and_in_many_districts_tie(tmp_path: Path, count: int, districts: int) -> None:
    run = forecast.simulate(scenario_of(tmp_path, HIT, many(count, districts)), paths=PATHS_PER_BLOCK)
    whole = run.tally("revenue", "2021").mean
    codes = [f"d{row:03d}" for row in range(districts)]
    assert sum(run.tally(f"revenue@{code}", "2021").mean for code in codes) == pytest.approx(whole, rel=1e-11)
    assert run.places is not None
    assert sum(run.places.mean(row).value for row in range(count)) == pytest.approx(whole, rel=1e-11)


def test_districts_are_told_alike_without_every_place(tmp_path: Path) -> None:
    target = "  t: {measure: revenue.a, place: '00041', period: 2021, at_least: 1 tỷ}\n"
    scenario = scenario_of(tmp_path, HIT.replace("targets:\n", "targets:\n" + target), many(60))
    all_of_them, some = (forecast.simulate(scenario, paths=6_000, every_place=each) for each in (True, False))
    assert some.places is None
    assert all_of_them.places is not None
    assert some.values("revenue.a@00041", "2021").tobytes() == all_of_them.values("revenue.a@00041", "2021").tobytes()
    for key, tally in all_of_them.tallies.items():
        assert (some.tallies[key].mean, some.tallies[key].sd) == (tally.mean, tally.sd)
