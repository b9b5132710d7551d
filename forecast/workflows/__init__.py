"""From a plan to a published result: one workflow a file.

Each is a function from a request to a `StoredRun`. For other packages: `run` (a plan; also the functions of the public
API on one simulation), `compare` (plans with common random numbers), `backtest` (the baseline on the past), `request`
(what a run is asked for) and `publish` (what its pages are drawn from). `score` alone writes nothing: it returns the
scores of all locks of a project.
"""
