"""A plan with waves of an epidemic that overlap."""

from __future__ import annotations

MANY_WAVES = """
name: Waves on waves
horizon: {from: 2021-01, months: 12}
services: {a: {baseline: {method: given, annual: 100 tỷ to 140 tỷ, shape: flat, noise: 5%}}}
shocks:
  w:
    kind: epidemic
    waves_per_year: 4 to 8
    length: 4 to 10 weeks
    mild: {effect: {volume: {a: -8% to 5%}}}
    upstream: {chance: 70%, length: 15 to 45 days, effect: {volume: {a: -20%}}}
    hard: {chance: 80%, length: 10 to 30 days, reach: 30% to 60%, effect: {volume: {a: -100%}}}
    recovered: {a: 40%}
"""
