"""School-side standards: each reads a roster and writes results."""
