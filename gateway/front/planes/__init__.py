"""Vendor-side standards: each translates between holdings and wire."""
