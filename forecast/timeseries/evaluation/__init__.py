"""Backtests: forecasts at past origins against the actuals.

For other packages: `backtest` (the baseline at past origins), `scores` (its accuracy and calibration) and `sums` (its
accuracy on sums of months).
"""
