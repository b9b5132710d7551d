"""Benchmarks: speed, memory, other tools and forecast accuracy. Each file is a command."""
