"""Runs on disk: the hash of their inputs, their files, and lists of them.

For other packages: `manifest` (inputs of a run and their hash), `repository` (publish, find, open, verify, prune),
`ownership` (names in a folder of reports that are ours) and `listing` (runs of a folder as rows).
"""
