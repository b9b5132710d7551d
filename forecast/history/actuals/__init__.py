"""Actual figures in sheets as accountants write them: the layout is recognised, sums are checked, rows are returned.

For other packages: `recognize` (sheets to rows) and `records` (what goes in and what comes out).
"""
