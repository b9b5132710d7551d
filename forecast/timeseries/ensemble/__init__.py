"""The models of each service fitted, weighed by cross-validation and combined.

For other packages: `ensemble` (the records and the fit), `cache` (fits in a folder), `pinned` (fits in a manifest),
`interval_calibration` (the record of a past origin) and `sum_scores` (scores of sums of months).
"""
