"""Analyses of a simulation: one question a file, a function that returns a frozen record.

For other packages: `collect` (all findings of a run), `cases` (the other assumption cases), `comparison` (two runs
with common random numbers), `correlation` (correlations reached), `sensitivity` (how many paths it needs),
`findings` (the records), and of locks and what was booked since: `actual_figures`, `scored_forecasts` (each forecast
beside its actual figure), `forecast_scores`, `target_chances` and `value_added`. The rest serves `collect`.
"""
