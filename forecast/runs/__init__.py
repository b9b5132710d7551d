"""Runs on disk.

For other packages: `manifest` (inputs of a run and their hash), `repository` (publish, find, open, verify, prune) and
`listing` (runs of a folder as rows).
"""
