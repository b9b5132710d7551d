"""From a plan to a published result: one workflow a file."""
