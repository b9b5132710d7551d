"""What was booked: the ledger, and the ledger by place."""
