"""What a planner writes: records, the language of numbers, reading and checks."""
