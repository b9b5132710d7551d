"""Backtests: forecasts at past origins against the actuals.

For other packages: `backtest` (the baseline at past origins) and `scores` (its accuracy and calibration).
"""
