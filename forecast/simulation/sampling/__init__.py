"""Random numbers: streams by name (`random_streams`, also for others) and events."""
