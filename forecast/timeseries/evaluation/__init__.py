"""Backtests: what the models would have said, and how good it was."""
