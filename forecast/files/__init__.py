"""Files read and written; they know no plan.

For other packages: `yaml` and `csv` (read strictly, with the location of everything), `encoding`, `paths` (inside a
project), `atomic` (writes and locks), `cache` and `fingerprint` (hashes of content and code).
"""
