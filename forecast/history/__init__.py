"""Booked figures, month by month, in CSV files.

For other packages: `ledger` (months by service) and `place_ledger` (months by place and service).
"""
