"""`./run bench`: how fast and how large. Runtime dependencies only; figures, not tests."""
