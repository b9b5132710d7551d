"""Statistics that know no plan: distributions, copulas, intervals, counts, scores."""
