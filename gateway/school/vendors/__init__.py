"""Vendors as the board sees them: one switch that stops one, and a list of how each stands."""
