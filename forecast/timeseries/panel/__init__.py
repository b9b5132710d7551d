"""Thousands of series fitted at once."""
