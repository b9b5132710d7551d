"""Statistics that know no plan.

For other packages: `distributions` and `transforms` (a number that is not sure), `copula` (rank correlations),
`cholesky`, `intervals` (estimates with their simulation error), `bins` and `tally` (statistics over many paths),
`scoring` (forecasts against actual values), `chance_scores` (chances against what happened) and `disaggregation`
(totals spread over months). `quantile_table` serves `distributions` alone.
"""
