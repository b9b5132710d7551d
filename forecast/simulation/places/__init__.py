"""Listed places: hierarchy, losses, allocation, outputs, and tallies (`histograms`, also for others)."""
