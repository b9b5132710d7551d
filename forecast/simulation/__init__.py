"""From a scenario and its baseline to paths: random numbers, the model of one path, places, chunks."""
