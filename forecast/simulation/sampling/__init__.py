"""Random numbers: streams by name, and events."""
