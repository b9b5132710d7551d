"""Analyses of a simulation: one question a file, a function that returns a frozen record.

For other packages: `collect` (all findings of a run), `cases` (the other assumption cases), `comparison` (two runs
with common random numbers), `correlation` (correlations reached), `sensitivity` (how many paths it needs) and
`findings` (the records). The rest serves `collect`.
"""
