"""Runs on disk: the hash of their inputs, their files, and lists of them.

For other packages: `manifest` (inputs of a run and their hash), `repository` (publish, find, open, verify, prune) and
`listing` (runs of a folder as rows).
"""
