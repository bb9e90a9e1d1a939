"""Versions of the board's privacy regulation, and which agreements go beyond them."""
