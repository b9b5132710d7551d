"""Forecasts of thousands of series at once.

For other packages: `automatic` (the forecast of a panel), `joint` (its sums), `panel` (its series and their forecast),
`ets`, `ets_state_space` and `theta` (what the models of one service are fitted with).
"""
