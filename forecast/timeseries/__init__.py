"""Baseline of each service from its history: models, their combination, calibration and backtests.

For other packages: `baseline` (the fitted baselines of a plan), `checks` (problems of a plan with its history),
`place_shares` (weights of places from their ledger), `reconstruction` (months made from totals), `ensemble.pinned`
(fits in a manifest), and `evaluation.backtest` and `evaluation.scores`. `interventions` removes dated shocks from a
history, `reconciliation` makes forecasts of a hierarchy add up.
"""
