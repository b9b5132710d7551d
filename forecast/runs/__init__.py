"""Runs on disk: what identifies one, where it lies, how it is found again."""
