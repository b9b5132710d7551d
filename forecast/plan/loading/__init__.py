"""From YAML to a scenario: files, overlays, references, records, checks; every problem at once.

For other packages: `loader` (read a plan) and `effective` (its values, one by one).
"""
