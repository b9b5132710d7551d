"""Plans whose ways to fail are known."""

from __future__ import annotations

TWO_NORMALS = """\
name: Two normals
currency: VND
horizon: {from: 2026-01, months: 12}
services:
  a: {baseline: {method: given, annual: "normal(10 tỷ, 1 tỷ)", noise: 0%}}
  b: {baseline: {method: given, annual: "normal(10 tỷ, 1 tỷ)", noise: 0%}}
targets:
  revenue: {measure: revenue, period: 2026, at_least: 17 tỷ}
"""

RISKS = """\
name: {en: Risks, vi: Rủi ro}
as_of: 2025-12-31
currency: VND
horizon: {from: 2026-01, months: 12}
services:
  shop:
    label: {en: Shop, vi: Cửa hàng}
    baseline: {method: given, annual: 80 tỷ to 120 tỷ, noise: 3% to 6%, level_noise: 1% to 2%, persistence: 20% to 60%}
  post: {label: {en: Post, vi: Bưu chính}, baseline: {method: given, annual: 35 tỷ to 45 tỷ, noise: 4%}}
shocks:
  closure:
    kind: event
    label: {en: Street works, vi: Sửa đường}
    chance: 20%
    from: 2026-03-10
    until: 2026-06-18
    effect: {volume: {shop: -70% to -60%}}
  waves:
    kind: epidemic
    label: {en: Epidemic, vi: Dịch}
    waves_per_year: 0.5 to 1.5
    length: 4 to 8 weeks
    mild: {effect: {volume: {all: -10% to -2%}}}
    hard:
      chance: 40% to 60%
      length: 10 to 30 days
      reach: uniform(50%, 100%)
      effect: {volume: {all: -80% to -40%}}
    recovered: {post: 50% to 90%}
  floods:
    kind: flood
    label: {en: Floods, vi: Lũ}
    per_year: 0.5 to 1.2
    season: {9: 2, 10: 8}
    classes:
      local: {weight: 3, reach: 2% to 14%, days: 1 to 3, loss_share: {all: 60% to 90%}, repair_per_place: 20 triệu}
      province: {weight: 1, reach: 50% to 66%, days: 3 to 5, loss_share: {all: 60% to 90%}, repair_per_place: 20 triệu}
    recovered: {all: 20% to 70%}
places: {count: 50}
initiatives:
  site:
    label: {en: Site, vi: Trang mạng}
    chance: 50% to 90%
    start: 2026-02 to 2026-06
    ramp: 2 months
    effect: {revenue: {post: 5% to 15%}}
    cost: {once: 1 tỷ to 2 tỷ}
costs:
  goods: {label: {en: Goods, vi: Hàng hoá}, of_revenue: {shop: 50% to 60%}}
  rent: {label: {en: Rent, vi: Thuê}, per_month: 1 tỷ}
workforce: {headcount: 50 people, productivity: {basis: total_revenue}}
targets:
  revenue: {measure: revenue, period: 2026, at_least: 125 tỷ, required_chance: 80%}
  profit: {measure: profit, period: 2026, at_least: 60 tỷ}
  summer: {measure: profit, period: 2026-Q3, at_least: 16 tỷ}
  spending: {measure: cost, period: 2026, at_most: 75 tỷ}
  margin: {measure: margin, period: 2026, at_least: 20%}
  shop: {measure: revenue.shop, period: 2026, at_least: 80 tỷ}
  people: {measure: headcount, period: 2026, at_most: 60 people}
"""
"""A year with every kind of risk, an initiative that may fail, costs and repairs."""
