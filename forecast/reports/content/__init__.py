"""Texts, tables and charts of a report's sections, built from findings; the pages put them together.

For other packages: `charts` (the charts of a run), `context` (what a page shows), `text` (sentences of figures).
"""
