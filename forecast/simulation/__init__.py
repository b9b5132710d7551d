"""Simulation of a plan: random numbers, the model of one path, places, blocks and chunks.

For others: `simulate` (run a scenario), `frames` (its figures as pandas frames), `checkpoint` and `compiled` (name a
run and go on with it), `places.histograms` (tallies of places), `sampling.random_streams` (the numbers that a run
drew), and `model.shocks` (impact of each kind of shock).
"""
