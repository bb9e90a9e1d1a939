"""Plane OneRoster 1.2: rostering and gradebook."""
