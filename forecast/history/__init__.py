"""Booked figures, month by month, in CSV files.

For other packages: `ledger` (months by service), `bookings` (every version of each figure, by the day on which it was
known) and `place_ledger` (months by place and service).
"""
