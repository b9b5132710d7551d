"""From YAML to a scenario, every problem at once."""
