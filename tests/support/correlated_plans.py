"""A plan with every kind of number that is drawn once a path."""

from __future__ import annotations

ALL_DRAWN_ONCE = """
name: All that is drawn once a path
horizon: {from: 2021-01, months: 24}
places: {count: 1}
climate: {shape: 2.3}
baseline: {method: given, shape: flat}
services:
  a: {growth: 0% to 10%, baseline: {annual: 100 tỷ to 140 tỷ, noise: 4%, level_noise: 3%}}
  b: {baseline: {annual: "normal(130 tỷ, 12 tỷ)", noise: 6%, persistence: 30%, level_noise: 2%}}
  c: {baseline: {annual: "pert(50 tỷ, 60 tỷ, 90 tỷ)", noise: 5%}}
shocks:
  works: {kind: event, from: 2021-05-04, until: 2021-07-31, chance: 50%, effect: {volume: {a: -20% to -5%}}}
  floods:
    kind: flood
    per_year: 0.5 to 2
    season: {9: 2, 10: 8}
    classes: {c: {weight: 1, reach: 50%, days: 2, loss_share: {all: 50%}, repair_per_place: 1 tỷ}}
initiatives:
  shop: {chance: 60%, start: "uniform(2021-02, 2021-08)", ramp: 3 months, effect: {revenue: {b: 2% to 6%}}}
  app: {chance: 40%, start: 2021-03, effect: {volume: {a: 1% to 3%}}}
targets:
  revenue: {measure: revenue, period: 2021, at_least: 250 tỷ}
"""


def correlated_plan(pair: tuple[str, ...], rank: float, copula: str = "gaussian") -> str:
    """The plan with one rank correlation between all names of `pair`."""
    return ALL_DRAWN_ONCE + f"copula: {copula}\ncorrelations: {{c: {{between: [{', '.join(pair)}], rank: {rank}}}}}\n"
